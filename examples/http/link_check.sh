# SPDX-License-Identifier: MIT
# Links are found, resolved and asked for once each, one after the other at one host; those that are broken
# are named; and a page on this machine is not even asked for without --private.
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=${0%/*} exec python3 - "$@" <<'PY'
import collections, time
from pages import Pages, run, serving

seen = collections.Counter()

def page(command, path):
    seen[command, path] += 1
    where = path.split("?")[0]
    if where == "/start":
        return 302, b"", {"Location": "/dir/page"}
    if where == "/dir/page":
        return 200, text, {}
    if where == "/gone" or path == "/ask?a=1&amp;b=2":
        return 404, b"", {}
    return (405 if where == "/get-only" and command == "HEAD" else 200), b"fine", {}

def during(path):
    time.sleep(0.02)  # a second request at once would be seen

with serving(page, during) as (here, dead):
    dead += "/"
    good = '<a href="near">x</a> <a href="/ask?a=1&amp;b=2">x</a> <a href="../far#part">x</a> <a href="/far">x</a>' \
           '<a href="mailto:a@b.example">x</a> <a href="/get-only">x</a>'
    bad = '<a href="/gone">x</a> <a href="%s">x</a> <a href="http://[1">x</a> <a href="cut' % dead

    text = good.encode()
    done = run("--private", here + "/start")
    assert (done.returncode, done.stdout) == (0, "4 links, 0 broken\n"), done
    assert seen["HEAD", "/dir/near"] == 1 and seen["HEAD", "/far"] == 1, seen
    assert seen["HEAD", "/ask?a=1&b=2"] == 1, seen
    assert seen["HEAD", "/get-only"] == 1 and seen["GET", "/get-only"] == 1, seen
    assert Pages.most == 1, Pages.most

    text = (good + bad).encode()
    done = run("--private", here + "/start")
    assert done.returncode == 1, done
    lines = sorted(done.stdout.splitlines())
    assert lines[0] == "6 links, 3 broken", done
    assert sorted(line.split(": ")[0] for line in lines[1:]) == sorted([here + "/gone", dead, "http://[1"]), done

    seen.clear()
    done = run(here + "/start")
    assert done.returncode == 1 and "EACCES" in done.stderr and not seen, (done, seen)
PY
