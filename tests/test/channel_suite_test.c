/* SPDX-License-Identifier: MIT */
/* Goal: edo's channels keep the rules of edo_test_channel_suite(), and each rule that a channel
 * breaks is named.
 * Method: the channels of values that go to one receiver, without a runtime; channels that break
 * one rule each, in a child whose last words are read. */
#include <edo/edo.h>
#include <edo/test_channel.h>

#include "last_words.h"

#include <errno.h>
#include <string.h>

/* ---- Kinds of channels ----------------------------------------------------------------------- */

typedef struct mpsc_ends {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
} mpsc_ends;

static int mpsc_make(void *channel, size_t cap, void (*drop)(void *elem), void *arg) {
    mpsc_ends *c = channel;
    (void)arg;
    return edo_mpsc_new(&c->tx, &c->rx, sizeof(uint64_t), cap, &(edo_mpsc_opts){ .drop = drop });
}
static void mpsc_senders_go(void *channel) {
    edo_mpsc_tx_unref(((mpsc_ends *)channel)->tx);
}
static void mpsc_receivers_go(void *channel) {
    edo_mpsc_rx_free(((mpsc_ends *)channel)->rx);
}
static edo_future *mpsc_send(void *channel, void *room, const uint64_t *value) {
    return edo_mpsc_send_init(room, ((mpsc_ends *)channel)->tx, value);
}
static edo_future *mpsc_recv(void *channel, void *room, uint64_t *value) {
    return edo_mpsc_recv_init(room, ((mpsc_ends *)channel)->rx, value);
}
static edo_future *mpsc_recv_many(void *channel, void *room, uint64_t *value) {
    return edo_mpsc_recv_many_init(room, ((mpsc_ends *)channel)->rx, value, 1);
}
static int mpsc_try_send(void *channel, const uint64_t *value) {
    return edo_mpsc_try_send(((mpsc_ends *)channel)->tx, value);
}
static int mpsc_try_recv(void *channel, uint64_t *value) {
    return edo_mpsc_try_recv(((mpsc_ends *)channel)->rx, value);
}
static edo_future *mpsc_reserve(void *channel, void *room, void *permit) {
    return edo_mpsc_reserve_init(room, ((mpsc_ends *)channel)->tx, permit);
}
static void mpsc_send_reserved(void *channel, void *permit, const uint64_t *value) {
    (void)channel;
    edo_mpsc_permit_send(permit, value);
}
static void mpsc_release(void *channel, void *permit) {
    (void)channel;
    edo_mpsc_permit_release(permit);
}
static void mpsc_close(void *channel) {
    edo_mpsc_close(((mpsc_ends *)channel)->rx);
}

static const edo_test_channel_ops mpsc_ops = { .make = mpsc_make,
                                               .senders_go = mpsc_senders_go,
                                               .receivers_go = mpsc_receivers_go,
                                               .send = mpsc_send,
                                               .recv = mpsc_recv,
                                               .try_send = mpsc_try_send,
                                               .try_recv = mpsc_try_recv,
                                               .reserve = mpsc_reserve,
                                               .send_reserved = mpsc_send_reserved,
                                               .release = mpsc_release,
                                               .close = mpsc_close };

typedef struct chan_ends {
    edo_chan_tx *tx;
    edo_chan_rx *rx;
} chan_ends;

static int chan_make(void *channel, size_t cap, void (*drop)(void *elem), void *arg) {
    chan_ends *c = channel;
    (void)arg;
    return edo_chan_new(&c->tx, &c->rx, sizeof(uint64_t), cap, &(edo_chan_opts){ .drop = drop });
}
static void chan_senders_go(void *channel) {
    edo_chan_tx_unref(((chan_ends *)channel)->tx);
}
static void chan_receivers_go(void *channel) {
    edo_chan_rx_unref(((chan_ends *)channel)->rx);
}
static edo_future *chan_send(void *channel, void *room, const uint64_t *value) {
    return edo_chan_send_init(room, ((chan_ends *)channel)->tx, value);
}
static edo_future *chan_recv(void *channel, void *room, uint64_t *value) {
    return edo_chan_recv_init(room, ((chan_ends *)channel)->rx, value);
}
static int chan_try_send(void *channel, const uint64_t *value) {
    return edo_chan_try_send(((chan_ends *)channel)->tx, value);
}
static int chan_try_recv(void *channel, uint64_t *value) {
    return edo_chan_try_recv(((chan_ends *)channel)->rx, value);
}
static void chan_close(void *channel) {
    edo_chan_close(((chan_ends *)channel)->rx);
}

static const edo_test_channel_ops chan_ops = { .make = chan_make,
                                               .senders_go = chan_senders_go,
                                               .receivers_go = chan_receivers_go,
                                               .send = chan_send,
                                               .recv = chan_recv,
                                               .try_send = chan_try_send,
                                               .try_recv = chan_try_recv,
                                               .close = chan_close,
                                               .many_receivers = true };

typedef struct broadcast_ends {
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx;
} broadcast_ends;

static int broadcast_make(void *channel, size_t cap, void (*drop)(void *elem), void *arg) {
    broadcast_ends *c = channel;
    (void)drop;
    (void)arg;
    return edo_broadcast_new(&c->tx, &c->rx, sizeof(uint64_t), cap,
                             &(edo_broadcast_opts){ .lossless = true });
}
static void broadcast_senders_go(void *channel) {
    edo_broadcast_tx_unref(((broadcast_ends *)channel)->tx);
}
static void broadcast_receivers_go(void *channel) {
    edo_broadcast_rx_free(((broadcast_ends *)channel)->rx);
}
static edo_future *broadcast_send(void *channel, void *room, const uint64_t *value) {
    return edo_broadcast_send_init(room, ((broadcast_ends *)channel)->tx, value);
}
static edo_future *broadcast_recv(void *channel, void *room, uint64_t *value) {
    return edo_broadcast_recv_init(room, ((broadcast_ends *)channel)->rx, value, NULL);
}
static int broadcast_try_recv(void *channel, uint64_t *value) {
    return edo_broadcast_try_recv(((broadcast_ends *)channel)->rx, value, NULL);
}
static int broadcast_try_send(void *channel, const uint64_t *value) {
    return edo_broadcast_try_send(((broadcast_ends *)channel)->tx, value);
}

/* With one receiver a lossless broadcast is a queue, whose values are plain bytes. */
static const edo_test_channel_ops broadcast_ops = { .make = broadcast_make,
                                                    .senders_go = broadcast_senders_go,
                                                    .receivers_go = broadcast_receivers_go,
                                                    .send = broadcast_send,
                                                    .recv = broadcast_recv,
                                                    .try_send = broadcast_try_send,
                                                    .try_recv = broadcast_try_recv,
                                                    .no_drop = true };

_Static_assert(sizeof(edo_broadcast_send_future) <= EDO_TEST_FUTURE_BYTES, "the largest of edo's");

static int mpsc_make_unbounded(void *channel, size_t cap, void (*drop)(void *elem), void *arg) {
    (void)cap;
    return mpsc_make(channel, EDO_MPSC_UNBOUNDED, drop, arg);
}

static int chan_make_unbounded(void *channel, size_t cap, void (*drop)(void *elem), void *arg) {
    (void)cap;
    return chan_make(channel, EDO_CHAN_UNBOUNDED, drop, arg);
}

static void every_channel_keeps_the_rules(void **state) {
    (void)state;
    edo_test_channel_ops many = mpsc_ops, free_mpsc = mpsc_ops, free_chan = chan_ops;
    many.recv = mpsc_recv_many;
    free_mpsc.make = mpsc_make_unbounded;
    free_chan.make = chan_make_unbounded;
    free_mpsc.unbounded = free_chan.unbounded = true;
    assert_int_equal(edo_test_channel_suite(&mpsc_ops, NULL), 0);
    assert_int_equal(edo_test_channel_suite(&many, NULL), 0);
    assert_int_equal(edo_test_channel_suite(&chan_ops, NULL), 0);
    assert_int_equal(edo_test_channel_suite(&free_mpsc, NULL), 0);
    assert_int_equal(edo_test_channel_suite(&free_chan, NULL), 0);
    assert_int_equal(edo_test_channel_suite(&broadcast_ops, NULL), 0);
}

static int makes_nothing(void *channel, size_t cap, void (*drop)(void *elem), void *arg) {
    (void)channel;
    (void)cap;
    (void)drop;
    return *(int *)arg;
}

static void bad_operations_and_failures_to_make_a_channel_are_returned(void **state) {
    (void)state;
    edo_test_channel_ops ops = mpsc_ops;
    int code = -EMFILE;
    ops.make = makes_nothing;
    assert_int_equal(edo_test_channel_suite(&ops, &code), -EMFILE);
    ops.release = NULL;
    assert_int_equal(edo_test_channel_suite(&ops, &code), -EINVAL);
    ops = mpsc_ops;
    ops.recv = NULL;
    assert_int_equal(edo_test_channel_suite(&ops, NULL), -EINVAL);
    ops = mpsc_ops;
    ops.reserved[1] = 1;
    assert_int_equal(edo_test_channel_suite(&ops, NULL), -EINVAL);
}

/* ---- Channels that break a rule -------------------------------------------------------------- */

/* A future of a chan whose polls and drops do something else. */
typedef struct odd_future {
    edo_future base;
    union {
        edo_future base;
        edo_chan_send_future send;
        edo_chan_recv_future recv;
    } of;
    chan_ends *ends;
    const uint64_t *in;
    uint64_t *out;
} odd_future;

static edo_polled odd_poll(edo_future *base, edo_cx *cx) {
    odd_future *f = (odd_future *)(void *)base;
    if (edo_poll(&f->of.base, cx) == EDO_PENDING) return EDO_PENDING;
    return edo_future_finish(base, f->of.base.result);
}

static void odd_drop(edo_future *base) {
    odd_future *f = (odd_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    edo_drop(&f->of.base);
    edo_future_retire(base);
}

static edo_future *odd_send(void *channel, void *room, const uint64_t *value,
                            const edo_future_ops *ops) {
    odd_future *f = room;
    (void)edo_chan_send_init(&f->of.send, ((chan_ends *)channel)->tx, value);
    f->ends = channel;
    f->in = value;
    return edo_future_init(&f->base, ops);
}

static edo_future *odd_recv(void *channel, void *room, uint64_t *value, const edo_future_ops *ops) {
    odd_future *f = room;
    (void)edo_chan_recv_init(&f->of.recv, ((chan_ends *)channel)->rx, value);
    f->ends = channel;
    f->out = value;
    return edo_future_init(&f->base, ops);
}

#define ODD_OPS(poll_fn, drop_fn)                                                                  \
    { .poll = (poll_fn), .drop = (drop_fn), .name = "odd", .size = sizeof(odd_future) }

/* Takes a value with it when it is dropped. */
static void loses_when_dropped(edo_future *base) {
    odd_future *f = (odd_future *)(void *)base;
    uint64_t lost;
    if (edo_future_is_over(base)) return;
    edo_drop(&f->of.base);
    (void)edo_chan_try_recv(f->ends->rx, &lost);
    edo_future_retire(base);
}
static edo_future *recv_that_loses(void *channel, void *room, uint64_t *value) {
    static const edo_future_ops ops = ODD_OPS(odd_poll, loses_when_dropped);
    return odd_recv(channel, room, value, &ops);
}
static void lost_on_cancel(edo_test_channel_ops *ops) {
    ops->recv = recv_that_loses;
}

/* Sends at last when it is dropped. */
static void sends_when_dropped(edo_future *base) {
    odd_future *f = (odd_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    edo_drop(&f->of.base);
    (void)edo_chan_try_send(f->ends->tx, f->in);
    edo_future_retire(base);
}
static edo_future *send_that_sends(void *channel, void *room, const uint64_t *value) {
    static const edo_future_ops ops = ODD_OPS(odd_poll, sends_when_dropped);
    return odd_send(channel, room, value, &ops);
}
static void sent_on_cancel(edo_test_channel_ops *ops) {
    ops->send = send_that_sends;
}

static edo_polled poll_without_waker(edo_future *base, edo_cx *cx) {
    static edo_test_waker other = EDO_TEST_WAKER_INIT;
    edo_cx deaf = *cx;
    (void)edo_cx_waker(cx); // it says that it has kept it
    deaf.waker = &other.base;
    return odd_poll(base, &deaf);
}
static edo_future *recv_that_is_deaf(void *channel, void *room, uint64_t *value) {
    static const edo_future_ops ops = ODD_OPS(poll_without_waker, odd_drop);
    return odd_recv(channel, room, value, &ops);
}
static void wakes_no_receiver(edo_test_channel_ops *ops) {
    ops->recv = recv_that_is_deaf;
}
static edo_future *send_that_is_deaf(void *channel, void *room, const uint64_t *value) {
    static const edo_future_ops ops = ODD_OPS(poll_without_waker, odd_drop);
    return odd_send(channel, room, value, &ops);
}
static void wakes_no_sender(edo_test_channel_ops *ops) {
    ops->send = send_that_is_deaf;
}

/* Keeps the waker of its first poll. */
static edo_polled poll_with_old_waker(edo_future *base, edo_cx *cx) {
    odd_future *f = (odd_future *)(void *)base;
    static edo_waker *first;
    edo_cx old = *cx;
    edo_waker *newest = edo_cx_waker(cx);
    if (!f->in) first = newest;
    f->in = f->out;
    old.waker = first;
    return odd_poll(base, &old);
}
static edo_future *recv_that_keeps_its_waker(void *channel, void *room, uint64_t *value) {
    static const edo_future_ops ops = ODD_OPS(poll_with_old_waker, odd_drop);
    edo_future *f = odd_recv(channel, room, value, &ops);
    ((odd_future *)room)->in = NULL;
    return f;
}
static void wakes_the_old_task(edo_test_channel_ops *ops) {
    ops->recv = recv_that_keeps_its_waker;
}

/* With two values there, the second one comes first. */
static edo_polled poll_for_the_second(edo_future *base, edo_cx *cx) {
    odd_future *f = (odd_future *)(void *)base;
    edo_polled polled = odd_poll(base, cx);
    uint64_t first = *f->out;
    if (polled == EDO_READY && base->result == 0 && edo_chan_try_recv(f->ends->rx, f->out) == 0)
        (void)edo_chan_try_send(f->ends->tx, &first);
    return polled;
}
static edo_future *recv_the_second(void *channel, void *room, uint64_t *value) {
    static const edo_future_ops ops = ODD_OPS(poll_for_the_second, odd_drop);
    return odd_recv(channel, room, value, &ops);
}
static void out_of_order(edo_test_channel_ops *ops) {
    ops->recv = recv_the_second;
}

static void (*told)(void *elem);
static void tell_twice(void *elem) {
    told(elem);
    told(elem);
}
static int make_that_drops_twice(void *channel, size_t cap, void (*drop)(void *elem), void *arg) {
    told = drop;
    return chan_make(channel, cap, tell_twice, arg);
}
static void drops_twice(edo_test_channel_ops *ops) {
    ops->make = make_that_drops_twice;
}

static int make_that_drops_nothing(void *channel, size_t cap, void (*drop)(void *elem), void *arg) {
    (void)drop;
    return chan_make(channel, cap, NULL, arg);
}
static void drops_nothing(edo_test_channel_ops *ops) {
    ops->make = make_that_drops_nothing;
}

static int try_send_in_vain(void *channel, const uint64_t *value) {
    int err = chan_try_send(channel, value);
    return err == -EAGAIN ? 0 : err;
}
static void pretends_to_send(edo_test_channel_ops *ops) {
    ops->try_send = try_send_in_vain;
}

static void close_nothing(void *channel) {
    (void)channel;
}
static void does_not_close(edo_test_channel_ops *ops) {
    ops->close = close_nothing;
}

static void close_and_drain(void *channel) {
    uint64_t lost;
    chan_close(channel);
    while (chan_try_recv(channel, &lost) == 0) continue;
}
static void loses_at_close(edo_test_channel_ops *ops) {
    ops->close = close_and_drain;
}

/* The channel stays open, and its receivers wait. */
static void senders_stay(void *channel) {
    chan_ends *c = channel;
    (void)edo_chan_tx_ref(c->tx);
    edo_chan_tx_unref(c->tx);
}
static void has_no_end(edo_test_channel_ops *ops) {
    ops->senders_go = senders_stay;
}

typedef struct fault {
    void (*plant)(edo_test_channel_ops *ops);
    const char *says; /* the rule, or what has become of a value */
} fault;

static const fault faults[] = {
    { out_of_order, "values arrive in the order in which they were sent: got is 1, not 0" },
    { wakes_no_sender, "senders wait for a place, in order of arrival" },
    { wakes_no_receiver, "receivers wait for a value, in order of arrival" },
    { pretends_to_send, "what does not wait passes nobody who does" },
    { wakes_the_old_task, "the newest waker is woken" },
    { sent_on_cancel, "a send that is dropped sends nothing, and hands its place on" },
    { lost_on_cancel, "a receive that is dropped loses nothing" },
    { loses_at_close, "a close ends sends, and what was sent arrives" },
    { does_not_close, "a close ends sends, and what was sent arrives" },
    { has_no_end, "the end comes when the last sender has gone, after the last value" },
    { drops_twice, "what is left when the last receiver goes is dropped once, and sends end" },
    { drops_nothing, "what is left when the last receiver goes is dropped once, and sends end" },
};

static const fault *planted;

static int runs_planted(void *arg) {
    edo_test_channel_ops ops = chan_ops;
    (void)arg;
    ops.try_send = NULL;
    ops.try_recv = NULL;
    planted->plant(&ops);
    return edo_test_channel_suite(&ops, NULL);
}

static void broken_rules_are_named(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(faults); i++) {
        char said[4096];
        planted = &faults[i];
        int status = last_words(runs_planted, NULL, said, sizeof said);
        if (!is_abort(status) || !strstr(said, faults[i].says))
            fail_msg("%s: it said: %s", faults[i].says, said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_rules_are_named), // first: it forks
        cmocka_unit_test(every_channel_keeps_the_rules),
        cmocka_unit_test(bad_operations_and_failures_to_make_a_channel_are_returned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
