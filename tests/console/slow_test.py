# SPDX-License-Identifier: MIT
"""Clients that ask for looks and take none: each is dropped after ten seconds, and its place is free again."""
import os
import socket
import struct
import subprocess
import time

import looks

LOOKED_AT = os.path.join(os.environ["EDO_BIN_DIR"], "examples", "looked_at")
PLACES = 16
PATIENCE = 120  # seconds


def ask(address, takes_bytes=None):
    """Asks for looks of 2,000 tasks, ten in a second."""
    client = socket.socket()
    if takes_bytes:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes_bytes)
    client.settimeout(PATIENCE)
    client.connect(address)
    wanted = b'{"everyMs":100,"tasksMax":2000}'
    client.sendall(b"POST /console/edo.console.v1.Look/Watch HTTP/1.1\r\nhost: 127.0.0.1\r\n"
                   b"content-type: application/connect+json\r\ncontent-length: %d\r\n\r\n" % (len(wanted) + 5)
                   + struct.pack(">BI", 0, len(wanted)) + wanted)
    return client


def is_served(address):
    with ask(address) as client:
        got = b""
        while b'"number"' not in got and b'"error"' not in got:
            piece = client.recv(65536)
            assert piece, got
            got += piece
        assert b'"number"' in got or b"resource_exhausted" in got, got
        return b'"number"' in got


def test_a_client_that_takes_no_looks_gives_its_place_back():
    program = subprocess.Popen([LOOKED_AT, "127.0.0.1:0", "3000"], stdout=subprocess.PIPE, text=True)
    try:
        host, _, port = program.stdout.readline().strip().rpartition("//")[2].rpartition(":")
        address = (host, int(port))
        lazy = [ask(address, takes_bytes=4096) for _ in range(PLACES)]
        since = time.monotonic()
        while is_served(address):  # until all of them have come to their places
            assert time.monotonic() - since < PATIENCE, "there are more places"
        since = time.monotonic()
        while not is_served(address):
            assert time.monotonic() - since < PATIENCE, "nobody was dropped"
            time.sleep(0.2)  # asks no more often than a person would
        for client in lazy:
            client.close()
    finally:
        program.terminate()
    assert program.wait(PATIENCE) == 0, program.returncode


if __name__ == "__main__":
    looks.main(globals())
