/* SPDX-License-Identifier: MIT */
/* kept.c: see kept.h.
 *
 * inv. 1: a name is in both trees and in `all`, or in none; `n` of them are.
 * inv. 2: `all`, and the names of an address, are in the order of `until_ns`.
 * inv. 3: an address has a share while it has a name; a share with n names is in `of_size[n]`.
 * inv. 4: `most` is the largest n of which there is a share, or 0. */
#include "room/kept.h"

#include "clock.h"
#include "store/token.h"

#include <edo/time.h>

#include <search.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(PERSON_BYTES == STORE_PERSON_BYTES, "the store keeps a person as it is");

typedef struct kept_share {
    char address[EDO_ADDR_KEY_BYTES]; /* first */
    uint32_t n;
    TAILQ_HEAD(, kept_name) names;
    TAILQ_ENTRY(kept_share) next; /* of those with as many */
} kept_share;

typedef struct kept_name {
    name name; /* first */
    char person[PERSON_BYTES + 1];
    int64_t until_ns;
    kept_share *share;
    TAILQ_ENTRY(kept_name) next, of_share;
} kept_name;

static int kept_by_name(const void *a, const void *b) {
    return name_compare(a, b);
}

static int kept_by_address(const void *a, const void *b) {
    return memcmp(a, b, EDO_ADDR_KEY_BYTES);
}

static kept_name *kept_find(const kept_names *self, const name *n) {
    kept_name *const *node = tfind(n, &self->by_name, kept_by_name);
    return node ? *node : NULL;
}

static void kept_tell(const kept_names *self, const name *n, const char *person,
                      const char *address, int64_t until_ms) {
    store_name what = { .name = *n, .until_ms = until_ms };
    memcpy(what.person, person, strlen(person) + 1);
    memcpy(what.address, address, sizeof what.address);
    storage_keep_name(self->storage, &what);
}

/* ---- What is here ---------------------------------------------------------------------------- */

/* The share has `n` names from now on. It changes by one. */
static void share_resize(kept_names *self, kept_share *of, uint32_t n) {
    if (of->n > 0) TAILQ_REMOVE(&self->of_size[of->n], of, next);
    if (n > 0) TAILQ_INSERT_TAIL(&self->of_size[n], of, next);
    if (n > self->most || TAILQ_EMPTY(&self->of_size[self->most])) self->most = n;
    of->n = n;
}

static void share_link(kept_names *self, kept_name *one) {
    TAILQ_INSERT_TAIL(&one->share->names, one, of_share);
    share_resize(self, one->share, one->share->n + 1);
}

static void share_unlink(kept_names *self, kept_name *one) {
    kept_share *of = one->share;
    TAILQ_REMOVE(&of->names, one, of_share);
    share_resize(self, of, of->n - 1);
    if (of->n > 0) return;
    tdelete(of, &self->shares, kept_by_address);
    free(of);
}

/* The store is not told. */
static void kept_remove(kept_names *self, kept_name *one) {
    tdelete(one, &self->by_name, kept_by_name);
    TAILQ_REMOVE(&self->all, one, next);
    self->n--;
    share_unlink(self, one);
    free(one);
}

static void kept_free(kept_names *self, kept_name *one) {
    kept_give_up(self, &one->name);
    kept_remove(self, one);
}

/* NULL without memory. */
static kept_share *kept_share_of(kept_names *self, const char *address) {
    kept_share *const *node = tfind(address, &self->shares, kept_by_address);
    if (node) return *node;
    kept_share *share = calloc(1, sizeof *share);
    if (!share) return NULL;
    memcpy(share->address, address, sizeof share->address);
    TAILQ_INIT(&share->names);
    if (tsearch(share, &self->shares, kept_by_address)) return share;
    free(share);
    return NULL;
}

static bool is_old(const kept_name *one) {
    return one->until_ns <= edo_now().ns;
}

/* Those whose day is over; the next calls free what is left, as after a restart all may be over at
 * once. */
static void remove_old(kept_names *self) {
    kept_name *first;
    for (int n = 0; n < KEPT_OLD_AT_ONCE && (first = TAILQ_FIRST(&self->all)) && is_old(first); n++)
        kept_free(self, first);
}

/* The oldest one of the address that has had most for the longest time. */
static kept_name *kept_surplus(const kept_names *self) {
    return TAILQ_FIRST(&TAILQ_FIRST(&self->of_size[self->most])->names);
}

/* Of no other time is the end later. Without memory there is none of the name. */
static void kept_add(kept_names *self, const name *n, const char *person, const char *address,
                     int64_t until_ns) {
    kept_name *one = malloc(sizeof *one);
    if (!one) return;
    kept_share *share = kept_share_of(self, address);
    *one = (kept_name){ .name = *n, .until_ns = until_ns, .share = share };
    memcpy(one->person, person, strlen(person) + 1);
    bool is_in = share && tsearch(one, &self->by_name, kept_by_name);
    if (share) share_link(self, one);
    if (is_in) {
        TAILQ_INSERT_TAIL(&self->all, one, next);
        self->n++;
        return;
    }
    if (share) share_unlink(self, one);
    free(one);
}

/* There is room for one more, also of that address; and none of the name. */
static void kept_make_room(kept_names *self, const name *n, const char *address) {
    remove_old(self);
    kept_name *old = kept_find(self, n);
    if (old) kept_remove(self, old);
    kept_share *const *node = tfind(address, &self->shares, kept_by_address);
    if (node && (*node)->n == KEPT_OF_ADDRESS) kept_free(self, TAILQ_FIRST(&(*node)->names));
    if (self->n == KEPT_MAX) kept_free(self, kept_surplus(self));
}

/* ---- What befalls a name --------------------------------------------------------------------- */

void kept_use(kept_names *self, const name *n, const char *person, const char *address) {
    kept_tell(self, n, person, address, STORE_NAME_IS_USED);
}

void kept_give_up(kept_names *self, const name *n) {
    static const char nowhere[EDO_ADDR_KEY_BYTES] = { 0 };
    kept_tell(self, n, "", nowhere, STORE_NAME_IS_FREE);
}

void kept_put(kept_names *self, const name *n, const char *person,
              const char address[EDO_ADDR_KEY_BYTES]) {
    kept_make_room(self, n, address);
    kept_add(self, n, person, address, edo_instant_add(edo_now(), KEPT_FOR).ns);
    kept_tell(self, n, person, address, clock_now_ms() + KEPT_FOR.ns / edo_ms(1).ns);
}

bool kept_take(kept_names *self, const name *n) {
    remove_old(self);
    kept_name *one = kept_find(self, n);
    bool is_kept = one && !is_old(one);
    if (is_kept) {
        kept_remove(self, one);
    } else if (one) {
        kept_free(self, one); // the store forgets it, too
    }
    return is_kept;
}

bool kept_is_anothers(const kept_names *self, const name *n, const char *person) {
    const kept_name *one = kept_find(self, n);
    return one && strcmp(one->person, person) != 0 && !is_old(one);
}

/* ---- Its life -------------------------------------------------------------------------------- */

/* For so long a name of the store is kept: for a day at most, though the clock went back. */
static edo_duration kept_time_left(const store_name *of, int64_t now_ms) {
    int64_t day_ms = KEPT_FOR.ns / edo_ms(1).ns;
    bool is_day = of->until_ms == STORE_NAME_IS_USED || of->until_ms > now_ms + day_ms;
    return is_day ? KEPT_FOR : edo_ms(of->until_ms > now_ms ? of->until_ms - now_ms : 0);
}

void kept_init(kept_names *self, struct storage *in) {
    *self = (kept_names){ .storage = in };
    TAILQ_INIT(&self->all);
    for (size_t i = 0; i < EDO_COUNT(self->of_size); i++) TAILQ_INIT(&self->of_size[i]);
    size_t n;
    store_name *found = storage_take_names(in, &n);
    int64_t now_ms = clock_now_ms();
    for (size_t i = 0; i < n; i++) { // in the order of their ends
        const store_name *is = &found[i];
        edo_duration left = kept_time_left(is, now_ms);
        if (left.ns <= 0) {
            kept_give_up(self, &is->name);
        } else if (is->until_ms == STORE_NAME_IS_USED) {
            kept_put(self, &is->name, is->person, is->address);
        } else {
            kept_make_room(self, &is->name, is->address);
            kept_add(self, &is->name, is->person, is->address, edo_instant_add(edo_now(), left).ns);
        }
    }
    free(found);
}

void kept_deinit(kept_names *self) {
    while (!TAILQ_EMPTY(&self->all)) kept_remove(self, TAILQ_FIRST(&self->all));
}
