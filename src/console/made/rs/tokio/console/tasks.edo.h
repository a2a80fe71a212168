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

#endif
