# SPDX-License-Identifier: MIT
"""edo-grpcurl against a server by Python's grpcio: the four kinds of calls, by a protoset and, where the package
grpc_reflection is there, by reflection; metadata, details of a failure, Unix sockets, a server that ends a stream early."""
import json
import os
import subprocess
import tempfile
from concurrent import futures

import peers
from google.protobuf import any_pb2, duration_pb2
from peers import BIN, grpc, same

try:
    from grpc_reflection.v1alpha import reflection
except ImportError:
    reflection = None

SERVICE = "hello.v1.Greeter"
FOLDER = os.path.join(peers.SOURCE, "examples", "grpc_greeter")


class Greeter:
    """hello.v1.Greeter, as the example grpc_greeter has it."""

    def __init__(self, types):
        self.reply = types["hello.v1.Reply"]
        self.person = types["hello.v1.Person"]

    def greet(self, person, context):
        context.set_trailing_metadata((("x-why", "so"),))
        if not person.name:
            self.fail(context)
        return self.reply(text=f"Hello, {person.name}!" + "".join(v for k, v in context.invocation_metadata() if k == "x-end"))

    def fail(self, context):
        detail = any_pb2.Any()
        detail.Pack(duration_pb2.Duration(seconds=3))
        odd = any_pb2.Any(type_url="type.googleapis.com/no.such.Type", value=b"\1")
        parts = [d.SerializeToString() for d in (detail, odd)]
        details = b"\x08\x03" + b"".join(b"\x1a" + bytes([len(p)]) + p for p in parts)  # a google.rpc.Status
        context.set_trailing_metadata((("grpc-status-details-bin", details),))
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a name is missing")

    def count(self, person, _):
        for i in range(1, 4):
            yield self.reply(text=f"{person.name}, {i}")

    def greet_all(self, people, _):
        return self.reply(text="Hello" + "".join(", " + p.name for p in people))

    def chat(self, people, _):
        for person in people:
            if person.name == "bye":
                return
            yield self.reply(text=person.name)

    def handlers(self):
        rows = {"Greet": (grpc.unary_unary_rpc_method_handler, self.greet),
                "Count": (grpc.unary_stream_rpc_method_handler, self.count),
                "GreetAll": (grpc.stream_unary_rpc_method_handler, self.greet_all),
                "Chat": (grpc.stream_stream_rpc_method_handler, self.chat)}
        return {name: kind(fn, self.person.FromString, lambda reply: reply.SerializeToString())
                for name, (kind, fn) in rows.items()}


class Served:
    """The server, on a port and a Unix socket."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.socket, self.protoset = (os.path.join(self.folder.name, name) for name in ("socket", "protoset"))
        greeter = Greeter(peers.messages_of(FOLDER, "hello.proto"))
        subprocess.run(["protoc", "-I" + FOLDER, "--descriptor_set_out=" + self.protoset, "hello.proto"], check=True)
        self.server = grpc.server(futures.ThreadPoolExecutor(8))
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, greeter.handlers()),))
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.add_insecure_port("unix:" + self.socket)

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *_):
        self.server.stop(None)
        self.folder.cleanup()

    def run(self, *arguments, data="", at=None, status=0):
        """What edo-grpcurl writes to both of its outputs."""
        program = os.path.join(BIN, "edo-grpcurl")
        if not os.path.exists(program):
            print("skipped: edo-grpcurl is not built here")
            raise SystemExit(77)
        ended = subprocess.run([program, "-plaintext", "-protoset", self.protoset, *arguments[:-1], at or self.address,
                                arguments[-1]], input=data, capture_output=True, text=True, timeout=peers.WAIT, check=False)
        assert ended.returncode == status, f"status {ended.returncode}, not {status}: {ended}"
        return ended.stdout, ended.stderr


def replies(out):
    """The texts of replies, one after the other."""
    texts, decoder = [], json.JSONDecoder()
    while out.strip():
        value, end = decoder.raw_decode(out.lstrip())
        texts.append(value["text"])
        out = out.lstrip()[end:]
    return texts


def test_calls_of_all_kinds():
    with Served() as s:
        same(replies(s.run("-d", '{"name": "Ann"}', SERVICE + "/Greet")[0]), ["Hello, Ann!"])
        same(replies(s.run("-d", '{"name": "Ann"}', SERVICE + "/Count")[0]), ["Ann, 1", "Ann, 2", "Ann, 3"])
        people = '{"name": "Ann"}{"name":\n"Ben"}'
        same(replies(s.run("-d", people, SERVICE + "/GreetAll")[0]), ["Hello, Ann, Ben"])
        same(replies(s.run("-d", "@", SERVICE + "/Chat", data=people)[0]), ["Ann", "Ben"])


def test_stream_that_the_server_ends_early_is_no_failure():
    with Served() as s:
        many = '{"name": "Ann"}{"name": "bye"}' + '{"name": "more"}' * 10000
        same(replies(s.run("-d", "@", SERVICE + "/Chat", data=many)[0]), ["Ann"])


def test_failure_has_its_status_and_details():
    with Served() as s:
        err = s.run(SERVICE + "/Greet", status=67)[1]
        assert "  Code: InvalidArgument\n  Message: a name is missing\n  Details:\n" in err, err
        assert '"@type": "type.googleapis.com/google.protobuf.Duration"' in err and '"value": "3s"' in err, err
        assert '"type_url":"type.googleapis.com/no.such.Type","value":"AQ=="' in err, err  # what it is nobody knows


def test_metadata_go_both_ways():
    with Served() as s:
        out = s.run("-v", "-H", "X-End: ?", "-d", '{"name": "Ann"}', SERVICE + "/Greet")[0]
        assert '"text": "Hello, Ann!?"' in out and "\nx-why: so\n" in out and "\nx-end: ?\n" in out, out


def test_unix_sockets():
    with Served() as s:
        for at, flags in ((s.socket, ["-unix"]), ("unix:" + s.socket, [])):
            same(replies(s.run(*flags, "-d", '{"name": "Ann"}', SERVICE + "/Greet", at=at)[0]), ["Hello, Ann!"])


def test_reflection_of_grpcio():
    if not reflection:
        print("skipped: no grpc_reflection")
        raise SystemExit(77)
    import grpc_reflection.v1alpha.reflection_pb2  # noqa: F401 its own file is in the pool that is served
    name = "grpc.reflection.v1alpha.ServerReflection"
    server = grpc.server(futures.ThreadPoolExecutor(2))
    reflection.enable_server_reflection([name], server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        run = lambda *words: subprocess.run(  # noqa: E731
            [os.path.join(BIN, "edo-grpcurl"), "-plaintext", address, *words], capture_output=True, text=True,
            timeout=peers.WAIT, check=True).stdout
        same(run("list"), name + "\n")
        assert "rpc ServerReflectionInfo" in run("describe", name)
    finally:
        server.stop(None)


peers.main(globals())
