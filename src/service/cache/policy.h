/* SPDX-License-Identifier: MIT */
/* service/cache/policy.h: which entry of a full cache goes: W-TinyLFU (Einziger, Friedman, Manes,
 * "TinyLFU: A Highly Efficient Cache Admission Policy", 2017).
 *
 *     new -> | window |   -> candidate ->  | probation | <-> | protected |
 *            | 1 %    |    it stays if it was asked for more often than the last on probation
 *
 * Each list is in the order of use, the newest first. An entry that is asked for on probation is
 * protected, and the protected one that was used longest ago goes back on probation. How often a
 * key was asked for, also before it was in the cache, a sketch estimates: counters up to 15 that
 * are halved now and then, so that what was popular once does not stay for ever.
 *
 * inv. 1: `n` of a list counts its nodes; a node's `list` is the one in which it is.
 * inv. 2: `candidate` is NULL or on probation.
 *
 * It knows neither keys nor values, and allocates nothing but the sketch. Threads: as the user's
 * lock has it. */
#ifndef EDOI_SERVICE_CACHE_POLICY_H
#define EDOI_SERVICE_CACHE_POLICY_H

#include <edo/base.h>

typedef struct edoi_policy_node {
    struct edoi_policy_node *newer, *older; /* in its list */
    uint32_t list;                          /* EDOI_POLICY_… */
    uint32_t sketched;                      /* const: where the sketch counts its key */
} edoi_policy_node;

enum { EDOI_POLICY_WINDOW, EDOI_POLICY_PROBATION, EDOI_POLICY_PROTECTED, EDOI_POLICY_LISTS };

typedef struct edoi_policy_list {
    edoi_policy_node *newest, *oldest;
    size_t n;
} edoi_policy_list;

typedef struct edoi_policy {
    edoi_policy_list lists[EDOI_POLICY_LISTS];
    size_t n;                    /* in all lists */
    edoi_policy_node *candidate; /* left the window last */
    uint64_t *words;             /* of 16 counters each */
    uint32_t blocks_n;           /* a power of two; of 8 words each, one cache line */
    size_t counted_n;            /* since the counters were halved */
} edoi_policy;

/* Makes a policy for up to about `n` entries. Errors: -ENOMEM */
EDO_MUST_USE int edoi_policy_init(edoi_policy *p, size_t n);
void edoi_policy_deinit(edoi_policy *p);

/* A key of this hash was asked for and is not there. */
void edoi_policy_miss(edoi_policy *p, uint64_t hash);

/* An entry was asked for. */
void edoi_policy_hit(edoi_policy *p, edoi_policy_node *node);

/* Adds an entry. */
void edoi_policy_add(edoi_policy *p, edoi_policy_node *node, uint64_t hash);

/* An entry takes the place of another one of its key. */
void edoi_policy_replace(edoi_policy *p, const edoi_policy_node *former, edoi_policy_node *node);

void edoi_policy_remove(edoi_policy *p, edoi_policy_node *node);

/* The entry that goes if one has to; NULL: there is none. It is still in its list. */
EDO_MUST_USE edoi_policy_node *edoi_policy_victim(edoi_policy *p);

/* Walks the lists and asserts the invariants. */
void edoi_policy_check(const edoi_policy *p);

#endif
