# SPDX-License-Identifier: MIT
"""Goal: every command replies as Redis does, whatever the input is cut into; no client costs more
memory than its share. Method: a client that knows the protocol, and redis-cli."""
import contextlib
import subprocess

import mini

# Requests in order, each with its reply; a str is the text of an error.
ROWS = [
    ("PING", b"PONG"), ("ping hi", b"hi"), ("ECHO hi", b"hi"),
    ("SET a 1", b"OK"), ("get a", b"1"), ("GET none", None), ("EXISTS a none a", 2),
    ("SET a 2 NX", None), ("SET b 2 XX", None), ("SET b 2 nx", b"OK"), ("SET b 3 XX GET", b"2"),
    ("SET c 1 GET", None), ("SET a 1 NX XX", "ERR syntax error"), ("SET a 1 EX", "ERR syntax error"),
    ("SET a 1 EX 1 PX 1", "ERR syntax error"), ("SET a 1 EX 0", "ERR invalid expire time"),
    ("SET a 1 PX 9223372036854775807", "ERR invalid expire time"),
    ("SET a 1 EX x", "ERR invalid expire time"), ("SET a 1 DANCE", "ERR syntax error"),
    ("INCR a", 2), ("DECR a", 1), ("INCRBY a -11", -10), ("INCR new", 1),
    ("INCRBY a x", "ERR value is not an integer or out of range"),
    ("SET max 9223372036854775807", b"OK"), ("INCR max", "ERR increment or decrement would overflow"),
    ("SET min -9223372036854775808", b"OK"), ("DECR min", "ERR increment or decrement would overflow"),
    ("INCRBY min 9223372036854775807", -1), ("SET text x1", b"OK"),
    ("INCR text", "ERR value is not an integer or out of range"),
    ("SET big 9223372036854775808", b"OK"), ("INCR big", "ERR value is not an integer or out of range"),
    ("MSET m 1 n 2", b"OK"), ("MGET m none n", [b"1", None, b"2"]),
    ("MSET m 1 n", "ERR wrong number of arguments for 'mset' command"),
    ("DEL m n none", 2), ("MGET m n", [None, None]),
    ("LPUSH l b a", 2), ("RPUSH l c d", 4), ("LLEN l", 4), ("LLEN none", 0),
    ("LRANGE l 0 -1", [b"a", b"b", b"c", b"d"]), ("LRANGE l -3 -2", [b"b", b"c"]),
    ("LRANGE l -9 9", [b"a", b"b", b"c", b"d"]), ("LRANGE l 3 1", []), ("LRANGE l 9 10", []),
    ("LRANGE none 0 -1", []), ("LRANGE l 0 -9", []),
    ("LRANGE l x 1", "ERR value is not an integer or out of range"),
    ("MGET l a", [None, b"-10"]), ("LPOP l", b"a"), ("RPOP l", b"d"), ("LPOP l", b"b"), ("LPOP l", b"c"),
    ("LPOP l", None), ("EXISTS l", 0), ("RPUSH l x", 1),
    *((f"{words}", "WRONGTYPE Operation against a key holding the wrong kind of value")
      for words in ("GET l", "INCR l", "SET l 1 GET", "LPUSH a x", "RPOP a", "LLEN a", "LRANGE a 0 1")),
    ("SET l string", b"OK"), ("GET l", b"string"),
    ("TTL a", -1), ("PTTL none", -2), ("EXPIRE a 100", 1), ("TTL a", 100), ("PERSIST a", 1),
    ("PERSIST a", 0), ("TTL a", -1), ("EXPIRE none 1", 0), ("PEXPIRE a 100000", 1), ("TTL a", 100),
    ("INCR a", -9), ("TTL a", 100), ("SET a 1", b"OK"), ("TTL a", -1), ("SET a 1 EX 50", b"OK"),
    ("TTL a", 50), ("EXPIRE a x", "ERR invalid expire time"),
    ("EXPIRE a 9223372036854775807", "ERR invalid expire time"), ("EXPIRE a -1", 1), ("GET a", None),
    ("SET a 1 PX 1 NX", b"OK"), ("PEXPIRE b -1", 1), ("SET b 1 XX", None),
    ("SELECT 0", b"OK"), ("SELECT 1", "ERR DB index is out of range"),
    ("CONFIG GET save", [b"save", b""]), ("CONFIG SET save x", "ERR only CONFIG GET parameter is known"),
    ("COMMAND", []), ("COMMAND DOCS", []), ("HELLO", [b"server", b"mini_redis", b"proto", 2]),
    ("HELLO 3", "NOPROTO unsupported protocol version"), ("CLIENT SETNAME x", b"OK"),
    ("CLIENT LIST", "ERR only CLIENT SETNAME and SETINFO are known"),
    ("DANCE", "ERR unknown command"), ("GETS a", "ERR unknown command"),
    ("UNSUBSCRIBEUNSUBSCRIBE", "ERR unknown command"),
    ("GET", "ERR wrong number of arguments"), ("GET a b", "ERR wrong number of arguments"),
    ("PUBLISH c hi", 0), ("FLUSHALL", b"OK"), ("DBSIZE", 0), ("MSET a 1 b 2", b"OK"), ("DBSIZE", 2),
]


def same(got, wanted, row):
    got = str(got) if isinstance(got, mini.Failure) else got
    assert got == wanted, f"{row}: {got!r}, wanted {wanted!r}"


def test_commands_reply_as_redis_does():
    with mini.Server() as server:
        c = server.client()
        for row, wanted in ROWS:
            c.send(*row.split())
            same(c.reply(), wanted, row)
        assert b"redis_version:" in c.call("INFO")
        assert c.call("QUIT") == b"OK"
        c.is_gone()


def test_input_may_be_cut_anywhere():
    with mini.Server() as server:
        c = server.client()
        whole = b"".join(mini.encoded(*row.split()) for row, _ in ROWS[:40])
        for pieces in (whole, b"PING\r\n\r\n*0\r\nPING  typed\r\n"):
            for i in range(len(pieces)):
                c.socket.send(pieces[i:i + 1])
        for row, wanted in ROWS[:40]:
            same(c.reply(), wanted, row)
        same(c.reply(), b"PONG", "PING")
        same(c.reply(), b"typed", "PING  typed")


def test_a_pipeline_is_replied_in_order():
    with mini.Server("--threads", "2") as server:
        c = server.client()
        n = 20000
        c.socket.sendall(b"".join(mini.encoded("INCR", "n") for _ in range(n)))
        for i in range(n):
            same(c.reply(), i + 1, "INCR")


def test_all_bytes_are_allowed():
    value = bytes(range(256)) * 4096
    with mini.Server() as server:
        c = server.client()
        assert c.call("SET", b"\0\r\n", value) == b"OK"
        assert c.call("GET", b"\0\r\n") == value
        assert c.call("SET", b"", b"") == b"OK"
        assert c.call("GET", b"") == b""


def test_malformed_input_ends_the_connection():
    too_large = "ERR Protocol error: too large"
    rows = [(b"*x\r\n", "ERR Protocol error"), (b"*-1\r\n", "ERR Protocol error"),
            (b"*1\r\n+GET\r\n", "ERR Protocol error"), (b"*1\r\n$-1\r\n", "ERR Protocol error"),
            (b"*1\r\n$3\r\nGETxy", "ERR Protocol error"), (b"*1\rx", "ERR Protocol error"),
            (b"*\r\n", "ERR Protocol error"), (b"*00000000000000001\r\n", "ERR Protocol error"),
            (b"*1025\r\n", too_large), (b"*1\r\n$67108865\r\n", too_large),
            (b"*2\r\n$1\r\na\r\n$67108864\r\n", too_large), (b"x" * 10000, too_large),
            (b"a " * 2000 + b"\r\n", too_large), (b"*9999999999\r\n", too_large)]
    with mini.Server(counted=True) as server:
        server.held.begin()
        for sent, wanted in rows:
            c = server.client()
            c.socket.sendall(b"PING\r\n" + sent)
            same(c.reply(), b"PONG", sent)
            same(c.reply(), wanted, sent)
            c.is_gone()
        clients = [server.client() for _ in range(50)]
        for c in clients:  # a length is not believed before its bytes are there
            c.socket.sendall(b"*1\r\n$67108000\r\nx")
        assert clients[0].socket.getsockname() and server.client().call("PING") == b"PONG"
        assert server.held.grown() < 8 << 20, server.held.grown()


def test_keys_expire():
    with mini.Server() as server:
        c = server.client()
        c.call("SET", "short", 1, "PX", 1)
        short_ms = 10  # until both calls come before the end
        c.call("SET", "moved", 1, "PX", short_ms)
        while c.call("PEXPIRE", "moved", 100000) == 0:
            short_ms *= 2
            c.call("SET", "moved", 1, "PX", short_ms)
        c.call("SET", "kept", 1, "PX", 1)
        c.call("SET", "kept", 1)
        # No command reads the key that goes.
        mini.until("two keys", lambda: c.call("DBSIZE"), lambda seen: seen == 2)
        c.call("SET", "later", 1, "PX", 20)
        mini.until("the end of a key", lambda: c.call("GET", "later"), lambda seen: seen is None)
        assert c.call("EXISTS", "short", "moved", "kept") == 2
        assert c.call("SET", "again", 1, "PX", 1) == b"OK"  # after a while without any end
        mini.until("the end of a key", lambda: c.call("GET", "again"), lambda seen: seen is None)


def test_messages_go_to_all_who_subscribe():
    with mini.Server("--threads", "2") as server:
        a, b, sender = server.client(), server.client(), server.client()
        a.send("SUBSCRIBE", "one", "two", "one")
        assert [a.reply() for _ in range(3)] == [[b"subscribe", b"one", 1], [b"subscribe", b"two", 2],
                                                 [b"subscribe", b"one", 2]]
        assert b.call("SUBSCRIBE", "two") == [b"subscribe", b"two", 1]
        assert sender.call("PUBLISH", "one", "x") == 1
        assert sender.call("PUBLISH", "two", "y") == 2
        assert sender.call("PUBLISH", "three", "z") == 0
        assert a.reply() == [b"message", b"one", b"x"]
        assert a.reply() == b.reply() == [b"message", b"two", b"y"]
        a.fails("ERR only SUBSCRIBE, UNSUBSCRIBE, PING and QUIT in this context", "GET", "a")
        assert a.call("PING") == [b"pong", b""]
        assert a.call("UNSUBSCRIBE", "two") == [b"unsubscribe", b"two", 1]
        assert sender.call("PUBLISH", "two", "y") == 1
        assert a.call("UNSUBSCRIBE") == [b"unsubscribe", b"one", 0]
        assert a.call("UNSUBSCRIBE") == [b"unsubscribe", None, 0]
        assert a.call("PING") == b"PONG"
        b.close()
        mini.until("the end of the last subscriber", lambda: sender.call("PUBLISH", "two", "y"), lambda seen: seen == 0)


def test_a_subscriber_that_does_not_read_is_disconnected():
    with mini.Server(counted=True) as server:
        server.held.begin()
        deaf, sender = server.client(), server.client()
        assert deaf.call("SUBSCRIBE", "c") == [b"subscribe", b"c", 1]
        message = b"x" * 100000
        for _ in range(1000):
            if sender.call("PUBLISH", "c", message) == 0:
                break
        else:
            raise AssertionError("it stays")
        assert server.held.grown() < 32 << 20, server.held.grown()  # two buffers of 4 MiB, that doubled
        deaf.is_gone()


def test_one_message_costs_each_subscriber_little():
    with mini.Server(counted=True) as server:
        subscribers, sender = [server.client() for _ in range(20)], server.client()
        for c in subscribers:
            assert c.call("SUBSCRIBE", "c") == [b"subscribe", b"c", 1]
        server.held.begin()
        sender.fails("ERR message is too large", "PUBLISH", "c", b"x" * (16 << 20))
        assert server.held.grown() < 70 << 20, server.held.grown()  # not 20 times 16 MiB
        most = b"x" * ((4 << 20) - 1)  # one of this size reaches a client that reads
        for _ in range(2):
            assert sender.call("PUBLISH", "c", most) == len(subscribers)
            for c in subscribers:
                assert c.reply() == [b"message", b"c", most]


def test_a_client_that_does_not_read_costs_little():
    with mini.Server(counted=True) as server:
        c, deaf = server.client(), server.client()
        c.call("SET", "k", b"x" * 100000)
        server.held.begin()
        deaf.socket.setblocking(False)

        def push():
            with contextlib.suppress(BlockingIOError):
                while True:  # replies of many times the memory that it is given
                    deaf.socket.send(b"GET k\r\n" * 10000)
            return server.takes_no_more()
        mini.until("that no more is taken", push)
        assert c.call("PING") == b"PONG"
        assert server.held.grown() < 16 << 20, server.held.grown()


def test_redis_cli_talks_to_it():
    with mini.Server() as server:
        def cli(*words, text=None):
            return subprocess.run(["redis-cli", "-p", str(server.port), *words], input=text, text=True,
                                  stdout=subprocess.PIPE, check=True, timeout=mini.WAIT).stdout
        assert cli("SET", "a", "1") == "OK\n"
        assert cli("INCR", "a") == "2\n"
        assert cli("RPUSH", "l", "x", "y") == "2\n"
        assert cli("--no-raw", "LRANGE", "l", "0", "-1") == '1) "x"\n2) "y"\n'
        assert cli("DANCE").strip() == "ERR unknown command"
        assert cli("--pipe", text="SET b 1\r\n" * 1000).endswith("errors: 0, replies: 1000\n")


mini.main()
