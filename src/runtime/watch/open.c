/* SPDX-License-Identifier: MIT */
/* runtime/watch/open.c: see open.h. */
#include "runtime/watch/open.h"

#include "base/fork.h"
#include "base/held.h"
#include "base/places.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifdef EDOI_MODEL
#    define PIECE 1u
#else
#    define PIECE 1000u /* things that are looked at in one hold of the lock */
#endif

static pthread_mutex_t open_mutex = PTHREAD_MUTEX_INITIALIZER; /* outer to those of the things */
static LIST_HEAD(open_things, edoi_open_thing) open_all;       /* lock: open_mutex */
static edoi_open_thing *open_next; /* of the look that is there; lock: open_mutex */

/* What a fork has left can be struck, but is looked at no more: its lock may be held for ever. */
static void open_begin_child(void) {
    static edoi_open_thing *first_left; // written, never read
    if (LIST_FIRST(&open_all)) LIST_FIRST(&open_all)->next.le_prev = &first_left;
    LIST_INIT(&open_all);
    open_next = NULL;
}

EDOI_ON_FORK(.mutex = &open_mutex, .child = open_begin_child);

/* ---- The list -------------------------------------------------------------------------------- */

void edoi_open_enlist(edoi_open_thing *thing, edoi_open_look_fn *look, const void *maker) {
    thing->look = look;
    thing->maker = maker;
    edoi_mutex_acquire(&open_mutex);
    LIST_INSERT_HEAD(&open_all, thing, next);
    edoi_mutex_release(&open_mutex);
}

void edoi_open_strike(edoi_open_thing *thing) {
    if (!thing->look) return;
    edoi_mutex_acquire(&open_mutex);
    if (open_next == thing) open_next = LIST_NEXT(thing, next);
    LIST_REMOVE(thing, next);
    edoi_mutex_release(&open_mutex);
    thing->look = NULL;
}

/* Adds some of the things, while others wait that make or free one; false: there are no more. */
static bool open_look_on(edoi_open_table *to) {
    edoi_mutex_acquire(&open_mutex);
    for (uint32_t n = 0; open_next && n < PIECE; n++) {
        edoi_open_thing *t = open_next;
        open_next = LIST_NEXT(t, next);
        t->look(t, to);
    }
    bool is_more = open_next != NULL;
    edoi_mutex_release(&open_mutex);
    return is_more;
}

void edoi_open_look_over(edoi_open_table *to) {
    edoi_mutex_acquire(&open_mutex);
    open_next = LIST_FIRST(&open_all);
    edoi_mutex_release(&open_mutex);
    for (uint32_t n = 0; n < EDOI_OPEN_AT_ONCE && open_look_on(to); n += PIECE) {
    }
}

/* ---- The table ------------------------------------------------------------------------------- */

static uint64_t open_mix(uint64_t hash, uint64_t value) {
    hash = edoi_spread(hash ^ value);
    return hash ^ hash >> 32;
}

/* A literal may have several addresses: equal rows may then be two, which a reader adds up. */
static uint64_t open_key_of(const edoi_open_row *r) {
    uint64_t hash = open_mix(1, (uintptr_t)r->kind);
    hash = open_mix(hash, (uintptr_t)r->name);
    hash = open_mix(hash, (uintptr_t)r->state);
    hash = open_mix(hash, (uintptr_t)r->maker);
    for (const char *at = r->name ? "" : r->text; *at; at++)
        hash = open_mix(hash, (unsigned char)*at);
    return hash;
}

/* Takes the place of a row of `kind`; false: there is none. */
static bool open_take_place(edoi_open_table *t, const char *kind) {
    uint32_t i = 0;
    while (i < t->kinds_n && strcmp(t->kinds[i].kind, kind) != 0) i++;
    if (i == t->kinds_n && i < EDOI_OPEN_KINDS) t->kinds[t->kinds_n++].kind = kind;
    if (i < EDOI_OPEN_KINDS && t->kinds[i].n < EDOI_OPEN_OWN) {
        t->kinds[i].n++;
        return true;
    }
    if (t->shared_n == EDOI_OPEN_SHARED) return false;
    t->shared_n++;
    return true;
}

/* The row of `what`, which is made if there is room; NULL: there is none. */
static edoi_open_row *open_row_of(edoi_open_table *t, const edoi_open_row *what, uint64_t key) {
    uint32_t place = (uint32_t)key % EDOI_OPEN_PLACES;
    for (; t->places[place] != 0; place = (place + 1) % EDOI_OPEN_PLACES)
        if (t->rows[t->places[place] - 1].key == key) return &t->rows[t->places[place] - 1];
    if (!open_take_place(t, what->kind)) return NULL;
    edoi_open_row *r = &t->rows[t->rows_n++];
    t->places[place] = (uint16_t)t->rows_n;
    *r = *what;
    r->key = key;
    r->n = r->values = r->most = r->limit = r->waiting = 0;
    r->since_ns = 0;
    return r;
}

void edoi_open_add(edoi_open_table *t, const edoi_open_row *what) {
    edoi_open_row *r = open_row_of(t, what, open_key_of(what));
    if (!r) {
        t->rest_n += what->n;
        return;
    }
    if (r->n == 0 || what->values > r->most) {
        r->most = what->values;
        r->limit = what->limit;
    }
    r->n += what->n;
    r->values += what->values;
    r->waiting += what->waiting;
    if (what->since_ns != 0 && (r->since_ns == 0 || what->since_ns < r->since_ns))
        r->since_ns = what->since_ns;
}

void edoi_open_text(edoi_open_row *row, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(row->text, sizeof row->text, format, args);
    va_end(args);
}
