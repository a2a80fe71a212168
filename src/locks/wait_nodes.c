/* SPDX-License-Identifier: MIT */
/* locks/wait_nodes.c: see wait_nodes.h. */
#include "locks/wait_nodes.h"

#include "base/assert.h"
#include "base/fork.h"
#include "base/places.h"
#include "stacks/layout.h"

#define CHAINS 4096u

/* Most nodes of each kind of wait, so that one kind cannot fill the table. What these leave is for
 * waits for locks that nothing but the lock can end. */
#define OF_PEERS_MAX  (EDOI_WAIT_NODES / 2)
#define OF_TASKS_MAX  (EDOI_WAIT_NODES / 4)
#define OF_ENDING_MAX (EDOI_WAIT_NODES / 8)

edoi_lock edoi_waits_lock = EDOI_LOCK_INIT;
edoi_wait_node edoi_wait_nodes[EDOI_WAIT_NODES];
uint32_t edoi_wait_nodes_n = 1;
uint32_t edoi_wait_searches;
uint32_t edoi_waits_for_locks_n, edoi_waits_of_peers_n, edoi_waits_unsure_n;
uint64_t edoi_waits_begun_n;

/* lock: edoi_waits_lock, all of them */
static uint32_t free_first; /* by next_of_who */
static uint32_t by_who[CHAINS], by_scope[CHAINS], by_object[CHAINS], by_writers[CHAINS];
static uint32_t in_scope_chain[CHAINS]; /* nodes of each */
static uint32_t of_tasks_n, of_ending_n;

static edo_atomic_u64 unnoted_n; /* atomic, relaxed: a count */

extern const edoi_layout edoi_layout_waits; /* used by tools/edo-gdb.py alone */

EDOI_LAYOUT const edoi_layout edoi_layout_waits = {
    .magic = "edo-gdb  waits\n",
    .roots = { edoi_wait_nodes, &edoi_wait_nodes_n },
    .n = 16,
    .at = { sizeof(edoi_wait_node), EDOI_AT(edoi_wait_node, wait.who),
            EDOI_AT(edoi_wait_node, wait.name), EDOI_AT(edoi_wait_node, wait.what),
            EDOI_AT(edoi_wait_node, wait.kind), EDOI_AT(edoi_wait_node, wait.object),
            EDOI_AT(edoi_wait_node, wait.of_scope), EDOI_AT(edoi_wait_node, wait.since),
            EDOI_AT(edoi_wait_node, wait.children_n), EDOI_AT(edoi_wait_node, number),
            EDOI_WAITS_LOCK, EDOI_WAITS_BEHIND, EDOI_WAITS_TASK, EDOI_WAITS_SCOPE,
            EDOI_AT(edoi_wait_node, wait.may_end), EDOI_AT(edoi_wait_node, wait.is_shared) },
};

/* In the child no task of the parent waits. */
static void waits_begin_child(void) {
    for (uint32_t i = 0; i < CHAINS; i++) {
        by_who[i] = by_scope[i] = by_object[i] = by_writers[i] = EDOI_NO_WAIT;
        in_scope_chain[i] = 0;
    }
    edoi_wait_nodes_n = 1;
    free_first = EDOI_NO_WAIT;
    edoi_waits_for_locks_n = edoi_waits_unsure_n = edoi_waits_of_peers_n = 0;
    of_tasks_n = of_ending_n = 0;
}

EDOI_ON_FORK(.lock = &edoi_waits_lock, .child = waits_begin_child);

static uint32_t *wait_chain_of(uint32_t *chains, uint64_t key) {
    return &chains[edoi_place_of(key, CHAINS)];
}

uint32_t edoi_wait_node_of(uint64_t who) {
    uint32_t at = *wait_chain_of(by_who, who);
    while (at != EDOI_NO_WAIT && edoi_wait_nodes[at].wait.who != who)
        at = edoi_wait_nodes[at].next_of_who;
    return at;
}

/* ---- The chains ------------------------------------------------------------------------------ */

static uint32_t node_get(void) {
    uint32_t at = free_first;
    if (at != EDOI_NO_WAIT) {
        free_first = edoi_wait_nodes[at].next_of_who;
    } else if (edoi_wait_nodes_n < EDOI_WAIT_NODES) {
        at = edoi_wait_nodes_n++;
    }
    return at;
}

static void wait_chain_enter(uint32_t *first, uint32_t at, uint32_t which) {
    edoi_wait_nodes[at].links[which] = (edoi_wait_link){ .next = *first, .prev = EDOI_NO_WAIT };
    if (*first != EDOI_NO_WAIT) edoi_wait_nodes[*first].links[which].prev = at;
    *first = at;
}

/* O(1), by the double links: a scope may have thousands of children that wait. */
static void wait_chain_leave(uint32_t *first, uint32_t at, uint32_t which) {
    const edoi_wait_link *l = &edoi_wait_nodes[at].links[which];
    uint32_t *to = l->prev == EDOI_NO_WAIT ? first : &edoi_wait_nodes[l->prev].links[which].next;
    EDO_INV("wait_nodes inv. 1", *to == at);
    *to = l->next;
    if (l->next != EDOI_NO_WAIT) edoi_wait_nodes[l->next].links[which].prev = l->prev;
}

/* Do waits of this kind queue for their object, a lock or a semaphore? */
static bool is_in_line(const edoi_wait *w) {
    return edoi_wait_is_for_lock(w) || w->kind == EDOI_WAITS_PERMITS;
}

static bool is_writer(const edoi_wait *w) {
    return edoi_wait_is_for_lock(w) && !w->is_shared;
}

static void object_chains_enter(uint32_t at) {
    const edoi_wait *w = &edoi_wait_nodes[at].wait;
    if (is_in_line(w)) wait_chain_enter(wait_chain_of(by_object, w->object), at, EDOI_OF_OBJECT);
    if (is_writer(w)) wait_chain_enter(wait_chain_of(by_writers, w->object), at, EDOI_OF_WRITERS);
}

static void object_chains_leave(uint32_t at) {
    const edoi_wait *w = &edoi_wait_nodes[at].wait;
    if (is_in_line(w)) wait_chain_leave(wait_chain_of(by_object, w->object), at, EDOI_OF_OBJECT);
    if (is_writer(w)) wait_chain_leave(wait_chain_of(by_writers, w->object), at, EDOI_OF_WRITERS);
}

/* ---- Room ------------------------------------------------------------------------------------ */

/* The count of the waits of its kind, and its limit; NULL: they may fill the table. */
static uint32_t *wait_room_of(const edoi_wait *w, uint32_t *max) {
    if (w->kind >= EDOI_WAITS_PERMITS) {
        *max = OF_PEERS_MAX;
        return &edoi_waits_of_peers_n;
    }
    if (!edoi_wait_is_for_lock(w)) {
        *max = OF_TASKS_MAX;
        return &of_tasks_n;
    }
    *max = OF_ENDING_MAX;
    return w->may_end ? &of_ending_n : NULL;
}

uint64_t edoi_waits_unnoted_n(void) {
    return edoi_load_rlx_u64(&unnoted_n);
}

uint32_t edoi_wait_node_add(const edoi_wait *w) {
    uint32_t max, *of_kind = wait_room_of(w, &max);
    uint32_t at = of_kind && *of_kind >= max ? EDOI_NO_WAIT : node_get();
    if (at == EDOI_NO_WAIT) {
        if (!w->may_end) (void)edoi_add_rlx_u64(&unnoted_n, 1);
        return EDOI_NO_WAIT;
    }
    uint32_t *who = wait_chain_of(by_who, w->who);
    edoi_wait_nodes[at] =
        (edoi_wait_node){ .wait = *w, .next_of_who = *who, .looked = edoi_wait_searches };
    edoi_wait_nodes[at].number = ++edoi_waits_begun_n;
    *who = at;
    edoi_waits_for_locks_n += w->kind == EDOI_WAITS_LOCK;
    if (of_kind) ++*of_kind;
    object_chains_enter(at);
    if (!w->of_scope) return at;
    wait_chain_enter(wait_chain_of(by_scope, (uintptr_t)w->of_scope), at, EDOI_OF_SCOPE);
    ++*wait_chain_of(in_scope_chain, (uintptr_t)w->of_scope);
    return at;
}

static void node_remove(uint32_t at) {
    edoi_wait_node *n = &edoi_wait_nodes[at];
    uint32_t max, *of_kind = wait_room_of(&n->wait, &max);
    uint32_t *link = wait_chain_of(by_who, n->wait.who);
    while (*link != at) link = &edoi_wait_nodes[*link].next_of_who;
    *link = n->next_of_who;
    object_chains_leave(at);
    if (n->wait.of_scope) {
        const uint64_t scope = (uintptr_t)n->wait.of_scope;
        wait_chain_leave(wait_chain_of(by_scope, scope), at, EDOI_OF_SCOPE);
        --*wait_chain_of(in_scope_chain, scope);
    }
    edoi_waits_for_locks_n -= n->wait.kind == EDOI_WAITS_LOCK;
    if (of_kind) --*of_kind;
    edoi_waits_unsure_n -= n->is_unsure;
    n->is_unsure = n->is_in_cycle = n->stands = n->fails = false;
    n->wait = (edoi_wait){ .who = 0 };
    n->next_of_who = free_first;
    free_first = at;
}

/* ---- Walks ----------------------------------------------------------------------------------- */

uint32_t edoi_wait_of_scope(uint64_t scope, uint32_t at) {
    at = at == EDOI_NO_WAIT ? *wait_chain_of(by_scope, scope)
                            : edoi_wait_nodes[at].links[EDOI_OF_SCOPE].next;
    while (at != EDOI_NO_WAIT && (uintptr_t)edoi_wait_nodes[at].wait.of_scope != scope)
        at = edoi_wait_nodes[at].links[EDOI_OF_SCOPE].next;
    return at;
}

bool edoi_wait_scope_has(uint64_t scope, uint32_t n) {
    uint32_t has = 0;
    if (*wait_chain_of(in_scope_chain, scope) < n) return false; // without a walk
    for (uint32_t at = edoi_wait_of_scope(scope, EDOI_NO_WAIT); at != EDOI_NO_WAIT;
         at = edoi_wait_of_scope(scope, at))
        has += !edoi_wait_nodes[at].wait.may_end;
    return has >= n;
}

uint32_t edoi_wait_writer_before(const edoi_wait_node *n, uint32_t at) {
    const uint64_t lock = n->wait.object;
    at = at == EDOI_NO_WAIT ? *wait_chain_of(by_writers, lock)
                            : edoi_wait_nodes[at].links[EDOI_OF_WRITERS].next;
    while (at != EDOI_NO_WAIT &&
           (edoi_wait_nodes[at].wait.object != lock || edoi_wait_nodes[at].number > n->number))
        at = edoi_wait_nodes[at].links[EDOI_OF_WRITERS].next;
    return at;
}

uint32_t edoi_wait_in_line_before(uint32_t at) {
    const uint64_t object = edoi_wait_nodes[at].wait.object;
    do at = edoi_wait_nodes[at].links[EDOI_OF_OBJECT].next;
    while (at != EDOI_NO_WAIT && edoi_wait_nodes[at].wait.object != object);
    return at;
}

uint32_t edoi_wait_others_n(uint32_t at) {
    const uint64_t object = edoi_wait_nodes[at].wait.object;
    uint32_t n = 0;
    for (uint32_t i = *wait_chain_of(by_object, object); i != EDOI_NO_WAIT;
         i = edoi_wait_nodes[i].links[EDOI_OF_OBJECT].next)
        n += edoi_wait_nodes[i].wait.object == object && i != at;
    return n;
}

/* ---- Ends, and who waits --------------------------------------------------------------------- */

void edoi_wait_end(uint64_t who) {
    edoi_lock_acquire(&edoi_waits_lock);
    uint32_t at = edoi_wait_node_of(who);
    if (at != EDOI_NO_WAIT) node_remove(at);
    edoi_lock_release(&edoi_waits_lock);
}

void edoi_wait_has_ended(void) {
    edoi_locks_caller c;
    edoi_locks_caller_get(&c);
    edoi_wait_end(c.who);
}

const void *edoi_waits_next_unheld(uint32_t *from) {
    const void *lock = NULL;
    edoi_holder all[EDOI_HOLDERS_MAX];
    edoi_lock_acquire(&edoi_waits_lock);
    for (; *from + 1 < edoi_wait_nodes_n && !lock; ++*from) {
        const uint32_t at = *from + 1;
        const edoi_wait *w = &edoi_wait_nodes[at].wait;
        // each lock is visited once, at its oldest wait
        if (w->who == 0 || !edoi_wait_is_for_lock(w) ||
            edoi_wait_in_line_before(at) != EDOI_NO_WAIT)
            continue;
        lock = (const void *)(uintptr_t)w->object;
        if (edoi_holders_get(all, lock) > 0) lock = NULL;
    }
    edoi_lock_release(&edoi_waits_lock);
    return lock;
}

/* A chain has the newest wait first: to report the oldest ones first, it is walked to its end and
 * back. */
size_t edoi_waits_of(const void *lock, edoi_wait *out, size_t max) {
    size_t n = 0, told_n = 0;
    uint32_t oldest = EDOI_NO_WAIT;
    edoi_lock_acquire(&edoi_waits_lock);
    uint32_t at = *wait_chain_of(by_object, (uintptr_t)lock);
    for (; at != EDOI_NO_WAIT; at = edoi_wait_nodes[at].links[EDOI_OF_OBJECT].next) {
        if (edoi_wait_nodes[at].wait.object != (uintptr_t)lock) continue;
        oldest = at;
        n++;
    }
    for (at = oldest; at != EDOI_NO_WAIT && told_n < max;
         at = edoi_wait_nodes[at].links[EDOI_OF_OBJECT].prev)
        if (edoi_wait_nodes[at].wait.object == (uintptr_t)lock)
            out[told_n++] = edoi_wait_nodes[at].wait;
    edoi_lock_release(&edoi_waits_lock);
    return n;
}
