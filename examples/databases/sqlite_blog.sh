# SPDX-License-Identifier: MIT
# An article is read from the database once, and again when somebody has said something, and not for others' comments;
# what readers send is text on a page; all is there after a restart; a SIGTERM ends the server with status 0.
exec python3 - "$@" <<'PY'
import atexit, http.client, json, os, shutil, subprocess, sys, tempfile, urllib.parse

folder = tempfile.mkdtemp()
atexit.register(shutil.rmtree, folder)


def start():
    global server, client
    file = os.path.join(folder, "blog.db")
    server = subprocess.Popen(sys.argv[1:] + [file, "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    atexit.register(server.kill)
    port = int(server.stdout.readline().rsplit(":", 1)[1])
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)


def stop():
    server.terminate()
    assert server.wait(10) == 0, server.returncode


def ask(method, path, **form):
    body = urllib.parse.urlencode(form) if form else None
    headers = {"content-type": "application/x-www-form-urlencoded"} if form else {}
    client.request(method, path, body, headers)
    response = client.getresponse()
    return response, response.read().decode()


def numbers():
    return json.loads(ask("GET", "/numbers")[1])


start()
evil = "<script>alert('1')</script>"
safe = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"
for n in (1, 2):
    response, page = ask("POST", "/articles", title=f"Title {n} {evil}", author="Ada", text="Text")
    assert response.status == 303 and response.headers["location"] == f"/articles/{n}", response.status
response, page = ask("GET", "/")
assert response.status == 200 and page.index("Title 2") < page.index("Title 1") and "<script" not in page, page
assert numbers() == {"loads": 0, "hits": 0}

for n in range(5):
    response, page = ask("GET", "/articles/1")
    assert response.status == 200 and f"<h1>Title 1 {safe}</h1>" in page and "<blockquote" not in page, page
assert numbers() == {"loads": 1, "hits": 4}, numbers()

response, page = ask("POST", "/articles/1/comments", author="Eve", text=evil)
assert response.status == 303 and response.headers["location"] == "/articles/1"
for n in range(2):
    response, page = ask("GET", "/articles/1")
    assert f"<blockquote>{safe} (Eve)</blockquote>" in page, page
assert numbers() == {"loads": 2, "hits": 5}, numbers()
assert ask("POST", "/articles/2/comments", author="Eve", text="elsewhere")[0].status == 303
assert "elsewhere" not in ask("GET", "/articles/1")[1]
assert numbers() == {"loads": 2, "hits": 6}, numbers()

assert ask("GET", "/articles/9")[0].status == 404
assert ask("POST", "/articles/9/comments", author="Eve", text="nobody reads it")[0].status == 404
assert ask("GET", "/articles/x")[0].status == 400
assert ask("POST", "/articles", title="", author="Ada", text="Text")[0].status == 422
stop()
start()
response, page = ask("GET", "/articles/1")
assert f"<blockquote>{safe} (Eve)</blockquote>" in page and numbers()["loads"] == 1, page
stop()
PY
