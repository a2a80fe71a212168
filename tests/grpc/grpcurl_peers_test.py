# SPDX-License-Identifier: MIT
"""edo-grpcurl against a server by Python's grpcio: the four kinds of calls, by a protoset and, where the package
grpc_reflection is there, by reflection; metadata, details of a failure, Unix sockets, a server that ends a stream early."""
import json
import os
import subprocess
import tempfile
from concurrent import futures

import peers
from google.protobuf import any_pb2, descriptor_pb2, duration_pb2
from peers import BIN, grpc, same

try:
    from grpc_reflection.v1alpha import reflection
except ImportError:
    reflection = None

SERVICE = "hello.v1.Greeter"
FOLDER = os.path.join(peers.SOURCE, "examples", "grpc", "grpc_greeter")


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


def keys_of(folder, name, subject):
    """The names of the files of a self-signed certificate, and of its key."""
    cert, key = (os.path.join(folder, f"{name}.{part}") for part in ("cert", "key"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                    "-out", cert, "-subj", "/CN=" + name, "-addext", "subjectAltName=" + subject], check=True, capture_output=True)
    return cert, key


def bytes_of(path):
    with open(path, "rb") as read:
        return read.read()


def test_both_sides_show_certificates():
    with tempfile.TemporaryDirectory() as folder:
        (cert, key), (mine, my_key), (other, other_key) = (
            keys_of(folder, name, "IP:127.0.0.1") for name in ("server", "client", "stranger"))
        named, named_key = keys_of(folder, "named", "DNS:greeter.example")
        greeter = Greeter(peers.messages_of(FOLDER, "hello.proto"))
        protoset = os.path.join(folder, "protoset")
        subprocess.run(["protoc", "-I" + FOLDER, "--descriptor_set_out=" + protoset, "hello.proto"], check=True)
        server = grpc.server(futures.ThreadPoolExecutor(4))
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, greeter.handlers()),))
        mutual = grpc.ssl_server_credentials([(bytes_of(key), bytes_of(cert))], bytes_of(mine), require_client_auth=True)
        plain = grpc.ssl_server_credentials([(bytes_of(named_key), bytes_of(named))])
        at = f"127.0.0.1:{server.add_secure_port('127.0.0.1:0', mutual)}"
        at_named = f"127.0.0.1:{server.add_secure_port('127.0.0.1:0', plain)}"
        server.start()

        def ends(status, address, *flags):
            words = [os.path.join(BIN, "edo-grpcurl"), "-connect-timeout", "20", "-protoset", protoset, *flags, "-d",
                     '{"name": "Ann"}', address, SERVICE + "/Greet"]
            ended = subprocess.run(words, capture_output=True, text=True, timeout=peers.WAIT, check=False)
            assert ended.returncode in status, f"status {ended.returncode}, not {status}: {flags} {ended}"
            return ended.stderr
        here, refused = (1,), (1, 64 + 14)  # with TLS 1.3 a server refuses a client that has begun its call
        try:
            ends((0,), at, "-cacert", cert, "-cert", mine, "-key", my_key)
            assert "not trusted" in ends(here, at, "-cacert", other, "-cert", mine, "-key", my_key)
            ends(refused, at, "-cacert", cert)  # without a certificate
            ends(refused, at, "-cacert", cert, "-cert", other, "-key", other_key)  # of nobody that the server knows
            ends(here, at, "-cacert", cert, "-cert", mine, "-key", other_key)  # the key of another one
            ends(refused, at, "-plaintext")
            ends((0,), at_named, "-cacert", named, "-servername", "greeter.example")
            assert "a certificate is not trusted" in ends(here, at_named, "-cacert", named)
            ends(here, at_named, "-cacert", named, "-servername", "other.example")
            ends((0,), at_named, "-cacert", named, "-servername", "greeter.example", "-cert", mine, "-key", my_key)  # nobody asks
        finally:
            server.stop(None)


PROTOS = {
    "main.proto": """syntax = "proto3"; package odd; import "google/protobuf/any.proto"; import "sub/dep.proto";
        service Odd { rpc Get(odd.dep.In) returns (Out); } message Out { google.protobuf.Any any = 1; }""",
    "sub/dep.proto": 'syntax = "proto3"; package odd.dep; message In { int32 n = 1; }',
    "extra.proto": 'syntax = "proto3"; package odd.extra; message Extra { int32 n = 1; }',
}


class Scarce:
    """Reflection of v1alpha alone, which gives one file at a time, and of a type that no file imports."""

    def __init__(self, folder):
        for name, text in PROTOS.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="ascii") as out:
                out.write(text)
        subprocess.run(["protoc", "-I" + folder, "--include_imports", f"--descriptor_set_out={folder}/set", *PROTOS], check=True)
        with open(f"{folder}/set", "rb") as made:
            self.files = {f.name: f for f in descriptor_pb2.FileDescriptorSet.FromString(made.read()).file}
        del self.files["google/protobuf/any.proto"]  # edo-grpcurl has it
        self.types = peers.messages_of(folder, *PROTOS)
        self.reflection = peers.messages_of(os.path.join(peers.SOURCE, "tests", "grpc", "vectors"),
                                            "grpc/reflection/v1/reflection.proto")
        self.asked = []

    def answer(self, question):
        response = self.reflection["grpc.reflection.v1.ServerReflectionResponse"]()
        kind = question.WhichOneof("message_request")
        value = getattr(question, kind)
        self.asked.append(value)
        if kind == "list_services":
            response.list_services_response.service.add(name="odd.Odd")
        found = self.files.get(value) if kind == "file_by_filename" else next(
            (f for f in self.files.values() for m in [*f.message_type, *f.service]
             if value.startswith(f"{f.package}.{m.name}")), None)
        if found:
            response.file_descriptor_response.file_descriptor_proto.append(found.SerializeToString())
        elif kind != "list_services":
            response.error_response.error_code = 5
        return response

    def get(self, request, _):
        reply = self.types["odd.Out"]()
        reply.any.Pack(self.types["odd.extra.Extra"](n=request.n + 1))
        return reply

    def handlers(self):
        request = self.reflection["grpc.reflection.v1.ServerReflectionRequest"]
        info = grpc.stream_stream_rpc_method_handler(lambda questions, _: (self.answer(q) for q in questions),
                                                     request.FromString, lambda r: r.SerializeToString())
        get = grpc.unary_unary_rpc_method_handler(self.get, self.types["odd.dep.In"].FromString,
                                                  lambda r: r.SerializeToString())
        return (grpc.method_handlers_generic_handler("grpc.reflection.v1alpha.ServerReflection", {"ServerReflectionInfo": info}),
                grpc.method_handlers_generic_handler("odd.Odd", {"Get": get}))


def test_imports_and_types_of_an_any_are_asked_for():
    with tempfile.TemporaryDirectory() as folder:
        scarce = Scarce(folder)
        server = grpc.server(futures.ThreadPoolExecutor(4))
        server.add_generic_rpc_handlers(scarce.handlers())
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        try:
            same(asks(address, "list"), "odd.Odd\n")
            out = json.loads(asks("-d", '{"n": 4}', address, "odd.Odd/Get"))
            same(out, {"any": {"@type": "type.googleapis.com/odd.extra.Extra", "n": 5}})
            assert scarce.asked == ["", "odd.Odd", "google/protobuf/any.proto", "sub/dep.proto", "odd.extra.Extra"], scarce.asked
        finally:
            server.stop(None)


def asks(*words):
    """What edo-grpcurl writes that learns all from the server."""
    program = os.path.join(BIN, "edo-grpcurl")
    if not os.path.exists(program):
        print("skipped: edo-grpcurl is not built here")
        raise SystemExit(77)
    return subprocess.run([program, "-plaintext", *words], capture_output=True, text=True, timeout=peers.WAIT,
                          check=True).stdout


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
        same(asks(address, "list"), name + "\n")
        assert "rpc ServerReflectionInfo" in asks(address, "describe", name)
    finally:
        server.stop(None)


peers.main(globals())
