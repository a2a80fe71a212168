# SPDX-License-Identifier: MIT
"""What a program exports is read by OpenTelemetry's own decoders for JavaScript (@opentelemetry/otlp-transformer), over HTTP,
with and without gzip, and over gRPC (@grpc/grpc-js)."""
import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

SOURCE, BIN = (os.environ[name] for name in ("EDO_SOURCE_DIR", "EDO_BIN_DIR"))
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
import bounded  # noqa: E402
import npm  # noqa: E402

PACKAGES = ["@opentelemetry/otlp-transformer@0.57.2", "@grpc/grpc-js@1.14.1"]
REQUESTS = 20


def collector():
    """Starts it; returns the process, and its ports."""
    with npm.packages("otlp-peers", *PACKAGES) as folder:
        shutil.copy(os.path.join(SOURCE, "tests/otlp/peers/collector.mjs"), folder)
    node = subprocess.Popen(["node", os.path.join(folder, "collector.mjs")], stdout=subprocess.PIPE)
    bounded.atexit.register(node.kill)
    return node, dict(bounded.line_of(node.stdout, "a port").split() for _ in range(2))


def ask(port, number):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/goods/{number}", timeout=bounded.WAIT) as response:
            return response.status
    except urllib.error.HTTPError as e:
        return e.code


def exported(by, **variables):
    """Runs the service over some requests; returns what the collector has got, by kind."""
    node, ports = collector()
    env = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    env.update(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{ports[by]}", OTEL_RESOURCE_ATTRIBUTES="zone=eu%2D1", **variables)
    shop = subprocess.Popen([os.path.join(BIN, "examples", "otlp_shop"), "127.0.0.1:0"], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, env=env)
    bounded.atexit.register(shop.kill)
    port = bounded.line_of(shop.stdout, "where it listens").rsplit(":", 1)[1].strip().strip("/")
    for n in range(REQUESTS):
        assert ask(port, 13 if n == 7 else 100 + n) == (404 if n == 7 else 200)
    shop.terminate()
    assert bounded.ended(shop) == 0
    node.terminate()
    got = {"traces": [], "logs": [], "metrics": []}
    for line in node.stdout:
        request = json.loads(line)
        assert request["by"] == by, request
        got[request["kind"]].append(request["body"])
    return got


def attributes(of):
    return {a["key"]: next(iter(a["value"].values()), None) for a in of.get("attributes", [])}


def items(bodies, resources, scopes, name):
    """All items of the requests, each with the name of its scope; and the resource of the last one."""
    found, resource = [], None
    for body in bodies:
        for of in body[resources]:
            resource = attributes(of["resource"])
            found += [(scope["scope"]["name"], item) for scope in of[scopes] for item in scope[name]]
    return found, resource


def check(by, **variables):
    got = exported(by, **variables)
    spans, resource = items(got["traces"], "resourceSpans", "scopeSpans", "spans")
    assert resource["service.name"] == "shop" and resource["zone"] == "eu-1" and resource["telemetry.sdk.name"] == "edo", resource
    requests = {span["spanId"]: span for scope, span in spans if scope == "http.server"}
    finds = [span for scope, span in spans if scope == "shop"]
    assert len(requests) == REQUESTS and len(finds) == REQUESTS, spans
    for span in finds:
        parent = requests[span["parentSpanId"]]
        assert span["traceId"] == parent["traceId"] and span["name"] == "find", span
        assert int(parent["startTimeUnixNano"]) <= int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]), span
        assert int(span["endTimeUnixNano"]) <= int(parent["endTimeUnixNano"]), span
        wanted = {"code": 2, "message": "ENOENT"} if int(attributes(span)["number"]) == 13 else None
        assert span.get("status") == wanted, span
    for span in requests.values():
        assert span["name"] == "GET /goods/{number}" and attributes(span)["http.route"] == "/goods/{number}", span
    events, _ = items(got["logs"], "resourceLogs", "scopeLogs", "logRecords")
    missing = [event for scope, event in events if scope == "shop" and event["severityText"] == "WARN"]
    assert len(missing) == 1 and missing[0]["body"]["stringValue"] == "nothing is there", events
    assert missing[0]["traceId"] in {span["traceId"] for span in finds}, missing
    metrics, _ = items(got["metrics"], "resourceMetrics", "scopeMetrics", "metrics")
    looks = [metric for _, metric in metrics if metric["name"] == "shop.looks"][-1]["sum"]
    assert looks["isMonotonic"] and looks["aggregationTemporality"] == 2, looks
    assert looks["dataPoints"][0]["asInt"] == str(REQUESTS), looks


def test_exported_over_http():
    check("http")


def test_exported_over_http_with_gzip():
    check("http", OTEL_EXPORTER_OTLP_COMPRESSION="gzip")


def test_exported_over_grpc():
    check("grpc", OTEL_EXPORTER_OTLP_PROTOCOL="grpc")


if __name__ == "__main__":
    globals()[sys.argv[1]]()
