/* SPDX-License-Identifier: MIT */
/* Goal: a blocking job that does not end within the bound is named once, by its function.
 * Method: jobs that wait for ever, in a child whose standard error is read. */
#include <edo/edo.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "last_words.h"

#define MANY 20

static pthread_barrier_t begun;

static int hang_for_ever(void *arg) {
    (void)arg;
    (void)pthread_barrier_wait(&begun);
    for (;;) (void)pause();
    return 0;
}

static edo_blocking_future jobs[MANY];

/* Returns when `*arg` jobs hang: no runtime owns them any more. */
static int leave_jobs(void *arg) {
    int n = *(int *)arg;
    if (pthread_barrier_init(&begun, NULL, (unsigned)n + 1) != 0) abort();
    for (int i = 0; i < n; i++)
        (void)edo_poll_once(edo_blocking_init(&jobs[i], hang_for_ever, NULL, NULL));
    (void)pthread_barrier_wait(&begun);
    for (int i = 0; i < n; i++) edo_drop(&jobs[i].base);
    return 0;
}

/* The shutdown of edo_main() is followed by that of edo_runtime_free(). */
static int run_with_jobs(void *n) {
    return edo_main_with(leave_jobs, n, &(edo_runtime_opts){ .shutdown = edo_ms(1) });
}

static int times(const char *text, const char *part) {
    int n = 0;
    while ((text = strstr(text, part))) {
        text += strlen(part);
        n++;
    }
    return n;
}

static void hear(int n, char *said, size_t bytes) {
    int status = last_words(run_with_jobs, &n, said, bytes);
    if (status != 0) fail_msg("status %x, said: %s", (unsigned)status, said);
}

static void a_job_is_named_once_by_its_function(void **state) {
    (void)state;
    char said[8192];
    hear(1, said, sizeof said);
    assert_int_equal(
        times(said, "edo: blocking job hang_for_ever of runtime edo did not end at shutdown\n"), 1);
    assert_int_equal(times(said, "did not end"), 1);
}

static void some_of_many_jobs_are_named_and_the_rest_counted(void **state) {
    (void)state;
    char said[8192];
    hear(MANY, said, sizeof said);
    assert_int_equal(times(said, "edo: blocking job hang_for_ever of runtime edo did not end"), 16);
    assert_int_equal(times(said, "did not end at shutdown: 4 more blocking jobs\n"), 1);
    assert_int_equal(times(said, "did not end"), 17);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_is_named_once_by_its_function),
        cmocka_unit_test(some_of_many_jobs_are_named_and_the_rest_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
