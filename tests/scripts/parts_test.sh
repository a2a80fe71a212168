#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: where EDO_REQUIRE asks for it a library that is missing is an error, which names its package; else its part is
# left out. Method: the tree is configured with a pkg-config that does not find some of the libraries.
set -eu
source=${EDO_SOURCE_DIR:?}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
PKG_CONFIG_REAL=$(command -v pkg-config) || { echo "skipped: there is no pkg-config"; exit 77; }
export PKG_CONFIG_REAL
cat >"$dir/pkg-config" <<'END'
#!/bin/sh
# pkg-config that does not find what HIDDEN names.
for word; do
    case $word in "$HIDDEN" | "$HIDDEN "*) exit 1 ;; esac
done
exec "$PKG_CONFIG_REAL" "$@"
END
chmod +x "$dir/pkg-config"

said=
configure() { # HIDDEN [CMAKE ARGUMENT...]: the exit status; `said` is the output
    export HIDDEN="$1"
    shift
    rm -rf "$dir/build"
    status=0
    said=$(PKG_CONFIG="$dir/pkg-config" cmake --preset release -S "$source" -B "$dir/build" "$@" 2>&1) || status=$?
    return $status
}
wanted() { # TEXT
    echo "$said" | tr -s ' \n' ' ' | grep -qF "$1" || { echo "wanted: $1"; echo "$said"; exit 1; }
}

configure libcares -DEDO_PROGRAMS=OFF -DEDO_REQUIRE=test || { echo "make test does not install it: $said"; exit 1; }
wanted 'libedo-ares is not built'
! configure libcares -DEDO_REQUIRE=check || { echo "configured without c-ares: $said"; exit 1; }
wanted 'Debian has it in libc-ares-dev, which scripts/setup check installs'
for pair in openssl:libssl-dev libpq:libpq-dev zlib:zlib1g-dev libnghttp2:libnghttp2-dev libedit:libedit-dev; do
    ! configure "${pair%:*}" -DEDO_REQUIRE=test || { echo "configured without ${pair%:*}: $said"; exit 1; }
    wanted "Debian has it in ${pair#*:}, which scripts/setup test installs"
done
