# SPDX-License-Identifier: MIT
# Users are added and read; what is wrong with a request is said; a SIGTERM ends the server with status 0.
exec python3 - "$@" <<'PY'
import atexit, http.client, json, subprocess, sys

server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
port = int(server.stdout.readline().rsplit(":", 1)[1])
client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)


def ask(method, path, body=None):
    client.request(method, path, body, {"content-type": "application/json"} if body else {})
    response = client.getresponse()
    assert len(response.headers["x-request-id"]) == 36, response.headers
    return response.status, json.loads(response.read())


assert ask("POST", "/users", '{"name":"Ann"}') == (201, {"id": 1, "name": "Ann", "email": ""})
assert ask("POST", "/users", '{"name":"Bob","email":"b@x.org"}')[1]["id"] == 2
assert ask("GET", "/users/2") == (200, {"id": 2, "name": "Bob", "email": "b@x.org"})
status, problem = ask("GET", "/users/3")
assert status == 404 and problem["detail"] == "no user 3", problem
status, problem = ask("GET", "/users/x")
assert status == 400 and "id" in problem["detail"], problem
status, problem = ask("POST", "/users", '{"name":""}')
assert status == 422 and "name" in problem["detail"], problem
status, problem = ask("DELETE", "/users/1")
assert status == 405, problem
server.terminate()
assert server.wait(10) == 0, server.returncode
PY
