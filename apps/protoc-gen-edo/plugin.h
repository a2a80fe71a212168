/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/plugin.h: what protoc says to a plugin, and what it wants back
 * (google/protobuf/compiler/plugin.proto). */
#ifndef EDO_PROTOC_GEN_PLUGIN_H
#define EDO_PROTOC_GEN_PLUGIN_H

#include "google/protobuf/descriptor.edo.h"

/* A file of the request, as it is read: its SourceCodeInfo, which is most of it, stays as it came,
 * among what is unknown, until its header is made. */
typedef google_protobuf_file_descriptor_proto gen_read;
EDO_DESCRIBE(
    gen_read, EDO_FIELD(gen_read, name, .number = 1, .optional = true, EDO_HAS(gen_read, has_name)),
    EDO_FIELD(gen_read, package, .number = 2, .optional = true, EDO_HAS(gen_read, has_package)),
    EDO_FIELD_LIST(gen_read, dependency, dependency_n, .number = 3, .optional = true),
    EDO_FIELD_LIST_OF(gen_read, message_type, message_type_n, google_protobuf_descriptor_proto_desc,
                      .number = 4, .optional = true),
    EDO_FIELD_LIST_OF(gen_read, enum_type, enum_type_n, google_protobuf_enum_descriptor_proto_desc,
                      .number = 5, .optional = true),
    EDO_FIELD_LIST_OF(gen_read, service, service_n, google_protobuf_service_descriptor_proto_desc,
                      .number = 6, .optional = true),
    EDO_FIELD_LIST_OF(gen_read, extension, extension_n, google_protobuf_field_descriptor_proto_desc,
                      .number = 7, .optional = true),
    EDO_FIELD_PTR_OF(gen_read, options, google_protobuf_file_options_desc, .number = 8,
                     .optional = true),
    EDO_FIELD_LIST(gen_read, public_dependency, public_dependency_n, .number = 10,
                   .wire = EDO_WIRE_UNPACKED, .optional = true),
    EDO_FIELD_LIST(gen_read, weak_dependency, weak_dependency_n, .number = 11,
                   .wire = EDO_WIRE_UNPACKED, .optional = true),
    EDO_FIELD(gen_read, syntax, .number = 12, .optional = true, EDO_HAS(gen_read, has_syntax)),
    EDO_FIELD(gen_read, unknown, .wire = EDO_WIRE_REST, .skip = true))

/* What is unknown of it. */
typedef struct gen_unread {
    edo_bytes source_code_info;
    edo_str unknown;
} gen_unread;
EDO_DESCRIBE(gen_unread, EDO_FIELD(gen_unread, source_code_info, .number = 9, .optional = true),
             EDO_FIELD(gen_unread, unknown, .wire = EDO_WIRE_REST, .skip = true))

typedef struct gen_request {
    edo_str *file_to_generate;
    size_t file_to_generate_n;
    edo_str parameter;
    google_protobuf_file_descriptor_proto *proto_file;
    size_t proto_file_n;
} gen_request;
EDO_DESCRIBE(gen_request,
             EDO_FIELD_LIST(gen_request, file_to_generate, file_to_generate_n, .number = 1,
                            .optional = true),
             EDO_FIELD(gen_request, parameter, .number = 2, .optional = true),
             EDO_FIELD_LIST_OF(gen_request, proto_file, proto_file_n, gen_read_desc, .number = 15,
                               .optional = true))

typedef struct gen_file {
    edo_str name, content;
} gen_file;
EDO_DESCRIBE(gen_file, EDO_FIELD(gen_file, name, .number = 1, .optional = true),
             EDO_FIELD(gen_file, content, .number = 15, .optional = true))

#define GEN_FEATURE_PROTO3_OPTIONAL 1u

typedef struct gen_response {
    edo_str error; /* without a pointer: there is none */
    uint64_t supported_features;
    gen_file *file;
    size_t file_n;
} gen_response;
EDO_DESCRIBE(gen_response, EDO_FIELD(gen_response, error, .number = 1, .optional = true),
             EDO_FIELD(gen_response, supported_features, .number = 2, .optional = true),
             EDO_FIELD_LIST_OF(gen_response, file, file_n, gen_file_desc, .number = 15,
                               .optional = true))

#endif
