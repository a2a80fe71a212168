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

#endif
