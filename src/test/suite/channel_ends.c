/* SPDX-License-Identifier: MIT */
/* test/suite/channel_ends.c: rules about the end of a channel, in each state that it can be in. */
#include "test/suite/channel_rules.h"

#include <errno.h>

/* By a close, or by the last sender. */
typedef void channel_end(edoi_channel *c);

static void channel_close(edoi_channel *c) {
    c->ops->close(c->bytes);
}

/* One that waits for a value gets the one that comes before the end, or the end. */
static void ends_on_a_receiver(edoi_channel *c, channel_end *end) {
    for (int has_value = 0; has_value < 2; has_value++) {
        edoi_channel_wait waits;
        if (!edoi_channel_made(c, 1)) return;
        edoi_channel_recv_waits(c, &waits);
        if (has_value) EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
        end(c);
        EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &waits), has_value ? 0 : -EDO_ECLOSED);
        edoi_channel_is_over(c);
        edoi_channel_ended(c);
    }
}

/* The end is for all that wait; a channel may wake one, which wakes the next when it is polled or
 * dropped. */
static void end_comes_to_both(edoi_channel *c, edoi_channel_wait *a, edoi_channel_wait *b,
                              bool drops) {
    if (drops)
        edo_drop(a->future);
    else
        EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, a), -EDO_ECLOSED);
    EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, b), -EDO_ECLOSED);
}

static void ends_on_receivers(edoi_channel *c, channel_end *end) {
    edoi_channel_wait a, b;
    for (int drops = 0; c->ops->many_receivers && c->err >= 0 && drops < 2; drops++) {
        if (!edoi_channel_made(c, 1)) return;
        edoi_channel_recv_waits(c, &a);
        edoi_channel_recv_waits(c, &b);
        end(c);
        end_comes_to_both(c, &a, &b, drops);
        edoi_channel_ended(c);
    }
}

static void ends_on_senders(edoi_channel *c, channel_end *end) {
    edoi_channel_wait a, b;
    for (int drops = 0; !c->ops->unbounded && c->err >= 0 && drops < 2; drops++) {
        if (!edoi_channel_made(c, 1)) return;
        EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
        edoi_channel_send_waits(c, &a);
        edoi_channel_send_waits(c, &b);
        end(c);
        end_comes_to_both(c, &a, &b, drops);
        if (!c->no_rx) edoi_channel_takes(c, 0);
        edoi_channel_ended(c);
    }
}

void edoi_channel_closes(edoi_channel *c) {
    if (!c->ops->close) return;
    for (uint32_t held = 0; held <= 2; held++) {
        if (!edoi_channel_made(c, 2)) return;
        for (uint32_t i = 0; i < held; i++) EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
        c->ops->close(c->bytes);
        EDOI_CHANNEL_EQ(c, edoi_channel_put(c), -EDO_ECLOSED);
        c->ops->close(c->bytes); // harmless
        for (uint32_t i = 0; i < held; i++) edoi_channel_takes(c, i);
        edoi_channel_is_over(c);
        edoi_channel_ended(c);
    }
    ends_on_a_receiver(c, channel_close);
    ends_on_receivers(c, channel_close);
}

void edoi_channel_closes_on_senders(edoi_channel *c) {
    edoi_channel_wait a, b;
    if (!c->ops->close || c->ops->unbounded || !edoi_channel_made(c, 1)) return;
    EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
    edoi_channel_send_waits(c, &a);
    edoi_channel_send_waits(c, &b);
    c->ops->close(c->bytes);
    EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &a), -EDO_ECLOSED);
    EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &b), -EDO_ECLOSED);
    if (c->ops->reserve) {
        edoi_channel_reserve(c, &a);
        EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &a), -EDO_ECLOSED);
    }
    edoi_channel_takes(c, 0);
    edoi_channel_is_over(c);
    edoi_channel_ended(c);
    ends_on_senders(c, channel_close);
}

void edoi_channel_closes_on_tries(edoi_channel *c) {
    uint32_t got = 0;
    if (!c->ops->close || !edoi_channel_made(c, 2)) return;
    EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
    c->ops->close(c->bytes);
    if (c->ops->try_send) EDOI_CHANNEL_EQ(c, edoi_channel_try_put(c), -EDO_ECLOSED);
    if (c->ops->try_recv) {
        EDOI_CHANNEL_EQ(c, edoi_channel_try_take(c, &got), 0);
        EDOI_CHANNEL_EQ(c, edoi_channel_try_take(c, &got), -EDO_ECLOSED);
    } else {
        edoi_channel_takes(c, 0);
    }
    edoi_channel_ended(c);
}

/* Receives until the end. */
static void channel_drains(edoi_channel *c) {
    uint32_t got = 0;
    int result;
    do {
        result = edoi_channel_take(c, &got);
        EDOI_CHANNEL_EQ(c, result != -EAGAIN, true);
    } while (result == 0);
}

static void closes_on_a_grant(edoi_channel *c) {
    edoi_channel_wait sends;
    uint32_t got = 0;
    if (!edoi_channel_made(c, 1)) return;
    EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
    edoi_channel_send(c, &sends);
    EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &sends), -EAGAIN);
    edoi_channel_takes(c, 0);
    c->ops->close(c->bytes);
    bool is_over = edoi_channel_take(c, &got) == -EDO_ECLOSED;
    int sent = edoi_channel_woken(c, &sends);
    if (is_over) EDOI_CHANNEL_EQ(c, sent, -EDO_ECLOSED); // nobody would receive it
    channel_drains(c);
    edoi_channel_ended(c);
}

static void closes_on_a_permit(edoi_channel *c) {
    for (int is_used = 0; is_used < 2; is_used++) {
        edoi_channel_wait has, receives;
        if (!edoi_channel_made(c, 1)) return;
        edoi_channel_reserve(c, &has);
        EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &has), 0);
        c->ops->close(c->bytes);
        edoi_channel_recv(c, &receives);
        EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &receives), -EAGAIN); // one may come
        if (is_used) edoi_channel_use(c, &has);
        if (!is_used) c->ops->release(c->bytes, has.permit);
        EDOI_CHANNEL_EQ(c, edoi_channel_woken(c, &receives), is_used ? 0 : -EDO_ECLOSED);
        edoi_channel_is_over(c);
        edoi_channel_ended(c);
    }
}

/* Two wait for a place in a channel that ends: there will be none. */
static void ends_on_reservations(edoi_channel *c, channel_end *end) {
    edoi_channel_wait a, b;
    for (int drops = 0; !c->ops->unbounded && c->err >= 0 && drops < 2; drops++) {
        if (!edoi_channel_made(c, 1)) return;
        EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
        edoi_channel_reserve_waits(c, &a);
        edoi_channel_reserve_waits(c, &b);
        end(c);
        end_comes_to_both(c, &a, &b, drops);
        if (!c->no_rx) edoi_channel_takes(c, 0);
        edoi_channel_ended(c);
    }
}

void edoi_channel_closes_on_grants(edoi_channel *c) {
    if (!c->ops->close) return;
    if (!c->ops->unbounded) closes_on_a_grant(c);
    if (c->err >= 0 && c->ops->reserve) closes_on_a_permit(c);
    if (c->err >= 0 && c->ops->reserve) ends_on_reservations(c, channel_close);
}

void edoi_channel_senders_gone(edoi_channel *c) {
    for (uint32_t held = 0; held <= 2; held++) {
        if (!edoi_channel_made(c, 2)) return;
        for (uint32_t i = 0; i < held; i++) EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
        edoi_channel_no_tx(c);
        for (uint32_t i = 0; i < held; i++) edoi_channel_takes(c, i);
        edoi_channel_is_over(c);
        edoi_channel_ended(c);
    }
    ends_on_a_receiver(c, edoi_channel_no_tx);
    ends_on_receivers(c, edoi_channel_no_tx);
}

static void all_dropped(edoi_channel *c, uint32_t n) {
    for (uint32_t i = 0; i < n && !c->ops->no_drop; i++) EDOI_CHANNEL_EQ(c, c->cells[i].dropped, 1);
}

void edoi_channel_receivers_gone(edoi_channel *c) {
    for (uint32_t held = 0; held <= 2; held++) {
        edoi_channel_wait a, b;
        if (!edoi_channel_made(c, 2)) return;
        for (uint32_t i = 0; i < held; i++) EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
        edoi_channel_send(c, &a);
        edoi_channel_send(c, &b);
        bool is_full = held == 2 && !c->ops->unbounded;
        if (is_full) EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &a), -EAGAIN);
        if (is_full) EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &b), -EAGAIN);
        edoi_channel_no_rx(c);
        all_dropped(c, held);
        if (is_full) EDOI_CHANNEL_EQ(c, edo_test_task_woken(&a.task) > 0, true);
        EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &a), -EDO_ECLOSED); // it may wake the next
        if (is_full) EDOI_CHANNEL_EQ(c, edo_test_task_woken(&b.task) > 0, true);
        EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &b), -EDO_ECLOSED);
        EDOI_CHANNEL_EQ(c, edoi_channel_put(c), -EDO_ECLOSED);
        edoi_channel_ended(c);
    }
    for (int at = 0; c->ops->reserve && at < 2; at++) {
        edoi_channel_wait has;
        if (!edoi_channel_made(c, 2)) return;
        EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
        edoi_channel_reserve(c, &has);
        EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &has), 0);
        edoi_channel_no_rx(c);
        all_dropped(c, 1);
        if (at == 0) edoi_channel_use(c, &has);
        if (at == 1) c->ops->release(c->bytes, has.permit);
        all_dropped(c, c->made_n);
        edoi_channel_ended(c);
    }
    ends_on_senders(c, edoi_channel_no_rx);
    if (c->ops->reserve) ends_on_reservations(c, edoi_channel_no_rx);
}

void edoi_channel_both_gone(edoi_channel *c) {
    for (int first = 0; first < 2; first++) {
        uint32_t got = 0;
        if (!edoi_channel_made(c, 8)) return;
        for (int i = 0; i < 5; i++) EDOI_CHANNEL_EQ(c, edoi_channel_put(c), 0);
        EDOI_CHANNEL_EQ(c, edoi_channel_take(c, &got), 0);
        if (first == 0) edoi_channel_no_tx(c);
        if (first == 1) edoi_channel_no_rx(c);
        edoi_channel_ended(c);
    }
}
