/* Made by protoc-gen-edo from google/protobuf/type.proto: changes will be lost. */
#ifndef GOOGLE_PROTOBUF_TYPE_EDO_H
#define GOOGLE_PROTOBUF_TYPE_EDO_H

#include <edo/protobuf.h>

#include "google/protobuf/any.edo.h"
#include "google/protobuf/source_context.edo.h"

typedef enum google_protobuf_syntax {
    GOOGLE_PROTOBUF_SYNTAX_PROTO2 = 0,
    GOOGLE_PROTOBUF_SYNTAX_PROTO3 = 1,
} google_protobuf_syntax;
EDO_DESCRIBE_ENUM(google_protobuf_syntax,
    EDO_UNIT(GOOGLE_PROTOBUF_SYNTAX_PROTO2, "SYNTAX_PROTO2"),
    EDO_UNIT(GOOGLE_PROTOBUF_SYNTAX_PROTO3, "SYNTAX_PROTO3"))

typedef enum google_protobuf_field_kind {
    GOOGLE_PROTOBUF_FIELD_TYPE_UNKNOWN = 0,
    GOOGLE_PROTOBUF_FIELD_TYPE_DOUBLE = 1,
    GOOGLE_PROTOBUF_FIELD_TYPE_FLOAT = 2,
    GOOGLE_PROTOBUF_FIELD_TYPE_INT64 = 3,
    GOOGLE_PROTOBUF_FIELD_TYPE_UINT64 = 4,
    GOOGLE_PROTOBUF_FIELD_TYPE_INT32 = 5,
    GOOGLE_PROTOBUF_FIELD_TYPE_FIXED64 = 6,
    GOOGLE_PROTOBUF_FIELD_TYPE_FIXED32 = 7,
    GOOGLE_PROTOBUF_FIELD_TYPE_BOOL = 8,
    GOOGLE_PROTOBUF_FIELD_TYPE_STRING = 9,
    GOOGLE_PROTOBUF_FIELD_TYPE_GROUP = 10,
    GOOGLE_PROTOBUF_FIELD_TYPE_MESSAGE = 11,
    GOOGLE_PROTOBUF_FIELD_TYPE_BYTES = 12,
    GOOGLE_PROTOBUF_FIELD_TYPE_UINT32 = 13,
    GOOGLE_PROTOBUF_FIELD_TYPE_ENUM = 14,
    GOOGLE_PROTOBUF_FIELD_TYPE_SFIXED32 = 15,
    GOOGLE_PROTOBUF_FIELD_TYPE_SFIXED64 = 16,
    GOOGLE_PROTOBUF_FIELD_TYPE_SINT32 = 17,
    GOOGLE_PROTOBUF_FIELD_TYPE_SINT64 = 18,
} google_protobuf_field_kind;
EDO_DESCRIBE_ENUM(google_protobuf_field_kind,
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_UNKNOWN, "TYPE_UNKNOWN"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_DOUBLE, "TYPE_DOUBLE"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_FLOAT, "TYPE_FLOAT"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_INT64, "TYPE_INT64"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_UINT64, "TYPE_UINT64"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_INT32, "TYPE_INT32"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_FIXED64, "TYPE_FIXED64"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_FIXED32, "TYPE_FIXED32"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_BOOL, "TYPE_BOOL"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_STRING, "TYPE_STRING"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_GROUP, "TYPE_GROUP"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_MESSAGE, "TYPE_MESSAGE"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_BYTES, "TYPE_BYTES"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_UINT32, "TYPE_UINT32"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_ENUM, "TYPE_ENUM"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_SFIXED32, "TYPE_SFIXED32"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_SFIXED64, "TYPE_SFIXED64"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_SINT32, "TYPE_SINT32"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_TYPE_SINT64, "TYPE_SINT64"))

typedef enum google_protobuf_field_cardinality {
    GOOGLE_PROTOBUF_FIELD_CARDINALITY_UNKNOWN = 0,
    GOOGLE_PROTOBUF_FIELD_CARDINALITY_OPTIONAL = 1,
    GOOGLE_PROTOBUF_FIELD_CARDINALITY_REQUIRED = 2,
    GOOGLE_PROTOBUF_FIELD_CARDINALITY_REPEATED = 3,
} google_protobuf_field_cardinality;
EDO_DESCRIBE_ENUM(google_protobuf_field_cardinality,
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_CARDINALITY_UNKNOWN, "CARDINALITY_UNKNOWN"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_CARDINALITY_OPTIONAL, "CARDINALITY_OPTIONAL"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_CARDINALITY_REQUIRED, "CARDINALITY_REQUIRED"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_CARDINALITY_REPEATED, "CARDINALITY_REPEATED"))

typedef struct google_protobuf_type google_protobuf_type;
typedef struct google_protobuf_field google_protobuf_field;
typedef struct google_protobuf_enum google_protobuf_enum;
typedef struct google_protobuf_enum_value google_protobuf_enum_value;
typedef struct google_protobuf_option google_protobuf_option;

/* google.protobuf.Type */
struct google_protobuf_type {
    edo_str name;
    google_protobuf_field *fields;
    size_t fields_n;
    edo_str *oneofs;
    size_t oneofs_n;
    google_protobuf_option *options;
    size_t options_n;
    google_protobuf_source_context *source_context;
    google_protobuf_syntax syntax;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.Field */
struct google_protobuf_field {
    google_protobuf_field_kind kind;
    google_protobuf_field_cardinality cardinality;
    int32_t number;
    edo_str name;
    edo_str type_url;
    int32_t oneof_index;
    bool packed;
    google_protobuf_option *options;
    size_t options_n;
    edo_str json_name;
    edo_str default_value;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.Enum */
struct google_protobuf_enum {
    edo_str name;
    google_protobuf_enum_value *enumvalue;
    size_t enumvalue_n;
    google_protobuf_option *options;
    size_t options_n;
    google_protobuf_source_context *source_context;
    google_protobuf_syntax syntax;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.EnumValue */
struct google_protobuf_enum_value {
    edo_str name;
    int32_t number;
    google_protobuf_option *options;
    size_t options_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.Option */
struct google_protobuf_option {
    edo_str name;
    google_protobuf_any *value;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(google_protobuf_type)
EDO_DESCRIBED_LATER(google_protobuf_field)
EDO_DESCRIBED_LATER(google_protobuf_enum)
EDO_DESCRIBED_LATER(google_protobuf_enum_value)
EDO_DESCRIBED_LATER(google_protobuf_option)

EDO_DESCRIBE(google_protobuf_type,
    EDO_FIELD(google_protobuf_type, name, .number = 1, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_type, fields, fields_n, google_protobuf_field_desc,
              .number = 2, .optional = true),
    EDO_FIELD_LIST(google_protobuf_type, oneofs, oneofs_n, .number = 3, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_type, options, options_n, google_protobuf_option_desc,
              .number = 4, .optional = true),
    EDO_FIELD_PTR_OF(google_protobuf_type, source_context, google_protobuf_source_context_desc,
              .number = 5, .optional = true),
    EDO_FIELD_OF(google_protobuf_type, syntax, google_protobuf_syntax_desc,
              .number = 6, .optional = true),
    EDO_FIELD(google_protobuf_type, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_field,
    EDO_FIELD_OF(google_protobuf_field, kind, google_protobuf_field_kind_desc,
              .number = 1, .optional = true),
    EDO_FIELD_OF(google_protobuf_field, cardinality, google_protobuf_field_cardinality_desc,
              .number = 2, .optional = true),
    EDO_FIELD(google_protobuf_field, number, .number = 3, .optional = true),
    EDO_FIELD(google_protobuf_field, name, .number = 4, .optional = true),
    EDO_FIELD(google_protobuf_field, type_url, .number = 6, .optional = true),
    EDO_FIELD(google_protobuf_field, oneof_index, .number = 7, .optional = true),
    EDO_FIELD(google_protobuf_field, packed, .number = 8, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_field, options, options_n, google_protobuf_option_desc,
              .number = 9, .optional = true),
    EDO_FIELD(google_protobuf_field, json_name, .number = 10, .optional = true),
    EDO_FIELD(google_protobuf_field, default_value, .number = 11, .optional = true),
    EDO_FIELD(google_protobuf_field, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_enum,
    EDO_FIELD(google_protobuf_enum, name, .number = 1, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_enum, enumvalue, enumvalue_n, google_protobuf_enum_value_desc,
              .number = 2, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_enum, options, options_n, google_protobuf_option_desc,
              .number = 3, .optional = true),
    EDO_FIELD_PTR_OF(google_protobuf_enum, source_context, google_protobuf_source_context_desc,
              .number = 4, .optional = true),
    EDO_FIELD_OF(google_protobuf_enum, syntax, google_protobuf_syntax_desc,
              .number = 5, .optional = true),
    EDO_FIELD(google_protobuf_enum, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_enum_value,
    EDO_FIELD(google_protobuf_enum_value, name, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_enum_value, number, .number = 2, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_enum_value, options, options_n, google_protobuf_option_desc,
              .number = 3, .optional = true),
    EDO_FIELD(google_protobuf_enum_value, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_option,
    EDO_FIELD(google_protobuf_option, name, .number = 1, .optional = true),
    EDO_FIELD_PTR_OF(google_protobuf_option, value, google_protobuf_any_desc,
              .number = 2, .optional = true),
    EDO_FIELD(google_protobuf_option, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef GOOGLE_PROTOBUF_TYPE_TYPES
#    error "two files make GOOGLE_PROTOBUF_TYPE_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define GOOGLE_PROTOBUF_TYPE_TYPES \
    { "google.protobuf.Type", &google_protobuf_type_desc }, \
    { "google.protobuf.Field", &google_protobuf_field_desc }, \
    { "google.protobuf.Enum", &google_protobuf_enum_desc }, \
    { "google.protobuf.EnumValue", &google_protobuf_enum_value_desc }, \
    { "google.protobuf.Option", &google_protobuf_option_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_google_protobuf_type) = {
    10, 162, 14, 10, 26, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116, 111, 98, 117, 102,
    47, 116, 121, 112, 101, 46, 112, 114, 111, 116, 111, 18, 15, 103, 111, 111, 103, 108, 101, 46,
    112, 114, 111, 116, 111, 98, 117, 102, 26, 25, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111,
    116, 111, 98, 117, 102, 47, 97, 110, 121, 46, 112, 114, 111, 116, 111, 26, 36, 103, 111, 111,
    103, 108, 101, 47, 112, 114, 111, 116, 111, 98, 117, 102, 47, 115, 111, 117, 114, 99, 101, 95,
    99, 111, 110, 116, 101, 120, 116, 46, 112, 114, 111, 116, 111, 34, 141, 2, 10, 4, 84, 121,
    112, 101, 18, 18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110, 97,
    109, 101, 18, 46, 10, 6, 102, 105, 101, 108, 100, 115, 24, 2, 32, 3, 40, 11, 50, 22,
    46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 70, 105, 101,
    108, 100, 82, 6, 102, 105, 101, 108, 100, 115, 18, 22, 10, 6, 111, 110, 101, 111, 102, 115,
    24, 3, 32, 3, 40, 9, 82, 6, 111, 110, 101, 111, 102, 115, 18, 49, 10, 7, 111, 112,
    116, 105, 111, 110, 115, 24, 4, 32, 3, 40, 11, 50, 23, 46, 103, 111, 111, 103, 108, 101,
    46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 79, 112, 116, 105, 111, 110, 82, 7, 111, 112,
    116, 105, 111, 110, 115, 18, 69, 10, 14, 115, 111, 117, 114, 99, 101, 95, 99, 111, 110, 116,
    101, 120, 116, 24, 5, 32, 1, 40, 11, 50, 30, 46, 103, 111, 111, 103, 108, 101, 46, 112,
    114, 111, 116, 111, 98, 117, 102, 46, 83, 111, 117, 114, 99, 101, 67, 111, 110, 116, 101, 120,
    116, 82, 13, 115, 111, 117, 114, 99, 101, 67, 111, 110, 116, 101, 120, 116, 18, 47, 10, 6,
    115, 121, 110, 116, 97, 120, 24, 6, 32, 1, 40, 14, 50, 23, 46, 103, 111, 111, 103, 108,
    101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 83, 121, 110, 116, 97, 120, 82, 6, 115,
    121, 110, 116, 97, 120, 34, 180, 6, 10, 5, 70, 105, 101, 108, 100, 18, 47, 10, 4, 107,
    105, 110, 100, 24, 1, 32, 1, 40, 14, 50, 27, 46, 103, 111, 111, 103, 108, 101, 46, 112,
    114, 111, 116, 111, 98, 117, 102, 46, 70, 105, 101, 108, 100, 46, 75, 105, 110, 100, 82, 4,
    107, 105, 110, 100, 18, 68, 10, 11, 99, 97, 114, 100, 105, 110, 97, 108, 105, 116, 121, 24,
    2, 32, 1, 40, 14, 50, 34, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111,
    98, 117, 102, 46, 70, 105, 101, 108, 100, 46, 67, 97, 114, 100, 105, 110, 97, 108, 105, 116,
    121, 82, 11, 99, 97, 114, 100, 105, 110, 97, 108, 105, 116, 121, 18, 22, 10, 6, 110, 117,
    109, 98, 101, 114, 24, 3, 32, 1, 40, 5, 82, 6, 110, 117, 109, 98, 101, 114, 18, 18,
    10, 4, 110, 97, 109, 101, 24, 4, 32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 18, 25,
    10, 8, 116, 121, 112, 101, 95, 117, 114, 108, 24, 6, 32, 1, 40, 9, 82, 7, 116, 121,
    112, 101, 85, 114, 108, 18, 31, 10, 11, 111, 110, 101, 111, 102, 95, 105, 110, 100, 101, 120,
    24, 7, 32, 1, 40, 5, 82, 10, 111, 110, 101, 111, 102, 73, 110, 100, 101, 120, 18, 22,
    10, 6, 112, 97, 99, 107, 101, 100, 24, 8, 32, 1, 40, 8, 82, 6, 112, 97, 99, 107,
    101, 100, 18, 49, 10, 7, 111, 112, 116, 105, 111, 110, 115, 24, 9, 32, 3, 40, 11, 50,
    23, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 79, 112,
    116, 105, 111, 110, 82, 7, 111, 112, 116, 105, 111, 110, 115, 18, 27, 10, 9, 106, 115, 111,
    110, 95, 110, 97, 109, 101, 24, 10, 32, 1, 40, 9, 82, 8, 106, 115, 111, 110, 78, 97,
    109, 101, 18, 35, 10, 13, 100, 101, 102, 97, 117, 108, 116, 95, 118, 97, 108, 117, 101, 24,
    11, 32, 1, 40, 9, 82, 12, 100, 101, 102, 97, 117, 108, 116, 86, 97, 108, 117, 101, 34,
    200, 2, 10, 4, 75, 105, 110, 100, 18, 16, 10, 12, 84, 89, 80, 69, 95, 85, 78, 75,
    78, 79, 87, 78, 16, 0, 18, 15, 10, 11, 84, 89, 80, 69, 95, 68, 79, 85, 66, 76,
    69, 16, 1, 18, 14, 10, 10, 84, 89, 80, 69, 95, 70, 76, 79, 65, 84, 16, 2, 18,
    14, 10, 10, 84, 89, 80, 69, 95, 73, 78, 84, 54, 52, 16, 3, 18, 15, 10, 11, 84,
    89, 80, 69, 95, 85, 73, 78, 84, 54, 52, 16, 4, 18, 14, 10, 10, 84, 89, 80, 69,
    95, 73, 78, 84, 51, 50, 16, 5, 18, 16, 10, 12, 84, 89, 80, 69, 95, 70, 73, 88,
    69, 68, 54, 52, 16, 6, 18, 16, 10, 12, 84, 89, 80, 69, 95, 70, 73, 88, 69, 68,
    51, 50, 16, 7, 18, 13, 10, 9, 84, 89, 80, 69, 95, 66, 79, 79, 76, 16, 8, 18,
    15, 10, 11, 84, 89, 80, 69, 95, 83, 84, 82, 73, 78, 71, 16, 9, 18, 14, 10, 10,
    84, 89, 80, 69, 95, 71, 82, 79, 85, 80, 16, 10, 18, 16, 10, 12, 84, 89, 80, 69,
    95, 77, 69, 83, 83, 65, 71, 69, 16, 11, 18, 14, 10, 10, 84, 89, 80, 69, 95, 66,
    89, 84, 69, 83, 16, 12, 18, 15, 10, 11, 84, 89, 80, 69, 95, 85, 73, 78, 84, 51,
    50, 16, 13, 18, 13, 10, 9, 84, 89, 80, 69, 95, 69, 78, 85, 77, 16, 14, 18, 17,
    10, 13, 84, 89, 80, 69, 95, 83, 70, 73, 88, 69, 68, 51, 50, 16, 15, 18, 17, 10,
    13, 84, 89, 80, 69, 95, 83, 70, 73, 88, 69, 68, 54, 52, 16, 16, 18, 15, 10, 11,
    84, 89, 80, 69, 95, 83, 73, 78, 84, 51, 50, 16, 17, 18, 15, 10, 11, 84, 89, 80,
    69, 95, 83, 73, 78, 84, 54, 52, 16, 18, 34, 116, 10, 11, 67, 97, 114, 100, 105, 110,
    97, 108, 105, 116, 121, 18, 23, 10, 19, 67, 65, 82, 68, 73, 78, 65, 76, 73, 84, 89,
    95, 85, 78, 75, 78, 79, 87, 78, 16, 0, 18, 24, 10, 20, 67, 65, 82, 68, 73, 78,
    65, 76, 73, 84, 89, 95, 79, 80, 84, 73, 79, 78, 65, 76, 16, 1, 18, 24, 10, 20,
    67, 65, 82, 68, 73, 78, 65, 76, 73, 84, 89, 95, 82, 69, 81, 85, 73, 82, 69, 68,
    16, 2, 18, 24, 10, 20, 67, 65, 82, 68, 73, 78, 65, 76, 73, 84, 89, 95, 82, 69,
    80, 69, 65, 84, 69, 68, 16, 3, 34, 255, 1, 10, 4, 69, 110, 117, 109, 18, 18, 10,
    4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 18, 56, 10,
    9, 101, 110, 117, 109, 118, 97, 108, 117, 101, 24, 2, 32, 3, 40, 11, 50, 26, 46, 103,
    111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 69, 110, 117, 109, 86,
    97, 108, 117, 101, 82, 9, 101, 110, 117, 109, 118, 97, 108, 117, 101, 18, 49, 10, 7, 111,
    112, 116, 105, 111, 110, 115, 24, 3, 32, 3, 40, 11, 50, 23, 46, 103, 111, 111, 103, 108,
    101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 79, 112, 116, 105, 111, 110, 82, 7, 111,
    112, 116, 105, 111, 110, 115, 18, 69, 10, 14, 115, 111, 117, 114, 99, 101, 95, 99, 111, 110,
    116, 101, 120, 116, 24, 4, 32, 1, 40, 11, 50, 30, 46, 103, 111, 111, 103, 108, 101, 46,
    112, 114, 111, 116, 111, 98, 117, 102, 46, 83, 111, 117, 114, 99, 101, 67, 111, 110, 116, 101,
    120, 116, 82, 13, 115, 111, 117, 114, 99, 101, 67, 111, 110, 116, 101, 120, 116, 18, 47, 10,
    6, 115, 121, 110, 116, 97, 120, 24, 5, 32, 1, 40, 14, 50, 23, 46, 103, 111, 111, 103,
    108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 83, 121, 110, 116, 97, 120, 82, 6,
    115, 121, 110, 116, 97, 120, 34, 106, 10, 9, 69, 110, 117, 109, 86, 97, 108, 117, 101, 18,
    18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 18,
    22, 10, 6, 110, 117, 109, 98, 101, 114, 24, 2, 32, 1, 40, 5, 82, 6, 110, 117, 109,
    98, 101, 114, 18, 49, 10, 7, 111, 112, 116, 105, 111, 110, 115, 24, 3, 32, 3, 40, 11,
    50, 23, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 79,
    112, 116, 105, 111, 110, 82, 7, 111, 112, 116, 105, 111, 110, 115, 34, 72, 10, 6, 79, 112,
    116, 105, 111, 110, 18, 18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4,
    110, 97, 109, 101, 18, 42, 10, 5, 118, 97, 108, 117, 101, 24, 2, 32, 1, 40, 11, 50,
    20, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 65, 110,
    121, 82, 5, 118, 97, 108, 117, 101, 42, 46, 10, 6, 83, 121, 110, 116, 97, 120, 18, 17,
    10, 13, 83, 89, 78, 84, 65, 88, 95, 80, 82, 79, 84, 79, 50, 16, 0, 18, 17, 10,
    13, 83, 89, 78, 84, 65, 88, 95, 80, 82, 79, 84, 79, 51, 16, 1, 66, 123, 10, 19,
    99, 111, 109, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 66,
    9, 84, 121, 112, 101, 80, 114, 111, 116, 111, 80, 1, 90, 45, 103, 111, 111, 103, 108, 101,
    46, 103, 111, 108, 97, 110, 103, 46, 111, 114, 103, 47, 112, 114, 111, 116, 111, 98, 117, 102,
    47, 116, 121, 112, 101, 115, 47, 107, 110, 111, 119, 110, 47, 116, 121, 112, 101, 112, 98, 248,
    1, 1, 162, 2, 3, 71, 80, 66, 170, 2, 30, 71, 111, 111, 103, 108, 101, 46, 80, 114,
    111, 116, 111, 98, 117, 102, 46, 87, 101, 108, 108, 75, 110, 111, 119, 110, 84, 121, 112, 101,
    115, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_google_protobuf_type, &edo_FILE_google_protobuf_any, &edo_FILE_google_protobuf_source_context_04a28f3c, NULL)

#endif
