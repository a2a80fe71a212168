# SPDX-License-Identifier: MIT
# The API's replies fit its description, failures, too; it refuses what its description calls wrong, and the
# page needs nothing from elsewhere.
exec python3 - "$@" <<'PY'
import atexit, http.client, json, os, shutil, subprocess, sys

sys.path.insert(0, os.path.join(os.environ["EDO_SOURCE_DIR"], "tests", "web"))
from schema import fits, response_of

server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
port = int(server.stdout.readline().rstrip("/\n").rsplit(":", 1)[1])
client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)


def ask(method, path, body=None):
    client.request(method, path, body and json.dumps(body), {"content-type": "application/json"} if body else {})
    response = client.getresponse()
    return response, response.read()


doc = json.loads(ask("GET", "/openapi.json")[1])
assert list(doc["paths"]) == ["/plants", "/plants/{id}"], doc["paths"]


def check(wanted, method, path, route=None, body=None):
    """The status is one of those wanted, and the body fits what is said of it."""
    response, text = ask(method, path, body)
    assert response.status in wanted, (method, path, body, response.status, text)
    content_type, schema = response_of(doc, route or path, method.lower(), response.status)
    assert response.headers["content-type"] == content_type
    why = fits(json.loads(text), schema, doc)
    assert why is None, (method, path, why, text)


good = [
    {"name": "Fern"},
    {"name": "Ros\u00e9", "code": "AB-12", "wants": "sun", "in": {"pot": 5}, "water_every": "P2D", "heights": [0.5, 1]},
    {"name": "Oak", "code": "(none)", "in": {"bed": "north"}},
    {"name": "Moss", "in": "none", "wants": "shade"},
]
bad = [
    {}, {"name": ""}, {"name": 1}, {"name": "x", "wants": "moon"}, {"name": "x", "in": {"pot": 0}},
    {"name": "x", "in": {"pot": 5, "bed": "x"}}, {"name": "x", "in": "pot"}, {"name": "x", "code": "ab-1"},
    {"name": "x", "code": "none"}, {"name": "x", "heights": [121]}, {"name": "x", "heights": [0] * 13},
    {"name": "x", "water_every": "often"}, {"name": "x", "added": "2026-02-30T00:00:00"},
]
wants = doc["paths"]["/plants"]["post"]["requestBody"]["content"]["application/json"]["schema"]
for body in good:
    assert fits(body, wants, doc) is None, fits(body, wants, doc)
    check({201}, "POST", "/plants", body=body)
for body in bad:
    assert fits(body, wants, doc), body
    if body:
        check({400, 422}, "POST", "/plants", body=body)
check({200}, "GET", "/plants")
check({200}, "GET", "/plants?from=2&most=1", "/plants")
rose = json.loads(ask("GET", "/plants/2")[1])
assert rose["water_every"] == "PT48H" and rose["added"].endswith("Z"), rose
newer = json.loads(ask("GET", "/plants?since=" + rose["added"].replace("Z", "%2B00:00"))[1])["plants"]
assert [p["id"] for p in newer] == [2, 3, 4], newer
check({400}, "GET", "/plants?since=yesterday", "/plants")
check({400}, "GET", "/plants?from=0&most=x", "/plants")
for id, status in (("2", 200), ("99", 404), ("x", 400), ("101", 400)):
    check({status}, "GET", "/plants/" + id, "/plants/{id}")

for path, part in (("/docs", "<!doctype html>"), ("/docs/style.css", "body {"), ("/docs/script.js", "'use strict'")):
    response, text = ask("GET", path)
    assert response.status == 200 and text.decode().find(part) >= 0, path
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert b"http://" not in text and b"https://" not in text and b"innerHTML" not in text
# The page's script, run with elements that only keep what is put into them.
ELEMENTS = """
const element = tag => ({ tag, inside: [], append(...more) { this.inside.push(...more); },
    replaceChildren(...all) { this.inside = all; } });
const main = element('main'), doc = DOCUMENT;
globalThis.document = { createElement: element, getElementById: () => main };
globalThis.fetch = async () => ({ ok: true, json: async () => doc });
const text = x => typeof x === 'object' ? x.inside.map(text).join(' ') : x;
setImmediate(() => console.log(text(main)));
"""


def shown(document):
    script = ELEMENTS.replace("DOCUMENT", json.dumps(document)) + ask("GET", "/docs/script.js")[1].decode()
    return subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True, timeout=30).stdout


if shutil.which("node"):
    assert "/plants/{id}" in shown(doc), shown(doc)
    doc["paths"]["/plants"]["post"]["requestBody"]["content"] = {"application/octet-stream": {}}  # any bytes
    assert "octet-stream" in shown(doc), shown(doc)
else:
    print("not tried: the page's script, since there is no node")
server.terminate()
assert server.wait(10) == 0, server.returncode
PY
