/* SPDX-License-Identifier: MIT */
/* apps/console/tokio/told.c: see told.h. */
#include "told.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef rs_tokio_console_common_location location;

static int64_t told_ns_of(const google_protobuf_timestamp *t) {
    return t && t->seconds >= 0 && t->seconds < INT64_MAX / 1000000000 - 1 && t->nanos >= 0
               ? t->seconds * 1000000000 + t->nanos
               : 0;
}

static uint64_t told_id_of(const rs_tokio_console_common_id *id) {
    return id ? id->id : 0;
}

/* The value of an id, which is zeroed if it is new; NULL: no room. */
static void *told_value_of(told *t, edo_map *m, uint64_t id, bool *is_lost) {
    void *value = edo_map_get_by_number(m, id);
    if (value) return value;
    if (id == 0 || m->len >= TOLD_MAX) {
        t->missed_n++;
        return NULL;
    }
    value = edo_map_add_by_number(m, id);
    *is_lost |= !value;
    return value;
}

static void text_put(char *to, size_t bytes, edo_str text) {
    (void)snprintf(to, bytes, "%.*s", (int)(text.len < bytes ? text.len : bytes - 1),
                   text.ptr ? text.ptr : "");
}

/* Of a crate's file the registry's folder says nothing. */
static void place_put(char *to, size_t bytes, const location *at) {
    if (!at || !at->has_file) return;
    edo_str file = at->file;
    const char *crate = file.len > 14 ? memmem(file.ptr, file.len, "/registry/src/", 14) : NULL;
    const char *slash =
        crate ? memchr(crate + 14, '/', (size_t)(file.ptr + file.len - crate - 14)) : NULL;
    if (slash) file = (edo_str){ slash + 1, (size_t)(file.ptr + file.len - slash - 1) };
    (void)snprintf(to, bytes, "%.*s:%" PRIu32, (int)(file.len < 120 ? file.len : 120), file.ptr,
                   at->line);
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

/* What the program calls it; else what kind of task it is. */
static edo_str task_name(const rs_tokio_console_tasks_task *k) {
    edo_str kind = EDO_STR("task");
    for (size_t i = 0; i < k->fields_n; i++) {
        const rs_tokio_console_common_field *f = &k->fields[i];
        const bool is_text = f->value == RS_TOKIO_CONSOLE_COMMON_FIELD_VALUE_STR_VAL ||
                             f->value == RS_TOKIO_CONSOLE_COMMON_FIELD_VALUE_DEBUG_VAL;
        if (f->name != RS_TOKIO_CONSOLE_COMMON_FIELD_NAME_STR_NAME || !is_text) continue;
        const edo_str text =
            f->value == RS_TOKIO_CONSOLE_COMMON_FIELD_VALUE_STR_VAL ? f->str_val : f->debug_val;
        if (edo_str_equal(f->str_name, EDO_STR("task.name")) && text.len > 0) return text;
        if (edo_str_equal(f->str_name, EDO_STR("kind")) && text.len > 0) kind = text;
    }
    return kind;
}

static void take_task(told *t, const rs_tokio_console_tasks_task *k, bool *is_lost) {
    told_task *to = told_value_of(t, &t->tasks, told_id_of(k->id), is_lost);
    if (!to) return;
    char place[136] = "";
    to->id = told_id_of(k->id);
    text_put(to->name, 64, task_name(k));
    place_put(place, sizeof place, k->location);
    const size_t n = strlen(to->name);
    if (place[0]) (void)snprintf(to->name + n, sizeof to->name - n, " at %s", place);
}

static void take_task_stats(told *t, uint64_t id, const rs_tokio_console_tasks_stats *s) {
    told_task *to = edo_map_get_by_number(&t->tasks, id);
    if (!to) return;
    to->born_ns = told_ns_of(s->created_at);
    to->ended_ns = told_ns_of(s->dropped_at);
    to->woken_ns = told_ns_of(s->last_wake);
    if (!s->poll_stats) return;
    to->began_ns = told_ns_of(s->poll_stats->last_poll_started);
    to->paused_ns = told_ns_of(s->poll_stats->last_poll_ended);
}

static void take_tasks(told *t, const rs_tokio_console_tasks_task_update *u, bool *is_lost) {
    if (!u) return;
    for (size_t i = 0; i < u->new_tasks_n; i++) take_task(t, &u->new_tasks[i], is_lost);
    for (size_t i = 0; i < u->stats_update_n; i++)
        take_task_stats(t, u->stats_update[i].key, &u->stats_update[i].value);
    t->missed_n += u->dropped_events;
}

/* ---- Resources, and what waits for them ------------------------------------------------------ */

static void take_resource(told *t, const rs_tokio_console_resources_resource *r, bool *is_lost) {
    told_resource *to =
        r->is_internal ? NULL : told_value_of(t, &t->resources, told_id_of(r->id), is_lost);
    if (!to) return;
    text_put(to->type, sizeof to->type, r->concrete_type);
    place_put(to->place, sizeof to->place, r->location);
}

static void take_resources(told *t, const rs_tokio_console_resources_resource_update *u,
                           bool *is_lost) {
    if (!u) return;
    for (size_t i = 0; i < u->new_resources_n; i++) take_resource(t, &u->new_resources[i], is_lost);
    for (size_t i = 0; i < u->stats_update_n; i++) {
        told_resource *to = edo_map_get_by_number(&t->resources, u->stats_update[i].key);
        if (!to) continue;
        to->born_ns = told_ns_of(u->stats_update[i].value.created_at);
        to->is_over = u->stats_update[i].value.dropped_at != NULL;
    }
    t->missed_n += u->dropped_events;
}

static void take_op_stats(told *t, uint64_t id, const rs_tokio_console_async_ops_stats *s) {
    told_op *op = edo_map_get_by_number(&t->ops, id);
    if (!op) return;
    op->born_ns = told_ns_of(s->created_at);
    op->is_over = s->dropped_at != NULL;
    op->task = told_id_of(s->task_id);
    told_task *k = edo_map_get_by_number(&t->tasks, op->task);
    if (k && !op->is_over) k->op = id;
    if (k && op->is_over && k->op == id) k->op = 0;
}

static void take_ops(told *t, const rs_tokio_console_async_ops_async_op_update *u, bool *is_lost) {
    if (!u) return;
    for (size_t i = 0; i < u->new_async_ops_n; i++) {
        const rs_tokio_console_async_ops_async_op *op = &u->new_async_ops[i];
        told_op *to = told_value_of(t, &t->ops, told_id_of(op->id), is_lost);
        if (!to) continue;
        text_put(to->source, sizeof to->source, op->source);
        to->resource = told_id_of(op->resource_id);
    }
    for (size_t i = 0; i < u->stats_update_n; i++)
        take_op_stats(t, u->stats_update[i].key, &u->stats_update[i].value);
    t->missed_n += u->dropped_events;
}

/* ---- Updates --------------------------------------------------------------------------------- */

static void forget_what_is_over(told *t) {
    for (edo_map_at at = { 0 }; edo_map_next(&t->tasks, &at);)
        if (((told_task *)at.value)->ended_ns) edo_map_remove_at(&t->tasks, &at);
    for (edo_map_at at = { 0 }; edo_map_next(&t->resources, &at);)
        if (((told_resource *)at.value)->is_over) edo_map_remove_at(&t->resources, &at);
    for (edo_map_at at = { 0 }; edo_map_next(&t->ops, &at);)
        if (((told_op *)at.value)->is_over) edo_map_remove_at(&t->ops, &at);
}

/* A map that has keys already stays as it is. */
static void told_map_begin(edo_map *m, size_t bytes) {
    m->value_size = bytes;
    m->by_number = true;
}

int told_take(told *t, const rs_tokio_console_instrument_update *u) {
    bool is_lost = false;
    told_map_begin(&t->tasks, sizeof(told_task));
    told_map_begin(&t->resources, sizeof(told_resource));
    told_map_begin(&t->ops, sizeof(told_op));
    forget_what_is_over(t);
    take_tasks(t, u->task_update, &is_lost);
    take_resources(t, u->resource_update, &is_lost);
    take_ops(t, u->async_op_update, &is_lost);
    t->now_ns = told_ns_of(u->now);
    return is_lost ? -ENOMEM : 0;
}

void told_deinit(told *t) {
    edo_map_deinit(&t->tasks);
    edo_map_deinit(&t->resources);
    edo_map_deinit(&t->ops);
    *t = (told){ .now_ns = 0 };
}
