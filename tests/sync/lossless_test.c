/* SPDX-License-Identifier: MIT */
/* Goal: on every kind of runtime, values that fibers send through a lossless broadcast reach every
 * receiver that keeps up, whole and in order, and a receiver that does not gets the exact number it
 * lost.
 * Method: senders and listeners without any other flow control; some listeners stop for longer than
 * the limit, or fall behind by a call; and a plain thread that sends. */
#include <edo/edo.h>

#include "inside.h"

#define SENDERS   3
#define LISTENERS 6
#define EACH      400
#define LIMIT_MS  2

typedef enum manner { KEEPS_UP, STOPS, FALLS_BEHIND, MANNERS } manner;

/* A value, and its sender. */
typedef struct line {
    uint32_t sender, number;
} line;

typedef struct listener {
    edo_broadcast_rx *rx;
    manner manner;
    uint32_t next[SENDERS], told_n;
    uint64_t got_n, missed_n;
} listener;

typedef struct sender {
    edo_broadcast_tx *tx;
    uint32_t index;
} sender;

static int pause_as(const listener *self) {
    if (self->got_n % 97 != 96) return self->got_n % 7 ? 0 : edo_yield();
    switch (self->manner) {
    case STOPS: return edo_sleep(edo_ms(3 * LIMIT_MS));
    case FALLS_BEHIND: edo_broadcast_fall_behind(self->rx); return edo_sleep(edo_ms(1));
    case KEEPS_UP:
    case MANNERS: break;
    }
    return 0;
}

static int listen_to_all(void *arg) {
    listener *self = arg;
    for (;;) {
        line l = { 0, 0 };
        uint64_t missed = 0;
        int err = edo_broadcast_recv(self->rx, &l, &missed);
        if (err == -EDO_ECLOSED) return 0;
        self->missed_n += missed;
        if (err == -EDO_ELAGGED) {
            CHECK(missed > 0);
            self->told_n++;
            continue;
        }
        CHECK_EQ(err, 0);
        CHECK(l.sender < SENDERS && l.number >= self->next[l.sender]);
        if (self->told_n == 0) CHECK_EQ(l.number, self->next[l.sender]); // nothing was lost
        self->next[l.sender] = l.number + 1;
        self->got_n++;
        CHECK_EQ(pause_as(self), 0);
    }
}

static int send_each(void *arg) {
    sender *self = arg;
    for (uint32_t i = 0; i < EACH; i++)
        CHECK_EQ(edo_broadcast_send(self->tx, &(line){ self->index, i }), 0);
    edo_broadcast_tx_unref(self->tx);
    return 0;
}

static int all_at_once(void *arg) {
    static const edo_broadcast_opts opts = { .lossless = true, .behind_after = EDO_MS(LIMIT_MS) };
    listener listeners[LISTENERS];
    sender senders[SENDERS];
    edo_broadcast_tx *tx;
    edo_scope s;
    (void)arg;
    CHECK_EQ(edo_broadcast_new(&tx, NULL, sizeof(line), 8, &opts), 0);
    edo_scope_begin(&s, &(edo_scope_opts){ .spread = true });
    for (size_t i = 0; i < LISTENERS; i++) {
        listeners[i] = (listener){ .manner = (manner)(i % MANNERS) };
        CHECK_EQ(edo_broadcast_subscribe(&listeners[i].rx, tx), 0);
    }
    for (size_t i = 0; i < LISTENERS; i++) edo_scope_spawn(&s, listen_to_all, &listeners[i]);
    for (uint32_t i = 0; i < SENDERS; i++) {
        senders[i] = (sender){ edo_broadcast_tx_ref(tx), i };
        edo_scope_spawn(&s, send_each, &senders[i]);
    }
    edo_broadcast_tx_unref(tx);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    for (size_t i = 0; i < LISTENERS; i++) {
        const listener *l = &listeners[i];
        CHECK_EQ(l->got_n + l->missed_n, SENDERS * EACH);
        edo_broadcast_rx_free(l->rx);
    }
    return 0;
}

/* A machine that stops a listener for longer than the limit makes it fall behind: so the values
 * that such a listener has missed are counted, and not forbidden. */
static void values_sent_are_received_or_counted_as_missed_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_run(rt, all_at_once, NULL), 0);
    edo_runtime_free(rt);
}
ON_EACH_KIND(values_sent_are_received_or_counted_as_missed)

static void plain_thread_waits_for_room_and_for_the_limit(void **state) {
    (void)state;
    static const edo_broadcast_opts opts = { .lossless = true, .behind_after = EDO_MS(LIMIT_MS) };
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx;
    line l = { 0, 0 };
    uint64_t missed = 0;
    assert_int_equal(edo_broadcast_new(&tx, &rx, sizeof l, 1, &opts), 0);
    edo_instant began = edo_now();
    for (; l.number < 2; l.number++) assert_int_equal(edo_broadcast_send(tx, &l), 0);
    assert_true(edo_instant_since(edo_now(), began).ns >= edo_ms(LIMIT_MS).ns);
    assert_int_equal(edo_broadcast_recv(rx, &l, &missed), -EDO_ELAGGED);
    assert_int_equal(missed, 1);
    assert_int_equal(edo_broadcast_recv(rx, &l, &missed), 0);
    assert_int_equal(l.number, 1);
    edo_broadcast_tx_unref(tx);
    edo_broadcast_rx_free(rx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_sent_are_received_or_counted_as_missed),
        cmocka_unit_test(plain_thread_waits_for_room_and_for_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
