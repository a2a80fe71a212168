/* SPDX-License-Identifier: MIT */
/* Goal: the walker of a broadcast names what is broken. Method: a channel with a value that two
 * receivers have yet to read, and one thing wrong with it. */
#include "broken.h"

#include "sync/channel/broadcast/broadcast_room.h"

#include <string.h>

static void clone_it(void *to, const void *from) {
    memcpy(to, from, sizeof(uint32_t));
}

typedef struct harm {
    const char *name;
    void (*fn)(edoi_broadcast *c, edo_broadcast_rx *rx);
} harm;

static int walk_after(void *arg) {
    static const edo_broadcast_opts opts = { .clone = clone_it, .lossless = true };
    const harm *h = arg;
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx, *other;
    uint32_t value = 7;
    assert_int_equal(edo_broadcast_new(&tx, &rx, sizeof value, 4, &opts), 0);
    assert_int_equal(edo_broadcast_subscribe(&other, tx), 0);
    assert_int_equal(edo_broadcast_try_send(tx, &value), 0);
    edoi_broadcast *c = edoi_broadcast_of_tx(tx);
    edoi_lock_acquire(&c->mu);
    edoi_broadcast_check(c);
    h->fn(c, rx);
    edoi_broadcast_check(c);
    return 0;
}

static edo_broadcast_recv_future waits;

static void wait_beside_a_value(edoi_broadcast *c, edo_broadcast_rx *rx) {
    waits.rx = rx;
    edoi_wait_push(&c->receivers, &waits.node, edo_waker_noop());
}

static void read_beyond_the_end(edoi_broadcast *c, edo_broadcast_rx *rx) {
    wait_beside_a_value(c, rx);
    rx->next = 9;
}

static void keep_a_box_that_is_read(edoi_broadcast *c, edo_broadcast_rx *rx) {
    edoi_broadcast_place_of(c, rx->next)->unread = 0;
}

static void count_too_many_readers(edoi_broadcast *c, edo_broadcast_rx *rx) {
    edoi_broadcast_place_of(c, rx->next)->unread = 3;
}

static void count_a_receiver_twice(edoi_broadcast *c, edo_broadcast_rx *rx) {
    (void)rx;
    c->caught_up_n++;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "broadcast inv. 2: ", read_beyond_the_end },
        { "broadcast inv. 3: ", wait_beside_a_value },
        { "broadcast inv. 4: ", keep_a_box_that_is_read },
        { "broadcast inv. 4: ", count_too_many_readers },
        { "broadcast_room inv. 5: ", count_a_receiver_twice },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
