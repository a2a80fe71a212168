/* SPDX-License-Identifier: MIT */
/* runtime/spawn/race.c: the first function to succeed; the others are cancelled and awaited. */
#include "base/atomic.h"
#include "base/memory/alloc.h"

#include <edo/scope.h>

#include <errno.h>

typedef struct race {
    edo_atomic_u32 winner; /* atomic: index + 1 of the first to succeed */
    int result;            /* the winner's; read after the scope has ended */
} race;

typedef struct runner {
    race *race;
    const edo_race_entry *entry;
    uint32_t number; /* index + 1 */
} runner;

static int race_run(void *arg) {
    runner *self = arg;
    int result = self->entry->fn(self->entry->arg);
    uint32_t nobody = 0;
    // RA1: pairs with RA1: one function wins; the scope's end orders the result
    bool first = result >= 0 && edoi_cas_acqrel_u32(&self->race->winner, &nobody, self->number);
    if (first) self->race->result = result;
    return result;
}

int edo_race(int *result, const edo_race_entry *entries, size_t n) {
    if (n == 0 || n > INT32_MAX) return -EINVAL;
    runner *runners = edoi_calloc(n, sizeof *runners);
    if (!runners) return -ENOMEM;
    race r = { .result = 0 };
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ANY });
    for (size_t i = 0; i < n; i++) {
        runners[i] = (runner){ &r, &entries[i], (uint32_t)i + 1 };
        (void)edo_scope_spawn(&s, race_run,
                              &runners[i]); // a failed spawn is a failure of the scope
    }
    int err = edo_scope_end(&s, 0);
    edoi_free(runners);
    uint32_t winner = edoi_load_rlx_u32(&r.winner); // relaxed: all have ended
    if (winner == 0) return err < 0 ? err : -ECANCELED;
    if (result) *result = r.result;
    return (int)winner - 1;
}
