/* SPDX-License-Identifier: MIT */
/* retry.c: exercise of chapter 7: try again with growing pauses, but never beyond the caller's
 * limit, and never after a cancellation. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

static int retry(edo_task_fn *fn, void *arg, int attempts, edo_duration pause) {
    int err = -EINVAL;
    for (int i = 1; i <= attempts; i++) {
        err = fn(arg);
        if (err >= 0 || err == -ECANCELED) return err; // cut short: by whom, the caller knows
        if (i == attempts) break;
        int cut = edo_sleep(pause);
        if (cut < 0) return cut;
        pause.ns *= 2;
    }
    return edo_fail(err, "after %d attempts", attempts);
}

typedef struct partner {
    int failures_left, calls;
} partner;

static int call(void *arg) {
    partner *self = arg;
    self->calls++;
    int err = edo_sleep(edo_ms(10));
    if (err < 0) return err;
    return self->failures_left-- > 0 ? -ECONNREFUSED : 200;
}

static void try_partner(int failures, edo_duration limit) {
    partner p = { .failures_left = failures };
    edo_instant start = edo_now();
    EDO_DEADLINE(d, limit);
    int err = edo_deadline_end(&d, retry(call, &p, 4, edo_ms(100)));
    edo_duration took = edo_instant_since(edo_now(), start);
    printf("%d failures: %d calls, %lld ms, ", failures, p.calls, (long long)(took.ns / 1000000));
    if (err < 0) {
        edo_trail_print(stdout, err, EDO_TRAIL_LINE);
    } else {
        printf("%d\n", err);
    }
}

static int root(void *arg) {
    (void)arg;
    try_partner(2, edo_s(10));
    try_partner(9, edo_s(10));
    try_partner(9, edo_ms(250));
    return 0;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
