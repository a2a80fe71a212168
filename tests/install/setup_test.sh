#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: no target of the Makefile installs a package without announcing it first; and where it may not, it prints
# the command to run.
# Method: scripts/setup in a directory of few commands, with an apt-get, sudo and id of our own that write
# down their arguments, into the file that also gets the output of setup: so the order is seen.
set -eu
source=${EDO_SOURCE_DIR:?}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/bin"
for tool in sh cat mktemp rm env python3 sed grep dirname; do ln -s "$(command -v $tool)" "$dir/bin/$tool"; done

fail() {
    echo "FAILED: $*"
    [ ! -f "$dir/said" ] || cat "$dir/said"
    exit 1
}
# command_is NAME BODY: a command of our own.
command_is() {
    printf '#!/bin/sh\n%s\n' "$2" >"$dir/bin/$1"
    chmod +x "$dir/bin/$1"
}
# setup TARGET STATUS: runs it with nothing else on the path.
setup() {
    status=0
    (PATH=$dir/bin sh "$source/scripts/setup" "$1") >"$dir/said" 2>&1 || status=$?
    [ "$status" = "$2" ] || fail "setup $1 ended with $status, not $2"
}
says() { grep -qF -e "$1" "$dir/said" || fail "it does not say: $1"; }
runs_no_apt() { ! grep -q '^RUN' "$dir/said" || fail "it ran something"; }
line_of() { grep -nF -e "$1" "$dir/said" | head -n 1 | cut -d: -f1; }

command_is id 'echo 1000'
setup docs 1
says 'there is no apt-get'
says 'doxygen pandoc'

command_is apt-get 'echo "RUN apt-get $*" >>'"$dir/said"
setup docs 1 # no root, no sudo
says 'as root, please run: apt-get install --no-install-recommends doxygen pandoc'
runs_no_apt

command_is sudo 'echo "RUN sudo $*" >>'"$dir/said"'; exec "$@"'
setup docs 0
says "'make docs' needs what is not here"
says 'RUN sudo apt-get -q update'
says 'RUN apt-get -q -y --no-install-recommends install doxygen pandoc'
[ "$(line_of 'installing them now: sudo apt-get install --no-install-recommends doxygen pandoc')" -lt \
    "$(line_of RUN)" ] || fail "it says so afterwards"

command_is id 'echo 0'
setup docs 0
says 'installing them now: apt-get install --no-install-recommends doxygen pandoc'
! grep -q 'RUN sudo' "$dir/said" || fail "root needs no sudo"

command_is apt-get 'echo "no such mirror"; exit 100'
setup docs 1
says 'no such mirror'
says 'that failed; as root, please run: apt-get update && apt-get install'

# A system without dpkg has no packages: files are looked for, and what is here is not asked for.
setup deb 1
says ' debhelper'
! grep -q 'build-essential' "$dir/said" || fail "there is no dpkg"

# The packages of "make deb" are those of dpkg, whatever else is here: what debian/control names, and what it does not.
command_is dpkg-query 'case $* in *build-essential) ;; *) echo installed ;; esac'
setup deb 1
says ' build-essential'
! grep -q libc-ares-dev "$dir/said" || fail "dpkg has it"
command_is dpkg-query 'case $* in *libc-ares-dev) ;; *) echo installed ;; esac'
setup deb 1
says ' libc-ares-dev'
! grep -q 'build-essential\|dh-sequence\|compat' "$dir/said" || fail "dpkg has it"

command_is doxygen :
command_is pandoc :
setup docs 0
[ ! -s "$dir/said" ] || fail "nothing is missing, so there is nothing to say"

unset MAKEFLAGS MAKELEVEL
# Every target asks it, by its own name, before anything else, and is known to it. "rest" is a part of "check".
for target in $(sed -n 's/^\.PHONY: help //p' "$source/Makefile"); do
    [ "$target" != uninstall ] || continue # which needs nothing
    first=$(make -n -C "$source" --no-print-directory "$target" | head -n 1)
    case $first in
    "scripts/setup $target") ;;
    'scripts/setup check') [ "$target" = rest ] || fail "$target: $first" ;;
    'scripts/setup release') [ "${target#bench}" != "$target" ] || fail "$target: $first" ;;
    *) fail "make $target begins with: $first" ;;
    esac
    status=0
    (PATH=$dir/bin sh "$source/scripts/setup" "${first#scripts/setup }") >"$dir/said" 2>&1 || status=$?
    [ $status -le 1 ] || fail "setup does not know $target"
done
# And nothing but it installs.
others=$(grep -rlE 'apt-get|apt install|pip install|npm install' "$source/scripts" "$source/bench" \
    "$source/tools" "$source/Makefile" "$source/cmake" | grep -v '/scripts/setup$') || true
[ -z "$others" ] || fail "these install packages, too: $others"
echo ok
