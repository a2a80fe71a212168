/* SPDX-License-Identifier: MIT */
/* Goal: the sockets of a simulated world say what those of Linux say.
 * Method: tests/sim/behaviours, whose words are Linux's (behaviours_test.c), in a world of two
 * hosts, and at one host over its loopback. */
#include "behaviours/behaviour.h"
#include "inside.h"

#include <edo/sim.h>

#include <stdlib.h>
#include <string.h>

/* A behaviour in a world. */
typedef struct scene {
    behaviour behaviour; /* first */
    const behaviour_row *row;
    edo_runtime *runtimes[2]; /* by side; the same if both are one host */
    edo_notify changed;
    bool is_over, differs;
} scene;

static int spawn_there(behaviour *self, side where, edo_task_fn *fn, void *arg) {
    const scene *s = (const scene *)self;
    return edo_spawn_detached_on(s->runtimes[where], fn, arg);
}

/* The client is there for what the script has it do. */
static int lend_client(void *arg) {
    scene *s = arg;
    s->runtimes[CLIENT] = edo_runtime_current();
    edo_notify_all(&s->changed);
    while (!s->is_over) CHECK_EQ(edo_notify_wait(&s->changed), 0);
    return 0;
}

static int play(void *arg) {
    scene *s = arg;
    behaviour *b = &s->behaviour;
    s->runtimes[SERVER] = edo_runtime_current();
    while (!s->runtimes[CLIENT]) CHECK_EQ(edo_notify_wait(&s->changed), 0);
    b->spawn = spawn_there;
    int err = behaviour_run(b, s->row);
    s->differs = err < 0 || strcmp(b->said, s->row->says) != 0;
    if (s->differs)
        print_error("%s\n  says: %s\n  not:  %s\n", s->row->name, b->said, s->row->says);
    s->is_over = true;
    edo_notify_all(&s->changed);
    return 0;
}

/* Returns whether it says something else. */
static bool run_row(const behaviour_row *row, bool is_alone) {
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = 7 });
    scene *s = calloc(1, sizeof *s);
    assert_non_null(sim);
    assert_non_null(s);
    s->row = row;
    s->behaviour.server_at = is_alone ? "127.0.0.1:0" : "10.0.0.1:0";
    s->behaviour.client_at = is_alone ? "127.0.0.1:0" : "10.0.0.2:0";
    s->behaviour.server_name = is_alone ? "localhost" : "server";
    assert_int_equal(edo_sim_client(sim, "server", play, s), 0);
    assert_int_equal(edo_sim_client(sim, "client", lend_client, s), 0);
    int err = edo_sim_run(sim, edo_minutes(30));
    if (err < 0) {
        print_error("%s: ", row->name);
        edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    }
    s->is_over = true;
    edo_sim_free(sim);
    bool differs = err < 0 || s->differs;
    free(s);
    return differs;
}

static void run_family(const behaviour_family *f) {
    int differ_n = 0;
    for (size_t i = 0; i < f->n; i++) differ_n += run_row(&f->rows[i], false);
    assert_int_equal(differ_n, 0);
}

#define TEST_OF(family)                                                                            \
    static void family##_says_what_linux_says(void **state) {                                      \
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
        cmocka_unit_test(connect_says_what_linux_says),
        cmocka_unit_test(accept_says_what_linux_says),
        cmocka_unit_test(transfer_says_what_linux_says),
        cmocka_unit_test(half_close_says_what_linux_says),
        cmocka_unit_test(reset_says_what_linux_says),
        cmocka_unit_test(close_says_what_linux_says),
        cmocka_unit_test(cancel_says_what_linux_says),
        cmocka_unit_test(stream_says_what_linux_says),
        cmocka_unit_test(option_says_what_linux_says),
        cmocka_unit_test(udp_says_what_linux_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
