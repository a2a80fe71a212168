# SPDX-License-Identifier: MIT
# Quiet without a terminal, a bar with one; the copy is equal; a copy that fails leaves no file.
exec python3 - "$@" <<'PY'
import os, pty, re, resource, subprocess, sys, tempfile

def run(*args, **more):
    return subprocess.run(sys.argv[1:] + list(args), capture_output=True, text=True, timeout=120,
                          **more)

with tempfile.TemporaryDirectory() as folder:
    a, b, c, d, empty = (os.path.join(folder, name) for name in ("a", "b", "c", "d", "empty"))
    data = os.urandom(5 << 20) + b"end"
    with open(a, "wb") as f:
        f.write(data)
    open(empty, "wb").close()

    done = run(a, b)
    # A watchdog may say that the machine is slow.
    told = [line for line in done.stderr.splitlines() if not line.startswith(("edo: ", " "))]
    assert (done.returncode, done.stdout, told) == (0, "", []), done
    assert open(b, "rb").read() == data, "the copy differs"

    ours, theirs = pty.openpty()
    process = subprocess.Popen(sys.argv[1:] + [a, c], stderr=theirs)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError: # the end of a terminal
        pass
    assert process.wait(120) == 0 and open(c, "rb").read() == data, shown
    last = shown.decode().rstrip().rsplit("\r", 1)[-1]
    assert re.search(r"\[#{30}\] 100 %  5\.0 MiB  [\d.]+ MiB/s  0 s left", last), shown

    done = run(empty, empty + "2")
    assert done.returncode == 0 and os.path.getsize(empty + "2") == 0, done
    done = run(a + "none", d)
    assert done.returncode == 1 and "ENOENT" in done.stderr and not os.path.exists(d), done
    done = run(a, b)
    assert done.returncode == 1 and "EEXIST" in done.stderr and os.path.exists(b), done
    full = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, 2 << 20))
    done = run(a, d, preexec_fn=full, restore_signals=False) # SIGXFSZ stays ignored
    assert done.returncode == 1 and "EFBIG" in done.stderr, done
    assert "after 2097152 bytes" in done.stderr and not os.path.exists(d), done
PY
