/* SPDX-License-Identifier: MIT */
/* locks/cycles.c: see waits.h. Finds cycles of waiting tasks (deadlocks), and waits that last.
 *
 * A task first notes the locks that it holds and then its wait, the wait under edoi_waits_lock. So
 * the task that closes a cycle finds all others in the table, and no cycle is found by mistake: all
 * of its tasks wait, and a lock that one of them holds stays held. Only a task outside the cycle
 * could release that lock, or cancel a wait. */
#include "locks/waits.h"

#include "base/assert.h"
#include "locks/wait_nodes.h"

/* ---- The search ------------------------------------------------------------------------------ */

/* A breadth-first search from `start`, so it finds a shortest cycle. */
typedef struct wait_search {
    uint32_t start, last; /* the first and the last node of the queue, which next_found links */
    uint32_t closes;      /* the node that waits for `start`; EDOI_NO_WAIT: no cycle found */
    edoi_parked_fn *parked;
    bool is_unsure; /* the search met a task that is not parked */
} wait_search;

/* Queues the node `to`, whose task `from` waits for, or notes that the cycle is closed. */
static void search_meet(wait_search *s, uint32_t from, uint32_t to) {
    if (to == s->start) {
        s->closes = from;
        return;
    }
    if (edoi_wait_nodes[to].looked == edoi_wait_searches || edoi_wait_nodes[to].wait.may_end)
        return;
    edoi_wait_nodes[to].looked = edoi_wait_searches;
    if (!s->parked(edoi_wait_nodes[to].wait.who)) { // its wait may be over
        s->is_unsure = true;
        return;
    }
    edoi_wait_nodes[to].found_by = from;
    edoi_wait_nodes[to].next_found = EDOI_NO_WAIT;
    edoi_wait_nodes[s->last].next_found = to;
    s->last = to;
}

static void search_meet_task(wait_search *s, uint32_t from, uint64_t who) {
    uint32_t to = edoi_wait_node_of(who);
    if (to != EDOI_NO_WAIT) search_meet(s, from, to);
}

/* A reader also waits for each writer that queued before it. These writers all wait for the same
 * holders, so it is enough to follow the oldest writer whose wait nothing else can end. */
static void search_behind(wait_search *s, uint32_t from) {
    uint32_t first = EDOI_NO_WAIT;
    for (uint32_t at = edoi_wait_writer_before(&edoi_wait_nodes[from], EDOI_NO_WAIT);
         at != EDOI_NO_WAIT; at = edoi_wait_writer_before(&edoi_wait_nodes[from], at))
        if (!edoi_wait_nodes[at].wait.may_end) first = at;
    if (first != EDOI_NO_WAIT) search_meet(s, from, first);
}

static void search_lock(wait_search *s, uint32_t from) {
    edoi_holder holders[EDOI_HOLDERS_MAX];
    const edoi_wait_node *n = &edoi_wait_nodes[from];
    size_t holders_n = edoi_holders_get(holders, (const void *)(uintptr_t)n->wait.object);
    for (size_t i = 0; i < holders_n; i++)
        if (edoi_wait_is_for_holder(n, &holders[i])) search_meet_task(s, from, holders[i].who);
    if (n->wait.is_shared) search_behind(s, from);
}

static void search_from(wait_search *s, uint32_t from) {
    const edoi_wait *w = &edoi_wait_nodes[from].wait;
    switch (w->kind) {
    case EDOI_WAITS_LOCK:
    case EDOI_WAITS_BEHIND: search_lock(s, from); break;
    case EDOI_WAITS_PERMITS:
    case EDOI_WAITS_PEER: break; // a task that is not known here may end the wait, too
    case EDOI_WAITS_TASK: search_meet_task(s, from, w->object); break;
    case EDOI_WAITS_SCOPE: { // a child that still runs may end the waits of the others
        if (!edoi_wait_scope_has(w->object, w->children_n)) break;
        uint32_t to = edoi_wait_of_scope(w->object, EDOI_NO_WAIT);
        for (; to != EDOI_NO_WAIT; to = edoi_wait_of_scope(w->object, to)) search_meet(s, from, to);
        break;
    }
    }
}

static void cycle_get(edoi_cycle *out, const wait_search *s) {
    const edoi_wait_node *last = &edoi_wait_nodes[s->start];
    *out = (edoi_cycle){ .n = 1, .least = last->wait.who, .closes = s->closes };
    for (uint32_t at = s->closes; at != s->start; at = edoi_wait_nodes[at].found_by) {
        const edoi_wait_node *n = &edoi_wait_nodes[at];
        if (n->wait.who < out->least) out->least = n->wait.who;
        if (n->number > last->number) last = n;
        out->n++;
    }
    out->last = edoi_wait_is_for_lock(&last->wait) ? last->number : 0;
    out->last_who = last->wait.who;
    out->has = out->n < EDOI_CYCLE_MAX ? out->n : EDOI_CYCLE_MAX;
    uint32_t place = out->n; // found_by leads backwards, so `at` is filled from its end
    for (uint32_t at = s->closes;; at = edoi_wait_nodes[at].found_by) {
        if (--place < EDO_COUNT(out->at)) out->at[place] = edoi_wait_nodes[at].wait;
        if (at == s->start) break;
    }
    EDO_ASSERT(place == 0);
}

static bool search(uint32_t start, edoi_cycle *out, edoi_parked_fn *parked) {
    wait_search s = { .start = start, .last = start, .closes = EDOI_NO_WAIT, .parked = parked };
    edoi_wait_searches++;
    edoi_wait_nodes[start].looked = edoi_wait_searches;
    edoi_wait_nodes[start].next_found = EDOI_NO_WAIT;
    for (uint32_t at = start; at != EDOI_NO_WAIT && s.closes == EDOI_NO_WAIT;
         at = edoi_wait_nodes[at].next_found)
        search_from(&s, at);
    edoi_wait_nodes[start].is_unsure = s.closes == EDOI_NO_WAIT && s.is_unsure;
    edoi_waits_unsure_n += edoi_wait_nodes[start].is_unsure;
    if (s.closes == EDOI_NO_WAIT) return false;
    cycle_get(out, &s);
    return true;
}

/* The cycle that was just found is about to be reported. Its other tasks need no second search,
 * though some met a task that was not parked when they began to wait. */
static void cycle_is_told(uint32_t start, uint32_t closes) {
    for (uint32_t at = closes; at != start; at = edoi_wait_nodes[at].found_by) {
        edoi_waits_unsure_n -= edoi_wait_nodes[at].is_unsure;
        edoi_wait_nodes[at].is_unsure = false;
    }
}

bool edoi_wait_begin(const edoi_wait *w, edoi_cycle *found, edoi_parked_fn *parked) {
    edoi_lock_acquire(&edoi_waits_lock);
    uint32_t at = edoi_wait_node_add(w);
    bool closes = at != EDOI_NO_WAIT && !w->may_end && search(at, found, parked);
    if (closes) cycle_is_told(at, found->closes);
    edoi_lock_release(&edoi_waits_lock);
    return closes;
}

bool edoi_waits_confirm(edoi_cycle *found, edoi_parked_fn *parked) {
    bool closes = false;
    edoi_lock_acquire(&edoi_waits_lock);
    for (uint32_t at = 1; at < edoi_wait_nodes_n && edoi_waits_unsure_n > 0 && !closes; at++) {
        if (!edoi_wait_nodes[at].is_unsure || !parked(edoi_wait_nodes[at].wait.who)) continue;
        edoi_waits_unsure_n--;
        closes = search(at, found, parked);
        if (closes) cycle_is_told(at, found->closes);
    }
    edoi_lock_release(&edoi_waits_lock);
    return closes;
}

/* `mark` may use the task: a task whose wait is in the table is alive, since it removes that wait
 * itself, under edoi_waits_lock. */
struct edo_waker *edoi_wait_fail(const edoi_cycle *c, edoi_wait_mark_fn *mark) {
    struct edo_waker *marked = NULL;
    edoi_lock_acquire(&edoi_waits_lock);
    uint32_t at = edoi_wait_node_of(c->last_who);
    if (at != EDOI_NO_WAIT && edoi_wait_nodes[at].number == c->last) {
        edoi_wait_nodes[at].fails = true;
        marked = mark(c->last_who);
    }
    edoi_lock_release(&edoi_waits_lock);
    return marked;
}

bool edoi_wait_fails(uint64_t who) {
    edoi_lock_acquire(&edoi_waits_lock);
    uint32_t at = edoi_wait_node_of(who);
    bool fails = at != EDOI_NO_WAIT && edoi_wait_nodes[at].fails;
    edoi_lock_release(&edoi_waits_lock);
    return fails;
}

/* Marks all nodes of the cycle that was just found from `start`. */
static void cycle_mark(uint32_t start, uint32_t closes) {
    edoi_wait_nodes[start].is_in_cycle = true;
    for (uint32_t at = closes; at != start; at = edoi_wait_nodes[at].found_by)
        edoi_wait_nodes[at].is_in_cycle = true;
}

bool edoi_waits_standing(uint32_t *from, edoi_cycle *found, edoi_parked_fn *parked) {
    bool closes = false;
    edoi_lock_acquire(&edoi_waits_lock);
    for (uint32_t at = 1; at < edoi_wait_nodes_n && *from == 0; at++)
        edoi_wait_nodes[at].is_in_cycle = false;
    for (; *from + 1 < edoi_wait_nodes_n && !closes; ++*from) {
        edoi_wait_node *n = &edoi_wait_nodes[*from + 1];
        const bool is_unsure = n->is_unsure;
        const uint32_t unsure_before = edoi_waits_unsure_n;
        if (n->wait.who == 0 || n->wait.may_end || !parked(n->wait.who)) continue;
        // a cycle is found from each of its waits: only its least `who` reports it
        closes = search(*from + 1, found, parked) && found->least == n->wait.who;
        if (closes) cycle_mark(*from + 1, found->closes);
        n->is_unsure = is_unsure; // restored: edoi_waits_confirm() has still to search these
        edoi_waits_unsure_n = unsure_before;
    }
    edoi_lock_release(&edoi_waits_lock);
    return closes;
}

size_t edoi_waits_in_cycles(uint64_t *out, size_t max) {
    size_t n = 0;
    edoi_lock_acquire(&edoi_waits_lock);
    for (uint32_t at = 1; at < edoi_wait_nodes_n && n < max; at++)
        if (edoi_wait_nodes[at].is_in_cycle) out[n++] = edoi_wait_nodes[at].wait.who;
    edoi_lock_release(&edoi_waits_lock);
    return n;
}

/* ---- Waits that last ------------------------------------------------------------------------- */

#define SECOND    10u
#define LOOK_STEP 256u /* nodes looked at in one hold of edoi_waits_lock */

#define TOLD_ALL (1u << EDOI_LASTS_ENDED | 1u << EDOI_LASTS_GIVEN | 1u << EDOI_LASTS_HELD)

static edoi_lasting_why why_it_lasts(const edoi_holder *h) {
    if (h->who == EDOI_NO_HOLDER) return EDOI_LASTS_ENDED;
    return h->who == EDOI_GIVEN ? EDOI_LASTS_GIVEN : EDOI_LASTS_HELD;
}

/* Has the holder `h` delayed the wait `n` for long, for a reason that was not reported yet? If it
 * is not known when `h` took the lock, as with a plain thread, the age of the wait counts. */
static bool holder_keeps(const edoi_wait_node *n, const edoi_holder *h, uint32_t now,
                         uint32_t held_tenths) {
    const edoi_lasting_why why = why_it_lasts(h);
    const uint32_t tenths = why == EDOI_LASTS_HELD ? held_tenths : SECOND;
    if (n->told & 1u << why || !edoi_wait_lasts(n->wait.since, now, tenths)) return false;
    return why == EDOI_LASTS_ENDED || h->since == 0 || edoi_wait_lasts(h->since, now, tenths);
}

/* Has an older wait for the same lock lasted, too? Then that one is reported instead. */
static bool is_behind_another(uint32_t at, uint32_t now) {
    at = edoi_wait_in_line_before(at);
    while (at != EDOI_NO_WAIT && (edoi_wait_nodes[at].wait.kind != EDOI_WAITS_LOCK ||
                                  !edoi_wait_lasts(edoi_wait_nodes[at].wait.since, now, SECOND)))
        at = edoi_wait_in_line_before(at);
    return at != EDOI_NO_WAIT;
}

/* Fills in `out` if the wait has lasted and was not reported. False: it may end soon, or it was. */
static bool node_lasts(uint32_t at, uint32_t now, uint32_t held_tenths, edoi_lasting *out) {
    edoi_holder all[EDOI_HOLDERS_MAX];
    const edoi_wait_node *n = &edoi_wait_nodes[at];
    if (n->wait.who == 0 || n->wait.kind != EDOI_WAITS_LOCK) return false;
    if ((n->told & TOLD_ALL) == TOLD_ALL || !edoi_wait_lasts(n->wait.since, now, SECOND) ||
        is_behind_another(at, now))
        return false;
    size_t holders_n = edoi_holders_get(all, (const void *)(uintptr_t)n->wait.object);
    for (size_t i = 0; i < holders_n; i++) {
        if (!holder_keeps(n, &all[i], now, held_tenths)) continue;
        *out = (edoi_lasting){ .why = why_it_lasts(&all[i]), .wait = n->wait, .holder = all[i] };
        return true;
    }
    return false;
}

bool edoi_waits_any(void) {
    edoi_lock_acquire(&edoi_waits_lock);
    bool any = edoi_waits_for_locks_n > 0 || edoi_waits_unsure_n > 0 || edoi_waits_may_stand();
    edoi_lock_release(&edoi_waits_lock);
    return any;
}

size_t edoi_waits_look(uint32_t *from, uint32_t now, uint32_t held_tenths, edoi_lasting *out,
                       size_t max) {
    size_t n = 0;
    uint32_t at = *from + 1;
    const uint32_t end = at + LOOK_STEP;
    edoi_lock_acquire(&edoi_waits_lock);
    const bool any = edoi_waits_for_locks_n > 0;
    for (; any && at < end && at < edoi_wait_nodes_n && n < max; at++) {
        if (!node_lasts(at, now, held_tenths, &out[n])) continue;
        edoi_wait_nodes[at].told |= 1u << out[n].why;
        out[n].more_n = edoi_wait_others_n(at);
        n++;
    }
    *from = any && at < edoi_wait_nodes_n ? at - 1 : 0;
    edoi_lock_release(&edoi_waits_lock);
    return n;
}
