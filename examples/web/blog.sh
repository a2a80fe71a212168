# SPDX-License-Identifier: MIT
# An article is written and commented; what readers send is text on a page, never markup; what is wrong is said on a
# page; a SIGTERM ends the server with status 0.
exec python3 - "$@" <<'PY'
import atexit, http.client, re, subprocess, sys, urllib.parse

server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
port = int(server.stdout.readline().rsplit(":", 1)[1])
client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)


def ask(method, path, **form):
    body = urllib.parse.urlencode(form) if form else None
    headers = {"content-type": "application/x-www-form-urlencoded"} if form else {}
    client.request(method, path, body, headers)
    response = client.getresponse()
    return response, response.read().decode()


response, page = ask("GET", "/")
assert response.status == 200 and "<h2><a href=\"/articles/1\">Why a loop?</a></h2>" in page, page
assert response.headers["content-type"] == "text/html; charset=utf-8"
assert "default-src 'self'" in response.headers["content-security-policy"]
assert re.search(r"Ada, <time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z</time>", page), page
assert page.startswith("<!doctype html>") and page.endswith("</html>\n") and "No comments yet" in page, page

evil = "<script>alert('1')</script> & \"more\""
safe = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;more&quot;"
response, page = ask("POST", "/articles", title=evil, by="Bob", text="one\r\ntwo\r\n \r\n\r\nthree " + evil)
assert response.status == 303 and response.headers["location"] == "/articles/2", response.status
response, page = ask("GET", "/articles/2")
assert "<p>one\r\ntwo</p>\n<p>three " + safe + "</p>" in page and "<script" not in page, page
assert f"<title>{safe}</title>" in page, page
for n in range(3):
    assert ask("POST", "/articles/2/comments", by="Eve", text=f"{n} {evil}")[0].status == 303
response, page = ask("GET", "/articles/2")
assert page.count('class="comment"') == 3 and f"<p>2 {safe}</p>" in page and "<script" not in page, page
assert page.index("<p>0 ") < page.index("<p>2 ")
response, page = ask("GET", "/")
assert page.index("/articles/2") < page.index("/articles/1") and "Comments: 3" in page, page

response, page = ask("POST", "/articles", title="", by="Bob", text="x")
assert response.status == 400 or response.status == 422, response.status
assert "<strong>title</strong>" in page, page
client.request("POST", "/articles", "title=a&by=b&text=c",
               {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "cross-site"})
response = client.getresponse()
response.read()
assert response.status == 403, response.status
for path in "/nothing", "/articles/99", "/articles/2/":
    response, page = ask("GET", path)
    assert response.status == 404 and "There is no such page." in page, (path, response.status, page)
assert ask("POST", "/articles/99/comments", by="a", text="b")[0].status == 404
assert ask("GET", "/articles/x")[0].status == 400
response, page = ask("GET", "/static/style.css")
assert response.status == 200 and response.headers["content-type"].startswith("text/css"), response.headers
assert ask("GET", "/write")[0].status == 200
server.terminate()
assert server.wait(10) == 0, server.returncode
PY
