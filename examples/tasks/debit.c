/* SPDX-License-Identifier: MIT */
/* debit.c: a transfer that is cut short between its debit and its credit, written three ways. Of
 * these two keep the money together. */
#include <edo/edo.h>

#include <stdio.h>

typedef struct transfer {
    int from, to; /* balances */
    int euros;
} transfer;

/* Asks the store of an account, which takes 10 ms. Cut short it has done nothing: of a store on
 * another machine nobody could say that. */
static int add(int *balance, int euros) {
    int err = edo_sleep(edo_ms(10));
    if (err == 0) *balance += euros;
    return err;
}

/* Wrong: what is cut short behind the debit has taken the money, and given it to nobody. */
static int careless(void *arg) {
    transfer *t = arg;
    int err = add(&t->from, -t->euros);
    return err < 0 ? err : add(&t->to, t->euros);
}

/* Once it has begun it goes to its end, within a bound. */
static int finished(void *arg) {
    transfer *t = arg;
    int err = add(&t->from, -t->euros);
    if (err < 0) return err;
    EDO_SHIELD(sh, edo_s(2));
    return add(&t->to, t->euros);
}

/* It obeys at once, and takes back what it has done. */
static int taken_back(void *arg) {
    transfer *t = arg;
    int err = add(&t->from, -t->euros);
    if (err < 0) return err;
    err = add(&t->to, t->euros);
    if (err < 0) {
        EDO_SHIELD(sh, edo_s(2));
        int back = add(&t->from, t->euros);
        if (back < 0) return edo_fail(back, "giving %d euros back", t->euros);
    }
    return err;
}

static void cut(const char *name, edo_task_fn *fn, int ms) {
    transfer t = { .from = 100, .to = 100, .euros = 30 };
    EDO_DEADLINE(d, edo_ms(ms));
    int err = edo_deadline_end(&d, fn(&t));
    printf("%-10s cut at %2d ms: %3d + %3d = %d, %s\n", name, ms, t.from, t.to, t.from + t.to,
           edo_error_name(err));
}

static int root(void *arg) {
    static const int times[] = { 5, 15, 25 };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(times); i++) {
        cut("careless", careless, times[i]);
        cut("finished", finished, times[i]);
        cut("taken back", taken_back, times[i]);
    }
    return 0;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
