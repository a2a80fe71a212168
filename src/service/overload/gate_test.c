/* SPDX-License-Identifier: MIT */
/* Goal: no place of a gate, and no turn in its line, is lost or doubled, through every wait, give,
 * drop and resize; the line is served in order, and from its end when it is busy.
 * Method: the generic leaf tests; random operations against a plain count, 100,000 in
 * `make check`. */
#include "service/overload/gate.h"

#include "inside.h"
#include "leaf.h"
#include "rounds.h"
#include "seed.h"

#include <errno.h>

/* ---- The leaf -------------------------------------------------------------------------------- */

typedef struct gate_env {
    edoi_gate gate;
    edoi_gate_future f;
} gate_env;

static int gate_make(void *arg, edo_future **f) {
    gate_env *env = arg;
    edoi_gate_init(&env->gate, 1, EDO_FOREVER_NS);
    if (edoi_gate_try(&env->gate) != 1) return -EIO;
    *f = edoi_gate_wait_init(&env->f, &env->gate, 1);
    return 0;
}

static void gate_poke(void *arg) {
    edoi_gate_give(&((gate_env *)arg)->gate);
}

static void gate_intact(void *arg) {
    gate_env *env = arg;
    assert_int_equal(env->gate.taken, 0);
    assert_int_equal(edoi_gate_try(&env->gate), 1);
}

static void a_wait_at_a_gate_is_a_leaf(void **state) {
    static const leaf gate_leaf = { .name = "place behind a gate",
                                    .env_bytes = sizeof(gate_env),
                                    .make = gate_make,
                                    .poke = gate_poke,
                                    .undo = gate_poke,
                                    .intact = gate_intact };
    (void)state;
    leaf_run(&gate_leaf);
}

/* ---- Order ----------------------------------------------------------------------------------- */

typedef struct line {
    edoi_gate gate;
    int served[3], served_n;
} line;

typedef struct line_waiter {
    line *line;
    int name;
} line_waiter;

static int waits(void *arg) {
    line_waiter *w = arg;
    edoi_gate_future f;
    int err = edo_await(edoi_gate_wait_init(&f, &w->line->gate, edo_now().ns));
    if (err < 0) return err;
    w->line->served[w->line->served_n++] = w->name;
    edoi_gate_give(&w->line->gate);
    return 0;
}

/* Three come; after a while the place that they wait for is given back. */
static int order(line *l, int64_t busy_after_ns, edo_duration after) {
    line_waiter w[3];
    edo_task *tasks[3];
    *l = (line){ .served_n = 0 };
    edoi_gate_init(&l->gate, 1, busy_after_ns);
    CHECK_EQ(edoi_gate_try(&l->gate), 1);
    for (int i = 0; i < 3; i++) {
        w[i] = (line_waiter){ l, i };
        tasks[i] = edo_spawn(waits, &w[i]);
        CHECK(tasks[i] != NULL);
    }
    CHECK_EQ(edo_sleep(after), 0);
    CHECK_EQ(edoi_gate_try(&l->gate), 0);
    edoi_gate_give(&l->gate);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    return l->served[0] * 100 + l->served[1] * 10 + l->served[2];
}

static int orders(void *arg) {
    line l;
    int64_t busy_ns = edo_ms(100).ns;
    (void)arg;
    CHECK_EQ(order(&l, busy_ns, edo_ms(99)), 12);
    CHECK_EQ(order(&l, busy_ns, edo_ms(100)), 210);
    CHECK_EQ(order(&l, 0, edo_ms(1)), 210);
    return 0;
}

static void a_line_is_served_from_its_end_when_it_is_busy(void **state) {
    (void)state;
    assert_int_equal(inside(orders, NULL), 0);
}

/* ---- Random ---------------------------------------------------------------------------------- */

enum { FUTURES = 12 };

static int random_steps(void *arg) {
    static edoi_gate_future futures[FUTURES];
    bool waiting[FUTURES] = { false };
    hand_waker wakers[FUTURES];
    uint32_t taken = 0, max = 3, steps = test_rounds(5000, 100000);
    uint64_t random = test_seed(3);
    edoi_gate gate;
    (void)arg;
    edoi_gate_init(&gate, max, 0);
    for (uint32_t step = 0; step < steps; step++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        uint32_t what = (uint32_t)(random >> 40) % 10, i = (uint32_t)(random >> 50) % FUTURES;
        if (what < 4 && !waiting[i]) { // begins to wait
            wakers[i] = (hand_waker)HAND_WAKER;
            edo_cx cx = hand_cx(&wakers[i], EDO_BUDGET);
            waiting[i] = edo_poll(edoi_gate_wait_init(&futures[i], &gate, 1), &cx) == EDO_PENDING;
            taken += !waiting[i];
        } else if (what < 6 && waiting[i]) { // gives up, perhaps with a place
            edo_drop(&futures[i].base);
            waiting[i] = false;
        } else if (what < 8 && taken > 0) {
            taken--;
            edoi_gate_give(&gate);
        } else if (what == 8) {
            max = 1 + (uint32_t)(random >> 20) % 5;
            edoi_gate_resize(&gate, max);
        } else if (edoi_gate_try(&gate) > 0) {
            taken++;
        }
        for (i = 0; i < FUTURES; i++) { // those that were woken have a place
            edo_cx cx = hand_cx(&wakers[i], EDO_BUDGET);
            if (!waiting[i] || hand_woken(&wakers[i]) == 0) continue;
            CHECK_EQ(edo_poll(&futures[i].base, &cx), EDO_READY);
            waiting[i] = false;
            taken++;
        }
        bool is_busy;
        uint32_t waiting_n = 0;
        for (i = 0; i < FUTURES; i++) waiting_n += waiting[i];
        CHECK_EQ(gate.taken, taken);
        CHECK_EQ(edoi_gate_waiting(&gate, 1, &is_busy), waiting_n);
        CHECK(waiting_n == 0 || taken >= max);
    }
    for (uint32_t i = 0; i < FUTURES; i++)
        if (waiting[i]) edo_drop(&futures[i].base);
    return 0;
}

static void places_are_neither_lost_nor_doubled(void **state) {
    (void)state;
    assert_int_equal(random_steps(NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_at_a_gate_is_a_leaf),
        cmocka_unit_test(a_line_is_served_from_its_end_when_it_is_busy),
        cmocka_unit_test(places_are_neither_lost_nor_doubled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
