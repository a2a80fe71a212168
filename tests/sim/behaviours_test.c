/* SPDX-License-Identifier: MIT */
/* Goal: what sockets do on Linux is what each behaviour says beside it: so another network that
 * says the same words is one that programs can be tested on.
 * Method: tests/sim/behaviours, each over loopback, in real time: in a runtime of one thread; and
 * with a runtime for each of the two hosts, which one thread turns, as a simulator does. */
#include "behaviours/behaviour.h"
#include "inside.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

static int run_in_words(behaviour *b, const behaviour_row *row) {
    b->server_at = b->client_at = "127.0.0.1:0";
    b->server_name = "localhost";
    int err = behaviour_run(b, row);
    bool differs = err < 0 || strcmp(b->said, row->says) != 0;
    if (differs) print_error("%s\n  says: %s\n  not:  %s\n", row->name, b->said, row->says);
    return differs;
}

/* ---- At one host ----------------------------------------------------------------------------- */

/* Returns whether it says something else. */
static int run_behaviour(void *arg) {
    behaviour *b = calloc(1, sizeof *b);
    CHECK(b);
    int differs = run_in_words(b, arg);
    free(b);
    return differs;
}

static int run_at_one_host(const behaviour_row *row) {
    return inside_real(run_behaviour, (void *)(uintptr_t)row);
}

/* ---- At two hosts ---------------------------------------------------------------------------- */

typedef struct hosts {
    behaviour behaviour; /* first */
    const behaviour_row *row;
    edo_runtime *runtimes[2]; /* by side */
    bool is_over, differs;
} hosts;

static int spawn_there(behaviour *self, side where, edo_task_fn *fn, void *arg) {
    const hosts *h = (const hosts *)self;
    return edo_spawn_detached_on(h->runtimes[where], fn, arg);
}

static int run_script(void *arg) {
    hosts *h = arg;
    h->differs = run_in_words(&h->behaviour, h->row);
    h->is_over = true;
    return 0;
}

/* A turn of each, and a wait if neither has left anything to do. */
static void turn_hosts(const hosts *h) {
    struct pollfd fds[2];
    int wait_ms = 1000;
    for (int i = 0; i < 2; i++) {
        CHECK(edo_runtime_turn(h->runtimes[i], edo_ns(0)) >= 0);
        fds[i] = (struct pollfd){ .fd = edo_runtime_fd(h->runtimes[i]), .events = POLLIN };
    }
    for (int i = 0; i < 2; i++) {
        int left_ms = edo_runtime_timeout_ms(h->runtimes[i]);
        if (left_ms >= 0 && left_ms < wait_ms) wait_ms = left_ms;
    }
    if (!h->is_over) (void)poll(fds, 2, wait_ms);
}

static int run_at_two_hosts(const behaviour_row *row) {
    hosts *h = calloc(1, sizeof *h);
    assert_non_null(h);
    h->row = row;
    h->behaviour.spawn = spawn_there;
    for (int i = 0; i < 2; i++) assert_int_equal(edo_runtime_new(&h->runtimes[i], &one_thread), 0);
    assert_int_equal(edo_spawn_detached_on(h->runtimes[SERVER], run_script, h), 0);
    while (!h->is_over) turn_hosts(h);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(edo_runtime_shutdown(h->runtimes[i], edo_s(30)), 0);
        edo_runtime_free(h->runtimes[i]);
    }
    bool differs = h->differs;
    free(h);
    return differs;
}

/* ---- Each family ----------------------------------------------------------------------------- */

static void run_family(const behaviour_family *f) {
    int differ_n = 0;
    for (size_t i = 0; i < f->n; i++)
        differ_n += run_at_one_host(&f->rows[i]) + run_at_two_hosts(&f->rows[i]);
    assert_int_equal(differ_n, 0);
}

#define TEST_OF(family)                                                                            \
    static void family##_says_what_is_written(void **state) {                                      \
        (void)state;                                                                               \
        run_family(&family##_family);                                                              \
    }

TEST_OF(connect)
TEST_OF(accept)
TEST_OF(transfer)
TEST_OF(half_close)
TEST_OF(reset)
TEST_OF(close)
TEST_OF(cancel)
TEST_OF(stream)
TEST_OF(option)
TEST_OF(udp)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connect_says_what_is_written),
        cmocka_unit_test(accept_says_what_is_written),
        cmocka_unit_test(transfer_says_what_is_written),
        cmocka_unit_test(half_close_says_what_is_written),
        cmocka_unit_test(reset_says_what_is_written),
        cmocka_unit_test(close_says_what_is_written),
        cmocka_unit_test(cancel_says_what_is_written),
        cmocka_unit_test(stream_says_what_is_written),
        cmocka_unit_test(option_says_what_is_written),
        cmocka_unit_test(udp_says_what_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
