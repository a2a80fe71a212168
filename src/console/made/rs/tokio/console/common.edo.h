/* Made by protoc-gen-edo from rs/tokio/console/common.proto: changes will be lost. */
#ifndef RS_TOKIO_CONSOLE_COMMON_EDO_H
#define RS_TOKIO_CONSOLE_COMMON_EDO_H

#include <edo/protobuf.h>

#include "google/protobuf/duration.edo.h"
#include "google/protobuf/timestamp.edo.h"

typedef enum rs_tokio_console_common_metadata_kind {
    RS_TOKIO_CONSOLE_COMMON_METADATA_SPAN = 0,
    RS_TOKIO_CONSOLE_COMMON_METADATA_EVENT = 1,
} rs_tokio_console_common_metadata_kind;
EDO_DESCRIBE_ENUM(rs_tokio_console_common_metadata_kind,
    EDO_UNIT(RS_TOKIO_CONSOLE_COMMON_METADATA_SPAN, "SPAN"),
    EDO_UNIT(RS_TOKIO_CONSOLE_COMMON_METADATA_EVENT, "EVENT"))

typedef enum rs_tokio_console_common_metadata_level {
    RS_TOKIO_CONSOLE_COMMON_METADATA_ERROR = 0,
    RS_TOKIO_CONSOLE_COMMON_METADATA_WARN = 1,
    RS_TOKIO_CONSOLE_COMMON_METADATA_INFO = 2,
    RS_TOKIO_CONSOLE_COMMON_METADATA_DEBUG = 3,
    RS_TOKIO_CONSOLE_COMMON_METADATA_TRACE = 4,
} rs_tokio_console_common_metadata_level;
EDO_DESCRIBE_ENUM(rs_tokio_console_common_metadata_level,
    EDO_UNIT(RS_TOKIO_CONSOLE_COMMON_METADATA_ERROR, "ERROR"),
    EDO_UNIT(RS_TOKIO_CONSOLE_COMMON_METADATA_WARN, "WARN"),
    EDO_UNIT(RS_TOKIO_CONSOLE_COMMON_METADATA_INFO, "INFO"),
    EDO_UNIT(RS_TOKIO_CONSOLE_COMMON_METADATA_DEBUG, "DEBUG"),
    EDO_UNIT(RS_TOKIO_CONSOLE_COMMON_METADATA_TRACE, "TRACE"))

typedef struct rs_tokio_console_common_id rs_tokio_console_common_id;
typedef struct rs_tokio_console_common_location rs_tokio_console_common_location;
typedef struct rs_tokio_console_common_meta_id rs_tokio_console_common_meta_id;
typedef struct rs_tokio_console_common_span_id rs_tokio_console_common_span_id;
typedef struct rs_tokio_console_common_field rs_tokio_console_common_field;
typedef struct rs_tokio_console_common_metadata rs_tokio_console_common_metadata;
typedef struct rs_tokio_console_common_register_metadata rs_tokio_console_common_register_metadata;
typedef struct rs_tokio_console_common_register_metadata_new_metadata rs_tokio_console_common_register_metadata_new_metadata;
typedef struct rs_tokio_console_common_poll_stats rs_tokio_console_common_poll_stats;
typedef struct rs_tokio_console_common_attribute rs_tokio_console_common_attribute;

/* rs.tokio.console.common.Id */
struct rs_tokio_console_common_id {
    uint64_t id;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.common.Location */
struct rs_tokio_console_common_location {
    edo_str file;
    bool has_file;
    edo_str module_path;
    bool has_module_path;
    uint32_t line;
    bool has_line;
    uint32_t column;
    bool has_column;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.common.MetaId */
struct rs_tokio_console_common_meta_id {
    uint64_t id;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.common.SpanId */
struct rs_tokio_console_common_span_id {
    uint64_t id;
    edo_str unknown; /* what this description has not, as it came */
};

enum {
    RS_TOKIO_CONSOLE_COMMON_FIELD_NAME_STR_NAME = 1,
    RS_TOKIO_CONSOLE_COMMON_FIELD_NAME_NAME_IDX = 2,
    RS_TOKIO_CONSOLE_COMMON_FIELD_VALUE_DEBUG_VAL = 3,
    RS_TOKIO_CONSOLE_COMMON_FIELD_VALUE_STR_VAL = 4,
    RS_TOKIO_CONSOLE_COMMON_FIELD_VALUE_U64_VAL = 5,
    RS_TOKIO_CONSOLE_COMMON_FIELD_VALUE_I64_VAL = 6,
    RS_TOKIO_CONSOLE_COMMON_FIELD_VALUE_BOOL_VAL = 7,
};

/* rs.tokio.console.common.Field */
struct rs_tokio_console_common_field {
    uint32_t name; /* which of these is there; 0: none */
    union {
        edo_str str_name;
        uint64_t name_idx;
    };
    uint32_t value; /* which of these is there; 0: none */
    union {
        edo_str debug_val;
        edo_str str_val;
        uint64_t u64_val;
        int64_t i64_val;
        bool bool_val;
    };
    rs_tokio_console_common_meta_id *metadata_id;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.common.Metadata */
struct rs_tokio_console_common_metadata {
    edo_str name;
    edo_str target;
    edo_str module_path;
    rs_tokio_console_common_location *location;
    rs_tokio_console_common_metadata_kind kind;
    rs_tokio_console_common_metadata_level level;
    edo_str *field_names;
    size_t field_names_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.common.RegisterMetadata */
struct rs_tokio_console_common_register_metadata {
    rs_tokio_console_common_register_metadata_new_metadata *metadata;
    size_t metadata_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.common.RegisterMetadata.NewMetadata */
struct rs_tokio_console_common_register_metadata_new_metadata {
    rs_tokio_console_common_meta_id *id;
    rs_tokio_console_common_metadata *metadata;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.common.PollStats */
struct rs_tokio_console_common_poll_stats {
    uint64_t polls;
    google_protobuf_timestamp *first_poll;
    google_protobuf_timestamp *last_poll_started;
    google_protobuf_timestamp *last_poll_ended;
    google_protobuf_duration *busy_time;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.common.Attribute */
struct rs_tokio_console_common_attribute {
    rs_tokio_console_common_field *field;
    edo_str unit;
    bool has_unit;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(rs_tokio_console_common_id)
EDO_DESCRIBED_LATER(rs_tokio_console_common_location)
EDO_DESCRIBED_LATER(rs_tokio_console_common_meta_id)
EDO_DESCRIBED_LATER(rs_tokio_console_common_span_id)
EDO_DESCRIBED_LATER(rs_tokio_console_common_field)
EDO_DESCRIBED_LATER(rs_tokio_console_common_metadata)
EDO_DESCRIBED_LATER(rs_tokio_console_common_register_metadata)
EDO_DESCRIBED_LATER(rs_tokio_console_common_register_metadata_new_metadata)
EDO_DESCRIBED_LATER(rs_tokio_console_common_poll_stats)
EDO_DESCRIBED_LATER(rs_tokio_console_common_attribute)

EDO_DESCRIBE(rs_tokio_console_common_id,
    EDO_FIELD(rs_tokio_console_common_id, id, .number = 1, .optional = true),
    EDO_FIELD(rs_tokio_console_common_id, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_common_location,
    EDO_FIELD(rs_tokio_console_common_location, file,
              .number = 1, .optional = true, EDO_HAS(rs_tokio_console_common_location, has_file)),
    EDO_FIELD(rs_tokio_console_common_location, module_path,
              .number = 2, .optional = true, EDO_HAS(rs_tokio_console_common_location, has_module_path)),
    EDO_FIELD(rs_tokio_console_common_location, line,
              .number = 3, .optional = true, EDO_HAS(rs_tokio_console_common_location, has_line)),
    EDO_FIELD(rs_tokio_console_common_location, column,
              .number = 4, .optional = true, EDO_HAS(rs_tokio_console_common_location, has_column)),
    EDO_FIELD(rs_tokio_console_common_location, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_common_meta_id,
    EDO_FIELD(rs_tokio_console_common_meta_id, id, .number = 1, .optional = true),
    EDO_FIELD(rs_tokio_console_common_meta_id, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_common_span_id,
    EDO_FIELD(rs_tokio_console_common_span_id, id, .number = 1, .optional = true),
    EDO_FIELD(rs_tokio_console_common_span_id, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_common_field,
    EDO_FIELD(rs_tokio_console_common_field, str_name,
              .number = 1, .optional = true, EDO_ONEOF(rs_tokio_console_common_field, name)),
    EDO_FIELD(rs_tokio_console_common_field, name_idx,
              .number = 2, .optional = true, EDO_ONEOF(rs_tokio_console_common_field, name)),
    EDO_FIELD(rs_tokio_console_common_field, debug_val,
              .number = 3, .optional = true, EDO_ONEOF(rs_tokio_console_common_field, value)),
    EDO_FIELD(rs_tokio_console_common_field, str_val,
              .number = 4, .optional = true, EDO_ONEOF(rs_tokio_console_common_field, value)),
    EDO_FIELD(rs_tokio_console_common_field, u64_val,
              .number = 5, .optional = true, EDO_ONEOF(rs_tokio_console_common_field, value)),
    EDO_FIELD(rs_tokio_console_common_field, i64_val,
              .number = 6, .wire = EDO_WIRE_ZIGZAG, .optional = true, EDO_ONEOF(rs_tokio_console_common_field, value)),
    EDO_FIELD(rs_tokio_console_common_field, bool_val,
              .number = 7, .optional = true, EDO_ONEOF(rs_tokio_console_common_field, value)),
    EDO_FIELD_PTR_OF(rs_tokio_console_common_field, metadata_id, rs_tokio_console_common_meta_id_desc,
              .number = 8, .optional = true),
    EDO_FIELD(rs_tokio_console_common_field, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_common_metadata,
    EDO_FIELD(rs_tokio_console_common_metadata, name, .number = 1, .optional = true),
    EDO_FIELD(rs_tokio_console_common_metadata, target, .number = 2, .optional = true),
    EDO_FIELD(rs_tokio_console_common_metadata, module_path, .number = 3, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_common_metadata, location, rs_tokio_console_common_location_desc,
              .number = 4, .optional = true),
    EDO_FIELD_OF(rs_tokio_console_common_metadata, kind, rs_tokio_console_common_metadata_kind_desc,
              .number = 5, .optional = true),
    EDO_FIELD_OF(rs_tokio_console_common_metadata, level, rs_tokio_console_common_metadata_level_desc,
              .number = 6, .optional = true),
    EDO_FIELD_LIST(rs_tokio_console_common_metadata, field_names, field_names_n,
              .number = 7, .optional = true),
    EDO_FIELD(rs_tokio_console_common_metadata, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_common_register_metadata,
    EDO_FIELD_LIST_OF(rs_tokio_console_common_register_metadata, metadata, metadata_n, rs_tokio_console_common_register_metadata_new_metadata_desc,
              .number = 1, .optional = true),
    EDO_FIELD(rs_tokio_console_common_register_metadata, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_common_register_metadata_new_metadata,
    EDO_FIELD_PTR_OF(rs_tokio_console_common_register_metadata_new_metadata, id, rs_tokio_console_common_meta_id_desc,
              .number = 1, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_common_register_metadata_new_metadata, metadata, rs_tokio_console_common_metadata_desc,
              .number = 2, .optional = true),
    EDO_FIELD(rs_tokio_console_common_register_metadata_new_metadata, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_common_poll_stats,
    EDO_FIELD(rs_tokio_console_common_poll_stats, polls, .number = 1, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_common_poll_stats, first_poll, google_protobuf_timestamp_desc,
              .number = 3, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_common_poll_stats, last_poll_started, google_protobuf_timestamp_desc,
              .number = 4, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_common_poll_stats, last_poll_ended, google_protobuf_timestamp_desc,
              .number = 5, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_common_poll_stats, busy_time, google_protobuf_duration_desc,
              .number = 6, .optional = true),
    EDO_FIELD(rs_tokio_console_common_poll_stats, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_common_attribute,
    EDO_FIELD_PTR_OF(rs_tokio_console_common_attribute, field, rs_tokio_console_common_field_desc,
              .number = 1, .optional = true),
    EDO_FIELD(rs_tokio_console_common_attribute, unit,
              .number = 2, .optional = true, EDO_HAS(rs_tokio_console_common_attribute, has_unit)),
    EDO_FIELD(rs_tokio_console_common_attribute, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef RS_TOKIO_CONSOLE_COMMON_TYPES
#    error "two files make RS_TOKIO_CONSOLE_COMMON_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define RS_TOKIO_CONSOLE_COMMON_TYPES \
    { "rs.tokio.console.common.Id", &rs_tokio_console_common_id_desc }, \
    { "rs.tokio.console.common.Location", &rs_tokio_console_common_location_desc }, \
    { "rs.tokio.console.common.MetaId", &rs_tokio_console_common_meta_id_desc }, \
    { "rs.tokio.console.common.SpanId", &rs_tokio_console_common_span_id_desc }, \
    { "rs.tokio.console.common.Field", &rs_tokio_console_common_field_desc }, \
    { "rs.tokio.console.common.Metadata", &rs_tokio_console_common_metadata_desc }, \
    { "rs.tokio.console.common.RegisterMetadata", &rs_tokio_console_common_register_metadata_desc }, \
    { "rs.tokio.console.common.RegisterMetadata.NewMetadata", &rs_tokio_console_common_register_metadata_new_metadata_desc }, \
    { "rs.tokio.console.common.PollStats", &rs_tokio_console_common_poll_stats_desc }, \
    { "rs.tokio.console.common.Attribute", &rs_tokio_console_common_attribute_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_rs_tokio_console_common) = {
    10, 229, 13, 10, 29, 114, 115, 47, 116, 111, 107, 105, 111, 47, 99, 111, 110, 115, 111, 108,
    101, 47, 99, 111, 109, 109, 111, 110, 46, 112, 114, 111, 116, 111, 18, 23, 114, 115, 46, 116,
    111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 26,
    30, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116, 111, 98, 117, 102, 47, 100, 117, 114,
    97, 116, 105, 111, 110, 46, 112, 114, 111, 116, 111, 26, 31, 103, 111, 111, 103, 108, 101, 47,
    112, 114, 111, 116, 111, 98, 117, 102, 47, 116, 105, 109, 101, 115, 116, 97, 109, 112, 46, 112,
    114, 111, 116, 111, 34, 20, 10, 2, 73, 100, 18, 14, 10, 2, 105, 100, 24, 1, 32, 1,
    40, 4, 82, 2, 105, 100, 34, 172, 1, 10, 8, 76, 111, 99, 97, 116, 105, 111, 110, 18,
    23, 10, 4, 102, 105, 108, 101, 24, 1, 32, 1, 40, 9, 72, 0, 82, 4, 102, 105, 108,
    101, 136, 1, 1, 18, 36, 10, 11, 109, 111, 100, 117, 108, 101, 95, 112, 97, 116, 104, 24,
    2, 32, 1, 40, 9, 72, 1, 82, 10, 109, 111, 100, 117, 108, 101, 80, 97, 116, 104, 136,
    1, 1, 18, 23, 10, 4, 108, 105, 110, 101, 24, 3, 32, 1, 40, 13, 72, 2, 82, 4,
    108, 105, 110, 101, 136, 1, 1, 18, 27, 10, 6, 99, 111, 108, 117, 109, 110, 24, 4, 32,
    1, 40, 13, 72, 3, 82, 6, 99, 111, 108, 117, 109, 110, 136, 1, 1, 66, 7, 10, 5,
    95, 102, 105, 108, 101, 66, 14, 10, 12, 95, 109, 111, 100, 117, 108, 101, 95, 112, 97, 116,
    104, 66, 7, 10, 5, 95, 108, 105, 110, 101, 66, 9, 10, 7, 95, 99, 111, 108, 117, 109,
    110, 34, 24, 10, 6, 77, 101, 116, 97, 73, 100, 18, 14, 10, 2, 105, 100, 24, 1, 32,
    1, 40, 4, 82, 2, 105, 100, 34, 24, 10, 6, 83, 112, 97, 110, 73, 100, 18, 14, 10,
    2, 105, 100, 24, 1, 32, 1, 40, 4, 82, 2, 105, 100, 34, 161, 2, 10, 5, 70, 105,
    101, 108, 100, 18, 27, 10, 8, 115, 116, 114, 95, 110, 97, 109, 101, 24, 1, 32, 1, 40,
    9, 72, 0, 82, 7, 115, 116, 114, 78, 97, 109, 101, 18, 27, 10, 8, 110, 97, 109, 101,
    95, 105, 100, 120, 24, 2, 32, 1, 40, 4, 72, 0, 82, 7, 110, 97, 109, 101, 73, 100,
    120, 18, 29, 10, 9, 100, 101, 98, 117, 103, 95, 118, 97, 108, 24, 3, 32, 1, 40, 9,
    72, 1, 82, 8, 100, 101, 98, 117, 103, 86, 97, 108, 18, 25, 10, 7, 115, 116, 114, 95,
    118, 97, 108, 24, 4, 32, 1, 40, 9, 72, 1, 82, 6, 115, 116, 114, 86, 97, 108, 18,
    25, 10, 7, 117, 54, 52, 95, 118, 97, 108, 24, 5, 32, 1, 40, 4, 72, 1, 82, 6,
    117, 54, 52, 86, 97, 108, 18, 25, 10, 7, 105, 54, 52, 95, 118, 97, 108, 24, 6, 32,
    1, 40, 18, 72, 1, 82, 6, 105, 54, 52, 86, 97, 108, 18, 27, 10, 8, 98, 111, 111,
    108, 95, 118, 97, 108, 24, 7, 32, 1, 40, 8, 72, 1, 82, 7, 98, 111, 111, 108, 86,
    97, 108, 18, 64, 10, 11, 109, 101, 116, 97, 100, 97, 116, 97, 95, 105, 100, 24, 8, 32,
    1, 40, 11, 50, 31, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111,
    108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 77, 101, 116, 97, 73, 100, 82, 10, 109, 101,
    116, 97, 100, 97, 116, 97, 73, 100, 66, 6, 10, 4, 110, 97, 109, 101, 66, 7, 10, 5,
    118, 97, 108, 117, 101, 34, 141, 3, 10, 8, 77, 101, 116, 97, 100, 97, 116, 97, 18, 18,
    10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 18, 22,
    10, 6, 116, 97, 114, 103, 101, 116, 24, 2, 32, 1, 40, 9, 82, 6, 116, 97, 114, 103,
    101, 116, 18, 31, 10, 11, 109, 111, 100, 117, 108, 101, 95, 112, 97, 116, 104, 24, 3, 32,
    1, 40, 9, 82, 10, 109, 111, 100, 117, 108, 101, 80, 97, 116, 104, 18, 61, 10, 8, 108,
    111, 99, 97, 116, 105, 111, 110, 24, 4, 32, 1, 40, 11, 50, 33, 46, 114, 115, 46, 116,
    111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46,
    76, 111, 99, 97, 116, 105, 111, 110, 82, 8, 108, 111, 99, 97, 116, 105, 111, 110, 18, 58,
    10, 4, 107, 105, 110, 100, 24, 5, 32, 1, 40, 14, 50, 38, 46, 114, 115, 46, 116, 111,
    107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 77,
    101, 116, 97, 100, 97, 116, 97, 46, 75, 105, 110, 100, 82, 4, 107, 105, 110, 100, 18, 61,
    10, 5, 108, 101, 118, 101, 108, 24, 6, 32, 1, 40, 14, 50, 39, 46, 114, 115, 46, 116,
    111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46,
    77, 101, 116, 97, 100, 97, 116, 97, 46, 76, 101, 118, 101, 108, 82, 5, 108, 101, 118, 101,
    108, 18, 31, 10, 11, 102, 105, 101, 108, 100, 95, 110, 97, 109, 101, 115, 24, 7, 32, 3,
    40, 9, 82, 10, 102, 105, 101, 108, 100, 78, 97, 109, 101, 115, 34, 27, 10, 4, 75, 105,
    110, 100, 18, 8, 10, 4, 83, 80, 65, 78, 16, 0, 18, 9, 10, 5, 69, 86, 69, 78,
    84, 16, 1, 34, 60, 10, 5, 76, 101, 118, 101, 108, 18, 9, 10, 5, 69, 82, 82, 79,
    82, 16, 0, 18, 8, 10, 4, 87, 65, 82, 78, 16, 1, 18, 8, 10, 4, 73, 78, 70,
    79, 16, 2, 18, 9, 10, 5, 68, 69, 66, 85, 71, 16, 3, 18, 9, 10, 5, 84, 82,
    65, 67, 69, 16, 4, 34, 228, 1, 10, 16, 82, 101, 103, 105, 115, 116, 101, 114, 77, 101,
    116, 97, 100, 97, 116, 97, 18, 81, 10, 8, 109, 101, 116, 97, 100, 97, 116, 97, 24, 1,
    32, 3, 40, 11, 50, 53, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115,
    111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 82, 101, 103, 105, 115, 116, 101, 114, 77,
    101, 116, 97, 100, 97, 116, 97, 46, 78, 101, 119, 77, 101, 116, 97, 100, 97, 116, 97, 82,
    8, 109, 101, 116, 97, 100, 97, 116, 97, 26, 125, 10, 11, 78, 101, 119, 77, 101, 116, 97,
    100, 97, 116, 97, 18, 47, 10, 2, 105, 100, 24, 1, 32, 1, 40, 11, 50, 31, 46, 114,
    115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109,
    111, 110, 46, 77, 101, 116, 97, 73, 100, 82, 2, 105, 100, 18, 61, 10, 8, 109, 101, 116,
    97, 100, 97, 116, 97, 24, 2, 32, 1, 40, 11, 50, 33, 46, 114, 115, 46, 116, 111, 107,
    105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 77, 101,
    116, 97, 100, 97, 116, 97, 82, 8, 109, 101, 116, 97, 100, 97, 116, 97, 34, 232, 2, 10,
    9, 80, 111, 108, 108, 83, 116, 97, 116, 115, 18, 20, 10, 5, 112, 111, 108, 108, 115, 24,
    1, 32, 1, 40, 4, 82, 5, 112, 111, 108, 108, 115, 18, 62, 10, 10, 102, 105, 114, 115,
    116, 95, 112, 111, 108, 108, 24, 3, 32, 1, 40, 11, 50, 26, 46, 103, 111, 111, 103, 108,
    101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 84, 105, 109, 101, 115, 116, 97, 109, 112,
    72, 0, 82, 9, 102, 105, 114, 115, 116, 80, 111, 108, 108, 136, 1, 1, 18, 75, 10, 17,
    108, 97, 115, 116, 95, 112, 111, 108, 108, 95, 115, 116, 97, 114, 116, 101, 100, 24, 4, 32,
    1, 40, 11, 50, 26, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117,
    102, 46, 84, 105, 109, 101, 115, 116, 97, 109, 112, 72, 1, 82, 15, 108, 97, 115, 116, 80,
    111, 108, 108, 83, 116, 97, 114, 116, 101, 100, 136, 1, 1, 18, 71, 10, 15, 108, 97, 115,
    116, 95, 112, 111, 108, 108, 95, 101, 110, 100, 101, 100, 24, 5, 32, 1, 40, 11, 50, 26,
    46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 84, 105, 109,
    101, 115, 116, 97, 109, 112, 72, 2, 82, 13, 108, 97, 115, 116, 80, 111, 108, 108, 69, 110,
    100, 101, 100, 136, 1, 1, 18, 54, 10, 9, 98, 117, 115, 121, 95, 116, 105, 109, 101, 24,
    6, 32, 1, 40, 11, 50, 25, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111,
    98, 117, 102, 46, 68, 117, 114, 97, 116, 105, 111, 110, 82, 8, 98, 117, 115, 121, 84, 105,
    109, 101, 66, 13, 10, 11, 95, 102, 105, 114, 115, 116, 95, 112, 111, 108, 108, 66, 20, 10,
    18, 95, 108, 97, 115, 116, 95, 112, 111, 108, 108, 95, 115, 116, 97, 114, 116, 101, 100, 66,
    18, 10, 16, 95, 108, 97, 115, 116, 95, 112, 111, 108, 108, 95, 101, 110, 100, 101, 100, 34,
    99, 10, 9, 65, 116, 116, 114, 105, 98, 117, 116, 101, 18, 52, 10, 5, 102, 105, 101, 108,
    100, 24, 1, 32, 1, 40, 11, 50, 30, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99,
    111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 70, 105, 101, 108, 100, 82,
    5, 102, 105, 101, 108, 100, 18, 23, 10, 4, 117, 110, 105, 116, 24, 2, 32, 1, 40, 9,
    72, 0, 82, 4, 117, 110, 105, 116, 136, 1, 1, 66, 7, 10, 5, 95, 117, 110, 105, 116,
    98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_rs_tokio_console_common, &edo_FILE_google_protobuf_duration, &edo_FILE_google_protobuf_timestamp, NULL)

#endif
