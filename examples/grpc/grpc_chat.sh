# SPDX-License-Identifier: MIT
# What is said by gRPC a terminal hears, and the other way round; at the end of its input it has said all, and at that of the server
# the status says why.
exec python3 - "$@" <<'PY'
import atexit, os, socket, subprocess, sys

chat = os.path.join(os.path.dirname(sys.argv[1]), "..", "edo-chat")
if not os.path.exists(chat):
    print("skipped: edo-chat is not built")
    sys.exit(77)
server = subprocess.Popen([chat, "--tcp", "127.0.0.1:0", "--http", "none", "--grpc", "127.0.0.1:0"], stdout=subprocess.PIPE,
                          text=True)
atexit.register(server.kill)
port = int(server.stdout.readline().rsplit(":", 1)[1])
target = server.stdout.readline().split()[-1]


def client(name):
    started = subprocess.Popen([*sys.argv[1:], target, "general", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    atexit.register(started.kill)
    return started


def until(lines, wanted):
    while (line := lines.readline()) != wanted:
        assert line, f"the end came before {wanted!r}"


bob = socket.create_connection(("127.0.0.1", port), timeout=20)
lines = bob.makefile("r", encoding="utf-8")
ann, carl = client("ann"), client("carl")
until(ann.stdout, "* you are ann\n")
until(carl.stdout, "* you are carl\n")
ann.stdin.write("hello\n\x1b\n")
ann.stdin.flush()
until(lines, "ann: hello\n")
until(carl.stdout, "ann: hello\n")
until(ann.stdout, "* error: a text has something to see, no control characters, and 40 lines at most\n")
bob.sendall(b"hi\n/msg ann psst\n")
until(carl.stdout, "guest-1: hi\n")
until(ann.stdout, "guest-1 -> you: psst\n")
rest, errors = ann.communicate("last\n", timeout=20)
assert (ann.returncode, rest.splitlines()[-1:]) == (0, ["ann: last"]), (ann.returncode, rest, errors)
until(carl.stdout, "ann: last\n")
server.terminate()
errors = carl.stderr.read()  # its input has not ended
assert carl.wait(20) == 1 and "the server ends: UNAVAILABLE" in errors, (carl.returncode, errors)
assert server.wait(20) == 0
PY
