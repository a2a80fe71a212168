#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: edo look compares looks of one process only, says how much is in no row, a rate that is past all numbers is a
# number, and neither a name nor an answer moves a cursor, or goes on and on.
# Method: a server that serves looks made by hand, one after the other; processes that answer what they like.
set -eu
exec python3 - "$EDO_BIN_DIR/edo" look <<'PY'
import http.server, json, os, signal, subprocess, sys, threading

looks = []

class Looks(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(looks.pop(0)).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

def look(pid, at_ms, n, name="a at a.c:1", **more):
    return {"pid": pid, "at_ms": at_ms, "rows": [{"kind": "task", "name": name, "n": n}], **more}

def ask(before, now):
    looks[:] = [before, now]
    run = subprocess.run([*sys.argv[1:], "--wait", "1ms", url], capture_output=True, text=True, timeout=60)
    return run.returncode, run.stdout, run.stderr

def check(is_so, got):
    if not is_so:
        sys.exit(f"got {got}")

server = http.server.HTTPServer(("127.0.0.1", 0), Looks)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/open"

got = ask(look(1, 1000, 5), look(1, 3000, 9))
check(got[0] == 1 and "+4        2.0/s            9  task a at a.c:1\n" in got[1], got)
got = ask(look(1, 1000, 5), look(2, 3000, 9))
check(got[0] == 2 and "two processes have answered: 1, 2" in got[2] and got[1] == "", got)
got = ask(look(1, 1000, 5), look(1, 3000, 5, rest=7))
check(got[0] == 0 and got[1].endswith("7 objects are in no row: too many kinds\nnothing has grown\n"), got)
got = ask(look(1, 1000, 5), look(1, 1001, 2**62))
check(got[0] == 1 and "+4611686018427387899 100000000000000000.0/s" in got[1], got)
got = ask(look(1, 1000, 5, "\x1b[2J\n"), look(1, 3000, 9, "\x1b[2J\n"))
check(got[0] == 1 and "  task ?[2J?\n" in got[1], got)

# A process that answers what it likes. The number of the ask is in the value of its signal, which Python does not tell.
ANSWERER = r"""
import ctypes, fcntl, os, signal, struct, sys, threading
libc = ctypes.CDLL(None)
signal.signal(signal.SIGQUIT, lambda *_: None)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGQUIT])
libc.prctl(15, b"edo-dump", 0, 0, 0) # PR_SET_NAME
print("ready", flush=True)
asked, signals = ctypes.create_string_buffer(128), struct.pack("=16Q", 1 << signal.SIGQUIT - 1, *[0] * 15)
assert libc.sigwaitinfo(signals, asked) == signal.SIGQUIT
[value] = struct.unpack_from("=Q", asked, 24)
fd = os.memfd_create("edo-faults-%08x" % (value & 0xffffffff), os.MFD_ALLOW_SEALING)
os.write(fd, sys.argv[1].encode("latin-1") + b"x" * int(sys.argv[2]) + b"\n0 faults in 0.1 s\n")
fcntl.fcntl(fd, 1033, 15) # F_ADD_SEALS, all of them
libc.sigwaitinfo(signals, asked)
"""

def answer(text, more=0):
    process = subprocess.Popen([sys.executable, "-c", ANSWERER, text, str(more)], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    run = subprocess.run([*sys.argv[1:], "--wait", "100ms", str(process.pid)], capture_output=True, timeout=60)
    process.kill()
    process.wait()
    process.stdout.close()
    return run.returncode, run.stdout, run.stderr

# What cannot answer is not waited for.
def refused(code, by, prepare=lambda process: None):
    process = subprocess.Popen([sys.executable, "-c", code + "\nprint('ready', flush=True); time.sleep(1000)"], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    prepare(process)
    run = subprocess.run([*sys.argv[1:], str(process.pid)], capture_output=True, text=True)
    process.kill()
    process.wait()
    process.stdout.close()
    check(run.returncode == 2 and by in run.stderr, run)

def stop(process):
    os.kill(process.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)

refused("import signal, time; signal.signal(signal.SIGQUIT, signal.SIG_IGN)", "ignores this signal")
refused("import signal, time; signal.signal(signal.SIGQUIT, lambda *_: None)\n"
        "import ctypes; ctypes.CDLL(None).prctl(15, b'edo-dump', 0, 0, 0)", "is stopped", stop)

got = answer("\x1b[2J\xc2\x9b\xc3\xa4\tx\r")
check(got[0] == 0 and got[1] == b"?[2J?\xc3\xa4\tx?\n0 faults in 0.1 s\n", got)
got = answer("", 9 << 20)
check(got[0] == 2 and got[1] == b"" and b"too long" in got[2], (got[0], got[1][:99], got[2]))
PY
