#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: protoc-gen-edo makes headers of any .proto that a strict compiler takes as C17 and as C++17.
# Method: over protobuf's own files, of which edo has the headers, and over files that are hard to name and to lay
# out; each header is compiled by each compiler there is. A program with one of them and protoc read each other.
set -eu
source=${EDO_SOURCE_DIR:?} build=${EDO_BUILD_DIR:?}
plugin=${EDO_BIN_DIR:?}/protoc-gen-edo
[ -x "$plugin" ] || plugin=$build/protoc-gen-edo
if ! command -v protoc >/dev/null || [ ! -f /usr/include/google/protobuf/descriptor.proto ]; then
    echo "skipped: needs protoc and the .proto files of libprotobuf-dev"
    exit 77
fi
cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
if [ ! -x "$plugin" ] || [ -n "$(cached CMAKE_TOOLCHAIN_FILE)" ]; then
    echo "skipped: no protoc-gen-edo that runs here"
    exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() {
    echo "FAILED: $*"
    exit 1
}
make_headers() { protoc --plugin=protoc-gen-edo="$plugin" "$@"; }
protos=$source/tests/protobuf/protos

# edo's own are what it makes: it has read its request by one of them.
mkdir "$dir/own" "$dir/made" "$dir/again"
make_headers -I/usr/include --edo_opt=no_comments --edo_out="$dir/own" /usr/include/google/protobuf/*.proto
case $(protoc --version) in
*" 3.21."*) diff -r -x .clang-format "$source/include/google" "$dir/own/google" || fail "include/google is not what protoc-gen-edo makes" ;;
*) echo "not compared: include/google is that of protobuf 3.21" ;;
esac

# What is hard. Groups are told of; names are the same whatever else is asked for.
{
    echo 'syntax = "proto3"; package many; message Many {'
    seq 1 2000 | sed 's/.*/  int32 field_& = &;/'
    echo '}'
} >"$dir/many.proto"
make_headers -I"$protos" -I"$dir" -I/usr/include --edo_out="$dir/made" "$protos"/*.proto "$dir/many.proto" \
    /usr/include/google/protobuf/*.proto 2>"$dir/told" || fail "$(cat "$dir/told")"
grep -q '\.Defaults\.old is a group: passed over' "$dir/told" || fail "nothing told of the group: $(cat "$dir/told")"
[ "$(wc -l <"$dir/told")" = 1 ] || fail "told more: $(cat "$dir/told")"
grep -q 'service_routes(' "$dir/made/torture.edo.h" || fail "the service has no routes"
grep -q 'The extension more' "$dir/made/torture_proto2.edo.h" || fail "the extension is not named"
make_headers -I"$protos" --edo_out="$dir/again" torture.proto
cmp "$dir/made/torture.edo.h" "$dir/again/torture.edo.h"
if make_headers -I"$protos" --edo_opt=odd --edo_out="$dir/again" torture.proto 2>"$dir/log"; then
    fail "an unknown option is taken"
fi
grep -q 'the option odd' "$dir/log" || fail "$(cat "$dir/log")"

compilers=
for compiler in gcc clang g++ clang++; do
    if command -v $compiler >/dev/null; then compilers="$compilers $compiler"; fi
done
for header in $(cd "$dir/made" && find . -name '*.edo.h'); do
    for compiler in $compilers; do
        language='-x c -std=c17'
        case $compiler in *++) language='-x c++ -std=c++17' ;; esac
        # A program that includes it twice, and uses none of it.
        printf '#include "%s"\n#include "%s"\nextern int unused;\n' "$header" "$header" >"$dir/one.src"
        # shellcheck disable=SC2086 # two flags
        $compiler $language -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$dir/made" -I"$source/include" \
            "$dir/one.src" || fail "$compiler: $header"
    done
done
echo "compiled by$compilers"

# A program and protoc read each other.
sanitize=$(cached EDO_SANITIZE)
debug=
if [ "$(cached EDO_DEBUG)" = ON ]; then debug=-DEDO_DEBUG=1; fi
cc=$(cached CMAKE_C_COMPILER)
# shellcheck disable=SC2086 # none or one flag
"${cc:-cc}" -std=c17 -Wall -Wextra -Werror $debug ${sanitize:+-fsanitize=$sanitize} -I"$dir/made" \
    -I"$source/include" -o "$dir/program" "$source/tests/protobuf/protos/through.c" "$build/libedo.a" -lm -pthread
read_by_protoc() { protoc -I"$protos" --decode="$1" "$2"; }
"$dir/program" write | read_by_protoc torture.v1.Numbers torture.proto >"$dir/said"
diff - "$dir/said" <<'END' || fail "what protoc reads"
a: -1
a: 2147483647
b: 18446744073709551615
c: -2
e {
  f: "inner"
}
h: 0
last: 536870911
END
protoc -I"$protos" --encode=torture.v1.Numbers torture.proto <"$dir/said" >"$dir/bytes"
"$dir/program" write | cmp - "$dir/bytes" || fail "protoc writes other bytes"
"$dir/program" read <"$dir/bytes" || fail "what protoc writes is not read"
echo 'id: 5 must { time: 3 } packed: 1 packed: 2 loose: 3 b: "b" Old { n: 4 } [more]: 6' |
    protoc -I"$protos" --encode=Defaults torture_proto2.proto >"$dir/bytes"
"$dir/program" again <"$dir/bytes" | read_by_protoc Defaults torture_proto2.proto >"$dir/said"
read_by_protoc Defaults torture_proto2.proto <"$dir/bytes" | diff - "$dir/said" || fail "proto2 is not the same"

# What a schema makes of the same descriptors at run time is what the headers have.
protoc -I"$protos" -I"$dir" -I/usr/include --include_imports --descriptor_set_out="$dir/all.protoset" \
    "$protos"/*.proto "$dir/many.proto" /usr/include/google/protobuf/*.proto
for header in $(cd "$dir/made" && find . -name '*.edo.h'); do echo "#include \"$header\""; done >"$dir/made/twins.h"
{
    echo 'static const edo_protobuf_type twins[] = {'
    find "$dir/made" -name '*.edo.h' -exec sed -n 's/^#define \([A-Z0-9_]*_TYPES\).*/    \1,/p' {} +
    echo '};'
} >>"$dir/made/twins.h"
# shellcheck disable=SC2086 # none or one flag
"${cc:-cc}" -std=c17 -Wall -Wextra -Werror $debug ${sanitize:+-fsanitize=$sanitize} -I"$dir/made" \
    -I"$source/include" -o "$dir/twins" "$source/tests/protobuf/protos/twins.c" "$build/libedo.a" -lm -pthread
"$dir/twins" "$dir/all.protoset" || fail "a schema is not as the headers"
