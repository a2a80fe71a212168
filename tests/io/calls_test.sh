# SPDX-License-Identifier: MIT
# Goal: the hot paths make the system calls they should, and no others: an echo is one read and one
# write; a forwarded message one read and one write; a forwarded megabyte is not copied to the
# process.
# Method: strace counts the calls of the examples echo and proxy behind a message of a length of its own, which
# the test waits for in what strace has written.
set -eu
bin=${EDO_BUILD_DIR:?}/bin/examples
[ -x "$bin/proxy" ] || { echo "no examples in this build"; exit 77; }
command -v strace >/dev/null || { echo "no strace"; exit 77; }
strace -f -o /dev/null true 2>/dev/null || { echo "strace may not trace here"; exit 77; }
exec python3 - "$bin" "${EDO_SOURCE_DIR:?}/tests/support" <<'EOF'
import atexit, os, re, signal, socket, subprocess, sys, tempfile, threading

bin = sys.argv[1]
sys.path.insert(0, sys.argv[2])
import bounded

ROUNDS = 200
MARK = 77

class Traced:
    """A program under strace, and its transfers: (call, bytes) since mark()."""
    def __init__(self, *command):
        self.trace = tempfile.NamedTemporaryFile()
        self.process = subprocess.Popen(
            ["strace", "-f", "-qq", "-e", "signal=none", "-o", self.trace.name,
             "-e", "trace=read,write,recvfrom,sendto,recvmsg,sendmsg,readv,writev,splice", *command],
            stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.began = 0
        atexit.register(self.end)

    def mark(self, peer, n):
        """Counts what comes behind a message of 77 bytes, which is read and written `n` times."""
        talk(peer, 1, b"m" * MARK)
        bounded.until("the mark", lambda: count(self.transfers(READS), MARK) + count(self.transfers(WRITES), MARK) >= n)
        self.began = os.path.getsize(self.trace.name)

    def transfers(self, name):
        with open(self.trace.name, errors="replace") as lines:
            lines.seek(self.began)
            text = lines.read()
        return [int(n) for n in re.findall(r"(?:^|\n)\d+ +(?:%s|<\.\.\. (?:%s) resumed>).*\) += (\d+)(?=\n)"
                                           % (name + r"\(", name), text)]

    def end(self):  # strace and the program
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(10)

def talk(s, rounds, text):
    for _ in range(rounds):
        s.sendall(text)
        got = b""
        while len(got) < len(text):
            got += s.recv(len(text) - len(got))
        assert got == text

def check(what, have, least, most):
    print("%s: %d" % (what, have))
    assert least <= have <= most, "%s: %d, not %d to %d" % (what, have, least, most)

READS, WRITES = "read|recvfrom|recvmsg|readv", "write|sendto|sendmsg|writev"

def count(calls, bytes_each):
    return sum(1 for n in calls if n == bytes_each)

def count_all(traced, peer, calls, bytes_each):
    """As count(), of all that came before one more message of another length."""
    talk(peer, 1, b"e" * (MARK + 1))
    bounded.until("the last message", lambda: count(traced.transfers(WRITES), MARK + 1) >= 1)
    return count(traced.transfers(calls), bytes_each)

def connected(port):
    try:
        return socket.create_connection(("127.0.0.1", port), 60)
    except ConnectionRefusedError:
        return None

place = bounded.reserved()
port = place.getsockname()[1]
echo = Traced(bin + "/echo", "127.0.0.1:%d" % port)
peer = bounded.until("the echo", lambda: connected(port))
talk(peer, 3, b"x" * 100)
echo.mark(peer, 2)
talk(peer, ROUNDS, b"x" * 100)
check("reads of an echo", count_all(echo, peer, READS, 100), ROUNDS, ROUNDS)
check("writes of an echo", count_all(echo, peer, WRITES, 100), ROUNDS, ROUNDS)

proxy = Traced(bin + "/proxy", "127.0.0.1:0", "127.0.0.1:%d" % port)
through = int(proxy.process.stdout.readline().rsplit(":", 1)[1])
peer = socket.create_connection(("127.0.0.1", through), 60)
talk(peer, 3, b"x" * 100)
proxy.mark(peer, 4)
talk(peer, ROUNDS, b"x" * 100)
check("reads of a proxy", count_all(proxy, peer, READS, 100), 2 * ROUNDS, 2 * ROUNDS)
check("writes of a proxy", count_all(proxy, peer, WRITES, 100), 2 * ROUNDS, 2 * ROUNDS)
check("splices of small messages", len(proxy.transfers("splice")), 0, 0)
proxy.end()

sink = socket.create_server(("127.0.0.1", 0))
proxy = Traced(bin + "/proxy", "127.0.0.1:0", "127.0.0.1:%d" % sink.getsockname()[1])
through = int(proxy.process.stdout.readline().rsplit(":", 1)[1])
peer = socket.create_connection(("127.0.0.1", through), 60)
far, _ = sink.accept()
far.settimeout(60)
data, got = b"y" * (4 << 20), 0
sender = threading.Thread(target=peer.sendall, args=(data,), daemon=True)
sender.start()
while got < len(data):
    got += len(far.recv(1 << 20))
sender.join(60)
bounded.until("what strace writes", lambda: sum(proxy.transfers("splice|" + READS + "|" + WRITES)) >= 2 * len(data))
check("bytes of four megabytes that were copied", sum(n for n in proxy.transfers(READS) if n != 8),
      0, 1 << 18)  # 8: a kick of the driver
check("bytes that were spliced", sum(proxy.transfers("splice")), 6 << 20, 8 << 20)
proxy.end()
echo.end()
EOF
