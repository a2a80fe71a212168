#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: the headers of .proto files that lie in the tree are what protoc-gen-edo makes. Method: it makes them again.
set -eu
source=${EDO_SOURCE_DIR:?} build=${EDO_BUILD_DIR:?}
plugin=${EDO_BIN_DIR:?}/protoc-gen-edo
case $(protoc --version 2>/dev/null) in
*" 3.21."*) ;;
*) echo "skipped: needs the protoc of protobuf 3.21"; exit 77 ;;
esac
if [ ! -x "$plugin" ] || [ -n "$(sed -n 's/^CMAKE_TOOLCHAIN_FILE:[A-Z]*=//p' "$build/CMakeCache.txt")" ]; then
    echo "skipped: no protoc-gen-edo that runs here"
    exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# same FOLDER-OF-THE-PROTO PROTO FOLDER-OF-THE-HEADER [OPTION]
same() {
    protoc --plugin=protoc-gen-edo="$plugin" -I"$source/$1" -I"$source/include" ${4-} --edo_out="$dir" "$2"
    diff "$source/$3/${2%.proto}.edo.h" "$dir/${2%.proto}.edo.h" || { echo "FAILED: $3 is of another $2"; exit 1; }
}
same tests/grpc/vectors grpc/health/v1/health.proto src/grpc/made --edo_opt=no_comments
same tests/grpc/vectors grpc/reflection/v1/reflection.proto src/grpc/made --edo_opt=no_comments
same tests/grpc/vectors grpc/reflection/v1alpha/reflection.proto src/grpc/made --edo_opt=no_comments
same src/console/proto edo/console/v1/console.proto src/console/made --edo_opt=no_comments
for name in common tasks resources async_ops instrument; do
    same src/console/proto rs/tokio/console/$name.proto src/console/made --edo_opt=no_comments
done
