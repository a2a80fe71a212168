/* SPDX-License-Identifier: MIT */
/* console/tokio/message_waits.c: what tasks wait for, as messages: a resource for each call that
 * tasks wait in, and an async operation for each wait. */
#include "console/tokio/parts.h"

#include <edo/arena.h>
#include <edo/str.h>

#include <errno.h>
#include <string.h>

typedef google_protobuf_timestamp timestamp;
typedef rs_tokio_console_common_attribute attribute;
typedef rs_tokio_console_common_field field;
typedef rs_tokio_console_common_id id_message;
typedef rs_tokio_console_common_meta_id meta_id;
typedef rs_tokio_console_async_ops_async_op op_message;
typedef rs_tokio_console_async_ops_async_op_update op_update;
typedef rs_tokio_console_async_ops_async_op_update_stats_update_entry op_entry;
typedef rs_tokio_console_resources_resource resource_message;
typedef rs_tokio_console_resources_resource_update resource_update;
typedef rs_tokio_console_resources_resource_update_stats_update_entry resource_entry;

static const meta_id meta_of_resources = { .id = EDOI_META_RESOURCE };
static const meta_id meta_of_waits = { .id = EDOI_META_WAIT };

/* ---- Resources ------------------------------------------------------------------------------- */

/* All that the messages of a resource point to. */
typedef struct resource_parts {
    id_message id;
    rs_tokio_console_resources_resource_kind kind;
    timestamp born;
    attribute waiting;
    field waiting_field;
} resource_parts;

/* Timers are a kind that clients know. */
static void resource_put_kind(rs_tokio_console_resources_resource_kind *to, edo_str what) {
    if (edo_str_begins(what, EDO_STR("edo_sleep"))) {
        to->kind = RS_TOKIO_CONSOLE_RESOURCES_RESOURCE_KIND_KIND_KNOWN;
        to->known = RS_TOKIO_CONSOLE_RESOURCES_RESOURCE_KIND_TIMER;
    } else {
        to->kind = RS_TOKIO_CONSOLE_RESOURCES_RESOURCE_KIND_KIND_OTHER;
        to->other = what;
    }
}

static void resource_put(resource_message *to, resource_parts *parts, const edoi_live_resource *r,
                         edo_arena *arena) {
    const edo_str what = edoi_console_text(arena, r->what, EDOI_TOKIO_TEXT_MAX);
    parts->id.id = r->id;
    resource_put_kind(&parts->kind, what);
    to->id = &parts->id;
    to->metadata = (meta_id *)(uintptr_t)&meta_of_resources;
    to->concrete_type = what;
    to->kind = &parts->kind;
}

static void resource_put_stats(resource_entry *to, resource_parts *parts, const edoi_live *l,
                               const edoi_live_resource *r) {
    parts->waiting_field = (field){ .name = RS_TOKIO_CONSOLE_COMMON_FIELD_NAME_STR_NAME,
                                    .str_name = EDO_STR("waiting"),
                                    .value = RS_TOKIO_CONSOLE_COMMON_FIELD_VALUE_U64_VAL,
                                    .u64_val = r->waiting_n,
                                    .metadata_id = (meta_id *)(uintptr_t)&meta_of_resources };
    parts->waiting = (attribute){ .field = &parts->waiting_field };
    to->key = r->id;
    to->value.created_at = edoi_tokio_time(&parts->born, l, r->born_ns);
    to->value.attributes = &parts->waiting;
    to->value.attributes_n = 1;
}

static int resources_put(resource_update *to, const edoi_live *l, const edoi_live_watcher *w,
                         edo_arena *arena) {
    resource_parts *parts = edoi_tokio_new(arena, EDOI_LIVE_RESOURCES, sizeof *parts);
    to->new_resources = edoi_tokio_new(arena, EDOI_LIVE_RESOURCES, sizeof *to->new_resources);
    to->stats_update = edoi_tokio_new(arena, EDOI_LIVE_RESOURCES, sizeof *to->stats_update);
    if (!parts || !to->new_resources || !to->stats_update) return -ENOMEM;
    for (uint32_t i = 0; i < EDOI_LIVE_RESOURCES && l->resources[i].what; i++, parts++) {
        const edoi_live_resource *r = &l->resources[i];
        if (r->changed_at < w->from) continue;
        resource_put_stats(&to->stats_update[to->stats_update_n++], parts, l, r);
        if (r->made_at >= w->from)
            resource_put(&to->new_resources[to->new_resources_n++], parts, r, arena);
    }
    return 0;
}

/* ---- Waits ----------------------------------------------------------------------------------- */

typedef struct op_parts {
    id_message id, resource, task;
    timestamp born, began, paused, ended;
    google_protobuf_duration busy;
    rs_tokio_console_common_poll_stats polls;
} op_parts;

static void op_put(op_message *to, op_parts *parts, const edoi_live_op *op, edo_arena *arena) {
    parts->id.id = op->id;
    parts->resource.id = op->resource->id;
    to->id = &parts->id;
    to->metadata = (meta_id *)(uintptr_t)&meta_of_waits;
    to->source = edoi_console_text(arena, op->resource->what, EDOI_TOKIO_TEXT_MAX);
    to->resource_id = &parts->resource;
}

/* It was polled once, when it began to wait. */
static void op_put_stats(op_entry *to, op_parts *parts, const edoi_live *l,
                         const edoi_live_op *op) {
    parts->task.id = op->task_id;
    to->key = op->id;
    to->value.created_at = edoi_tokio_time(&parts->born, l, op->born_ns);
    to->value.dropped_at = edoi_tokio_time(&parts->ended, l, op->ended_ns);
    to->value.task_id = &parts->task;
    to->value.poll_stats = &parts->polls;
    parts->polls.polls = 1;
    parts->polls.first_poll = parts->polls.last_poll_started =
        edoi_tokio_time(&parts->began, l, op->born_ns);
    parts->polls.last_poll_ended = edoi_tokio_time(&parts->paused, l, op->born_ns);
    parts->polls.busy_time = edoi_tokio_duration(&parts->busy, 0);
}

static int ops_put(op_update *to, const edoi_live *l, const edoi_live_watcher *w,
                   edo_arena *arena) {
    size_t n = 0;
    for (uint32_t i = 0; i < l->tasks_max; i++)
        n += l->ops[i].id != 0 && l->ops[i].changed_at >= w->from;
    op_parts *parts = edoi_tokio_new(arena, n, sizeof *parts);
    to->new_async_ops = edoi_tokio_new(arena, n, sizeof *to->new_async_ops);
    to->stats_update = edoi_tokio_new(arena, n, sizeof *to->stats_update);
    if (!parts || !to->new_async_ops || !to->stats_update) return -ENOMEM;
    for (uint32_t i = 0; i < l->tasks_max && n > 0; i++) {
        const edoi_live_op *op = &l->ops[i];
        if (op->id == 0 || op->changed_at < w->from) continue;
        op_put_stats(&to->stats_update[to->stats_update_n++], parts, l, op);
        if (op->made_at >= w->from)
            op_put(&to->new_async_ops[to->new_async_ops_n++], parts, op, arena);
        parts++;
        n--;
    }
    return 0;
}

int edoi_tokio_put_waits(rs_tokio_console_instrument_update *out, const edoi_live *l,
                         const edoi_live_watcher *w, edo_arena *arena) {
    out->resource_update = edoi_tokio_new(arena, 1, sizeof *out->resource_update);
    out->async_op_update = edoi_tokio_new(arena, 1, sizeof *out->async_op_update);
    if (!out->resource_update || !out->async_op_update) return -ENOMEM;
    int err = resources_put(out->resource_update, l, w, arena);
    return err < 0 ? err : ops_put(out->async_op_update, l, w, arena);
}
