/* SPDX-License-Identifier: MIT */
/* Goal: edo_test_channel_suite() passes a channel that is made otherwise than edo's, and names the
 * rule that it breaks once it has a fault.
 * Method: a channel for one thread that hands values and places over: one that waits owns its value
 * before it is polled. Faults of which each is planted alone, in a child whose last words are
 * read. */
#include <edo/edo.h>
#include <edo/test_channel.h>

#include "last_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VALUES 512u

typedef enum fault {
    NO_FAULT,
    TRY_SEND_WAKES_NOBODY,
    TRY_RECV_WAKES_NOBODY,
    TRY_SEND_TAKES_THE_PLACE_OF_A_PERMIT,
    TRY_SEND_AFTER_CLOSE,
    CLOSE_WAKES_ONE_SENDER,
    END_WAKES_ONE_RECEIVER,
    CLOSE_LEAVES_RESERVATIONS,
    RELEASE_FOR_NOBODY_LOSES_THE_PLACE,
    DROP_TAKES_A_VALUE_ALONG,
    DROP_OF_THE_LAST_BREAKS_THE_LINE,
    SEVENTH_VALUE_WAKES_NOBODY,
    LAST_VALUE_COMES_FOR_EVER,
    DROPS_WHAT_WAS_NEVER_SENT,
    LARGE_FUTURE,
    LARGE_CHANNEL,
} fault;

static fault planted;

typedef enum kind { SENDS, RECEIVES, RESERVES } kind;

typedef struct queue_future {
    edo_future base;
    struct queue *of;
    struct queue_future *next; /* in its line */
    edo_waker *waker;
    const uint64_t *in;
    uint64_t *out;
    kind kind;
    bool is_served; /* it has its value, place or error */
    int result;
} queue_future;

typedef struct line {
    queue_future *first, *last;
} line;

typedef struct queue {
    uint64_t values[VALUES];
    size_t first, n, sent_n;
    size_t cap, kept; /* places; those of permits, and of sends that were served */
    void (*drop)(void *elem);
    line senders, receivers;
    bool closed, no_tx, no_rx;
} queue;

static queue *queue_of(void *channel) {
    return *(queue **)channel;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

static void line_push(line *l, queue_future *f) {
    f->next = NULL;
    if (l->last) l->last->next = f;
    if (!l->first) l->first = f;
    l->last = f;
}

static void line_remove(line *l, queue_future *f) {
    queue_future *before = NULL;
    for (queue_future *at = l->first; at && at != f; at = at->next) before = at;
    if (before) before->next = f->next;
    if (!before) l->first = f->next;
    if (l->last == f && !(before && planted == DROP_OF_THE_LAST_BREAKS_THE_LINE)) l->last = before;
}

static void line_serve(line *l, int result) {
    queue_future *f = l->first;
    line_remove(l, f);
    f->is_served = true;
    f->result = result;
    edo_waker_wake(f->waker);
}

static void line_refuse(line *l, bool only_one) {
    while (l->first) {
        line_serve(l, -EDO_ECLOSED);
        if (only_one) return;
    }
}

/* ---- The queue ------------------------------------------------------------------------------- */

static uint64_t queue_pop(queue *q) {
    uint64_t value = q->values[q->first];
    if (planted == LAST_VALUE_COMES_FOR_EVER && q->closed && q->n == 1) return value;
    q->first = (q->first + 1) % VALUES;
    q->n--;
    return value;
}

static void queue_push(queue *q, uint64_t value) {
    q->values[(q->first + q->n) % VALUES] = value;
    q->n++;
    q->sent_n++;
}

static bool queue_is_over(const queue *q) {
    return q->n == 0 && (q->no_tx || (q->closed && q->kept == 0));
}

static bool queue_has_place(const queue *q) {
    return q->n + q->kept < q->cap;
}

static void queue_refuses_senders(queue *q) {
    if (planted == CLOSE_LEAVES_RESERVATIONS && q->senders.first &&
        q->senders.first->kind == RESERVES)
        return;
    line_refuse(&q->senders, planted == CLOSE_WAKES_ONE_SENDER);
}

/* Serves who waits. */
static void queue_settle(queue *q) {
    while (q->receivers.first && q->n > 0) {
        *q->receivers.first->out = queue_pop(q);
        line_serve(&q->receivers, 0);
    }
    if (q->closed || q->no_rx) queue_refuses_senders(q);
    while (q->senders.first && queue_has_place(q)) {
        q->kept++;
        line_serve(&q->senders, 0);
    }
    if (queue_is_over(q)) line_refuse(&q->receivers, planted == END_WAKES_ONE_RECEIVER);
}

static void queue_takes(queue *q, uint64_t value) {
    if (q->no_rx) {
        q->drop(&value);
        return;
    }
    queue_push(q, value);
    if (planted != SEVENTH_VALUE_WAKES_NOBODY || q->sent_n % 7 != 0) queue_settle(q);
}

static void queue_drops_all(queue *q) {
    uint64_t none = 0;
    while (q->n > 0) {
        uint64_t value = queue_pop(q);
        q->drop(&value);
    }
    if (planted == DROPS_WHAT_WAS_NEVER_SENT) q->drop(&none);
}

/* ---- Futures --------------------------------------------------------------------------------- */

static edo_polled queue_pends(queue_future *f, line *l, edo_cx *cx) {
    f->waker = edo_cx_waker(cx);
    if (l) line_push(l, f);
    edo_future_next_step(&f->base, 1);
    return EDO_PENDING;
}

static edo_polled receive(queue_future *f, edo_cx *cx) {
    queue *q = f->of;
    if (q->n == 0) {
        if (queue_is_over(q)) return edo_future_finish(&f->base, -EDO_ECLOSED);
        return queue_pends(f, &q->receivers, cx);
    }
    *f->out = queue_pop(q);
    queue_settle(q);
    return edo_future_finish(&f->base, 0);
}

static edo_polled take_place(queue_future *f, edo_cx *cx) {
    queue *q = f->of;
    if (q->closed || q->no_rx) return edo_future_finish(&f->base, -EDO_ECLOSED);
    if (q->senders.first || !queue_has_place(q)) return queue_pends(f, &q->senders, cx);
    if (f->kind == SENDS) queue_takes(q, *f->in);
    if (f->kind == RESERVES) q->kept++;
    return edo_future_finish(&f->base, 0);
}

static edo_polled queue_poll(edo_future *base, edo_cx *cx) {
    queue_future *f = (queue_future *)(void *)base;
    if (edo_future_step(base) == 0) return f->kind == RECEIVES ? receive(f, cx) : take_place(f, cx);
    if (!f->is_served) return queue_pends(f, NULL, cx);
    if (f->kind == SENDS && f->result == 0) {
        f->of->kept--;
        queue_takes(f->of, *f->in);
    }
    return edo_future_finish(base, f->result);
}

/* What it was served goes to the next one. */
static void queue_undo(queue_future *f) {
    queue *q = f->of;
    if (f->result < 0) return;
    if (f->kind == RECEIVES && planted != DROP_TAKES_A_VALUE_ALONG) {
        q->first = (q->first + VALUES - 1) % VALUES;
        q->values[q->first] = *f->out;
        q->n++;
    }
    if (f->kind != RECEIVES) q->kept--;
    queue_settle(q);
}

static void queue_drop(edo_future *base) {
    queue_future *f = (queue_future *)(void *)base;
    if (!edo_future_is_over(base) && edo_future_step(base) == 1) {
        if (f->is_served)
            queue_undo(f);
        else
            line_remove(f->kind == RECEIVES ? &f->of->receivers : &f->of->senders, f);
    }
    edo_future_retire(base);
}

static edo_future *queue_begin(void *channel, void *room, kind what, const uint64_t *in,
                               uint64_t *out) {
    static const edo_future_ops ops = {
        .poll = queue_poll, .drop = queue_drop, .name = "queue", .size = sizeof(queue_future)
    };
    static const edo_future_ops large = { .poll = queue_poll,
                                          .drop = queue_drop,
                                          .name = "large queue",
                                          .size = EDO_TEST_FUTURE_BYTES + 8 };
    queue_future *f = room;
    *f = (queue_future){ .of = queue_of(channel), .kind = what, .in = in, .out = out };
    return edo_future_init(&f->base, planted == LARGE_FUTURE ? &large : &ops);
}

/* ---- Operations ------------------------------------------------------------------------------ */

static int queue_make(void *channel, size_t cap, void (*drop)(void *elem), void *arg) {
    queue *q = calloc(1, sizeof *q);
    if (!q) return -ENOMEM;
    q->cap = *(bool *)arg ? VALUES : cap;
    q->drop = drop;
    memcpy(channel, &q, sizeof(q));
    if (planted == LARGE_CHANNEL) ((char *)channel)[EDO_TEST_CHANNEL_BYTES] = 1;
    return 0;
}

static void queue_free_if_left(queue *q) {
    if (!q->no_tx || !q->no_rx) return;
    queue_drops_all(q);
    free(q);
}

static void queue_senders_go(void *channel) {
    queue *q = queue_of(channel);
    q->no_tx = true;
    queue_settle(q);
    queue_free_if_left(q);
}

static void queue_receivers_go(void *channel) {
    queue *q = queue_of(channel);
    q->no_rx = true;
    queue_drops_all(q);
    queue_settle(q);
    queue_free_if_left(q);
}

static edo_future *queue_send(void *channel, void *room, const uint64_t *value) {
    return queue_begin(channel, room, SENDS, value, NULL);
}

static edo_future *queue_recv(void *channel, void *room, uint64_t *value) {
    return queue_begin(channel, room, RECEIVES, NULL, value);
}

static int queue_try_send(void *channel, const uint64_t *value) {
    queue *q = queue_of(channel);
    size_t kept = planted == TRY_SEND_TAKES_THE_PLACE_OF_A_PERMIT ? 0 : q->kept;
    if ((q->closed && planted != TRY_SEND_AFTER_CLOSE) || q->no_rx) return -EDO_ECLOSED;
    if (q->senders.first || q->n + kept >= q->cap) return -EAGAIN;
    if (planted == TRY_SEND_WAKES_NOBODY)
        queue_push(q, *value);
    else
        queue_takes(q, *value);
    return 0;
}

static int queue_try_recv(void *channel, uint64_t *value) {
    queue *q = queue_of(channel);
    if (q->n == 0) return queue_is_over(q) ? -EDO_ECLOSED : -EAGAIN;
    *value = queue_pop(q);
    if (planted != TRY_RECV_WAKES_NOBODY) queue_settle(q);
    return 0;
}

static edo_future *queue_reserve(void *channel, void *room, void *permit) {
    (void)permit; // permits are counted only
    return queue_begin(channel, room, RESERVES, NULL, NULL);
}

static void queue_send_reserved(void *channel, void *permit, const uint64_t *value) {
    (void)permit;
    queue_of(channel)->kept--;
    queue_takes(queue_of(channel), *value);
}

static void queue_release(void *channel, void *permit) {
    queue *q = queue_of(channel);
    (void)permit;
    if (planted == RELEASE_FOR_NOBODY_LOSES_THE_PLACE && !q->senders.first && !q->closed) return;
    q->kept--;
    queue_settle(q);
}

static void queue_close(void *channel) {
    queue *q = queue_of(channel);
    q->closed = true;
    queue_settle(q);
}

static edo_test_channel_ops queue_ops(bool unbounded) {
    return (edo_test_channel_ops){ .make = queue_make,
                                   .senders_go = queue_senders_go,
                                   .receivers_go = queue_receivers_go,
                                   .send = queue_send,
                                   .recv = queue_recv,
                                   .try_send = queue_try_send,
                                   .try_recv = queue_try_recv,
                                   .reserve = queue_reserve,
                                   .send_reserved = queue_send_reserved,
                                   .release = queue_release,
                                   .close = queue_close,
                                   .many_receivers = true,
                                   .unbounded = unbounded };
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void a_channel_that_hands_over_passes(void **state) {
    (void)state;
    for (int unbounded = 0; unbounded < 2; unbounded++) {
        bool is_unbounded = unbounded;
        edo_test_channel_ops ops = queue_ops(unbounded);
        assert_int_equal(edo_test_channel_suite(&ops, &is_unbounded), 0);
        ops.many_receivers = false;
        assert_int_equal(edo_test_channel_suite(&ops, &is_unbounded), 0);
        ops.reserve = NULL;
        ops.send_reserved = NULL;
        ops.release = NULL;
        ops.close = NULL;
        assert_int_equal(edo_test_channel_suite(&ops, &is_unbounded), 0);
    }
}

static const struct {
    fault fault;
    const char *says;
} faults[] = {
    { TRY_SEND_WAKES_NOBODY, "what does not wait passes nobody who does" },
    { TRY_RECV_WAKES_NOBODY, "what does not wait passes nobody who does" },
    { TRY_SEND_TAKES_THE_PLACE_OF_A_PERMIT, "what does not wait passes nobody who does" },
    { TRY_SEND_AFTER_CLOSE, "what does not wait is told of a close" },
    { CLOSE_WAKES_ONE_SENDER, "a close wakes senders, whose values stay theirs" },
    { END_WAKES_ONE_RECEIVER, "the end comes when the last sender has gone, after the last value" },
    { CLOSE_LEAVES_RESERVATIONS, "a value that was promised a place before a close is sent or" },
    { RELEASE_FOR_NOBODY_LOSES_THE_PLACE, "a permit keeps its place" },
    { DROP_TAKES_A_VALUE_ALONG, "a receive that is dropped loses nothing" },
    { DROP_OF_THE_LAST_BREAKS_THE_LINE, "who is dropped behind another leaves the line whole" },
    { SEVENTH_VALUE_WAKES_NOBODY, "of a crowd at random each value ends once, and nobody waits" },
    { LAST_VALUE_COMES_FOR_EVER, "was received twice" },
    { DROPS_WHAT_WAS_NEVER_SENT, "a value was dropped that was never sent" },
    { LARGE_FUTURE, "a future has 264 bytes, more than EDO_TEST_FUTURE_BYTES" },
    { LARGE_CHANNEL, "`make` fills more than EDO_TEST_CHANNEL_BYTES" },
};

static int runs_planted(void *arg) {
    bool unbounded = false;
    edo_test_channel_ops ops = queue_ops(unbounded);
    (void)arg;
    return edo_test_channel_suite(&ops, &unbounded);
}

static void each_fault_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(faults); i++) {
        char said[4096];
        planted = faults[i].fault;
        int status = last_words(runs_planted, NULL, said, sizeof said);
        if (!is_abort(status) || !strstr(said, faults[i].says))
            fail_msg("%s: it said: %s", faults[i].says, said);
    }
    planted = NO_FAULT;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_named), // first: it forks
        cmocka_unit_test(a_channel_that_hands_over_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
