/* SPDX-License-Identifier: MIT */
/* locks/permits.c: see permits.h.
 *
 * A table of semaphores of which permits are taken, each with its holders, under one lock. One
 * whose permits have all been given back keeps its place until another one needs it: of that one
 * only the sites are lost. A task that ends with permits stays a holder, which never waits: its
 * number is no other task's, so nothing has to be done at its end.
 *
 * inv. 1: a place in use is in the chain of its semaphore's address, and has a number. */
#include "locks/permits.h"

#include "base/assert.h"
#include "base/fork.h"
#include "base/lock.h"
#include "locks/order.h"

#define SEMS      256u
#define CHAINS    256u
#define SITES     4u
#define NONE      0u /* the first place is not used */
#define HASH_BITS UINT64_C(0x9e3779b97f4a7c15)

/* What is known of a semaphore. */
typedef struct permits_place {
    const void *sem; /* NULL: the place is free */
    uint16_t number; /* of the semaphore that was there when this was noted */
    uint16_t next;   /* in its chain */
    uint32_t holders_n, sites_n;
    uint32_t most_n;          /* takings of one task at once, which gave all of them back itself */
    const void *sites[SITES]; /* where tasks took permits that they have given back themselves */
    edoi_permit_holder holders[EDOI_PERMIT_HOLDERS_MAX]; /* as they came */
} permits_place;

static edoi_lock permits_lock = EDOI_LOCK_INIT; /* last */

/* lock: permits_lock, all of them */
static permits_place places[SEMS + 1];
static uint16_t chains[CHAINS];
static uint32_t tried;     /* the place that was looked at last for one to use */
static uint16_t numbers_n; /* given to semaphores */

/* In the child no task of the parent has permits. */
static void permits_begin_child(void) {
    for (uint32_t i = 0; i < CHAINS; i++) chains[i] = NONE;
    for (uint32_t i = 0; i < EDO_COUNT(places); i++) places[i].sem = NULL;
}

EDOI_ON_FORK(.lock = &permits_lock, .child = permits_begin_child);

/* ---- Places ---------------------------------------------------------------------------------- */

static uint16_t *permits_chain_of(const void *sem) {
    return &chains[((uint64_t)(uintptr_t)sem * HASH_BITS >> 32) % CHAINS];
}

/* NULL: there is none. */
static permits_place *permits_place_of(const void *sem) {
    uint16_t at = *permits_chain_of(sem);
    while (at != NONE && places[at].sem != sem) at = places[at].next;
    return at != NONE ? &places[at] : NULL;
}

static void permits_place_free(permits_place *p) {
    uint16_t *link = permits_chain_of(p->sem);
    while (&places[*link] != p) link = &places[*link].next;
    *link = p->next;
    p->sem = NULL;
}

/* A place that is free, or whose semaphore has no holder; NULL: there is none. */
static permits_place *permits_place_get(void) {
    for (uint32_t i = 0; i < SEMS; i++) {
        tried = tried % SEMS + 1;
        permits_place *p = &places[tried];
        if (p->sem && p->holders_n > 0) continue;
        if (p->sem) permits_place_free(p);
        return p;
    }
    return NULL;
}

static uint16_t number_next(void) {
    do numbers_n++;
    while (numbers_n == 0 || numbers_n == EDOI_PERMITS_UNKNOWN);
    return numbers_n;
}

/* The place of `sem`, in which what was noted of an earlier one at that address is forgotten. NULL:
 * there is no room. */
static permits_place *permits_place_for(const void *sem, edo_atomic_u16 *number) {
    permits_place *p = permits_place_of(sem);
    uint16_t is = edoi_load_rlx_u16(number); // relaxed: written under the lock
    if (is == 0) edoi_store_rlx_u16(number, is = number_next());
    if (p && p->number == is) return p;
    if (p) permits_place_free(p);
    p = permits_place_get();
    if (!p) return NULL;
    uint16_t *chain = permits_chain_of(sem);
    *p = (permits_place){ .sem = sem, .number = is, .next = *chain };
    *chain = (uint16_t)(p - places);
    EDO_INV("permits inv. 1", permits_place_of(sem) == p && is != 0);
    return p;
}

/* It is not known any more who has permits of `sem`, and never will be. */
static void sem_is_unknown(permits_place *p, edo_atomic_u16 *number) {
    edoi_store_rlx_u16(number, EDOI_PERMITS_UNKNOWN);
    if (p) permits_place_free(p);
}

/* ---- Taking ---------------------------------------------------------------------------------- */

static edoi_permit_holder permits_caller(void) {
    edoi_locks_caller c;
    edoi_locks_caller_get(&c);
    return (edoi_permit_holder){ .who = c.who,
                                 .own = c.locks_own ? edoi_order_actor(c.locks_own) : 0 };
}

static bool is_same_holder(const edoi_permit_holder *a, const edoi_permit_holder *b) {
    return a->who == b->who && a->own == b->own;
}

/* The takings of `h` in the place: how many, and in `*most_n` how many there have been since it had
 * none. */
static uint32_t takings_of(const permits_place *p, const edoi_permit_holder *h, uint32_t *most_n) {
    uint32_t n = 0;
    *most_n = 0;
    for (uint32_t i = 0; i < p->holders_n; i++) {
        if (!is_same_holder(&p->holders[i], h)) continue;
        if (p->holders[i].most_n > *most_n) *most_n = p->holders[i].most_n;
        n++;
    }
    return n;
}

/* In the table `most_n` is that of the holder, since it had none: in each of its takings but those
 * before the most were reached. */
static void permits_place_take(permits_place *p, edoi_permit_holder *h) {
    uint32_t most_n, n = takings_of(p, h, &most_n) + 1;
    h->most_n = n > most_n ? n : most_n;
    p->holders[p->holders_n++] = *h;
}

void edoi_permits_note(const void *sem, edo_atomic_u16 *number, uint32_t n, const void *site) {
    // relaxed: a semaphore that is not known stays so
    if (n == 0 || edoi_load_rlx_u16(number) == EDOI_PERMITS_UNKNOWN) return;
    edoi_permit_holder h = permits_caller();
    h.n = n;
    h.site = site;
    edoi_lock_acquire(&permits_lock);
    bool is_known = edoi_load_rlx_u16(number) != EDOI_PERMITS_UNKNOWN;
    permits_place *p = is_known ? permits_place_for(sem, number) : NULL;
    if (p && p->holders_n < EDOI_PERMIT_HOLDERS_MAX) {
        permits_place_take(p, &h);
    } else {
        sem_is_unknown(p, number);
    }
    edoi_lock_release(&permits_lock);
}

/* ---- Giving back ----------------------------------------------------------------------------- */

static bool site_is_seen(const permits_place *p, const void *site) {
    for (uint32_t i = 0; i < p->sites_n; i++)
        if (p->sites[i] == site) return true;
    return false;
}

/* All that was taken there was given back by its taker. A future's place is not known. */
static void site_see(permits_place *p, const void *site) {
    if (site && p->sites_n < SITES && !site_is_seen(p, site)) p->sites[p->sites_n++] = site;
}

/* With its last taking it has given all back. */
static void holder_leaves(permits_place *p, uint32_t at) {
    const edoi_permit_holder h = p->holders[at];
    uint32_t most_n;
    p->holders_n--;
    for (uint32_t i = at; i < p->holders_n; i++) p->holders[i] = p->holders[i + 1];
    if (takings_of(p, &h, &most_n) > 0) {
        for (uint32_t i = 0; i < p->holders_n; i++)
            if (is_same_holder(&p->holders[i], &h) && p->holders[i].most_n < h.most_n)
                p->holders[i].most_n = h.most_n;
    } else if (h.most_n > p->most_n) {
        p->most_n = h.most_n;
    }
}

/* Of what the caller has taken, the last first. False: it had not taken as many. */
static bool permits_place_give_back(permits_place *p, const edoi_permit_holder *caller,
                                    uint64_t n) {
    for (uint32_t at = p->holders_n; at > 0 && n > 0; at--) {
        edoi_permit_holder *h = &p->holders[at - 1];
        if (!is_same_holder(h, caller)) continue;
        if (h->n > n) {
            h->n -= (uint32_t)n;
            return true;
        }
        n -= h->n;
        site_see(p, h->site);
        holder_leaves(p, at - 1);
    }
    return n == 0;
}

void edoi_permits_forget(const void *sem, edo_atomic_u16 *number, uint64_t n) {
    // relaxed: a semaphore that is not known stays so
    if (n == 0 || edoi_load_rlx_u16(number) == EDOI_PERMITS_UNKNOWN) return;
    const edoi_permit_holder caller = permits_caller();
    edoi_lock_acquire(&permits_lock);
    permits_place *p = permits_place_of(sem);
    if (p && p->number != edoi_load_rlx_u16(number)) { // of an earlier one
        permits_place_free(p);
        p = NULL;
    }
    if (!p || !permits_place_give_back(p, &caller, n)) sem_is_unknown(p, number);
    edoi_lock_release(&permits_lock);
}

/* ---- Looking --------------------------------------------------------------------------------- */

static size_t permits_place_read(const permits_place *p, edoi_permit_holder *out) {
    for (uint32_t i = 0; i < p->holders_n; i++) {
        if (!site_is_seen(p, p->holders[i].site)) return 0;
        out[i] = p->holders[i];
        out[i].takings_n = takings_of(p, &p->holders[i], &out[i].most_n);
        out[i].most_n = p->most_n;
    }
    return p->holders_n;
}

size_t edoi_permits_get(edoi_permit_holder out[EDOI_PERMIT_HOLDERS_MAX], const void *sem,
                        uint16_t number) {
    edoi_lock_acquire(&permits_lock);
    const permits_place *p = permits_place_of(sem);
    size_t n = p && p->number == number ? permits_place_read(p, out) : 0;
    edoi_lock_release(&permits_lock);
    return n;
}

const void *edoi_permits_site(const void *sem, uint64_t who, uint32_t own) {
    const void *site = NULL;
    edoi_lock_acquire(&permits_lock);
    const permits_place *p = permits_place_of(sem);
    for (uint32_t i = 0; p && i < p->holders_n && !site; i++)
        if (p->holders[i].who == who && p->holders[i].own == own) site = p->holders[i].site;
    edoi_lock_release(&permits_lock);
    return site;
}
