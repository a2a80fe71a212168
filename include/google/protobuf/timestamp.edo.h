/* Made by protoc-gen-edo from google/protobuf/timestamp.proto: changes will be lost. */
#ifndef GOOGLE_PROTOBUF_TIMESTAMP_EDO_H
#define GOOGLE_PROTOBUF_TIMESTAMP_EDO_H

#include <edo/protobuf.h>

typedef struct google_protobuf_timestamp google_protobuf_timestamp;

/* google.protobuf.Timestamp */
struct google_protobuf_timestamp {
    int64_t seconds;
    int32_t nanos;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(google_protobuf_timestamp)

EDO_DESCRIBE(google_protobuf_timestamp,
    EDO_FIELD(google_protobuf_timestamp, seconds, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_timestamp, nanos, .number = 2, .optional = true),
    EDO_FIELD(google_protobuf_timestamp, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef GOOGLE_PROTOBUF_TIMESTAMP_TYPES
#    error "two files make GOOGLE_PROTOBUF_TIMESTAMP_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define GOOGLE_PROTOBUF_TIMESTAMP_TYPES \
    { "google.protobuf.Timestamp", &google_protobuf_timestamp_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_google_protobuf_timestamp) = {
    10, 255, 1, 10, 31, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116, 111, 98, 117, 102,
    47, 116, 105, 109, 101, 115, 116, 97, 109, 112, 46, 112, 114, 111, 116, 111, 18, 15, 103, 111,
    111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 34, 59, 10, 9, 84, 105, 109,
    101, 115, 116, 97, 109, 112, 18, 24, 10, 7, 115, 101, 99, 111, 110, 100, 115, 24, 1, 32,
    1, 40, 3, 82, 7, 115, 101, 99, 111, 110, 100, 115, 18, 20, 10, 5, 110, 97, 110, 111,
    115, 24, 2, 32, 1, 40, 5, 82, 5, 110, 97, 110, 111, 115, 66, 133, 1, 10, 19, 99,
    111, 109, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 66, 14,
    84, 105, 109, 101, 115, 116, 97, 109, 112, 80, 114, 111, 116, 111, 80, 1, 90, 50, 103, 111,
    111, 103, 108, 101, 46, 103, 111, 108, 97, 110, 103, 46, 111, 114, 103, 47, 112, 114, 111, 116,
    111, 98, 117, 102, 47, 116, 121, 112, 101, 115, 47, 107, 110, 111, 119, 110, 47, 116, 105, 109,
    101, 115, 116, 97, 109, 112, 112, 98, 248, 1, 1, 162, 2, 3, 71, 80, 66, 170, 2, 30,
    71, 111, 111, 103, 108, 101, 46, 80, 114, 111, 116, 111, 98, 117, 102, 46, 87, 101, 108, 108,
    75, 110, 111, 119, 110, 84, 121, 112, 101, 115, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_google_protobuf_timestamp, NULL)

#endif
