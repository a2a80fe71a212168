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
make_headers -I"$source/include" -I/usr/include --edo_opt=no_comments --edo_out="$dir/own" "$source"/include/google/api/*.proto
case $(protoc --version) in
*" 3.21."*) diff -r -x .clang-format -x '*.proto' "$source/include/google" "$dir/own/google" || fail "include/google is not what protoc-gen-edo makes" ;;
*) echo "not compared: include/google is that of protobuf 3.21" ;;
esac

# What is hard. Groups are told of; names are the same whatever else is asked for.
{
    echo 'syntax = "proto3"; package many; message Many {'
    seq 1 2000 | sed 's/.*/  int32 field_& = &;/'
    echo '}'
} >"$dir/many.proto"
make_headers -I"$protos" -I"$dir" -I/usr/include --edo_opt=number_clashes --edo_out="$dir/made" "$protos"/*.proto "$dir/many.proto" \
    /usr/include/google/protobuf/*.proto 2>"$dir/told" || fail "$(cat "$dir/told")"
grep -q '\.Defaults\.old is a group: passed over' "$dir/told" || fail "nothing told of the group: $(cat "$dir/told")"
for member in a_n has_b unknown; do
    grep -q "Members.$member is \"${member}_2\" in C" "$dir/told" || fail "not told of $member: $(cat "$dir/told")"
done
for name in foo_bar:foo_bar_2 foo_bar:foo_bar_3 foo:foo_2 foo_desc:foo_desc_2 foo_fields:foo_fields_2; do
    grep -q "torture_v1_${name%:*} is \"torture_v1_${name#*:}\" in C" "$dir/told" || fail "not told of $name: $(cat "$dir/told")"
done
for name in torture-import.proto:TORTURE_IMPORT torture_bare.proto:Bare.Routes; do
    grep -q "${name%:*}: ${name#*:} is \"[a-zA-Z_]*_2\" in C" "$dir/told" || fail "not told of $name: $(cat "$dir/told")"
done
[ "$(grep -c ': class\.[A-Za-z]* is' "$dir/told")" = 8 ] || fail "not told of the methods: $(cat "$dir/told")"
[ "$(wc -l <"$dir/told")" = 19 ] || fail "told more: $(cat "$dir/told")"
grep -q 'service_routes(' "$dir/made/torture.edo.h" || fail "the service has no routes"
grep -q 'The extension more' "$dir/made/torture_proto2.edo.h" || fail "the extension is not named"
for line in ' * A comment whose first line is blank. */' '    /* Of a field. */' '    /* Behind it, as nothing stands before it. */' \
    '        /*   indented' '         *' '         * and the last line */' '/* Of an enum. */' '    /* Of a value. */' \
    ' * Of a service. */' '    /* Of a method. */'; do
    grep -qxF "$line" "$dir/made/torture.edo.h" || fail "no comment \"$line\""
done
make_headers -I"$protos" --edo_opt=number_clashes --edo_out="$dir/again" torture.proto 2>"$dir/log"
cmp "$dir/made/torture.edo.h" "$dir/again/torture.edo.h"
if make_headers -I"$protos" --edo_opt=odd --edo_out="$dir/again" torture.proto 2>"$dir/log"; then
    fail "an unknown option is taken"
fi
grep -q 'the option odd' "$dir/log" || fail "$(cat "$dir/log")"

# Times are edo's kinds, if that is asked for, and messages if it is not.
{
    echo 'syntax = "proto3"; package t; import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto";'
    echo 'message T { google.protobuf.Timestamp at = 1; repeated google.protobuf.Timestamp list = 2;'
    echo 'map<string, google.protobuf.Duration> named = 3;'
    echo 'oneof one { google.protobuf.Timestamp edo_wall = 4; google.protobuf.Duration within = 5; } }'
} >"$dir/timed.proto"
make_headers -I"$dir" -I/usr/include --edo_out="$dir/again" timed.proto
grep -q '^    google_protobuf_timestamp \*at;' "$dir/again/timed.edo.h" || fail "a time is no message"
make_headers -I"$dir" -I/usr/include --edo_opt=times --edo_out="$dir/made" timed.proto
for line in '    edo_wall at;' '    bool has_at;' '    edo_wall \*list;' '    edo_duration value;' '        edo_duration within;' \
    '        edo_wall edo_wall_;'; do
    grep -q "^$line" "$dir/made/timed.edo.h" || fail "no $line"
done

# What a file imports is described once, in its own header, which is included, though the file takes nothing from it but
# an option; so headers grow with their files. Imports that have only options, and no header, are described beside it.
mkdir "$dir/once"
{
    echo 'syntax = "proto3"; package once; import "google/protobuf/descriptor.proto";'
    echo 'extend google.protobuf.MethodOptions { string mark = 50000; }'
} >"$dir/once/mark.proto"
for i in 0 1 2 3; do
    echo "syntax = \"proto3\"; package once; import \"once/mark.proto\"; import \"google/api/annotations.proto\";"
    [ $i = 0 ] || echo "import \"once/m$((i - 1)).proto\"; message Next$i { Message$((i - 1)) other = 1; }"
    echo "message Message$i { string text = 1; } service Service$i { rpc Get(Message$i) returns (Message$i) {"
    echo "option (google.api.http) = { get: \"/m$i\" }; option (once.mark) = \"m$i\"; } }"
done | awk '/^syntax/ { n++ } { print >(dir "/once/m" n - 1 ".proto") }' dir="$dir"
make_headers -I"$dir" -I"$source/include" --edo_out="$dir/made" once/m0.proto once/m1.proto once/m2.proto once/m3.proto
has_file() { # HEADER PROTO: its name, with its length, as the bytes of the description have it
    text=$(printf %s "$2" | od -An -v -tu1 | tr -s ' \n' ,)
    tr -d ' \n' <"$dir/made/$1" | grep -q ",10,${#2}${text%,},18,"
}
for i in 0 1 2 3; do
    for k in 0 1 2 3; do
        if has_file once/m$i.edo.h once/m$k.proto; then here=1; else here=0; fi
        [ $here = $((i == k)) ] || fail "once/m$k.proto in once/m$i.edo.h: $here"
    done
    if has_file once/m$i.edo.h once/mark.proto; then here=1; else here=0; fi
    [ $here = $((i == 0)) ] || fail "once/mark.proto in once/m$i.edo.h: $here"
    [ $i = 0 ] || grep -q "#include \"once/m$((i - 1)).edo.h\"" "$dir/made/once/m$i.edo.h" || fail "once/m$i.edo.h includes nothing"
done
grep -q '#include "google/api/annotations.edo.h"' "$dir/made/once/m0.edo.h" || fail "annotations are not included"

# Two files with the same macros but for the guard, and types that are called as parameters of functions.
mkdir "$dir/x"
printf 'syntax = "proto3"; package a; message M { int32 n = 1; } service S { rpc Get(M) returns (M); }' >"$dir/x/foo.proto"
printf 'syntax = "proto3"; package b; message M { int32 n = 1; } service S { rpc Get(M) returns (M); }' >"$dir/x_foo.proto"
{
    echo 'syntax = "proto3";'
    for name in Message Call Out In Opts Ops Arena Arg Ch R; do
        echo "message $name { int32 $name = 1; }"
        echo "service S$name { rpc A($name) returns ($name); rpc B($name) returns (stream $name);"
        echo "  rpc C(stream $name) returns ($name); rpc D(stream $name) returns (stream $name); }"
    done
} >"$dir/shadow.proto"
make_headers -I"$dir" --edo_out="$dir/made" x/foo.proto
make_headers -I"$dir" --edo_out="$dir/made" x_foo.proto shadow.proto

# What a header calls its own .proto takes no name of a type, here or in a file that imports it.
mkdir "$dir/chat"
echo 'syntax = "proto3"; package chat; message M { int32 n = 1; } service S { rpc Get(M) returns (M); }' >"$dir/chat.proto"
{
    echo 'syntax = "proto3"; package chat; import "chat.proto"; message File { M m = 1; } message FileSet { M m = 1; }'
    echo 'message FileImports { M m = 1; }'
} >"$dir/chat/file.proto"
{
    echo 'syntax = "proto3"; package chat.set; import "chat/file.proto"; message M { chat.FileSet set = 1; }'
    echo 'service File { rpc Set(M) returns (M); rpc Imports(M) returns (M); }'
} >"$dir/chat/set.proto"
printf 'syntax = "proto3"; package edo; enum FILE { chat = 0; }\nmessage File_chat { FILE of = 1; message SET {} message imports {} }' \
    >"$dir/own.proto"
make_headers -I"$dir" --edo_out="$dir/made" chat.proto chat/file.proto chat/set.proto own.proto 2>"$dir/log" ||
    fail "$(cat "$dir/log")"
[ ! -s "$dir/log" ] || fail "told: $(cat "$dir/log")"
printf '#include "chat/set.edo.h"\n#include "own.edo.h"\n' >"$dir/made/chats.edo.h"

# Together they are an error, which names both; so are packages that are one in C.
for name in foo_bar foo.bar; do
    printf 'syntax = "proto3"; package %s; message M { int32 n = 1; }' $name >"$dir/$name.proto"
done
for pair in "x/foo.proto x_foo.proto" "foo_bar.proto foo.bar.proto"; do
    # shellcheck disable=SC2086 # two names
    if make_headers -I"$dir" --edo_out="$dir/again" $pair 2>"$dir/log"; then fail "$pair are taken together"; fi
    grep -q "${pair% *} and ${pair#* } both make" "$dir/log" || fail "$pair: $(cat "$dir/log")"
done

# A field that is added takes no member that there was.
printf 'syntax = "proto3"; message N { optional string note = 1; repeated int32 a = 2; }' >"$dir/added.proto"
make_headers -I"$dir" --edo_out="$dir/again" added.proto
cp "$dir/again/added.edo.h" "$dir/before.edo.h"
{
    echo 'syntax = "proto3"; message N { bool has_note = 3; int32 a_n = 4; string unknown = 5;'
    echo 'optional string note = 1; repeated int32 a = 2; }'
} >"$dir/added.proto"
make_headers -I"$dir" --edo_opt=number_clashes --edo_out="$dir/again" added.proto 2>"$dir/log"
for member in 'edo_str note;' 'bool has_note;' 'size_t a_n;' 'edo_str unknown;' 'bool has_note_2;'; do
    grep -q "^    $member" "$dir/again/added.edo.h" || fail "no $member"
    case $member in *_2*) continue ;; esac
    grep -q "^    $member" "$dir/before.edo.h" || fail "no $member before"
done

# One that would be the mark of another is an error, which names both, in whatever order they came; a field of a oneof,
# or of proto3 without `optional`, has no such mark.
for order in 'optional string note = 1; bool has_note = 3;' 'bool has_note = 1; optional string note = 3;'; do
    printf 'syntax = "proto3";\nmessage N {\n%s\n}\n' "$(echo "$order" | sed 's/; /;\n/')" >"$dir/marked.proto"
    if make_headers -I"$dir" --edo_out="$dir/again" marked.proto 2>"$dir/log"; then fail "a mark is taken: $order"; fi
    field=$(grep -n 'bool has_note' "$dir/marked.proto" | cut -d: -f1) of=$(grep -n 'string note' "$dir/marked.proto" | cut -d: -f1)
    for words in "marked.proto:$field: the field .N.has_note" "marked.proto:$of: what says whether .N.note is there" "in C: rename one"; do
        grep -qF "$words" "$dir/log" || fail "not told \"$words\": $(cat "$dir/log")"
    done
done
printf 'syntax = "proto3";\nmessage N {\noneof has_note { string a = 1; }\noptional string note = 2;\n}\n' >"$dir/marked.proto"
if make_headers -I"$dir" --edo_out="$dir/again" marked.proto 2>"$dir/log"; then fail "a oneof has the name of a mark"; fi
grep -qF "marked.proto:3: the oneof .N.has_note, and marked.proto:4: what says whether .N.note is there" "$dir/log" ||
    fail "not told of the oneof: $(cat "$dir/log")"
printf 'syntax = "proto3"; message N { string note = 1; bool has_note = 2; oneof o { int32 x = 3; } bool has_x = 4; }' \
    >"$dir/marked.proto"
make_headers -I"$dir" --edo_out="$dir/again" marked.proto 2>"$dir/log" || fail "$(cat "$dir/log")"

# Nor does a message, an enum's value or a method take a name over without a word; what others import is not told of.
{
    echo 'syntax = "proto3"; package t; message A { message B { int32 n = 1; } B b = 1; } message A_B { int32 n = 1; }'
    echo 'service S { rpc ChatSend(A) returns (A); rpc Chat(A) returns (stream A); rpc Struct(A) returns (A); }'
} >"$dir/taken.proto"
echo 'syntax = "proto3"; package u; import "taken.proto"; message M { t.A_B one = 1; }' >"$dir/taker.proto"
make_headers -I"$dir" --edo_out="$dir/again" taken.proto 2>"$dir/log"
grep -q 'taken.proto: t_a_b is "t_a_b_2" in C: another has its name' "$dir/log" || fail "not told of A_B: $(cat "$dir/log")"
grep -q 'taken.proto: S.Chat is "chat_2" in C: another has its name' "$dir/log" || fail "not told of Chat: $(cat "$dir/log")"
[ "$(wc -l <"$dir/log")" = 2 ] || fail "told more: $(cat "$dir/log")"
make_headers -I"$dir" --edo_out="$dir/again" taker.proto 2>"$dir/log"
[ ! -s "$dir/log" ] || fail "told of what is imported: $(cat "$dir/log")"

# A default that no description can have is told of; an enum of proto2 begins as its first value.
{
    echo 'syntax = "proto2"; enum E { B = 7; A = 1; }'
    printf '%s\n' 'message D { optional string s = 1 [default = "a\000b"]; optional E e = 2;' \
        'optional float f = 3 [default = -inf]; }'
} >"$dir/default.proto"
make_headers -I"$dir" --edo_out="$dir/again" default.proto 2>"$dir/log"
grep -q 'D.s has a default with a NUL: passed over' "$dir/log" || fail "not told of the default: $(cat "$dir/log")"
grep -q '\.preset = "B"' "$dir/again/default.edo.h" || fail "the enum does not begin as B"
grep -q '\.preset = "-inf"' "$dir/again/default.edo.h" || fail "no -inf"
cat >"$dir/made/both.edo.h" <<'END'
#pragma once
#include "x/foo.edo.h"
#undef X_FOO_TYPES
#include "x_foo.edo.h"
static const edo_grpc_service *const both[] = { &a_s_service, &b_s_service };
static inline const edo_grpc_service *const *both_of(void) { return both; }
END

# Without that #undef it is an error: a warning would lose the first of the two lists.
printf '#include "x/foo.edo.h"\n#include "x_foo.edo.h"\n' >"$dir/clash.c"
for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    if "$compiler" -std=c17 -fsyntax-only -I"$dir/made" -I"$source/include" "$dir/clash.c" 2>"$dir/log"; then
        fail "two lists of one name are taken"
    fi
    grep -q 'two files make X_FOO_TYPES' "$dir/log" || fail "$(cat "$dir/log")"
done

# A header of an older protoc-gen-edo, whose tables are laid out otherwise, is told so.
sed 's/EDO_GRPC_METHOD_/EDO_GRPC_SERVE_/; s/&edo_FILE_chat/NULL, 0/' "$dir/made/chat.edo.h" >"$dir/old.edo.h"
for compiler in gcc g++ clang clang++; do
    command -v $compiler >/dev/null || continue
    case $compiler in *++) language=c++ ;; *) language=c ;; esac
    if "$compiler" -x $language -fsyntax-only -I"$source/include" "$dir/old.edo.h" 2>"$dir/log"; then
        fail "$compiler: an old header is taken"
    fi
    grep -q 'of an older protoc-gen-edo: make it again' "$dir/log" || fail "$compiler: $(cat "$dir/log")"
done

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
        $compiler $language -Wall -Wextra -Wpedantic -Wshadow -Werror -fsyntax-only -I"$dir/made" -I"$source/include" \
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

# A number that an enum of proto2 has not is none of it, and goes on: of a field, of lists, packed or not, of a map.
# Its values are 1 and 2; here are 9, or -1, among them.
{
    printf '\010\005\202\001\002\010\003\120\011\210\001\001\210\001\011\210\001\002'
    printf '\222\001\015\002\011\377\377\377\377\377\377\377\377\377\001\001'
    printf '\232\001\005\012\001a\020\001\232\001\005\012\001b\020\011'
} >"$dir/bytes"
"$dir/program" closed <"$dir/bytes" >"$dir/again.bytes" || fail "a closed enum is not read so"
for which in bytes again.bytes; do read_by_protoc Defaults torture_proto2.proto <"$dir/$which" >"$dir/$which.said"; done
diff "$dir/bytes.said" "$dir/again.bytes.said" || fail "a closed enum does not come out as it went in"
[ "$(grep -c '^1[078]: ' "$dir/bytes.said")" = 4 ] || fail "protoc knows them: $(cat "$dir/bytes.said")"

# What a schema makes of the same descriptors at run time is what the headers have.
protoc -I"$protos" -I"$dir" -I/usr/include --include_imports --descriptor_set_out="$dir/all.protoset" \
    "$protos"/*.proto "$dir/many.proto" /usr/include/google/protobuf/*.proto
rm -r "$dir/made/once" "$dir/made/chat" "$dir/made/chats.edo.h" "$dir/made/own.edo.h" "$dir/made/chat.edo.h" "$dir/made/both.edo.h" "$dir/made/timed.edo.h" "$dir/made/shadow.edo.h" "$dir/made/x" "$dir/made/x_foo.edo.h"
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
