/* Made by protoc-gen-edo from rs/tokio/console/tasks.proto: changes will be lost. */
#ifndef RS_TOKIO_CONSOLE_TASKS_EDO_H
#define RS_TOKIO_CONSOLE_TASKS_EDO_H

#include <edo/protobuf.h>

#include "google/protobuf/duration.edo.h"
#include "google/protobuf/timestamp.edo.h"
#include "rs/tokio/console/common.edo.h"

typedef enum rs_tokio_console_tasks_task_kind {
    RS_TOKIO_CONSOLE_TASKS_TASK_SPAWN = 0,
    RS_TOKIO_CONSOLE_TASKS_TASK_BLOCKING = 1,
} rs_tokio_console_tasks_task_kind;
EDO_DESCRIBE_ENUM(rs_tokio_console_tasks_task_kind,
    EDO_UNIT(RS_TOKIO_CONSOLE_TASKS_TASK_SPAWN, "SPAWN"),
    EDO_UNIT(RS_TOKIO_CONSOLE_TASKS_TASK_BLOCKING, "BLOCKING"))

typedef struct rs_tokio_console_tasks_task_update rs_tokio_console_tasks_task_update;
typedef struct rs_tokio_console_tasks_task rs_tokio_console_tasks_task;
typedef struct rs_tokio_console_tasks_stats rs_tokio_console_tasks_stats;
typedef struct rs_tokio_console_tasks_duration_histogram rs_tokio_console_tasks_duration_histogram;
typedef struct rs_tokio_console_tasks_task_details rs_tokio_console_tasks_task_details;
typedef struct rs_tokio_console_tasks_task_update_stats_update_entry rs_tokio_console_tasks_task_update_stats_update_entry;

/* rs.tokio.console.tasks.TaskUpdate */
struct rs_tokio_console_tasks_task_update {
    rs_tokio_console_tasks_task *new_tasks;
    size_t new_tasks_n;
    rs_tokio_console_tasks_task_update_stats_update_entry *stats_update;
    size_t stats_update_n;
    uint64_t dropped_events;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.tasks.Task */
struct rs_tokio_console_tasks_task {
    rs_tokio_console_common_id *id;
    rs_tokio_console_common_meta_id *metadata;
    rs_tokio_console_tasks_task_kind kind;
    rs_tokio_console_common_field *fields;
    size_t fields_n;
    rs_tokio_console_common_span_id *parents;
    size_t parents_n;
    rs_tokio_console_common_location *location;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.tasks.Stats */
struct rs_tokio_console_tasks_stats {
    google_protobuf_timestamp *created_at;
    google_protobuf_timestamp *dropped_at;
    uint64_t wakes;
    uint64_t waker_clones;
    uint64_t waker_drops;
    google_protobuf_timestamp *last_wake;
    rs_tokio_console_common_poll_stats *poll_stats;
    uint64_t self_wakes;
    google_protobuf_duration *scheduled_time;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.tasks.DurationHistogram */
struct rs_tokio_console_tasks_duration_histogram {
    edo_bytes raw_histogram;
    uint64_t max_value;
    uint64_t high_outliers;
    uint64_t highest_outlier;
    bool has_highest_outlier;
    edo_str unknown; /* what this description has not, as it came */
};

enum {
    RS_TOKIO_CONSOLE_TASKS_TASK_DETAILS_POLL_TIMES_HISTOGRAM_LEGACY_HISTOGRAM = 3,
    RS_TOKIO_CONSOLE_TASKS_TASK_DETAILS_POLL_TIMES_HISTOGRAM_HISTOGRAM = 4,
};

/* rs.tokio.console.tasks.TaskDetails */
struct rs_tokio_console_tasks_task_details {
    rs_tokio_console_common_id *task_id;
    google_protobuf_timestamp *now;
    uint32_t poll_times_histogram; /* which of these is there; 0: none */
    union {
        edo_bytes legacy_histogram;
        rs_tokio_console_tasks_duration_histogram *histogram;
    };
    rs_tokio_console_tasks_duration_histogram *scheduled_times_histogram;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.tasks.TaskUpdate.StatsUpdateEntry */
struct rs_tokio_console_tasks_task_update_stats_update_entry {
    uint64_t key;
    rs_tokio_console_tasks_stats value;
};

EDO_DESCRIBED_LATER(rs_tokio_console_tasks_task_update)
EDO_DESCRIBED_LATER(rs_tokio_console_tasks_task)
EDO_DESCRIBED_LATER(rs_tokio_console_tasks_stats)
EDO_DESCRIBED_LATER(rs_tokio_console_tasks_duration_histogram)
EDO_DESCRIBED_LATER(rs_tokio_console_tasks_task_details)
EDO_DESCRIBED_LATER(rs_tokio_console_tasks_task_update_stats_update_entry)

EDO_DESCRIBE(rs_tokio_console_tasks_task_update,
    EDO_FIELD_LIST_OF(rs_tokio_console_tasks_task_update, new_tasks, new_tasks_n, rs_tokio_console_tasks_task_desc,
              .number = 1, .optional = true),
    EDO_FIELD_LIST_OF(rs_tokio_console_tasks_task_update, stats_update, stats_update_n, rs_tokio_console_tasks_task_update_stats_update_entry_desc,
              .number = 3, .map = true, .optional = true),
    EDO_FIELD(rs_tokio_console_tasks_task_update, dropped_events, .number = 4, .optional = true),
    EDO_FIELD(rs_tokio_console_tasks_task_update, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_tasks_task,
    EDO_FIELD_PTR_OF(rs_tokio_console_tasks_task, id, rs_tokio_console_common_id_desc,
              .number = 1, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_tasks_task, metadata, rs_tokio_console_common_meta_id_desc,
              .number = 2, .optional = true),
    EDO_FIELD_OF(rs_tokio_console_tasks_task, kind, rs_tokio_console_tasks_task_kind_desc,
              .number = 3, .optional = true),
    EDO_FIELD_LIST_OF(rs_tokio_console_tasks_task, fields, fields_n, rs_tokio_console_common_field_desc,
              .number = 4, .optional = true),
    EDO_FIELD_LIST_OF(rs_tokio_console_tasks_task, parents, parents_n, rs_tokio_console_common_span_id_desc,
              .number = 5, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_tasks_task, location, rs_tokio_console_common_location_desc,
              .number = 6, .optional = true),
    EDO_FIELD(rs_tokio_console_tasks_task, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_tasks_stats,
    EDO_FIELD_PTR_OF(rs_tokio_console_tasks_stats, created_at, google_protobuf_timestamp_desc,
              .number = 1, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_tasks_stats, dropped_at, google_protobuf_timestamp_desc,
              .number = 2, .optional = true),
    EDO_FIELD(rs_tokio_console_tasks_stats, wakes, .number = 3, .optional = true),
    EDO_FIELD(rs_tokio_console_tasks_stats, waker_clones, .number = 4, .optional = true),
    EDO_FIELD(rs_tokio_console_tasks_stats, waker_drops, .number = 5, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_tasks_stats, last_wake, google_protobuf_timestamp_desc,
              .number = 6, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_tasks_stats, poll_stats, rs_tokio_console_common_poll_stats_desc,
              .number = 7, .optional = true),
    EDO_FIELD(rs_tokio_console_tasks_stats, self_wakes, .number = 8, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_tasks_stats, scheduled_time, google_protobuf_duration_desc,
              .number = 9, .optional = true),
    EDO_FIELD(rs_tokio_console_tasks_stats, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_tasks_duration_histogram,
    EDO_FIELD(rs_tokio_console_tasks_duration_histogram, raw_histogram,
              .number = 1, .optional = true),
    EDO_FIELD(rs_tokio_console_tasks_duration_histogram, max_value, .number = 2, .optional = true),
    EDO_FIELD(rs_tokio_console_tasks_duration_histogram, high_outliers,
              .number = 3, .optional = true),
    EDO_FIELD(rs_tokio_console_tasks_duration_histogram, highest_outlier,
              .number = 4, .optional = true, EDO_HAS(rs_tokio_console_tasks_duration_histogram, has_highest_outlier)),
    EDO_FIELD(rs_tokio_console_tasks_duration_histogram, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_tasks_task_details,
    EDO_FIELD_PTR_OF(rs_tokio_console_tasks_task_details, task_id, rs_tokio_console_common_id_desc,
              .number = 1, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_tasks_task_details, now, google_protobuf_timestamp_desc,
              .number = 2, .optional = true),
    EDO_FIELD(rs_tokio_console_tasks_task_details, legacy_histogram,
              .number = 3, .optional = true, EDO_ONEOF(rs_tokio_console_tasks_task_details, poll_times_histogram)),
    EDO_FIELD_PTR_OF(rs_tokio_console_tasks_task_details, histogram, rs_tokio_console_tasks_duration_histogram_desc,
              .number = 4, .optional = true, EDO_ONEOF(rs_tokio_console_tasks_task_details, poll_times_histogram)),
    EDO_FIELD_PTR_OF(rs_tokio_console_tasks_task_details, scheduled_times_histogram, rs_tokio_console_tasks_duration_histogram_desc,
              .number = 5, .optional = true),
    EDO_FIELD(rs_tokio_console_tasks_task_details, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_tasks_task_update_stats_update_entry,
    EDO_FIELD(rs_tokio_console_tasks_task_update_stats_update_entry, key, .number = 1),
    EDO_FIELD_OF(rs_tokio_console_tasks_task_update_stats_update_entry, value, rs_tokio_console_tasks_stats_desc,
              .number = 2))

#ifdef RS_TOKIO_CONSOLE_TASKS_TYPES
#    error "two files make RS_TOKIO_CONSOLE_TASKS_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define RS_TOKIO_CONSOLE_TASKS_TYPES \
    { "rs.tokio.console.tasks.TaskUpdate", &rs_tokio_console_tasks_task_update_desc }, \
    { "rs.tokio.console.tasks.Task", &rs_tokio_console_tasks_task_desc }, \
    { "rs.tokio.console.tasks.Stats", &rs_tokio_console_tasks_stats_desc }, \
    { "rs.tokio.console.tasks.DurationHistogram", &rs_tokio_console_tasks_duration_histogram_desc }, \
    { "rs.tokio.console.tasks.TaskDetails", &rs_tokio_console_tasks_task_details_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_rs_tokio_console_tasks) = {
    10, 183, 14, 10, 28, 114, 115, 47, 116, 111, 107, 105, 111, 47, 99, 111, 110, 115, 111, 108,
    101, 47, 116, 97, 115, 107, 115, 46, 112, 114, 111, 116, 111, 18, 22, 114, 115, 46, 116, 111,
    107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 116, 97, 115, 107, 115, 26, 30, 103,
    111, 111, 103, 108, 101, 47, 112, 114, 111, 116, 111, 98, 117, 102, 47, 100, 117, 114, 97, 116,
    105, 111, 110, 46, 112, 114, 111, 116, 111, 26, 31, 103, 111, 111, 103, 108, 101, 47, 112, 114,
    111, 116, 111, 98, 117, 102, 47, 116, 105, 109, 101, 115, 116, 97, 109, 112, 46, 112, 114, 111,
    116, 111, 26, 29, 114, 115, 47, 116, 111, 107, 105, 111, 47, 99, 111, 110, 115, 111, 108, 101,
    47, 99, 111, 109, 109, 111, 110, 46, 112, 114, 111, 116, 111, 34, 165, 2, 10, 10, 84, 97,
    115, 107, 85, 112, 100, 97, 116, 101, 18, 57, 10, 9, 110, 101, 119, 95, 116, 97, 115, 107,
    115, 24, 1, 32, 3, 40, 11, 50, 28, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99,
    111, 110, 115, 111, 108, 101, 46, 116, 97, 115, 107, 115, 46, 84, 97, 115, 107, 82, 8, 110,
    101, 119, 84, 97, 115, 107, 115, 18, 86, 10, 12, 115, 116, 97, 116, 115, 95, 117, 112, 100,
    97, 116, 101, 24, 3, 32, 3, 40, 11, 50, 51, 46, 114, 115, 46, 116, 111, 107, 105, 111,
    46, 99, 111, 110, 115, 111, 108, 101, 46, 116, 97, 115, 107, 115, 46, 84, 97, 115, 107, 85,
    112, 100, 97, 116, 101, 46, 83, 116, 97, 116, 115, 85, 112, 100, 97, 116, 101, 69, 110, 116,
    114, 121, 82, 11, 115, 116, 97, 116, 115, 85, 112, 100, 97, 116, 101, 18, 37, 10, 14, 100,
    114, 111, 112, 112, 101, 100, 95, 101, 118, 101, 110, 116, 115, 24, 4, 32, 1, 40, 4, 82,
    13, 100, 114, 111, 112, 112, 101, 100, 69, 118, 101, 110, 116, 115, 26, 93, 10, 16, 83, 116,
    97, 116, 115, 85, 112, 100, 97, 116, 101, 69, 110, 116, 114, 121, 18, 16, 10, 3, 107, 101,
    121, 24, 1, 32, 1, 40, 4, 82, 3, 107, 101, 121, 18, 51, 10, 5, 118, 97, 108, 117,
    101, 24, 2, 32, 1, 40, 11, 50, 29, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99,
    111, 110, 115, 111, 108, 101, 46, 116, 97, 115, 107, 115, 46, 83, 116, 97, 116, 115, 82, 5,
    118, 97, 108, 117, 101, 58, 2, 56, 1, 34, 250, 2, 10, 4, 84, 97, 115, 107, 18, 43,
    10, 2, 105, 100, 24, 1, 32, 1, 40, 11, 50, 27, 46, 114, 115, 46, 116, 111, 107, 105,
    111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 73, 100, 82,
    2, 105, 100, 18, 59, 10, 8, 109, 101, 116, 97, 100, 97, 116, 97, 24, 2, 32, 1, 40,
    11, 50, 31, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101,
    46, 99, 111, 109, 109, 111, 110, 46, 77, 101, 116, 97, 73, 100, 82, 8, 109, 101, 116, 97,
    100, 97, 116, 97, 18, 53, 10, 4, 107, 105, 110, 100, 24, 3, 32, 1, 40, 14, 50, 33,
    46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 116, 97,
    115, 107, 115, 46, 84, 97, 115, 107, 46, 75, 105, 110, 100, 82, 4, 107, 105, 110, 100, 18,
    54, 10, 6, 102, 105, 101, 108, 100, 115, 24, 4, 32, 3, 40, 11, 50, 30, 46, 114, 115,
    46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109, 111,
    110, 46, 70, 105, 101, 108, 100, 82, 6, 102, 105, 101, 108, 100, 115, 18, 57, 10, 7, 112,
    97, 114, 101, 110, 116, 115, 24, 5, 32, 3, 40, 11, 50, 31, 46, 114, 115, 46, 116, 111,
    107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 83,
    112, 97, 110, 73, 100, 82, 7, 112, 97, 114, 101, 110, 116, 115, 18, 61, 10, 8, 108, 111,
    99, 97, 116, 105, 111, 110, 24, 6, 32, 1, 40, 11, 50, 33, 46, 114, 115, 46, 116, 111,
    107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 76,
    111, 99, 97, 116, 105, 111, 110, 82, 8, 108, 111, 99, 97, 116, 105, 111, 110, 34, 31, 10,
    4, 75, 105, 110, 100, 18, 9, 10, 5, 83, 80, 65, 87, 78, 16, 0, 18, 12, 10, 8,
    66, 76, 79, 67, 75, 73, 78, 71, 16, 1, 34, 199, 3, 10, 5, 83, 116, 97, 116, 115,
    18, 57, 10, 10, 99, 114, 101, 97, 116, 101, 100, 95, 97, 116, 24, 1, 32, 1, 40, 11,
    50, 26, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 84,
    105, 109, 101, 115, 116, 97, 109, 112, 82, 9, 99, 114, 101, 97, 116, 101, 100, 65, 116, 18,
    57, 10, 10, 100, 114, 111, 112, 112, 101, 100, 95, 97, 116, 24, 2, 32, 1, 40, 11, 50,
    26, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 84, 105,
    109, 101, 115, 116, 97, 109, 112, 82, 9, 100, 114, 111, 112, 112, 101, 100, 65, 116, 18, 20,
    10, 5, 119, 97, 107, 101, 115, 24, 3, 32, 1, 40, 4, 82, 5, 119, 97, 107, 101, 115,
    18, 33, 10, 12, 119, 97, 107, 101, 114, 95, 99, 108, 111, 110, 101, 115, 24, 4, 32, 1,
    40, 4, 82, 11, 119, 97, 107, 101, 114, 67, 108, 111, 110, 101, 115, 18, 31, 10, 11, 119,
    97, 107, 101, 114, 95, 100, 114, 111, 112, 115, 24, 5, 32, 1, 40, 4, 82, 10, 119, 97,
    107, 101, 114, 68, 114, 111, 112, 115, 18, 60, 10, 9, 108, 97, 115, 116, 95, 119, 97, 107,
    101, 24, 6, 32, 1, 40, 11, 50, 26, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111,
    116, 111, 98, 117, 102, 46, 84, 105, 109, 101, 115, 116, 97, 109, 112, 72, 0, 82, 8, 108,
    97, 115, 116, 87, 97, 107, 101, 136, 1, 1, 18, 65, 10, 10, 112, 111, 108, 108, 95, 115,
    116, 97, 116, 115, 24, 7, 32, 1, 40, 11, 50, 34, 46, 114, 115, 46, 116, 111, 107, 105,
    111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 80, 111, 108,
    108, 83, 116, 97, 116, 115, 82, 9, 112, 111, 108, 108, 83, 116, 97, 116, 115, 18, 29, 10,
    10, 115, 101, 108, 102, 95, 119, 97, 107, 101, 115, 24, 8, 32, 1, 40, 4, 82, 9, 115,
    101, 108, 102, 87, 97, 107, 101, 115, 18, 64, 10, 14, 115, 99, 104, 101, 100, 117, 108, 101,
    100, 95, 116, 105, 109, 101, 24, 9, 32, 1, 40, 11, 50, 25, 46, 103, 111, 111, 103, 108,
    101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 68, 117, 114, 97, 116, 105, 111, 110, 82,
    13, 115, 99, 104, 101, 100, 117, 108, 101, 100, 84, 105, 109, 101, 66, 12, 10, 10, 95, 108,
    97, 115, 116, 95, 119, 97, 107, 101, 34, 188, 1, 10, 17, 68, 117, 114, 97, 116, 105, 111,
    110, 72, 105, 115, 116, 111, 103, 114, 97, 109, 18, 35, 10, 13, 114, 97, 119, 95, 104, 105,
    115, 116, 111, 103, 114, 97, 109, 24, 1, 32, 1, 40, 12, 82, 12, 114, 97, 119, 72, 105,
    115, 116, 111, 103, 114, 97, 109, 18, 27, 10, 9, 109, 97, 120, 95, 118, 97, 108, 117, 101,
    24, 2, 32, 1, 40, 4, 82, 8, 109, 97, 120, 86, 97, 108, 117, 101, 18, 35, 10, 13,
    104, 105, 103, 104, 95, 111, 117, 116, 108, 105, 101, 114, 115, 24, 3, 32, 1, 40, 4, 82,
    12, 104, 105, 103, 104, 79, 117, 116, 108, 105, 101, 114, 115, 18, 44, 10, 15, 104, 105, 103,
    104, 101, 115, 116, 95, 111, 117, 116, 108, 105, 101, 114, 24, 4, 32, 1, 40, 4, 72, 0,
    82, 14, 104, 105, 103, 104, 101, 115, 116, 79, 117, 116, 108, 105, 101, 114, 136, 1, 1, 66,
    18, 10, 16, 95, 104, 105, 103, 104, 101, 115, 116, 95, 111, 117, 116, 108, 105, 101, 114, 34,
    232, 2, 10, 11, 84, 97, 115, 107, 68, 101, 116, 97, 105, 108, 115, 18, 52, 10, 7, 116,
    97, 115, 107, 95, 105, 100, 24, 1, 32, 1, 40, 11, 50, 27, 46, 114, 115, 46, 116, 111,
    107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 73,
    100, 82, 6, 116, 97, 115, 107, 73, 100, 18, 44, 10, 3, 110, 111, 119, 24, 2, 32, 1,
    40, 11, 50, 26, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102,
    46, 84, 105, 109, 101, 115, 116, 97, 109, 112, 82, 3, 110, 111, 119, 18, 43, 10, 16, 108,
    101, 103, 97, 99, 121, 95, 104, 105, 115, 116, 111, 103, 114, 97, 109, 24, 3, 32, 1, 40,
    12, 72, 0, 82, 15, 108, 101, 103, 97, 99, 121, 72, 105, 115, 116, 111, 103, 114, 97, 109,
    18, 73, 10, 9, 104, 105, 115, 116, 111, 103, 114, 97, 109, 24, 4, 32, 1, 40, 11, 50,
    41, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 116,
    97, 115, 107, 115, 46, 68, 117, 114, 97, 116, 105, 111, 110, 72, 105, 115, 116, 111, 103, 114,
    97, 109, 72, 0, 82, 9, 104, 105, 115, 116, 111, 103, 114, 97, 109, 18, 101, 10, 25, 115,
    99, 104, 101, 100, 117, 108, 101, 100, 95, 116, 105, 109, 101, 115, 95, 104, 105, 115, 116, 111,
    103, 114, 97, 109, 24, 5, 32, 1, 40, 11, 50, 41, 46, 114, 115, 46, 116, 111, 107, 105,
    111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 116, 97, 115, 107, 115, 46, 68, 117, 114, 97,
    116, 105, 111, 110, 72, 105, 115, 116, 111, 103, 114, 97, 109, 82, 23, 115, 99, 104, 101, 100,
    117, 108, 101, 100, 84, 105, 109, 101, 115, 72, 105, 115, 116, 111, 103, 114, 97, 109, 66, 22,
    10, 20, 112, 111, 108, 108, 95, 116, 105, 109, 101, 115, 95, 104, 105, 115, 116, 111, 103, 114,
    97, 109, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_rs_tokio_console_tasks, &edo_FILE_google_protobuf_duration, &edo_FILE_google_protobuf_timestamp, &edo_FILE_rs_tokio_console_common, NULL)

#endif
