/* SPDX-License-Identifier: MIT */
/* Goal: each breach of the contracts of edo/metrics.h is named, with its place, in a debug build.
 * Method: as misuse_locks_test.c. */
#include <edo/edo.h>
#include <edo/metrics.h>

#include "breaches.h"

static int counts_a_gauge(void *arg) {
    edo_metrics *m = NULL;
    edo_metric *metric = NULL;
    edo_counter *c = NULL;
    (void)arg;
    int err = edo_metrics_new(&m, NULL);
    if (err == 0) err = edo_metrics_gauge(&metric, m, "x", NULL);
    return err < 0 ? err : edo_counter_series(&c, metric, NULL);
}

static int leaves_labels_out(void *arg) {
    edo_metrics *m = NULL;
    edo_metric *metric = NULL;
    edo_counter *c = NULL;
    (void)arg;
    int err = edo_metrics_new(&m, NULL);
    if (err == 0)
        err = edo_metrics_counter(&metric, m, "x", &(edo_metric_opts){ .labels = "status" });
    return err < 0 ? err : edo_counter_series(&c, metric, NULL);
}

static const breach rows[] = {
    { "a series of another kind of metric", counts_a_gauge },
    { "a series needs a value for each label", leaves_labels_out },
};

static void each_breach_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_metrics_test.c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
