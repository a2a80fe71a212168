/* SPDX-License-Identifier: MIT */
/* locks/wait_nodes.h: the table of the waits, for cycles.c, which searches it for cycles, and for
 * stands.c, which looks for tasks that stand. edoi_waits_lock protects all of it: the callers of
 * the functions here hold that lock.
 *
 * inv. 1: a node is free, or it is in the chain of its task; also in the chain of its scope, if the
 *         task is a child; in the chain of its object, if it waits for a lock or permits; and in
 *         the writers' chain, if it wants a lock for itself. A chain has the newest node first. */
#ifndef EDOI_LOCKS_WAIT_NODES_H
#define EDOI_LOCKS_WAIT_NODES_H

#include "base/lock.h"
#include "locks/tenths.h"
#include "locks/waits.h"

#define EDOI_WAIT_NODES 4096u
#define EDOI_NO_WAIT    0u /* the first node is not used */

/* In a chain. */
typedef struct edoi_wait_link {
    uint32_t next, prev; /* EDOI_NO_WAIT: there is none */
} edoi_wait_link;

#define EDOI_OF_SCOPE   0u
#define EDOI_OF_OBJECT  1u
#define EDOI_OF_WRITERS 2u
#define EDOI_WAIT_LINKS 3u

typedef struct edoi_wait_node {
    edoi_wait wait;                        /* `who` is 0: the node is free */
    uint32_t next_of_who;                  /* in the chain of its task; or in the free list */
    edoi_wait_link links[EDOI_WAIT_LINKS]; /* of its scope, of its object, of its lock's writers */
    uint32_t looked;                       /* the last search that has found it */
    uint32_t told;                         /* bits of edoi_lasting_why; EDOI_STANDS_TOLD */
    bool is_unsure;                        /* the search met tasks that were not parked */
    bool fails;                            /* edoi_wait_fail(): its task has been woken for that */
    bool is_in_cycle;                      /* in a cycle that edoi_waits_standing() has found */
    bool stands;                           /* in the current look of stands.c */
    uint64_t number;                       /* counts waits in the order in which they began */
    uint32_t found_by, next_found;         /* in the search `looked` */
    uint32_t behind;                       /* in the look: a node that stands; this waits for it */
    uint32_t first_behind;                 /* the nodes that stand behind this one */
    uint32_t next_behind;                  /* the next node of that list */
    uint32_t next_left;                    /* in the worklist of removed nodes */
} edoi_wait_node;

#define EDOI_STANDS_TOLD (1u << 31)

extern edoi_lock edoi_waits_lock; /* a leaf */

/* lock: edoi_waits_lock, all of them */
extern edoi_wait_node edoi_wait_nodes[EDOI_WAIT_NODES];
extern uint32_t edoi_wait_nodes_n;      /* nodes from here on were never used */
extern uint32_t edoi_wait_searches;     /* searches that have begun */
extern uint32_t edoi_waits_for_locks_n; /* waits of the kind EDOI_WAITS_LOCK */
extern uint32_t edoi_waits_of_peers_n;  /* waits for permits and channels */
extern uint32_t edoi_waits_unsure_n;    /* nodes with is_unsure */
extern uint64_t edoi_waits_begun_n;     /* waits that have begun */

/* Notes a wait. EDOI_NO_WAIT: there is no room, which is counted. */
uint32_t edoi_wait_node_add(const edoi_wait *w);

/* The wait of that task; EDOI_NO_WAIT: it does not wait. */
uint32_t edoi_wait_node_of(uint64_t who);

/* The next child of that scope that waits; `at`: the one before, EDOI_NO_WAIT at first.
 * EDOI_NO_WAIT: there is none. */
uint32_t edoi_wait_of_scope(uint64_t scope, uint32_t at);

/* Do `n` children of that scope wait, whose waits nothing else can end? */
bool edoi_wait_scope_has(uint64_t scope, uint32_t n);

/* The next older wait that wants the lock of `n` for itself; `at` and the end likewise. */
uint32_t edoi_wait_writer_before(const edoi_wait_node *n, uint32_t at);

/* The next older wait for the same object as `at`; EDOI_NO_WAIT: `at` is the oldest. */
uint32_t edoi_wait_in_line_before(uint32_t at);

/* How many other waits there are for the object of `at`. */
uint32_t edoi_wait_others_n(uint32_t at);

EDOI_INLINE bool edoi_wait_is_for_lock(const edoi_wait *w) {
    return w->kind == EDOI_WAITS_LOCK || w->kind == EDOI_WAITS_BEHIND;
}

/* Must `h` release the lock before `n` can get it? Not if both are readers. */
EDOI_INLINE bool edoi_wait_is_for_holder(const edoi_wait_node *n, const edoi_holder *h) {
    return !n->wait.is_shared || !h->reads;
}

/* Has what began at `since` lasted for `tenths`? Not if it began after `now`. */
EDOI_INLINE bool edoi_wait_lasts(uint32_t since, uint32_t now, uint32_t tenths) {
    const uint32_t age = now - since;
    return since != 0 && age != 0 && age <= INT32_MAX && age >= tenths;
}

/* In stands.c: could a look find more tasks that stand? */
bool edoi_waits_may_stand(void);

#endif
