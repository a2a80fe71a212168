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

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_google_protobuf_field_mask_30bf4c20) = {
    10, 230, 1, 10, 32, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116, 111, 98, 117, 102,
    47, 102, 105, 101, 108, 100, 95, 109, 97, 115, 107, 46, 112, 114, 111, 116, 111, 18, 15, 103,
    111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 34, 33, 10, 9, 70, 105,
    101, 108, 100, 77, 97, 115, 107, 18, 20, 10, 5, 112, 97, 116, 104, 115, 24, 1, 32, 3,
    40, 9, 82, 5, 112, 97, 116, 104, 115, 66, 133, 1, 10, 19, 99, 111, 109, 46, 103, 111,
    111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 66, 14, 70, 105, 101, 108, 100,
    77, 97, 115, 107, 80, 114, 111, 116, 111, 80, 1, 90, 50, 103, 111, 111, 103, 108, 101, 46,
    103, 111, 108, 97, 110, 103, 46, 111, 114, 103, 47, 112, 114, 111, 116, 111, 98, 117, 102, 47,
    116, 121, 112, 101, 115, 47, 107, 110, 111, 119, 110, 47, 102, 105, 101, 108, 100, 109, 97, 115,
    107, 112, 98, 248, 1, 1, 162, 2, 3, 71, 80, 66, 170, 2, 30, 71, 111, 111, 103, 108,
    101, 46, 80, 114, 111, 116, 111, 98, 117, 102, 46, 87, 101, 108, 108, 75, 110, 111, 119, 110,
    84, 121, 112, 101, 115, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_google_protobuf_field_mask_30bf4c20, NULL)

#endif
