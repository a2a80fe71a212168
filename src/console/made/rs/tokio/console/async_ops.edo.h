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

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_rs_tokio_console_async_ops_eed23811) = {
    10, 157, 8, 10, 32, 114, 115, 47, 116, 111, 107, 105, 111, 47, 99, 111, 110, 115, 111, 108,
    101, 47, 97, 115, 121, 110, 99, 95, 111, 112, 115, 46, 112, 114, 111, 116, 111, 18, 26, 114,
    115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 97, 115, 121, 110,
    99, 95, 111, 112, 115, 26, 31, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116, 111, 98,
    117, 102, 47, 116, 105, 109, 101, 115, 116, 97, 109, 112, 46, 112, 114, 111, 116, 111, 26, 29,
    114, 115, 47, 116, 111, 107, 105, 111, 47, 99, 111, 110, 115, 111, 108, 101, 47, 99, 111, 109,
    109, 111, 110, 46, 112, 114, 111, 116, 111, 34, 193, 2, 10, 13, 65, 115, 121, 110, 99, 79,
    112, 85, 112, 100, 97, 116, 101, 18, 71, 10, 13, 110, 101, 119, 95, 97, 115, 121, 110, 99,
    95, 111, 112, 115, 24, 1, 32, 3, 40, 11, 50, 35, 46, 114, 115, 46, 116, 111, 107, 105,
    111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 97, 115, 121, 110, 99, 95, 111, 112, 115, 46,
    65, 115, 121, 110, 99, 79, 112, 82, 11, 110, 101, 119, 65, 115, 121, 110, 99, 79, 112, 115,
    18, 93, 10, 12, 115, 116, 97, 116, 115, 95, 117, 112, 100, 97, 116, 101, 24, 2, 32, 3,
    40, 11, 50, 58, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108,
    101, 46, 97, 115, 121, 110, 99, 95, 111, 112, 115, 46, 65, 115, 121, 110, 99, 79, 112, 85,
    112, 100, 97, 116, 101, 46, 83, 116, 97, 116, 115, 85, 112, 100, 97, 116, 101, 69, 110, 116,
    114, 121, 82, 11, 115, 116, 97, 116, 115, 85, 112, 100, 97, 116, 101, 18, 37, 10, 14, 100,
    114, 111, 112, 112, 101, 100, 95, 101, 118, 101, 110, 116, 115, 24, 3, 32, 1, 40, 4, 82,
    13, 100, 114, 111, 112, 112, 101, 100, 69, 118, 101, 110, 116, 115, 26, 97, 10, 16, 83, 116,
    97, 116, 115, 85, 112, 100, 97, 116, 101, 69, 110, 116, 114, 121, 18, 16, 10, 3, 107, 101,
    121, 24, 1, 32, 1, 40, 4, 82, 3, 107, 101, 121, 18, 55, 10, 5, 118, 97, 108, 117,
    101, 24, 2, 32, 1, 40, 11, 50, 33, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99,
    111, 110, 115, 111, 108, 101, 46, 97, 115, 121, 110, 99, 95, 111, 112, 115, 46, 83, 116, 97,
    116, 115, 82, 5, 118, 97, 108, 117, 101, 58, 2, 56, 1, 34, 147, 2, 10, 7, 65, 115,
    121, 110, 99, 79, 112, 18, 43, 10, 2, 105, 100, 24, 1, 32, 1, 40, 11, 50, 27, 46,
    114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109,
    109, 111, 110, 46, 73, 100, 82, 2, 105, 100, 18, 59, 10, 8, 109, 101, 116, 97, 100, 97,
    116, 97, 24, 2, 32, 1, 40, 11, 50, 31, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46,
    99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 77, 101, 116, 97, 73,
    100, 82, 8, 109, 101, 116, 97, 100, 97, 116, 97, 18, 22, 10, 6, 115, 111, 117, 114, 99,
    101, 24, 3, 32, 1, 40, 9, 82, 6, 115, 111, 117, 114, 99, 101, 18, 72, 10, 18, 112,
    97, 114, 101, 110, 116, 95, 97, 115, 121, 110, 99, 95, 111, 112, 95, 105, 100, 24, 4, 32,
    1, 40, 11, 50, 27, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111,
    108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 73, 100, 82, 15, 112, 97, 114, 101, 110, 116,
    65, 115, 121, 110, 99, 79, 112, 73, 100, 18, 60, 10, 11, 114, 101, 115, 111, 117, 114, 99,
    101, 95, 105, 100, 24, 5, 32, 1, 40, 11, 50, 27, 46, 114, 115, 46, 116, 111, 107, 105,
    111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 73, 100, 82,
    10, 114, 101, 115, 111, 117, 114, 99, 101, 73, 100, 34, 186, 2, 10, 5, 83, 116, 97, 116,
    115, 18, 57, 10, 10, 99, 114, 101, 97, 116, 101, 100, 95, 97, 116, 24, 1, 32, 1, 40,
    11, 50, 26, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46,
    84, 105, 109, 101, 115, 116, 97, 109, 112, 82, 9, 99, 114, 101, 97, 116, 101, 100, 65, 116,
    18, 57, 10, 10, 100, 114, 111, 112, 112, 101, 100, 95, 97, 116, 24, 2, 32, 1, 40, 11,
    50, 26, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 84,
    105, 109, 101, 115, 116, 97, 109, 112, 82, 9, 100, 114, 111, 112, 112, 101, 100, 65, 116, 18,
    52, 10, 7, 116, 97, 115, 107, 95, 105, 100, 24, 4, 32, 1, 40, 11, 50, 27, 46, 114,
    115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109,
    111, 110, 46, 73, 100, 82, 6, 116, 97, 115, 107, 73, 100, 18, 65, 10, 10, 112, 111, 108,
    108, 95, 115, 116, 97, 116, 115, 24, 5, 32, 1, 40, 11, 50, 34, 46, 114, 115, 46, 116,
    111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46,
    80, 111, 108, 108, 83, 116, 97, 116, 115, 82, 9, 112, 111, 108, 108, 83, 116, 97, 116, 115,
    18, 66, 10, 10, 97, 116, 116, 114, 105, 98, 117, 116, 101, 115, 24, 6, 32, 3, 40, 11,
    50, 34, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46,
    99, 111, 109, 109, 111, 110, 46, 65, 116, 116, 114, 105, 98, 117, 116, 101, 82, 10, 97, 116,
    116, 114, 105, 98, 117, 116, 101, 115, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_rs_tokio_console_async_ops_eed23811, &edo_FILE_google_protobuf_timestamp, &edo_FILE_rs_tokio_console_common, NULL)

#endif
