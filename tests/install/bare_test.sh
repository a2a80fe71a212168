#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: each target of the Makefile works on a bare Debian 12 that has git and make alone.
# Method: a root by mmdebstrap, from which each target has one of its own with a clone of the last commit, where
# bare_root.sh lets scripts/setup install what the target needs, configures, and compiles one object.
#   bare_test.sh [--whole] [TARGET...]   with --whole all of "make TARGET" instead, of run, install and deb by default
# Needs root or user namespaces, and Debian's mirror.
set -eu
source=${EDO_SOURCE_DIR:?}
whole=
if [ "${1-}" = --whole ]; then
    whole=--whole
    shift
    [ $# -gt 0 ] || set -- run install deb
fi
# shellcheck disable=SC2046 # a list of names
[ $# -gt 0 ] || set -- $(sed -n 's/^\.PHONY: help \(.*\) uninstall /\1 /p' "$source/Makefile") # which needs nothing
for tool in git mmdebstrap; do
    command -v $tool >/dev/null || {
        echo "there is no $tool"
        exit 77
    }
done
if ! git -C "$source" rev-parse -q --verify HEAD >/dev/null; then
    echo "a clone is one of a commit, and this tree has none"
    exit 77
fi

# What a new root is made and entered with: namespaces, of its own users where this one is not root. The mounts go
# with them.
apart() {
    if [ "$(id -u)" = 0 ]; then unshare --mount --pid --fork "$@"; else mmdebstrap --unshare-helper unshare --mount --pid --fork "$@"; fi
}
dir=$(mktemp -d)
chmod a+rx "$dir"
trap 'apart rm -rf "$dir"' EXIT
mkdir "$dir/archives"
git clone -q --depth 1 "file://$source" "$dir/edo"

if ! mmdebstrap --quiet --variant=minbase --include=git,make bookworm "$dir/bare.tar" >"$dir/log" 2>&1; then
    tail -n 3 "$dir/log"
    echo "no new root can be made here"
    exit 77
fi

# In its namespaces: a root from the archive, with the clone, the network of the machine, and the packages that the
# targets before it have fetched.
cat >"$dir/enter" <<'ENTER'
set -eu
dir=$1
shift
mkdir "$dir/root"
tar -xf "$dir/bare.tar" -C "$dir/root" --numeric-owner --exclude=./dev/*
cp -r "$dir/edo" "$dir/root/edo"
cp /etc/resolv.conf "$dir/root/etc/resolv.conf"
for path in dev sys; do mount --rbind /$path "$dir/root/$path"; done
mount -t proc proc "$dir/root/proc"
mount --bind "$dir/archives" "$dir/root/var/cache/apt/archives"
chroot "$dir/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 sh /edo/tests/install/bare_root.sh "$@"
ENTER

failed=0
for target; do
    start=$(date +%s)
    # shellcheck disable=SC2086 # a word or none
    if apart sh "$dir/enter" "$dir" $whole "$target" >"$dir/log" 2>&1; then
        echo "ok: make $target, $(($(date +%s) - start)) s"
    else
        sed 's/^/    /' "$dir/log" | tail -n 100
        echo "FAILED: make $target"
        failed=$((failed + 1))
    fi
    apart rm -rf "$dir/root"
done
[ $failed -eq 0 ]
