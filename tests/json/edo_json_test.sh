#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: edo-json writes the same value, and says of a text that is none where and why.
set -eu
json=$EDO_BIN_DIR/edo-json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# same INPUT OUTPUT [ARGUMENTS]
same() {
    printf '%s' "$1" >"$work/in"
    printf '%s\n' "$2" >"$work/want"
    shift 2
    "$json" "$@" <"$work/in" >"$work/out" 2>"$work/err" || {
        echo "status $? for: $(cat "$work/in")"
        exit 1
    }
    cmp "$work/out" "$work/want"
    [ ! -s "$work/err" ]
}

# refused INPUT MESSAGE
refused() {
    status=0
    printf "$1" | "$json" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" = 1 ] && [ ! -s "$work/out" ] && [ "$(cat "$work/err")" = "$2" ] || {
        echo "status $status, $(cat "$work/out" "$work/err")"
        exit 1
    }
}

same ' { "b" : 1 , "a" : [ ] } ' '{"b":1,"a":[]}'
same '{"x":1,"y":2,"x":{"z":[3]}}' '{"x":{"z":[3]},"y":2}'
same '[1e400,-1E+999,18446744073709551616,18446744073709551615,-9223372036854775809]' \
    '[1e400,-1E+999,18446744073709551616,18446744073709551615,-9223372036854775809]'
same '[0.1,1e2,-0,5e-324,1.7976931348623157e308]' '[0.1,100.0,-0.0,5e-324,1.7976931348623157e308]'
same '"\u0041\u00e9\ud83d\ude00\/\u0007"' '"Aé😀/\u0007"'
same '{"a":[1,{"b":{}}]}' '{
  "a": [
    1,
    {
      "b": {}
    }
  ]
}' --pretty

refused '' '1:1: the text ends too early'
refused '{"a":1,\n "b":}' '2:6: a value is expected here'
refused '"\\ud800"' '1:2: half of a surrogate pair stands alone'
refused '"\303("' '1:2: the text is not UTF-8'
refused '\357\273\277[]' '1:1: a byte order mark must not begin the text'
refused '[1] [2]' '1:5: more follows after the value'

status=0
"$json" --nonsense </dev/null >"$work/out" 2>&1 || status=$?
[ "$status" = 2 ]
"$json" --help | grep -q '^usage: edo-json'
status=0
echo 1 | "$json" >/dev/full 2>"$work/err" || status=$?
[ "$status" = 2 ]
