#!/bin/bash
# Builds a release into dist/ from the tag of the current commit: release.sh [--without-image].
#
#   sonic_mesh-VERSION-py3-none-any.whl   the wheel, with the plugin, the console and supervisord.conf
#   sonic_mesh-VERSION.tar.gz             the sources
#   sonicmesh.ndp                         the plugin for Navidrome
#   sonicmesh-VERSION.cdx.json            what the base installation consists of (CycloneDX)
#   sonicmesh-VERSION-amd64.tar.gz        the image, for `docker load` (with docker, podman or buildah)
#   SHA256SUMS
#
# All but the image come out bit by bit the same on every machine. The version is that of pyproject.toml, and the tag
# must be v followed by it; RELEASE_UNTAGGED=1 allows a try without a tag.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-$PWD/.venv/bin/python}
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
commit=HEAD
if [ -z "${RELEASE_UNTAGGED:-}" ]; then
  commit="v$version"
  git rev-parse -q --verify "refs/tags/$commit" > /dev/null || { echo "there is no tag $commit; pyproject.toml says $version" >&2; exit 1; }
  [ "$(git rev-parse "$commit^{commit}")" = "$(git rev-parse HEAD)" ] || { echo "HEAD is not $commit" >&2; exit 1; }
  grep -q "^## \[$version\]" CHANGELOG.md || { echo "CHANGELOG.md has no section [$version]" >&2; exit 1; }
fi
dist=${DIST:-$PWD/dist}
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct "$commit")
export SOURCE_DATE_EPOCH PYTHONHASHSEED=0 TZ=UTC LC_ALL=C.UTF-8
umask 022
mkdir -p "$dist"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

git archive --format=tar "$commit" | tar -x -C "$work"
"$python" "$work/deploy/sbom.py" "$version" > "$dist/sonicmesh-$version.cdx.json"
(cd "$work" && "$python" -m plugin.build --into-package > /dev/null)
cp "$work/plugin/sonicmesh.ndp" "$dist/sonicmesh.ndp"
"$python" "$work/deploy/distributions.py" "$work" "$dist"
if [ "${1:-}" != --without-image ]; then
  "$work/deploy/image.sh" "sonicmesh:$version"
  "$work/deploy/image-archive.sh" "sonicmesh:$version" "$dist/sonicmesh-$version-amd64.tar.gz"
fi
(cd "$dist" && sha256sum -- *"$version"* sonicmesh.ndp | sort -k 2 > SHA256SUMS)
echo "release $version in $dist:"
cat "$dist/SHA256SUMS"
