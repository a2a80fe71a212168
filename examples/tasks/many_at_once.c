/* SPDX-License-Identifier: MIT */
/* many_at_once.c: eight jobs, three at a time, and none is left behind. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

typedef struct job {
    int id, takes_ms;
    bool broken, done;
} job;

static int fetch(void *arg) {
    job *self = arg; // borrowed from the caller's frame: the scope ends after us
    int err = edo_sleep(edo_ms(self->takes_ms));
    if (err < 0) return err;
    if (self->broken) return edo_fail(-EIO, "job %d", self->id);
    self->done = true;
    return 0;
}

static int fetch_all(job jobs[], size_t n) {
    EDO_SCOPE(s, &(edo_scope_opts){ .at_once = 3 });
    for (size_t i = 0; i < n; i++) edo_scope_spawn(&s, fetch, &jobs[i]); // waits for a free place
    return edo_scope_end(&s, 0); // all have ended; 0 or the first failure
}

static void report(const char *what, const job jobs[], size_t n, int err, edo_instant start) {
    int done = 0;
    for (size_t i = 0; i < n; i++) done += jobs[i].done;
    edo_duration took = edo_instant_since(edo_now(), start);
    printf("%s: %d of %zu done in %lld ms: ", what, done, n, (long long)(took.ns / 1000000));
    edo_trail_print(stdout, err, EDO_TRAIL_LINE);
}

static int root(void *arg) {
    (void)arg;
    job good[8], bad[8];
    for (int i = 0; i < 8; i++) {
        good[i] = (job){ .id = i, .takes_ms = 100 };
        bad[i] = (job){ .id = i, .takes_ms = 100 + i, .broken = i == 4 };
    }
    edo_instant start = edo_now();
    report("all well", good, 8, fetch_all(good, 8), start);
    start = edo_now();
    report("one fails", bad, 8, fetch_all(bad, 8), start);
    return 0;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
