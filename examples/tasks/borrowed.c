/* SPDX-License-Identifier: MIT */
/* borrowed.c: exercise of chapter 8: three waits over one local table, by tasks and without tasks.
 *
 * The scope's tasks may run on several workers at once, so each writes to its own place. The set
 * polls all three on this task: they never run at the same time, and may share the counter. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

typedef struct row {
    int ms, value;
} row;

/* ---- By tasks -------------------------------------------------------------------------------- */

static int fill(void *arg) {
    row *r = arg;
    int err = edo_sleep(edo_ms(r->ms));
    r->value = 10 * r->ms;
    return err;
}

static int by_scope(void) {
    row table[] = { { .ms = 30 }, { .ms = 10 }, { .ms = 20 } }; // lives longer than the tasks
    EDO_SCOPE(s, NULL);
    for (size_t i = 0; i < EDO_COUNT(table); i++) edo_scope_spawn(&s, fill, &table[i]);
    int err = edo_scope_end(&s, 0);
    return err < 0 ? err : table[0].value + table[1].value + table[2].value;
}

/* ---- Without tasks --------------------------------------------------------------------------- */

EDO_ASYNC(filling, row *r; int *done; edo_sleep_future nap;) {
    EDO_BEGIN;
    EDO_TRY_AWAIT(edo_sleep_init(&self->nap, edo_ms(self->r->ms)));
    self->r->value = 10 * self->r->ms;
    EDO_RETURN(++*self->done); // no lock: one task polls all of them
    EDO_END;
}

static int by_join(void) {
    row table[] = { { .ms = 30 }, { .ms = 10 }, { .ms = 20 } };
    int done = 0;
    filling f[EDO_COUNT(table)];
    edo_future *all[EDO_COUNT(table)];
    for (size_t i = 0; i < EDO_COUNT(table); i++) {
        f[i] = (filling){ .r = &table[i], .done = &done };
        all[i] = filling_init(&f[i]);
    }
    int err = edo_join_array(all, EDO_COUNT(all), 0);
    if (err < 0) return err;
    printf("the first row was filled as number %d\n", edo_result(&f[0]));
    return table[0].value + table[1].value + table[2].value;
}

static int root(void *arg) {
    (void)arg;
    int tasks = by_scope(), joined = by_join();
    printf("by tasks: %d, without: %d\n", tasks, joined);
    return tasks == joined ? 0 : 1;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
