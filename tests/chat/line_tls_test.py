# SPDX-License-Identifier: MIT
"""The line protocol by TLS: --tcp-tls of the server, tls:// of the line client."""
import os
import socket
import subprocess

import chat
from chat import Server
from web_tls_test import Pair, shown_at, until_shown

SECURE = ["--tcp-tls", "127.0.0.1:0"]


def program():
    return os.path.join(os.environ["EDO_BIN_DIR"], "edo-chat")


def s_client(server, pair):
    return subprocess.Popen(["openssl", "s_client", "-quiet", "-verify_quiet", "-verify_return_error", "-CAfile", pair.cert,
                             "-servername", "localhost", "-connect", "%s:%d" % server.secure],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def connected(server, *options, **others):
    """The line client."""
    return subprocess.Popen([program(), "--connect", f"tls://localhost:{server.secure[1]}", *options],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **others)


def test_s_client_chats_and_is_told_of_the_end():
    pair = Pair()
    with Server(*SECURE, *pair.options) as server:
        bob = server.named("bob")
        client = s_client(server, pair)
        bob.expect("* guest-2 joined #general")
        bob.send("hello by lines")
        client.stdin.write("hello by TLS\n")
        client.stdin.flush()
        bob.expect("guest-2: hello by TLS")
        server.stop()
        said, _ = client.communicate(timeout=chat.WAIT)
        assert "bob: hello by lines\n" in said and said.endswith("* server shutting down\n"), said


def test_line_client_comes_by_tls_and_trusts_only_what_it_is_told_to():
    pair = Pair()
    with Server(*SECURE, *pair.options) as server:
        bob = server.named("bob")
        refused = connected(server)
        _, errors = refused.communicate("never said\n", timeout=chat.WAIT)
        assert refused.returncode == 1 and "certificate" in errors, errors
        client = connected(server, "--ca", pair.cert)
        said, errors = client.communicate("one\ntwo\n", timeout=chat.WAIT)
        assert client.returncode == 0, (said, errors)
        bob.until("guest-2: one")
        bob.expect("guest-2: two")
        broken = connected(server, "--ca", "/nowhere/ca.pem")
        _, errors = broken.communicate("", timeout=chat.WAIT)
        assert broken.returncode == 1 and "/nowhere/ca.pem" in errors, errors


def test_line_port_shows_the_renewed_certificate():
    pair = Pair()
    with Server(*SECURE, *pair.options) as server:
        assert shown_at(server.secure, pair) == "first"
        pair.make("second")
        until_shown(server.secure, pair, "second")


def test_clients_that_do_not_finish_the_handshake_are_let_go():
    pair = Pair()
    with Server(*SECURE, *pair.options) as server:
        silent = socket.create_connection(server.secure, chat.WAIT)
        plain = socket.create_connection(server.secure, chat.WAIT)
        plain.sendall(b"hello in clear text\n")
        try:
            while plain.recv(4096):  # an alert
                pass
        except ConnectionResetError:
            pass
        assert silent.recv(1) == b""  # after 10 s
        server.client()
        late = socket.create_connection(server.secure, chat.WAIT)  # is no reason to wait at the end
        chat.until("both clients in a dump", lambda: server.dump().rsplit("edo: tasks of ", 1)[-1],
                   lambda seen: Server.shown(seen, "client_run at ") >= 2)
        server.stop()
        assert server.ended() == 0
        for s in (silent, plain, late):
            s.close()


def test_address_without_a_certificate_is_told_at_the_start():
    done = subprocess.run([program(), "--tcp", "127.0.0.1:0", "--http", "none", *SECURE], capture_output=True, text=True,
                          timeout=chat.WAIT)
    assert done.returncode == 2 and "--tcp-tls needs --tls-cert and --tls-key" in done.stderr, done


if __name__ == "__main__":
    chat.main()
