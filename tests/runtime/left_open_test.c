/* SPDX-License-Identifier: MIT */
/* Goal: things that a task has made and not given up are named when its runtime ends; nothing is
 * reported of a program that leaves nothing, nor of things made outside of tasks.
 * Method: each in a child of its own, whose standard error is read. */
#include <edo/edo.h>
#include <edo/slab.h>
#include <edo/task_monitor.h>

#include <stdlib.h>
#include <string.h>

#include "last_words.h"

static int end_at_once(void *arg) {
    (void)arg;
    return 0;
}

static int yield_often(void *arg) {
    (void)arg;
    int err = 0;
    for (int i = 0; i < 5 && err == 0; i++) err = edo_yield();
    return err;
}

static int leave_all(void *arg) {
    (void)arg;
    edo_listener *l;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    edo_cancel_token *token;
    int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL);
    if (err == 0) err = edo_mpsc_new(&tx, &rx, 0, 1, NULL);
    if (err == 0) err = edo_cancel_new(&token);
    if (err == 0 && !edo_spawn(end_at_once, NULL)) err = -1;
    return err;
}

static int leave_what_is_seldom(void *arg) {
    (void)arg;
    edo_chan_tx *tx;
    edo_chan_rx *rx;
    edo_broadcast_tx *all = NULL;
    edo_task_monitor *monitor;
    edo_slab *slab;
    edo_runtime *rt;
    edo_ready_future f;
    int err = edo_chan_new(&tx, &rx, 0, 1, NULL);
    if (err == 0) err = edo_broadcast_new(&all, NULL, 0, 1, NULL);
    if (err == 0) err = edo_task_monitor_new(&monitor, NULL);
    if (err == 0) err = edo_slab_new(&slab, 16, NULL);
    if (err == 0) err = edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
    if (err == 0 && !edo_rc_new(16, NULL)) err = -1;
    if (err == 0 && !edo_boxed_new(edo_ready_init(&f, 0))) err = -1;
    if (err == 0 && !edo_broadcast_tx_downgrade(all)) err = -1;
    return err;
}

static edo_sleep_future left, kept, dropped, finished;
static edo_interval_tick_future tick;
static edo_timeout_future limited;
static edo_pending_future never;

/* All futures are begun; three are neither finished nor dropped, and one stays armed, as its select
 * asks. */
static int leave_timers(void *arg) {
    (void)arg;
    static edo_interval often;
    edo_ready_future at_once;
    int err = edo_interval_init(&often, edo_ms(1), EDO_TICK_BURST);
    if (err == 0) err = edo_interval_tick(&often, NULL); // the first is due at once
    if (err < 0) return err;
    (void)edo_poll_once(edo_sleep_init(&left, edo_s(3600)));
    (void)edo_poll_once(edo_interval_tick_init(&tick, &often, NULL));
    (void)edo_poll_once(edo_timeout_init(&limited, edo_pending_init(&never), edo_s(3600)));
    (void)edo_select_with(EDO_SELECT_KEEP | EDO_SELECT_BIASED, edo_sleep_init(&kept, edo_s(3600)),
                          edo_ready_init(&at_once, 0));
    (void)edo_poll_once(edo_sleep_init(&dropped, edo_s(3600)));
    edo_drop(&dropped.base);
    (void)edo_poll_once(edo_sleep_init(&finished, edo_ms(1)));
    return edo_await(&finished.base);
}

static int sleep_shielded(void *arg) {
    (void)arg;
    edo_shield sh;
    edo_shield_begin(&sh, edo_ns(-1));
    int err = edo_sleep(edo_s(3600));
    return edo_shield_end(&sh, err);
}

/* The task never drops its timer, through no fault of the program. */
static int abandon_a_sleeper(void *arg) {
    edo_runtime *rt;
    edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT, .shutdown = edo_ms(1) };
    if (edo_runtime_new(&rt, &opts) < 0) return 1;
    edo_task *t = edo_spawn_on(rt, sleep_shielded, arg);
    int err = edo_run(rt, yield_often, NULL);
    edo_runtime_free(rt);
    return err == 0 && edo_task_join(t) == -ECANCELED ? 0 : 1;
}

static int leave_nothing(void *arg) {
    (void)arg;
    edo_listener *l;
    edo_mpsc_tx *tx = NULL;
    edo_mpsc_rx *rx = NULL;
    edo_cancel_token *token = NULL;
    int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL);
    if (err == 0) err = edo_mpsc_new(&tx, &rx, 0, 1, NULL);
    if (err == 0) err = edo_cancel_new(&token);
    if (err < 0) return err;
    edo_cancel_unref(token);
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
    edo_listener_close(l);
    return edo_task_join(edo_spawn(end_at_once, NULL));
}

/* Each socket is made by another call; their lines are counted from the first. */
enum { FIRST_LINE = __LINE__ + 7 };
static int leave_sockets(void *arg) {
    (void)arg;
    edo_listener *l, *by_addr = NULL;
    edo_addr addr;
    edo_stream *streams[4];
    int err = edo_addr_parse(&addr, "127.0.0.1:0");
    if (err == 0) err = edo_tcp_listen(&l, "localhost:0", NULL);
    if (err == 0) err = edo_tcp_listen_addr(&by_addr, &addr, NULL);
    if (err == 0) err = edo_listener_addr(by_addr, &addr);
    if (err == 0) err = edo_tcp_connect_addr(&streams[0], &addr, NULL);
    if (err == 0) err = edo_accept(by_addr, &streams[1]);
    char text[32];
    (void)snprintf(text, sizeof text, "127.0.0.1:%u", by_addr ? edo_listener_port(by_addr) : 0u);
    if (err == 0) err = edo_tcp_connect(&streams[2], text, NULL);
    if (err == 0) err = edo_try_accept(by_addr, &streams[3]);
    return err;
}

static int leave_many(void *arg) {
    (void)arg;
    for (int i = 0; i < 40; i++)
        if (!edo_spawn(end_at_once, NULL)) return -1;
    return 0;
}

static int run(void *fn) {
    return edo_main(*(edo_task_fn **)fn, NULL);
}

/* A channel that main() has made, and frees later. */
static int made_outside(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    if (edo_mpsc_new(&tx, &rx, 0, 1, NULL) < 0) return -1;
    int err = edo_main(end_at_once, NULL);
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
    return err;
}

static int times(const char *text, const char *part) {
    int n = 0;
    while ((text = strstr(text, part))) {
        text += strlen(part);
        n++;
    }
    return n;
}

/* The standard error of `fn(&task)` in a child that ends well. */
static void hear(int (*fn)(void *arg), edo_task_fn *task, char *said, size_t bytes) {
#if !defined(EDO_DEBUG) || defined(EDOI_TSAN)
    print_message("skipped: a release build does not remember, nor one for the thread sanitizer\n");
    skip();
#endif
    int status = last_words(fn, &task, said, bytes);
    if (status != 0) fail_msg("status %x, said: %s", (unsigned)status, said);
}

/* Each of the things is reported once, with the place of the call that made it, as the root's. */
static void each_once(const char *said, const char *const *things, size_t n) {
    for (size_t i = 0; i < n; i++) {
        char line[128];
        (void)snprintf(line, sizeof line, "edo: left at the runtime's end: %s made at ", things[i]);
        const char *at = strstr(said, line);
        const char *end = at ? strchr(at, '\n') : NULL;
        const char *place = at ? strstr(at, "tests/runtime/left_open_test.c:") : NULL;
        const char *task = at ? strstr(at, " [task root of edo_main]\n") : NULL;
        if (times(said, line) != 1 || !place || place > end || !task || task > end)
            fail_msg("not once, with its place: %s in: %s", line, said);
    }
}

static void each_thing_that_is_left_is_named(void **state) {
    (void)state;
    char said[8192];
    static const char *const things[] = { "a listener", "a mpsc sender", "a mpsc receiver",
                                          "a cancel token" };
    hear(run, leave_all, said, sizeof said);
    each_once(said, things, EDO_COUNT(things));
    assert_int_equal(
        times(said, "edo: left at the runtime's end: a task handle of end_at_once at "), 1);
    assert_int_equal(times(said, "edo: left"), 5);
}

static void rarely_used_handles_that_are_left_are_named(void **state) {
    (void)state;
    char said[8192];
    static const char *const things[] = {
        "a chan sender",  "a chan receiver", "a broadcast sender", "a weak broadcast sender",
        "a task monitor", "a slab",          "a runtime",          "a counted object",
        "a boxed future",
    };
    hear(run, leave_what_is_seldom, said, sizeof said);
    each_once(said, things, EDO_COUNT(things));
    assert_int_equal(times(said, "edo: left"), EDO_COUNT(things));
}

/* Also by calls that make them deep in edo, and wait for it. */
static void sockets_are_named_by_the_call_that_made_them(void **state) {
    (void)state;
    static const struct socket {
        const char *kind;
        int line;
    } sockets[] = { { "listener", 0 }, { "listener", 1 }, { "stream", 3 },
                    { "stream", 4 },   { "stream", 7 },   { "stream", 8 } };
    char said[8192];
    hear(run, leave_sockets, said, sizeof said);
    for (size_t i = 0; i < EDO_COUNT(sockets); i++) {
        char part[64], kind[64];
        (void)snprintf(part, sizeof part, "left_open_test.c:%d [", FIRST_LINE + sockets[i].line);
        (void)snprintf(kind, sizeof kind, ": a %s made at ", sockets[i].kind);
        const char *at = strstr(said, part);
        while (at && at > said && at[-1] != '\n') at--;
        if (!at || !strstr(at, kind) || strstr(at, kind) > strchr(at, '\n'))
            fail_msg("%s%s is not in: %s", kind, part, said);
    }
    assert_int_equal(times(said, "edo: left"), EDO_COUNT(sockets));
}

static void timers_that_were_begun_and_not_dropped(void **state) {
    (void)state;
    char said[8192];
    hear(run, leave_timers, said, sizeof said);
    assert_int_equal(times(said, "edo: left at the runtime's end: a timer of root of edo_main\n"),
                     4);
    assert_int_equal(times(said, "edo: left"), 4);
}

static void handles_of_abandoned_tasks_are_not_named(void **state) {
    (void)state;
    char said[8192];
    hear(abandon_a_sleeper, NULL, said, sizeof said);
    assert_int_equal(times(said, "was abandoned"), 1);
    assert_int_equal(times(said, "edo: left"), 0);
}

static void handles_given_up_or_not_made_by_a_task_are_not_named(void **state) {
    (void)state;
    char said[8192];
    hear(run, leave_nothing, said, sizeof said);
    assert_string_equal(said, "");
    hear(made_outside, NULL, said, sizeof said);
    assert_string_equal(said, "");
}

static void some_of_many_handles_are_named_and_the_rest_counted(void **state) {
    (void)state;
    char said[8192];
    hear(run, leave_many, said, sizeof said);
    assert_int_equal(times(said, "a task handle of end_at_once at "), 16);
    assert_int_equal(times(said, "edo: left at the runtime's end: 24 more\n"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_thing_that_is_left_is_named),
        cmocka_unit_test(rarely_used_handles_that_are_left_are_named),
        cmocka_unit_test(sockets_are_named_by_the_call_that_made_them),
        cmocka_unit_test(timers_that_were_begun_and_not_dropped),
        cmocka_unit_test(handles_of_abandoned_tasks_are_not_named),
        cmocka_unit_test(handles_given_up_or_not_made_by_a_task_are_not_named),
        cmocka_unit_test(some_of_many_handles_are_named_and_the_rest_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
