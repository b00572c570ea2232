#!/bin/sh
# Installs what `make test-image` needs where it is missing and may be installed: buildah and mmdebstrap of Debian.
set -eu
command -v buildah > /dev/null && command -v mmdebstrap > /dev/null && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
  echo "install buildah and mmdebstrap to test the image" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --no-install-recommends buildah mmdebstrap > /dev/null
