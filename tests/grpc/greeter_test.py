# SPDX-License-Identifier: MIT
"""A service of all four kinds, called by Python's grpcio (Debian: python3-grpcio): the example grpc_greeter. Without that, or
protoc, the tests are skipped."""
import os

import peers
from peers import Program, grpc, raises, same

PERSON, REPLY = "hello.v1.Person", "hello.v1.Reply"


def greeter():
    return Program("examples/grpc_greeter", "hello.proto", "127.0.0.1:0",
                   folder=os.path.join(peers.SOURCE, "examples", "grpc", "grpc_greeter"))


def call(server, method, ins=False, outs=False):
    return server.method("hello.v1.Greeter", method, PERSON, REPLY, ins, outs)


def person(server, name):
    return server.message(PERSON, name=name)


def test_unary_call_returns_a_reply():
    with greeter() as server:
        reply = call(server, "Greet")(person(server, "Ann"), timeout=peers.WAIT)
        same(reply.text, "Hello, Ann!")


def test_failure_has_its_status_and_message():
    with greeter() as server:
        e = raises(grpc.StatusCode.INVALID_ARGUMENT, lambda: call(server, "Greet")(person(server, ""), timeout=peers.WAIT))
        same(e.details(), "a name is missing")


def test_server_streams():
    with greeter() as server:
        replies = call(server, "Count", outs=True)(person(server, "Ann"), timeout=peers.WAIT)
        same([r.text for r in replies], ["Ann, 1", "Ann, 2", "Ann, 3"])


def test_client_streams():
    with greeter() as server:
        people = iter([person(server, name) for name in ("Ann", "Ben", "Cem")])
        reply = call(server, "GreetAll", ins=True)(people, timeout=peers.WAIT)
        same(reply.text, "Hello, Ann, Ben, Cem")
        same(call(server, "GreetAll", ins=True)(iter([]), timeout=peers.WAIT).text, "Hello")


def test_both_stream_in_turns():
    with greeter() as server:
        people = peers.Sent()
        replies = call(server, "Chat", ins=True, outs=True)(people, timeout=peers.WAIT)
        for name in "Ann", "Ben" * 10000, "":
            people.put(person(server, name))
            same(next(replies).text, name)
        people.end()
        same(list(replies), [])


def test_unknown_methods_and_services_are_unimplemented():
    with greeter() as server:
        for service, method in ("hello.v1.Greeter", "Other"), ("hello.v1.Other", "Greet"):
            unknown = server.method(service, method, PERSON, REPLY)
            raises(grpc.StatusCode.UNIMPLEMENTED, lambda unknown=unknown: unknown(person(server, "x"), timeout=peers.WAIT))


peers.main(globals())
