# SPDX-License-Identifier: MIT
"""The alert rules and the dashboard of docs/alerts in a real Prometheus that scrapes examples/http/http_metrics.c: each query is
one that it understands, and where the program has such numbers it finds some."""
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

sys.dont_write_bytecode = True
SOURCE = os.environ["EDO_SOURCE_DIR"]
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))

import bounded  # noqa: E402

# Numbers that examples/http/http_metrics.c has none of: what has none, and where it is named.
ELSEWHERE = {
    "db_client_connection_": "src/service/pool/metrics.c",
    "db_client_operation_": "src/metrics/db_client.c",
    "http_client_request_duration_seconds": "include/edo/http_client.h",
    "edo_runtime_schedule_delay_seconds": "src/metrics/of_runtime.c",
    "edo_channel_": "src/metrics/of_process.c",
    "edo_malloc_": "src/metrics/of_process.c",  # it has them, but not with a sanitizer
    "edo_retry_budget_": "src/service/layers/retry_budget.c",
    "edo_tls_": "src/tls/stream/count.c",
}


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=bounded.WAIT)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def queries_of_dashboard():
    with open(os.path.join(SOURCE, "docs/alerts/edo-dashboard.json"), encoding="utf-8") as file:
        panels = json.load(file)["panels"]
    return [(panel["title"], target["expr"].replace("$instance", ".*").replace("$__rate_interval", "1m"))
            for panel in panels for target in panel["targets"]]


def names_of(query):
    return set(re.findall(r"\b((?:edo|http|process|db)_[a-z0-9_]+)(?=[{\[ )]|$)", re.sub(r"by \([^)]*\)", "", query)))


def ask(prometheus, query):
    text = get(prometheus, "/api/v1/query?" + urllib.parse.urlencode({"query": query}))
    said = json.loads(text)
    assert said["status"] == "success", (query, said)
    return said["data"]["result"]


def is_ready(port):
    try:
        return "Ready" in get(port, "/-/ready")
    except OSError:
        return False


def scraping(folder, target, port):
    rules = os.path.join(SOURCE, "docs/alerts/edo-alerts.yml")
    with open(os.path.join(folder, "prometheus.yml"), "w", encoding="utf-8") as file:
        file.write("global: { scrape_interval: 1s, evaluation_interval: 1s }\n"
                   f"rule_files: ['{rules}']\n"
                   "scrape_configs:\n"
                   f"  - {{ job_name: edo, static_configs: [{{ targets: ['127.0.0.1:{target}'] }}] }}\n")
    return subprocess.Popen(
        ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
         f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def check_queries(prometheus, text):
    for title, query in queries_of_dashboard():
        found = ask(prometheus, query)
        for name in names_of(query):
            elsewhere = [place for begin, place in ELSEWHERE.items() if name.startswith(begin)]
            assert elsewhere or re.search(f"^{name}[{{ ]", text, re.M) or name == "edo_http_refused_total", (title, name)
        # a ratio of requests that fail has no value while none does
        has_numbers = not any(name.startswith(tuple(ELSEWHERE)) or "refused" in name for name in names_of(query))
        assert found or not has_numbers or "5.." in query, (title, query)


def check_names_of_rules(text):
    with open(os.path.join(SOURCE, "docs/alerts/edo-alerts.yml"), encoding="utf-8") as file:
        rules = file.read()
    names = set(re.findall(r"\b((?:edo|http|process|db)_[a-z0-9_]+)\b(?=[{\[ )])", rules))
    assert len(names) > 15, names
    for name in sorted(names):
        places = [place for begin, place in ELSEWHERE.items() if name.startswith(begin)]
        if name in ("http_response_status_code", "db_client_connection_pool_name", "db_system_name"):
            continue  # labels
        if not places:
            assert re.search(f"^{name}[{{ ]", text, re.M), name
            continue
        with open(os.path.join(SOURCE, places[0]), encoding="utf-8") as file:
            dotted = re.sub(r"(_seconds|_bytes)?(_total|_bucket|_count)?$", "", name).replace("_", ".")
            known = file.read().replace("_", ".")
            assert dotted in known, (name, places[0])


def test_each_query_finds_the_numbers_of_a_program():
    if not shutil.which("prometheus"):
        print("skipped: prometheus is missing (package prometheus)")
        sys.exit(77)
    program = os.path.join(os.environ["EDO_BIN_DIR"], "examples/http_metrics")
    with tempfile.TemporaryDirectory() as folder, bounded.reserved() as place, \
            subprocess.Popen([program, "127.0.0.1:0"], stdout=subprocess.PIPE) as process:
        prometheus = None
        try:
            port = int(bounded.line_of(process.stdout, "its address").rsplit(":", 1)[1])
            get(port, "/")
            text = get(port, "/metrics")
            check_names_of_rules(text)
            ready = place.getsockname()[1]
            prometheus = scraping(folder, port, ready)
            bounded.until("prometheus", lambda: is_ready(ready))
            bounded.until("three scrapes", lambda: ask(ready, "count_over_time(up[1m]) >= 3 and up == 1"))
            bounded.until("thresholds", lambda: ask(ready, "edo:threshold:queued_tasks"))
            get(port, "/")
            check_queries(ready, text)
            groups = json.loads(get(ready, "/api/v1/rules"))["data"]["groups"]
            rules = [rule for group in groups for rule in group["rules"]]
            assert len(rules) > 20, len(rules)
            assert all(rule["health"] in ("ok", "unknown") for rule in rules), rules
        finally:
            for one in filter(None, (prometheus, process)):
                bounded.kill(one)


if __name__ == "__main__":
    bounded.run_one()
