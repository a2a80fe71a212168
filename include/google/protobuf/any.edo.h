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

#endif
