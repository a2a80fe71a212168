#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: each target of the Makefile works on a bare Debian 12 that has git and make alone.
# Method: a root by mmdebstrap, from which each target has one of its own with a clone of the last commit, where
# bare_root.sh lets scripts/setup install what the target needs, configures, and compiles one object.
#   bare_test.sh [--each] [--whole] [TARGET...]   run and deb by default; --each: all targets; --whole: all of
#                                                 "make TARGET", not one object alone
# Needs root or user namespaces, and Debian's mirror: a package that it does not give is no failure.
set -eu
source=${EDO_SOURCE_DIR:?}
whole=
each=
while [ $# -gt 0 ]; do
    case $1 in
    --each) each=yes ;;
    --whole) whole=--whole ;;
    *) break ;;
    esac
    shift
done
# shellcheck disable=SC2046 # a list of names
[ -z "$each" ] || set -- $(sed -n 's/^\.PHONY: help \(.*\) uninstall /\1 /p' "$source/Makefile") # which needs nothing
[ $# -gt 0 ] || set -- run deb
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
mount --rbind /dev "$dir/root/dev"
mount -t proc proc "$dir/root/proc"
mount --bind "$dir/archives" "$dir/root/var/cache/apt/archives"
chroot "$dir/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 sh /edo/tests/install/bare_root.sh "$@"
ENTER

failed=0 skipped=0
for target; do
    start=$(date +%s)
    # shellcheck disable=SC2086 # a word or none
    if apart sh "$dir/enter" "$dir" $whole "$target" >"$dir/log" 2>&1; then
        echo "ok: make $target, $(($(date +%s) - start)) s"
    elif grep -q '^[EW]: Failed to fetch' "$dir/log"; then
        grep -m 3 '^[EW]: Failed to fetch' "$dir/log"
        echo "skipped: make $target: the mirror does not give its packages"
        skipped=$((skipped + 1))
    else
        sed 's/^/    /' "$dir/log" | tail -n 100
        echo "FAILED: make $target"
        failed=$((failed + 1))
    fi
    apart rm -rf "$dir/root"
done
[ $failed -eq 0 ] || exit 1
[ $skipped -eq 0 ] || exit 77
