/* SPDX-License-Identifier: MIT */
/* Goal: options that cannot be met are refused at once, not found out by a task that never runs. */
#include <edo/edo.h>
#include <edo/log.h>

#include "inside.h"

#include <errno.h>

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

static int spawn_with_two_gib(void *arg) {
    (void)arg;
    edo_spawn_opts opts = { .stack = (size_t)2 << 30 };
    edo_task *t = edo_spawn_with(nothing, NULL, &opts);
    CHECK(!t);
    return edo_task_join(t);
}

static void stack_above_the_largest_is_refused_by_spawn(void **state) {
    (void)state;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, NULL), 0);
    assert_int_equal(edo_run(rt, spawn_with_two_gib, NULL), -EINVAL);
    edo_runtime_free(rt);
}

static void options_that_no_runtime_can_meet_are_refused(void **state) {
    (void)state;
    edo_runtime *rt = NULL;
    const edo_runtime_opts bad[] = { { .flavor = (edo_runtime_flavor)99 },
                                     { .fiber_stack = (size_t)2 << 30 },
                                     { .flavor = EDO_RUNTIME_MULTI, .start_paused = true } };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_int_equal(edo_runtime_new(&rt, &bad[i]), -EINVAL);
    assert_null(rt);
}

static void more_events_than_the_most_are_refused(void **state) {
    (void)state;
    static const uint32_t too_many[] = { 65537, 2000000000, UINT32_MAX };
    edo_runtime *rt;
    for (size_t i = 0; i < EDO_COUNT(too_many); i++) {
        edo_runtime_opts opts = { .events_max = too_many[i] };
        assert_int_equal(edo_runtime_new(&rt, &opts), -EINVAL);
    }
    edo_runtime_opts most = { .events_max = 65536, .workers = 1 };
    assert_int_equal(edo_runtime_new(&rt, &most), 0);
    assert_int_equal(edo_run(rt, nothing, NULL), 0);
    edo_runtime_free(rt);
}

/* Each word of the tail in turn; every other option is the default. */
#define EACH_RESERVED(opts, call)                                                                  \
    do {                                                                                           \
        for (size_t i = 0; i < EDO_COUNT((opts).reserved); i++) {                                  \
            (opts).reserved[i] = UINT64_C(1) << 63;                                                \
            assert_int_equal(call, -EINVAL);                                                       \
            (opts).reserved[i] = 0;                                                                \
        }                                                                                          \
    } while (0)

static int spawn_reserved(void *arg) {
    return edo_task_join(edo_spawn_with(nothing, NULL, (const edo_spawn_opts *)arg));
}

static void an_option_of_a_later_version_is_refused(void **state) {
    (void)state;
    edo_runtime *rt;
    edo_runtime_opts runtime = { 0 };
    EACH_RESERVED(runtime, edo_runtime_new(&rt, &runtime));
    assert_int_equal(edo_runtime_new(&rt, NULL), 0);
    edo_spawn_opts spawn = { 0 };
    EACH_RESERVED(spawn, edo_run(rt, spawn_reserved, &spawn));
    edo_runtime_free(rt);

    edo_mpsc_tx *mpsc_tx;
    edo_mpsc_rx *mpsc_rx;
    edo_mpsc_opts mpsc = { 0 };
    EACH_RESERVED(mpsc, edo_mpsc_new(&mpsc_tx, &mpsc_rx, 4, 4, &mpsc));
    edo_oneshot_tx *oneshot_tx;
    edo_oneshot_rx *oneshot_rx;
    edo_oneshot_opts oneshot = { 0 };
    EACH_RESERVED(oneshot, edo_oneshot_new(&oneshot_tx, &oneshot_rx, 4, &oneshot));
    edo_broadcast_tx *broadcast_tx;
    edo_broadcast_rx *broadcast_rx;
    edo_broadcast_opts broadcast = { 0 };
    EACH_RESERVED(broadcast, edo_broadcast_new(&broadcast_tx, &broadcast_rx, 4, 4, &broadcast));
    edo_watch_tx *watch_tx;
    edo_watch_rx *watch_rx;
    edo_watch_opts watch = { 0 };
    EACH_RESERVED(watch, edo_watch_new(&watch_tx, &watch_rx, 4, &(int){ 0 }, &watch));

    edo_buf_reader reader;
    edo_buf_reader_opts line = { 0 };
    EACH_RESERVED(line, edo_buf_reader_init(&reader, NULL, &line));
    edo_listener *listener;
    edo_tcp_opts tcp = { 0 };
    EACH_RESERVED(tcp, edo_tcp_listen(&listener, "127.0.0.1:0", &tcp));
    edo_log_opts log_opts = { 0 };
    EACH_RESERVED(log_opts, edo_log_start(&log_opts));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stack_above_the_largest_is_refused_by_spawn),
        cmocka_unit_test(options_that_no_runtime_can_meet_are_refused),
        cmocka_unit_test(more_events_than_the_most_are_refused),
        cmocka_unit_test(an_option_of_a_later_version_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
