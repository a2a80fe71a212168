/* SPDX-License-Identifier: MIT */
/* locks/order.c: see order.h.
 *
 * A hash table of pairs of locks, of a fixed size: a bucket has eight pairs, and a new pair
 * replaces the oldest. A pair that the task has noted before is found without order_lock; all else
 * is done under it. A pair that is overwritten during that look may seem known: so a turned order
 * may be missed, and none is reported wrongly.
 *
 * inv. 1: a pair is in the bucket of its two keys, once for each combination of read and write.
 * inv. 2: its actor, or with SEVERAL more than one, has taken the pair while it held all gates of
 *         the pair and no other lock. Tasks that held more than these gates are not noted.
 * inv. 1 and 2 are not asserted: nothing else knows what was taken. The test keeps a list of it. */
#include "locks/order.h"

#include "base/assert.h"
#include "base/fork.h"
#include "base/lock.h"
#include "base/places.h"

#define PLACES    256u
#define WAYS      8u /* pairs of a bucket */
#define TOLD      64u
#define SEVERAL   UINT32_MAX /* `actor` of a pair that more than one task has taken */
#define GATES_MAX (EDOI_ORDER_HELD_MAX - 1)

/* The part of a pair that is read without order_lock. */
typedef struct order_seen {
    edo_atomic_u64 first, second; /* atomic, relaxed: keys; 0: free */
    edo_atomic_u32 actor;         /* atomic, relaxed: the task that took both; or SEVERAL */
    edo_atomic_u16 modes;         /* atomic, relaxed: modes_of() */
    edo_atomic_u16 gates_n;       /* atomic, relaxed: of `gates` */
} order_seen;

typedef struct order_known {
    edoi_order_pair pair;
    edoi_order_lock gates[GATES_MAX]; /* other locks that the task held when it took the pair */
} order_known;

static edoi_lock order_lock = EDOI_LOCK_INIT; /* a leaf */

static order_seen seen[PLACES][WAYS];   /* atomic; written under order_lock */
static order_known known[PLACES][WAYS]; /* lock: order_lock */
static uint8_t oldest[PLACES];          /* lock: order_lock; the pair that is overwritten next */
static uint64_t told[TOLD];             /* lock: order_lock; hashes of call sites reported */
static uint32_t told_n;                 /* lock: order_lock */

EDOI_ON_FORK(.lock = &order_lock);

/* ---- Numbers --------------------------------------------------------------------------------- */

static edo_atomic_u32 numbers_n, actors_n; /* atomic, relaxed: counts */

uint16_t edoi_order_number(edo_atomic_u16 *number) {
    uint16_t own = edoi_load_rlx_u16(number);
    if (EDOI_LIKELY(own != 0)) return own;
    // one of 65,535 numbers: a later lock at the same address may get the same by chance
    uint16_t given = (uint16_t)(edoi_add_rlx_u32(&numbers_n, 1) % UINT16_MAX + 1);
    return edoi_cas_rlx_u16(number, &own, given) ? given : own; // another reader may be first
}

uint32_t edoi_order_actor(uint32_t *own) {
    if (*own == 0) *own = edoi_add_rlx_u32(&actors_n, 1) + 1;
    return *own;
}

/* ---- The table ------------------------------------------------------------------------------- */

static uint16_t modes_of(const edoi_order_lock *first, const edoi_order_lock *second) {
    return (uint16_t)((first->how & EDOI_TAKEN_READ) | (second->how & EDOI_TAKEN_READ) << 1);
}

static uint32_t order_place_of(uint64_t first, uint64_t second) {
    return edoi_place_of(edoi_spread(first) ^ second, PLACES);
}

static bool is_pair(const order_seen *s, uint64_t first, uint64_t second) {
    return edoi_load_rlx_u64(&s->first) == first && edoi_load_rlx_u64(&s->second) == second;
}

/* The index of that pair in its bucket; WAYS: not found. */
static uint32_t way_of(const order_seen *place, const edoi_order_lock *first,
                       const edoi_order_lock *second) {
    uint32_t way = 0;
    while (way < WAYS && !(is_pair(&place[way], first->key, second->key) &&
                           edoi_load_rlx_u16(&place[way].modes) == modes_of(first, second)))
        way++;
    return way;
}

/* Has this task taken the two before, with no other lock held? Called without order_lock. */
static bool is_known(uint32_t actor, const edoi_order_lock *first, const edoi_order_lock *second) {
    const order_seen *place = seen[order_place_of(first->key, second->key)];
    uint32_t way = way_of(place, first, second);
    if (way == WAYS || edoi_load_rlx_u16(&place[way].gates_n) > 0) return false;
    uint32_t by = edoi_load_rlx_u32(&place[way].actor);
    return by == actor || by == SEVERAL;
}

/* By address alone: one of the two may have been noted without its number. */
static bool is_same_lock(const edoi_order_lock *a, const edoi_order_lock *b) {
    return edoi_order_address(a->key) == edoi_order_address(b->key);
}

/* Does a lock of `gates` exclude a task that holds `g`: the same lock, not both as readers? */
static bool keeps_out(const edoi_order_lock *gates, size_t n, const edoi_order_lock *g) {
    for (size_t i = 0; i < n; i++)
        if (is_same_lock(&gates[i], g) && !(gates[i].how & g->how & EDOI_TAKEN_READ)) return true;
    return false;
}

/* Is each of `few` among `many`, and held as strongly there? */
static bool gates_are_among(const edoi_order_lock *few, size_t few_n, const edoi_order_lock *many,
                            size_t many_n) {
    for (size_t i = 0; i < few_n; i++) {
        size_t at = 0;
        while (at < many_n && !(is_same_lock(&many[at], &few[i]) &&
                                (many[at].how & EDOI_TAKEN_READ) <= (few[i].how & EDOI_TAKEN_READ)))
            at++;
        if (at == many_n) return false;
    }
    return true;
}

/* One pair as it was just taken. */
typedef struct order_taking {
    uint32_t actor;
    edoi_order_pair pair;
    edoi_order_lock gates[GATES_MAX];
    uint16_t gates_n;
} order_taking;

static void pair_write(uint32_t place, uint32_t way, const order_taking *t) {
    order_known *k = &known[place][way];
    k->pair = t->pair;
    for (uint32_t i = 0; i < t->gates_n; i++) k->gates[i] = t->gates[i];
    edoi_store_rlx_u32(&seen[place][way].actor, t->actor);
    edoi_store_rlx_u16(&seen[place][way].gates_n, t->gates_n);
}

/* Called with the lock held: a pair that is new. */
static void pair_add(uint32_t place, const order_taking *t) {
    const edoi_order_pair *p = &t->pair;
    uint32_t way = oldest[place]++ % WAYS;
    order_seen *s = &seen[place][way];
    edoi_store_rlx_u64(&s->first, 0); // free: readers skip the entry until it is written
    pair_write(place, way, t);
    edoi_store_rlx_u16(&s->modes, modes_of(&p->first, &p->second));
    edoi_store_rlx_u64(&s->second, p->second.key);
    edoi_store_rlx_u64(&s->first, p->first.key);
}

/* Called with the lock held: inv. 2. */
static void pair_keep(uint32_t place, const order_taking *t) {
    uint32_t way = way_of(seen[place], &t->pair.first, &t->pair.second);
    if (way == WAYS) {
        pair_add(place, t);
        return;
    }
    order_seen *s = &seen[place][way];
    uint16_t gates_n = edoi_load_rlx_u16(&s->gates_n);
    if (!gates_are_among(t->gates, t->gates_n, known[place][way].gates, gates_n)) return;
    if (t->gates_n < gates_n) {
        pair_write(place, way, t);
    } else if (edoi_load_rlx_u32(&s->actor) != t->actor) {
        edoi_store_rlx_u32(&s->actor, SEVERAL);
    }
}

/* ---- Both orders ----------------------------------------------------------------------------- */

/* Called with order_lock held. `other` is the same pair in the opposite order: can the caller and a
 * task that takes `other` deadlock? */
static bool may_meet(const order_taking *t, const order_seen *other, const order_known *k) {
    uint32_t by = edoi_load_rlx_u32(&other->actor);
    if (by == t->actor) return false; // one task, which cannot meet itself
    // two readers of a lock do not wait for each other
    if (t->pair.first.how & k->pair.second.how & EDOI_TAKEN_READ) return false;
    if (t->pair.second.how & k->pair.first.how & EDOI_TAKEN_READ) return false;
    uint16_t gates_n = edoi_load_rlx_u16(&other->gates_n);
    for (uint16_t i = 0; i < t->gates_n; i++)
        if (keeps_out(k->gates, gates_n, &t->gates[i])) return false;
    return true;
}

/* Called with order_lock held. True: this was not reported yet, and counts as reported from now on.
 */
static bool tell_once(const edoi_order_pair *p, const edoi_order_pair *q) {
    // the same for both orders of the two
    uint64_t one = edoi_spread((uintptr_t)p->first.site) + (uintptr_t)p->second.site;
    uint64_t other = edoi_spread((uintptr_t)q->first.site) + (uintptr_t)q->second.site;
    uint64_t hash = edoi_spread(one + other) | 1;
    for (uint32_t i = 0; i < TOLD; i++)
        if (told[i] == hash) return false;
    told[told_n++ % TOLD] = hash;
    return true;
}

/* Called with the lock held. */
static bool pair_turned(const order_taking *t, edoi_order_turned *out) {
    uint64_t first = t->pair.first.key, second = t->pair.second.key;
    uint32_t other = order_place_of(second, first);
    for (uint32_t i = 0; i < WAYS; i++) {
        const order_known *k = &known[other][i];
        if (!is_pair(&seen[other][i], second, first) || !may_meet(t, &seen[other][i], k)) continue;
        if (!tell_once(&t->pair, &k->pair)) continue;
        *out = (edoi_order_turned){ .now = t->pair, .before = k->pair };
        return true;
    }
    return false;
}

static bool order_take(const order_taking *t, edoi_order_turned *out) {
    edoi_lock_acquire(&order_lock);
    pair_keep(order_place_of(t->pair.first.key, t->pair.second.key), t);
    bool is_turned = pair_turned(t, out);
    edoi_lock_release(&order_lock);
    return is_turned;
}

static bool is_ordered(const edoi_order_lock *held, const edoi_order_lock *taken) {
    return edoi_order_has_number(held->key) && !held->is_apart && !is_same_lock(held, taken);
}

bool edoi_order_note(uint32_t actor, const char *name, const edoi_order_lock *held, size_t held_n,
                     const edoi_order_lock *taken, edoi_order_turned *found) {
    EDO_ASSERT(held_n <= EDOI_ORDER_HELD_MAX);
    for (size_t i = 0; i < held_n; i++) {
        if (!is_ordered(&held[i], taken) || is_known(actor, &held[i], taken)) continue;
        order_taking t = { .actor = actor, .pair = { name, held[i], *taken } };
        for (size_t k = 0; k < held_n; k++)
            if (k != i) t.gates[t.gates_n++] = held[k];
        if (order_take(&t, found)) return true;
    }
    return false;
}
