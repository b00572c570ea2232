#!/bin/sh
# The name that older guides use for `make stop`.
set -eu
cd "$(dirname "$0")"
exec make --no-print-directory stop
