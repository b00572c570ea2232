#!/bin/sh
# The name that older guides use for `make run`: starts the mesh and leaves it running.
set -eu
cd "$(dirname "$0")"
exec make --no-print-directory run
