/* SPDX-License-Identifier: MIT */
/* locks/stands.c: see waits.h. Finds tasks that "stand": they probably wait for each other for
 * ever.
 *
 * A look assumes that all tasks stand which have waited for long. Then it removes each task that
 * waits for one which does not stand, until a pass removes none: the tasks left wait for each
 * other. The tables of holders are read without their writers' locks, and may change during the
 * look. */
#include "base/assert.h"
#include "locks/peers.h"
#include "locks/permits.h"
#include "locks/tenths.h"
#include "locks/wait_nodes.h"

#define STANDS_AFTER 100u /* tenths of a second */
#define ROUNDS_MAX   64u  /* passes of stands_look_at_groups(); after these the look gives up */

/* lock: edoi_waits_lock, all of them */
static uint64_t looked_begun_n; /* edoi_waits_begun_n at the last look */
static uint32_t looked_since;   /* when a look last found it changed; tenths of a second */
static bool looked_enough;      /* unchanged for STANDS_AFTER: another look would find nothing */

/* ---- What a task waits for ------------------------------------------------------------------- */

static uint32_t standing_of(uint64_t who) {
    uint32_t at = edoi_wait_node_of(who);
    return at != EDOI_NO_WAIT && edoi_wait_nodes[at].stands ? at : EDOI_NO_WAIT;
}

/* The same, for the task whose number is `own`: a later task at its address has another one. */
static uint32_t standing_task(uint64_t who, uint32_t own) {
    uint32_t at = standing_of(who);
    return at != EDOI_NO_WAIT && own != 0 && edoi_wait_nodes[at].wait.own == own ? at
                                                                                 : EDOI_NO_WAIT;
}

/* A holder that stands, the waiter itself only if there is no other; EDOI_NO_WAIT: none. */
static EDOI_NOINLINE uint32_t standing_holder(const edoi_wait_node *n) {
    edoi_holder holders[EDOI_HOLDERS_MAX];
    uint32_t found = EDOI_NO_WAIT;
    size_t holders_n = edoi_holders_get(holders, (const void *)(uintptr_t)n->wait.object);
    for (size_t i = 0; i < holders_n; i++) {
        if (!edoi_wait_is_for_holder(n, &holders[i])) continue;
        uint32_t at = standing_of(holders[i].who);
        if (found == EDOI_NO_WAIT || &edoi_wait_nodes[found] == n) found = at;
    }
    return found;
}

/* Was a task seen to give back itself as many takings as the holder `h` has, plus one if its wait,
 * node `at`, is for more permits of the same semaphore? */
static bool gives_back_itself(const edoi_permit_holder *h, uint32_t at, uint64_t sem) {
    const edoi_wait *w = &edoi_wait_nodes[at].wait;
    const bool wants_more = w->kind == EDOI_WAITS_PERMITS && w->object == sem;
    return h->takings_n + wants_more <= h->most_n;
}

/* Do all older waiters for the same permits stand? One that does not may have been given some and
 * not noted them yet, or it may leave the queue to the waiters behind it. Since no wait begins when
 * it leaves, another look is asked for here. */
static bool line_before_stands(const edoi_wait_node *n) {
    uint32_t at = edoi_wait_in_line_before((uint32_t)(n - edoi_wait_nodes));
    while (at != EDOI_NO_WAIT && edoi_wait_nodes[at].stands) at = edoi_wait_in_line_before(at);
    if (at != EDOI_NO_WAIT && edoi_wait_nodes[at].wait.may_end) looked_enough = false;
    return at == EDOI_NO_WAIT;
}

/* A holder of permits, if all holders stand; the waiter itself only if there is no other. */
static EDOI_NOINLINE uint32_t standing_with_permits(const edoi_wait_node *n) {
    edoi_permit_holder holders[EDOI_PERMIT_HOLDERS_MAX];
    uint32_t found = EDOI_NO_WAIT;
    const uint16_t number = edoi_load_rlx_u16(n->wait.number);
    size_t holders_n = edoi_permits_get(holders, (const void *)(uintptr_t)n->wait.object, number);
    for (size_t i = 0; i < holders_n; i++) {
        uint32_t at = standing_task(holders[i].by.who, holders[i].by.own);
        if (at == EDOI_NO_WAIT || !gives_back_itself(&holders[i], at, n->wait.object))
            return EDOI_NO_WAIT;
        if (found == EDOI_NO_WAIT || &edoi_wait_nodes[found] == n) found = at;
    }
    return line_before_stands(n) ? found : EDOI_NO_WAIT;
}

/* The task at the other end of a channel, if it stands. It does not count while it waits for tasks
 * to end: it may have passed its handle on to one that has not used it yet. So may a task that has
 * used both ends and would wait for itself. */
static uint32_t standing_peer(const edoi_wait_node *n) {
    const edoi_peer *peer = n->wait.peer;
    if (!edoi_peer_is_known(peer)) return EDOI_NO_WAIT;
    uint32_t at = standing_task(edoi_load_rlx_u64(&peer->who), edoi_load_rlx_u32(&peer->own));
    if (at == EDOI_NO_WAIT || &edoi_wait_nodes[at] == n) return EDOI_NO_WAIT;
    const edoi_wait_kind kind = edoi_wait_nodes[at].wait.kind;
    return kind == EDOI_WAITS_TASK || kind == EDOI_WAITS_SCOPE ? EDOI_NO_WAIT : at;
}

static uint32_t standing_child(const edoi_wait *w) {
    uint32_t found = EDOI_NO_WAIT;
    if (!edoi_wait_scope_has(w->object, w->children_n)) return EDOI_NO_WAIT;
    for (uint32_t at = edoi_wait_of_scope(w->object, EDOI_NO_WAIT); at != EDOI_NO_WAIT;
         at = edoi_wait_of_scope(w->object, at)) {
        if (!edoi_wait_nodes[at].stands) return EDOI_NO_WAIT;
        found = at;
    }
    return found;
}

static uint32_t standing_before(const edoi_wait_node *n) {
    if (!n->wait.is_shared) return EDOI_NO_WAIT;
    uint32_t at = edoi_wait_writer_before(n, EDOI_NO_WAIT);
    while (at != EDOI_NO_WAIT && !edoi_wait_nodes[at].stands) at = edoi_wait_writer_before(n, at);
    return at;
}

static uint32_t standing_in_lock(const edoi_wait_node *n) {
    uint32_t holder = standing_holder(n);
    return holder != EDOI_NO_WAIT ? holder : standing_before(n);
}

/* A task that stands and that `n` waits for, so that `n` stands, too; EDOI_NO_WAIT: `n` may go on.
 */
static uint32_t stands_behind(const edoi_wait_node *n) {
    const edoi_wait *w = &n->wait;
    switch (w->kind) {
    case EDOI_WAITS_LOCK:
    case EDOI_WAITS_BEHIND: return standing_in_lock(n);
    case EDOI_WAITS_TASK: return standing_of(w->object);
    case EDOI_WAITS_SCOPE: return standing_child(w);
    case EDOI_WAITS_PERMITS: return standing_with_permits(n);
    case EDOI_WAITS_PEER: return standing_peer(n);
    }
    return EDOI_NO_WAIT;
}

/* ---- A look ---------------------------------------------------------------------------------- */

/* The worklist of removed nodes, whose waiters are to be looked at again. */
typedef struct stands_line {
    uint32_t first; /* by next_left */
    uint32_t n;     /* nodes that still stand */
} stands_line;

/* Links the node to a task that it stands behind; removes it if there is none. */
static void stands_look(stands_line *line, uint32_t at) {
    edoi_wait_node *n = &edoi_wait_nodes[at];
    n->behind = stands_behind(n);
    if (n->behind != EDOI_NO_WAIT) {
        n->next_behind = edoi_wait_nodes[n->behind].first_behind;
        edoi_wait_nodes[n->behind].first_behind = at;
        return;
    }
    n->stands = false;
    n->next_left = line->first;
    line->first = at;
    line->n--;
}

/* Empties the worklist: looks again at the nodes that stood behind a removed one. */
static void stands_look_behind(stands_line *line) {
    while (line->first != EDOI_NO_WAIT) {
        edoi_wait_node *left = &edoi_wait_nodes[line->first];
        line->first = left->next_left;
        uint32_t at = left->first_behind;
        left->first_behind = EDOI_NO_WAIT;
        while (at != EDOI_NO_WAIT) {
            uint32_t next = edoi_wait_nodes[at].next_behind;
            if (edoi_wait_nodes[at].stands) stands_look(line, at);
            at = next;
        }
    }
}

/* Must all tasks that `n` waits for stand, and not only `behind`? */
static bool stands_with_all(const edoi_wait_node *n) {
    return n->wait.kind == EDOI_WAITS_PERMITS || n->wait.kind == EDOI_WAITS_SCOPE;
}

/* One pass over the nodes with stands_with_all(). Returns whether a node was removed. */
static bool stands_look_at_groups(stands_line *line) {
    const uint32_t before = line->n;
    for (uint32_t at = 1; at < edoi_wait_nodes_n; at++) {
        edoi_wait_node *n = &edoi_wait_nodes[at];
        if (!n->stands || !stands_with_all(n) || stands_behind(n) != EDOI_NO_WAIT) continue;
        n->stands = false;
        n->next_left = line->first;
        line->first = at;
        line->n--;
    }
    stands_look_behind(line);
    return line->n < before;
}

/* One look, as the file comment describes it. Returns how many tasks stand. */
static uint32_t stands_find(uint32_t now, edoi_parked_fn *parked) {
    stands_line line = { .first = EDOI_NO_WAIT };
    for (uint32_t at = 1; at < edoi_wait_nodes_n; at++) {
        edoi_wait_node *w = &edoi_wait_nodes[at];
        const bool is_long = w->wait.who != 0 && !w->wait.may_end &&
                             edoi_wait_lasts(w->wait.since, now, STANDS_AFTER);
        w->stands = is_long && parked(w->wait.who);
        if (is_long && !w->stands) looked_enough = false; // it may be parked at the next look
        w->first_behind = EDOI_NO_WAIT;
        line.n += w->stands;
    }
    for (uint32_t at = 1; at < edoi_wait_nodes_n; at++)
        if (edoi_wait_nodes[at].stands) stands_look(&line, at);
    stands_look_behind(&line);
    for (uint32_t rounds = 0; line.n > 0 && stands_look_at_groups(&line); rounds++)
        if (rounds == ROUNDS_MAX) return 0;
    return line.n;
}

/* Follows `behind` from a node that stands, until a node comes again: that one is in a cycle. The
 * links of the look are followed, since the holders may have changed since: asked again, they might
 * form no cycle. */
static uint32_t stands_cycle(uint32_t at) {
    edoi_wait_searches++;
    while (edoi_wait_nodes[at].looked != edoi_wait_searches) {
        edoi_wait_nodes[at].looked = edoi_wait_searches;
        at = edoi_wait_nodes[at].behind;
    }
    return at;
}

static bool cycle_is_parked(uint32_t first, edoi_parked_fn *parked) {
    uint32_t at = first;
    do {
        if (!parked(edoi_wait_nodes[at].wait.who)) return false;
        at = edoi_wait_nodes[at].behind;
    } while (at != first);
    return true;
}

/* Fills in the cycle that `start` leads to. False: it was reported already; or it is a deadlock of
 * locks alone, which cycles.c finds; or a task of it was woken. */
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
        edoi_wait_node *n = &edoi_wait_nodes[at];
        if (c->n < EDO_COUNT(c->at)) c->at[c->n] = n->wait;
        c->n++;
        is_new = is_new || !(n->told & EDOI_STANDS_TOLD);
        is_of_peers = is_of_peers || n->wait.kind >= EDOI_WAITS_PERMITS;
        n->told |= EDOI_STANDS_TOLD;
        at = n->behind;
    } while (at != first);
    edoi_wait_nodes[start].told |= EDOI_STANDS_TOLD;
    c->has = c->n < EDOI_CYCLE_MAX ? c->n : EDOI_CYCLE_MAX;
    return is_new && is_of_peers;
}

bool edoi_waits_may_stand(void) {
    // No wait has begun since a look at which all waits were old enough: nothing new would be found
    bool is_known = edoi_waits_begun_n == looked_begun_n && looked_enough;
    return edoi_waits_of_peers_n > 0 && !is_known;
}

/* Notes that a look is made at the waits of now. */
static void peers_looked(uint32_t now) {
    if (edoi_waits_begun_n != looked_begun_n) looked_since = now;
    looked_begun_n = edoi_waits_begun_n;
    looked_enough = edoi_tenths_since(now, looked_since) > STANDS_AFTER;
}

bool edoi_waits_stand(uint32_t now, edoi_parked_fn *parked, edoi_standing *out) {
    bool is_found = false;
    edoi_lock_acquire(&edoi_waits_lock);
    peers_looked(now);
    if (edoi_waits_of_peers_n > 0 && (out->all_n = stands_find(now, parked)) > 0)
        for (uint32_t at = 1; at < edoi_wait_nodes_n && !is_found; at++)
            if (edoi_wait_nodes[at].stands && !(edoi_wait_nodes[at].told & EDOI_STANDS_TOLD))
                is_found = stands_get(at, out, parked);
    if (is_found) looked_enough = false; // there may be others
    edoi_lock_release(&edoi_waits_lock);
    return is_found;
}
