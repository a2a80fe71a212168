/* SPDX-License-Identifier: MIT */
/* fair.c: a loop that computes takes from its budget, so that the others get their turn. On one
 * thread, since on all cores the other would have a core of its own. */
#include <edo/edo.h>

#include <stdio.h>

typedef struct shared {
    int turns_of_other;
    bool over;
} shared;

static int other(void *arg) {
    shared *self = arg;
    while (!self->over) {
        self->turns_of_other++;
        if (edo_yield() < 0) break;
    }
    return 0;
}

static int compute(bool fairly) {
    unsigned sum = 0;
    for (unsigned i = 0; i < 100000; i++) {
        sum = sum * 31 + i;
        if (fairly && i % 100 == 0 && edo_budget_consume() < 0) break;
    }
    return (int)(sum & 1);
}

static int root(void *arg) {
    (void)arg;
    for (int fairly = 0; fairly < 2; fairly++) {
        shared s = { 0 };
        EDO_SCOPE(scope, NULL);
        edo_scope_spawn(&scope, other, &s);
        (void)compute(fairly);
        printf("%s: the other had %s\n", fairly ? "with a budget" : "without",
               s.turns_of_other > 0 ? "its turns" : "no turn");
        s.over = true;
        int err = edo_scope_end(&scope, 0);
        if (err < 0) return err;
    }
    return 0;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
