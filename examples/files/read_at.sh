# SPDX-License-Identifier: MIT
# Of a short file all is printed, of a longer one its first 1,024 bytes; an empty file has none, and
# one that is not there, or is a directory, ends the program with status 1.
exec python3 - "$@" <<'PY'
import os, subprocess, sys, tempfile

def run(path):
    return subprocess.run(sys.argv[1:] + [path], capture_output=True, text=True, timeout=60)

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "hello.txt")
    for text, want in (("Hello.", "6 bytes: Hello.\n"), ("", "0 bytes: \n"),
                       ("ab" * 5000, "1024 bytes: " + "ab" * 512 + "\n")):
        with open(path, "w") as f:
            f.write(text)
        done = run(path)
        assert (done.returncode, done.stdout) == (0, want), done
    done = run(path + ".none")
    assert done.returncode == 1 and "ENOENT" in done.stderr, done
    done = run(folder)
    assert done.returncode == 1 and "EISDIR" in done.stderr, done
PY
