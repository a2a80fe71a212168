#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: "make dist" makes one archive of one commit, and "make deb" packages from it that a fresh Debian takes, in which
# each library links, the chat runs as a service would, and of which a purge leaves nothing.
# Method: the packages are built, read by lintian, and installed into a new root by mmdebstrap, in which
# clean_root.sh does the rest. Needs root or user namespaces, and Debian's mirror.
set -eu
source=${EDO_SOURCE_DIR:?}
for tool in git dh dpkg-buildpackage lintian mmdebstrap; do
    command -v $tool >/dev/null || {
        echo "there is no $tool"
        exit 77
    }
done
if ! git -C "$source" rev-parse -q --verify HEAD >/dev/null; then
    echo "an archive is made of a commit, and this tree has none"
    exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() {
    echo "FAILED: $*"
    exit 1
}
quietly() { "$@" >"$dir/log" 2>&1 || { cat "$dir/log"; fail "$*"; }; }
unset MAKEFLAGS MAKELEVEL # an outer make's variables are not ours

# One commit, one archive: whose name, hash and order are as promised.
version=$(sed -n 's/^project(edo VERSION \([0-9.]*\) .*/\1/p' "$source/CMakeLists.txt")
quietly "$source/scripts/dist" "$dir/a"
(umask 077 && quietly "$source/scripts/dist" "$dir/b")
archive=edo-$version.tar.gz
cmp "$dir/a/$archive" "$dir/b/$archive" || fail "two archives of one commit differ"
(cd "$dir/a" && quietly sha256sum -c "$archive.sha256")
time=$(git -C "$source" log -1 --format=%ct)
python3 -B - "$dir/a/$archive" "$version" "$time" <<'PY' || fail "the archive"
import sys, tarfile
with tarfile.open(sys.argv[1]) as archive:
    files = archive.getmembers()
assert {(f.uid, f.gid, f.mtime) for f in files} == {(0, 0, int(sys.argv[3]))}, "owners and times"
assert all((f.name + "/").startswith(f"edo-{sys.argv[2]}/") for f in files), "one folder"
assert {f.mode & 0o777 for f in files if not f.issym()} <= {0o644, 0o755}, "modes"
PY
echo "ok: $archive"

# In the folder of "make deb", as ccache knows its paths from the last time.
debs=$source/build/deb
quietly "$source/scripts/deb"
(cd "$debs" && quietly sha256sum -c SHA256SUMS)
lintian --profile debian --fail-on error "$debs"/edo_*.changes >"$dir/log" 2>&1 || {
    grep '^E:' "$dir/log"
    fail "lintian"
}
echo "ok: lintian"

# What is installed brings no library of others that it does not use.
depends() { dpkg-deb -f "$(echo "$debs/$1"_*.deb)" Depends; }
[ "$(depends libedo0.1 | sed 's/ (.*//')" = libc6 ] || fail "libedo0.1 depends on $(depends libedo0.1)"
for package in libedo-pg0.1 edo-chat; do # the chat may keep its messages there
    depends $package | grep -q libpq5 || fail "$package does not depend on libpq5"
done
for package in libedo-web0.1 libedo-tls0.1 libedo-client0.1; do
    ! depends $package | grep libpq || fail "$package depends on libpq"
done

# The packages, the script, and what consumer/ takes from the tree. mmdebstrap takes the new root away again.
mkdir -p "$dir/debs/tests"
cp "$debs"/*.deb "$source/tests/install/clean_root.sh" "$dir/debs"
rm "$dir/debs"/*-dbgsym_*.deb
cp -r "$source/examples" "$dir/debs"
cp -r "$source/tests/install" "$dir/debs/tests"
chmod -R a+rX "$dir"
# shellcheck disable=SC2016 # $1 is the root, for mmdebstrap
if ! mmdebstrap --quiet --variant=minbase --format=null \
    --include=gcc,g++,libc6-dev,cmake,ninja-build,pkg-config,binutils,protobuf-compiler \
    --customize-hook="copy-in $dir/debs /" --customize-hook='chroot "$1" sh /debs/clean_root.sh' \
    bookworm /dev/null >"$dir/log" 2>&1; then
    if ! grep -q '^clean root: begun' "$dir/log"; then
        tail -n 3 "$dir/log"
        echo "no new root can be made here"
        exit 77
    fi
    cat "$dir/log"
    fail "the packages in a new root"
fi
grep '^ok: ' "$dir/log"
