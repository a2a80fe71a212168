/* Made by protoc-gen-edo from google/protobuf/wrappers.proto: changes will be lost. */
#ifndef GOOGLE_PROTOBUF_WRAPPERS_EDO_H
#define GOOGLE_PROTOBUF_WRAPPERS_EDO_H

#include <edo/protobuf.h>

typedef struct google_protobuf_double_value google_protobuf_double_value;
typedef struct google_protobuf_float_value google_protobuf_float_value;
typedef struct google_protobuf_int64_value google_protobuf_int64_value;
typedef struct google_protobuf_u_int64_value google_protobuf_u_int64_value;
typedef struct google_protobuf_int32_value google_protobuf_int32_value;
typedef struct google_protobuf_u_int32_value google_protobuf_u_int32_value;
typedef struct google_protobuf_bool_value google_protobuf_bool_value;
typedef struct google_protobuf_string_value google_protobuf_string_value;
typedef struct google_protobuf_bytes_value google_protobuf_bytes_value;

/* google.protobuf.DoubleValue */
struct google_protobuf_double_value {
    double value;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.FloatValue */
struct google_protobuf_float_value {
    float value;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.Int64Value */
struct google_protobuf_int64_value {
    int64_t value;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.UInt64Value */
struct google_protobuf_u_int64_value {
    uint64_t value;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.Int32Value */
struct google_protobuf_int32_value {
    int32_t value;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.UInt32Value */
struct google_protobuf_u_int32_value {
    uint32_t value;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.BoolValue */
struct google_protobuf_bool_value {
    bool value;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.StringValue */
struct google_protobuf_string_value {
    edo_str value;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.BytesValue */
struct google_protobuf_bytes_value {
    edo_bytes value;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(google_protobuf_double_value)
EDO_DESCRIBED_LATER(google_protobuf_float_value)
EDO_DESCRIBED_LATER(google_protobuf_int64_value)
EDO_DESCRIBED_LATER(google_protobuf_u_int64_value)
EDO_DESCRIBED_LATER(google_protobuf_int32_value)
EDO_DESCRIBED_LATER(google_protobuf_u_int32_value)
EDO_DESCRIBED_LATER(google_protobuf_bool_value)
EDO_DESCRIBED_LATER(google_protobuf_string_value)
EDO_DESCRIBED_LATER(google_protobuf_bytes_value)

EDO_DESCRIBE(google_protobuf_double_value,
    EDO_FIELD(google_protobuf_double_value, value, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_double_value, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_float_value,
    EDO_FIELD(google_protobuf_float_value, value, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_float_value, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_int64_value,
    EDO_FIELD(google_protobuf_int64_value, value, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_int64_value, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_u_int64_value,
    EDO_FIELD(google_protobuf_u_int64_value, value, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_u_int64_value, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_int32_value,
    EDO_FIELD(google_protobuf_int32_value, value, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_int32_value, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_u_int32_value,
    EDO_FIELD(google_protobuf_u_int32_value, value, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_u_int32_value, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_bool_value,
    EDO_FIELD(google_protobuf_bool_value, value, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_bool_value, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_string_value,
    EDO_FIELD(google_protobuf_string_value, value, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_string_value, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_bytes_value,
    EDO_FIELD(google_protobuf_bytes_value, value, .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_bytes_value, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef GOOGLE_PROTOBUF_WRAPPERS_TYPES
#    error "two files make GOOGLE_PROTOBUF_WRAPPERS_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define GOOGLE_PROTOBUF_WRAPPERS_TYPES \
    { "google.protobuf.DoubleValue", &google_protobuf_double_value_desc }, \
    { "google.protobuf.FloatValue", &google_protobuf_float_value_desc }, \
    { "google.protobuf.Int64Value", &google_protobuf_int64_value_desc }, \
    { "google.protobuf.UInt64Value", &google_protobuf_u_int64_value_desc }, \
    { "google.protobuf.Int32Value", &google_protobuf_int32_value_desc }, \
    { "google.protobuf.UInt32Value", &google_protobuf_u_int32_value_desc }, \
    { "google.protobuf.BoolValue", &google_protobuf_bool_value_desc }, \
    { "google.protobuf.StringValue", &google_protobuf_string_value_desc }, \
    { "google.protobuf.BytesValue", &google_protobuf_bytes_value_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_google_protobuf_wrappers) = {
    10, 134, 4, 10, 30, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116, 111, 98, 117, 102,
    47, 119, 114, 97, 112, 112, 101, 114, 115, 46, 112, 114, 111, 116, 111, 18, 15, 103, 111, 111,
    103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 34, 35, 10, 11, 68, 111, 117, 98,
    108, 101, 86, 97, 108, 117, 101, 18, 20, 10, 5, 118, 97, 108, 117, 101, 24, 1, 32, 1,
    40, 1, 82, 5, 118, 97, 108, 117, 101, 34, 34, 10, 10, 70, 108, 111, 97, 116, 86, 97,
    108, 117, 101, 18, 20, 10, 5, 118, 97, 108, 117, 101, 24, 1, 32, 1, 40, 2, 82, 5,
    118, 97, 108, 117, 101, 34, 34, 10, 10, 73, 110, 116, 54, 52, 86, 97, 108, 117, 101, 18,
    20, 10, 5, 118, 97, 108, 117, 101, 24, 1, 32, 1, 40, 3, 82, 5, 118, 97, 108, 117,
    101, 34, 35, 10, 11, 85, 73, 110, 116, 54, 52, 86, 97, 108, 117, 101, 18, 20, 10, 5,
    118, 97, 108, 117, 101, 24, 1, 32, 1, 40, 4, 82, 5, 118, 97, 108, 117, 101, 34, 34,
    10, 10, 73, 110, 116, 51, 50, 86, 97, 108, 117, 101, 18, 20, 10, 5, 118, 97, 108, 117,
    101, 24, 1, 32, 1, 40, 5, 82, 5, 118, 97, 108, 117, 101, 34, 35, 10, 11, 85, 73,
    110, 116, 51, 50, 86, 97, 108, 117, 101, 18, 20, 10, 5, 118, 97, 108, 117, 101, 24, 1,
    32, 1, 40, 13, 82, 5, 118, 97, 108, 117, 101, 34, 33, 10, 9, 66, 111, 111, 108, 86,
    97, 108, 117, 101, 18, 20, 10, 5, 118, 97, 108, 117, 101, 24, 1, 32, 1, 40, 8, 82,
    5, 118, 97, 108, 117, 101, 34, 35, 10, 11, 83, 116, 114, 105, 110, 103, 86, 97, 108, 117,
    101, 18, 20, 10, 5, 118, 97, 108, 117, 101, 24, 1, 32, 1, 40, 9, 82, 5, 118, 97,
    108, 117, 101, 34, 34, 10, 10, 66, 121, 116, 101, 115, 86, 97, 108, 117, 101, 18, 20, 10,
    5, 118, 97, 108, 117, 101, 24, 1, 32, 1, 40, 12, 82, 5, 118, 97, 108, 117, 101, 66,
    131, 1, 10, 19, 99, 111, 109, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111,
    98, 117, 102, 66, 13, 87, 114, 97, 112, 112, 101, 114, 115, 80, 114, 111, 116, 111, 80, 1,
    90, 49, 103, 111, 111, 103, 108, 101, 46, 103, 111, 108, 97, 110, 103, 46, 111, 114, 103, 47,
    112, 114, 111, 116, 111, 98, 117, 102, 47, 116, 121, 112, 101, 115, 47, 107, 110, 111, 119, 110,
    47, 119, 114, 97, 112, 112, 101, 114, 115, 112, 98, 248, 1, 1, 162, 2, 3, 71, 80, 66,
    170, 2, 30, 71, 111, 111, 103, 108, 101, 46, 80, 114, 111, 116, 111, 98, 117, 102, 46, 87,
    101, 108, 108, 75, 110, 111, 119, 110, 84, 121, 112, 101, 115, 98, 6, 112, 114, 111, 116, 111,
    51,
};
EDO_PROTOBUF_FILE(edo_FILE_google_protobuf_wrappers, NULL)

#endif
