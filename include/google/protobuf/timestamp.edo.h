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

#endif
