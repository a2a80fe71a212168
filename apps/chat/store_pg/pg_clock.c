/* SPDX-License-Identifier: MIT */
/* pg_clock.c: what the database's clock has, see pg_store.h. */
#include "store_pg/pg_store.h"

#include <edo/time.h>

#include <stdatomic.h>

#define MS INT64_C(1000000)

/* Clocks of two machines go apart: what was found is better than a worse one for that long. */
static const edo_duration clock_holds = EDO_S(30);

/* The time was taken somewhere on the way: so half of that is the most by which it is wrong. */
void pg_clock_note(pg_clock *self, edo_instant asked, int64_t now_ms) {
    int64_t got_ns = edo_now().ns, trip_ns = got_ns - asked.ns;
    bool is_held = self->at_ns > 0 && got_ns - self->at_ns < clock_holds.ns;
    if (is_held && trip_ns > self->trip_ns) return;
    self->trip_ns = trip_ns;
    self->at_ns = got_ns;
    atomic_store(&self->ahead_ms, now_ms - (asked.ns + trip_ns / 2) / MS);
}

void pg_clock_forget(pg_clock *self) {
    self->at_ns = 0;
}

int64_t pg_clock_of(const pg_clock *self, edo_instant then) {
    int64_t ahead_ms = atomic_load(&self->ahead_ms);
    return ahead_ms == PG_CLOCK_UNKNOWN ? 0 : then.ns / MS + ahead_ms;
}
