/* Made by protoc-gen-edo from google/protobuf/source_context.proto: changes will be lost. */
#ifndef GOOGLE_PROTOBUF_SOURCE_CONTEXT_EDO_H_04A28F3C
#define GOOGLE_PROTOBUF_SOURCE_CONTEXT_EDO_H_04A28F3C

#include <edo/protobuf.h>

typedef struct google_protobuf_source_context google_protobuf_source_context;

/* google.protobuf.SourceContext */
struct google_protobuf_source_context {
    edo_str file_name;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(google_protobuf_source_context)

EDO_DESCRIBE(google_protobuf_source_context,
    EDO_FIELD(google_protobuf_source_context, file_name, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_source_context, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef GOOGLE_PROTOBUF_SOURCE_CONTEXT_TYPES
#    error "two files make GOOGLE_PROTOBUF_SOURCE_CONTEXT_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define GOOGLE_PROTOBUF_SOURCE_CONTEXT_TYPES \
    { "google.protobuf.SourceContext", &google_protobuf_source_context_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_google_protobuf_source_context_04a28f3c) = {
    10, 250, 1, 10, 36, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116, 111, 98, 117, 102,
    47, 115, 111, 117, 114, 99, 101, 95, 99, 111, 110, 116, 101, 120, 116, 46, 112, 114, 111, 116,
    111, 18, 15, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 34, 44,
    10, 13, 83, 111, 117, 114, 99, 101, 67, 111, 110, 116, 101, 120, 116, 18, 27, 10, 9, 102,
    105, 108, 101, 95, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 8, 102, 105, 108, 101,
    78, 97, 109, 101, 66, 138, 1, 10, 19, 99, 111, 109, 46, 103, 111, 111, 103, 108, 101, 46,
    112, 114, 111, 116, 111, 98, 117, 102, 66, 18, 83, 111, 117, 114, 99, 101, 67, 111, 110, 116,
    101, 120, 116, 80, 114, 111, 116, 111, 80, 1, 90, 54, 103, 111, 111, 103, 108, 101, 46, 103,
    111, 108, 97, 110, 103, 46, 111, 114, 103, 47, 112, 114, 111, 116, 111, 98, 117, 102, 47, 116,
    121, 112, 101, 115, 47, 107, 110, 111, 119, 110, 47, 115, 111, 117, 114, 99, 101, 99, 111, 110,
    116, 101, 120, 116, 112, 98, 162, 2, 3, 71, 80, 66, 170, 2, 30, 71, 111, 111, 103, 108,
    101, 46, 80, 114, 111, 116, 111, 98, 117, 102, 46, 87, 101, 108, 108, 75, 110, 111, 119, 110,
    84, 121, 112, 101, 115, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_google_protobuf_source_context_04a28f3c, NULL)

#endif
