/* SPDX-License-Identifier: MIT */
/* squares.c: the numbers from 1 to 100; of these the even ones, their squares, ten at a time to
 * something that takes 50 ms, and the results in an array. */
#include <edo/edo.h>

#include <inttypes.h>
#include <stdio.h>

static int next_number(void *state, void *item) {
    int64_t *last = state;
    if (*last == 100) return 0;
    *(int64_t *)item = ++*last;
    return 1;
}

static int is_even(void *arg, const void *item) {
    (void)arg;
    return *(const int64_t *)item % 2 == 0;
}

static int square(void *arg, const void *in, void *out) {
    int64_t x = *(const int64_t *)in;
    (void)arg;
    *(int64_t *)out = x * x;
    return 0;
}

/* In a task of its own: it may wait. */
static int work(void *arg, const void *in, void *out) {
    (void)arg;
    *(int64_t *)out = *(const int64_t *)in;
    return edo_sleep(edo_ms(50));
}

static int root(void *arg) {
    int64_t last = 0, x, results[100], sum = 0;
    int n = 0, rc;
    (void)arg;
    edo_instant start = edo_now();
    edo_seq *s = edo_seq_unfold(sizeof x, next_number, &last);
    s = edo_seq_filter(s, is_even, NULL);
    s = edo_seq_map(s, square, NULL, sizeof x);
    s = edo_seq_buffer_unordered(s, 10, work, NULL, sizeof x);
    while ((rc = edo_seq_next(s, &x)) == 1) results[n++] = x; // each as soon as it is made
    edo_seq_free(s);
    for (int i = 0; i < n; i++) sum += results[i];
    printf("%d results, sum %" PRId64 ", after %d ms\n", n, sum,
           (int)(edo_instant_since(edo_now(), start).ns / 1000000));
    return rc;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
