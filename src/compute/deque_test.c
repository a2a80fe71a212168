/* SPDX-License-Identifier: MIT */
/* Goal: the deque loses no item, returns none twice, and keeps both orders.
 * Method: compared with a plain array on one thread; then an owner that pushes and takes at random
 * against thieves, with a deque of four, so that full and empty are frequent. */
#define EDOI_DEQUE_SIZE 4u
#include "compute/deque.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void *item(uint32_t n) {
    return (void *)(uintptr_t)(n + 1);
}

/* Every sequence of `steps` pushes, takes and steals. */
static void agrees_with_an_array(void **state) {
    (void)state;
    const uint32_t steps = 9;
    for (uint32_t code = 0; code < 19683; code++) { // 3^9
        edoi_deque d = { .top = EDOI_ATOMIC_INIT(0) };
        void *model[16];
        uint32_t first = 0, last = 0, left = code;
        for (uint32_t i = 0; i < steps; i++, left /= 3) {
            void *got;
            switch (left % 3) {
            case 0:
                assert_int_equal(edoi_deque_push(&d, item(i)), last - first < EDOI_DEQUE_SIZE);
                if (last - first < EDOI_DEQUE_SIZE) model[last++] = item(i);
                break;
            case 1:
                got = edoi_deque_take(&d);
                assert_ptr_equal(got, last > first ? model[--last] : NULL);
                break;
            default:
                got = edoi_deque_steal(&d);
                assert_ptr_equal(got, last > first ? model[first++] : NULL);
            }
            assert_int_equal(edoi_deque_is_empty(&d), first == last);
        }
    }
}

#define ITEMS   100000u
#define THIEVES 3

static edoi_deque shared;
static uint32_t payload[ITEMS]; /* written before the push, read by the thread that got the item */
static edo_atomic_u32 got[ITEMS];
static edo_atomic_u32 over;

static void take_in(void *found) {
    uint32_t n = (uint32_t)(uintptr_t)found - 1;
    if (payload[n] != n + 7) (void)edoi_add_rlx_u32(&got[n], 100); // fails the count below
    (void)edoi_add_rlx_u32(&got[n], 1);
}

static void *thief(void *arg) {
    (void)arg;
    while (!edoi_load_acq_u32(&over)) {
        void *found = edoi_deque_steal(&shared);
        if (found) {
            take_in(found);
        } else {
            sched_yield();
        }
    }
    return NULL;
}

static void each_item_is_got_once(void **state) {
    (void)state;
    pthread_t threads[THIEVES];
    for (int i = 0; i < THIEVES; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, thief, NULL), 0);
    uint32_t random = 1;
    for (uint32_t n = 0; n < ITEMS;) {
        random = random * 1103515245u + 12345u;
        if (random >> 30 != 0) {
            payload[n] = n + 7;
            if (edoi_deque_push(&shared, item(n))) n++;
        } else {
            void *found = edoi_deque_take(&shared);
            if (found) take_in(found);
        }
        if (random >> 20 == 0) sched_yield();
    }
    for (void *found; (found = edoi_deque_take(&shared)) != NULL;) take_in(found);
    edoi_store_rel_u32(&over, 1);
    for (int i = 0; i < THIEVES; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (uint32_t n = 0; n < ITEMS; n++) assert_int_equal(edoi_load_rlx_u32(&got[n]), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_an_array),
        cmocka_unit_test(each_item_is_got_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
