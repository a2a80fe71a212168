/* SPDX-License-Identifier: MIT */
/* kept.c: see kept.h.
 *
 * inv. 1: a name stands in `all` once.
 * inv. 2: `all` is in the order of `until_ns`. */
#include "room/kept.h"

#include <edo/time.h>

#include <stdlib.h>
#include <string.h>

#define PLACES_AT_FIRST 16

static const edo_duration kept_for = EDO_S(24 * 60 * 60);

void kept_deinit(kept_names *self) {
    free(self->all);
}

/* The place of the name; `n`: it has none. */
static uint32_t kept_find(const kept_names *self, uint64_t naming) {
    uint32_t i = 0;
    while (i < self->n && naming_name(self->all[i].naming) != naming_name(naming)) i++;
    return i;
}

static void kept_remove(kept_names *self, uint32_t at, uint32_t n) {
    self->n -= n;
    memmove(&self->all[at], &self->all[at + n], (self->n - at) * sizeof *self->all);
}

/* Those whose day is over. */
static void remove_old(kept_names *self) {
    uint32_t n = 0;
    int64_t now_ns = edo_now().ns;
    while (n < self->n && self->all[n].until_ns <= now_ns) n++;
    if (n > 0) kept_remove(self, 0, n);
}

/* The oldest one of an address that has as many as it may, so that nobody else's gives way. */
static void remove_surplus(kept_names *self, const char *address) {
    uint32_t first = self->n, count = 0;
    for (uint32_t i = self->n; i > 0; i--) {
        if (memcmp(self->all[i - 1].address, address, EDO_ADDR_KEY_BYTES) != 0) continue;
        first = i - 1;
        count++;
    }
    if (count == KEPT_OF_ADDRESS) kept_remove(self, first, 1);
}

static bool kept_make_place(kept_names *self) {
    if (self->n == KEPT_MAX) kept_remove(self, 0, 1);
    if (self->n < self->places) return true;
    uint32_t places = self->places ? 2 * self->places : PLACES_AT_FIRST;
    kept_name *larger = realloc(self->all, places * sizeof *larger);
    if (!larger) return false;
    self->all = larger;
    self->places = places;
    return true;
}

void kept_put(kept_names *self, uint64_t naming, const char address[EDO_ADDR_KEY_BYTES]) {
    remove_old(self);
    kept_drop(self, naming);
    remove_surplus(self, address);
    if (!kept_make_place(self)) return;
    kept_name *one = &self->all[self->n++];
    *one = (kept_name){ .naming = naming, .until_ns = edo_instant_add(edo_now(), kept_for).ns };
    memcpy(one->address, address, sizeof one->address);
}

void kept_drop(kept_names *self, uint64_t naming) {
    uint32_t at = kept_find(self, naming);
    if (at < self->n) kept_remove(self, at, 1);
}

bool kept_is_anothers(const kept_names *self, uint64_t naming) {
    uint32_t at = kept_find(self, naming);
    return at < self->n && self->all[at].naming != naming && self->all[at].until_ns > edo_now().ns;
}
