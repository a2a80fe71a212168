# SPDX-License-Identifier: MIT
# A browser is greeted after the right password only, with a new id; after a logout its id is worth nothing;
# a form of another site is refused.
exec python3 - "$@" <<'PY'
import atexit, http.client, os, subprocess, sys
from urllib.parse import urlencode

server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"], stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "LOGIN_PASSWORD": "of the test"})
atexit.register(server.kill)
client = http.client.HTTPConnection("127.0.0.1", int(server.stdout.readline().rsplit(":", 1)[1]), timeout=10)
cookie = None


def ask(method, path, form=None, **headers):
    """Returns status, page, and whether a cookie was set; keeps it as a browser does."""
    global cookie
    if cookie:
        headers["cookie"] = cookie
    if form is not None:
        headers["content-type"] = "application/x-www-form-urlencoded"
    client.request(method, path, urlencode(form or {}), headers)
    response = client.getresponse()
    page, sets = response.read().decode(), response.headers["set-cookie"]
    if sets:
        cookie = sets.split(";")[0]
    return response.status, page, sets


status, page, sets = ask("GET", "/")
assert status == 200 and "Log in" in page and not sets, (status, page, sets)
status, page, sets = ask("POST", "/login", {"name": "ann", "password": "a guess"})
assert status == 403 and "not the password" in page and not sets, (status, page, sets)
assert ask("POST", "/login", {"password": "of the test"})[0] == 422
right = {"name": "<b>ann", "password": "of the test"}
assert ask("POST", "/login", right, **{"sec-fetch-site": "cross-site"})[0] == 403
status, page, sets = ask("POST", "/login", right)
assert status == 303 and "HttpOnly" in sets and "SameSite=Lax" in sets, (status, sets)
assert "Hello &lt;b&gt;ann. You have been here 1 times." in ask("GET", "/")[1]
assert "here 2 times" in ask("GET", "/")[1]
first = cookie
assert ask("POST", "/login", right)[0] == 303 and cookie != first
second = cookie
assert ask("POST", "/logout")[0] == 303
for old in first, second:
    cookie = old
    assert "Log in" in ask("GET", "/")[1], old
server.terminate()
assert server.wait(10) == 0, server.returncode
PY
