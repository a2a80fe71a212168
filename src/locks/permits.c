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

#include <string.h>

#define SEMS      256u
#define CHAINS    256u
#define SITES     16u
#define NONE      0u /* the first place is not used */
#define HASH_BITS UINT64_C(0x9e3779b97f4a7c15)

/* What is known of a semaphore. */
typedef struct permits_place {
    const void *sem; /* NULL: the place is free */
    uint16_t number; /* of the semaphore that was there when this was noted */
    uint16_t next;   /* in its chain */
    uint32_t holders_n;
    uint32_t sites_n;         /* seen; the latest of them are kept */
    uint32_t most_n;          /* takings of one task at once, which gave all of them back itself */
    const void *sites[SITES]; /* where tasks took permits that they have given back themselves */
    char pool[EDOI_PERMITS_NAME_BYTES];                  /* its name; "": a semaphore */
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

/* The takings of `by` in the place: how many, and in `*most_n` how many there have been since it
 * had none. */
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

/* What a pool has itself is one taking. */
static bool permits_place_add_to_own(permits_place *p, uint32_t n) {
    for (uint32_t i = 0; i < p->holders_n; i++) {
        if (p->holders[i].by.who != EDOI_PERMITS_OWN) continue;
        p->holders[i].n += n;
        return true;
    }
    return false;
}

/* In the table `most_n` is that of the holder, since it had none: in each of its takings but those
 * before the most were reached. False: there is no room. */
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
    edoi_lock_acquire(&permits_lock);
    // relaxed: it is written under the lock
    bool is_known = edoi_load_rlx_u16(number) != EDOI_PERMITS_UNKNOWN;
    permits_place *p = is_known ? permits_place_for(sem, number) : NULL;
    if (p && !p->pool[0]) memcpy(p->pool, name, strnlen(name, sizeof p->pool - 1));
    if (!p || !permits_place_take(p, h)) sem_is_unknown(p, number);
    edoi_lock_release(&permits_lock);
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

/* What is given back. */
typedef struct permits_back {
    edoi_permit_taker by; /* of what this one has taken, the last first */
    const void *site;     /* only what it has taken there; NULL: anywhere */
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

/* It has given a taking back itself; with its last one it has given all back. */
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

/* False: it had not taken as many. */
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

/* Called with the lock held: the place of `sem`, NULL if it has none. What was noted of an earlier
 * one at that address is forgotten. */
static permits_place *permits_place_now(const void *sem, const edo_atomic_u16 *number) {
    permits_place *p = permits_place_of(sem);
    if (!p || p->number == edoi_load_rlx_u16(number)) return p;
    permits_place_free(p);
    return NULL;
}

static void permits_sub(const void *sem, edo_atomic_u16 *number, const permits_back *back) {
    edoi_lock_acquire(&permits_lock);
    permits_place *p = permits_place_now(sem, number);
    if (!p || !permits_place_give_back(p, back)) sem_is_unknown(p, number);
    edoi_lock_release(&permits_lock);
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
    edoi_lock_acquire(&permits_lock);
    sem_is_unknown(permits_place_now(sem, number), number);
    edoi_lock_release(&permits_lock);
}

void edoi_permits_expect(const void *pool, edo_atomic_u16 *number, uint32_t n) {
    uint64_t noted_n = 0;
    if (edoi_load_rlx_u16(number) == EDOI_PERMITS_UNKNOWN) return;
    edoi_lock_acquire(&permits_lock);
    const permits_place *p = permits_place_now(pool, number);
    for (uint32_t i = 0; p && i < p->holders_n; i++) noted_n += p->holders[i].n;
    edoi_lock_release(&permits_lock);
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
    edoi_lock_acquire(&permits_lock);
    const permits_place *p = permits_place_of(sem);
    size_t n = p && p->number == number ? permits_place_read(p, out) : 0;
    edoi_lock_release(&permits_lock);
    return n;
}

bool edoi_permits_next(edoi_permit_holder *out, const void *sem, uint32_t *at) {
    edoi_lock_acquire(&permits_lock);
    const permits_place *p = permits_place_of(sem);
    const bool is_there = p && *at < p->holders_n;
    if (is_there) *out = p->holders[(*at)++];
    edoi_lock_release(&permits_lock);
    return is_there;
}

bool edoi_permits_pool_name(char out[EDOI_PERMITS_NAME_BYTES], const void *sem) {
    edoi_lock_acquire(&permits_lock);
    const permits_place *p = permits_place_of(sem);
    memcpy(out, p ? p->pool : "", p ? sizeof p->pool : 1);
    edoi_lock_release(&permits_lock);
    return *out != '\0';
}
