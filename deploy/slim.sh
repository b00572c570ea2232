#!/bin/sh
# Removes from an environment what no process of the mesh reads: slim.sh FOLDER. Compiles the rest, since nothing can
# write below FOLDER later.
set -eu
packages=$(echo "$1"/lib/python3*/site-packages)
cd "$packages"
rm -rf pip pip-* setuptools setuptools-* _distutils_hack distutils-precedence.pth wheel wheel-*
# Tests of packages, headers and static libraries for building against them.
find . -type d \( -name tests -o -name test \) -path '*/*/*' -prune -exec rm -rf {} +
# Arrow over a network: nothing here speaks it.
rm -f pyarrow/libarrow_flight* pyarrow/libarrow_python_flight* pyarrow/_flight* pyarrow/libarrow_s3* pyarrow/_s3fs*
rm -rf pyarrow/include pyarrow/src numpy/_core/include numpy/_core/lib
find . -type f \( -name '*.pyx' -o -name '*.pxd' -o -name '*.pyi' -o -name '*.a' -o -name '*.h' -o -name '*.hpp' \) -delete
rm -f "$1"/bin/pip*
"$1"/bin/python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash "$packages" > /dev/null || true
# What was removed must not be missed by the packages that it was removed from.
"$1"/bin/python3 -I -c 'import faiss, milvus_lite, numpy.testing, pyarrow.dataset, pyarrow.parquet, pymilvus, scipy.signal'
