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

#endif
