/* SPDX-License-Identifier: MIT */
/* Goal: a dump of a program of edo_main() shows the stack of a task that computes, in any build:
 * without a watchdog, which release builds have only if they are told.
 * Method: a thread makes dumps until one has the stack, which a busy machine may not let be told in
 * time. */
#include "inside.h"

#include <edo/dump.h>
#include <edo/runtime.h>

#include <pthread.h>
#include <signal.h>
#include <string.h>

static edo_atomic_u32 is_shown;

static void *dump_until_the_stack_is_there(void *arg) {
    (void)arg;
    const int64_t since_s = patience_now_s();
    for (bool found = false; !found;) {
        char *text = NULL;
        size_t n = 0;
        FILE *out = open_memstream(&text, &n);
        CHECK(out);
        edo_dump_tasks(out);
        CHECK_EQ(fclose(out), 0);
        const char *line = strstr(text, "spins at "), *next = line ? strchr(line, '\n') : NULL;
        found = next && strncmp(next, "\n      #0 ", 10) == 0;
        free(text);
        patience_check(since_s, "a dump has the stack of what computes", __FILE__, __LINE__);
    }
    EDOI_ATOMIC_STORE(&is_shown.edoi_value, 1, EDOI_RELAXED);
    return NULL;
}

static int spins(void *arg) {
    (void)arg;
    while (!EDOI_ATOMIC_LOAD(&is_shown.edoi_value, EDOI_RELAXED)) EDOI_COMPILER_BARRIER();
    return 0;
}

static int look_at_what_computes(void *arg) {
    pthread_t thread;
    (void)arg;
    CHECK_EQ(pthread_create(&thread, NULL, dump_until_the_stack_is_there, NULL), 0);
    edo_task *t = edo_spawn(spins, NULL);
    int err = edo_task_join(t);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    return err;
}

static void the_stack_of_what_computes_is_shown_without_a_watchdog(void **state) {
    (void)state;
#ifdef EDOI_TSAN
    print_message("skipped: the thread sanitizer keeps the signal until a call of libc\n");
    skip();
#endif
    const edo_runtime_opts opts = { .watchdog = EDO_OFF };
    assert_int_equal(edo_main_with(look_at_what_computes, NULL, &opts), 0);
    struct sigaction after;
    assert_int_equal(sigaction(SIGURG, NULL, &after), 0);
    assert_true(after.sa_handler == SIG_DFL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stack_of_what_computes_is_shown_without_a_watchdog),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
