/* SPDX-License-Identifier: MIT */
/* tests/console/client.c: see client.h. */
#include "client.h"

#include <string.h>

#define NS_PER_S INT64_C(1000000000)

typedef rs_tokio_console_tasks_task task_message;
typedef rs_tokio_console_tasks_stats stats_message;
typedef rs_tokio_console_common_register_metadata metadata_message;

void client_begin(client *c) {
    static const rs_tokio_console_instrument_instrument_request all;
    edo_addr addr;
    char at[EDO_ADDR_TEXT_MAX];
    memset(c, 0, sizeof *c);
    CHECK_EQ(edo_console_addr(&addr), 0);
    int n = edo_addr_print(&addr, at, sizeof at);
    CHECK_EQ(edo_grpc_channel_new(&c->channel, (edo_str){ at, (size_t)n }, NULL), 0);
    CHECK_EQ(
        rs_tokio_console_instrument_instrument_watch_updates(c->channel, &c->updates, &all, NULL),
        0);
}

void client_end(client *c) {
    edo_grpc_call_free(c->updates);
    edo_grpc_channel_unref(c->channel);
}

/* ---- What it reads --------------------------------------------------------------------------- */

static int64_t time_of(const google_protobuf_timestamp *t) {
    return t ? t->seconds * NS_PER_S + t->nanos : 0;
}

/* tokio-console panics at a negative one. */
static int64_t length_of(const google_protobuf_duration *d) {
    CHECK(d && d->seconds >= 0 && d->nanos >= 0 && d->nanos < NS_PER_S);
    return d->seconds * NS_PER_S + d->nanos;
}

static void text_of(char *to, size_t bytes, edo_str text) {
    CHECK(text.len < bytes);
    memcpy(to, text.ptr, text.len);
    to[text.len] = '\0';
}

static void take_metadata(client *c, const metadata_message *m) {
    for (size_t i = 0; m && i < m->metadata_n; i++) {
        CHECK(m->metadata[i].id && m->metadata[i].metadata);
        CHECK(m->metadata[i].id->id < EDO_COUNT(c->knows_metadata));
        c->knows_metadata[m->metadata[i].id->id] = true;
    }
}

static seen_task *seen_of(client *c, uint64_t id) {
    for (size_t i = 0; i < c->tasks_n; i++)
        if (c->tasks[i].id == id) return &c->tasks[i];
    return NULL;
}

/* The client takes a field of another type for none. */
static void take_field(seen_task *s, const rs_tokio_console_common_field *f) {
    if (edo_str_equal(f->str_name, EDO_STR("task.name")))
        text_of(s->name, sizeof s->name, f->str_val);
    if (edo_str_equal(f->str_name, EDO_STR("task.id")) &&
        f->value == RS_TOKIO_CONSOLE_COMMON_FIELD_VALUE_U64_VAL)
        s->shown_id = f->u64_val;
    if (edo_str_equal(f->str_name, EDO_STR("kind"))) s->has_kind = f->str_val.len > 0;
}

static void take_task(client *c, const task_message *t) {
    CHECK(t->id && t->metadata && c->knows_metadata[t->metadata->id]);
    CHECK(t->id->id != 0 && !seen_of(c, t->id->id)); // an id is new, and that of one task
    CHECK(c->tasks_n < SEEN_MAX);
    seen_task *s = &c->tasks[c->tasks_n++];
    s->id = t->id->id;
    for (size_t i = 0; i < t->fields_n; i++) take_field(s, &t->fields[i]);
    CHECK(s->name[0] && s->shown_id == s->id && s->has_kind); // or a column is empty
    if (!t->location) return;
    text_of(s->file, sizeof s->file, t->location->file);
    s->line = t->location->line;
}

static void take_stats(client *c, uint64_t id, const stats_message *m) {
    seen_task *s = seen_of(c, id);
    CHECK(s && m->created_at && m->poll_stats); // or the client panics
    s->born_ns = time_of(m->created_at);
    s->ended_ns = time_of(m->dropped_at);
    s->woken_ns = time_of(m->last_wake);
    s->began_ns = time_of(m->poll_stats->last_poll_started);
    s->paused_ns = time_of(m->poll_stats->last_poll_ended);
    s->busy_ns = length_of(m->poll_stats->busy_time);
    s->waited_ns = length_of(m->scheduled_time);
    CHECK(m->poll_stats->polls >= s->polls_n && m->wakes >= s->wakes_n); // it is whole
    s->polls_n = m->poll_stats->polls;
    s->wakes_n = m->wakes;
    s->self_wakes_n = m->self_wakes;
    s->wakers_n = m->waker_clones - m->waker_drops;
}

/* Have all new tasks their statistics here? Else the client would pass them over. */
static void check_new(const rs_tokio_console_tasks_task_update *u) {
    for (size_t i = 0; i < u->new_tasks_n; i++) {
        size_t found_n = 0;
        for (size_t j = 0; j < u->stats_update_n; j++)
            found_n += u->stats_update[j].key == u->new_tasks[i].id->id;
        CHECK_EQ(found_n, 1);
    }
}

/* ---- Waits ----------------------------------------------------------------------------------- */

static void take_resources(client *c, const rs_tokio_console_resources_resource_update *u) {
    for (size_t i = 0; i < u->new_resources_n; i++) {
        const rs_tokio_console_resources_resource *r = &u->new_resources[i];
        CHECK(r->id && r->metadata && c->knows_metadata[r->metadata->id]);
        CHECK(r->kind && r->kind->kind != 0); // or the client panics
        CHECK(c->resources_n < SEEN_MAX && !client_find_resource(c, r->id->id));
        seen_resource *s = &c->resources[c->resources_n++];
        s->id = r->id->id;
        text_of(s->kind, sizeof s->kind, r->concrete_type);
    }
    for (size_t i = 0; i < u->stats_update_n; i++) {
        const rs_tokio_console_resources_stats *m = &u->stats_update[i].value;
        seen_resource *s =
            (seen_resource *)(uintptr_t)client_find_resource(c, u->stats_update[i].key);
        CHECK(s && m->created_at && m->attributes_n == 1);
        s->waiting_n = m->attributes[0].field->u64_val;
        s->born_ns = time_of(m->created_at);
    }
}

static seen_wait *wait_of(client *c, uint64_t id) {
    for (size_t i = 0; i < c->waits_n; i++)
        if (c->waits[i].id == id) return &c->waits[i];
    return NULL;
}

static void take_waits(client *c, const rs_tokio_console_async_ops_async_op_update *u) {
    for (size_t i = 0; i < u->new_async_ops_n; i++) {
        const rs_tokio_console_async_ops_async_op *op = &u->new_async_ops[i];
        CHECK(op->id && op->metadata && c->knows_metadata[op->metadata->id]);
        CHECK(op->resource_id && client_find_resource(c, op->resource_id->id));
        CHECK(c->waits_n < SEEN_MAX && !wait_of(c, op->id->id));
        seen_wait *s = &c->waits[c->waits_n++];
        s->id = op->id->id;
        s->resource_id = op->resource_id->id;
        text_of(s->source, sizeof s->source, op->source);
    }
    for (size_t i = 0; i < u->stats_update_n; i++) {
        const rs_tokio_console_async_ops_stats *m = &u->stats_update[i].value;
        seen_wait *s = wait_of(c, u->stats_update[i].key);
        CHECK(s && m->created_at && m->poll_stats && m->task_id); // or the client panics
        (void)length_of(m->poll_stats->busy_time);
        s->task_id = m->task_id->id;
        s->born_ns = time_of(m->created_at);
        s->ended_ns = time_of(m->dropped_at);
    }
}

const seen_wait *client_find_wait(const client *c, const char *name) {
    const seen_task *t = client_find(c, name);
    for (size_t i = c->waits_n; t && i-- > 0;)
        if (c->waits[i].task_id == t->id) return &c->waits[i];
    return NULL;
}

const seen_resource *client_find_resource(const client *c, uint64_t id) {
    for (size_t i = 0; i < c->resources_n; i++)
        if (c->resources[i].id == id) return &c->resources[i];
    return NULL;
}

/* ---- Updates --------------------------------------------------------------------------------- */

void client_next(client *c) {
    rs_tokio_console_instrument_update u;
    CHECK_EQ(rs_tokio_console_instrument_instrument_watch_updates_recv(c->updates, &u), 1);
    CHECK(u.now && u.task_update);
    take_metadata(c, u.new_metadata);
    check_new(u.task_update);
    for (size_t i = 0; i < u.task_update->new_tasks_n; i++)
        take_task(c, &u.task_update->new_tasks[i]);
    for (size_t i = 0; i < u.task_update->stats_update_n; i++)
        take_stats(c, u.task_update->stats_update[i].key, &u.task_update->stats_update[i].value);
    CHECK(u.resource_update && u.async_op_update);
    take_resources(c, u.resource_update);
    take_waits(c, u.async_op_update);
    c->told_n = u.task_update->stats_update_n;
    c->dropped_n += u.task_update->dropped_events;
    c->now_ns = time_of(u.now);
    c->updates_n++;
}

static bool client_knows_a_poll(const client *c) {
    for (size_t i = 0; i < c->tasks_n; i++)
        if (c->tasks[i].polls_n > 0) return true;
    return false;
}

void client_until_recorded(client *c) {
    CLIENT_UNTIL(c, client_knows_a_poll(c));
}

size_t client_count(const client *c, const char *name) {
    size_t n = 0;
    for (size_t i = 0; i < c->tasks_n; i++) n += strcmp(c->tasks[i].name, name) == 0;
    return n;
}

size_t client_count_ended(const client *c, const char *name) {
    size_t n = 0;
    for (size_t i = 0; i < c->tasks_n; i++)
        n += strcmp(c->tasks[i].name, name) == 0 && c->tasks[i].ended_ns != 0;
    return n;
}

const seen_task *client_find(const client *c, const char *name) {
    for (size_t i = c->tasks_n; i-- > 0;)
        if (strcmp(c->tasks[i].name, name) == 0) return &c->tasks[i];
    return NULL;
}
