# SPDX-License-Identifier: MIT
"""Programs of others that speak HTTP/2, for *_peers_test.py."""
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "http"))

from served import WAIT, bounded, until  # noqa: E402

PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
PEERS = pathlib.Path(__file__).resolve().parent / "peers"
GO_PEER, NODE_PEER = str(PEERS / "peer.go"), str(PEERS / "peer.js")


def listens(process, port):
    """Whether the server accepts connections there; "ended": it could not."""
    if process.poll() is not None:
        return "ended"
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), WAIT):
        return True
    return False


@contextlib.contextmanager
def running(argv):
    """The server, which cannot choose a port; `argv` returns its command line for one. It is started again if somebody
    else took the port first."""
    with tempfile.TemporaryFile() as log:
        for _ in range(100):
            with bounded.reserved() as s:
                port = s.getsockname()[1]
            process = subprocess.Popen([shutil.which(argv(port)[0], path=PATH), *argv(port)[1:]],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            if until("the server to listen", lambda: listens(process, port)) is True:
                break
        else:
            raise AssertionError(os.pread(log.fileno(), 1 << 16, 0).decode(errors="replace"))
        try:
            yield port
        finally:
            process.terminate()
            bounded.ended(process)


@contextlib.contextmanager
def says_its_port(*argv):
    """A server that prints its port."""
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        yield int(bounded.line_of(process.stdout, "its port"))
    finally:
        process.terminate()
        bounded.ended(process)


@contextlib.contextmanager
def certificate():
    """A folder with a certificate, `cert.pem`, and its key, `key.pem`."""
    with tempfile.TemporaryDirectory() as path:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", f"{path}/key.pem", "-out", f"{path}/cert.pem", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True, timeout=WAIT)
        yield path
