/* Made by protoc-gen-edo from grpc/testing/empty.proto: changes will be lost. */
#ifndef GRPC_TESTING_EMPTY_EDO_H
#define GRPC_TESTING_EMPTY_EDO_H

#include <edo/protobuf.h>

typedef struct grpc_testing_empty grpc_testing_empty;

/* grpc.testing.Empty */
struct grpc_testing_empty {
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(grpc_testing_empty)

EDO_DESCRIBE(grpc_testing_empty,
    EDO_FIELD(grpc_testing_empty, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef GRPC_TESTING_EMPTY_TYPES
#    error "two files make GRPC_TESTING_EMPTY_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define GRPC_TESTING_EMPTY_TYPES \
    { "grpc.testing.Empty", &grpc_testing_empty_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_grpc_testing_empty) = {
    10, 101, 10, 24, 103, 114, 112, 99, 47, 116, 101, 115, 116, 105, 110, 103, 47, 101, 109, 112,
    116, 121, 46, 112, 114, 111, 116, 111, 18, 12, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105,
    110, 103, 34, 7, 10, 5, 69, 109, 112, 116, 121, 66, 42, 10, 27, 105, 111, 46, 103, 114,
    112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 105, 110, 116, 101, 103, 114, 97, 116, 105,
    111, 110, 66, 11, 69, 109, 112, 116, 121, 80, 114, 111, 116, 111, 115, 98, 6, 112, 114, 111,
    116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_grpc_testing_empty, NULL)

#endif
