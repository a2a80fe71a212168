# SPDX-License-Identifier: MIT
"""The cases of gRPC's interop tests, by Python's grpcio as the client of edo-grpc-interop-server, in clear and by TLS. Each
test is the case of its name. grpcio does not show whether a response was compressed: tests/grpc/coding_test.c looks at that."""
import os
import subprocess
import tempfile

import peers
from peers import Program, grpc, raises, same

VECTORS = os.path.join(peers.SOURCE, "tests", "grpc", "vectors")
T = "grpc.testing."
SERVICE = T + "TestService"
ECHO, ECHO_BIN = "x-grpc-test-echo-initial", "x-grpc-test-echo-trailing-bin"


def interop(*arguments, **options):
    return Program("edo-grpc-interop-server", "grpc/testing/test.proto", "--port=0", *arguments, folder=VECTORS, **options)


def make(server, kind, **fields):
    return server.message(T + kind, **fields)


def payload(server, n):
    return make(server, "Payload", body=bytes(n))


def empty_call(server):
    return server.method(SERVICE, "EmptyCall", T + "Empty", T + "Empty")


def unary(server):
    return server.method(SERVICE, "UnaryCall", T + "SimpleRequest", T + "SimpleResponse")


def output(server):
    return server.method(SERVICE, "StreamingOutputCall", T + "StreamingOutputCallRequest",
                         T + "StreamingOutputCallResponse", outs=True)


def inputs(server):
    return server.method(SERVICE, "StreamingInputCall", T + "StreamingInputCallRequest",
                         T + "StreamingInputCallResponse", ins=True)


def duplex(server, name="FullDuplexCall"):
    return server.method(SERVICE, name, T + "StreamingOutputCallRequest", T + "StreamingOutputCallResponse", True, True)


def large(server):
    return make(server, "SimpleRequest", response_size=314159, payload=payload(server, 271828))


def output_request(server, *sizes, **fields):
    parameters = [make(server, "ResponseParameters", size=size) for size in sizes]
    return make(server, "StreamingOutputCallRequest", response_parameters=parameters, **fields)


def test_empty_unary():
    with interop() as server:
        same(empty_call(server)(make(server, "Empty"), timeout=peers.WAIT).ByteSize(), 0)


def test_large_unary():
    with interop() as server:
        same(unary(server)(large(server), timeout=peers.WAIT).payload.body, bytes(314159))


def test_client_compressed_unary():
    with interop() as server:
        request = large(server)
        request.expect_compressed.value = True
        raises(grpc.StatusCode.INVALID_ARGUMENT, lambda: unary(server)(request, timeout=peers.WAIT))  # the probe
        for coding in grpc.Compression.Gzip, grpc.Compression.Deflate:
            same(unary(server)(request, timeout=peers.WAIT, compression=coding).payload.body, bytes(314159))
        request.expect_compressed.value = False
        same(unary(server)(request, timeout=peers.WAIT).payload.body, bytes(314159))


def test_server_compressed_unary():
    with interop() as server:
        for wanted in True, False:
            request = large(server)
            request.response_compressed.value = wanted
            same(unary(server)(request, timeout=peers.WAIT).payload.body, bytes(314159))


def test_client_streaming():
    with interop() as server:
        requests = [make(server, "StreamingInputCallRequest", payload=payload(server, n)) for n in (27182, 8, 1828, 45904)]
        same(inputs(server)(iter(requests), timeout=peers.WAIT).aggregated_payload_size, 74922)


def test_client_compressed_streaming():
    with interop() as server:
        request = make(server, "StreamingInputCallRequest", payload=payload(server, 27182))
        request.expect_compressed.value = True
        raises(grpc.StatusCode.INVALID_ARGUMENT, lambda: inputs(server)(iter([request]), timeout=peers.WAIT))
        last = make(server, "StreamingInputCallRequest", payload=payload(server, 45904))
        got = inputs(server)(iter([request, last]), timeout=peers.WAIT, compression=grpc.Compression.Gzip)
        same(got.aggregated_payload_size, 73086)


def test_server_streaming():
    with interop() as server:
        sizes = [31415, 9, 2653, 58979]
        got = output(server)(output_request(server, *sizes), timeout=peers.WAIT)
        same([len(r.payload.body) for r in got], sizes)


def test_server_compressed_streaming():
    with interop() as server:
        request = output_request(server, 31415, 92653)
        request.response_parameters[0].compressed.value = True
        request.response_parameters[1].compressed.value = False
        got = output(server)(request, timeout=peers.WAIT)
        same([len(r.payload.body) for r in got], [31415, 92653])


def test_ping_pong():
    with interop() as server:
        requests = peers.Sent()
        got = duplex(server)(requests, timeout=peers.WAIT)
        for ask, answer in (27182, 31415), (8, 9), (1828, 2653), (45904, 58979):
            requests.put(output_request(server, answer, payload=payload(server, ask)))
            same(len(next(got).payload.body), answer)
        requests.end()
        same(list(got), [])


def test_empty_stream():
    with interop() as server:
        same(list(duplex(server)(iter([]), timeout=peers.WAIT)), [])


def test_half_duplex():
    with interop() as server:
        requests = [output_request(server, n) for n in (31415, 9)]
        got = duplex(server, "HalfDuplexCall")(iter(requests), timeout=peers.WAIT)
        same([len(r.payload.body) for r in got], [31415, 9])


def test_custom_metadata():
    sent = ((ECHO, "test_initial_metadata_value"), (ECHO_BIN, b"\xab\xab\xab"))
    with interop() as server:
        requests = peers.Sent()
        stream = duplex(server)(requests, timeout=peers.WAIT, metadata=sent)
        requests.put(output_request(server, 314159, payload=payload(server, 271828)))
        same(len(next(stream).payload.body), 314159)
        requests.end()
        same(list(stream), [])
        _, call = unary(server).with_call(large(server), timeout=peers.WAIT, metadata=sent)
        for one in call, stream:
            same(dict(one.initial_metadata())[ECHO], "test_initial_metadata_value")
            same(dict(one.trailing_metadata())[ECHO_BIN], b"\xab\xab\xab")


def status_comes(text):
    with interop() as server:
        status = make(server, "EchoStatus", code=2, message=text)
        calls = [lambda: unary(server)(make(server, "SimpleRequest", response_status=status), timeout=peers.WAIT),
                 lambda: list(duplex(server)(iter([make(server, "StreamingOutputCallRequest", response_status=status)]),
                                             timeout=peers.WAIT))]
        for call in calls:
            same(raises(grpc.StatusCode.UNKNOWN, call).details(), text)


def test_status_code_and_message():
    status_comes("test status message")


def test_special_status_message():
    status_comes("\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n")


def test_unimplemented_method():
    with interop() as server:
        call = server.method(SERVICE, "UnimplementedCall", T + "Empty", T + "Empty")
        raises(grpc.StatusCode.UNIMPLEMENTED, lambda: call(make(server, "Empty"), timeout=peers.WAIT))


def test_unimplemented_service():
    with interop() as server:
        call = server.method(T + "UnimplementedService", "UnimplementedCall", T + "Empty", T + "Empty")
        raises(grpc.StatusCode.UNIMPLEMENTED, lambda: call(make(server, "Empty"), timeout=peers.WAIT))


def test_cancel_after_begin():
    with interop() as server:
        call = inputs(server).future(peers.Sent(), timeout=peers.WAIT)
        call.cancel()
        assert call.cancelled() and call.code() == grpc.StatusCode.CANCELLED, call.code()


def test_cancel_after_first_response():
    with interop() as server:
        requests = peers.Sent()
        got = duplex(server)(requests, timeout=peers.WAIT)
        requests.put(output_request(server, 31415, payload=payload(server, 27182)))
        same(len(next(got).payload.body), 31415)
        got.cancel()
        raises(grpc.StatusCode.CANCELLED, lambda: next(got))
        requests.end()


def test_timeout_on_sleeping_server():
    with interop() as server:
        requests = peers.Sent()
        got = duplex(server)(requests, timeout=0.001)
        requests.put(make(server, "StreamingOutputCallRequest", payload=payload(server, 27182)))
        raises(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: next(got))
        requests.end()


def test_concurrent_large_unary():
    with interop() as server:
        many = peers.rounds(100, 300)
        wait = 4 * peers.WAIT  # for all of them: they run at once
        calls = [unary(server).future(large(server), timeout=wait) for _ in range(many)]
        for call in calls:
            same(len(call.result(wait).payload.body), 314159)


def test_rpc_soak():
    with interop() as server:
        call, request = unary(server), large(server)
        for _ in range(peers.rounds(20, 1000)):
            same(len(call(request, timeout=peers.WAIT).payload.body), 314159)


def test_channel_soak():
    with interop() as server:
        for _ in range(peers.rounds(10, 200)):
            same(len(unary(server)(large(server), timeout=peers.WAIT).payload.body), 314159)
            server.reconnect()


def test_deadline_ends_a_call_on_the_server():
    with interop() as server:
        request = output_request(server, 1)
        request.response_parameters[0].interval_us = 60_000_000
        raises(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: list(output(server)(request, timeout=0.05)))


def test_tls():
    with tempfile.TemporaryDirectory() as folder:
        cert, key = (os.path.join(folder, name) for name in ("cert.pem", "key.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", cert, "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:foo.test.google.fr"], check=True, stderr=subprocess.DEVNULL)
        with open(cert, "rb") as file:
            roots = grpc.ssl_channel_credentials(file.read())
        name = (("grpc.ssl_target_name_override", "foo.test.google.fr"),)
        with interop("--use_tls", "--tls_cert_file=" + cert, "--tls_key_file=" + key, tls=roots, options=name) as server:
            same(unary(server)(large(server), timeout=peers.WAIT).payload.body, bytes(314159))
            sizes = [31415, 9, 2653, 58979]
            got = output(server)(output_request(server, *sizes), timeout=peers.WAIT)
            same([len(r.payload.body) for r in got], sizes)


def test_reader_that_stops_makes_the_server_wait():
    with interop(counted=True) as server:
        request = output_request(server, *[100_000] * 500)  # 50 MB
        server.held.begin()
        got = output(server)(request, timeout=peers.WAIT)
        same(len(next(got).payload.body), 100_000)
        peers.rests(server.process.pid)
        grown = server.held.grown()
        assert grown < 20_000_000, grown  # a debug build keeps what was freed for a while
        same(sum(len(r.payload.body) for r in got), 499 * 100_000)


peers.main(globals())
