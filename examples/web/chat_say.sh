# SPDX-License-Identifier: MIT
# What it says in a room of the chat a terminal hears, and it ends when all is said; a fault of the chat
# is told with its text.
exec python3 - "$@" <<'PY'
import atexit, os, socket, subprocess, sys

chat = os.path.join(os.path.dirname(sys.argv[1]), "..", "edo-chat")
if not os.path.exists(chat):
    print("skipped: edo-chat is not built")
    sys.exit(77)
server = subprocess.Popen([chat, "--tcp", "127.0.0.1:0", "--http", "127.0.0.1:0"], stdout=subprocess.PIPE,
                          text=True)
atexit.register(server.kill)
port = int(server.stdout.readline().rsplit(":", 1)[1])
url = "ws" + server.stdout.readline().split()[-1].removeprefix("http") + "ws"
bob = socket.create_connection(("127.0.0.1", port), timeout=10)
lines = bob.makefile("r", encoding="utf-8")
while " joined " not in lines.readline():
    pass
said = subprocess.run(sys.argv[1:] + [url, "general", "ann", "hello", "two\nlines"], timeout=20, text=True,
                      capture_output=True)
assert (said.returncode, said.stdout) == (0, "I am ann\nsaid: hello\nsaid: two\nlines\n"), said
heard = [lines.readline() for _ in range(4)]
assert heard == ["* ann joined #general\n", "ann: hello\n", "ann: two\n", "ann: lines\n"], heard
said = subprocess.run(sys.argv[1:] + [url, "general", "ann", "\x1b"], timeout=20, text=True, capture_output=True)
assert said.returncode == 1 and "control characters" in said.stderr, said
server.terminate()
assert server.wait(10) == 0
PY
