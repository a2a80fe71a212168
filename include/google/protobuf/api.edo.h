/* Made by protoc-gen-edo from google/protobuf/api.proto: changes will be lost. */
#ifndef GOOGLE_PROTOBUF_API_EDO_H
#define GOOGLE_PROTOBUF_API_EDO_H

#include <edo/protobuf.h>

#include "google/protobuf/source_context.edo.h"
#include "google/protobuf/type.edo.h"

typedef struct google_protobuf_api google_protobuf_api;
typedef struct google_protobuf_method google_protobuf_method;
typedef struct google_protobuf_mixin google_protobuf_mixin;

/* google.protobuf.Api */
struct google_protobuf_api {
    edo_str name;
    google_protobuf_method *methods;
    size_t methods_n;
    google_protobuf_option *options;
    size_t options_n;
    edo_str version;
    google_protobuf_source_context *source_context;
    google_protobuf_mixin *mixins;
    size_t mixins_n;
    google_protobuf_syntax syntax;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.Method */
struct google_protobuf_method {
    edo_str name;
    edo_str request_type_url;
    bool request_streaming;
    edo_str response_type_url;
    bool response_streaming;
    google_protobuf_option *options;
    size_t options_n;
    google_protobuf_syntax syntax;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.Mixin */
struct google_protobuf_mixin {
    edo_str name;
    edo_str root;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(google_protobuf_api)
EDO_DESCRIBED_LATER(google_protobuf_method)
EDO_DESCRIBED_LATER(google_protobuf_mixin)

EDO_DESCRIBE(google_protobuf_api,
    EDO_FIELD(google_protobuf_api, name, .number = 1, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_api, methods, methods_n, google_protobuf_method_desc,
              .number = 2, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_api, options, options_n, google_protobuf_option_desc,
              .number = 3, .optional = true),
    EDO_FIELD(google_protobuf_api, version, .number = 4, .optional = true),
    EDO_FIELD_PTR_OF(google_protobuf_api, source_context, google_protobuf_source_context_desc,
              .number = 5, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_api, mixins, mixins_n, google_protobuf_mixin_desc,
              .number = 6, .optional = true),
    EDO_FIELD_OF(google_protobuf_api, syntax, google_protobuf_syntax_desc,
              .number = 7, .optional = true),
    EDO_FIELD(google_protobuf_api, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_method,
    EDO_FIELD(google_protobuf_method, name, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_method, request_type_url, .number = 2, .optional = true),
    EDO_FIELD(google_protobuf_method, request_streaming, .number = 3, .optional = true),
    EDO_FIELD(google_protobuf_method, response_type_url, .number = 4, .optional = true),
    EDO_FIELD(google_protobuf_method, response_streaming, .number = 5, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_method, options, options_n, google_protobuf_option_desc,
              .number = 6, .optional = true),
    EDO_FIELD_OF(google_protobuf_method, syntax, google_protobuf_syntax_desc,
              .number = 7, .optional = true),
    EDO_FIELD(google_protobuf_method, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_mixin,
    EDO_FIELD(google_protobuf_mixin, name, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_mixin, root, .number = 2, .optional = true),
    EDO_FIELD(google_protobuf_mixin, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef GOOGLE_PROTOBUF_API_TYPES
#    error "two files make GOOGLE_PROTOBUF_API_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define GOOGLE_PROTOBUF_API_TYPES \
    { "google.protobuf.Api", &google_protobuf_api_desc }, \
    { "google.protobuf.Method", &google_protobuf_method_desc }, \
    { "google.protobuf.Mixin", &google_protobuf_mixin_desc }

#endif
