# SPDX-License-Identifier: MIT
# Twelve pages and one server that is not there: five are asked for at once and never six, and the dead one
# is named at the end, while the others come.
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=${0%/*} exec python3 - "$@" <<'PY'
import threading, time
from pages import Pages, run, serving

five = threading.Barrier(5)

def page(command, path):
    return (404, b"", {}) if path == "/missing" else (200, path.encode() * 10, {})

def during(path):
    if path.startswith("/first"):
        five.wait(60)  # none of the first five ends before all have come
        time.sleep(0.3)  # a sixth at once would be seen

with serving(page, during) as (here, dead):
    dead += "/dead"
    first = ["%s/first%d" % (here, i) for i in range(5)]
    later = ["%s/later%d" % (here, i) for i in range(7)]

    done = run(*first, dead, here + "/missing", *later)
    assert done.returncode == 1, done
    lines = done.stdout.splitlines()
    assert sorted(lines[:-1]) == sorted("%d bytes from %s" % (10 * len(u[len(here):]), u) for u in first + later), done
    assert lines[-1] == "12 fetched, 2 failed", done
    errors = sorted(done.stderr.split("; also "), key=lambda line: "/dead" in line)
    assert len(errors) == 2, done
    assert "/missing" in errors[0] and "404" in errors[0], done
    assert dead in errors[1] and "ECONNREFUSED" in errors[1], done
    assert Pages.most == 5, Pages.most

    done = run(*later)
    assert (done.returncode, done.stderr) == (0, ""), done
PY
