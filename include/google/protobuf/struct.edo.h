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

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_google_protobuf_struct) = {
    10, 226, 5, 10, 28, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116, 111, 98, 117, 102,
    47, 115, 116, 114, 117, 99, 116, 46, 112, 114, 111, 116, 111, 18, 15, 103, 111, 111, 103, 108,
    101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 34, 152, 1, 10, 6, 83, 116, 114, 117, 99,
    116, 18, 59, 10, 6, 102, 105, 101, 108, 100, 115, 24, 1, 32, 3, 40, 11, 50, 35, 46,
    103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 83, 116, 114, 117,
    99, 116, 46, 70, 105, 101, 108, 100, 115, 69, 110, 116, 114, 121, 82, 6, 102, 105, 101, 108,
    100, 115, 26, 81, 10, 11, 70, 105, 101, 108, 100, 115, 69, 110, 116, 114, 121, 18, 16, 10,
    3, 107, 101, 121, 24, 1, 32, 1, 40, 9, 82, 3, 107, 101, 121, 18, 44, 10, 5, 118,
    97, 108, 117, 101, 24, 2, 32, 1, 40, 11, 50, 22, 46, 103, 111, 111, 103, 108, 101, 46,
    112, 114, 111, 116, 111, 98, 117, 102, 46, 86, 97, 108, 117, 101, 82, 5, 118, 97, 108, 117,
    101, 58, 2, 56, 1, 34, 178, 2, 10, 5, 86, 97, 108, 117, 101, 18, 59, 10, 10, 110,
    117, 108, 108, 95, 118, 97, 108, 117, 101, 24, 1, 32, 1, 40, 14, 50, 26, 46, 103, 111,
    111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 78, 117, 108, 108, 86, 97,
    108, 117, 101, 72, 0, 82, 9, 110, 117, 108, 108, 86, 97, 108, 117, 101, 18, 35, 10, 12,
    110, 117, 109, 98, 101, 114, 95, 118, 97, 108, 117, 101, 24, 2, 32, 1, 40, 1, 72, 0,
    82, 11, 110, 117, 109, 98, 101, 114, 86, 97, 108, 117, 101, 18, 35, 10, 12, 115, 116, 114,
    105, 110, 103, 95, 118, 97, 108, 117, 101, 24, 3, 32, 1, 40, 9, 72, 0, 82, 11, 115,
    116, 114, 105, 110, 103, 86, 97, 108, 117, 101, 18, 31, 10, 10, 98, 111, 111, 108, 95, 118,
    97, 108, 117, 101, 24, 4, 32, 1, 40, 8, 72, 0, 82, 9, 98, 111, 111, 108, 86, 97,
    108, 117, 101, 18, 60, 10, 12, 115, 116, 114, 117, 99, 116, 95, 118, 97, 108, 117, 101, 24,
    5, 32, 1, 40, 11, 50, 23, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111,
    98, 117, 102, 46, 83, 116, 114, 117, 99, 116, 72, 0, 82, 11, 115, 116, 114, 117, 99, 116,
    86, 97, 108, 117, 101, 18, 59, 10, 10, 108, 105, 115, 116, 95, 118, 97, 108, 117, 101, 24,
    6, 32, 1, 40, 11, 50, 26, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111,
    98, 117, 102, 46, 76, 105, 115, 116, 86, 97, 108, 117, 101, 72, 0, 82, 9, 108, 105, 115,
    116, 86, 97, 108, 117, 101, 66, 6, 10, 4, 107, 105, 110, 100, 34, 59, 10, 9, 76, 105,
    115, 116, 86, 97, 108, 117, 101, 18, 46, 10, 6, 118, 97, 108, 117, 101, 115, 24, 1, 32,
    3, 40, 11, 50, 22, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117,
    102, 46, 86, 97, 108, 117, 101, 82, 6, 118, 97, 108, 117, 101, 115, 42, 27, 10, 9, 78,
    117, 108, 108, 86, 97, 108, 117, 101, 18, 14, 10, 10, 78, 85, 76, 76, 95, 86, 65, 76,
    85, 69, 16, 0, 66, 127, 10, 19, 99, 111, 109, 46, 103, 111, 111, 103, 108, 101, 46, 112,
    114, 111, 116, 111, 98, 117, 102, 66, 11, 83, 116, 114, 117, 99, 116, 80, 114, 111, 116, 111,
    80, 1, 90, 47, 103, 111, 111, 103, 108, 101, 46, 103, 111, 108, 97, 110, 103, 46, 111, 114,
    103, 47, 112, 114, 111, 116, 111, 98, 117, 102, 47, 116, 121, 112, 101, 115, 47, 107, 110, 111,
    119, 110, 47, 115, 116, 114, 117, 99, 116, 112, 98, 248, 1, 1, 162, 2, 3, 71, 80, 66,
    170, 2, 30, 71, 111, 111, 103, 108, 101, 46, 80, 114, 111, 116, 111, 98, 117, 102, 46, 87,
    101, 108, 108, 75, 110, 111, 119, 110, 84, 121, 112, 101, 115, 98, 6, 112, 114, 111, 116, 111,
    51,
};
EDO_PROTOBUF_FILE(edo_FILE_google_protobuf_struct, NULL)

#endif
