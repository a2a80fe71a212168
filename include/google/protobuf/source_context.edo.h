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

#endif
