# SPDX-License-Identifier: MIT
"""The cases of gRPC's interop tests, by edo-grpc-interop-client: against edo-grpc-interop-server, in clear and by TLS, and
against a server by Python's grpcio, which cannot say whether a request was compressed: those two cases it is not asked."""
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from concurrent import futures

import peers
from peers import BIN, grpc

VECTORS = os.path.join(peers.SOURCE, "tests", "grpc", "vectors")
T = "grpc.testing."
ECHO, ECHO_BIN = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"
COMPRESSED = ["client_compressed_unary", "client_compressed_streaming"]
CASES = ["empty_unary", "large_unary", "server_compressed_unary", "client_streaming", "server_streaming",
         "server_compressed_streaming", "ping_pong", "empty_stream", "custom_metadata", "status_code_and_message",
         "special_status_message", "unimplemented_method", "unimplemented_service", "cancel_after_begin",
         "cancel_after_first_response", "timeout_on_sleeping_server", "concurrent_large_unary", "rpc_soak", "channel_soak"]


def passes(port, case, *arguments, rounds=peers.rounds):
    program = os.path.join(BIN, "edo-grpc-interop-client")
    many = {"concurrent_large_unary": (100, 1000), "rpc_soak": (20, 1000), "channel_soak": (10, 200)}.get(case, (1, 1))
    ended = subprocess.run([program, "--server_host=127.0.0.1", f"--server_port={port}", f"--test_case={case}",
                            f"--soak_iterations={rounds(*many)}", *arguments],
                           timeout=10 * peers.WAIT, stderr=subprocess.PIPE, check=False)
    assert ended.returncode == 0, f"{case}: status {ended.returncode}: {ended.stderr.decode()}"


def ours(*arguments):
    return peers.Program("edo-grpc-interop-server", "grpc/testing/test.proto", "--port=0", *arguments, folder=VECTORS)


def port_of(server):
    return server.address.rpartition(":")[2]


def test_cases_pass():
    with ours() as server:
        for case in CASES + COMPRESSED:
            passes(port_of(server), case)


def cert_in(folder):
    """A certificate and its key, as files."""
    cert, key = (os.path.join(folder, name) for name in ("cert.pem", "key.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", cert, "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:foo.test.google.fr"], check=True, stderr=subprocess.DEVNULL)
    return cert, key


def fails(port, why, *arguments):
    program = os.path.join(BIN, "edo-grpc-interop-client")
    ended = subprocess.run([program, "--server_host=127.0.0.1", f"--server_port={port}", *arguments],
                           timeout=peers.WAIT, stderr=subprocess.PIPE, check=False)
    assert ended.returncode == 1 and why in ended.stderr.decode(), ended


def test_server_that_does_not_agree_on_h2_gets_no_call():
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        cert, key = cert_in(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        got = []

        def serve():
            with context.wrap_socket(listener.accept()[0], server_side=True) as peer:
                got.append(peer.recv(100))

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        fails(listener.getsockname()[1], "(-EPROTO)", "--test_case=empty_unary", "--use_tls", "--use_test_ca",
              "--ca_file=" + cert, "--server_host_override=foo.test.google.fr")
        server.join(peers.WAIT)
        assert got == [b""], got


def test_cases_pass_over_tls():
    with tempfile.TemporaryDirectory() as folder:
        cert, key = cert_in(folder)
        with ours("--use_tls", "--tls_cert_file=" + cert, "--tls_key_file=" + key) as server:
            for case in CASES + COMPRESSED:
                passes(port_of(server), case, "--use_tls", "--use_test_ca", "--ca_file=" + cert,
                       "--server_host_override=foo.test.google.fr", rounds=peers.inputs)
            os.environ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] = cert
            passes(port_of(server), "empty_unary", "--use_tls=true", "--use_test_ca=true",
                   "--server_host_override=foo.test.google.fr")


def test_what_is_not_passed_is_told():
    with ours() as server:  # in clear
        fails(port_of(server), "UNAVAILABLE", "--test_case=empty_unary", "--use_tls")
        fails(port_of(server), "no such case", "--test_case=no_such_case")


# ---- A server by grpcio ----------------------------------------------------------------------------------------------

class Service:
    """grpc.testing.TestService, as far as grpcio can do it."""

    def __init__(self, types):
        self.types = types

    def make(self, kind, **fields):
        return self.types[T + kind](**fields)

    def begin(self, context):
        """Metadata come back, and are those of the call."""
        sent = dict(context.invocation_metadata())
        if ECHO in sent:
            context.send_initial_metadata(((ECHO, sent[ECHO]),))
        if ECHO_BIN in sent:
            context.set_trailing_metadata(((ECHO_BIN, sent[ECHO_BIN]),))

    def check(self, request, context):
        if request.response_status.code:
            context.abort(grpc.StatusCode.UNKNOWN, request.response_status.message)

    def empty(self, _, context):
        self.begin(context)
        return self.make("Empty")

    def unary(self, request, context):
        if request.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        self.begin(context)
        self.check(request, context)
        return self.make("SimpleResponse", payload=self.make("Payload", body=bytes(request.response_size)))

    def replies(self, request, context):
        self.check(request, context)
        for p in request.response_parameters:
            time.sleep(p.interval_us / 1e6)
            if not p.compressed.value:
                context.disable_next_message_compression()
            yield self.make("StreamingOutputCallResponse", payload=self.make("Payload", body=bytes(p.size)))

    def output(self, request, context):
        if any(p.compressed.value for p in request.response_parameters):
            context.set_compression(grpc.Compression.Gzip)
        self.begin(context)
        yield from self.replies(request, context)

    def input(self, requests, context):
        self.begin(context)
        return self.make("StreamingInputCallResponse",
                         aggregated_payload_size=sum(len(r.payload.body) for r in requests))

    def duplex(self, requests, context):
        self.begin(context)
        for request in requests:
            yield from self.replies(request, context)

    def handlers(self):
        rows = {"EmptyCall": (grpc.unary_unary_rpc_method_handler, self.empty, "Empty"),
                "UnaryCall": (grpc.unary_unary_rpc_method_handler, self.unary, "SimpleRequest"),
                "StreamingOutputCall": (grpc.unary_stream_rpc_method_handler, self.output, "StreamingOutputCallRequest"),
                "StreamingInputCall": (grpc.stream_unary_rpc_method_handler, self.input, "StreamingInputCallRequest"),
                "FullDuplexCall": (grpc.stream_stream_rpc_method_handler, self.duplex, "StreamingOutputCallRequest")}
        return {name: kind(fn, self.types[T + request].FromString, lambda reply: reply.SerializeToString())
                for name, (kind, fn, request) in rows.items()}


def test_cases_pass_against_grpcio():
    service = Service(peers.messages_of(VECTORS, "grpc/testing/test.proto"))
    server = grpc.server(futures.ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(T + "TestService", service.handlers()),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        for case in CASES:
            passes(port, case, rounds=peers.inputs)
    finally:
        server.stop(None)
    print("not asked:", *COMPRESSED)


peers.main(globals())
