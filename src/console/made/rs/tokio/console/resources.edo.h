/* Made by protoc-gen-edo from rs/tokio/console/resources.proto: changes will be lost. */
#ifndef RS_TOKIO_CONSOLE_RESOURCES_EDO_H
#define RS_TOKIO_CONSOLE_RESOURCES_EDO_H

#include <edo/protobuf.h>

#include "google/protobuf/timestamp.edo.h"
#include "rs/tokio/console/common.edo.h"

typedef enum rs_tokio_console_resources_resource_kind_known {
    RS_TOKIO_CONSOLE_RESOURCES_RESOURCE_KIND_TIMER = 0,
} rs_tokio_console_resources_resource_kind_known;
EDO_DESCRIBE_ENUM(rs_tokio_console_resources_resource_kind_known,
    EDO_UNIT(RS_TOKIO_CONSOLE_RESOURCES_RESOURCE_KIND_TIMER, "TIMER"))

typedef struct rs_tokio_console_resources_resource_update rs_tokio_console_resources_resource_update;
typedef struct rs_tokio_console_resources_resource rs_tokio_console_resources_resource;
typedef struct rs_tokio_console_resources_resource_kind rs_tokio_console_resources_resource_kind;
typedef struct rs_tokio_console_resources_stats rs_tokio_console_resources_stats;
typedef struct rs_tokio_console_resources_poll_op rs_tokio_console_resources_poll_op;
typedef struct rs_tokio_console_resources_resource_update_stats_update_entry rs_tokio_console_resources_resource_update_stats_update_entry;

/* rs.tokio.console.resources.ResourceUpdate */
struct rs_tokio_console_resources_resource_update {
    rs_tokio_console_resources_resource *new_resources;
    size_t new_resources_n;
    rs_tokio_console_resources_resource_update_stats_update_entry *stats_update;
    size_t stats_update_n;
    rs_tokio_console_resources_poll_op *new_poll_ops;
    size_t new_poll_ops_n;
    uint64_t dropped_events;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.resources.Resource */
struct rs_tokio_console_resources_resource {
    rs_tokio_console_common_id *id;
    rs_tokio_console_common_meta_id *metadata;
    edo_str concrete_type;
    rs_tokio_console_resources_resource_kind *kind;
    rs_tokio_console_common_location *location;
    rs_tokio_console_common_id *parent_resource_id;
    bool is_internal;
    edo_str unknown; /* what this description has not, as it came */
};

enum {
    RS_TOKIO_CONSOLE_RESOURCES_RESOURCE_KIND_KIND_KNOWN = 1,
    RS_TOKIO_CONSOLE_RESOURCES_RESOURCE_KIND_KIND_OTHER = 2,
};

/* rs.tokio.console.resources.Resource.Kind */
struct rs_tokio_console_resources_resource_kind {
    uint32_t kind; /* which of these is there; 0: none */
    union {
        rs_tokio_console_resources_resource_kind_known known;
        edo_str other;
    };
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.resources.Stats */
struct rs_tokio_console_resources_stats {
    google_protobuf_timestamp *created_at;
    google_protobuf_timestamp *dropped_at;
    rs_tokio_console_common_attribute *attributes;
    size_t attributes_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.resources.PollOp */
struct rs_tokio_console_resources_poll_op {
    rs_tokio_console_common_meta_id *metadata;
    rs_tokio_console_common_id *resource_id;
    edo_str name;
    rs_tokio_console_common_id *task_id;
    rs_tokio_console_common_id *async_op_id;
    bool is_ready;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.resources.ResourceUpdate.StatsUpdateEntry */
struct rs_tokio_console_resources_resource_update_stats_update_entry {
    uint64_t key;
    rs_tokio_console_resources_stats value;
};

EDO_DESCRIBED_LATER(rs_tokio_console_resources_resource_update)
EDO_DESCRIBED_LATER(rs_tokio_console_resources_resource)
EDO_DESCRIBED_LATER(rs_tokio_console_resources_resource_kind)
EDO_DESCRIBED_LATER(rs_tokio_console_resources_stats)
EDO_DESCRIBED_LATER(rs_tokio_console_resources_poll_op)
EDO_DESCRIBED_LATER(rs_tokio_console_resources_resource_update_stats_update_entry)

EDO_DESCRIBE(rs_tokio_console_resources_resource_update,
    EDO_FIELD_LIST_OF(rs_tokio_console_resources_resource_update, new_resources, new_resources_n, rs_tokio_console_resources_resource_desc,
              .number = 1, .optional = true),
    EDO_FIELD_LIST_OF(rs_tokio_console_resources_resource_update, stats_update, stats_update_n, rs_tokio_console_resources_resource_update_stats_update_entry_desc,
              .number = 2, .map = true, .optional = true),
    EDO_FIELD_LIST_OF(rs_tokio_console_resources_resource_update, new_poll_ops, new_poll_ops_n, rs_tokio_console_resources_poll_op_desc,
              .number = 3, .optional = true),
    EDO_FIELD(rs_tokio_console_resources_resource_update, dropped_events,
              .number = 4, .optional = true),
    EDO_FIELD(rs_tokio_console_resources_resource_update, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_resources_resource,
    EDO_FIELD_PTR_OF(rs_tokio_console_resources_resource, id, rs_tokio_console_common_id_desc,
              .number = 1, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_resources_resource, metadata, rs_tokio_console_common_meta_id_desc,
              .number = 2, .optional = true),
    EDO_FIELD(rs_tokio_console_resources_resource, concrete_type, .number = 3, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_resources_resource, kind, rs_tokio_console_resources_resource_kind_desc,
              .number = 4, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_resources_resource, location, rs_tokio_console_common_location_desc,
              .number = 5, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_resources_resource, parent_resource_id, rs_tokio_console_common_id_desc,
              .number = 6, .optional = true),
    EDO_FIELD(rs_tokio_console_resources_resource, is_internal, .number = 7, .optional = true),
    EDO_FIELD(rs_tokio_console_resources_resource, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_resources_resource_kind,
    EDO_FIELD_OF(rs_tokio_console_resources_resource_kind, known, rs_tokio_console_resources_resource_kind_known_desc,
              .number = 1, .optional = true, EDO_ONEOF(rs_tokio_console_resources_resource_kind, kind)),
    EDO_FIELD(rs_tokio_console_resources_resource_kind, other,
              .number = 2, .optional = true, EDO_ONEOF(rs_tokio_console_resources_resource_kind, kind)),
    EDO_FIELD(rs_tokio_console_resources_resource_kind, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_resources_stats,
    EDO_FIELD_PTR_OF(rs_tokio_console_resources_stats, created_at, google_protobuf_timestamp_desc,
              .number = 1, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_resources_stats, dropped_at, google_protobuf_timestamp_desc,
              .number = 2, .optional = true),
    EDO_FIELD_LIST_OF(rs_tokio_console_resources_stats, attributes, attributes_n, rs_tokio_console_common_attribute_desc,
              .number = 3, .optional = true),
    EDO_FIELD(rs_tokio_console_resources_stats, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_resources_poll_op,
    EDO_FIELD_PTR_OF(rs_tokio_console_resources_poll_op, metadata, rs_tokio_console_common_meta_id_desc,
              .number = 2, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_resources_poll_op, resource_id, rs_tokio_console_common_id_desc,
              .number = 3, .optional = true),
    EDO_FIELD(rs_tokio_console_resources_poll_op, name, .number = 4, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_resources_poll_op, task_id, rs_tokio_console_common_id_desc,
              .number = 5, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_resources_poll_op, async_op_id, rs_tokio_console_common_id_desc,
              .number = 6, .optional = true),
    EDO_FIELD(rs_tokio_console_resources_poll_op, is_ready, .number = 7, .optional = true),
    EDO_FIELD(rs_tokio_console_resources_poll_op, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_resources_resource_update_stats_update_entry,
    EDO_FIELD(rs_tokio_console_resources_resource_update_stats_update_entry, key, .number = 1),
    EDO_FIELD_OF(rs_tokio_console_resources_resource_update_stats_update_entry, value, rs_tokio_console_resources_stats_desc,
              .number = 2))

#ifdef RS_TOKIO_CONSOLE_RESOURCES_TYPES
#    error "two files make RS_TOKIO_CONSOLE_RESOURCES_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define RS_TOKIO_CONSOLE_RESOURCES_TYPES \
    { "rs.tokio.console.resources.ResourceUpdate", &rs_tokio_console_resources_resource_update_desc }, \
    { "rs.tokio.console.resources.Resource", &rs_tokio_console_resources_resource_desc }, \
    { "rs.tokio.console.resources.Resource.Kind", &rs_tokio_console_resources_resource_kind_desc }, \
    { "rs.tokio.console.resources.Stats", &rs_tokio_console_resources_stats_desc }, \
    { "rs.tokio.console.resources.PollOp", &rs_tokio_console_resources_poll_op_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_rs_tokio_console_resources) = {
    10, 140, 12, 10, 32, 114, 115, 47, 116, 111, 107, 105, 111, 47, 99, 111, 110, 115, 111, 108,
    101, 47, 114, 101, 115, 111, 117, 114, 99, 101, 115, 46, 112, 114, 111, 116, 111, 18, 26, 114,
    115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 114, 101, 115, 111,
    117, 114, 99, 101, 115, 26, 31, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116, 111, 98,
    117, 102, 47, 116, 105, 109, 101, 115, 116, 97, 109, 112, 46, 112, 114, 111, 116, 111, 26, 29,
    114, 115, 47, 116, 111, 107, 105, 111, 47, 99, 111, 110, 115, 111, 108, 101, 47, 99, 111, 109,
    109, 111, 110, 46, 112, 114, 111, 116, 111, 34, 139, 3, 10, 14, 82, 101, 115, 111, 117, 114,
    99, 101, 85, 112, 100, 97, 116, 101, 18, 73, 10, 13, 110, 101, 119, 95, 114, 101, 115, 111,
    117, 114, 99, 101, 115, 24, 1, 32, 3, 40, 11, 50, 36, 46, 114, 115, 46, 116, 111, 107,
    105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 114, 101, 115, 111, 117, 114, 99, 101, 115,
    46, 82, 101, 115, 111, 117, 114, 99, 101, 82, 12, 110, 101, 119, 82, 101, 115, 111, 117, 114,
    99, 101, 115, 18, 94, 10, 12, 115, 116, 97, 116, 115, 95, 117, 112, 100, 97, 116, 101, 24,
    2, 32, 3, 40, 11, 50, 59, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110,
    115, 111, 108, 101, 46, 114, 101, 115, 111, 117, 114, 99, 101, 115, 46, 82, 101, 115, 111, 117,
    114, 99, 101, 85, 112, 100, 97, 116, 101, 46, 83, 116, 97, 116, 115, 85, 112, 100, 97, 116,
    101, 69, 110, 116, 114, 121, 82, 11, 115, 116, 97, 116, 115, 85, 112, 100, 97, 116, 101, 18,
    68, 10, 12, 110, 101, 119, 95, 112, 111, 108, 108, 95, 111, 112, 115, 24, 3, 32, 3, 40,
    11, 50, 34, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101,
    46, 114, 101, 115, 111, 117, 114, 99, 101, 115, 46, 80, 111, 108, 108, 79, 112, 82, 10, 110,
    101, 119, 80, 111, 108, 108, 79, 112, 115, 18, 37, 10, 14, 100, 114, 111, 112, 112, 101, 100,
    95, 101, 118, 101, 110, 116, 115, 24, 4, 32, 1, 40, 4, 82, 13, 100, 114, 111, 112, 112,
    101, 100, 69, 118, 101, 110, 116, 115, 26, 97, 10, 16, 83, 116, 97, 116, 115, 85, 112, 100,
    97, 116, 101, 69, 110, 116, 114, 121, 18, 16, 10, 3, 107, 101, 121, 24, 1, 32, 1, 40,
    4, 82, 3, 107, 101, 121, 18, 55, 10, 5, 118, 97, 108, 117, 101, 24, 2, 32, 1, 40,
    11, 50, 33, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101,
    46, 114, 101, 115, 111, 117, 114, 99, 101, 115, 46, 83, 116, 97, 116, 115, 82, 5, 118, 97,
    108, 117, 101, 58, 2, 56, 1, 34, 137, 4, 10, 8, 82, 101, 115, 111, 117, 114, 99, 101,
    18, 43, 10, 2, 105, 100, 24, 1, 32, 1, 40, 11, 50, 27, 46, 114, 115, 46, 116, 111,
    107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 73,
    100, 82, 2, 105, 100, 18, 59, 10, 8, 109, 101, 116, 97, 100, 97, 116, 97, 24, 2, 32,
    1, 40, 11, 50, 31, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111,
    108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 77, 101, 116, 97, 73, 100, 82, 8, 109, 101,
    116, 97, 100, 97, 116, 97, 18, 35, 10, 13, 99, 111, 110, 99, 114, 101, 116, 101, 95, 116,
    121, 112, 101, 24, 3, 32, 1, 40, 9, 82, 12, 99, 111, 110, 99, 114, 101, 116, 101, 84,
    121, 112, 101, 18, 61, 10, 4, 107, 105, 110, 100, 24, 4, 32, 1, 40, 11, 50, 41, 46,
    114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 114, 101, 115,
    111, 117, 114, 99, 101, 115, 46, 82, 101, 115, 111, 117, 114, 99, 101, 46, 75, 105, 110, 100,
    82, 4, 107, 105, 110, 100, 18, 61, 10, 8, 108, 111, 99, 97, 116, 105, 111, 110, 24, 5,
    32, 1, 40, 11, 50, 33, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115,
    111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 76, 111, 99, 97, 116, 105, 111, 110, 82,
    8, 108, 111, 99, 97, 116, 105, 111, 110, 18, 73, 10, 18, 112, 97, 114, 101, 110, 116, 95,
    114, 101, 115, 111, 117, 114, 99, 101, 95, 105, 100, 24, 6, 32, 1, 40, 11, 50, 27, 46,
    114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109,
    109, 111, 110, 46, 73, 100, 82, 16, 112, 97, 114, 101, 110, 116, 82, 101, 115, 111, 117, 114,
    99, 101, 73, 100, 18, 31, 10, 11, 105, 115, 95, 105, 110, 116, 101, 114, 110, 97, 108, 24,
    7, 32, 1, 40, 8, 82, 10, 105, 115, 73, 110, 116, 101, 114, 110, 97, 108, 26, 131, 1,
    10, 4, 75, 105, 110, 100, 18, 71, 10, 5, 107, 110, 111, 119, 110, 24, 1, 32, 1, 40,
    14, 50, 47, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101,
    46, 114, 101, 115, 111, 117, 114, 99, 101, 115, 46, 82, 101, 115, 111, 117, 114, 99, 101, 46,
    75, 105, 110, 100, 46, 75, 110, 111, 119, 110, 72, 0, 82, 5, 107, 110, 111, 119, 110, 18,
    22, 10, 5, 111, 116, 104, 101, 114, 24, 2, 32, 1, 40, 9, 72, 0, 82, 5, 111, 116,
    104, 101, 114, 34, 18, 10, 5, 75, 110, 111, 119, 110, 18, 9, 10, 5, 84, 73, 77, 69,
    82, 16, 0, 66, 6, 10, 4, 107, 105, 110, 100, 34, 193, 1, 10, 5, 83, 116, 97, 116,
    115, 18, 57, 10, 10, 99, 114, 101, 97, 116, 101, 100, 95, 97, 116, 24, 1, 32, 1, 40,
    11, 50, 26, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46,
    84, 105, 109, 101, 115, 116, 97, 109, 112, 82, 9, 99, 114, 101, 97, 116, 101, 100, 65, 116,
    18, 57, 10, 10, 100, 114, 111, 112, 112, 101, 100, 95, 97, 116, 24, 2, 32, 1, 40, 11,
    50, 26, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 84,
    105, 109, 101, 115, 116, 97, 109, 112, 82, 9, 100, 114, 111, 112, 112, 101, 100, 65, 116, 18,
    66, 10, 10, 97, 116, 116, 114, 105, 98, 117, 116, 101, 115, 24, 3, 32, 3, 40, 11, 50,
    34, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99,
    111, 109, 109, 111, 110, 46, 65, 116, 116, 114, 105, 98, 117, 116, 101, 82, 10, 97, 116, 116,
    114, 105, 98, 117, 116, 101, 115, 34, 165, 2, 10, 6, 80, 111, 108, 108, 79, 112, 18, 59,
    10, 8, 109, 101, 116, 97, 100, 97, 116, 97, 24, 2, 32, 1, 40, 11, 50, 31, 46, 114,
    115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109,
    111, 110, 46, 77, 101, 116, 97, 73, 100, 82, 8, 109, 101, 116, 97, 100, 97, 116, 97, 18,
    60, 10, 11, 114, 101, 115, 111, 117, 114, 99, 101, 95, 105, 100, 24, 3, 32, 1, 40, 11,
    50, 27, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46,
    99, 111, 109, 109, 111, 110, 46, 73, 100, 82, 10, 114, 101, 115, 111, 117, 114, 99, 101, 73,
    100, 18, 18, 10, 4, 110, 97, 109, 101, 24, 4, 32, 1, 40, 9, 82, 4, 110, 97, 109,
    101, 18, 52, 10, 7, 116, 97, 115, 107, 95, 105, 100, 24, 5, 32, 1, 40, 11, 50, 27,
    46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111,
    109, 109, 111, 110, 46, 73, 100, 82, 6, 116, 97, 115, 107, 73, 100, 18, 59, 10, 11, 97,
    115, 121, 110, 99, 95, 111, 112, 95, 105, 100, 24, 6, 32, 1, 40, 11, 50, 27, 46, 114,
    115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109,
    111, 110, 46, 73, 100, 82, 9, 97, 115, 121, 110, 99, 79, 112, 73, 100, 18, 25, 10, 8,
    105, 115, 95, 114, 101, 97, 100, 121, 24, 7, 32, 1, 40, 8, 82, 7, 105, 115, 82, 101,
    97, 100, 121, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_rs_tokio_console_resources, &edo_FILE_google_protobuf_timestamp, &edo_FILE_rs_tokio_console_common, NULL)

#endif
