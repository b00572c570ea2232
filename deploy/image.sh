#!/bin/bash
# Builds the image with docker, podman or buildah, whichever is there: image.sh [TAG] [BUILD-ARGUMENT=VALUE ...].
#
# Where the base image cannot be fetched, buildah builds on a base that mmdebstrap makes from Debian's packages and that
# gets the name which the Containerfile asks for. Neither needs a daemon or user namespaces (root is needed then).
set -euo pipefail
cd "$(dirname "$0")/.."
tag=${1:-sonicmesh:latest}
shift || true
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
base=$(sed -n 's/^ARG BASE=//p' deploy/Containerfile)
# The time of the last commit, so that the same commit gives the same image as far as its packages allow.
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || date +%s)}"
arguments=(--build-arg "VERSION=$version" --build-arg "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH")
for argument in "$@"; do arguments+=(--build-arg "$argument"); done
for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL; do
  [ -z "${!name:-}" ] || arguments+=(--build-arg "$name=${!name}")
done

if docker info > /dev/null 2>&1; then
  exec docker build -f deploy/Containerfile -t "$tag" "${arguments[@]}" .
elif command -v podman > /dev/null && podman info > /dev/null 2>&1; then
  exec podman build --format docker -f deploy/Containerfile -t "$tag" "${arguments[@]}" .
fi
command -v buildah > /dev/null || { echo "install docker, podman or buildah to build the image" >&2; exit 1; }

# One layer a stage; BUILDAH_LAYERS=true keeps each step for the next build instead.
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
if ! buildah inspect --type image "$base" > /dev/null 2>&1 && ! timeout 120 buildah pull -q "$base" > /dev/null 2>&1; then
  echo "$base cannot be fetched: making it with mmdebstrap"
  command -v mmdebstrap > /dev/null || { echo "install mmdebstrap to make it" >&2; exit 1; }
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  mmdebstrap --quiet --variant=minbase --mode=root "$(basename "${base##*:}" -slim)" "$folder/base.tar"
  container=$(buildah from scratch)
  buildah add -q "$container" "$folder/base.tar" / > /dev/null
  buildah config --cmd bash "$container"
  buildah commit -q --rm "$container" "$base" > /dev/null
fi
# The certificates and wheels that this machine's pip is told to use, inside the build.
if [ -n "${PIP_CERT:-}" ]; then
  arguments+=(--volume "$PIP_CERT:/run/host-certificates.pem:ro" --build-arg PIP_CERT=/run/host-certificates.pem)
fi
if [ -d "${PIP_FIND_LINKS:-}" ]; then
  arguments+=(--volume "$PIP_FIND_LINKS:/run/host-wheels:ro" --build-arg PIP_FIND_LINKS=/run/host-wheels)
fi
exec buildah build --format docker --pull-never --timestamp "$SOURCE_DATE_EPOCH" \
  -f deploy/Containerfile -t "$tag" "${arguments[@]}" .
