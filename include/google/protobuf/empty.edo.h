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

#endif
