/* SPDX-License-Identifier: MIT */
/* shrink.c: see shrink.h. */
#include "shrink.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS_MAX   500 /* of one seed */
#define FAULTS_MAX 2000

typedef struct shrinking {
    const plan *p;
    const turn *t;
    const outcome *first;
    bool *is_left_out; /* by number, from 1 on */
    uint64_t faults_n;
    int runs_n;
    outcome least;
} shrinking;

/* The numbers that are left out, as "1,3-5"; NULL without memory. */
static char *skip_text(const shrinking *self) {
    size_t n = 0, room = (size_t)self->faults_n * 8 + 1;
    char *text = malloc(room);
    if (!text) return NULL;
    *text = '\0';
    for (uint64_t i = 1; i <= self->faults_n; i++) {
        uint64_t first = i;
        if (!self->is_left_out[i]) continue;
        while (i < self->faults_n && self->is_left_out[i + 1]) i++;
        n += (size_t)snprintf(text + n, room - n, "%s%" PRIu64, n > 0 ? "," : "", first);
        if (i > first) n += (size_t)snprintf(text + n, room - n, "-%" PRIu64, i);
    }
    return text;
}

/* Does it fail as it did? Then `least` is that run. */
static int fails_still(shrinking *self, bool *fails) {
    outcome now;
    char *skip = skip_text(self);
    turn t = *self->t;
    if (!skip) return -ENOMEM;
    t.skip = skip;
    int err = run_once(self->p, &t, &now);
    free(skip);
    self->runs_n++;
    *fails = err == 0 && outcome_is_like(&now, self->first);
    if (*fails) {
        outcome_free(&self->least);
        self->least = now;
    } else {
        outcome_free(&now);
    }
    return err;
}

/* Leaves out `n` of the remaining faults, from the `at`-th on. Returns how many were left out. */
static uint64_t shrinking_leave_out(shrinking *self, uint64_t at, uint64_t n, bool *were) {
    uint64_t nth = 0, out_n = 0;
    memcpy(were, self->is_left_out, (size_t)self->faults_n + 1);
    for (uint64_t i = 1; i <= self->faults_n; i++) {
        if (were[i]) continue;
        bool is_meant = nth >= at && nth < at + n;
        self->is_left_out[i] = is_meant;
        out_n += is_meant;
        nth++;
    }
    return out_n;
}

/* Tries to do without `n` at once, everywhere. Returns whether that was possible somewhere. */
static int shrink_by(shrinking *self, uint64_t n, bool *were, bool *has_shrunk) {
    int err = 0;
    *has_shrunk = false;
    for (uint64_t at = 0; err == 0 && self->runs_n < RUNS_MAX;) {
        bool fails = false;
        if (shrinking_leave_out(self, at, n, were) == 0) break;
        err = fails_still(self, &fails);
        if (fails) {
            *has_shrunk = true;
        } else {
            memcpy(self->is_left_out, were, (size_t)self->faults_n + 1);
            at += n;
        }
    }
    return err;
}

int shrink(const plan *p, const turn *t, const outcome *first, char **skip, outcome *least) {
    uint64_t faults_n = first->faults_n < FAULTS_MAX ? first->faults_n : FAULTS_MAX;
    shrinking s = { .p = p, .t = t, .first = first, .faults_n = faults_n };
    bool *were = calloc((size_t)faults_n + 1, 1), has_shrunk = false;
    s.is_left_out = calloc((size_t)faults_n + 1, 1);
    int err = were && s.is_left_out ? 0 : -ENOMEM;
    for (uint64_t n = faults_n; n > 0 && err == 0;) {
        err = shrink_by(&s, n, were, &has_shrunk);
        if (n > 1)
            n = n / 2;
        else if (!has_shrunk || s.runs_n >= RUNS_MAX)
            break;
    }
    *skip = err == 0 ? skip_text(&s) : NULL;
    if (err == 0 && !*skip) err = -ENOMEM;
    free(were);
    free(s.is_left_out);
    *least = s.least;
    if (err < 0) outcome_free(least);
    return err;
}
