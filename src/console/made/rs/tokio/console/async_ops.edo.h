/* Made by protoc-gen-edo from rs/tokio/console/async_ops.proto: changes will be lost. */
#ifndef RS_TOKIO_CONSOLE_ASYNC_OPS_EDO_H_EED23811
#define RS_TOKIO_CONSOLE_ASYNC_OPS_EDO_H_EED23811

#include <edo/protobuf.h>

#include "google/protobuf/timestamp.edo.h"
#include "rs/tokio/console/common.edo.h"

typedef struct rs_tokio_console_async_ops_async_op_update rs_tokio_console_async_ops_async_op_update;
typedef struct rs_tokio_console_async_ops_async_op rs_tokio_console_async_ops_async_op;
typedef struct rs_tokio_console_async_ops_stats rs_tokio_console_async_ops_stats;
typedef struct rs_tokio_console_async_ops_async_op_update_stats_update_entry rs_tokio_console_async_ops_async_op_update_stats_update_entry;

/* rs.tokio.console.async_ops.AsyncOpUpdate */
struct rs_tokio_console_async_ops_async_op_update {
    rs_tokio_console_async_ops_async_op *new_async_ops;
    size_t new_async_ops_n;
    rs_tokio_console_async_ops_async_op_update_stats_update_entry *stats_update;
    size_t stats_update_n;
    uint64_t dropped_events;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.async_ops.AsyncOp */
struct rs_tokio_console_async_ops_async_op {
    rs_tokio_console_common_id *id;
    rs_tokio_console_common_meta_id *metadata;
    edo_str source;
    rs_tokio_console_common_id *parent_async_op_id;
    rs_tokio_console_common_id *resource_id;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.async_ops.Stats */
struct rs_tokio_console_async_ops_stats {
    google_protobuf_timestamp *created_at;
    google_protobuf_timestamp *dropped_at;
    rs_tokio_console_common_id *task_id;
    rs_tokio_console_common_poll_stats *poll_stats;
    rs_tokio_console_common_attribute *attributes;
    size_t attributes_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.async_ops.AsyncOpUpdate.StatsUpdateEntry */
struct rs_tokio_console_async_ops_async_op_update_stats_update_entry {
    uint64_t key;
    rs_tokio_console_async_ops_stats value;
};

EDO_DESCRIBED_LATER(rs_tokio_console_async_ops_async_op_update)
EDO_DESCRIBED_LATER(rs_tokio_console_async_ops_async_op)
EDO_DESCRIBED_LATER(rs_tokio_console_async_ops_stats)
EDO_DESCRIBED_LATER(rs_tokio_console_async_ops_async_op_update_stats_update_entry)

EDO_DESCRIBE(rs_tokio_console_async_ops_async_op_update,
    EDO_FIELD_LIST_OF(rs_tokio_console_async_ops_async_op_update, new_async_ops, new_async_ops_n, rs_tokio_console_async_ops_async_op_desc,
              .number = 1, .optional = true),
    EDO_FIELD_LIST_OF(rs_tokio_console_async_ops_async_op_update, stats_update, stats_update_n, rs_tokio_console_async_ops_async_op_update_stats_update_entry_desc,
              .number = 2, .map = true, .optional = true),
    EDO_FIELD(rs_tokio_console_async_ops_async_op_update, dropped_events,
              .number = 3, .optional = true),
    EDO_FIELD(rs_tokio_console_async_ops_async_op_update, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_async_ops_async_op,
    EDO_FIELD_PTR_OF(rs_tokio_console_async_ops_async_op, id, rs_tokio_console_common_id_desc,
              .number = 1, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_async_ops_async_op, metadata, rs_tokio_console_common_meta_id_desc,
              .number = 2, .optional = true),
    EDO_FIELD(rs_tokio_console_async_ops_async_op, source, .number = 3, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_async_ops_async_op, parent_async_op_id, rs_tokio_console_common_id_desc,
              .number = 4, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_async_ops_async_op, resource_id, rs_tokio_console_common_id_desc,
              .number = 5, .optional = true),
    EDO_FIELD(rs_tokio_console_async_ops_async_op, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_async_ops_stats,
    EDO_FIELD_PTR_OF(rs_tokio_console_async_ops_stats, created_at, google_protobuf_timestamp_desc,
              .number = 1, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_async_ops_stats, dropped_at, google_protobuf_timestamp_desc,
              .number = 2, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_async_ops_stats, task_id, rs_tokio_console_common_id_desc,
              .number = 4, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_async_ops_stats, poll_stats, rs_tokio_console_common_poll_stats_desc,
              .number = 5, .optional = true),
    EDO_FIELD_LIST_OF(rs_tokio_console_async_ops_stats, attributes, attributes_n, rs_tokio_console_common_attribute_desc,
              .number = 6, .optional = true),
    EDO_FIELD(rs_tokio_console_async_ops_stats, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_async_ops_async_op_update_stats_update_entry,
    EDO_FIELD(rs_tokio_console_async_ops_async_op_update_stats_update_entry, key, .number = 1),
    EDO_FIELD_OF(rs_tokio_console_async_ops_async_op_update_stats_update_entry, value, rs_tokio_console_async_ops_stats_desc,
              .number = 2))

#ifdef RS_TOKIO_CONSOLE_ASYNC_OPS_TYPES
#    error "two files make RS_TOKIO_CONSOLE_ASYNC_OPS_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define RS_TOKIO_CONSOLE_ASYNC_OPS_TYPES \
    { "rs.tokio.console.async_ops.AsyncOpUpdate", &rs_tokio_console_async_ops_async_op_update_desc }, \
    { "rs.tokio.console.async_ops.AsyncOp", &rs_tokio_console_async_ops_async_op_desc }, \
    { "rs.tokio.console.async_ops.Stats", &rs_tokio_console_async_ops_stats_desc }

#endif
