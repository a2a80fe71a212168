#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: "make install", "make install-debug" and "make install-tsan" into one place are enough for an
# outside program, which chooses among them by a name.
# Method: install all three into a staging directory, then build consumer/ against each in every way that
# the manual names: pkg-config and CMake, shared and static, C17 and C++17; and run each.
set -eu
# shellcheck disable=SC2086 # fixed_layout is none or two words
source=${EDO_SOURCE_DIR:?} build=${EDO_BUILD_DIR:?}
cc=${CC:-cc} cxx=${CXX:-c++}
if grep -qE '^(EDO_SANITIZE:STRING|CMAKE_TOOLCHAIN_FILE:[A-Z]+)=.' "$build/CMakeCache.txt"; then
    echo "a sanitized or cross-compiled library is not for outside programs"
    exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
want=$(sed -n 's/.*EDO_ECLOSED, *"\([^"]*\)".*/\1/p' "$source/include/edo/error.h" | head -n 1)
# Where addresses vary too much, programs under a sanitizer want a fixed layout.
fixed_layout=
if setarch -R true 2>/dev/null; then fixed_layout='setarch -R'; fi

fail() {
    echo "FAILED: $*"
    exit 1
}
quietly() { "$@" >"$dir/log" 2>&1 || { cat "$dir/log"; fail "$*"; }; }

# The tree under test stands for the release build.
quietly cmake --build "$build" --target edo_installed

# What was installed can be taken out, and nothing else is.
DESTDIR=$dir/gone quietly cmake --install "$build" --prefix /opt/edo
[ -e "$dir/gone/opt/edo/include/edo/edo.h" ] || fail "no edo/edo.h"
listed=$(LC_ALL=C sort "$dir/gone/opt/edo"/share/edo/installed*.txt)
there=$(cd "$dir/gone/opt/edo" && find . ! -type d | sed 's|^\./||' | LC_ALL=C sort)
[ "$listed" = "$there" ] || fail "the list of what was installed is $listed"
touch "$dir/gone/opt/edo/include/other.h"
quietly "$source/scripts/uninstall" "$dir/gone" /opt/edo
left=$(cd "$dir/gone" && find . ! -type d -o -name 'edo*' ! -path ./opt/edo)
[ "$left" = ./opt/edo/include/other.h ] || fail "uninstall leaves $left"
! "$source/scripts/uninstall" "$dir/gone" /opt/edo >"$dir/log" || fail "uninstall found more"

DESTDIR=$dir/stage quietly cmake --install "$build" --prefix /opt/edo
unset MAKEFLAGS MAKELEVEL # an outer make's PREFIX is not ours
for variant in debug tsan; do
    quietly make -C "$source" install-$variant DESTDIR="$dir/stage" PREFIX=/opt/edo
done
tree=$dir/stage/opt/edo
pc=$(find "$tree" -name edo.pc)
lib=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH="${pc%/*}"

# check PROGRAM edo|edo-debug|edo-tsan yes|no: it runs, prints what it should, breaks a contract as such a
# build does, and needs the shared library or not.
check() {
    said=$($fixed_layout "$1") || fail "$1 does not run"
    [ -n "$said" ] || fail "$1 says nothing"
    [ -z "$want" ] || [ "$said" = "$want" ] || fail "$1 says '$said', not '$want'"
    misused=survives
    $fixed_layout "$1" misuse >"$dir/log" 2>&1 || misused=aborts
    named=survives
    if grep -q 'edo: misuse in .*a future was polled after it was ready' "$dir/log"; then named=aborts; fi
    checks=survives
    if pkg-config --cflags "$2" | grep -q -e -DEDO_DEBUG=1; then checks=aborts; fi
    [ "$misused,$named" = "$checks,$checks" ] || fail "$1: misuse: $misused, said: $(cat "$dir/log")"
    needs=no
    if readelf -d "$1" | grep -q "NEEDED.*lib$2\\.so\\.0\\.1\\]"; then needs=yes; fi
    [ "$needs" = "$3" ] || fail "$1 needs lib$2.so: $needs"
    ! readelf -d "$1" | grep 'NEEDED.*libedo' | grep -v "lib$2\\.so" || fail "$1 needs another"
    echo "ok: ${1##*/}"
}

# Nothing but edo's own names leaves the library.
for name in edo edo-debug edo-tsan; do
    strangers=$(nm -D --defined-only "$lib/lib$name.so" |
        awk '$3 !~ /^edoi?_/ { print $3 }')
    [ -z "$strangers" ] || fail "lib$name.so exports $strangers"
done

[ -e "$tree/share/edo/edo-gdb.py" ] || fail "no script for gdb"
pkg-config --cflags edo-debug | grep -q -e -DEDO_DEBUG=1 || fail "edo-debug.pc does not say EDO_DEBUG"
man -M "$tree/share/man" edo_sleep | grep -q 'Waits for d' || fail "no man page of edo_sleep"
[ -e "$tree/share/man/man3/edo_task_join.3" ] || fail "no man page of edo_task_join"
# What follows a code and its text is a line of its own.
man -M "$tree/share/man" edo_write_all | grep -q '^ *else as edo_write()$' ||
    fail "the man page of edo_write_all lost what follows its first error"
# What the head of a header says of all its functions stands on the page of each.
for function in edo_mpsc_tx_ref edo_sem_release edo_buf_append; do
    for part in THREADS WAITING VERSIONS; do
        man -M "$tree/share/man" "$function" | grep -q "^$part\$" || fail "$function(3) has no $part"
    done
done
man -M "$tree/share/man" 7 edo | grep -q 'edo_io\.h(3)' || fail "man 7 edo names no headers"
man -M "$tree/share/man" edo-chat | grep -q -e '--history' || fail "man edo-chat has no options"

strict='-Wall -Wextra -Wpedantic -Werror'
program=$source/tests/install/consumer/consumer.c
# shellcheck disable=SC2046,SC2086 # lists of flags
for name in edo edo-debug edo-tsan; do
    flags=$(pkg-config --cflags $name)
    shared="$(pkg-config --libs $name) -Wl,-rpath,$lib"
    static="-Wl,-Bstatic $(pkg-config --static --libs $name) -Wl,-Bdynamic"
    $cc -std=c17 $strict $flags "$program" $shared -o "$dir/pc_c_shared_$name"
    $cc -std=c17 $strict $flags "$program" $static -o "$dir/pc_c_static_$name"
    check "$dir/pc_c_shared_$name" $name yes
    check "$dir/pc_c_static_$name" $name no
    if [ -n "$cxx" ]; then
        $cxx -x c++ -std=c++17 $strict $flags "$program" -x none $shared -o "$dir/pc_cxx_shared_$name"
        $cxx -x c++ -std=c++17 $strict $flags "$program" -x none $static -o "$dir/pc_cxx_static_$name"
        check "$dir/pc_cxx_shared_$name" $name yes
        check "$dir/pc_cxx_static_$name" $name no
    fi
done

# What the program for a library of its own prints.
printed_by() {
    case $1 in
    http) echo "Not Found" ;;
    client) echo fetched ;;
    web) echo routes ;;
    esac
}

# libedo-http, libedo-client and libedo-web: their headers and libraries. Each program prints one line.
# edo static, the libraries of others shared, by the line of docs/libraries.md: Debian's libpsl.pc and libbrotlienc.pc
# leave out what theirs need.
mixed=$(grep -o "sed 's/-ledo[^']*'" "$source/docs/libraries.md" | head -n 1)
[ -n "$mixed" ] || fail "docs/libraries.md has no line for edo static and the rest shared"
# shellcheck disable=SC2046 # lists of flags
for name in edo edo-debug edo-tsan; do
    for group in http client web; do
        strangers=$(nm -D --defined-only "$lib/lib$name-$group.so" | awk '$3 !~ /^edoi?_/ { print $3 }')
        [ -z "$strangers" ] || fail "lib$name-$group.so exports $strangers"
        program=$source/tests/install/consumer/$group.c
        quietly $cc -std=c17 $(pkg-config --cflags $name-$group) "$program" \
            $(pkg-config --libs $name-$group) -Wl,-rpath,"$lib" -o "$dir/${group}_shared_$name"
        quietly $cc -std=c17 $(pkg-config --cflags $name-$group) "$program" \
            $(pkg-config --static --libs $name-$group | eval "$mixed") \
            -o "$dir/${group}_static_$name"
        for kind in shared static; do
            [ "$($fixed_layout "$dir/${group}_${kind}_$name")" = "$(printed_by $group)" ] ||
                fail "${group}_${kind}_$name"
            echo "ok: ${group}_${kind}_$name"
        done
    done
done

# What the README begins with: its first program, by its own line of cc, says hello and ends in order.
awk '/^```$/ { if (n) exit } n; /^```c$/ { n = 1 }' "$source/README.md" >"$dir/hello.c"
build_line=$(grep -m 1 '^cc .*hello\.c' "$source/README.md")
(cd "$dir" && eval "$build_line") || fail "the README's $build_line"
mkfifo "$dir/said"
LD_LIBRARY_PATH=$lib "$dir/hello" 127.0.0.1:0 >"$dir/said" &
read -r url <"$dir/said"
said=$(curl -s --max-time 10 "$url/") || fail "the README's program does not respond at $url"
[ "$said" = "Hello!" ] || fail "the README's program says '$said'"
kill -TERM $!
wait $! || fail "the README's program ends with $? after SIGTERM"
echo "ok: the README's program"

# What the book shows can be pasted: the line of its README compiles all of it, but for what needs another library.
grep -q -e '-std=gnu17 -D_GNU_SOURCE program\.c \$(pkg-config --cflags --libs edo-web)' "$source/docs/book/README.md" ||
    fail "the book's README has another line"
pasted=0
for program in $(grep -hoE '\]\(\.\./\.\./examples/[a-z]+/[a-z_0-9]+\.c\)' "$source"/docs/book/*.md |
    sed 's|.*examples/||; s|)$||' | sort -u); do
    if grep -qE '#include <(glib|uv|sqlite3)\.h>|edo/(ares|pg|sqlite|tls|http2)\.h|\.edo\.h' "$source/examples/$program"; then continue; fi
    # shellcheck disable=SC2046 # a list of flags
    $cc -std=gnu17 -D_GNU_SOURCE -Werror -fsyntax-only $(pkg-config --cflags edo-web) "$source/examples/$program" ||
        fail "$program cannot be pasted"
    pasted=$((pasted + 1))
done
[ $pasted -gt 80 ] || fail "only $pasted programs of the book were looked at"
echo "ok: $pasted programs of the book"

# protoc-gen-edo, where protoc is: the line of the book finds it in PATH, and what it makes needs libedo alone.
if command -v protoc >/dev/null; then
    PATH=$tree/bin:$PATH quietly protoc -I"$source/examples/data/messages" --edo_opt=times --edo_out="$dir" shop.proto
    # shellcheck disable=SC2046 # lists of flags
    quietly $cc -std=c17 -I"$dir" $(pkg-config --cflags edo) "$source/examples/data/messages/main.c" \
        $(pkg-config --libs edo) -Wl,-rpath,"$lib" -o "$dir/messages"
    "$dir/messages" | cmp - "$source/examples/data/messages.expect" || fail "messages"
    echo "ok: messages"
    # The option of methods for JSON comes with edo.
    quietly protoc --plugin=protoc-gen-edo="$tree/bin/protoc-gen-edo" -I"$source/examples/grpc/grpc_gateway" -I"$tree/include" \
        --edo_out="$dir" greeting.proto
    if [ -e "$lib/libedo-grpc.so" ]; then
        # shellcheck disable=SC2046 # a list of flags
        quietly $cc -std=c17 -Werror -fsyntax-only -I"$dir" $(pkg-config --cflags edo-grpc) "$source"/examples/grpc/grpc_gateway/main.c
    fi
    echo "ok: annotations"
fi

# libedo-ares, where it was built: its header, its libraries, and the c-ares that it brings along.
if [ -e "$lib/libedo-ares.so" ]; then
    program=$source/examples/sockets/resolve_ares.c
    # shellcheck disable=SC2046 # lists of flags
    for name in edo edo-debug; do
        strangers=$(nm -D --defined-only "$lib/lib$name-ares.so" | awk '$3 !~ /^edo_/ { print $3 }')
        [ -z "$strangers" ] || fail "lib$name-ares.so exports $strangers"
        quietly $cc -std=c17 $(pkg-config --cflags $name-ares) "$program" $(pkg-config --libs $name-ares) \
            -Wl,-rpath,"$lib" -o "$dir/ares_shared_$name"
        quietly $cc -std=c17 $(pkg-config --cflags $name-ares) "$program" \
            -Wl,-Bstatic $(pkg-config --static --libs $name-ares) -Wl,-Bdynamic -o "$dir/ares_static_$name"
        for kind in shared static; do
            quietly sh "$source/examples/sockets/resolve_ares.sh" "$dir/ares_${kind}_$name"
            echo "ok: ares_${kind}_$name"
        done
    done
else
    [ ! -e "$tree/include/edo/ares.h" ] || fail "edo/ares.h is installed without its library"
fi

# libedo-tls likewise.
if [ -e "$lib/libedo-tls.so" ]; then
    program=$source/examples/sockets/tls_echo.c
    # shellcheck disable=SC2046 # lists of flags
    for name in edo edo-debug; do
        # the one table by which other libraries find this one (docs/design/across.md)
        strangers=$(nm -D --defined-only "$lib/lib$name-tls.so" |
            awk '$3 !~ /^edo_/ && $3 != "edoi_tls_library" { print $3 }')
        [ -z "$strangers" ] || fail "lib$name-tls.so exports $strangers"
        quietly $cc -std=c17 $(pkg-config --cflags $name-tls) "$program" $(pkg-config --libs $name-tls) \
            -Wl,-rpath,"$lib" -o "$dir/tls_shared_$name"
        quietly $cc -std=c17 $(pkg-config --cflags $name-tls) "$program" \
            -Wl,-Bstatic $(pkg-config --static --libs $name-tls) -Wl,-Bdynamic -o "$dir/tls_static_$name"
        for kind in shared static; do
            quietly sh "$source/examples/sockets/tls_echo.sh" "$dir/tls_${kind}_$name"
            echo "ok: tls_${kind}_$name"
        done
        # A program that names nothing of libedo-tls has https by it, too, also where the linker leaves out what is
        # not needed, and wherever the library stands in the line.
        for order in "$name-web $name-tls" "$name-tls $name-web"; do
            quietly $cc -std=c17 -Wl,--as-needed $(pkg-config --cflags $order) "$source/examples/http/fetch5.c" \
                $(pkg-config --libs $order) -Wl,-rpath,"$lib" -o "$dir/https_$name"
            "$dir/https_$name" https://127.0.0.1:1/ >"$dir/log" 2>&1 || true
            grep -q ECONNREFUSED "$dir/log" || fail "https_$name ($order): $(cat "$dir/log")"
            echo "ok: https_$name"
        done
    done
else
    [ ! -e "$tree/include/edo/tls.h" ] || fail "edo/tls.h is installed without its library"
fi

# libedo-pg: a program that links it loads libpq, and no other does. libpq has no static form that links by itself.
if [ -e "$lib/libedo-pg.so" ]; then
    # shellcheck disable=SC2046 # lists of flags
    for name in edo edo-debug; do
        strangers=$(nm -D --defined-only "$lib/lib$name-pg.so" | awk '$3 !~ /^edoi?_/ { print $3 }')
        [ -z "$strangers" ] || fail "lib$name-pg.so exports $strangers"
        quietly $cc -std=c17 $(pkg-config --cflags $name-pg) "$source/tests/install/consumer/pg.c" \
            $(pkg-config --libs $name-pg) -Wl,-rpath,"$lib" -o "$dir/pg_$name"
        [ "$("$dir/pg_$name")" = ECONNREFUSED ] || fail "pg_$name says $("$dir/pg_$name")"
        ldd "$dir/pg_$name" | grep -q libpq || fail "pg_$name does not load libpq"
        ! ldd "$dir/web_shared_$name" | grep libpq || fail "web_shared_$name loads libpq"
        echo "ok: pg_$name"
    done
else
    [ ! -e "$tree/include/edo/pg.h" ] || fail "edo/pg.h is installed without its library"
fi

# libedo-sqlite: a program that links it loads SQLite, and no other does.
if [ -e "$lib/libedo-sqlite.so" ]; then
    # shellcheck disable=SC2046 # lists of flags
    for name in edo edo-debug; do
        strangers=$(nm -D --defined-only "$lib/lib$name-sqlite.so" | awk '$3 !~ /^edoi?_/ { print $3 }')
        [ -z "$strangers" ] || fail "lib$name-sqlite.so exports $strangers"
        quietly $cc -std=c17 $(pkg-config --cflags $name-sqlite) "$source/tests/install/consumer/sqlite.c" \
            $(pkg-config --libs $name-sqlite) -Wl,-rpath,"$lib" -o "$dir/sqlite_$name"
        [ "$("$dir/sqlite_$name")" = "42 rows" ] || fail "sqlite_$name says $("$dir/sqlite_$name")"
        ldd "$dir/sqlite_$name" | grep -q libsqlite3 || fail "sqlite_$name does not load SQLite"
        ! ldd "$dir/web_shared_$name" | grep libsqlite3 || fail "web_shared_$name loads SQLite"
        echo "ok: sqlite_$name"
    done
else
    [ ! -e "$tree/include/edo/sqlite.h" ] || fail "edo/sqlite.h is installed without its library"
fi

# libedo-redis likewise, which also links static by itself.
if [ -e "$lib/libedo-redis.so" ]; then
    # shellcheck disable=SC2046 # lists of flags
    for name in edo edo-debug; do
        strangers=$(nm -D --defined-only "$lib/lib$name-redis.so" | awk '$3 !~ /^edoi?_/ { print $3 }')
        [ -z "$strangers" ] || fail "lib$name-redis.so exports $strangers"
        program=$source/tests/install/consumer/redis.c
        quietly $cc -std=c17 $(pkg-config --cflags $name-redis) "$program" $(pkg-config --libs $name-redis) \
            -Wl,-rpath,"$lib" -o "$dir/redis_shared_$name"
        quietly $cc -std=c17 $(pkg-config --cflags $name-redis) "$program" \
            -Wl,-Bstatic $(pkg-config --static --libs $name-redis) -Wl,-Bdynamic -o "$dir/redis_static_$name"
        for kind in shared static; do
            [ "$("$dir/redis_${kind}_$name")" = ECONNREFUSED ] || fail "redis_${kind}_$name"
            echo "ok: redis_${kind}_$name"
        done
        ! ldd "$dir/web_shared_$name" | grep hiredis || fail "web_shared_$name loads hiredis"
    done
else
    [ ! -e "$tree/include/edo/redis.h" ] || fail "edo/redis.h is installed without its library"
fi

# libedo-http2: a program that links it speaks HTTP/2, wherever it stands in the line; one that does not, loads no
# nghttp2.
if [ -e "$lib/libedo-http2.so" ] && [ -e "$lib/libedo-tls.so" ]; then
    program=$source/examples/http/http2_versions.c
    # shellcheck disable=SC2046,SC2086 # lists of flags
    for name in edo edo-debug; do
        strangers=$(nm -D --defined-only "$lib/lib$name-http2.so" | awk '$3 !~ /^edoi?_/ { print $3 }')
        [ -z "$strangers" ] || fail "lib$name-http2.so exports $strangers"
        uses="$name-http2 $name-web $name-tls"
        quietly $cc -std=c17 -Wl,--as-needed $(pkg-config --cflags $uses) "$program" $(pkg-config --libs $uses) \
            -Wl,-rpath,"$lib" -o "$dir/http2_shared_$name"
        quietly $cc -std=c17 $(pkg-config --cflags $uses) "$program" \
            -Wl,-Bstatic $(pkg-config --static --libs $uses) -Wl,-Bdynamic -o "$dir/http2_static_$name"
        ! ldd "$dir/web_shared_$name" | grep nghttp2 || fail "web_shared_$name loads nghttp2"
        for kind in shared static; do
            status=0
            sh "$source/examples/http/http2_versions.sh" "$dir/http2_${kind}_$name" >"$dir/log" 2>&1 || status=$?
            [ $status -eq 0 ] || [ $status -eq 77 ] || fail "http2_${kind}_$name: $(cat "$dir/log")"
            echo "ok: http2_${kind}_$name ($status)"
        done
    done
elif [ ! -e "$lib/libedo-http2.so" ]; then
    [ ! -e "$tree/include/edo/http2.h" ] || fail "edo/http2.h is installed without its library"
fi

# libedo-grpc: a program that links it finds the web framework and HTTP/2 by it.
if [ -e "$lib/libedo-grpc.so" ]; then
    # shellcheck disable=SC2046,SC2086 # lists of flags
    for name in edo edo-debug; do
        strangers=$(nm -D --defined-only "$lib/lib$name-grpc.so" | awk '$3 !~ /^edoi?_/ { print $3 }')
        [ -z "$strangers" ] || fail "lib$name-grpc.so exports $strangers"
        uses=$name-grpc
        built="-std=c17 $(pkg-config --cflags $uses) -I$build/edo_proto $source/examples/grpc/grpc_greeter/main.c"
        quietly $cc -Wl,--as-needed $built $(pkg-config --libs $uses) -Wl,-rpath,"$lib" -o "$dir/grpc_shared_$name"
        # -lm: libbrotlienc needs it, which its own file does not name; the shared one, beside the shared libc
        quietly $cc $built -Wl,-Bstatic $(pkg-config --static --libs $uses) -Wl,-Bdynamic -lm -o "$dir/grpc_static_$name"
        ldd "$dir/grpc_shared_$name" | grep -q nghttp2 || fail "grpc_shared_$name does not load nghttp2"
        for kind in shared static; do
            status=0
            "$dir/grpc_${kind}_$name" >"$dir/log" 2>&1 || status=$?
            [ $status -eq 2 ] || fail "grpc_${kind}_$name: $(cat "$dir/log")"
            echo "ok: grpc_${kind}_$name"
        done
    done
else
    [ ! -e "$tree/include/edo/grpc.h" ] || fail "edo/grpc.h is installed without its library"
fi

# With edo-tsan a race of tasks is reported, and a program without one runs in peace; by clang, and by
# gcc too, as there are few tasks.
for compiler in clang gcc; do
    command -v $compiler >/dev/null || continue
    # shellcheck disable=SC2046 # lists of flags
    quietly $compiler -std=c17 -g $(pkg-config --cflags edo-tsan) "$source/examples/watching/data_race.c" \
        $(pkg-config --libs edo-tsan) -Wl,-rpath,"$lib" -o "$dir/data_race_$compiler"
    EDO_TEST_SANITIZER=thread quietly sh "$source/examples/watching/data_race.sh" $fixed_layout \
        "$dir/data_race_$compiler"
    echo "ok: data_race_$compiler"
done
[ -n "$cxx" ] || exit 0

quietly cmake -G Ninja -S "$source/tests/install/consumer" -B "$dir/cmake" \
    -DCMAKE_PREFIX_PATH="$tree" -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx"
quietly cmake --build "$dir/cmake"
for language in c cxx; do
    for name in edo edo-debug edo-tsan; do
        target=${language}_$(echo $name | tr - _)
        check "$dir/cmake/$target" $name yes
        check "$dir/cmake/${target}_static" $name no
    done
done
for group in http client web; do
    for program in c_edo_$group c_edo_${group}_static c_edo_debug_$group c_edo_debug_${group}_static; do
        [ "$("$dir/cmake/$program")" = "$(printed_by $group)" ] || fail "$program by cmake"
        echo "ok: $program by cmake"
    done
done

# use GROUP PROGRAM: what the consumer of a library over one of others says.
use() {
    status=0
    case $1 in
    ares) quietly sh "$source/examples/sockets/resolve_ares.sh" "$2" ;;
    tls) quietly sh "$source/examples/sockets/tls_echo.sh" "$2" ;;
    http2)
        sh "$source/examples/http/http2_versions.sh" "$2" >"$dir/log" 2>&1 || status=$?
        [ $status -eq 0 ] || [ $status -eq 77 ] || fail "$2: $(cat "$dir/log")"
        ;;
    grpc)
        "$2" >"$dir/log" 2>&1 || status=$?
        [ $status -eq 2 ] || fail "$2: $(cat "$dir/log")"
        ;;
    pg | redis) [ "$("$2")" = ECONNREFUSED ] || fail "$2 says $("$2")" ;;
    otlp) [ "$("$2")" = "nothing is exported" ] || fail "$2 says $("$2")" ;;
    console) [ "$("$2")" = "nothing listens" ] || fail "$2 says $("$2")" ;;
    sqlite) [ "$("$2")" = "42 rows" ] || fail "$2 says $("$2")" ;;
    esac
    echo "ok: ${2##*/} by cmake"
}
for group in ares tls http2 grpc otlp console pg redis sqlite; do
    [ -e "$lib/libedo-$group.so" ] || continue
    for program in c_edo_$group c_edo_${group}_static c_edo_debug_$group c_edo_debug_${group}_static; do
        use $group "$dir/cmake/$program"
    done
done
