/* SPDX-License-Identifier: MIT */
/* Goal: SIGTERM ends a program within its bound, with status 3, when no worker returns from its
 * poll, and soon after it when no thread comes to the end, or the report cannot be written.
 * Method: each program in a child process whose workers all compute or block. */
#include <edo/edo.h>

#include "main_child.h"

#include <string.h>

#define LAST           "ends with status 3"
#define LAST_RESORT_MS 3000 /* after the bound of the shutdown */
#define TRIES          3    /* of what a loaded machine may keep from its orderly end */

static int spin(void *arg) {
    volatile bool ends = arg;
    next_signal();
    while (!ends) continue;
    return 0;
}

static int block(void *arg) {
    volatile bool ends = arg;
    next_signal();
    while (!ends) (void)sleep(600);
    return 0;
}

typedef struct stuck {
    edo_task_fn *fn;
    unsigned n; /* how many of them; the root is none */
} stuck;

static int serve_beside(void *arg) {
    const stuck *s = arg;
    for (unsigned i = 0; i < s->n; i++) CHECK_EQ(edo_spawn_detached(s->fn, NULL), 0);
    return edo_sleep(edo_s(600));
}

typedef struct program {
    main_child child;
    edo_instant asked; /* when it was sent the signal */
} program;

/* Runs `root(arg)` in a child, and sends SIGTERM when `stuck_n` tasks are stuck. */
static program begin_to_end(edo_task_fn *root, void *arg, const edo_runtime_opts *opts,
                            unsigned stuck_n) {
    program p = { .child = main_child_begin(root, arg, opts) };
    main_child_signal(&p.child, SIGTERM, stuck_n);
    p.asked = edo_now();
    return p;
}

/* The last resort may have ended it: a loaded machine has kept it from its orderly end for longer
 * than that waits. */
static bool was_kept(const program *p, const char *said) {
    return edo_instant_since(edo_now(), p->asked).ns >= LAST_RESORT_MS * INT64_C(1000000) &&
           strstr(said, LAST);
}

/* It has to end with status 3; `words`, if not NULL, have to be in what it said. False: they are
 * not, but the machine may have kept it from saying them. */
static bool ended_with_3(const program *p, const char *words) {
    char said[4000] = { 0 };
    int status = main_child_end(&p->child, words ? said : NULL, sizeof said);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 3)
        fail_msg("status 0x%x; it said: %s", (unsigned)status, said);
    bool has_said = !words || strstr(said, words);
    if (!has_said && !was_kept(p, said)) fail_msg("it said: %s", said);
    return has_said;
}

typedef struct row {
    const char *name;
    edo_task_fn *root;
    stuck beside; /* the argument of the root */
    uint32_t workers;
} row;

/* The child names what it leaves. */
static void workers_that_do_not_return_are_given_up_by_name(void **state) {
    (void)state;
    static row rows[] = {
        { "the root computes on the only worker", spin, { NULL, 0 }, 1 },
        { "the root blocks the only worker", block, { NULL, 0 }, 1 },
        { "another task computes on the only worker", serve_beside, { spin, 1 }, 1 },
        { "tasks block all workers", serve_beside, { block, 2 }, 2 },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        row *r = &rows[i];
        const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI,
                                        .workers = r->workers,
                                        .shutdown = EDO_MS(100) };
        void *arg = r->beside.n > 0 ? &r->beside : NULL;
        bool in_order = false;
        for (int k = 0; k < TRIES && !in_order; k++) {
            program p = begin_to_end(r->root, arg, &opts, arg ? r->beside.n : 1);
            in_order = ended_with_3(&p, "did not return at shutdown");
        }
        if (!in_order) fail_msg("%s: it came to no orderly end", r->name);
    }
}

#ifndef EDOI_TSAN
/* Writes to a pipe that nobody reads, with the lock of standard error. */
static int fill_standard_error(void *arg) {
    volatile bool ends = arg;
    next_signal();
    while (!ends) (void)fprintf(stderr, "a line of a program that says too much\n");
    return 0;
}

/* Waits in printf() with the lock of standard output. */
static int fill_standard_output(void *arg) {
    volatile bool ends = arg;
    int out[2];
    CHECK_EQ(pipe(out), 0);
    CHECK_EQ(dup2(out[1], STDOUT_FILENO), STDOUT_FILENO);
    next_signal();
    while (!ends) (void)printf("a line of a program that says too much\n");
    return 0;
}
#endif

/* No thread comes to the orderly end: the only one is stuck, or the report has to wait. All at one
 * time, since each takes some seconds. */
static void a_program_that_cannot_end_in_order_ends_all_the_same(void **state) {
    (void)state;
    static const edo_runtime_opts one = { .flavor = EDO_RUNTIME_CURRENT,
                                          .shutdown = EDO_MS(100),
                                          .watchdog = EDO_OFF };
    program blocks = begin_to_end(block, NULL, &one, 1);
    program beside = begin_to_end(serve_beside, &(stuck){ block, 1 }, &one, 1);
#ifndef EDOI_TSAN // which keeps a signal from a loop that never blocks, and from fprintf()
    static const edo_runtime_opts multi = {
        .flavor = EDO_RUNTIME_MULTI, .workers = 1, .shutdown = EDO_MS(100), .watchdog = EDO_OFF
    };
    program says = begin_to_end(fill_standard_error, NULL, &one, 1);
    program says_beside = begin_to_end(fill_standard_error, NULL, &multi, 1);
    program prints = begin_to_end(serve_beside, &(stuck){ fill_standard_output, 1 }, &multi, 1);
    program computes = begin_to_end(spin, NULL, &one, 1);
    (void)ended_with_3(&computes, LAST); // its last words, or it has failed
    (void)ended_with_3(&says, NULL);
    (void)ended_with_3(&says_beside, NULL);
    (void)ended_with_3(&prints, LAST); // its last words, or it has failed
#endif
    (void)ended_with_3(&blocks, LAST); // its last words, or it has failed
    (void)ended_with_3(&beside, LAST); // its last words, or it has failed
}

/* Listens to SIGTERM when it has come, and blocks the only thread: the timer's signal finds another
 * handler. */
static int listen_after_the_signal(void *arg) {
    volatile bool ends = arg;
    edo_signal *s;
    next_signal();
    (void)edo_sleep(edo_s(600));
    int err = edo_signal_listen(&s, SIGTERM);
    while (err == 0 && !ends) (void)sleep(600);
    return err;
}

static void a_program_that_listens_when_the_signal_has_come_ends_all_the_same(void **state) {
    (void)state;
    static const edo_runtime_opts one = { .flavor = EDO_RUNTIME_CURRENT,
                                          .shutdown = EDO_MS(100),
                                          .watchdog = EDO_OFF };
    program p = begin_to_end(listen_after_the_signal, NULL, &one, 1);
    (void)ended_with_3(&p, LAST); // its last words, or it has failed
}

/* The root ends after the bound, and before the last resort. */
static int end_late(void *arg) {
    (void)arg;
    edo_shield sh;
    edo_shield_begin(&sh, (edo_duration)EDO_OFF);
    next_signal();
    for (int i = 0; i < 30; i++) (void)usleep(10000);
    return edo_shield_end(&sh, 0);
}

/* False: the last resort has ended it, though only as late as that may. */
static bool ended_late(void) {
    static const edo_runtime_opts one = { .flavor = EDO_RUNTIME_CURRENT,
                                          .shutdown = EDO_MS(100),
                                          .watchdog = EDO_OFF };
    program p = begin_to_end(end_late, NULL, &one, 1);
    char said[4000];
    int status = main_child_end(&p.child, said, sizeof said);
    assert_true(WIFEXITED(status));
    if (was_kept(&p, said)) return false;
    assert_int_equal(WEXITSTATUS(status), 0); // nothing was left
    assert_null(strstr(said, LAST));
    return true;
}

static void a_program_that_is_late_ends_in_order(void **state) {
    (void)state;
    for (int i = 0; i < TRIES; i++)
        if (ended_late()) return;
    fail_msg("it came to no orderly end");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_that_do_not_return_are_given_up_by_name),
        cmocka_unit_test(a_program_that_cannot_end_in_order_ends_all_the_same),
        cmocka_unit_test(a_program_that_listens_when_the_signal_has_come_ends_all_the_same),
        cmocka_unit_test(a_program_that_is_late_ends_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
