/* SPDX-License-Identifier: MIT */
/* ticker.c: a task of a hundred-odd bytes: a function body as a state machine, without a stack. */
#include <edo/edo.h>

#include <stdio.h>

EDO_ASYNC(ticker, int left; edo_sleep_future nap;) {
    EDO_BEGIN;
    while (self->left-- > 0) EDO_AWAIT(edo_sleep_init(&self->nap, edo_ms(10)));
    EDO_RETURN(0);
    EDO_END;
}
EDO_FRAME_MAX(ticker, 96); // and 48 bytes for the task: 28 of them in a page

static int root(void *arg) {
    (void)arg;
    enum { MANY = 10000 };
    static edo_task *tasks[MANY];
    edo_instant start = edo_now();
    for (int i = 0; i < MANY; i++) {
        ticker t = { .left = 100 };
        tasks[i] = edo_spawn_future(ticker_init(&t)); // moved into the task
    }
    int failed = 0;
    for (int i = 0; i < MANY; i++) failed += edo_task_join(tasks[i]) < 0;
    edo_duration took = edo_instant_since(edo_now(), start);
    printf("%d tickers, %d failed, %lld ms\n", MANY, failed, (long long)(took.ns / 1000000));
    return failed != 0;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
