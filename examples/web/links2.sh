# SPDX-License-Identifier: MIT
# A link is added with the token only, and ten in a second at most; each response has an id, a time, and a line in the log.
exec python3 - "$@" <<'PY'
import atexit, http.client, json, os, subprocess, sys

server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, "LINKS_TOKEN": "of-the-test"})
atexit.register(server.kill)
client = http.client.HTTPConnection("127.0.0.1", int(server.stdout.readline().rsplit(":", 1)[1]), timeout=10)


def ask(method, path, body=None, token="of-the-test"):
    headers = {"content-type": "application/json", "authorization": "Bearer " + token} if body else {}
    client.request(method, path, body, headers)
    response = client.getresponse()
    response.read()
    return response


link = '{"url":"https://example.org"}'
assert ask("POST", "/links", link).status == 201
# A watchdog that has something to say of a slow machine writes there, too.
line = json.loads(next(text for text in server.stderr if text.startswith("{")))
assert line["route"] == "/links" and line["status"] == 201 and len(line["request_id"]) == 36, line
assert ask("POST", "/links", link, "open-sesame").status == 401
response = ask("GET", "/1")
assert response.status == 307 and len(response.headers["x-request-id"]) == 36, response.headers
assert response.headers["server-timing"].startswith("app;dur="), response.headers
assert response.headers["x-content-type-options"] == "nosniff"
assert "x-request-id" in ask("GET", "/none/at/all").headers
assert ask("POST", "/links", '{"url":"https://example.org/%s"}' % ("a" * 9000)).status == 413
statuses = [ask("POST", "/links", link) for _ in range(100)]
refused = [response for response in statuses if response.status == 429]
assert refused and "retry-after" in refused[0].headers, [response.status for response in statuses]
assert ask("GET", "/1").status == 307
server.terminate()
server.stderr.read()
assert server.wait(10) == 0, server.returncode
PY
