#!/bin/sh
# SPDX-License-Identifier: MIT
# What other programs say of the text: promtool, which also minds names and units, and the parser of
# OpenMetrics of Prometheus's Python client. One that is not there is named, and left out; without both the test is skipped.
set -eu
program="$EDO_BIN_DIR/examples/metrics_text"
checked=0
if command -v promtool >/dev/null 2>&1; then
    "$program" | promtool check metrics
    "$program" --all | promtool check metrics
    checked=1
else
    echo "promtool is missing (package prometheus): the text of Prometheus was not checked"
fi
if python3 -c 'import prometheus_client' 2>/dev/null; then
    "$program" --openmetrics | python3 -c '
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = {f.name: f for f in text_string_to_metric_families(sys.stdin.read())}
assert families["shop_requests"].type == "counter", families
duration = families["shop_request_duration_seconds"]
assert duration.unit == "seconds"
exemplars = [s.exemplar for s in duration.samples if s.exemplar]
assert len(exemplars) == 1 and exemplars[0].value == 2, exemplars
assert exemplars[0].labels == {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}, exemplars
assert "process_cpu_seconds" in families and "edo_runtime_poll_seconds" in families
'
    checked=1
else
    echo "prometheus_client is missing (package python3-prometheus-client): the text of OpenMetrics was not checked"
fi
[ "$checked" = 1 ] || exit 77
