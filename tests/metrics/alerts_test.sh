#!/bin/sh
# SPDX-License-Identifier: MIT
# The rules of docs/alerts: each fires where it should, and not beside it. promtool reads and runs them on series of
# numbers.
set -eu
cd "$(dirname "$0")/../.."
if ! command -v promtool >/dev/null 2>&1; then
    echo "skipped: promtool is missing (package prometheus)"
    exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# check RULES TESTS
check() {
    rules=$PWD/docs/alerts/$1
    promtool check rules "$rules"
    sed "s#RULES#$rules#" "tests/metrics/$2" >"$dir/$2"
    promtool test rules "$dir/$2"
    for alert in $(sed -n 's/^ *- alert: //p' "$rules"); do
        grep -q "alertname: $alert\$" "tests/metrics/$2" || { echo "$alert has no test"; exit 1; }
        grep -q "\`$alert\`" docs/alerts/README.md || { echo "$alert is not in docs/alerts/README.md"; exit 1; }
    done
}

check edo-alerts.yml alerts.yml
check chat-alerts.yml chat-alerts.yml
