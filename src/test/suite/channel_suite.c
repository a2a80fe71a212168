/* SPDX-License-Identifier: MIT */
/* test/suite/channel_suite.c: runs a kind of channel through the rules of channel_rules.h. */
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "test/suite/channel_rules.h"
#include "test/value.h"

#include <errno.h>
#include <string.h>

void edoi_channel_eq(const edoi_channel *c, int64_t is, int64_t want, const char *what, int line) {
    edoi_test_text is_text, want_text;
    if (is == want) return;
    edo_test_fail_at("edo_test_channel_suite", 0, "%s: %s is %s, not %s (rule at line %d)", c->rule,
                     what, edoi_test_value(&is_text, is), edoi_test_value(&want_text, want), line);
}

/* ---- Values ---------------------------------------------------------------------------------- */

edoi_channel_cell *edoi_channel_cell_new(edoi_channel *c) {
    EDOI_CHANNEL_EQ(c, c->made_n < EDOI_CHANNEL_CELLS, true);
    return &c->cells[c->made_n++];
}

static uint64_t cell_value(const edoi_channel_cell *cell) {
    return (uint64_t)(uintptr_t)cell;
}

/* A value that comes out of the channel: its cell, if it is one that was made. */
static edoi_channel_cell *cell_of(edoi_channel *c, uint64_t value) {
    for (uint32_t i = 0; i < c->made_n; i++)
        if (cell_value(&c->cells[i]) == value) return &c->cells[i];
    edo_test_fail_at("edo_test_channel_suite", 0, "%s: a value came that was never sent", c->rule);
}

static void cell_dropped(void *elem) {
    uint64_t value;
    memcpy(&value, elem, sizeof value);
    ((edoi_channel_cell *)(uintptr_t)value)->dropped++;
}

static void channel_cell_check(const edoi_channel *c, uint32_t i) {
    const edoi_channel_cell *cell = &c->cells[i];
    uint32_t ends = cell->received + cell->dropped;
    const char *says = NULL;
    if (cell->received > 1) says = "was received twice";
    if (cell->dropped > 1) says = "was dropped twice";
    if (cell->received == 1 && cell->dropped == 1) says = "was received, and dropped too";
    if (cell->sent == 0 && ends > 0)
        says = "is in the channel though its send failed or was dropped";
    if (cell->sent > 0 && ends == 0 && !c->ops->no_drop) says = "was lost";
    if (says)
        edo_test_fail_at("edo_test_channel_suite", 0, "%s: value %u %s", c->rule, (unsigned)i + 1,
                         says);
}

/* ---- The channel ----------------------------------------------------------------------------- */

bool edoi_channel_made(edoi_channel *c, size_t cap) {
    memset(c->bytes, 0, sizeof c->bytes);
    memset(c->cells, 0, sizeof c->cells);
    c->made_n = 0;
    c->no_tx = c->no_rx = false;
    c->err = c->ops->make(c->bytes, cap, cell_dropped, c->arg);
    return c->err >= 0;
}

void edoi_channel_no_tx(edoi_channel *c) {
    c->no_tx = true;
    c->ops->senders_go(c->bytes);
}

void edoi_channel_no_rx(edoi_channel *c) {
    c->no_rx = true;
    c->ops->receivers_go(c->bytes);
}

void edoi_channel_ended(edoi_channel *c) {
    if (!c->no_tx) edoi_channel_no_tx(c);
    if (!c->no_rx) edoi_channel_no_rx(c);
    for (uint32_t i = 0; i < c->made_n; i++) channel_cell_check(c, i);
}

/* ---- Operations ------------------------------------------------------------------------------ */

static void channel_wait_begin(edoi_channel_wait *w, edoi_channel_what what, edo_future *future) {
    w->what = what;
    w->future = future;
    edo_test_task_init(&w->task, future);
}

void edoi_channel_send(edoi_channel *c, edoi_channel_wait *w) {
    w->cell = edoi_channel_cell_new(c);
    w->value = cell_value(w->cell);
    channel_wait_begin(w, EDOI_SENDS, c->ops->send(c->bytes, w->room, &w->value));
}

void edoi_channel_recv(edoi_channel *c, edoi_channel_wait *w) {
    w->value = 0;
    channel_wait_begin(w, EDOI_RECEIVES, c->ops->recv(c->bytes, w->room, &w->value));
}

void edoi_channel_reserve(edoi_channel *c, edoi_channel_wait *w) {
    memset(w->permit, 0, sizeof w->permit);
    channel_wait_begin(w, EDOI_RESERVES, c->ops->reserve(c->bytes, w->room, w->permit));
}

int edoi_channel_poll(edoi_channel *c, edoi_channel_wait *w) {
    if (edo_test_task_poll(&w->task) == EDO_PENDING) return -EAGAIN;
    int result = w->future->result;
    if (result > 0) result = 0; // a count
    if (result < 0) EDOI_CHANNEL_EQ(c, result, -EDO_ECLOSED);
    if (result == 0 && w->what == EDOI_SENDS) w->cell->sent++;
    if (result == 0 && w->what == EDOI_RECEIVES) cell_of(c, w->value)->received++;
    return result;
}

int edoi_channel_woken(edoi_channel *c, edoi_channel_wait *w) {
    EDOI_CHANNEL_EQ(c, edo_test_task_woken(&w->task) > 0, true);
    return edoi_channel_poll(c, w);
}

void edoi_channel_use(edoi_channel *c, edoi_channel_wait *w) {
    edoi_channel_cell *cell = edoi_channel_cell_new(c);
    uint64_t value = cell_value(cell);
    c->ops->send_reserved(c->bytes, w->permit, &value);
    cell->sent++;
}

int edoi_channel_put(edoi_channel *c) {
    edoi_channel_wait w;
    edoi_channel_send(c, &w);
    int result = edoi_channel_poll(c, &w);
    if (result == -EAGAIN) edo_drop(w.future);
    return result;
}

int edoi_channel_take(edoi_channel *c, uint32_t *index) {
    edoi_channel_wait w;
    edoi_channel_recv(c, &w);
    int result = edoi_channel_poll(c, &w);
    if (result == -EAGAIN) edo_drop(w.future);
    if (result == 0) *index = (uint32_t)(cell_of(c, w.value) - c->cells);
    return result;
}

void edoi_channel_takes(edoi_channel *c, uint32_t index) {
    uint32_t got = UINT32_MAX;
    EDOI_CHANNEL_EQ(c, edoi_channel_take(c, &got), 0);
    EDOI_CHANNEL_EQ(c, got, index);
}

void edoi_channel_is_over(edoi_channel *c) {
    uint32_t got = 0;
    for (int i = 0; i < 2; i++) EDOI_CHANNEL_EQ(c, edoi_channel_take(c, &got), -EDO_ECLOSED);
}

/* ---- The suite ------------------------------------------------------------------------------- */

typedef struct channel_rule {
    const char *name;
    edoi_channel_rule *run;
} channel_rule;

static const channel_rule rules[] = {
    { "values arrive in the order in which they were sent", edoi_channel_in_order },
    { "senders wait for a place, in order of arrival", edoi_channel_senders_wait },
    { "receivers wait for a value, in order of arrival", edoi_channel_receivers_wait },
    { "what does not wait passes nobody who does", edoi_channel_tries },
    { "the newest waker is woken", edoi_channel_newest_waker },
    { "the end comes when the last sender has gone, after the last value",
      edoi_channel_senders_gone },
    { "a send that is dropped sends nothing, and hands its place on", edoi_channel_dropped_sends },
    { "a receive that is dropped loses nothing", edoi_channel_dropped_receives },
    { "a reservation that is dropped hands its place on", edoi_channel_dropped_reservations },
    { "a permit keeps its place", edoi_channel_permits },
    { "a close ends sends, and what was sent arrives", edoi_channel_closes },
    { "a close wakes senders, whose values stay theirs", edoi_channel_closes_on_senders },
    { "a value that was promised a place before a close is sent or stays",
      edoi_channel_closes_on_grants },
    { "what is left when the last receiver goes is dropped once, and sends end",
      edoi_channel_receivers_gone },
    { "what is left when both ends go is dropped once", edoi_channel_both_gone },
    { "of a crowd at random each value ends once, and nobody waits for nothing",
      edoi_channel_crowds },
};

int edo_test_channel_suite(const edo_test_channel_ops *ops, void *arg) {
    bool is_whole = ops->make && ops->senders_go && ops->receivers_go && ops->send && ops->recv;
    bool reserves = ops->reserve && ops->send_reserved && ops->release;
    if (!is_whole || (!reserves && (ops->reserve || ops->send_reserved || ops->release)))
        return -EINVAL;
    if (!edoi_all_zero(ops->reserved, EDO_COUNT(ops->reserved))) return -EINVAL;
    edoi_channel *c = edoi_calloc(1, sizeof *c);
    if (!c) return -ENOMEM;
    c->ops = ops;
    c->arg = arg;
    for (size_t i = 0; c->err >= 0 && i < EDO_COUNT(rules); i++) {
        c->rule = rules[i].name;
        rules[i].run(c);
    }
    int err = c->err < 0 ? c->err : 0;
    edoi_free(c);
    return err;
}
