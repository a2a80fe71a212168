#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: no two of edo's static libraries define one name: a program that links both would call one of them for the other,
# without a word. And none uses libm, which nobody is told to link. Method: the names of all archives.
set -eu
cd "${EDO_BUILD_DIR:?}"
twice=$(for library in libedo*.a; do
    ${NM:-nm} --defined-only -g "$library" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u
done | sort | uniq -d)
[ -z "$twice" ] || { printf 'defined by two libraries:\n%s\n' "$twice" && exit 1; }
math=$(for library in libedo*.a; do ${NM:-nm} -A -u "$library" 2>/dev/null; done |
    grep -E ' (trunc|floor|ceil|round|l?lround|l?lrint|rint|nearbyint|pow|exp2?|log(2|10|1p)?|sqrt|fmod|ldexp|frexp|modf)[fl]?$') || true
[ -z "$math" ] || { printf 'of libm:\n%s\n' "$math" && exit 1; }
