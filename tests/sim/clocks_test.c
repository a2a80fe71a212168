/* SPDX-License-Identifier: MIT */
/* Goal: clocks of hosts are those of the world unless its options let them differ; then each is
 * apart and drifts within the bounds, by the seed, and no timer comes early by its host's clock.
 * Method: hosts note what their clocks show, and how long a sleep of an hour takes the world. */
#include "inside.h"

#include <edo/log.h>
#include <edo/receiver.h>
#include <edo/runtime.h>
#include <edo/sim.h>
#include <edo/span.h>

#include <math.h>
#include <string.h>

#define HOSTS   8
#define BEGIN_S INT64_C(1893456000) /* of a world: 2030-01-01 */
#define NS      INT64_C(1000000000)

/* What a host has seen: at the world's begin, and behind an hour of its own. */
typedef struct sight {
    const edo_sim *sim;
    int64_t wall_ns[2], span_ns[2], clock_ns[2], world_ns[2];
} sight;

static int64_t since_begin(edo_wall at) {
    return (at.s - BEGIN_S) * NS + at.ns;
}

static void look(sight *s, int nth) {
    edo_span *span = edo_info_span("look");
    CHECK(span != NULL);
    s->span_ns[nth] = since_begin(edo_span_began(span));
    edo_span_unref(span);
    s->wall_ns[nth] = since_begin(edo_wall_now());
    s->clock_ns[nth] = edo_now().ns;
    s->world_ns[nth] = edo_sim_now(s->sim).ns;
}

static int wait_an_hour(void *arg) {
    sight *s = arg;
    look(s, 0);
    int err = edo_sleep(edo_hours(1));
    look(s, 1);
    return err;
}

static void forget_event(void *arg, const edo_event *e) {
    (void)arg, (void)e;
}

static uint64_t run(sight all[HOSTS], const edo_sim_opts *opts) {
    edo_sim *sim = edo_sim_new(opts);
    assert_non_null(sim);
    memset(all, 0, HOSTS * sizeof *all);
    for (int i = 0; i < HOSTS; i++) {
        all[i].sim = sim;
        assert_int_equal(edo_sim_client(sim, (char[]){ (char)('a' + i), 0 }, wait_an_hour, &all[i]),
                         0);
    }
    assert_int_equal(edo_sim_run(sim, edo_hours(2)), 0);
    uint64_t digest = edo_sim_digest(sim);
    edo_sim_free(sim);
    for (int i = 0; i < HOSTS; i++) all[i].sim = NULL;
    return digest;
}

static int64_t took(const int64_t ns[2]) {
    return ns[1] - ns[0];
}

static void clocks_are_equal_and_right_by_default(void **state) {
    sight all[HOSTS];
    (void)state;
    (void)run(all, &(edo_sim_opts){ .seed = 3 });
    for (int i = 0; i < HOSTS; i++) {
        assert_int_equal(all[i].wall_ns[0], all[i].world_ns[0]);
        assert_int_equal(all[i].wall_ns[1], all[i].world_ns[1]);
        assert_int_equal(took(all[i].clock_ns), took(all[i].world_ns));
    }
}

static void wall_clocks_are_apart_by_the_seed(void **state) {
    const edo_sim_opts opts = { .seed = 3, .clock_skew = edo_s(5) };
    sight all[HOSTS], again[HOSTS], other[HOSTS];
    int64_t least = INT64_MAX, most = INT64_MIN;
    (void)state;
    const uint64_t digest = run(all, &opts);
    assert_int_equal(run(again, &opts), digest);
    assert_memory_equal(again, all, sizeof all);
    (void)run(other, &(edo_sim_opts){ .seed = 4, .clock_skew = edo_s(5) });
    assert_int_not_equal(other[0].wall_ns[0], all[0].wall_ns[0]);
    for (int i = 0; i < HOSTS; i++) {
        const int64_t skew_ns = all[i].wall_ns[0] - all[i].world_ns[0];
        assert_in_range(skew_ns + edo_s(5).ns, 0, edo_s(10).ns);
        assert_int_equal(took(all[i].wall_ns), took(all[i].world_ns));
        assert_int_equal(all[i].span_ns[0], all[i].wall_ns[0]);
        assert_int_equal(all[i].span_ns[1], all[i].wall_ns[1]);
        assert_int_equal(all[i].clock_ns[0],
                         all[0].clock_ns[0] + all[i].world_ns[0] - all[0].world_ns[0]);
        if (skew_ns < least) least = skew_ns;
        if (skew_ns > most) most = skew_ns;
    }
    assert_true(least < 0 && most > 0);
    assert_int_equal(run(again, &(edo_sim_opts){ .seed = 3 }), digest); // nobody has told anybody
}

static void clocks_drift_by_the_seed_and_no_timer_is_early(void **state) {
    const edo_sim_opts opts = { .seed = 3, .clock_drift = 0.001 };
    sight all[HOSTS], again[HOSTS];
    int fast_n = 0, slow_n = 0;
    (void)state;
    const uint64_t digest = run(all, &opts);
    assert_int_equal(run(again, &opts), digest);
    for (int i = 0; i < HOSTS; i++) {
        const int64_t ahead_ns = took(all[i].clock_ns) - took(all[i].world_ns);
        assert_in_range(ahead_ns + edo_s(4).ns, 0, edo_s(8).ns); // of an hour 3.6 s at most
        assert_int_equal(took(all[i].wall_ns), took(all[i].clock_ns));
        assert_in_range(took(all[i].clock_ns), edo_hours(1).ns, edo_hours(1).ns + edo_ms(2).ns);
        fast_n += ahead_ns > edo_ms(1).ns;
        slow_n += ahead_ns < -edo_ms(1).ns;
    }
    assert_true(fast_n > 0 && slow_n > 0);
}

static void what_cannot_be_is_refused(void **state) {
    const edo_sim_opts wrong[] = {
        { .clock_skew = edo_s(-1) }, { .clock_skew = edo_ns(INT64_MAX) }, { .clock_drift = -0.1 },
        { .clock_drift = 0.2 },      { .clock_drift = (double)NAN },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(wrong); i++) assert_null(edo_sim_new(&wrong[i]));
}

/* Spans are on. */
static int add_receiver(void **state) {
    static const edo_receiver_ops ops = { .event = forget_event };
    edo_receiver *r;
    int err = edo_log_add(&r, &ops, NULL, &(edo_receiver_opts){ .spans = true });
    *state = r;
    return err;
}

static int remove_receiver(void **state) {
    edo_log_remove(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_are_equal_and_right_by_default),
        cmocka_unit_test(wall_clocks_are_apart_by_the_seed),
        cmocka_unit_test(clocks_drift_by_the_seed_and_no_timer_is_early),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests_name("sim_clocks", tests, add_receiver, remove_receiver);
}
