/* SPDX-License-Identifier: MIT */
/* locks/waits.c: see waits.h.
 *
 * A task notes its wait after it has noted the locks that it holds, under one lock for all. So the
 * last one of a cycle finds all others, and a cycle that is found is one: all of its tasks wait,
 * and a lock that one of them holds stays held. Only somebody outside could give it back, or
 * cancel.
 *
 * inv. 1: a node is free, or it is in the chain of its task; if that is a child, in that of its
 *         scope; if it waits for a lock or permits, in that of these; and, if it wants a lock for
 *         itself, in that of those that do. A chain has the newest one first. */
#include "locks/waits.h"

#include "base/assert.h"
#include "base/fork.h"
#include "base/lock.h"
#include "locks/holders.h"
#include "locks/peers.h"
#include "locks/permits.h"
#include "stacks/layout.h"

#define NODES        4096u
#define CHAINS       4096u
#define NONE         0u          /* the first node is not used */
#define OF_PEERS_MAX (NODES / 2) /* the others are for waits that make deadlocks */
#define HASH_BITS    UINT64_C(0x9e3779b97f4a7c15)

/* In a chain. */
typedef struct wait_link {
    uint32_t next, prev; /* NONE: there is none */
} wait_link;

#define OF_SCOPE   0u
#define OF_OBJECT  1u
#define OF_WRITERS 2u
#define LINKS      3u

typedef struct wait_node {
    edoi_wait wait;
    uint32_t next_of_who;          /* in its chain */
    wait_link links[LINKS];        /* in those of its scope, of its object, of its lock's writers */
    uint32_t looked;               /* the last search that has found it */
    uint32_t told;                 /* bits of edoi_lasting_why; of STANDS_TOLD */
    bool is_unsure;                /* the search met tasks that were not parked */
    bool is_in_cycle;              /* one that edoi_waits_standing() has found */
    bool stands;                   /* of the look that goes on */
    uint64_t number;               /* of the waits, as they have begun */
    uint32_t found_by, next_found; /* of that search */
    uint32_t behind;               /* of the look: the one that stands, and for which this waits */
    uint32_t first_behind;         /* those that stand behind this */
    uint32_t next_behind;          /* the next one of these */
    uint32_t next_left;            /* in the line of those that were left out */
} wait_node;

static edoi_lock waits_lock = EDOI_LOCK_INIT; /* a leaf */

/* lock: waits_lock, all of them */
static wait_node nodes[NODES];
static uint32_t used_n = 1; /* those from here on were never used */
static uint32_t free_first; /* by next_of_who */
static uint32_t by_who[CHAINS], by_scope[CHAINS], by_object[CHAINS], by_writers[CHAINS];
static uint32_t in_scope_chain[CHAINS]; /* nodes of each */
static uint32_t searches;
static uint32_t for_locks_n;    /* waits for locks */
static uint32_t of_peers_n;     /* waits for permits and channels */
static uint32_t unsure_n;       /* nodes that are unsure */
static uint64_t begun_n;        /* waits that have begun */
static uint64_t looked_begun_n; /* of these, when those that stand were looked for last */
static uint32_t looked_since;   /* when that changed; tenths of a second */
static bool looked_enough;      /* it has not changed for long enough */

extern const edoi_layout edoi_layout_waits; /* used by tools/edo-gdb.py alone */

EDOI_LAYOUT const edoi_layout edoi_layout_waits = {
    .magic = "edo-gdb  waits\n",
    .roots = { nodes, &used_n },
    .n = 16,
    .at = { sizeof(wait_node), EDOI_AT(wait_node, wait.who), EDOI_AT(wait_node, wait.name),
            EDOI_AT(wait_node, wait.what), EDOI_AT(wait_node, wait.kind),
            EDOI_AT(wait_node, wait.object), EDOI_AT(wait_node, wait.of_scope),
            EDOI_AT(wait_node, wait.since), EDOI_AT(wait_node, wait.children_n),
            EDOI_AT(wait_node, number), EDOI_WAITS_LOCK, EDOI_WAITS_BEHIND, EDOI_WAITS_TASK,
            EDOI_WAITS_SCOPE, EDOI_AT(wait_node, wait.may_end),
            EDOI_AT(wait_node, wait.is_shared) },
};

/* In the child no task of the parent waits. */
static void waits_begin_child(void) {
    for (uint32_t i = 0; i < CHAINS; i++) {
        by_who[i] = by_scope[i] = by_object[i] = by_writers[i] = NONE;
        in_scope_chain[i] = 0;
    }
    used_n = 1;
    free_first = NONE;
    for_locks_n = unsure_n = of_peers_n = 0;
}

EDOI_ON_FORK(.lock = &waits_lock, .child = waits_begin_child);

static uint32_t *wait_chain_of(uint32_t *chains, uint64_t key) {
    return &chains[(key * HASH_BITS >> 32) % CHAINS];
}

static uint32_t wait_of(uint64_t who) {
    uint32_t at = *wait_chain_of(by_who, who);
    while (at != NONE && nodes[at].wait.who != who) at = nodes[at].next_of_who;
    return at;
}

/* ---- The chains ------------------------------------------------------------------------------ */

static uint32_t node_get(void) {
    uint32_t at = free_first;
    if (at != NONE) {
        free_first = nodes[at].next_of_who;
    } else if (used_n < NODES) {
        at = used_n++;
    }
    return at;
}

static void chain_enter(uint32_t *first, uint32_t at, uint32_t which) {
    nodes[at].links[which] = (wait_link){ .next = *first, .prev = NONE };
    if (*first != NONE) nodes[*first].links[which].prev = at;
    *first = at;
}

/* In one step: a scope may have thousands of children that wait. */
static void chain_leave(uint32_t *first, uint32_t at, uint32_t which) {
    const wait_link *l = &nodes[at].links[which];
    *(l->prev == NONE ? first : &nodes[l->prev].links[which].next) = l->next;
    if (l->next != NONE) nodes[l->next].links[which].prev = l->prev;
}

static bool is_for_lock(const edoi_wait *w) {
    return w->kind == EDOI_WAITS_LOCK || w->kind == EDOI_WAITS_BEHIND;
}

/* Does it stand in a line of those that wait for the same? */
static bool is_in_line(const edoi_wait *w) {
    return is_for_lock(w) || w->kind == EDOI_WAITS_PERMITS;
}

static bool is_writer(const edoi_wait *w) {
    return is_for_lock(w) && !w->is_shared;
}

static void object_chains_enter(uint32_t at) {
    const edoi_wait *w = &nodes[at].wait;
    if (is_in_line(w)) chain_enter(wait_chain_of(by_object, w->object), at, OF_OBJECT);
    if (is_writer(w)) chain_enter(wait_chain_of(by_writers, w->object), at, OF_WRITERS);
}

static void object_chains_leave(uint32_t at) {
    const edoi_wait *w = &nodes[at].wait;
    if (is_in_line(w)) chain_leave(wait_chain_of(by_object, w->object), at, OF_OBJECT);
    if (is_writer(w)) chain_leave(wait_chain_of(by_writers, w->object), at, OF_WRITERS);
}

static uint32_t node_add(const edoi_wait *w) {
    const bool is_of_peers = w->kind >= EDOI_WAITS_PERMITS;
    if (is_of_peers && of_peers_n >= OF_PEERS_MAX) return NONE;
    uint32_t at = node_get();
    if (at == NONE) return NONE;
    uint32_t *who = wait_chain_of(by_who, w->who);
    nodes[at] = (wait_node){ .wait = *w, .next_of_who = *who, .looked = searches };
    nodes[at].number = ++begun_n;
    *who = at;
    for_locks_n += w->kind == EDOI_WAITS_LOCK;
    of_peers_n += is_of_peers;
    object_chains_enter(at);
    if (!w->of_scope) return at;
    chain_enter(wait_chain_of(by_scope, (uintptr_t)w->of_scope), at, OF_SCOPE);
    ++*wait_chain_of(in_scope_chain, (uintptr_t)w->of_scope);
    return at;
}

static void node_remove(uint32_t at) {
    wait_node *n = &nodes[at];
    uint32_t *link = wait_chain_of(by_who, n->wait.who);
    while (*link != at) link = &nodes[*link].next_of_who;
    *link = n->next_of_who;
    object_chains_leave(at);
    if (n->wait.of_scope) {
        const uint64_t scope = (uintptr_t)n->wait.of_scope;
        chain_leave(wait_chain_of(by_scope, scope), at, OF_SCOPE);
        --*wait_chain_of(in_scope_chain, scope);
    }
    for_locks_n -= n->wait.kind == EDOI_WAITS_LOCK;
    of_peers_n -= n->wait.kind >= EDOI_WAITS_PERMITS;
    unsure_n -= n->is_unsure;
    n->is_unsure = n->is_in_cycle = n->stands = false;
    n->wait = (edoi_wait){ .who = 0 };
    n->next_of_who = free_first;
    free_first = at;
}

/* ---- The search ------------------------------------------------------------------------------ */

/* Breadth first, from `start`: the cycle that is found is a shortest one. */
typedef struct wait_search {
    uint32_t start, last; /* of those found; the last one in the line */
    uint32_t closes;      /* the node that waits for `start`; NONE: not found */
    edoi_parked_fn *parked;
    bool is_unsure; /* there was one that is not parked */
} wait_search;

/* `from` waits for the task of node `to`. */
static void search_meet(wait_search *s, uint32_t from, uint32_t to) {
    if (to == s->start) {
        s->closes = from;
        return;
    }
    if (nodes[to].looked == searches || nodes[to].wait.may_end) return;
    nodes[to].looked = searches;
    if (!s->parked(nodes[to].wait.who)) { // its wait may be over
        s->is_unsure = true;
        return;
    }
    nodes[to].found_by = from;
    nodes[to].next_found = NONE;
    nodes[s->last].next_found = to;
    s->last = to;
}

static void search_meet_task(wait_search *s, uint32_t from, uint64_t who) {
    uint32_t to = wait_of(who);
    if (to != NONE) search_meet(s, from, to);
}

/* Children of that scope that wait. */
static uint32_t scope_waits_n(uint64_t scope) {
    uint32_t n = 0;
    for (uint32_t at = *wait_chain_of(by_scope, scope); at != NONE;
         at = nodes[at].links[OF_SCOPE].next)
        n += (uintptr_t)nodes[at].wait.of_scope == scope && !nodes[at].wait.may_end;
    return n;
}

/* Does `n` wait for one that holds its lock in that way? */
static bool waits_for_holder(const wait_node *n, const edoi_holder *h) {
    return !n->wait.is_shared || !h->reads;
}

/* The next older one that wants the lock of `n` for itself; `at`: the one before, NONE at first.
 * NONE: there is none. */
static uint32_t writer_before(const wait_node *n, uint32_t at) {
    const uint64_t lock = n->wait.object;
    at = at == NONE ? *wait_chain_of(by_writers, lock) : nodes[at].links[OF_WRITERS].next;
    while (at != NONE && (nodes[at].wait.object != lock || nodes[at].number > n->number))
        at = nodes[at].links[OF_WRITERS].next;
    return at;
}

/* One that waits for reading stands behind those that want the lock for themselves since before.
 * They wait for the same holders, so the first one of them that stays in the line says it all. */
static void search_behind(wait_search *s, uint32_t from) {
    uint32_t first = NONE;
    for (uint32_t at = writer_before(&nodes[from], NONE); at != NONE;
         at = writer_before(&nodes[from], at))
        if (!nodes[at].wait.may_end) first = at;
    if (first != NONE) search_meet(s, from, first);
}

static void search_lock(wait_search *s, uint32_t from) {
    edoi_holder holders[EDOI_HOLDERS_MAX];
    const wait_node *n = &nodes[from];
    size_t holders_n = edoi_holders_get(holders, (const void *)(uintptr_t)n->wait.object);
    for (size_t i = 0; i < holders_n; i++)
        if (waits_for_holder(n, &holders[i])) search_meet_task(s, from, holders[i].who);
    if (n->wait.is_shared) search_behind(s, from);
}

static void search_from(wait_search *s, uint32_t from) {
    const edoi_wait *w = &nodes[from].wait;
    switch (w->kind) {
    case EDOI_WAITS_LOCK:
    case EDOI_WAITS_BEHIND: search_lock(s, from); break;
    case EDOI_WAITS_PERMITS:
    case EDOI_WAITS_PEER: break; // perhaps others can end it, too
    case EDOI_WAITS_TASK: search_meet_task(s, from, w->object); break;
    case EDOI_WAITS_SCOPE: { // one that goes on may end the others
        if (*wait_chain_of(in_scope_chain, w->object) < w->children_n) break; // at a glance
        if (scope_waits_n(w->object) < w->children_n) break;
        uint32_t to = *wait_chain_of(by_scope, w->object);
        for (; to != NONE; to = nodes[to].links[OF_SCOPE].next)
            if ((uintptr_t)nodes[to].wait.of_scope == w->object) search_meet(s, from, to);
        break;
    }
    }
}

static void cycle_get(edoi_cycle *out, const wait_search *s) {
    *out = (edoi_cycle){ .n = 1, .least = nodes[s->start].wait.who, .closes = s->closes };
    for (uint32_t at = s->closes; at != s->start; at = nodes[at].found_by) {
        if (nodes[at].wait.who < out->least) out->least = nodes[at].wait.who;
        out->n++;
    }
    out->has = out->n < EDOI_CYCLE_MAX ? out->n : EDOI_CYCLE_MAX;
    uint32_t place = out->n; // the path is known from its end
    for (uint32_t at = s->closes;; at = nodes[at].found_by) {
        if (--place < EDO_COUNT(out->at)) out->at[place] = nodes[at].wait;
        if (at == s->start) break;
    }
    EDO_INV("waits inv. 1", place == 0);
}

static bool search(uint32_t start, edoi_cycle *out, edoi_parked_fn *parked) {
    wait_search s = { .start = start, .last = start, .closes = NONE, .parked = parked };
    searches++;
    nodes[start].looked = searches;
    nodes[start].next_found = NONE;
    for (uint32_t at = start; at != NONE && s.closes == NONE; at = nodes[at].next_found)
        search_from(&s, at);
    nodes[start].is_unsure = s.closes == NONE && s.is_unsure;
    unsure_n += nodes[start].is_unsure;
    if (s.closes == NONE) return false;
    cycle_get(out, &s);
    return true;
}

bool edoi_wait_begin(const edoi_wait *w, edoi_cycle *found, edoi_parked_fn *parked) {
    edoi_lock_acquire(&waits_lock);
    uint32_t at = node_add(w);
    bool closes = at != NONE && !w->may_end && search(at, found, parked);
    edoi_lock_release(&waits_lock);
    return closes;
}

bool edoi_waits_confirm(edoi_cycle *found, edoi_parked_fn *parked) {
    bool closes = false;
    edoi_lock_acquire(&waits_lock);
    for (uint32_t at = 1; at < used_n && unsure_n > 0 && !closes; at++) {
        if (!nodes[at].is_unsure || !parked(nodes[at].wait.who)) continue;
        unsure_n--;
        closes = search(at, found, parked);
    }
    edoi_lock_release(&waits_lock);
    return closes;
}

/* The cycle that was found last, from `start`. */
static void cycle_mark(uint32_t start, uint32_t closes) {
    nodes[start].is_in_cycle = true;
    for (uint32_t at = closes; at != start; at = nodes[at].found_by) nodes[at].is_in_cycle = true;
}

bool edoi_waits_standing(uint32_t *from, edoi_cycle *found, edoi_parked_fn *parked) {
    bool closes = false;
    edoi_lock_acquire(&waits_lock);
    for (uint32_t at = 1; at < used_n && *from == 0; at++) nodes[at].is_in_cycle = false;
    for (; *from + 1 < used_n && !closes; ++*from) {
        wait_node *n = &nodes[*from + 1];
        const bool is_unsure = n->is_unsure;
        const uint32_t unsure_before = unsure_n;
        if (n->wait.who == 0 || n->wait.may_end || !parked(n->wait.who)) continue;
        // each is found from all of its waits: it is that of the one with the least number
        closes = search(*from + 1, found, parked) && found->least == n->wait.who;
        if (closes) cycle_mark(*from + 1, found->closes);
        n->is_unsure = is_unsure; // what is still to be reported is that of others
        unsure_n = unsure_before;
    }
    edoi_lock_release(&waits_lock);
    return closes;
}

size_t edoi_waits_in_cycles(uint64_t *out, size_t max) {
    size_t n = 0;
    edoi_lock_acquire(&waits_lock);
    for (uint32_t at = 1; at < used_n && n < max; at++)
        if (nodes[at].is_in_cycle) out[n++] = nodes[at].wait.who;
    edoi_lock_release(&waits_lock);
    return n;
}

void edoi_wait_end(uint64_t who) {
    edoi_lock_acquire(&waits_lock);
    uint32_t at = wait_of(who);
    if (at != NONE) node_remove(at);
    edoi_lock_release(&waits_lock);
}

void edoi_wait_has_ended(void) {
    edoi_locks_caller c;
    edoi_locks_caller_get(&c);
    edoi_wait_end(c.who);
}

size_t edoi_waits_of(const void *lock, edoi_wait *out, size_t max) {
    size_t n = 0;
    edoi_lock_acquire(&waits_lock);
    uint32_t at = *wait_chain_of(by_object, (uintptr_t)lock);
    for (; at != NONE; at = nodes[at].links[OF_OBJECT].next) {
        if (nodes[at].wait.object != (uintptr_t)lock) continue;
        if (n < max) out[n] = nodes[at].wait;
        n++;
    }
    edoi_lock_release(&waits_lock);
    return n;
}

/* ---- Waits that last ------------------------------------------------------------------------- */

#define SECOND       10u
#define STANDS_AFTER (10 * SECOND)

static bool lasts(uint32_t since, uint32_t now, uint32_t tenths) {
    return since != 0 && now - since >= tenths && now > since;
}

/* False: it may well end soon. */
static bool node_lasts(const wait_node *n, uint32_t now, uint32_t held_tenths, edoi_lasting *out) {
    edoi_holder all[EDOI_HOLDERS_MAX];
    if (n->wait.who == 0 || n->wait.kind != EDOI_WAITS_LOCK) return false;
    if (!lasts(n->wait.since, now, SECOND)) return false;
    size_t holders_n = edoi_holders_get(all, (const void *)(uintptr_t)n->wait.object);
    for (size_t i = 0; i < holders_n; i++) {
        bool is_ended = all[i].who == EDOI_NO_HOLDER, is_given = all[i].who == EDOI_GIVEN;
        if (is_given && !lasts(all[i].since, now, SECOND)) continue;
        if (!is_ended && !is_given && !lasts(all[i].since, now, held_tenths)) continue;
        out->why = is_ended ? EDOI_LASTS_ENDED : is_given ? EDOI_LASTS_GIVEN : EDOI_LASTS_HELD;
        if (out->why == EDOI_LASTS_HELD && !lasts(n->wait.since, now, held_tenths)) continue;
        out->wait = n->wait;
        out->holder = all[i];
        if (!(n->told & 1u << out->why)) return true;
    }
    return false;
}

/* May those that wait for permits or channels stand at a later look? Not if nothing has begun to
 * wait since all were looked at that wait now, after the time for which they have to. */
static bool peers_may_stand(void) {
    return of_peers_n > 0 && (begun_n != looked_begun_n || !looked_enough);
}

/* Notes that those that wait now were looked at. */
static void peers_looked(uint32_t now) {
    if (begun_n != looked_begun_n) looked_since = now;
    looked_begun_n = begun_n;
    looked_enough = now - looked_since > STANDS_AFTER;
}

bool edoi_waits_any(void) {
    edoi_lock_acquire(&waits_lock);
    bool any = for_locks_n > 0 || unsure_n > 0 || peers_may_stand();
    edoi_lock_release(&waits_lock);
    return any;
}

size_t edoi_waits_look(uint32_t now, uint32_t held_tenths, edoi_lasting *out, size_t max) {
    size_t n = 0;
    edoi_lock_acquire(&waits_lock);
    for (uint32_t at = 1; at < used_n && n < max && for_locks_n > 0; at++) {
        if (!node_lasts(&nodes[at], now, held_tenths, &out[n])) continue;
        nodes[at].told |= 1u << out[n].why;
        n++;
    }
    edoi_lock_release(&waits_lock);
    return n;
}

/* ---- Waits that stand ------------------------------------------------------------------------ */

#define STANDS_TOLD (1u << 31)
#define ROUNDS_MAX  64u /* looks at those that wait for several; after these nobody stands */

static uint32_t standing_of(uint64_t who) {
    uint32_t at = wait_of(who);
    return at != NONE && nodes[at].stands ? at : NONE;
}

/* That of the task which has that number, and not of a later one at its address. */
static uint32_t standing_task(uint64_t who, uint32_t own) {
    uint32_t at = standing_of(who);
    return at != NONE && own != 0 && nodes[at].wait.own == own ? at : NONE;
}

/* A holder that stands, if there is one other than the waiter; NONE: none. */
static EDOI_NOINLINE uint32_t standing_holder(const wait_node *n) {
    edoi_holder holders[EDOI_HOLDERS_MAX];
    uint32_t found = NONE;
    size_t holders_n = edoi_holders_get(holders, (const void *)(uintptr_t)n->wait.object);
    for (size_t i = 0; i < holders_n; i++) {
        if (!waits_for_holder(n, &holders[i])) continue;
        uint32_t at = standing_of(holders[i].who);
        if (found == NONE || &nodes[found] == n) found = at;
    }
    return found;
}

/* Has a task been seen to give back as much as `h` has, with what it waits for at node `at`? */
static bool gives_back_itself(const edoi_permit_holder *h, uint32_t at, uint64_t sem) {
    const edoi_wait *w = &nodes[at].wait;
    const bool wants_more = w->kind == EDOI_WAITS_PERMITS && w->object == sem;
    return h->takings_n + wants_more <= h->most_n;
}

/* Do all stand that have waited for the same permits since before? One that does not may have been
 * given some, which it has not noted yet, or leave the line to those behind it. */
static bool line_before_stands(const wait_node *n) {
    uint32_t at = n->links[OF_OBJECT].next;
    while (at != NONE && (nodes[at].wait.object != n->wait.object || nodes[at].stands))
        at = nodes[at].links[OF_OBJECT].next;
    return at == NONE;
}

/* A task that has permits, if all of these stand, other than the waiter if there is one. */
static EDOI_NOINLINE uint32_t standing_with_permits(const wait_node *n) {
    edoi_permit_holder holders[EDOI_PERMIT_HOLDERS_MAX];
    uint32_t found = NONE;
    const uint16_t number = edoi_load_rlx_u16(n->wait.number);
    size_t holders_n = edoi_permits_get(holders, (const void *)(uintptr_t)n->wait.object, number);
    for (size_t i = 0; i < holders_n; i++) {
        uint32_t at = standing_task(holders[i].who, holders[i].own);
        if (at == NONE || !gives_back_itself(&holders[i], at, n->wait.object)) return NONE;
        if (found == NONE || &nodes[found] == n) found = at;
    }
    return line_before_stands(n) ? found : NONE;
}

/* The task at the other end of a channel. One that waits for the end of tasks has perhaps passed
 * its handle on to one of them, or to others, which have not used it yet; so has one that waits for
 * itself: it has used both ends, and needs one. */
static uint32_t standing_peer(const wait_node *n) {
    const edoi_peer *peer = n->wait.peer;
    if (!edoi_peer_is_known(peer)) return NONE;
    uint32_t at = standing_task(edoi_load_rlx_u64(&peer->who), edoi_load_rlx_u32(&peer->own));
    if (at == NONE || &nodes[at] == n) return NONE;
    const edoi_wait_kind kind = nodes[at].wait.kind;
    return kind == EDOI_WAITS_TASK || kind == EDOI_WAITS_SCOPE ? NONE : at;
}

static uint32_t standing_child(const edoi_wait *w) {
    uint32_t found = NONE;
    if (scope_waits_n(w->object) < w->children_n) return NONE;
    for (uint32_t at = *wait_chain_of(by_scope, w->object); at != NONE;
         at = nodes[at].links[OF_SCOPE].next) {
        if ((uintptr_t)nodes[at].wait.of_scope != w->object) continue;
        if (!nodes[at].stands) return NONE;
        found = at;
    }
    return found;
}

static uint32_t standing_before(const wait_node *n) {
    if (!n->wait.is_shared) return NONE;
    uint32_t at = writer_before(n, NONE);
    while (at != NONE && !nodes[at].stands) at = writer_before(n, at);
    return at;
}

static uint32_t standing_in_lock(const wait_node *n) {
    uint32_t holder = standing_holder(n);
    return holder != NONE ? holder : standing_before(n);
}

/* One that stands and for which `n` waits, so that `n` stands too; NONE: it may go on. */
static uint32_t stands_behind(const wait_node *n) {
    const edoi_wait *w = &n->wait;
    switch (w->kind) {
    case EDOI_WAITS_LOCK:
    case EDOI_WAITS_BEHIND: return standing_in_lock(n);
    case EDOI_WAITS_TASK: return standing_of(w->object);
    case EDOI_WAITS_SCOPE: return standing_child(w);
    case EDOI_WAITS_PERMITS: return standing_with_permits(n);
    case EDOI_WAITS_PEER: return standing_peer(n);
    }
    return NONE;
}

/* Those that were left out, while others are looked at. */
typedef struct stands_line {
    uint32_t first; /* by next_left */
    uint32_t n;     /* that stand */
} stands_line;

/* Leaves the node out if there is nobody behind whom it stands. */
static void stands_look(stands_line *line, uint32_t at) {
    wait_node *n = &nodes[at];
    n->behind = stands_behind(n);
    if (n->behind != NONE) {
        n->next_behind = nodes[n->behind].first_behind;
        nodes[n->behind].first_behind = at;
        return;
    }
    n->stands = false;
    n->next_left = line->first;
    line->first = at;
    line->n--;
}

/* Looks again at those that stood behind one that was left out. */
static void stands_look_behind(stands_line *line) {
    while (line->first != NONE) {
        wait_node *left = &nodes[line->first];
        line->first = left->next_left;
        uint32_t at = left->first_behind;
        left->first_behind = NONE;
        while (at != NONE) {
            uint32_t next = nodes[at].next_behind;
            if (nodes[at].stands) stands_look(line, at);
            at = next;
        }
    }
}

/* Each of those for which it waits has to stand, and not only the one behind which it does. */
static bool stands_with_all(const wait_node *n) {
    return n->wait.kind == EDOI_WAITS_PERMITS || n->wait.kind == EDOI_WAITS_SCOPE;
}

/* Looks again at those that wait for several to stand. Returns whether one was left out. */
static bool stands_look_at_groups(stands_line *line) {
    const uint32_t before = line->n;
    for (uint32_t at = 1; at < used_n; at++) {
        wait_node *n = &nodes[at];
        if (!n->stands || !stands_with_all(n) || stands_behind(n) != NONE) continue;
        n->stands = false;
        n->next_left = line->first;
        line->first = at;
        line->n--;
    }
    stands_look_behind(line);
    return line->n < before;
}

/* Begins with all that have waited for long, and leaves out whom somebody outside can wake, until
 * that changes nothing. Returns how many are left. */
static uint32_t stands_find(uint32_t now, edoi_parked_fn *parked) {
    stands_line line = { .first = NONE };
    for (uint32_t at = 1; at < used_n; at++) {
        wait_node *w = &nodes[at];
        const bool is_long =
            w->wait.who != 0 && !w->wait.may_end && lasts(w->wait.since, now, STANDS_AFTER);
        w->stands = is_long && parked(w->wait.who);
        if (is_long && !w->stands) looked_enough = false; // it may be parked at the next look
        w->first_behind = NONE;
        line.n += w->stands;
    }
    for (uint32_t at = 1; at < used_n; at++)
        if (nodes[at].stands) stands_look(&line, at);
    stands_look_behind(&line);
    for (uint32_t rounds = 0; line.n > 0 && stands_look_at_groups(&line); rounds++)
        if (rounds == ROUNDS_MAX) return 0;
    return line.n;
}

/* From one that stands to the one behind which it does, until one comes again. What the look has
 * found is followed: who holds what may change at any time, and then there might be no cycle. */
static uint32_t stands_cycle(uint32_t at) {
    searches++;
    while (nodes[at].looked != searches) {
        nodes[at].looked = searches;
        at = nodes[at].behind;
    }
    return at;
}

static bool cycle_is_parked(uint32_t first, edoi_parked_fn *parked) {
    uint32_t at = first;
    do {
        if (!parked(nodes[at].wait.who)) return false;
        at = nodes[at].behind;
    } while (at != first);
    return true;
}

/* False: it has been told, or is a deadlock, which others tell; or one was woken during the look. */
static bool stands_get(uint32_t start, edoi_standing *out, edoi_parked_fn *parked) {
    edoi_cycle *c = &out->cycle;
    bool is_new = false, is_of_peers = false;
    uint32_t at = stands_cycle(start), first = at;
    *c = (edoi_cycle){ .n = 0 };
    if (!cycle_is_parked(first, parked)) {
        looked_enough = false;
        return false;
    }
    do {
        wait_node *n = &nodes[at];
        if (c->n < EDO_COUNT(c->at)) c->at[c->n] = n->wait;
        c->n++;
        is_new = is_new || !(n->told & STANDS_TOLD);
        is_of_peers = is_of_peers || n->wait.kind >= EDOI_WAITS_PERMITS;
        n->told |= STANDS_TOLD;
        at = n->behind;
    } while (at != first);
    nodes[start].told |= STANDS_TOLD;
    c->has = c->n < EDOI_CYCLE_MAX ? c->n : EDOI_CYCLE_MAX;
    return is_new && is_of_peers;
}

bool edoi_waits_stand(uint32_t now, edoi_parked_fn *parked, edoi_standing *out) {
    bool is_found = false;
    edoi_lock_acquire(&waits_lock);
    peers_looked(now);
    if (of_peers_n > 0 && (out->all_n = stands_find(now, parked)) > 0)
        for (uint32_t at = 1; at < used_n && !is_found; at++)
            if (nodes[at].stands && !(nodes[at].told & STANDS_TOLD))
                is_found = stands_get(at, out, parked);
    if (is_found) looked_enough = false; // there may be others
    edoi_lock_release(&waits_lock);
    return is_found;
}
