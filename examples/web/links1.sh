# SPDX-License-Identifier: MIT
# Links are added, shown and followed; what is wrong with a request is said.
exec python3 - "$@" <<'PY'
import atexit, http.client, json, subprocess, sys

server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
client = http.client.HTTPConnection("127.0.0.1", int(server.stdout.readline().rsplit(":", 1)[1]), timeout=10)


def ask(method, path, body=None):
    client.request(method, path, body, {"content-type": "application/json"} if body else {})
    response = client.getresponse()
    return response, response.read()


response, body = ask("POST", "/links", '{"url":"https://example.org/a/long/way"}')
assert response.status == 201 and json.loads(body) == {"key": 1, "url": "https://example.org/a/long/way", "visits": 0}
response, body = ask("GET", "/1")
assert response.status == 307 and response.headers["location"] == "https://example.org/a/long/way"
assert json.loads(ask("GET", "/links/1")[1])["visits"] == 1
response, body = ask("POST", "/links", '{"url":"ftp://example.org"}')
assert response.status == 422 and json.loads(body)["errors"][0]["pointer"] == "#/url", body
response, body = ask("GET", "/2")
assert response.status == 404 and json.loads(body)["detail"] == "no link 2", body
assert ask("GET", "/x")[0].status == 400
response, body = ask("DELETE", "/links/1")
assert response.status == 405 and "GET" in response.headers["allow"]
server.terminate()
assert server.wait(10) == 0, server.returncode
PY
