# SPDX-License-Identifier: MIT
# Notes are added, listed in pages, changed and deleted; they are there after a restart; what is wrong with a request
# is said; a SIGTERM ends the server with status 0.
exec python3 - "$@" <<'PY'
import atexit, http.client, json, os, shutil, subprocess, sys, tempfile

folder = tempfile.mkdtemp()
atexit.register(shutil.rmtree, folder)


def start():
    global server, client
    file = os.path.join(folder, "notes.db")
    server = subprocess.Popen(sys.argv[1:] + [file, "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    atexit.register(server.kill)
    port = int(server.stdout.readline().rsplit(":", 1)[1])
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)


def stop():
    server.terminate()
    assert server.wait(10) == 0, server.returncode


def ask(method, path, body=None):
    text = json.dumps(body) if body is not None else None
    client.request(method, path, text, {"content-type": "application/json"} if text else {})
    response = client.getresponse()
    return response.status, json.loads(response.read())


start()
quote = "it's \"quoted\"; DROP TABLE note --"
assert ask("POST", "/notes", {"title": "Milk", "text": quote}) == (201, {"id": 1, "title": "Milk", "text": quote})
for n in range(2, 6):
    assert ask("POST", "/notes", {"title": f"t{n}"})[1]["id"] == n
status, page = ask("GET", "/notes?after=1&limit=2")
assert status == 200 and [note["id"] for note in page["notes"]] == [2, 3], page
status, page = ask("GET", "/notes?order=newest&limit=2")
assert status == 200 and [note["id"] for note in page["notes"]] == [5, 4], page
status, page = ask("GET", "/notes?order=newest&after=4&limit=2")
assert status == 200 and [note["id"] for note in page["notes"]] == [3, 2], page
assert page["notes"][0] == {"id": 3, "title": "t3", "text": ""}, page
assert ask("GET", "/notes?after=5") == (200, {"notes": []})
status, problem = ask("GET", "/notes?order=id;drop")
assert status == 400 and "order" in problem["detail"], problem
assert ask("PUT", "/notes/3", {"title": "New", "text": "\u00e9"}) == (200, {"id": 3, "title": "New", "text": "\u00e9"})
assert ask("DELETE", "/notes/5") == (200, {"id": 5, "title": "t5", "text": ""})
assert ask("DELETE", "/notes/5")[0] == 404
assert ask("PUT", "/notes/99", {"title": "x"})[0] == 404
status, problem = ask("POST", "/notes", {"title": ""})
assert status == 422 and "title" in problem["detail"], problem
status, problem = ask("GET", "/notes?limit=101")
assert status == 400 and "limit" in problem["detail"], problem
assert ask("GET", "/notes/0")[0] == 400
stop()
start()
assert ask("GET", "/notes/3") == (200, {"id": 3, "title": "New", "text": "\u00e9"})
assert ask("POST", "/notes", {"title": "next"})[1]["id"] == 6
assert len(ask("GET", "/notes")[1]["notes"]) == 5
stop()
PY
