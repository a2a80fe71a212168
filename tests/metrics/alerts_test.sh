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
rules=$PWD/docs/alerts/edo-alerts.yml
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
promtool check rules "$rules"
sed "s#RULES#$rules#" tests/metrics/alerts.yml >"$dir/tests.yml"
promtool test rules "$dir/tests.yml"
for alert in $(sed -n 's/^ *- alert: //p' "$rules"); do
    grep -q "alertname: $alert\$" tests/metrics/alerts.yml || { echo "$alert has no test"; exit 1; }
    grep -q "\`$alert\`" docs/alerts/README.md || { echo "$alert is not in docs/alerts/README.md"; exit 1; }
done
