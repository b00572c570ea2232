#!/bin/bash
# Writes an image as an archive for `docker load`: image-archive.sh IMAGE FILE.tar.gz
set -euo pipefail
image=$1 file=$2
if docker info > /dev/null 2>&1; then
  docker save "$image" | gzip -n > "$file"
elif command -v podman > /dev/null && podman info > /dev/null 2>&1; then
  podman save --format docker-archive "$image" | gzip -n > "$file"
else
  part=$(mktemp -d)
  trap 'rm -rf "$part"' EXIT
  BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs buildah push -q "$image" "docker-archive:$part/image.tar:$image"
  gzip -n < "$part/image.tar" > "$file"
fi
