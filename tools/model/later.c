/* SPDX-License-Identifier: MIT */
/* later.c: relaxed loads that answer a store which comes only later (load buffering), for models
 * that ask for it (edoi_model.later_loads).
 *
 * Such a load guesses: one of the values that were stored to its word in some run before, in which
 * no load had guessed: so that nothing comes out of thin air. Then the store has to come, by a
 * thread that has not heard of the load; a run in which it does not is thrown away. Until it has
 * come a run cannot fail: the thread that would is held, and the others go on.
 *
 * Two words for what is not done: a load that acquires does not guess, though C11 lets it answer a
 * later store that is relaxed (no machine does that); and a thread that knows of a guess may not
 * touch its word before the store is there, which would be possible if it read that very store.
 *
 * What depends on what is not known here: if the store comes because of the load, by way of other
 * threads, the run is one that machines do not have either. Such a report is to be looked at. */
#include "state.h"

#include <stdlib.h>

/* The run cannot be. */
static EDOI_NORETURN void throw_away(void) {
    ck->blocked++;
    go_home();
}

static bool guesses_at(const location *l, int order) {
    return ck->later_loads && ck->forked && ck->alive_n > 1 && order == EDOI_MODEL_RLX &&
           ck->guesses_n < GUESSES_MAX && l;
}

static bool is_among(location *l, uint64_t value, const unsigned *stores, unsigned n) {
    for (unsigned i = 0; i < n; i++)
        if (store_of(l, stores[i])->value == value) return true;
    return false;
}

unsigned later_values(location *l, int order, const unsigned *stores, unsigned n,
                      uint64_t *values) {
    unsigned found = 0;
    if (!guesses_at(l, order)) return 0;
    for (unsigned i = 0; i < ck->known_n; i++)
        if (ck->known[i].at == l->at && !is_among(l, ck->known[i].value, stores, n))
            values[found++] = ck->known[i].value;
    return found;
}

void later_guess(location *l, uint64_t value) {
    ck->guessed = true;
    ck->guesses[ck->guesses_n++] = (guess){ l, value, me()->now.clock[ck->now], (uint8_t)ck->now };
}

static bool knows_of(const bundle *b, const guess *g) {
    return b->clock[g->thread] >= g->clock;
}

void later_check(const location *l) {
    for (unsigned i = 0; i < ck->guesses_n; i++)
        if (ck->guesses[i].at == l && knows_of(&me()->now, &ck->guesses[i])) throw_away();
}

static void show(bundle *b, const guess *g, unsigned store_n) {
    uint16_t *seen = &b->seen.at[g->at - ck->locations];
    if (knows_of(b, g) && *seen < store_n) *seen = (uint16_t)store_n;
}

/* The store has come that the load has returned: who knows of the load sees nothing older. */
static void come_true(const guess *g, unsigned store_n) {
    for (unsigned i = 0; i < ck->threads_n; i++) show(&ck->threads[i].now, g, store_n);
    for (unsigned i = 0; i < ck->bundles_n; i++) show(&ck->bundles[i], g, store_n);
    for (unsigned i = 0; i < ck->syncs_n; i++) show(&ck->syncs[i].handed, g, store_n);
}

static void note_value(const location *l, uint64_t value) {
    for (unsigned i = 0; i < ck->known_n; i++)
        if (ck->known[i].at == l->at && ck->known[i].value == value) return;
    if (ck->known_n == KNOWN_MAX) fail("the model is too large: KNOWN_MAX");
    ck->known[ck->known_n++] = (known_value){ l->at, value };
    ck->known_grew = true;
}

void later_stored(location *l, unsigned store_n) {
    if (!ck->later_loads || !ck->forked) return;
    uint64_t value = store_of(l, store_n)->value;
    if (!ck->guessed) note_value(l, value);
    for (unsigned i = 0; i < ck->guesses_n; i++) {
        const guess g = ck->guesses[i];
        if (g.at != l || g.value != value) continue;
        ck->guesses[i--] = ck->guesses[--ck->guesses_n];
        come_true(&g, store_n);
    }
    if (ck->guesses_n == 0 && ck->held) fail("%s", ck->said);
}

void later_end(void) {
    if (ck->guesses_n > 0) throw_away();
}

void later_hold(void) {
    ck->held = true;
    me()->op = (op){ .kind = OP_HELD };
    schedule();
    abort(); // nobody switches to one that is held
}
