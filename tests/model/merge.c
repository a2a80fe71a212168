/* SPDX-License-Identifier: MIT */
/* Goal: sequences that are merged lose no wake, whether they are woken while they wait, are polled,
 * or are to be polled next, and whether their reader waits, leaves, or takes them out meanwhile; a
 * waker that was kept outlives its sequence and the merge without harm, and one that was borrowed
 * is not used after the merge is freed or shut down. */
#include "bell.h"

#include <edo/edo.h>

#include "base/atomic.h"

/* A sequence of as many items as were sent. Its reader gets no other notice of one than the wake,
 * and sees it only as the wake orders it. */
typedef struct line {
    edo_atomic_u32 sent;
    uint32_t read;
    edo_waker *kept; /* of its first poll */
} line;

static line lines[2];

static edo_polled line_poll(void *arg, edo_cx *cx, void *item, int *result) {
    line *l = arg;
    edo_waker *w = edo_cx_waker(cx);
    if (!l->kept) l->kept = edo_waker_ref(w);
    if (edoi_load_rlx_u32(&l->sent) == l->read) return EDO_PENDING;
    *(int *)item = (int)l->read++;
    *result = 1;
    return EDO_READY;
}

static edo_seq *line_seq(line *l) {
    return edo_seq_from_fn(sizeof(int), line_poll, l);
}

static void line_send(line *l) {
    (void)edoi_add_rlx_u32(&l->sent, 1);
    edo_waker_wake(l->kept);
}

static void send_one(void *arg) {
    line_send(arg);
}

static void send_two(void *arg) {
    line_send(arg);
    line_send(arg);
}

/* The waker is kept by this thread alone. */
static void send_and_let_go(void *arg) {
    line_send(arg);
    edo_waker_unref(((line *)arg)->kept);
}

/* Polls once with a bell, which goes then; all wait. */
static void look(edo_seq *s) {
    edo_seq_next_future next;
    int item;
    MODEL_CHECK(!bell_poll_and_drop(edo_seq_next_init(&next, s, &item), false));
}

static int next(edo_seq *s) {
    int item = -1;
    MODEL_CHECK(edo_seq_next(s, &item) == 1);
    return item;
}

static void let_go(int n) {
    for (int i = 0; i < n; i++) edo_waker_unref(lines[i].kept);
}

static void woken_twice(void) {
    edo_seq *s = edo_seq_merge(line_seq(&lines[0]));
    look(s);
    edoi_model_start(send_two, &lines[0]);
    MODEL_CHECK(next(s) == 0);
    MODEL_CHECK(next(s) == 1);
    edoi_model_wait();
    edo_seq_free(s);
    let_go(1);
}

static void woken_by_two(void) {
    edo_seq *s = edo_seq_merge(line_seq(&lines[0]), line_seq(&lines[1]));
    look(s);
    edoi_model_start(send_one, &lines[0]);
    edoi_model_start(send_one, &lines[1]);
    MODEL_CHECK(next(s) == 0);
    MODEL_CHECK(next(s) == 0);
    MODEL_CHECK(lines[0].read == 1 && lines[1].read == 1);
    edoi_model_wait();
    edo_seq_free(s);
    let_go(2);
}

/* It has given an item, and is to be polled again. */
static void woken_before_it_is_polled(void) {
    edo_seq *s = edo_seq_merge(line_seq(&lines[0]));
    edoi_store_rlx_u32(&lines[0].sent, 1);
    MODEL_CHECK(next(s) == 0);
    edoi_model_start(send_one, &lines[0]);
    MODEL_CHECK(next(s) == 1);
    edoi_model_wait();
    edo_seq_free(s);
    let_go(1);
}

/* A read that waits with one bell, then with another, and goes: no bell is rung after its end. */
static void reader_leaves_while_woken(void) {
    edo_seq *s = edo_seq_merge(line_seq(&lines[0]));
    look(s);
    edoi_model_start(send_one, &lines[0]);
    edo_seq_next_future f;
    int item = -1;
    bool ready = bell_poll_and_drop(edo_seq_next_init(&f, s, &item), true);
    MODEL_CHECK(ready ? item == 0 : next(s) == 0);
    edoi_model_wait();
    edo_seq_free(s);
    let_go(1);
}

static void merge_goes_while_woken(void) {
    edo_seq *s = edo_seq_merge(line_seq(&lines[0]));
    look(s);
    edoi_model_start(send_and_let_go, &lines[0]);
    edo_seq_free(s);
    edoi_model_wait();
}

/* The other thread has the waker, too. */
static void one_is_removed_while_woken(void) {
    edo_keyed_seq *set = edo_keyed_seq_new(sizeof(int));
    edo_keyed_seq_item_next_future f;
    edo_keyed_came came;
    int item;
    for (uint64_t i = 0; i < 2; i++)
        MODEL_CHECK(edo_keyed_seq_insert(set, i, line_seq(&lines[i])) == 0);
    MODEL_CHECK(!bell_poll_and_drop(edo_keyed_seq_item_next_init(&f, set, &came, &item), false));
    edoi_model_start(send_and_let_go, &lines[0]);
    edo_seq_free(edo_keyed_seq_remove(set, 0));
    edoi_store_rlx_u32(&lines[1].sent, 1);
    edo_waker_wake(lines[1].kept);
    MODEL_CHECK(edo_keyed_seq_item_next(set, &came, &item) == 1);
    MODEL_CHECK(came.key == 1 && came.result == 1 && edo_keyed_seq_len(set) == 1);
    edo_keyed_seq_free(set);
    edo_waker_unref(lines[1].kept);
    edoi_model_wait();
}

/* ---- A waker that is borrowed ---------------------------------------------------------------- */

/* A sequence without an end that waits for the bell. */
typedef struct rings {
    edo_seq base;
    edo_notify_wait_future wait;
} rings;

static edo_notify bell_of_all = EDO_NOTIFY_INIT;

static edo_polled rings_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    rings *self = (rings *)(void *)s;
    if (!s->waits) (void)edo_notify_wait_init(&self->wait, &bell_of_all);
    if (edo_poll(&self->wait.base, cx) == EDO_PENDING) return EDO_PENDING;
    *(int *)item = 1;
    *result = 1;
    return EDO_READY;
}

static void rings_leave(edo_seq *s) {
    edo_drop(&((rings *)(void *)s)->wait.base);
}

static void rings_drop(edo_seq *s) {
    free(s);
}

static edo_seq *rings_new(void) {
    static const edo_seq_ops ops = {
        .poll_next = rings_poll, .leave = rings_leave, .drop = rings_drop, .name = "rings"
    };
    rings *self = malloc(sizeof *self);
    return edo_seq_init(&self->base, &ops, sizeof(int));
}

static void ring(void *arg) {
    edo_notify_one(arg);
}

static void a_ring_is_not_lost(void) {
    edo_seq *s = edo_seq_merge(rings_new());
    look(s);
    edoi_model_start(ring, &bell_of_all);
    MODEL_CHECK(next(s) == 1);
    edoi_model_wait();
    edo_seq_free(s);
}

static void merge_goes_while_the_bell_rings(void) {
    edo_seq *s = edo_seq_merge(rings_new());
    look(s);
    edoi_model_start(ring, &bell_of_all);
    edo_seq_free(s);
    edoi_model_wait();
}

/* Its reader has gone; behind the adapter the poll is pending still. */
static void merge_is_shut_down_while_the_bell_rings(void) {
    edo_seq *s = edo_seq_merge(edo_seq_take(rings_new(), 2));
    look(s);
    edoi_model_start(ring, &bell_of_all);
    MODEL_CHECK(edo_seq_shutdown(s) == 0);
    edoi_model_wait();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(woken_twice),
        MODEL(woken_by_two),
        MODEL(woken_before_it_is_polled),
        MODEL(reader_leaves_while_woken),
        MODEL(merge_goes_while_woken),
        MODEL(one_is_removed_while_woken),
        MODEL(a_ring_is_not_lost),
        MODEL(merge_goes_while_the_bell_rings),
        MODEL(merge_is_shut_down_while_the_bell_rings),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
