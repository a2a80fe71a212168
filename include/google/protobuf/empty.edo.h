/* Made by protoc-gen-edo from google/protobuf/empty.proto: changes will be lost. */
#ifndef GOOGLE_PROTOBUF_EMPTY_EDO_H
#define GOOGLE_PROTOBUF_EMPTY_EDO_H

#include <edo/protobuf.h>

typedef struct google_protobuf_empty google_protobuf_empty;

/* google.protobuf.Empty */
struct google_protobuf_empty {
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(google_protobuf_empty)

EDO_DESCRIBE(google_protobuf_empty,
    EDO_FIELD(google_protobuf_empty, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef GOOGLE_PROTOBUF_EMPTY_TYPES
#    error "two files make GOOGLE_PROTOBUF_EMPTY_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define GOOGLE_PROTOBUF_EMPTY_TYPES \
    { "google.protobuf.Empty", &google_protobuf_empty_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_google_protobuf_empty) = {
    10, 190, 1, 10, 27, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116, 111, 98, 117, 102,
    47, 101, 109, 112, 116, 121, 46, 112, 114, 111, 116, 111, 18, 15, 103, 111, 111, 103, 108, 101,
    46, 112, 114, 111, 116, 111, 98, 117, 102, 34, 7, 10, 5, 69, 109, 112, 116, 121, 66, 125,
    10, 19, 99, 111, 109, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117,
    102, 66, 10, 69, 109, 112, 116, 121, 80, 114, 111, 116, 111, 80, 1, 90, 46, 103, 111, 111,
    103, 108, 101, 46, 103, 111, 108, 97, 110, 103, 46, 111, 114, 103, 47, 112, 114, 111, 116, 111,
    98, 117, 102, 47, 116, 121, 112, 101, 115, 47, 107, 110, 111, 119, 110, 47, 101, 109, 112, 116,
    121, 112, 98, 248, 1, 1, 162, 2, 3, 71, 80, 66, 170, 2, 30, 71, 111, 111, 103, 108,
    101, 46, 80, 114, 111, 116, 111, 98, 117, 102, 46, 87, 101, 108, 108, 75, 110, 111, 119, 110,
    84, 121, 112, 101, 115, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_google_protobuf_empty, NULL)

#endif
