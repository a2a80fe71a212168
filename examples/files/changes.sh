# SPDX-License-Identifier: MIT
# What happens in a directory comes out in order; SIGTERM ends the program
# with status 0, and so does the removal of the directory.
exec python3 - "$@" <<'EOF'
import os, subprocess, sys, tempfile

def start(path):
    program = subprocess.Popen(sys.argv[1:] + [path], stdout=subprocess.PIPE, text=True)
    assert program.stdout.readline() == "watching %s\n" % path
    return program

with tempfile.TemporaryDirectory() as folder:
    changes = start(folder)
    def happens(*lines):
        for line in lines:
            found = changes.stdout.readline()
            assert found == line + "\n", (found, line)
    at = lambda name: os.path.join(folder, name)
    open(at("a"), "w").close()
    happens("a is new", "a was written")
    os.rename(at("a"), at("b"))
    happens("a is now b")
    os.unlink(at("b"))
    happens("b is gone")
    changes.terminate()
    assert changes.wait(20) == 0, changes.returncode
    changes.stdout.close()
    os.mkdir(at("dir"))
    changes = start(at("dir"))
    os.rmdir(at("dir"))
    assert changes.wait(20) == 0, changes.returncode
    changes.stdout.close()
    assert subprocess.run(sys.argv[1:] + [at("none")], stderr=subprocess.DEVNULL).returncode != 0
EOF
