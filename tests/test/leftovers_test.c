/* SPDX-License-Identifier: MIT */
/* Goal: a test that leaves something behind fails, and is told what.
 * Method: this program again, with the name of a test that leaves one thing; its report is read. */
#include "inside.h"
#include "last_words.h"
#include "leftovers.h"

#include <edo/edo.h>

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#ifdef EDO_TEST_LEFTOVERS

static void let_open(rlim_t n) {
    struct rlimit now;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &now), 0);
    now.rlim_cur = n < now.rlim_max ? n : now.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
}

static void leave_nothing(void **state) {
    (void)state;
    int ends[2];
    let_open(1024);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(close(ends[0]) + close(ends[1]), 0);
    assert_int_equal(edo_sleep(edo_ms(1)), 0); // with a driver of this thread's own
}

static void leave_descriptor(void **state) {
    (void)state;
    assert_true(dup(STDERR_FILENO) >= 0);
}

/* The check itself has none left, either. */
static void leave_no_descriptor_free(void **state) {
    (void)state;
    let_open(40);
    while (dup(STDERR_FILENO) >= 0) continue;
}

static int opened_before;

static void leave_another_at_its_number(void **state) {
    (void)state;
    assert_int_equal(dup2(STDERR_FILENO, opened_before), opened_before);
}

static void *rest(void *arg) {
    for (;;) (void)pause();
    return arg;
}

static void leave_thread(void **state) {
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, rest, NULL), 0);
    assert_int_equal(pthread_setname_np(thread, "the-rest"), 0);
    assert_int_equal(pthread_detach(thread), 0);
}

static void leave_zombie(void **state) {
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(0);
}

static edo_sleep_future nap; // outlives its runtime

static int begin_nap(void *arg) {
    (void)arg;
    return edo_poll_once(edo_sleep_init(&nap, edo_hours(1))) == EDO_PENDING ? 0 : 1;
}

static void leave_timer(void **state) {
    (void)state;
    assert_int_equal(inside_with(begin_nap, NULL, &one_thread), 0);
    edo_drop(&nap.base);
}

static int stay(void *arg) {
    edo_shield sh;
    edo_shield_begin(&sh, (edo_duration)EDO_OFF);
    edo_pending_future never;
    (void)arg, (void)edo_await(edo_pending_init(&never));
    return edo_shield_end(&sh, 0);
}

static int leave_it(void *arg) {
    CHECK_EQ(edo_spawn_detached(stay, arg), 0);
    return edo_yield();
}

static void leave_fiber(void **state) {
    (void)state;
    static edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    assert_int_equal(edo_run(rt, leave_it, NULL), 0);
    assert_int_equal(edo_runtime_shutdown(rt, edo_ms(1)), 1);
    edo_runtime_free(rt);
    may_leave(LEFT_DESCRIPTORS, 2, "so that the fiber is told alone");
}

/* Memory that was unmapped is not told. */
static void leave_mapping(void **state) {
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    long page = sysconf(_SC_PAGESIZE);
    (void)state;
    char *at = mmap(NULL, (size_t)(3 * page), PROT_READ, flags, -1, 0);
    assert_ptr_not_equal(at, MAP_FAILED);
    assert_int_equal(munmap(at, (size_t)page), 0);
}

static void leave_less_than_it_may(void **state) {
    leave_descriptor(state);
    may_leave(LEFT_DESCRIPTORS, 1, "so that nothing is told");
}

static const struct {
    const char *name, *told; /* NULL: nothing */
    CMUnitTestFunction test;
} rows[] = {
    { "nothing", NULL, leave_nothing },
    { "descriptor", "left after the test: descriptor ", leave_descriptor },
    { "exhausted", "left after the test: descriptor ", leave_no_descriptor_free },
    { "replaced", "left after the test: descriptor ", leave_another_at_its_number },
    { "thread", ": the-rest\n", leave_thread },
    { "zombie", "left after the test: child ", leave_zombie },
    { "timer", "left after the test: 1 timers\n", leave_timer },
    { "fiber", "left after the test: 1 fibers\n", leave_fiber },
    { "mapping", "left after the test: 2 pages of mappings\n", leave_mapping },
    { "allowed", NULL, leave_less_than_it_may },
};

static int run_again(void *name) {
    char self[] = "leftovers", *argv[] = { self, name, NULL };
    (void)execv("/proc/self/exe", argv);
    return 99;
}

static void what_a_test_leaves_fails_it_by_name(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char said[4096], name[32];
        (void)snprintf(name, sizeof name, "%s", rows[i].name);
        int status = last_words(run_again, name, said, sizeof said);
        bool is_told = rows[i].told && strstr(said, rows[i].told);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != (rows[i].told ? 1 : 0) ||
            is_told != (rows[i].told != NULL) || (!is_told && strstr(said, "left after")) ||
            strstr(said, "] leave_nothing"))
            fail_msg("%s: status 0x%x, said: %s", name, (unsigned)status, said);
    }
}

/* In the child: one test of the table, and one after it, which is not blamed. */
static int run_row(const char *name) {
    leftovers_wait_ms = 20;
    opened_before = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const struct CMUnitTest tests[] = { { name, rows[i].test, NULL, NULL, NULL },
                                            cmocka_unit_test(leave_nothing) };
        if (strcmp(rows[i].name, name) == 0) _exit(cmocka_run_group_tests(tests, NULL, NULL));
    }
    return 98;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(what_a_test_leaves_fails_it_by_name) };
    if (argc > 1) return run_row(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) {
    return 77; // a cross build, which does not look
}

#endif
