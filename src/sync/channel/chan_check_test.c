/* SPDX-License-Identifier: MIT */
/* Goal: the walker of a channel of many receivers names what is broken. Method: chan.c is included;
 * a channel with some values, and one thing wrong with it. */
#include "broken.h"

#include "sync/channel/chan.c"

typedef struct harm {
    const char *name;
    size_t cap;
    void (*fn)(chan *c);
} harm;

static int walk_after(void *arg) {
    const harm *h = arg;
    edo_chan_tx *tx;
    edo_chan_rx *rx;
    assert_int_equal(edo_chan_new(&tx, &rx, sizeof(uint32_t), h->cap, NULL), 0);
    chan *c = chan_of_rx(rx);
    for (uint32_t i = 0; i < 4; i++) assert_int_equal(edo_chan_try_send(tx, &i), 0);
    chan_check(c);
    h->fn(c);
    chan_check(c);
    return 0;
}

static void promise_more_than_there_is(chan *c) {
    c->promised = 5;
}

static void wait_beside_a_free_value(chan *c) {
    static edo_wait_node node;
    edoi_wait_push(&c->receivers, &node, edo_waker_noop());
}

static void promise_a_slot(chan *c) {
    c->s.permits = 1;
}

static void wait_beside_a_free_slot(chan *c) {
    static edo_wait_node node;
    edoi_wait_push(&c->s.senders, &node, edo_waker_noop());
}

static void promise_without_memory(chan *c) {
    c->s.q.room = 0;
    c->s.permits = 1;
}

static void leave_open(chan *c) {
    c->s.rx_gone = true;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "chan inv. 4: ", 8, promise_more_than_there_is },
        { "chan inv. 4: ", 8, wait_beside_a_free_value },
        { "slots inv. 1: ", 4, promise_a_slot },
        { "slots inv. 1: ", 8, wait_beside_a_free_slot },
        { "slots inv. 2: ", 8, promise_without_memory },
        { "slots inv. 3: ", 8, leave_open },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
