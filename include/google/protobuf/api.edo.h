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

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_google_protobuf_api) = {
    10, 152, 7, 10, 25, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116, 111, 98, 117, 102,
    47, 97, 112, 105, 46, 112, 114, 111, 116, 111, 18, 15, 103, 111, 111, 103, 108, 101, 46, 112,
    114, 111, 116, 111, 98, 117, 102, 26, 36, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116,
    111, 98, 117, 102, 47, 115, 111, 117, 114, 99, 101, 95, 99, 111, 110, 116, 101, 120, 116, 46,
    112, 114, 111, 116, 111, 26, 26, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116, 111, 98,
    117, 102, 47, 116, 121, 112, 101, 46, 112, 114, 111, 116, 111, 34, 193, 2, 10, 3, 65, 112,
    105, 18, 18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110, 97, 109,
    101, 18, 49, 10, 7, 109, 101, 116, 104, 111, 100, 115, 24, 2, 32, 3, 40, 11, 50, 23,
    46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 77, 101, 116,
    104, 111, 100, 82, 7, 109, 101, 116, 104, 111, 100, 115, 18, 49, 10, 7, 111, 112, 116, 105,
    111, 110, 115, 24, 3, 32, 3, 40, 11, 50, 23, 46, 103, 111, 111, 103, 108, 101, 46, 112,
    114, 111, 116, 111, 98, 117, 102, 46, 79, 112, 116, 105, 111, 110, 82, 7, 111, 112, 116, 105,
    111, 110, 115, 18, 24, 10, 7, 118, 101, 114, 115, 105, 111, 110, 24, 4, 32, 1, 40, 9,
    82, 7, 118, 101, 114, 115, 105, 111, 110, 18, 69, 10, 14, 115, 111, 117, 114, 99, 101, 95,
    99, 111, 110, 116, 101, 120, 116, 24, 5, 32, 1, 40, 11, 50, 30, 46, 103, 111, 111, 103,
    108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 83, 111, 117, 114, 99, 101, 67, 111,
    110, 116, 101, 120, 116, 82, 13, 115, 111, 117, 114, 99, 101, 67, 111, 110, 116, 101, 120, 116,
    18, 46, 10, 6, 109, 105, 120, 105, 110, 115, 24, 6, 32, 3, 40, 11, 50, 22, 46, 103,
    111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 77, 105, 120, 105, 110,
    82, 6, 109, 105, 120, 105, 110, 115, 18, 47, 10, 6, 115, 121, 110, 116, 97, 120, 24, 7,
    32, 1, 40, 14, 50, 23, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98,
    117, 102, 46, 83, 121, 110, 116, 97, 120, 82, 6, 115, 121, 110, 116, 97, 120, 34, 178, 2,
    10, 6, 77, 101, 116, 104, 111, 100, 18, 18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1,
    40, 9, 82, 4, 110, 97, 109, 101, 18, 40, 10, 16, 114, 101, 113, 117, 101, 115, 116, 95,
    116, 121, 112, 101, 95, 117, 114, 108, 24, 2, 32, 1, 40, 9, 82, 14, 114, 101, 113, 117,
    101, 115, 116, 84, 121, 112, 101, 85, 114, 108, 18, 43, 10, 17, 114, 101, 113, 117, 101, 115,
    116, 95, 115, 116, 114, 101, 97, 109, 105, 110, 103, 24, 3, 32, 1, 40, 8, 82, 16, 114,
    101, 113, 117, 101, 115, 116, 83, 116, 114, 101, 97, 109, 105, 110, 103, 18, 42, 10, 17, 114,
    101, 115, 112, 111, 110, 115, 101, 95, 116, 121, 112, 101, 95, 117, 114, 108, 24, 4, 32, 1,
    40, 9, 82, 15, 114, 101, 115, 112, 111, 110, 115, 101, 84, 121, 112, 101, 85, 114, 108, 18,
    45, 10, 18, 114, 101, 115, 112, 111, 110, 115, 101, 95, 115, 116, 114, 101, 97, 109, 105, 110,
    103, 24, 5, 32, 1, 40, 8, 82, 17, 114, 101, 115, 112, 111, 110, 115, 101, 83, 116, 114,
    101, 97, 109, 105, 110, 103, 18, 49, 10, 7, 111, 112, 116, 105, 111, 110, 115, 24, 6, 32,
    3, 40, 11, 50, 23, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117,
    102, 46, 79, 112, 116, 105, 111, 110, 82, 7, 111, 112, 116, 105, 111, 110, 115, 18, 47, 10,
    6, 115, 121, 110, 116, 97, 120, 24, 7, 32, 1, 40, 14, 50, 23, 46, 103, 111, 111, 103,
    108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 83, 121, 110, 116, 97, 120, 82, 6,
    115, 121, 110, 116, 97, 120, 34, 47, 10, 5, 77, 105, 120, 105, 110, 18, 18, 10, 4, 110,
    97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 18, 18, 10, 4, 114,
    111, 111, 116, 24, 2, 32, 1, 40, 9, 82, 4, 114, 111, 111, 116, 66, 118, 10, 19, 99,
    111, 109, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 66, 8,
    65, 112, 105, 80, 114, 111, 116, 111, 80, 1, 90, 44, 103, 111, 111, 103, 108, 101, 46, 103,
    111, 108, 97, 110, 103, 46, 111, 114, 103, 47, 112, 114, 111, 116, 111, 98, 117, 102, 47, 116,
    121, 112, 101, 115, 47, 107, 110, 111, 119, 110, 47, 97, 112, 105, 112, 98, 162, 2, 3, 71,
    80, 66, 170, 2, 30, 71, 111, 111, 103, 108, 101, 46, 80, 114, 111, 116, 111, 98, 117, 102,
    46, 87, 101, 108, 108, 75, 110, 111, 119, 110, 84, 121, 112, 101, 115, 98, 6, 112, 114, 111,
    116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_google_protobuf_api, &edo_FILE_google_protobuf_source_context_04a28f3c, &edo_FILE_google_protobuf_type, NULL)

#endif
