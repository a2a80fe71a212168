/* SPDX-License-Identifier: MIT */
/* join5.c: exercise of chapter 1: five look-ups at once. They take as long as the slowest, and need
 * no task of their own: join polls all five on this one. */
#include <edo/edo.h>

#include <stdio.h>

EDO_ASYNC(look_up, int id, ms; edo_sleep_future nap;) {
    EDO_BEGIN;
    EDO_TRY_AWAIT(edo_sleep_init(&self->nap, edo_ms(self->ms)));
    EDO_RETURN(100 + self->id);
    EDO_END;
}

static int root(void *arg) {
    (void)arg;
    look_up all[5];
    edo_future *futures[EDO_COUNT(all)];
    for (int i = 0; i < 5; i++) {
        all[i] = (look_up){ .id = i, .ms = 50 - 10 * i };
        futures[i] = look_up_init(&all[i]);
    }
    edo_instant start = edo_now();
    int err = edo_join_array(futures, EDO_COUNT(futures), 0);
    if (err < 0) return err;
    for (size_t i = 0; i < EDO_COUNT(all); i++) printf("%d ", edo_result(&all[i]));
    edo_duration took = edo_instant_since(edo_now(), start);
    printf("in %lld ms\n", (long long)(took.ns / 1000000));
    return 0;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
