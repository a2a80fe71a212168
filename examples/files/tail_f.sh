# SPDX-License-Identifier: MIT
# What is in the file, and what is appended, comes out; SIGTERM ends
# the program with status 0.
exec python3 - "$@" <<'EOF'
import os, subprocess, sys, tempfile

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "log")
    with open(path, "w") as log:
        log.write("first\n")
        log.flush()
        tail = subprocess.Popen(sys.argv[1:] + [path], stdout=subprocess.PIPE, text=True)
        assert tail.stdout.readline() == "first\n"
        for i in range(3):
            log.write("line %d\n" % i)
            log.flush()
            assert tail.stdout.readline() == "line %d\n" % i
    tail.terminate()
    assert tail.wait(20) == 0, "status %d" % tail.returncode
    assert subprocess.run(sys.argv[1:] + [path + ".none"], stderr=subprocess.DEVNULL).returncode != 0
EOF
