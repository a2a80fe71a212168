# SPDX-License-Identifier: MIT
"""A server of ours, and Python's grpcio as its client, with messages by Python's protobuf."""
import os
import queue
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from bounded import SANITIZER, WAIT, Held, ended, inputs, is_idle, kill, line_of, rounds, until  # noqa: E402,F401

DEBIAN_PYTHON = "/usr/bin/python3"

try:
    import grpc
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
except ImportError:
    if (sys.executable != DEBIAN_PYTHON or sys.flags.no_site) and os.path.exists(DEBIAN_PYTHON):
        os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, "-B", *sys.argv])  # the packages of Debian are its
    print("skipped: no python3-grpcio, or no python3-protobuf")
    sys.exit(77)

SOURCE, BIN = (os.environ[name] for name in ("EDO_SOURCE_DIR", "EDO_BIN_DIR"))


def messages_of(folder, *protos):
    """Classes of all messages of some .proto files, by their names."""
    pool, names = descriptor_pool.DescriptorPool(), []
    with tempfile.NamedTemporaryFile() as made:
        try:
            subprocess.run(["protoc", "-I" + folder, "--include_imports", "--descriptor_set_out=" + made.name, *protos],
                           check=True)
        except FileNotFoundError:
            print("skipped: no protoc")
            sys.exit(77)
        files = descriptor_pb2.FileDescriptorSet.FromString(made.read())
    for file in files.file:
        pool.Add(file)
        names += [f"{file.package}.{m.name}" for m in file.message_type]
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(pool.FindMessageTypeByName(name)) for name in names}


class Program:
    """A server of ours that says where it listens, and a channel to it."""

    def __init__(self, program, protos, *arguments, folder=None, options=(), tls=None, counted=False):
        path = os.path.join(BIN, program)
        if not os.path.exists(path):
            print(f"skipped: {program} is not built here")
            sys.exit(77)
        self.types = messages_of(folder or os.path.join(SOURCE, program), *protos.split())
        self.is_told = False
        self.held = Held() if counted else None
        self.process = subprocess.Popen([path, *arguments], stdout=subprocess.PIPE,
                                        env=self.held.env if counted else None)
        self.address = line_of(self.process.stdout, "the address").strip().rpartition("//")[2]
        self.connect = lambda: (grpc.secure_channel(self.address, tls, options=options) if tls else
                                grpc.insecure_channel(self.address, options=options))
        self.channel = self.connect()

    def stop(self):
        """Tells the server to end, once: it would end at once the second time."""
        if not self.is_told:
            self.process.terminate()
        self.is_told = True

    def reconnect(self):
        """Goes on with a connection of its own."""
        self.channel.close()
        self.channel = self.connect()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.channel.close()
        if kind:
            kill(self.process)
            return
        self.stop()
        status = ended(self.process)
        assert status == 0, f"the server has ended with {status}"

    def message(self, type_name, **fields):
        return self.types[type_name](**fields)

    def method(self, service, name, in_type, out_type, ins=False, outs=False):
        """A callable for a method, by its full names."""
        kind = {(False, False): self.channel.unary_unary, (False, True): self.channel.unary_stream,
                (True, False): self.channel.stream_unary, (True, True): self.channel.stream_stream}[ins, outs]
        return kind(f"/{service}/{name}", request_serializer=self.types[in_type].SerializeToString,
                    response_deserializer=self.types[out_type].FromString)


class Sent:
    """Messages for a stream, one by one."""

    def __init__(self):
        self.queue = queue.Queue()

    def put(self, message):
        self.queue.put(message)

    def end(self):
        self.queue.put(None)

    def __iter__(self):
        return self

    def __next__(self):
        message = self.queue.get()
        if message is None:
            raise StopIteration
        return message


def same(got, wanted):
    assert got == wanted, f"got {got!r:.500}, not {wanted!r:.500}"


def raises(code, run):
    """Runs a call that must fail with that status; returns the failure."""
    try:
        result = run()
    except grpc.RpcError as e:
        assert e.code() == code, f"{e.code()}, not {code}: {e.details()!r}"
        return e
    raise AssertionError(f"no failure, but {result!r:.500}")


def rests(pid):
    """Waits until a program has nothing to do."""
    until("a server that rests", lambda: is_idle(pid))


def main(scope):
    if scope["__name__"] == "__main__":
        scope[sys.argv[1]]()
