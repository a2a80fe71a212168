# SPDX-License-Identifier: MIT
"""Beginning and end of the program: options, addresses, signals."""
import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time

import chat
from chat import Server

CLIENTS = chat.bounded.rounds(10, 20 if chat.TSAN else 50)  # the server hears them for 1.5 s
GOODBYE = "* server shutting down"


def test_help_is_printed_and_wrong_options_end_with_status_2():
    status, out, err = chat.run("--help")
    assert status == 0 and "--idle-timeout" in out and not err
    for wrong in (["--nonsense"], ["--threads", "0"], ["--threads", "257"], ["--idle-timeout", "5"], ["--history", "x"],
                  ["--tcp"], ["stray"], ["--log", "loud"], ["--max-line", "0"], ["--tcp", "7000"],
                  ["--tcp", "127.0.0.1:99999"], ["--tcp", "127.0.0.1:"], ["--tcp", ":7000"],
                  ["--tcp", "*:7000"], ["--tcp", "::1:7000"], ["--tcp", "300.0.0.1:7000"],
                  ["--tcp=a b:7000"], ["--tcp", "none", "--http", "none"]):
        status, out, err = chat.run(*wrong)
        assert status == 2 and not out and err.startswith("edo-chat: "), (wrong, status, err)


def test_taken_or_wrong_address_is_an_error_with_status_1():
    with Server() as server:
        taken = f"127.0.0.1:{server.address[1]}"
        for address in taken, "no.such.name:7000":
            status, out, err = chat.run("--tcp", address)
            assert status == 1 and not out and address in err, (status, err)


def damaged(folder):
    """The paths of a store that ends too early, and of one in which all but the begin is nonsense."""
    whole, short, spoilt = (os.path.join(folder, name) for name in ("whole", "short", "spoilt"))
    with Server("--db", whole):
        pass
    with contextlib.closing(sqlite3.connect(whole)) as db:
        db.executemany("INSERT INTO message (room, number, time_ms, kind, sender, text) "
                       "VALUES ('tea', ?, 1, 0, 'ann', ?)", ((n, "x" * 200) for n in range(1, 2000)))
        db.commit()
    with open(whole, "rb") as file:
        data = file.read()
    for path, kept in (short, data[:len(data) // 20]), (spoilt, data[:8192] + b"x" * (len(data) - 8192)):
        with open(path, "wb", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write(kept)
    return short, spoilt


def test_fault_at_the_start_is_named_once_in_plain_words():
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        taken = f"127.0.0.1:{server.address[1]}"
        other = os.path.join(folder, "other")
        with open(other, "w", encoding="ascii", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write("this is no database, " * 100)
        short, spoilt = damaged(folder)
        free, wanted = ("--tcp", "127.0.0.1:0"), "HOST:PORT is wanted, with a port up to 65535"
        for arguments, wrong, told in (
                (("--nonsense",), 2, "unknown option --nonsense, see --help"),
                (("--rate", "x"), 2, "--rate must be a whole number"),
                (("--connect", "127.0.0.1:9", "--ca", "ca.pem"), 2, "--ca is for --connect tls://HOST:PORT"),
                (("--tcp", "127.0.0.1:99999"), 2, f"listening on 127.0.0.1:99999: {wanted}"),
                ((*free, "--http", "127.0.0.1:x"), 2, f"listening on 127.0.0.1:x for the web: {wanted}"),
                (("--tcp", taken), 1, f"listening on {taken}: the address is in use"),
                ((*free, "--http", taken), 1, f"listening on {taken} for the web: the address is in use"),
                (("--tcp", "192.0.2.1:0"), 1, "listening on 192.0.2.1:0: this machine does not have the address"),
                (("--db", "/nowhere/chat.db"), 1, "opening /nowhere/chat.db: No such file or directory"),
                (("--db", folder), 1, f"opening {folder}: Is a directory"),
                (("--db", other), 1, f"opening {other}: file is not a database"),
                (("--db", short), 1, f"opening {short}: the file is damaged"),
                (("--db", spoilt), 1, f"opening {spoilt}: reading the rooms: the file is damaged "
                                     "(spoilt: page N, from byte N on)")):
            status, out, err = chat.run(*arguments)
            err = re.sub(r"page \d+, from byte \d+", "page N, from byte N", err)  # SQLite chooses of many
            assert (status, out, err) == (wrong, "", f"edo-chat: {told}\n"), (arguments, status, out, err)


def fill(pipe):
    """Fills a pipe. The flag belongs to the open file, which a program shares that gets it."""
    os.set_blocking(pipe, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(pipe, b"x" * 4096)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(pipe, b"x")
    os.set_blocking(pipe, True)


def test_output_that_is_full_and_that_nobody_reads_does_not_hold_up_the_start():
    program = os.path.join(os.environ["EDO_BIN_DIR"], "edo-chat")
    reader, writer = os.pipe()
    fill(writer)
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen([program, "--tcp", "127.0.0.1:0", "--http", "none", "--log", "info"], stdout=writer,
                              stderr=errors) as process:
            try:
                chat.until("it is told", lambda: os.pread(errors.fileno(), 65536, 0),
                           lambda log: b"nobody reads standard output" in log)
                process.send_signal(signal.SIGTERM)
                assert chat.bounded.ended(process) == 0
            finally:
                chat.bounded.kill(process)
        assert b"stopped" in os.pread(errors.fileno(), 65536, 0)
    os.close(reader)
    os.close(writer)


def test_log_goes_to_standard_error_when_asked_for():
    with Server("--log", "info") as server:
        a, b = server.client(), server.client()
        a.rename("ann")
        b.send("/quit")
        b.rest()
        server.stop()
        assert server.ended() == 0
        # Clients are served at the same time, so each has an order of its own.
        for events in (('arrived name="guest-1"', 'renamed from="guest-1" to="ann"', "the end has begun",
                        'left name="ann"', "stopped"),
                       ('arrived name="guest-2"', 'left name="guest-2"', "stopped")):
            log = server.errors()
            for event in events:
                assert event in log, (event, log)
                log = log[log.index(event):]
    with Server() as server:
        server.client().rename("ann")
        server.stop()
        assert server.ended() == 0
        # The watchdog of a debug build may have something to say on a busy machine.
        log = [line for line in server.errors().splitlines() if not line.startswith("edo: ")]
        assert not log, log


def test_sigterm_and_sigint_send_goodbye_to_every_client_and_end_with_status_0():
    for number in signal.SIGTERM, signal.SIGINT:
        with Server() as server:
            clients = [server.client() for _ in range(10)]
            server.stop(number)
            for c in clients:
                c.until(GOODBYE)
                c.end()
            assert server.ended() == 0


def test_sighup_ends_no_server_and_is_told():
    with Server() as server:
        a, b = server.named("ann"), server.named("bob")

        def hang_up():
            server.process.send_signal(signal.SIGHUP)  # again, if nobody listened to the last one yet
            return server.errors()

        chat.until("it is told", hang_up, lambda log: "SIGHUP is ignored: without --tls-cert" in log)
        a.send("still here")  # those who speak do not hear themselves
        b.until("ann: still here")


def test_no_client_is_accepted_after_the_signal():
    with Server() as server:
        a = server.client()
        server.stop()
        a.until(GOODBYE)
        late = socket.socket()
        late.settimeout(chat.WAIT)
        try:
            late.connect(server.address)
            assert late.recv(1) == b""
        except ConnectionError:
            pass
        late.close()
        assert server.ended() == 0


def test_shutdown_under_load_delivers_messages_already_sent():
    with Server() as server:
        clients = [server.client() for _ in range(CLIENTS)]
        for c in clients[:-1]:
            c.until(f"* {clients[-1].name} joined #general")
        for n in range(20):
            for c in clients:
                c.send(f"{n}")
        for c in clients:
            c.reached()
        server.stop()  # all lines are in the server's sockets now, most of them unread
        for c in clients:
            lines = c.rest()
            assert lines[-1] == GOODBYE, lines[-1:]
            heard = {other.name: [] for other in clients if other is not c}
            for line in lines[:-1]:
                name, separator, text = line.partition(": ")
                assert separator, line
                heard[name].append(text)
            for name, texts in heard.items():
                assert texts == [f"{n}" for n in range(20)], (c.name, name, texts)
        assert server.ended() == 0


def test_stop_ends_though_clients_do_not_read_or_do_not_stop():
    # How long it waits for them is measured on the paused clock, by client_test.c; in seconds by scripts/soak.
    with Server("--rate", "0") as server:
        deaf = server.client(receive_bytes=4096)
        a, b = server.client(), server.client()
        a.until("* guest-3 joined #general")
        for n in range(100):
            a.raw(b"x" * 4000 + b"\n" * 10)
            a.raw((b"y" * 4000 + b"\n") * 9)
            for _ in range(10):
                b.line()
        server.stop()
        with contextlib.suppress(ConnectionError):  # it is broken off
            while True:
                a.raw(b"still talking\n")
        # 3: a machine that is so busy that 3 s become 10 has met the program's own bound, see main.c.
        server.status = server.ended()
        assert server.status in (0, 3), (server.status, server.errors())
        assert deaf.line()


def test_private_messages_sent_before_the_signal_arrive():
    with Server() as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        for n in range(30):
            a.send(f"/msg guest-2 {n}")
        server.stop()
        assert b.rest() == [f"guest-1 -> you: {n}" for n in range(30)] + [GOODBYE]
        assert a.rest() == ["* sent to guest-2"] * 30 + [GOODBYE]


def test_client_that_left_during_the_stop_does_not_hold_it_up():
    with Server() as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        b.send("last words")
        b.reset()
        server.stop()
        assert GOODBYE == a.rest()[-1]
        assert server.ended() == 0


def test_second_signal_ends_the_stop_at_once():
    for second in signal.SIGINT, signal.SIGTERM:
        with Server("--rate", "0") as server:
            deaf = server.client(receive_bytes=4096)
            deaf.raw(b"/help\n" * 30000)  # more answers than all buffers on the way hold
            server.stop(signal.SIGTERM)
            chat.until("the end of its listener", server.is_listening, lambda seen: not seen)
            server.status = -second
            server.process.send_signal(second)
            assert server.ended() == -second  # not 0, with which a stop that takes its time ends


if __name__ == "__main__":
    chat.main()
