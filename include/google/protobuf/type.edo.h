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

#endif
