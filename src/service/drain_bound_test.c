/* SPDX-License-Identifier: MIT */
/* Goal: the end of a program has one bound, whatever parts it has: what is no part's is not awaited
 * for longer.
 * Method: the bound of the runtime's shutdown once the parts run, in paused time; one of them
 * asks for more, as a server does. */
#include "inside.h"
#include "runtime/end/shutdown.h"

#include <edo/drain.h>
#include <edo/edo.h>

/* The bound in `arg`; the end then begins. */
static int note_bound(void *arg) {
    edo_runtime_extend_shutdown(edo_runtime_current(), edo_s(600));
    *(edo_duration *)arg = edoi_shutdown_limit(edo_runtime_current());
    return 0;
}

static int no_end(void *arg) {
    (void)arg;
    return 0;
}

typedef struct bounds {
    edo_duration first_max, pre_stop, max;
    int64_t wanted_s; /* negative: none */
} bounds;

static int run_parts(void *arg) {
    const bounds *b = arg;
    edo_duration seen = { 0 };
    const edo_drain_part parts[] = {
        { .name = "store", .end = no_end, .max = b->first_max },
        { .name = "probes", .end = no_end },
        { .name = "api", .run = note_bound, .arg = &seen },
    };
    const edo_drain_opts opts = { .pre_stop = b->pre_stop, .max = b->max };
    CHECK_EQ(edo_drain_run(parts, EDO_COUNT(parts), &opts), 0);
    CHECK_EQ(seen.ns < 0 ? -1 : seen.ns, b->wanted_s < 0 ? -1 : edo_s(b->wanted_s).ns);
    return 0;
}

static void bounds_of_parts_do_not_add_up(void **state) {
    bounds rows[] = {
        { .wanted_s = 29 },
        { .pre_stop = EDO_S(5), .wanted_s = 34 },
        { .first_max = EDO_S(40), .wanted_s = 68 },
        { .first_max = EDO_S(40), .max = EDO_S(20), .wanted_s = 21 },
        { .first_max = EDO_S(-1), .wanted_s = -1 },
        { .first_max = EDO_S(-1), .max = EDO_S(20), .pre_stop = EDO_S(1), .wanted_s = 22 },
        { .max = EDO_S(-1), .wanted_s = -1 },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_int_equal(inside(run_parts, &rows[i]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(bounds_of_parts_do_not_add_up) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
