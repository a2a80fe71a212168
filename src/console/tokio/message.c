/* SPDX-License-Identifier: MIT */
/* console/tokio/message.c: see message.h. */
#include "console/tokio/message.h"

#include "console/tokio/parts.h"

#include <edo/arena.h>
#include <edo/str.h>

#include <errno.h>
#include <string.h>

#define FIELDS_N 3u

typedef google_protobuf_timestamp timestamp;
typedef google_protobuf_duration duration;
typedef rs_tokio_console_common_field field;
typedef rs_tokio_console_common_location location;
typedef rs_tokio_console_common_meta_id meta_id;
typedef rs_tokio_console_common_register_metadata_new_metadata new_metadata;
typedef rs_tokio_console_tasks_duration_histogram times_message;
typedef rs_tokio_console_tasks_task task_message;
typedef rs_tokio_console_tasks_task_update task_update;
typedef rs_tokio_console_tasks_task_update_stats_update_entry stats_entry;

static const meta_id meta_of_tasks = { .id = EDOI_META_TASK };

/* ---- Parts of messages ----------------------------------------------------------------------- */

void *edoi_tokio_new(edo_arena *arena, size_t n, size_t bytes) {
    void *made = edo_arena_alloc(arena, n > 0 ? n * bytes : 1);
    if (made) memset(made, 0, n * bytes);
    return made;
}

google_protobuf_timestamp *edoi_tokio_time(google_protobuf_timestamp *to, const edoi_live *l,
                                           int64_t ns) {
    int64_t wall_ns = ns + l->wall_ns;
    if (ns == 0) return NULL;
    to->seconds = wall_ns / INT64_C(1000000000);
    to->nanos = (int32_t)(wall_ns % INT64_C(1000000000));
    return to;
}

google_protobuf_duration *edoi_tokio_duration(google_protobuf_duration *to, int64_t ns) {
    if (ns < 0) ns = 0;
    to->seconds = ns / INT64_C(1000000000);
    to->nanos = (int32_t)(ns % INT64_C(1000000000));
    return to;
}

/* ---- Metadata -------------------------------------------------------------------------------- */

/* Of all that was sent, by its id. */
typedef struct meta_row {
    uint64_t id;
    edo_str name, target;
    const edo_str *field_names;
    size_t field_names_n;
} meta_row;

static int message_put_metadata(edoi_tokio_update *out, edo_arena *arena) {
    static const edo_str task_fields[FIELDS_N] = { { "task.name", 9 },
                                                   { "kind", 4 },
                                                   { "task.id", 7 } };
    static const meta_row rows[] = {
        { EDOI_META_TASK, { "runtime.spawn", 13 }, { "edo::task", 9 }, task_fields, FIELDS_N },
        { EDOI_META_RESOURCE, { "runtime.resource", 16 }, { "edo::resource", 13 }, NULL, 0 },
        { EDOI_META_WAIT, { "runtime.resource.async_op", 25 }, { "edo::wait", 9 }, NULL, 0 },
    };
    struct {
        rs_tokio_console_common_register_metadata all;
        new_metadata each[EDO_COUNT(rows)];
        meta_id ids[EDO_COUNT(rows)];
        rs_tokio_console_common_metadata whats[EDO_COUNT(rows)];
    } *m = edoi_tokio_new(arena, 1, sizeof *m);
    if (!m) return -ENOMEM;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        m->ids[i].id = rows[i].id;
        m->whats[i].name = rows[i].name;
        m->whats[i].target = rows[i].target;
        m->whats[i].kind = RS_TOKIO_CONSOLE_COMMON_METADATA_SPAN;
        m->whats[i].level = RS_TOKIO_CONSOLE_COMMON_METADATA_TRACE;
        m->whats[i].field_names = (edo_str *)(uintptr_t)rows[i].field_names;
        m->whats[i].field_names_n = rows[i].field_names_n;
        m->each[i].id = &m->ids[i];
        m->each[i].metadata = &m->whats[i];
    }
    m->all.metadata = m->each;
    m->all.metadata_n = EDO_COUNT(rows);
    out->new_metadata = &m->all;
    return 0;
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

/* All that a message of a new task points to. */
typedef struct task_parts {
    rs_tokio_console_common_id id;
    field fields[FIELDS_N];
    location at;
} task_parts;

/* "fn at file:line" is a name and a place; any other text is a name. */
static edo_str message_split_site(location *at, const char *site, edo_arena *arena) {
    const char *place = NULL, *next = site ? site : "?";
    while ((next = strstr(next, " at "))) place = next++;
    const char *colon = place ? strrchr(place, ':') : NULL;
    const edo_str all = edoi_console_text(arena, site ? site : "?", EDOI_TOKIO_TEXT_MAX);
    uint64_t line;
    if (!colon || edo_str_uint(&line, edo_str_of(colon + 1)) < 0 || line > UINT32_MAX) return all;
    const size_t name_n = (size_t)(place - site), place_n = (size_t)(colon - place);
    if (all.len < name_n + place_n) return all; // there was no memory
    at->file = (edo_str){ all.ptr + name_n + 4, place_n - 4 };
    at->line = (uint32_t)line;
    at->has_file = at->has_line = true;
    return (edo_str){ all.ptr, name_n };
}

static field message_field(const char *name) {
    return (field){ .name = RS_TOKIO_CONSOLE_COMMON_FIELD_NAME_STR_NAME,
                    .str_name = edo_str_of(name),
                    .metadata_id = (meta_id *)(uintptr_t)&meta_of_tasks };
}

static field message_text_field(const char *name, edo_str value) {
    field f = message_field(name);
    f.value = RS_TOKIO_CONSOLE_COMMON_FIELD_VALUE_STR_VAL;
    f.str_val = value;
    return f;
}

/* The client's column of ids shows a field, not the id of the message. */
static field message_id_field(const char *name, uint64_t value) {
    field f = message_field(name);
    f.value = RS_TOKIO_CONSOLE_COMMON_FIELD_VALUE_U64_VAL;
    f.u64_val = value;
    return f;
}

static void message_put_task(task_message *to, task_parts *parts, const edoi_live_task *t,
                             edo_arena *arena) {
    edo_str name = message_split_site(&parts->at, t->site, arena);
    parts->id.id = t->id;
    parts->fields[0] = message_text_field("task.name", name);
    parts->fields[1] = message_text_field("kind", EDO_STR("task"));
    parts->fields[2] = message_id_field("task.id", t->id);
    to->id = &parts->id;
    to->metadata = (meta_id *)(uintptr_t)&meta_of_tasks;
    to->kind = RS_TOKIO_CONSOLE_TASKS_TASK_SPAWN;
    to->fields = parts->fields;
    to->fields_n = FIELDS_N;
    if (parts->at.has_file) to->location = &parts->at;
}

/* ---- Statistics ------------------------------------------------------------------------------ */

typedef struct stats_parts {
    timestamp born, ended, woken, first, began, paused;
    duration busy, waited;
    rs_tokio_console_common_poll_stats polls;
} stats_parts;

/* A task that has not ended is held by one waker in any case: a client takes an idle one without
 * for one that nothing can wake. */
static void message_put_stats(stats_entry *to, stats_parts *parts, const edoi_live *l,
                              const edoi_live_task *t) {
    rs_tokio_console_tasks_stats *s = &to->value;
    to->key = t->id;
    s->created_at = edoi_tokio_time(&parts->born, l, t->born_ns);
    s->dropped_at = edoi_tokio_time(&parts->ended, l, t->ended_ns);
    s->wakes = t->wakes_n;
    s->self_wakes = t->self_wakes_n;
    s->waker_clones = 1;
    s->waker_drops = t->ended_ns != 0;
    s->last_wake = edoi_tokio_time(&parts->woken, l, t->woken_ns);
    s->scheduled_time = edoi_tokio_duration(&parts->waited, t->waited_ns);
    s->poll_stats = &parts->polls;
    parts->polls.polls = t->polls_n;
    parts->polls.first_poll = edoi_tokio_time(&parts->first, l, t->first_poll_ns);
    parts->polls.last_poll_started = edoi_tokio_time(&parts->began, l, t->began_ns);
    parts->polls.last_poll_ended = edoi_tokio_time(&parts->paused, l, t->paused_ns);
    parts->polls.busy_time = edoi_tokio_duration(&parts->busy, t->busy_ns);
}

static bool message_is_due(const edoi_live_task *t, const edoi_live_watcher *w) {
    return t->id != 0 && t->changed_at >= w->from;
}

static int message_put_tasks(task_update *to, const edoi_live *l, const edoi_live_watcher *w,
                             edo_arena *arena) {
    size_t new_n = 0, changed_n = 0;
    for (uint32_t i = 0; i < l->tasks_max; i++) {
        changed_n += message_is_due(&l->tasks[i], w);
        new_n += message_is_due(&l->tasks[i], w) && l->tasks[i].made_at >= w->from;
    }
    task_parts *parts = edoi_tokio_new(arena, new_n, sizeof *parts);
    stats_parts *stats = edoi_tokio_new(arena, changed_n, sizeof *stats);
    to->new_tasks = edoi_tokio_new(arena, new_n, sizeof *to->new_tasks);
    to->stats_update = edoi_tokio_new(arena, changed_n, sizeof *to->stats_update);
    if (!parts || !stats || !to->new_tasks || !to->stats_update) return -ENOMEM;
    for (uint32_t i = 0; i < l->tasks_max; i++) {
        const edoi_live_task *t = &l->tasks[i];
        if (!message_is_due(t, w)) continue;
        message_put_stats(&to->stats_update[to->stats_update_n++], stats++, l, t);
        if (t->made_at >= w->from)
            message_put_task(&to->new_tasks[to->new_tasks_n++], parts++, t, arena);
    }
    to->dropped_events = l->dropped_n - w->dropped_n;
    return 0;
}

int edoi_tokio_update_make(edoi_tokio_update *out, const edoi_live *l, const edoi_live_watcher *w,
                           edo_arena *arena) {
    *out = (edoi_tokio_update){ .now = edoi_tokio_new(arena, 1, sizeof *out->now),
                                .task_update = edoi_tokio_new(arena, 1, sizeof *out->task_update) };
    if (!out->now || !out->task_update) return -ENOMEM;
    (void)edoi_tokio_time(out->now, l, l->now_ns);
    int err = w->from == 0 ? message_put_metadata(out, arena) : 0;
    if (err == 0) err = message_put_tasks(out->task_update, l, w, arena);
    return err < 0 ? err : edoi_tokio_put_waits(out, l, w, arena);
}

/* ---- Details --------------------------------------------------------------------------------- */

static times_message *message_times(const edoi_histogram *h, edo_arena *arena) {
    times_message *m = edoi_tokio_new(arena, 1, sizeof *m);
    unsigned char *bytes = edo_arena_alloc(arena, EDOI_HISTOGRAM_BYTES);
    if (!m || !bytes) return NULL;
    m->raw_histogram.str = (edo_str){ (char *)bytes, edoi_histogram_write(h, bytes) };
    m->max_value = EDOI_HISTOGRAM_MAX_NS;
    m->high_outliers = h->outliers;
    m->highest_outlier = h->largest_outlier;
    m->has_highest_outlier = h->outliers > 0;
    return m;
}

int edoi_tokio_details_make(edoi_tokio_details *out, const edoi_live *l, const edoi_live_task *t,
                            edo_arena *arena) {
    *out = (edoi_tokio_details){ .task_id = edoi_tokio_new(arena, 1, sizeof *out->task_id),
                                 .now = edoi_tokio_new(arena, 1, sizeof *out->now) };
    if (!out->task_id || !out->now) return -ENOMEM;
    out->task_id->id = t->id;
    (void)edoi_tokio_time(out->now, l, l->now_ns);
    out->poll_times_histogram = RS_TOKIO_CONSOLE_TASKS_TASK_DETAILS_POLL_TIMES_HISTOGRAM_HISTOGRAM;
    out->histogram = message_times(&t->times->polls, arena);
    out->scheduled_times_histogram = message_times(&t->times->waits, arena);
    return out->histogram && out->scheduled_times_histogram ? 0 : -ENOMEM;
}
