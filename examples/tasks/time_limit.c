/* SPDX-License-Identifier: MIT */
/* time_limit.c: a limit over a block; every await inside obeys it, also in functions called. */
#include <edo/edo.h>

#include <stdio.h>

static int step(const char *what, edo_duration takes) {
    int err = edo_sleep(takes);
    printf("%s: %s\n", what, err < 0 ? edo_error_name(err) : "done");
    return edo_fail(err, "%s", what);
}

static int two_steps(edo_duration second) {
    EDO_DEADLINE(d, edo_ms(100));
    int err = step("first step", edo_ms(60));
    if (err == 0) err = step("second step", second);
    return edo_deadline_end(&d, err); // -ETIMEDOUT if it was this limit that cut it short
}

static int root(void *arg) {
    (void)arg;
    int err = two_steps(edo_ms(30));
    printf("within the limit: %d\n", err);
    err = two_steps(edo_s(30));
    printf("beyond it: ");
    edo_trail_print(stdout, err, EDO_TRAIL_LINE);

    EDO_DEADLINE(outer, edo_ms(10)); // the earliest of nested limits counts
    err = two_steps(edo_ms(1));
    printf("the inner limit says %s", edo_error_name(err));
    err = edo_deadline_end(&outer, err);
    printf(", the outer one %s\n", edo_error_name(err));

    EDO_DEADLINE(never, edo_ns(EDO_FOREVER_NS)); // a limit that somebody has switched off
    return edo_deadline_end(&never, step("without a limit", edo_minutes(60)));
}

int main(void) {
    // A paused clock jumps to the next timer when nothing can run: the example takes no time.
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
