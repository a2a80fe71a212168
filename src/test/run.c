/* SPDX-License-Identifier: MIT */
/* test/run.c: runs a test as the first task of a runtime of its own. */
#include "base/opts.h"

#include <edo/runtime.h>
#include <edo/test.h>

#include <errno.h>

typedef struct test_body {
    void (*fn)(void);
} test_body;

static int run_body(void *arg) {
    ((test_body *)arg)->fn();
    return 0;
}

void edo_test_run_at(const char *file, int line, void (*body)(void), const edo_test_opts *opts) {
    edo_runtime_opts made = { .workers = opts->workers, .start_paused = opts->paused };
    made.flavor = opts->workers > 0 ? EDO_RUNTIME_MULTI : EDO_RUNTIME_CURRENT;
    test_body b = { body };
    edo_runtime *rt = NULL;
    int err = !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))
                  ? -EINVAL
                  : edo_runtime_new(&rt, &made);
    if (err < 0) edo_test_fail_at(file, line, "no runtime for a test: %s", edo_error_name(err));
    err = edo_run(rt, run_body, &b);
    int left = edo_runtime_shutdown(rt, edo_s(5));
    edo_runtime_free(rt);
    if (err < 0) edo_test_fail_at(file, line, "the test did not run: %s", edo_error_name(err));
    if (left == -ETIMEDOUT) edo_test_fail_at(file, line, "a thread did not end after the test");
    if (left > 0) edo_test_fail_at(file, line, "%d tasks did not end after the test", left);
}
