/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/plugin.h: what protoc says to a plugin, and what it wants back
 * (google/protobuf/compiler/plugin.proto). */
#ifndef EDO_PROTOC_GEN_PLUGIN_H
#define EDO_PROTOC_GEN_PLUGIN_H

#include "google/protobuf/descriptor.edo.h"

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
             EDO_FIELD_LIST_OF(gen_request, proto_file, proto_file_n,
                               google_protobuf_file_descriptor_proto_desc, .number = 15,
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
