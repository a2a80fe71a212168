/* SPDX-License-Identifier: MIT */
/* Goal: a client of tokio-console's protocol sees the program's tasks, by the rules that it relies
 * on, and what it does never stops the program.
 * Method: a client made from the protocol's messages, as one more task of a program with one
 * worker, whose tasks go on by steps of the test. */
#include "client.h"
#include "leftovers.h"

#include <edo/edo.h>
#include <edo/recorder.h>

#include <signal.h>
#include <string.h>
#include <unistd.h>

static client c; /* one test at a time */

/* A program whose tasks wait until they may take a step. */
static edo_sem steps = EDO_SEM_INIT(0);

static int walker(void *arg) {
    int *steps_n = arg; // that are left
    int err = 0;
    while (err == 0 && (*steps_n)-- > 0) err = edo_sem_acquire(&steps, 1);
    return err;
}

static int yielder(void *arg) {
    (void)arg;
    for (int i = 0; i < 10; i++)
        if (edo_yield() < 0) return -ECANCELED;
    return 0;
}

/* Runs `test` in a task beside the console, which tells each 10 ms. */
static void beside_console(edo_task_fn *test, uint32_t tasks_max) {
    const edo_console_opts opts = { .always = true,
                                    .ignore_env = true,
                                    .bind = "127.0.0.1:0",
                                    .publish = edo_ms(10),
                                    .tasks_max = tasks_max };
    may_leave(LEFT_MAPPINGS, 1u << 16, "the recorder keeps its memory");
    assert_int_equal(edo_console_start(&opts), 0);
    assert_int_equal(inside_with(test, NULL, &(edo_runtime_opts){ .workers = 1 }), 0);
    edo_console_stop();
}

/* ---- Updates --------------------------------------------------------------------------------- */

static int see_walkers(void *arg) {
    int left[3] = { 2, 2, 2 };
    edo_task *walkers[3];
    (void)arg;
    for (int i = 0; i < 3; i++) walkers[i] = edo_spawn(walker, &left[i]);
    const uint32_t line = __LINE__ - 1;
    client_begin(&c);
    client_next(&c);
    CHECK_EQ(client_count(&c, "walker"), 3); // the first update has all
    CHECK(strstr(client_find(&c, "walker")->file, "tokio_test.c"));
    CHECK_EQ(client_find(&c, "walker")->line, line);
    CHECK_EQ(client_find(&c, "walker")->wakers_n, 1); // or it would be taken for lost
    CHECK(client_find(&c, "walker")->born_ns <= c.now_ns);

    client_until_recorded(&c);
    edo_sem_release(&steps, 3);
    CLIENT_UNTIL(&c, client_find(&c, "walker")->polls_n > 0); // on one worker it has parked
    const seen_task *w = client_find(&c, "walker");
    CHECK(w->wakes_n > 0 && w->woken_ns >= w->born_ns);
    CHECK_EQ(w->ended_ns, 0);
    edo_sem_release(&steps, 3);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_task_join(walkers[i]), 0);
    CLIENT_UNTIL(&c, client_count_ended(&c, "walker") == 3);
    w = client_find(&c, "walker");
    CHECK(w->ended_ns >= w->began_ns && w->ended_ns <= c.now_ns);
    CHECK_EQ(w->wakers_n, 0);
    client_end(&c);
    return 0;
}

static void first_update_has_all_and_later_ones_what_changed(void **state) {
    (void)state;
    beside_console(see_walkers, 0);
}

static int see_yielder(void *arg) {
    (void)arg;
    client_begin(&c);
    client_until_recorded(&c);
    CHECK_EQ(client_count(&c, "yielder"), 0);
    CHECK_EQ(edo_task_join(edo_spawn(yielder, NULL)), 0);
    CLIENT_UNTIL(&c, client_count_ended(&c, "yielder") == 1);
    const seen_task *y = client_find(&c, "yielder");
    CHECK_EQ(y->polls_n, 11);
    CHECK_EQ(y->self_wakes_n, 10);
    // 10 us: each update reads the two clocks, one after the other
    CHECK(y->busy_ns > 0 && y->busy_ns + y->waited_ns <= y->ended_ns - y->born_ns + 10000);
    client_end(&c);
    return 0;
}

static void times_and_wakes_of_a_task_are_told(void **state) {
    (void)state;
    beside_console(see_yielder, 0);
}

static int see_a_sample(void *arg) {
    int left[100];
    edo_task *walkers[100];
    (void)arg;
    for (int i = 0; i < 100; i++) {
        left[i] = 1;
        walkers[i] = edo_spawn(walker, &left[i]);
    }
    client_begin(&c);
    client_next(&c);
    CHECK(c.tasks_n > 0 && c.tasks_n <= 16);
    CHECK(c.dropped_n >= 100 - 16); // and it is said so
    edo_sem_release(&steps, 100);
    for (int i = 0; i < 100; i++) CHECK_EQ(edo_task_join(walkers[i]), 0);
    client_end(&c);
    return 0;
}

static void of_too_many_tasks_some_are_shown(void **state) {
    (void)state;
    beside_console(see_a_sample, 16);
}

static int see_waits(void *arg) {
    int left = 1;
    (void)arg;
    edo_task *w = edo_spawn(walker, &left);
    client_begin(&c);
    CLIENT_UNTIL(&c, client_find_wait(&c, "walker"));
    const seen_wait *wait = client_find_wait(&c, "walker");
    CHECK(strcmp(wait->source, "edo_sem_acquire") == 0);
    CHECK(strcmp(client_find_resource(&c, wait->resource_id)->kind, "edo_sem_acquire") == 0);
    CHECK(client_find_resource(&c, wait->resource_id)->waiting_n >= 1);
    CHECK_EQ(wait->ended_ns, 0);
    edo_sem_release(&steps, 1);
    CHECK_EQ(edo_task_join(w), 0);
    CLIENT_UNTIL(&c, client_find_wait(&c, "walker")->ended_ns != 0);
    client_end(&c);
    return 0;
}

static void a_wait_that_lasts_is_told_with_what_it_is_for(void **state) {
    (void)state;
    beside_console(see_waits, 0);
}

static int see_too_many(void *arg) {
    const rs_tokio_console_instrument_instrument_request all = { .unknown = { 0 } };
    rs_tokio_console_instrument_update u;
    edo_grpc_call *calls[32];
    (void)arg;
    client_begin(&c);
    client_next(&c);
    for (size_t i = 0; i < EDO_COUNT(calls); i++) {
        const bool is_last = i + 1 == EDO_COUNT(calls);
        CHECK_EQ(
            rs_tokio_console_instrument_instrument_watch_updates(c.channel, &calls[i], &all, NULL),
            0);
        const int got = rs_tokio_console_instrument_instrument_watch_updates_recv(calls[i], &u);
        CHECK_EQ(got == 1, !is_last);
        if (is_last) CHECK_EQ(edo_grpc_get_status(calls[i]), EDO_GRPC_RESOURCE_EXHAUSTED);
    }
    edo_trail_clear();
    for (size_t i = 0; i < EDO_COUNT(calls); i++) edo_grpc_call_free(calls[i]);
    client_end(&c);
    return 0;
}

static void watchers_are_of_a_fixed_number(void **state) {
    (void)state;
    beside_console(see_too_many, 0);
}

/* A message with another text could not be encoded, and no client would see anything. */
static int see_names(void *arg) {
    static const char latin[] = "caf\xe9\x1b[2J";
    char cut[131]; // of two bytes each: the recorder keeps 119 bytes
    int left[2] = { 1, 1 };
    edo_task *walkers[2];
    (void)arg;
    for (size_t i = 0; i < 65; i++) memcpy(cut + 2 * i, "\xc3\xa9", 3);
    walkers[0] = edo_spawn_with(walker, &left[0], &(edo_spawn_opts){ .name = latin });
    walkers[1] = edo_spawn_with(walker, &left[1], &(edo_spawn_opts){ .name = cut });
    client_begin(&c);
    client_next(&c);
    CHECK_EQ(client_count(&c, "caf??[2J"), 1);
    bool is_told = false;
    for (size_t i = 0; i < c.tasks_n; i++) is_told |= strspn(c.tasks[i].name, "?") == 119;
    CHECK(is_told);
    edo_sem_release(&steps, 2);
    for (size_t i = 0; i < 2; i++) CHECK_EQ(edo_task_join(walkers[i]), 0);
    client_end(&c);
    return 0;
}

static void names_are_any_bytes(void **state) {
    (void)state;
    beside_console(see_names, 0);
}

/* ---- Pauses ---------------------------------------------------------------------------------- */

static uint32_t next_state(edo_grpc_call *call) {
    rs_tokio_console_instrument_state s;
    CHECK_EQ(rs_tokio_console_instrument_instrument_watch_state_recv(call, &s), 1);
    return s.temporality;
}

static void pause_all(void) {
    rs_tokio_console_instrument_pause_response paused;
    edo_arena arena = { 0 };
    CHECK_EQ(rs_tokio_console_instrument_instrument_pause(
                 c.channel, &paused,
                 &(rs_tokio_console_instrument_pause_request){ .unknown = { 0 } }, &arena, NULL),
             0);
    edo_arena_deinit(&arena);
}

static void resume_all(void) {
    rs_tokio_console_instrument_resume_response resumed;
    edo_arena arena = { 0 };
    CHECK_EQ(rs_tokio_console_instrument_instrument_resume(
                 c.channel, &resumed,
                 &(rs_tokio_console_instrument_resume_request){ .unknown = { 0 } }, &arena, NULL),
             0);
    edo_arena_deinit(&arena);
}

static int see_a_pause(void *arg) {
    const rs_tokio_console_instrument_state_request ask = { .unknown = { 0 } };
    edo_grpc_call *states;
    (void)arg;
    client_begin(&c);
    client_until_recorded(&c);
    CHECK_EQ(rs_tokio_console_instrument_instrument_watch_state(c.channel, &states, &ask, NULL), 0);
    CHECK_EQ(next_state(states), RS_TOKIO_CONSOLE_INSTRUMENT_LIVE);
    pause_all();
    CHECK_EQ(next_state(states), RS_TOKIO_CONSOLE_INSTRUMENT_PAUSED);
    CHECK_EQ(edo_task_join(edo_spawn(yielder, NULL)), 0); // the program goes on
    resume_all();
    CHECK_EQ(next_state(states), RS_TOKIO_CONSOLE_INSTRUMENT_LIVE);
    CLIENT_UNTIL(&c, client_count_ended(&c, "yielder") == 1);
    CHECK_EQ(client_find(&c, "yielder")->polls_n, 11); // what happened meanwhile was taken in
    edo_grpc_call_free(states);
    client_end(&c);
    return 0;
}

static void a_pause_stops_updates_and_not_the_program(void **state) {
    (void)state;
    beside_console(see_a_pause, 0);
}

static int ends_at_once(void *arg) {
    (void)arg;
    return 0;
}

/* More tasks end than there are rows. */
static int see_much_in_a_pause(void *arg) {
    (void)arg;
    client_begin(&c);
    client_until_recorded(&c);
    pause_all();
    for (int i = 0; i < 200; i++) CHECK_EQ(edo_task_join(edo_spawn(ends_at_once, NULL)), 0);
    CHECK_EQ(edo_task_join(edo_spawn(yielder, NULL)), 0);
    resume_all();
    CLIENT_UNTIL(&c, client_count_ended(&c, "yielder") == 1);
    CHECK(c.dropped_n > 0); // of the others
    client_end(&c);
    return 0;
}

static void a_pause_hides_no_later_tasks(void **state) {
    (void)state;
    beside_console(see_much_in_a_pause, 40);
}

static int see_the_end_of_a_pause(void *arg) {
    (void)arg;
    client_begin(&c);
    client_next(&c);
    pause_all();
    client_end(&c);
    WAIT_FOR(edo_recorder_get() == EDO_RECORDER_OFF); // the console has seen it go
    client_begin(&c);
    client_next(&c);
    client_next(&c);
    client_end(&c);
    return 0;
}

static void a_pause_ends_with_its_clients(void **state) {
    (void)state;
    beside_console(see_the_end_of_a_pause, 0);
}

/* ---- Details --------------------------------------------------------------------------------- */

/* The sum of the counts in HdrHistogram's V2 form. */
static uint64_t count_of(edo_str bytes) {
    const unsigned char *at = (const unsigned char *)bytes.ptr, *end = at + bytes.len;
    uint64_t sum = 0;
    CHECK(bytes.len > 40 && memcmp(at, "\x1c\x84\x93\x13", 4) == 0);
    for (at += 40; at < end;) {
        uint64_t left = 0;
        for (unsigned i = 0, more = 1; more; i++, at++) {
            more = i < 8 && (*at & 128);
            left |= (uint64_t)(i < 8 ? *at & 127 : *at) << (7 * i);
        }
        int64_t n = (int64_t)(left >> 1) ^ -(int64_t)(left & 1);
        if (n > 0) sum += (uint64_t)n;
    }
    return sum;
}

static int see_details(void *arg) {
    rs_tokio_console_tasks_task_details d;
    rs_tokio_console_instrument_task_details_request ask = { .id = NULL };
    edo_grpc_call *call;
    int left = 6;
    uint64_t polls_n = 0;
    (void)arg;
    edo_task *w = edo_spawn(walker, &left);
    client_begin(&c);
    client_until_recorded(&c);
    CHECK_EQ(client_count(&c, "walker"), 1);
    rs_tokio_console_common_id id = { .id = client_find(&c, "walker")->id };
    ask.id = &id;
    CHECK_EQ(
        rs_tokio_console_instrument_instrument_watch_task_details(c.channel, &call, &ask, NULL), 0);
    CHECK_EQ(rs_tokio_console_instrument_instrument_watch_task_details_recv(call, &d), 1);
    CHECK_EQ(d.task_id->id, id.id);
    const uint64_t before_n = count_of(d.histogram->raw_histogram.str);
    edo_sem_release(&steps, 6);
    CHECK_EQ(edo_task_join(w), 0);
    int got;
    while ((got = rs_tokio_console_instrument_instrument_watch_task_details_recv(call, &d)) == 1)
        polls_n = count_of(d.histogram->raw_histogram.str);
    CHECK_EQ(got, 0); // the stream ends with its task
    CHECK(polls_n > before_n);
    edo_grpc_call_free(call);

    id.id = 1u << 30;
    CHECK_EQ(
        rs_tokio_console_instrument_instrument_watch_task_details(c.channel, &call, &ask, NULL), 0);
    CHECK(rs_tokio_console_instrument_instrument_watch_task_details_recv(call, &d) < 0);
    CHECK_EQ(edo_grpc_get_status(call), EDO_GRPC_NOT_FOUND);
    edo_trail_clear();
    edo_grpc_call_free(call);
    client_end(&c);
    return 0;
}

static void times_of_one_task_are_a_histogram(void **state) {
    (void)state;
    beside_console(see_details, 0);
}

/* ---- The recorder ---------------------------------------------------------------------------- */

static int see_the_recorder(void *arg) {
    (void)arg;
    CHECK_EQ(edo_recorder_get(), EDO_RECORDER_OFF);
    client_begin(&c);
    client_next(&c);
    CHECK_EQ(edo_recorder_get(), EDO_RECORDER_ALL);
    client_end(&c);
    WAIT_FOR(edo_recorder_get() == EDO_RECORDER_OFF);
    return 0;
}

static void the_recorder_is_on_while_somebody_looks(void **state) {
    (void)state;
    beside_console(see_the_recorder, 0);
}

static int watch_begin(void *arg) {
    (void)arg;
    client_begin(&c);
    client_next(&c);
    return 0;
}

static int watch_end(void *arg) {
    (void)arg;
    client_end(&c);
    return 0;
}

/* Nobody drives the client's tasks when the file is cut, and no further update is due: so the
 * console's thread is the one that meets the hole. */
static void a_recorder_file_that_is_cut_ends_the_record_only(void **state) {
    (void)state;
    char path[] = "/tmp/edo-console-XXXXXX";
    const struct sigaction deflt = { .sa_handler = SIG_DFL };
    const edo_recorder_opts to_file = { .file = path, .depth = EDO_RECORDER_ALL };
    const edo_console_opts opts = {
        .always = true, .ignore_env = true, .bind = "127.0.0.1:0", .publish = edo_hours(1)
    };
    edo_runtime *rt;
    const int fd = mkstemp(path);
    assert_true(fd >= 0 && close(fd) == 0 && unlink(path) == 0);
    assert_int_equal(sigaction(SIGBUS, &deflt, NULL), 0); // the test's runner has a handler
    may_leave(LEFT_MAPPINGS, 1u << 16, "the recorder keeps its memory");
    assert_int_equal(edo_recorder_start(&to_file), 0);
    assert_int_equal(edo_console_start(&opts), 0);
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    assert_int_equal(edo_run(rt, watch_begin, NULL), 0);
    assert_int_equal(truncate(path, 0), 0);
    WAIT_FOR(edo_recorder_get() == EDO_RECORDER_OFF);
    assert_int_equal(edo_run(rt, watch_end, NULL), 0);
    edo_runtime_free(rt);
    edo_console_stop();
    assert_int_equal(unlink(path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_recorder_is_on_while_somebody_looks),
        cmocka_unit_test(first_update_has_all_and_later_ones_what_changed),
        cmocka_unit_test(times_and_wakes_of_a_task_are_told),
        cmocka_unit_test(of_too_many_tasks_some_are_shown),
        cmocka_unit_test(a_wait_that_lasts_is_told_with_what_it_is_for),
        cmocka_unit_test(names_are_any_bytes),
        cmocka_unit_test(watchers_are_of_a_fixed_number),
        cmocka_unit_test(a_pause_stops_updates_and_not_the_program),
        cmocka_unit_test(a_pause_hides_no_later_tasks),
        cmocka_unit_test(a_pause_ends_with_its_clients),
        cmocka_unit_test(times_of_one_task_are_a_histogram),
        cmocka_unit_test(a_recorder_file_that_is_cut_ends_the_record_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
