/* SPDX-License-Identifier: MIT */
/* runtime/debug/lock_dump.c: see lock_dump.h.
 *
 * The table is read while tasks go on: a lock that changes hands meanwhile is shown as it was
 * before or afterwards, or not at all. */
#include "runtime/debug/lock_dump.h"

#include "locks/holders.h"
#include "locks/tenths.h"
#include "locks/waits.h"
#include "stacks/frames.h"

#include <edo/locks.h>

#include <inttypes.h>

#define PLACE_MAX   160u
#define SHOWN_MAX   64u
#define WAITERS_MAX 8u /* of a lock that are named */

typedef struct lock_dump {
    FILE *out;
    uint32_t now; /* tenths of a second */
    uint32_t shown_n;
} lock_dump;

const char *edoi_lock_age(edoi_text *to, uint32_t now, uint32_t since) {
    const unsigned age = edoi_tenths_since(now, since);
    to->n = 0;
    to->at[0] = '\0';
    if (since != 0) edoi_text_add(to, " for %u.%u s", age / 10, age % 10);
    return to->at;
}

static EDOI_NOINLINE void lock_show_holder(const lock_dump *d, const void *lock,
                                           const edoi_holder *h) {
    char place[PLACE_MAX] = "";
    edoi_text age;
    if (h->site) edoi_place_tell(place, sizeof place, h->site);
    (void)fprintf(d->out, "  %p: held by %s%s%s%s%s\n", lock, h->name,
                  h->who == EDOI_NO_HOLDER ? ", which has ended," : "",
                  edoi_lock_age(&age, d->now, h->since), *place ? ", taken at " : "", place);
}

static void lock_show_waits(const lock_dump *d, const void *lock, const edoi_wait *waits,
                            size_t n) {
    edoi_text age;
    for (size_t i = 0; i < n && i < WAITERS_MAX; i++)
        (void)fprintf(d->out, "  %p: awaited by %s%s\n", lock, waits[i].name,
                      edoi_lock_age(&age, d->now, waits[i].since));
    if (n > WAITERS_MAX)
        (void)fprintf(d->out, "  %p: awaited by %zu more\n", lock, n - WAITERS_MAX);
}

/* The locks that somebody waits for, or those that nobody waits for. Not inlined, as its like:
 * together their frames are too large. */
static EDOI_NOINLINE void lock_show_all(lock_dump *d, bool is_awaited) {
    edoi_wait waits[WAITERS_MAX];
    edoi_holder holders[EDOI_HOLDERS_MAX];
    uint32_t at = 0;
    for (const void *l = edoi_holders_next(&at); l; l = edoi_holders_next(&at)) {
        size_t waits_n = edoi_waits_of(l, waits, WAITERS_MAX);
        if ((waits_n > 0) != is_awaited || d->shown_n++ >= SHOWN_MAX) continue;
        size_t n = edoi_holders_get(holders, l);
        for (size_t i = 0; i < n; i++) lock_show_holder(d, l, &holders[i]);
        lock_show_waits(d, l, waits, waits_n);
    }
}

/* Those that somebody waits for, and that nobody is known to hold: a holder that was not noted, or
 * one that was given the lock by other means than its calls. */
static EDOI_NOINLINE void lock_show_unheld(lock_dump *d) {
    edoi_wait waits[WAITERS_MAX];
    uint32_t from = 0;
    for (const void *l = edoi_waits_next_unheld(&from); l; l = edoi_waits_next_unheld(&from)) {
        if (d->shown_n++ >= SHOWN_MAX) continue;
        (void)fprintf(d->out, "  %p: its holder is not known\n", l);
        lock_show_waits(d, l, waits, edoi_waits_of(l, waits, WAITERS_MAX));
    }
}

static void lock_show_found(FILE *out, const edo_locks_stats *s) {
    (void)fprintf(out,
                  "  found so far: deadlocks %" PRIu64 ", tasks that ended with a lock %" PRIu64
                  ", locks in both orders %" PRIu64 ", waits that last %" PRIu64
                  ", tasks that stand %" PRIu64,
                  s->deadlocks, s->abandoned, s->turned, s->lasting, s->standing);
    if (s->unnoted > 0) (void)fprintf(out, ", waits that are not known %" PRIu64, s->unnoted);
    (void)fputc('\n', out);
}

void edoi_lock_dump(FILE *out, int64_t now_ns) {
    lock_dump d = { .out = out, .now = edoi_tenths(now_ns) };
    uint32_t at = 0, from = 0;
    edo_locks_stats s;
    edo_locks_get_stats(&s);
    const bool has_found =
        s.deadlocks + s.turned + s.abandoned + s.lasting + s.standing + s.unnoted > 0;
    if (!edoi_holders_next(&at) && !edoi_waits_next_unheld(&from) && !has_found) return;
    (void)fprintf(out, "edo: locks that are held:\n");
    lock_show_all(&d, true);
    lock_show_unheld(&d);
    lock_show_all(&d, false);
    if (d.shown_n > SHOWN_MAX) (void)fprintf(out, "  %u more\n", (unsigned)(d.shown_n - SHOWN_MAX));
    if (has_found) lock_show_found(out, &s);
}
