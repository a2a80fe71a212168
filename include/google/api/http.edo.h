/* Made by protoc-gen-edo from google/api/http.proto: changes will be lost. */
#ifndef GOOGLE_API_HTTP_EDO_H
#define GOOGLE_API_HTTP_EDO_H

#include <edo/protobuf.h>

typedef struct google_api_http google_api_http;
typedef struct google_api_http_rule google_api_http_rule;
typedef struct google_api_custom_http_pattern google_api_custom_http_pattern;

/* google.api.Http */
struct google_api_http {
    google_api_http_rule *rules;
    size_t rules_n;
    bool fully_decode_reserved_expansion;
    edo_str unknown; /* what this description has not, as it came */
};

enum {
    GOOGLE_API_HTTP_RULE_PATTERN_GET = 2,
    GOOGLE_API_HTTP_RULE_PATTERN_PUT = 3,
    GOOGLE_API_HTTP_RULE_PATTERN_POST = 4,
    GOOGLE_API_HTTP_RULE_PATTERN_DELETE = 5,
    GOOGLE_API_HTTP_RULE_PATTERN_PATCH = 6,
    GOOGLE_API_HTTP_RULE_PATTERN_CUSTOM = 8,
};

/* google.api.HttpRule */
struct google_api_http_rule {
    edo_str selector;
    uint32_t pattern; /* which of these is there; 0: none */
    union {
        edo_str get;
        edo_str put;
        edo_str post;
        edo_str delete_;
        edo_str patch;
        google_api_custom_http_pattern *custom;
    };
    edo_str body;
    edo_str response_body;
    google_api_http_rule *additional_bindings;
    size_t additional_bindings_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.api.CustomHttpPattern */
struct google_api_custom_http_pattern {
    edo_str kind;
    edo_str path;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(google_api_http)
EDO_DESCRIBED_LATER(google_api_http_rule)
EDO_DESCRIBED_LATER(google_api_custom_http_pattern)

EDO_DESCRIBE(google_api_http,
    EDO_FIELD_LIST_OF(google_api_http, rules, rules_n, google_api_http_rule_desc,
              .number = 1, .optional = true),
    EDO_FIELD(google_api_http, fully_decode_reserved_expansion, .number = 2, .optional = true),
    EDO_FIELD(google_api_http, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_api_http_rule,
    EDO_FIELD(google_api_http_rule, selector, .number = 1, .optional = true),
    EDO_FIELD(google_api_http_rule, get,
              .number = 2, .optional = true, EDO_ONEOF(google_api_http_rule, pattern)),
    EDO_FIELD(google_api_http_rule, put,
              .number = 3, .optional = true, EDO_ONEOF(google_api_http_rule, pattern)),
    EDO_FIELD(google_api_http_rule, post,
              .number = 4, .optional = true, EDO_ONEOF(google_api_http_rule, pattern)),
    EDO_FIELD(google_api_http_rule, delete_, EDO_AS("delete"),
              .number = 5, .optional = true, EDO_ONEOF(google_api_http_rule, pattern)),
    EDO_FIELD(google_api_http_rule, patch,
              .number = 6, .optional = true, EDO_ONEOF(google_api_http_rule, pattern)),
    EDO_FIELD(google_api_http_rule, body, .number = 7, .optional = true),
    EDO_FIELD_PTR_OF(google_api_http_rule, custom, google_api_custom_http_pattern_desc,
              .number = 8, .optional = true, EDO_ONEOF(google_api_http_rule, pattern)),
    EDO_FIELD_LIST_OF(google_api_http_rule, additional_bindings, additional_bindings_n, google_api_http_rule_desc,
              .number = 11, .optional = true),
    EDO_FIELD(google_api_http_rule, response_body, .number = 12, .optional = true),
    EDO_FIELD(google_api_http_rule, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_api_custom_http_pattern,
    EDO_FIELD(google_api_custom_http_pattern, kind, .number = 1, .optional = true),
    EDO_FIELD(google_api_custom_http_pattern, path, .number = 2, .optional = true),
    EDO_FIELD(google_api_custom_http_pattern, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef GOOGLE_API_HTTP_TYPES
#    error "two files make GOOGLE_API_HTTP_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define GOOGLE_API_HTTP_TYPES \
    { "google.api.Http", &google_api_http_desc }, \
    { "google.api.HttpRule", &google_api_http_rule_desc }, \
    { "google.api.CustomHttpPattern", &google_api_custom_http_pattern_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_google_api_http) = {
    10, 192, 4, 10, 21, 103, 111, 111, 103, 108, 101, 47, 97, 112, 105, 47, 104, 116, 116, 112,
    46, 112, 114, 111, 116, 111, 18, 10, 103, 111, 111, 103, 108, 101, 46, 97, 112, 105, 34, 121,
    10, 4, 72, 116, 116, 112, 18, 42, 10, 5, 114, 117, 108, 101, 115, 24, 1, 32, 3, 40,
    11, 50, 20, 46, 103, 111, 111, 103, 108, 101, 46, 97, 112, 105, 46, 72, 116, 116, 112, 82,
    117, 108, 101, 82, 5, 114, 117, 108, 101, 115, 18, 69, 10, 31, 102, 117, 108, 108, 121, 95,
    100, 101, 99, 111, 100, 101, 95, 114, 101, 115, 101, 114, 118, 101, 100, 95, 101, 120, 112, 97,
    110, 115, 105, 111, 110, 24, 2, 32, 1, 40, 8, 82, 28, 102, 117, 108, 108, 121, 68, 101,
    99, 111, 100, 101, 82, 101, 115, 101, 114, 118, 101, 100, 69, 120, 112, 97, 110, 115, 105, 111,
    110, 34, 218, 2, 10, 8, 72, 116, 116, 112, 82, 117, 108, 101, 18, 26, 10, 8, 115, 101,
    108, 101, 99, 116, 111, 114, 24, 1, 32, 1, 40, 9, 82, 8, 115, 101, 108, 101, 99, 116,
    111, 114, 18, 18, 10, 3, 103, 101, 116, 24, 2, 32, 1, 40, 9, 72, 0, 82, 3, 103,
    101, 116, 18, 18, 10, 3, 112, 117, 116, 24, 3, 32, 1, 40, 9, 72, 0, 82, 3, 112,
    117, 116, 18, 20, 10, 4, 112, 111, 115, 116, 24, 4, 32, 1, 40, 9, 72, 0, 82, 4,
    112, 111, 115, 116, 18, 24, 10, 6, 100, 101, 108, 101, 116, 101, 24, 5, 32, 1, 40, 9,
    72, 0, 82, 6, 100, 101, 108, 101, 116, 101, 18, 22, 10, 5, 112, 97, 116, 99, 104, 24,
    6, 32, 1, 40, 9, 72, 0, 82, 5, 112, 97, 116, 99, 104, 18, 55, 10, 6, 99, 117,
    115, 116, 111, 109, 24, 8, 32, 1, 40, 11, 50, 29, 46, 103, 111, 111, 103, 108, 101, 46,
    97, 112, 105, 46, 67, 117, 115, 116, 111, 109, 72, 116, 116, 112, 80, 97, 116, 116, 101, 114,
    110, 72, 0, 82, 6, 99, 117, 115, 116, 111, 109, 18, 18, 10, 4, 98, 111, 100, 121, 24,
    7, 32, 1, 40, 9, 82, 4, 98, 111, 100, 121, 18, 35, 10, 13, 114, 101, 115, 112, 111,
    110, 115, 101, 95, 98, 111, 100, 121, 24, 12, 32, 1, 40, 9, 82, 12, 114, 101, 115, 112,
    111, 110, 115, 101, 66, 111, 100, 121, 18, 69, 10, 19, 97, 100, 100, 105, 116, 105, 111, 110,
    97, 108, 95, 98, 105, 110, 100, 105, 110, 103, 115, 24, 11, 32, 3, 40, 11, 50, 20, 46,
    103, 111, 111, 103, 108, 101, 46, 97, 112, 105, 46, 72, 116, 116, 112, 82, 117, 108, 101, 82,
    18, 97, 100, 100, 105, 116, 105, 111, 110, 97, 108, 66, 105, 110, 100, 105, 110, 103, 115, 66,
    9, 10, 7, 112, 97, 116, 116, 101, 114, 110, 34, 59, 10, 17, 67, 117, 115, 116, 111, 109,
    72, 116, 116, 112, 80, 97, 116, 116, 101, 114, 110, 18, 18, 10, 4, 107, 105, 110, 100, 24,
    1, 32, 1, 40, 9, 82, 4, 107, 105, 110, 100, 18, 18, 10, 4, 112, 97, 116, 104, 24,
    2, 32, 1, 40, 9, 82, 4, 112, 97, 116, 104, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_google_api_http, NULL)

#endif
