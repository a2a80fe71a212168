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

/* Counts a value that comes out of the channel, if it is one that was made; returns its index. */
static uint32_t cell_received(edoi_channel *c, uint64_t value) {
    uint32_t i = 0;
    while (i < c->made_n && cell_value(&c->cells[i]) != value) i++;
    if (i == c->made_n)
        edo_test_fail_at("edo_test_channel_suite", 0, "%s: a value came that was never sent",
                         c->rule);
    c->cells[i].received++;
    if (c->cells[i].received > 1)
        edo_test_fail_at("edo_test_channel_suite", 0, "%s: value %u was received twice", c->rule,
                         (unsigned)i + 1);
    return i;
}

static void cell_dropped(void *elem) {
    uint64_t value;
    memcpy(&value, elem, sizeof value);
    if (value == 0)
        edo_test_fail_at("edo_test_channel_suite", 0, "a value was dropped that was never sent");
    ((edoi_channel_cell *)(uintptr_t)value)->dropped++;
}

static void channel_cell_check(const edoi_channel *c, uint32_t i) {
    const edoi_channel_cell *cell = &c->cells[i];
    uint32_t ends = cell->received + cell->dropped;
    const char *says = NULL;
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
    memset(c->fence, 0, sizeof c->fence);
    memset(c->cells, 0, sizeof c->cells);
    c->made_n = 0;
    c->no_tx = c->no_rx = false;
    c->err = c->ops->make(c->bytes, cap, cell_dropped, c->arg);
    if (!edoi_all_zero(c->fence, EDO_COUNT(c->fence)))
        edo_test_fail_at("edo_test_channel_suite", 0,
                         "`make` fills more than EDO_TEST_CHANNEL_BYTES");
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

/* A future that is too large has overwritten what follows in `w` by now: so nothing is read there
 * before the check. */
static void channel_wait_begin(edoi_channel_wait *w, edoi_channel_what what, edo_future *future) {
    if ((void *)future == (void *)w->room && future->ops->size > sizeof w->room)
        edo_test_fail_at("edo_test_channel_suite", 0,
                         "a future has %u bytes, more than EDO_TEST_FUTURE_BYTES",
                         (unsigned)future->ops->size);
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
    if (w->what == EDOI_SENDS) w->value = 0; // the channel has its own copy, or none
    if (result == 0 && w->what == EDOI_RECEIVES) (void)cell_received(c, w->value);
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
    value = 0; // as of a send
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
    if (result == 0)
        *index = (uint32_t)((edoi_channel_cell *)(uintptr_t)w.value - c->cells); // it is one
    return result;
}

int edoi_channel_try_put(edoi_channel *c) {
    edoi_channel_cell *cell = edoi_channel_cell_new(c);
    uint64_t value = cell_value(cell);
    int result = c->ops->try_send(c->bytes, &value);
    if (result == 0) cell->sent++;
    return result;
}

int edoi_channel_try_take(edoi_channel *c, uint32_t *index) {
    uint64_t value = 0;
    int result = c->ops->try_recv(c->bytes, &value);
    if (result == 0) *index = cell_received(c, value);
    return result;
}

void edoi_channel_send_waits(edoi_channel *c, edoi_channel_wait *w) {
    edoi_channel_send(c, w);
    EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, w), -EAGAIN);
}

void edoi_channel_recv_waits(edoi_channel *c, edoi_channel_wait *w) {
    edoi_channel_recv(c, w);
    EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, w), -EAGAIN);
}

void edoi_channel_reserve_waits(edoi_channel *c, edoi_channel_wait *w) {
    edoi_channel_reserve(c, w);
    EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, w), -EAGAIN);
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
    { "who is dropped behind another leaves the line whole", edoi_channel_dropped_behind },
    { "a receive that is dropped loses nothing", edoi_channel_dropped_receives },
    { "a reservation that is dropped hands its place on", edoi_channel_dropped_reservations },
    { "a permit keeps its place", edoi_channel_permits },
    { "a close ends sends, and what was sent arrives", edoi_channel_closes },
    { "a close wakes senders, whose values stay theirs", edoi_channel_closes_on_senders },
    { "what does not wait is told of a close", edoi_channel_closes_on_tries },
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
