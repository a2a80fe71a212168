#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: find_package(edo COMPONENTS ...) says what is missing, and what would bring it; what is only optional is told
# and no failure.
# Method: the package of this build in a folder of its own, with targets that stand for those that were installed, and
# a project without a language that looks for it: nothing is compiled.
set -eu
build=${EDO_BUILD_DIR:?} source=${EDO_SOURCE_DIR:?}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/tree/lib/cmake/edo" "$dir/modules"
package=$dir/tree/lib/cmake/edo
cp "$build/edo-config.cmake" "$build/edo-config-version.cmake" "$source/cmake/EdoProto.cmake" "$package"
: >"$package/there.so.1.2"
for group in http client web sim ares tls pg sqlite redis http2 grpc otlp console; do
    echo "set(edo_needs_$group)"
done >"$dir/needs"
# libpq is there, in a newer version; OpenSSL's libcrypto is gone.
cat >>"$dir/needs" <<END
set(edo_needs_pg libpq-dev:$package/there.so.1.3)
set(edo_needs_tls libssl-dev:$package/there.so.1.2 libssl-dev:/nowhere/libgone-of-tls.so.3)
END
grep -v '^set(edo_needs_' "$build/edo-config.cmake" |
    sed "/^set(edo_by_grpc/r $dir/needs" >"$package/edo-config.cmake"
: >"$package/there.so.1"

# installed KIND GROUPS...: as if these libraries had been installed in the kind edo, edo_debug or edo_tsan.
installed() {
    kind=$1
    shift
    file=$package/$(echo "$kind" | tr _ -)-targets.cmake
    echo "add_library(edo::$kind INTERFACE IMPORTED)" >"$file"
    for group; do
        echo "add_library(edo::${kind}_$group INTERFACE IMPORTED)" >>"$file"
    done
}

# found ARGS...: whether find_package(edo 0.1 ARGS...) finds it; what was said is in said.
found() {
    cat >"$dir/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.20)
project(components NONE)
set(CMAKE_MODULE_PATH $dir/modules)
find_package(edo 0.1 $*)
message(STATUS "found: \${edo_FOUND}; web: \${edo_web_FOUND}; pg: \${edo_pg_FOUND}")
END
    configure
}
# configure: whether cmake takes $dir; what was said is in said.
configure() {
    rm -rf "$dir/cmake"
    status=0
    cmake -S "$dir" -B "$dir/cmake" -DCMAKE_PREFIX_PATH="$dir/tree" >"$dir/log" 2>&1 || status=$?
    said=$(tr -s '\n ' ' ' <"$dir/log") # cmake breaks long lines
    return $status
}
fail() {
    echo "FAILED: $*"
    cat "$dir/log"
    exit 1
}
# is_said TEXT: one that cmake may have broken.
is_said() {
    case $said in
    *"$1"*) ;;
    *) fail "not said: $1" ;;
    esac
}
echo 'set(Threads_FOUND TRUE)' >"$dir/modules/FindThreads.cmake" # the real one compiles

installed edo http client web tls pg
found REQUIRED || fail "the core"
found REQUIRED COMPONENTS web pg || fail "web and pg are there"
is_said "found: 1; web: TRUE; pg: TRUE"

! found REQUIRED COMPONENTS web sqlite redis || fail "sqlite is not there"
is_said "sqlite: libedo-sqlite is not installed in $dir/tree: edo was built without libsqlite3-dev. Install that, and edo again"
is_said "redis: libedo-redis is not installed in $dir/tree: edo was built without libhiredis-dev before 1.0."
! found REQUIRED COMPONENTS tls || fail "libcrypto is gone"
is_said "tls: libedo-tls needs /nowhere/libgone-of-tls.so.3, which is gone: install Debian's package libssl-dev"
! found REQUIRED COMPONENTS wbe || fail "there is no wbe"
is_said "wbe: there is no such component: they are debug, tsan, http, client, web, sim, ares, tls, pg, sqlite, redis, http2, grpc, otlp, console"

found REQUIRED COMPONENTS web OPTIONAL_COMPONENTS sqlite pg || fail "sqlite is optional"
is_said "edo: without sqlite: libedo-sqlite is not installed"
is_said "found: 1; web: TRUE; pg: TRUE"
found QUIET OPTIONAL_COMPONENTS sqlite || fail "quiet"
! grep -q without "$dir/log" || fail "quiet it says something"

# edo_proto() finds what is installed in a folder that has not looked for edo itself, too.
mkdir "$dir/deps" "$dir/app" "$dir/tree/bin"
printf '#!/bin/sh\n' >"$dir/tree/bin/protoc-gen-edo"
chmod +x "$dir/tree/bin/protoc-gen-edo"
echo 'find_package(edo 0.1 REQUIRED)' >"$dir/deps/CMakeLists.txt"
cat >"$dir/app/CMakeLists.txt" <<'END'
add_library(app INTERFACE)
function(target_sources)
endfunction()
function(target_include_directories)
endfunction()
function(add_custom_command)
    list(JOIN ARGV " " words)
    message(STATUS "made by: ${words}")
endfunction()
edo_proto(app chat.proto)
END
cat >"$dir/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.20)
project(components NONE)
set(CMAKE_MODULE_PATH $dir/modules)
set(EDO_PROTOC /bin/true)
add_subdirectory(deps)
add_subdirectory(app)
END
configure || fail "edo_proto() beside the folder of find_package()"
is_said "=$dir/tree/bin/protoc-gen-edo -I$dir/app -I$dir/tree/include "

! found REQUIRED COMPONENTS debug web || fail "debug is not there"
is_said "debug: libedo-debug is not installed in $dir/tree: make install-debug, or Debian's package libedo-dbg"
! found REQUIRED COMPONENTS tsan || fail "tsan is not there"
is_said "tsan: libedo-tsan is not installed in $dir/tree: make install-tsan"
installed edo_debug http client
found REQUIRED COMPONENTS debug http || fail "http is there in debug"
! found REQUIRED COMPONENTS debug web || fail "web is not there in debug"
is_said "web: libedo-debug-web is not installed in $dir/tree"
found REQUIRED COMPONENTS web || fail "web is there in the release"

rm "$package/edo-targets.cmake"
! found REQUIRED || fail "only debug is there"
is_said "only debug or tsan is installed here: ask for it as a component"
! found REQUIRED COMPONENTS http || fail "http is there in debug only"
is_said "http: libedo is not installed in $dir/tree: make install"
found REQUIRED COMPONENTS debug http || fail "debug alone"
echo "ok: components"
