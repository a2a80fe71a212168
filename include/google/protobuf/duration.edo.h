/* Made by protoc-gen-edo from google/protobuf/duration.proto: changes will be lost. */
#ifndef GOOGLE_PROTOBUF_DURATION_EDO_H
#define GOOGLE_PROTOBUF_DURATION_EDO_H

#include <edo/protobuf.h>

typedef struct google_protobuf_duration google_protobuf_duration;

/* google.protobuf.Duration */
struct google_protobuf_duration {
    int64_t seconds;
    int32_t nanos;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(google_protobuf_duration)

EDO_DESCRIBE(google_protobuf_duration,
    EDO_FIELD(google_protobuf_duration, seconds, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_duration, nanos, .number = 2, .optional = true),
    EDO_FIELD(google_protobuf_duration, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef GOOGLE_PROTOBUF_DURATION_TYPES
#    error "two files make GOOGLE_PROTOBUF_DURATION_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define GOOGLE_PROTOBUF_DURATION_TYPES \
    { "google.protobuf.Duration", &google_protobuf_duration_desc }

#endif
