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

#endif
