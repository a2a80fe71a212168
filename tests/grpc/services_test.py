# SPDX-License-Identifier: MIT
"""Health and reflection of edo-grpc-interop-server, by Python's grpcio: what a tool learns of a server it has never seen."""
import os

import peers
from google.protobuf import descriptor_pb2
from peers import Program, grpc, raises, same

VECTORS = os.path.join(peers.SOURCE, "tests", "grpc", "vectors")
HEALTH, REFLECTION = "grpc.health.v1.", "grpc.reflection.v1."
FILES = "grpc/testing/test.proto grpc/health/v1/health.proto grpc/reflection/v1/reflection.proto"


def interop(**options):
    return Program("edo-grpc-interop-server", FILES, "--port=0", folder=VECTORS, **options)


def test_health_of_each_service_is_told():
    with interop() as server:
        check = server.method(HEALTH + "Health", "Check", HEALTH + "HealthCheckRequest", HEALTH + "HealthCheckResponse")
        for name in "", "grpc.testing.TestService", "grpc.health.v1.Health":
            same(check(server.message(HEALTH + "HealthCheckRequest", service=name), timeout=peers.WAIT).status, 1)
        raises(grpc.StatusCode.NOT_FOUND,
               lambda: check(server.message(HEALTH + "HealthCheckRequest", service="no"), timeout=peers.WAIT))
        listed = server.method(HEALTH + "Health", "List", HEALTH + "HealthListRequest", HEALTH + "HealthListResponse")
        statuses = listed(server.message(HEALTH + "HealthListRequest"), timeout=peers.WAIT).statuses
        same({name: s.status for name, s in statuses.items()},
             {name: 1 for name in ("", "grpc.testing.TestService", "grpc.health.v1.Health",
                                   "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection")})


def test_watch_is_told_of_the_end():
    with interop() as server:
        watch = server.method(HEALTH + "Health", "Watch", HEALTH + "HealthCheckRequest", HEALTH + "HealthCheckResponse",
                              outs=True)
        known = watch(server.message(HEALTH + "HealthCheckRequest"), timeout=peers.WAIT)
        unknown = watch(server.message(HEALTH + "HealthCheckRequest", service="no"), timeout=peers.WAIT)
        same((next(known).status, next(unknown).status), (1, 3))
        server.stop()
        same(next(known).status, 2)
        raises(grpc.StatusCode.UNAVAILABLE, lambda: next(known))
        raises(grpc.StatusCode.UNAVAILABLE, lambda: next(unknown))


class Questions:
    def __init__(self, server, version="v1"):
        self.server, self.sent = server, peers.Sent()
        self.got = server.channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=lambda m: m.SerializeToString(),
            response_deserializer=server.types[REFLECTION + "ServerReflectionResponse"].FromString)(
                self.sent, timeout=peers.WAIT)

    def ask(self, **fields):
        request = self.server.message(REFLECTION + "ServerReflectionRequest", host="h", **fields)
        self.sent.put(request)
        response = next(self.got)
        same((response.valid_host, response.original_request), ("h", request))
        return response

    def files(self, **fields):
        raw = self.ask(**fields).file_descriptor_response.file_descriptor_proto
        return [descriptor_pb2.FileDescriptorProto.FromString(f).name for f in raw]

    def end(self):
        self.sent.end()
        same(list(self.got), [])


def test_services_are_listed_by_both_versions():
    with interop() as server:
        for version in "v1", "v1alpha":
            questions = Questions(server, version)
            listed = questions.ask(list_services="").list_services_response.service
            same([s.name for s in listed],
                 ["grpc.testing.TestService", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                  "grpc.reflection.v1alpha.ServerReflection"])
            questions.end()


def test_files_come_once_with_what_they_import():
    test, messages, empty = (f"grpc/testing/{name}.proto" for name in ("test", "messages", "empty"))
    with interop() as server:
        questions = Questions(server)
        first = questions.files(file_by_filename=test)
        same((first[0], sorted(first)), (test, sorted([test, messages, empty])))
        same(questions.files(file_containing_symbol="grpc.testing.TestService.UnaryCall"), [test])
        for symbol in "grpc.testing.SimpleRequest", "grpc.testing.SimpleRequest.payload", "grpc.testing.COMPRESSABLE":
            same(questions.files(file_containing_symbol=symbol), [messages])
        nested = "grpc.health.v1.HealthCheckResponse.ServingStatus"
        same(questions.files(file_containing_symbol=nested), ["grpc/health/v1/health.proto"])
        for version in "v1", "v1alpha":
            same(questions.files(file_containing_symbol=f"grpc.reflection.{version}.ServerReflection"),
                 [f"grpc/reflection/{version}/reflection.proto"])
        questions.end()


def test_what_is_not_there_is_told_in_the_stream():
    with interop() as server:
        questions = Questions(server)
        extension = server.message(REFLECTION + "ExtensionRequest", containing_type="grpc.testing.Empty", extension_number=1)
        for question in (dict(file_by_filename="no.proto"), dict(file_containing_symbol="grpc.testing.No"),
                         dict(file_containing_symbol="grpc"), dict(file_containing_extension=extension),
                         dict(all_extension_numbers_of_type="no"), {}):
            same(questions.ask(**question).error_response.error_code, 5)
        numbers = questions.ask(all_extension_numbers_of_type="grpc.testing.Empty").all_extension_numbers_response
        same((numbers.base_type_name, list(numbers.extension_number)), ("grpc.testing.Empty", []))
        questions.end()


def test_streams_share_what_was_read_of_the_files():
    with interop(counted=True) as server:
        first = Questions(server)
        files = first.files(file_by_filename="grpc/testing/test.proto")
        server.held.begin()
        streams = [Questions(server) for _ in range(40)]
        for questions in streams:  # what one was sent before says nothing of another
            same(questions.files(file_by_filename="grpc/testing/test.proto"), files)
        grown = server.held.grown()
        assert grown < 40 * 80_000, grown
        for questions in first, *streams:
            questions.end()


peers.main(globals())
