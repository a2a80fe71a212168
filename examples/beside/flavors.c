/* SPDX-License-Identifier: MIT */
/* flavors.c: one program on three kinds of runtime: two waits at once, of 100 and of 50 ms. Its
 * result is the same in each; on a paused clock its time is exact, and costs nothing.
 *
 *     one thread        EDO_RUNTIME_CURRENT: tasks take turns
 *     all cores         the default; here four workers
 *     paused clock      one thread; time jumps when nothing can run */
#include <edo/edo.h>

#include <stdio.h>

static int wait_for(void *arg) {
    int ms = *(const int *)arg;
    int err = edo_sleep(edo_ms(ms));
    return err < 0 ? err : ms;
}

static int both(void *arg) {
    const edo_runtime_opts *kind = arg;
    int long_ms = 100, short_ms = 50;
    edo_instant start = edo_now();
    edo_task *a = edo_spawn(wait_for, &long_ms);
    edo_task *b = edo_spawn(wait_for, &short_ms);
    int first = edo_task_join(a), second = edo_task_join(b);
    if (first < 0 || second < 0) return first < 0 ? first : second;
    edo_duration took = edo_instant_since(edo_now(), start);
    printf("waited for %d and %d ms", first, second);
    if (kind->start_paused) printf(", in %d ms", (int)(took.ns / 1000000));
    printf("\n");
    return 0;
}

int main(void) {
    edo_runtime_opts kinds[] = {
        { .flavor = EDO_RUNTIME_CURRENT },
        { .workers = 4 },
        { .start_paused = true },
    };
    int status = 0;
    for (size_t i = 0; i < EDO_COUNT(kinds) && status == 0; i++)
        status = edo_main_with(both, &kinds[i], &kinds[i]);
    return status;
}
