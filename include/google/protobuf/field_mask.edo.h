/* Made by protoc-gen-edo from google/protobuf/field_mask.proto: changes will be lost. */
#ifndef GOOGLE_PROTOBUF_FIELD_MASK_EDO_H_30BF4C20
#define GOOGLE_PROTOBUF_FIELD_MASK_EDO_H_30BF4C20

#include <edo/protobuf.h>

typedef struct google_protobuf_field_mask google_protobuf_field_mask;

/* google.protobuf.FieldMask */
struct google_protobuf_field_mask {
    edo_str *paths;
    size_t paths_n;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(google_protobuf_field_mask)

EDO_DESCRIBE(google_protobuf_field_mask,
    EDO_FIELD_LIST(google_protobuf_field_mask, paths, paths_n, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_field_mask, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef GOOGLE_PROTOBUF_FIELD_MASK_TYPES
#    error "two files make GOOGLE_PROTOBUF_FIELD_MASK_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define GOOGLE_PROTOBUF_FIELD_MASK_TYPES \
    { "google.protobuf.FieldMask", &google_protobuf_field_mask_desc }

#endif
