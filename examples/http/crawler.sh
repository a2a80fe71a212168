# SPDX-License-Identifier: MIT
# A site of two hosts and a stranger: each page in scope is asked for once, however it is written; one host is asked one
# page at a time, with pauses, and its slowness holds up no other; robots.txt is obeyed, and where it cannot be read
# nothing is asked for; what is found beyond the bounds is left out; pages on this machine are not asked for without
# --private.
exec python3 -B - "$@" <<'PY'
import collections, http.server, subprocess, sys, threading, time

WAIT = 30


class Site(http.server.ThreadingHTTPServer):
    """Pages by their paths; counts what it is asked for, and how much of it at once. A page is a text, or a function that
    makes it: "->PATH" is a redirect, "!503" a failure, "!" no response."""

    def __init__(self, pages):
        self.pages, self.asked, self.lock = pages, collections.Counter(), threading.Lock()
        self.now = self.most = 0
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        site = self.server
        with site.lock:
            site.now += 1
            site.most = max(site.most, site.now)
            site.asked[self.path] += 1
            page = site.pages.get(self.path)
        text = page() if callable(page) else page
        with site.lock:
            site.now -= 1
        if text == "!":
            self.close_connection = True
            return
        self.send_response(404 if text is None else 302 if text.startswith("->") else int(text[1:]) if text.startswith("!") else 200)
        if text and text.startswith("->"):
            self.send_header("Location", text[2:])
        body = (text or "").encode()
        self.send_header("Content-Type", "text/plain" if self.path.endswith(".txt") else "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def crawl(*args):
    return subprocess.run(sys.argv[1:] + list(args), capture_output=True, text=True, timeout=100)


def links(*to):
    return "".join(f'<a href="{one}">x</a>' for one in to)


# One that is slow: its first page is not answered before the other host was asked for its last one.
fast = Site({})
seen_fast = threading.Event()


def wait_for_fast():
    assert seen_fast.wait(WAIT), "the slow host holds up the other one"
    return links("/deep")


def last():
    seen_fast.set()
    return links("/")


slow = Site({"/": wait_for_fast, "/deep": ""})
stranger = Site({"/": links("/more")})
fast.pages.update({
    "/": links("/a", "a", "/b/../a", "/a#part", "/secret/x", "/secret/open", "/gone", "/moved", slow.url + "/", stranger.url + "/",
               "mailto:a@b.example", "http://[1", "/text.txt"),
    "/robots.txt": "# for others\nUser-agent: other\nDisallow: /\n\nUSER-AGENT: *\nAllow: /secret/open # but this\nDisallow: /secret\n",
    "/a": "", "/secret/open": links("/ask?a=1&amp;b=2"), "/moved": "->/target", "/target": last,
    "/text.txt": links("/never"), "/ask?a=1&b=2": ""})

start = time.monotonic()
done = crawl("--private", "--pause", "60ms", "--host", slow.url[7:], fast.url)
took = time.monotonic() - start
assert done.returncode == 0, done
*pages, sums = done.stdout.splitlines()
assert sums == "10 pages, 1 failed, 1 forbidden, 0 left out", done.stdout
wanted = {"/": 200, "/a": 200, "/gone": 404, "/moved": 302, "/target": 200, "/secret/open": 200, "/text.txt": 200,
          "/ask?a=1&b=2": 200}
assert sorted(pages) == sorted([f"{fast.url}{path}: {status}" for path, status in wanted.items()] +
                               [f"{slow.url}/: 200", f"{slow.url}/deep: 200"]), done.stdout
assert set(fast.asked.values()) == {1} and "/secret/x" not in fast.asked and "/never" not in fast.asked, fast.asked
assert slow.asked == {"/robots.txt": 1, "/": 1, "/deep": 1} and not stranger.asked, (slow.asked, stranger.asked)
assert fast.most == 1 and slow.most == 1, (fast.most, slow.most)
assert took >= 8 * 0.06, took  # nine requests to one host, eight pauses

# What is too much is left out, and told.
many = Site({"/": links(*(f"/{i}" for i in range(50)))})
done = crawl("--private", "--pause", "1ms", "--pages", "10", many.url + "/")
assert done.stdout.endswith("10 pages, 9 failed, 0 forbidden, 41 left out\n"), done.stdout
many.asked.clear()
done = crawl("--private", "--pause", "1ms", "--queue", "5", "--no-robots", many.url + "/")
assert done.stdout.endswith("6 pages, 5 failed, 0 forbidden, 45 left out\n") and "/robots.txt" not in many.asked, done.stdout

# A pause that the host asks for.
calm = Site({"/": links("/1", "/2", "/3"), "/robots.txt": "User-agent: *\nCrawl-delay: 0.05\n"})
start = time.monotonic()
assert crawl("--private", "--pause", "1ms", calm.url).returncode == 0
assert time.monotonic() - start >= 3 * 0.05

# Nobody knows what a robots.txt forbids that the server fails to show: nothing is asked for (RFC 9309 section 2.3.1.4).
for failure in "!503", "!500", "!":
    broken = Site({"/": links("/a"), "/robots.txt": failure})
    done = crawl("--private", "--pause", "1ms", broken.url)
    assert done.stdout == "0 pages, 0 failed, 1 forbidden, 0 left out\n" and set(broken.asked) == {"/robots.txt"}, (done, broken.asked)
for status in "!403", "!429":  # there is none
    open_to_all = Site({"/": "", "/robots.txt": status})
    assert crawl("--private", "--pause", "1ms", open_to_all.url).stdout.endswith("1 pages, 0 failed, 0 forbidden, 0 left out\n")

# Until it can be read: pages that are found later are asked for. The way to them is as long as it takes.
robots = iter(["!503"])
back = Site({"/robots.txt": lambda: next(robots, "")})


def way(n):
    def page():
        found = any(path.startswith("/late") for path in back.asked)
        return "" if found or n > 2000 else links(f"{back.url}/late{n}", f"/{n + 1}")
    return page


signpost = Site({"/": links(back.url + "/first", "/0"), **{f"/{n}": way(n) for n in range(2002)}})
done = crawl("--private", "--pause", "1ms", "--pages", "5000", "--host", back.url[7:], signpost.url)
assert back.asked["/robots.txt"] == 2 and "/first" not in back.asked, (done, back.asked)
assert any(path.startswith("/late") for path in back.asked), (done, back.asked)

# Not without --private.
many.asked.clear()
done = crawl("--no-robots", many.url)
assert done.returncode == 0 and "1 pages, 1 failed" in done.stdout and not many.asked, (done, many.asked)
assert crawl("ftp://a.example/").returncode == 1 and crawl().returncode == 2
PY
