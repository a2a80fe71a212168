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

#endif
