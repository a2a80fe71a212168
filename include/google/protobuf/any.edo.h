/* Made by protoc-gen-edo from google/protobuf/any.proto: changes will be lost. */
#ifndef GOOGLE_PROTOBUF_ANY_EDO_H
#define GOOGLE_PROTOBUF_ANY_EDO_H

#include <edo/protobuf.h>

typedef struct google_protobuf_any google_protobuf_any;

/* google.protobuf.Any */
struct google_protobuf_any {
    edo_str type_url;
    edo_bytes value;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(google_protobuf_any)

EDO_DESCRIBE(google_protobuf_any,
    EDO_FIELD(google_protobuf_any, type_url, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_any, value, .number = 2, .optional = true),
    EDO_FIELD(google_protobuf_any, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef GOOGLE_PROTOBUF_ANY_TYPES
#    error "two files make GOOGLE_PROTOBUF_ANY_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define GOOGLE_PROTOBUF_ANY_TYPES \
    { "google.protobuf.Any", &google_protobuf_any_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_google_protobuf_any) = {
    10, 228, 1, 10, 25, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116, 111, 98, 117, 102,
    47, 97, 110, 121, 46, 112, 114, 111, 116, 111, 18, 15, 103, 111, 111, 103, 108, 101, 46, 112,
    114, 111, 116, 111, 98, 117, 102, 34, 54, 10, 3, 65, 110, 121, 18, 25, 10, 8, 116, 121,
    112, 101, 95, 117, 114, 108, 24, 1, 32, 1, 40, 9, 82, 7, 116, 121, 112, 101, 85, 114,
    108, 18, 20, 10, 5, 118, 97, 108, 117, 101, 24, 2, 32, 1, 40, 12, 82, 5, 118, 97,
    108, 117, 101, 66, 118, 10, 19, 99, 111, 109, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114,
    111, 116, 111, 98, 117, 102, 66, 8, 65, 110, 121, 80, 114, 111, 116, 111, 80, 1, 90, 44,
    103, 111, 111, 103, 108, 101, 46, 103, 111, 108, 97, 110, 103, 46, 111, 114, 103, 47, 112, 114,
    111, 116, 111, 98, 117, 102, 47, 116, 121, 112, 101, 115, 47, 107, 110, 111, 119, 110, 47, 97,
    110, 121, 112, 98, 162, 2, 3, 71, 80, 66, 170, 2, 30, 71, 111, 111, 103, 108, 101, 46,
    80, 114, 111, 116, 111, 98, 117, 102, 46, 87, 101, 108, 108, 75, 110, 111, 119, 110, 84, 121,
    112, 101, 115, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_google_protobuf_any, NULL)

#endif
