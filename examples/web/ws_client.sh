# SPDX-License-Identifier: MIT
# Texts come back from examples/web/ws_echo; a server that is no WebSocket is told by its status.
exec python3 - "$@" <<'PY'
import atexit, os, subprocess, sys

*runner, client = sys.argv[1:]  # an emulator may come first
echo = os.path.join(os.path.dirname(client), "ws_echo")
server = subprocess.Popen([*runner, echo, "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
url = server.stdout.readline().strip().replace("http:", "ws:")


def say(*arguments):
    done = subprocess.run([*runner, client, *arguments], capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout


long = "x" * 100000
assert say(url + "/echo", "héllo", "", long) == (0, f"héllo\n\n{long}\n")
status, said = say(url + "/none", "hello")
assert status != 0 and said == "refused: 404\n", (status, said)
server.terminate()
assert server.wait(10) == 0, server.returncode
PY
