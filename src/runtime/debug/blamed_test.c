/* SPDX-License-Identifier: MIT */
/* Goal: the watchdog does not name a worker while a misuse report is written, which may take long
 * on a loaded machine; and the report announces itself.
 * Method: in child processes; a task that computes as if it wrote a report, and a handler of the
 *         abort at the report's end. */
#include "records/blame.h"

#include <edo/edo.h>

#include <string.h>
#include <time.h>

#include "last_words.h"

#ifdef EDO_DEBUG

static int64_t cpu_ms(void) {
    struct timespec ts;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int compute(void *arg) {
    bool writes = *(bool *)arg;
    if (writes) edoi_store_rlx_u32(&edoi_blames, 1);
    for (int64_t from_ms = cpu_ms(); cpu_ms() - from_ms < 200;) EDOI_COMPILER_BARRIER();
    return 0;
}

static int run(void *arg) {
    return edo_main_with(compute, arg, &(edo_runtime_opts){ .watchdog = EDO_MS(10) });
}

static void a_worker_that_writes_a_report_is_not_named(void **state) {
    (void)state;
    char said[8192];
    bool writes = false;
    assert_int_equal(last_words(run, &writes, said, sizeof said), 0);
    assert_non_null(strstr(said, " keeps worker ")); // as for any other task
    writes = true;
    assert_int_equal(last_words(run, &writes, said, sizeof said), 0);
    assert_null(strstr(said, " keeps worker "));
}

static void on_abort(int signo) {
    (void)signo;
    _exit(edoi_blame_is_written() ? 7 : 8);
}

static int misuse(void *arg) {
    const struct sigaction at_end = { .sa_handler = on_abort };
    edo_mutex mutex = EDO_MUTEX_INIT;
    (void)arg;
    (void)sigaction(SIGABRT, &at_end, NULL);
    if (edoi_blame_is_written()) return 9;
    edo_mutex_unlock(&mutex);
    return 0;
}

static void report_being_written_is_visible(void **state) {
    (void)state;
    char said[8192];
    int status = last_words(misuse, NULL, said, sizeof said);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_being_written_is_visible),
        cmocka_unit_test(a_worker_that_writes_a_report_is_not_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) {
    return 0; // a release build writes no report
}

#endif
