/* SPDX-License-Identifier: MIT */
/* Goal: without memory a supervisor does not begin, or the child that could not be started is
 * started later, and its group in order; nothing is leaked.
 * Method: each request for memory of a run fails in turn. */
#include <edo/supervise.h>

#include "base/memory/alloc.h"
#include "inside.h"

#include <edo/error.h>

#include <errno.h>

typedef struct kid {
    int starts, ends;
    int failures_left;
    int *all_n; /* starts of all children; NULL: nobody counts */
    int latest; /* which of them its own latest one is */
} kid;

static int kid_run(void *arg) {
    kid *k = arg;
    k->starts++;
    if (k->all_n) k->latest = ++*k->all_n;
    int err = edo_sleep(k->failures_left > 0 ? edo_ms(5) : edo_hours(1));
    k->ends++;
    return err < 0 ? err : k->failures_left-- > 0 ? -EIO : 0;
}

/* What came of one run. */
typedef struct outcome {
    int result;
    bool has_failed; /* the request for memory was made */
} outcome;

static outcome run_short(kid *kids, const edo_supervise_opts *opts, uint64_t k) {
    const edo_supervised children[] = { { .name = "a", .run = kid_run, .arg = &kids[0] },
                                        { .name = "b", .run = kid_run, .arg = &kids[1] } };
    edoi_alloc_fail_at(k);
    EDO_DEADLINE(d, edo_s(1));
    int result = edo_deadline_end(&d, edo_supervise(children, EDO_COUNT(children), opts));
    outcome o = { result, edoi_alloc_fail_fired() };
    edoi_alloc_fail_at(0);
    edo_trail_clear();
    return o;
}

static int each_fails(void *arg) {
    bool *was_refused = arg, *was_late = was_refused + 1;
    outcome o;
    uint64_t k = 1;
    do {
        kid kids[] = { { .failures_left = 0 }, { .failures_left = 2 } };
        o = run_short(kids, NULL, k++);
        bool refused = o.result == -ENOMEM;
        CHECK(refused || o.result == -ETIMEDOUT);
        CHECK_EQ(kids[0].starts, refused ? 0 : 1);
        CHECK_EQ(kids[1].starts, refused ? 0 : 3);
        CHECK_EQ(kids[0].starts + kids[1].starts, kids[0].ends + kids[1].ends);
        *was_refused |= refused;
        *was_late |= o.has_failed && !refused;
    } while (o.has_failed);
    return 0;
}

/* As each_fails(), of a group, the pauses of which may be none at all: 0 or 1 ns. */
static int each_fails_of_a_group(void *arg) {
    bool *was_late = arg;
    outcome o;
    uint64_t k = 1;
    do {
        int starts_n = 0;
        kid kids[] = { { .all_n = &starts_n }, { .all_n = &starts_n } };
        const edo_supervise_opts opts = { .group = EDO_RESTART_ALL,
                                          .restarts_max = -1,
                                          .backoff = { .kind = EDO_BACKOFF_FULL,
                                                       .pause_min = edo_ns(1) } };
        o = run_short(kids, &opts, k++);
        bool refused = o.result == -ENOMEM;
        CHECK(refused || o.result == -ETIMEDOUT);
        if (!refused) CHECK(kids[0].latest < kids[1].latest); // in order, also the later start
        CHECK_EQ(kids[0].starts + kids[1].starts, kids[0].ends + kids[1].ends);
        *was_late |= o.has_failed && !refused;
    } while (o.has_failed);
    return 0;
}

/* The tasks, whose slab is empty in a fresh runtime, need memory, too: one of them is then late. */
static void without_memory_a_child_is_started_later(void **state) {
    (void)state;
    bool was[2] = { false, false };
    for (int rounds = 0; rounds < 40 && !(was[0] && was[1]); rounds++)
        assert_int_equal(inside(each_fails, was), 0);
    assert_true(was[0]);
    assert_true(was[1]);
}

static void without_memory_a_group_is_started_in_order(void **state) {
    (void)state;
    bool was_late = false;
    for (int rounds = 0; rounds < 40; rounds++)
        assert_int_equal(inside(each_fails_of_a_group, &was_late), 0);
    assert_true(was_late);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_a_child_is_started_later),
        cmocka_unit_test(without_memory_a_group_is_started_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
