/* SPDX-License-Identifier: MIT */
/* locks/permits.c: see permits.h.
 *
 * A set-associative table of semaphores with taken permits, each with its holders. The address of a
 * semaphore selects its set, and each set has a lock: so semaphores used on different cores seldom
 * share a lock. A semaphore without holders keeps its place until another one needs it; then only
 * its call sites are lost. A semaphore that finds no place in its set becomes unknown for ever. A
 * task that ends with permits stays a holder, which never waits: no later task gets its number, so
 * nothing has to be done at its end.
 *
 * inv. 1: a place in use is in the set of its semaphore's address, once, and has a number. */
#include "locks/permits.h"

#include "base/assert.h"
#include "base/fork.h"
#include "base/lock.h"
#include "base/places.h"
#include "locks/order.h"

#include <string.h>

#define SETS   32u
#define PLACES 8u
#define SITES  16u

/* What is known of a semaphore. */
typedef struct permits_place {
    uint16_t number; /* of the semaphore that was there when this was noted */
    uint32_t holders_n;
    uint32_t sites_n;         /* call sites seen; the latest SITES of them are kept */
    uint32_t most_n;          /* most takings at once of a task that returned all of them itself */
    const void *sites[SITES]; /* call sites that took permits which the taker returned itself */
    char pool[EDOI_PERMITS_NAME_BYTES];                  /* its name; "": a semaphore */
    edoi_permit_holder holders[EDOI_PERMIT_HOLDERS_MAX]; /* the oldest first */
} permits_place;

typedef struct EDOI_ALIGNED(64) permits_set {
    edoi_lock lock;               /* last */
    uint32_t tried;               /* where the last search for a free place ended; lock: lock */
    const void *sems[PLACES];     /* semaphore of each place; NULL: it is free; lock: lock */
    permits_place places[PLACES]; /* lock: lock */
} permits_set;

static permits_set sets[SETS];
static edo_atomic_u32 numbers_n; /* atomic, relaxed: given to semaphores */

/* In the child no task of the parent has permits. */
static void permits_begin_child(void) {
    for (uint32_t i = 0; i < SETS; i++) {
        sets[i].lock = (edoi_lock)EDOI_LOCK_INIT;
        for (uint32_t k = 0; k < PLACES; k++) sets[i].sems[k] = NULL;
    }
}

EDOI_ON_FORK(.child = permits_begin_child);

/* ---- Places ---------------------------------------------------------------------------------- */

static permits_set *permits_set_of(const void *sem) {
    return &sets[edoi_place_of((uintptr_t)sem, SETS)];
}

static permits_set *permits_set_acquire(const void *sem) {
    permits_set *set = permits_set_of(sem);
    edoi_lock_acquire(&set->lock);
    return set;
}

/* The place of `sem`. NULL: it has no place. */
static permits_place *permits_place_of(permits_set *set, const void *sem) {
    for (uint32_t i = 0; i < PLACES; i++)
        if (set->sems[i] == sem) return &set->places[i];
    return NULL;
}

static void permits_place_free(permits_set *set, const permits_place *p) {
    set->sems[p - set->places] = NULL;
}

/* A place that is free, or whose semaphore has no holder; NULL: there is none. */
static permits_place *permits_place_get(permits_set *set) {
    for (uint32_t i = 0; i < PLACES; i++) {
        set->tried = (set->tried + 1) % PLACES;
        if (set->sems[set->tried] && set->places[set->tried].holders_n > 0) continue;
        return &set->places[set->tried];
    }
    return NULL;
}

static uint16_t number_next(void) {
    uint16_t number;
    do number = (uint16_t)(edoi_add_rlx_u32(&numbers_n, 1) + 1);
    while (number == 0 || number == EDOI_PERMITS_UNKNOWN);
    return number;
}

/* The place of `sem`, or a new one. An earlier semaphore at that address is forgotten. NULL: there
 * is no room. */
static permits_place *permits_place_for(permits_set *set, const void *sem, edo_atomic_u16 *number) {
    permits_place *p = permits_place_of(set, sem);
    uint16_t is = edoi_load_rlx_u16(number); // relaxed: written under the lock
    if (is == 0) edoi_store_rlx_u16(number, is = number_next());
    if (p && p->number == is) return p;
    if (p) permits_place_free(set, p);
    p = permits_place_get(set);
    if (!p) return NULL;
    *p = (permits_place){ .number = is };
    set->sems[p - set->places] = sem;
    EDO_INV("permits inv. 1", permits_place_of(set, sem) == p && is != 0);
    return p;
}

/* From now on the holders of `sem` are unknown, for ever. */
static void sem_is_unknown(permits_set *set, const permits_place *p, edo_atomic_u16 *number) {
    edoi_store_rlx_u16(number, EDOI_PERMITS_UNKNOWN);
    if (p) permits_place_free(set, p);
}

/* ---- Taking ---------------------------------------------------------------------------------- */

static edoi_permit_taker permits_taker_of(const edoi_locks_caller *c) {
    return (edoi_permit_taker){ .who = c->who,
                                .own = c->locks_own ? edoi_order_actor(c->locks_own) : 0,
                                .name = c->name };
}

edoi_permit_taker edoi_permit_taker_here(void) {
    edoi_locks_caller c;
    edoi_locks_caller_get(&c);
    return permits_taker_of(&c);
}

/* The number of takings that `by` has in the place; `*most_n` is the most it had at once since it
 * last had none. */
static uint32_t takings_of(const permits_place *p, const edoi_permit_taker *by, uint32_t *most_n) {
    uint32_t n = 0;
    *most_n = 0;
    for (uint32_t i = 0; i < p->holders_n; i++) {
        if (!edoi_permit_takers_equal(&p->holders[i].by, by)) continue;
        if (p->holders[i].most_n > *most_n) *most_n = p->holders[i].most_n;
        n++;
    }
    return n;
}

/* All that a pool has taken itself counts as one taking. False: there is none to add to. */
static bool permits_place_add_to_own(permits_place *p, uint32_t n) {
    for (uint32_t i = 0; i < p->holders_n; i++) {
        if (p->holders[i].by.who != EDOI_PERMITS_OWN) continue;
        p->holders[i].n += n;
        return true;
    }
    return false;
}

/* In the table `most_n` is the most takings that the holder had at once since it last had none: its
 * newest takings have that number, older ones may have a smaller one. False: there is no room. */
static bool permits_place_take(permits_place *p, const edoi_permit_holder *h) {
    if (h->by.who == EDOI_PERMITS_OWN && permits_place_add_to_own(p, h->n)) return true;
    if (p->holders_n == EDOI_PERMIT_HOLDERS_MAX) return false;
    edoi_permit_holder *to = &p->holders[p->holders_n];
    uint32_t most_n, n = takings_of(p, &h->by, &most_n) + 1;
    *to = *h;
    to->most_n = n > most_n ? n : most_n;
    p->holders_n++;
    return true;
}

/* `name`: of the pool; "": it is a semaphore. */
static void permits_add(const void *sem, edo_atomic_u16 *number, const char *name,
                        const edoi_permit_holder *h) {
    permits_set *set = permits_set_acquire(sem);
    // relaxed: it is written under the lock
    bool is_known = edoi_load_rlx_u16(number) != EDOI_PERMITS_UNKNOWN;
    permits_place *p = is_known ? permits_place_for(set, sem, number) : NULL;
    if (p && !p->pool[0]) memcpy(p->pool, name, strnlen(name, sizeof p->pool - 1));
    if (!p || !permits_place_take(p, h)) sem_is_unknown(set, p, number);
    edoi_lock_release(&set->lock);
}

void edoi_permits_note(const void *sem, edo_atomic_u16 *number, uint32_t n, const void *site) {
    // relaxed: a semaphore that is not known stays so
    if (n == 0 || edoi_load_rlx_u16(number) == EDOI_PERMITS_UNKNOWN) return;
    edoi_locks_caller c;
    edoi_locks_caller_get(&c);
    const edoi_permit_holder h = {
        .by = permits_taker_of(&c), .n = n, .since = c.now, .site = site
    };
    permits_add(sem, number, "", &h);
}

void edoi_permits_lend(const void *pool, edo_atomic_u16 *number, const char *name,
                       const edoi_permit_holder *h) {
    if (edoi_load_rlx_u16(number) != EDOI_PERMITS_UNKNOWN) permits_add(pool, number, name, h);
}

/* ---- Giving back ----------------------------------------------------------------------------- */

/* Permits that are given back. */
typedef struct permits_back {
    edoi_permit_taker by; /* whose takings shrink, the newest first */
    const void *site;     /* only takings at this call site; NULL: at any */
    uint64_t n;
    bool is_proof; /* by the task itself */
} permits_back;

static bool site_is_seen(const permits_place *p, const void *site) {
    for (uint32_t i = 0; i < p->sites_n && i < SITES; i++)
        if (p->sites[i] == site) return true;
    return false;
}

/* All that was taken there was given back by its taker. A future's place is not known. */
static void site_see(permits_place *p, const void *site) {
    if (site && !site_is_seen(p, site)) p->sites[p->sites_n++ % SITES] = site;
}

static edoi_permit_holder holder_remove(permits_place *p, uint32_t at) {
    const edoi_permit_holder h = p->holders[at];
    p->holders_n--;
    for (uint32_t i = at; i < p->holders_n; i++) p->holders[i] = p->holders[i + 1];
    return h;
}

/* The holder has given back the taking `at` itself. If it was its last one, it has given all back,
 * and the most that it had at once counts for the semaphore. */
static void holder_gives_back(permits_place *p, uint32_t at) {
    const edoi_permit_holder h = holder_remove(p, at);
    uint32_t most_n;
    site_see(p, h.site);
    if (takings_of(p, &h.by, &most_n) > 0) {
        for (uint32_t i = 0; i < p->holders_n; i++)
            if (edoi_permit_takers_equal(&p->holders[i].by, &h.by) &&
                p->holders[i].most_n < h.most_n)
                p->holders[i].most_n = h.most_n;
    } else if (h.most_n > p->most_n) {
        p->most_n = h.most_n;
    }
}

/* False: the taker had fewer permits than are given back. */
static bool permits_place_give_back(permits_place *p, const permits_back *back) {
    uint64_t n = back->n;
    for (uint32_t at = p->holders_n; at > 0 && n > 0; at--) {
        edoi_permit_holder *h = &p->holders[at - 1];
        if (!edoi_permit_takers_equal(&h->by, &back->by)) continue;
        if (back->site && h->site != back->site) continue;
        if (h->n > n) {
            h->n -= (uint32_t)n;
            return true;
        }
        n -= h->n;
        if (back->is_proof) {
            holder_gives_back(p, at - 1);
        } else {
            (void)holder_remove(p, at - 1);
        }
    }
    return n == 0;
}

/* Called with the set's lock held. The place of `sem`, or NULL. An earlier semaphore at that
 * address is forgotten. */
static permits_place *permits_place_now(permits_set *set, const void *sem,
                                        const edo_atomic_u16 *number) {
    permits_place *p = permits_place_of(set, sem);
    if (!p || p->number == edoi_load_rlx_u16(number)) return p;
    permits_place_free(set, p);
    return NULL;
}

static void permits_sub(const void *sem, edo_atomic_u16 *number, const permits_back *back) {
    permits_set *set = permits_set_acquire(sem);
    permits_place *p = permits_place_now(set, sem, number);
    if (!p || !permits_place_give_back(p, back)) sem_is_unknown(set, p, number);
    edoi_lock_release(&set->lock);
}

void edoi_permits_forget(const void *sem, edo_atomic_u16 *number, uint64_t n) {
    // relaxed: a semaphore that is not known stays so
    if (n == 0 || edoi_load_rlx_u16(number) == EDOI_PERMITS_UNKNOWN) return;
    const permits_back back = { .by = edoi_permit_taker_here(), .n = n, .is_proof = true };
    permits_sub(sem, number, &back);
}

void edoi_permits_return(const void *pool, edo_atomic_u16 *number, const edoi_permit_taker *by,
                         const void *place, bool is_proof) {
    const permits_back back = { .by = *by, .site = place, .n = 1, .is_proof = is_proof };
    if (edoi_load_rlx_u16(number) != EDOI_PERMITS_UNKNOWN) permits_sub(pool, number, &back);
}

/* ---- What is not known any more -------------------------------------------------------------- */

void edoi_permits_lose(const void *sem, edo_atomic_u16 *number) {
    if (edoi_load_rlx_u16(number) == EDOI_PERMITS_UNKNOWN) return;
    permits_set *set = permits_set_acquire(sem);
    sem_is_unknown(set, permits_place_now(set, sem, number), number);
    edoi_lock_release(&set->lock);
}

void edoi_permits_expect(const void *pool, edo_atomic_u16 *number, uint32_t n) {
    uint64_t noted_n = 0;
    if (edoi_load_rlx_u16(number) == EDOI_PERMITS_UNKNOWN) return;
    permits_set *set = permits_set_acquire(pool);
    const permits_place *p = permits_place_now(set, pool, number);
    for (uint32_t i = 0; p && i < p->holders_n; i++) noted_n += p->holders[i].n;
    edoi_lock_release(&set->lock);
    if (noted_n != n) edoi_permits_lose(pool, number);
}

/* ---- Looking --------------------------------------------------------------------------------- */

static size_t permits_place_read(const permits_place *p, edoi_permit_holder *out) {
    for (uint32_t i = 0; i < p->holders_n; i++) {
        if (!site_is_seen(p, p->holders[i].site)) return 0;
        out[i] = p->holders[i];
        out[i].takings_n = takings_of(p, &p->holders[i].by, &out[i].most_n);
        out[i].most_n = p->most_n;
    }
    return p->holders_n;
}

size_t edoi_permits_get(edoi_permit_holder out[EDOI_PERMIT_HOLDERS_MAX], const void *sem,
                        uint16_t number) {
    permits_set *set = permits_set_acquire(sem);
    const permits_place *p = permits_place_of(set, sem);
    size_t n = p && p->number == number ? permits_place_read(p, out) : 0;
    edoi_lock_release(&set->lock);
    return n;
}

bool edoi_permits_next(edoi_permit_holder *out, const void *sem, uint32_t *at) {
    permits_set *set = permits_set_acquire(sem);
    const permits_place *p = permits_place_of(set, sem);
    const bool is_there = p && *at < p->holders_n;
    if (is_there) *out = p->holders[(*at)++];
    edoi_lock_release(&set->lock);
    return is_there;
}

bool edoi_permits_pool_name(char out[EDOI_PERMITS_NAME_BYTES], const void *sem) {
    permits_set *set = permits_set_acquire(sem);
    const permits_place *p = permits_place_of(set, sem);
    memcpy(out, p ? p->pool : "", p ? sizeof p->pool : 1);
    edoi_lock_release(&set->lock);
    return *out != '\0';
}
