/* Made by protoc-gen-edo from google/protobuf/struct.proto: changes will be lost. */
#ifndef GOOGLE_PROTOBUF_STRUCT_EDO_H
#define GOOGLE_PROTOBUF_STRUCT_EDO_H

#include <edo/protobuf.h>

typedef enum google_protobuf_null_value {
    GOOGLE_PROTOBUF_NULL_VALUE = 0,
} google_protobuf_null_value;
EDO_DESCRIBE_ENUM(google_protobuf_null_value,
    EDO_UNIT(GOOGLE_PROTOBUF_NULL_VALUE, "NULL_VALUE"))

typedef struct google_protobuf_struct google_protobuf_struct;
typedef struct google_protobuf_value google_protobuf_value;
typedef struct google_protobuf_list_value google_protobuf_list_value;
typedef struct google_protobuf_struct_fields_entry google_protobuf_struct_fields_entry;

/* google.protobuf.Struct */
struct google_protobuf_struct {
    google_protobuf_struct_fields_entry *fields;
    size_t fields_n;
    edo_str unknown; /* what this description has not, as it came */
};

enum {
    GOOGLE_PROTOBUF_VALUE_KIND_NULL_VALUE = 1,
    GOOGLE_PROTOBUF_VALUE_KIND_NUMBER_VALUE = 2,
    GOOGLE_PROTOBUF_VALUE_KIND_STRING_VALUE = 3,
    GOOGLE_PROTOBUF_VALUE_KIND_BOOL_VALUE = 4,
    GOOGLE_PROTOBUF_VALUE_KIND_STRUCT_VALUE = 5,
    GOOGLE_PROTOBUF_VALUE_KIND_LIST_VALUE = 6,
};

/* google.protobuf.Value */
struct google_protobuf_value {
    uint32_t kind; /* which of these is there; 0: none */
    union {
        google_protobuf_null_value null_value;
        double number_value;
        edo_str string_value;
        bool bool_value;
        google_protobuf_struct *struct_value;
        google_protobuf_list_value *list_value;
    };
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.ListValue */
struct google_protobuf_list_value {
    google_protobuf_value *values;
    size_t values_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.Struct.FieldsEntry */
struct google_protobuf_struct_fields_entry {
    edo_str key;
    google_protobuf_value value;
};

EDO_DESCRIBED_LATER(google_protobuf_struct)
EDO_DESCRIBED_LATER(google_protobuf_value)
EDO_DESCRIBED_LATER(google_protobuf_list_value)
EDO_DESCRIBED_LATER(google_protobuf_struct_fields_entry)

EDO_DESCRIBE(google_protobuf_struct,
    EDO_FIELD_LIST_OF(google_protobuf_struct, fields, fields_n, google_protobuf_struct_fields_entry_desc,
              .number = 1, .map = true, .optional = true),
    EDO_FIELD(google_protobuf_struct, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_value,
    EDO_FIELD_OF(google_protobuf_value, null_value, google_protobuf_null_value_desc,
              .number = 1, .optional = true, EDO_ONEOF(google_protobuf_value, kind)),
    EDO_FIELD(google_protobuf_value, number_value,
              .number = 2, .optional = true, EDO_ONEOF(google_protobuf_value, kind)),
    EDO_FIELD(google_protobuf_value, string_value,
              .number = 3, .optional = true, EDO_ONEOF(google_protobuf_value, kind)),
    EDO_FIELD(google_protobuf_value, bool_value,
              .number = 4, .optional = true, EDO_ONEOF(google_protobuf_value, kind)),
    EDO_FIELD_PTR_OF(google_protobuf_value, struct_value, google_protobuf_struct_desc,
              .number = 5, .optional = true, EDO_ONEOF(google_protobuf_value, kind)),
    EDO_FIELD_PTR_OF(google_protobuf_value, list_value, google_protobuf_list_value_desc,
              .number = 6, .optional = true, EDO_ONEOF(google_protobuf_value, kind)),
    EDO_FIELD(google_protobuf_value, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_list_value,
    EDO_FIELD_LIST_OF(google_protobuf_list_value, values, values_n, google_protobuf_value_desc,
              .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_list_value, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_struct_fields_entry,
    EDO_FIELD(google_protobuf_struct_fields_entry, key, .number = 1),
    EDO_FIELD_OF(google_protobuf_struct_fields_entry, value, google_protobuf_value_desc,
              .number = 2))

#ifdef GOOGLE_PROTOBUF_STRUCT_TYPES
#    error "two files make GOOGLE_PROTOBUF_STRUCT_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define GOOGLE_PROTOBUF_STRUCT_TYPES \
    { "google.protobuf.Struct", &google_protobuf_struct_desc }, \
    { "google.protobuf.Value", &google_protobuf_value_desc }, \
    { "google.protobuf.ListValue", &google_protobuf_list_value_desc }

#endif
