/* SPDX-License-Identifier: MIT */
/* explore.c: depth first through all ways that the threads can take, by doing each run anew.
 *
 * A run is a row of steps; each is one atomic operation of one thread. Two rules keep the number of
 * runs near the number of runs that differ:
 *
 * Source sets, found on the way (dynamic partial-order reduction): another thread is tried at a
 * step only if a later operation of another thread was seen that depends on that step's, and comes
 * after it by nothing else. Then one of the threads that can lead to the other order is tried.
 *
 * Sleep sets: a thread that has been tried at a step stays asleep in what follows from the others,
 * until an operation comes that depends on its own.
 *
 * Loads are special. That a load comes before a store is the same as that it returns an older one,
 * so "the load first" is never tried for its own sake; and a load that was asleep when a store came
 * is woken for that store only. */
#include "state.h"

#include <string.h>

#define ROW_MAX 100u /* steps in a row of a thread that spins */

/* ---- Dependence ------------------------------------------------------------------------------ */

static bool is_memory(op_kind kind) {
    return kind == OP_LOAD || kind == OP_STORE || kind == OP_RMW || kind == OP_CAS;
}

static bool is_sync(op_kind kind) {
    return kind >= OP_LOCK && kind <= OP_POLL;
}

static bool is_event(op_kind kind) {
    return kind >= OP_KICK && kind <= OP_POLL;
}

static bool is_seq(const op *o) {
    return o->order == EDOI_MODEL_SEQ && (is_memory(o->kind) || o->kind == OP_FENCE);
}

/* What a barrier in its thread orders. Other operations hand on what they know themselves. */
static bool is_ordered(const op *o) {
    return is_memory(o->kind) || o->kind == OP_FENCE || o->kind == OP_BARRIER;
}

static bool watches(const op *o, const void *at) {
    const location *l = location_at(at);
    if (!l) return false;
    size_t n = (size_t)(l - ck->locations);
    return o->watched[n / 64] >> n % 64 & 1;
}

/* Whether the order of two operations of different threads matters. */
static bool depends(const op *a, bool a_writes, const op *b, bool b_writes) {
    if (a->kind == OP_BARRIER) return is_ordered(b);
    if (b->kind == OP_BARRIER) return is_ordered(a);
    if (a->kind == OP_FENCE || b->kind == OP_FENCE) return is_seq(a) && is_seq(b);
    if (a->kind == OP_YIELD) return b_writes && is_memory(b->kind) && watches(a, b->at);
    if (b->kind == OP_YIELD) return a_writes && is_memory(a->kind) && watches(b, a->at);
    if (is_memory(a->kind) && is_memory(b->kind)) return a->at == b->at && (a_writes || b_writes);
    // a socket may be in several epolls: then all events depend on each other
    if (is_event(a->kind) && is_event(b->kind) && ck->has_sockets) return true;
    if (is_sync(a->kind) && is_sync(b->kind)) return a->at == b->at;
    bool end =
        (a->kind == OP_END && b->kind == OP_JOIN) || (a->kind == OP_JOIN && b->kind == OP_END);
    return end && (!a->at || !b->at || a->at == b->at);
}

static bool may_write(const op *o) {
    return is_memory(o->kind) && o->kind != OP_LOAD;
}

/* A load whose order against stores is a matter of the value alone. */
static bool is_free_load(const op *o) {
    return o->kind == OP_LOAD && !ck->later_loads; // else it has to come first for a guess
}

/* The first makes the second possible: the other way round there is nothing to try. */
static bool enables(const op *first, const op *second) {
    return (first->kind == OP_UNLOCK && second->kind == OP_LOCK) ||
           (first->kind == OP_SIGNAL && second->kind == OP_WOKEN) ||
           (first->kind == OP_END && second->kind == OP_JOIN);
}

/* ---- Choosing the next thread ---------------------------------------------------------------- */

static bool is_enabled(unsigned n) {
    const thread *t = &ck->threads[n];
    if (!t->alive) return false;
    if (t->op.kind == OP_JOIN)
        return t->op.at ? !((const thread *)t->op.at)->alive : ck->alive_n == 1;
    if (t->op.kind == OP_QUIET || t->op.kind == OP_HELD) return false;
    if (t->op.kind == OP_YIELD) return yield_is_over(t);
    return !is_sync(t->op.kind) || sync_is_free(&t->op, t);
}

/* Nobody is enabled: whether that is what the thread has waited for. */
static bool is_quiet(unsigned n) {
    if (ck->threads[n].op.kind != OP_QUIET) return false;
    for (unsigned i = 0; i < ck->threads_n; i++) {
        op_kind kind = ck->threads[i].op.kind;
        if (i != n && ck->threads[i].alive && kind != OP_SLEEP && kind != OP_WOKEN) return false;
    }
    return true;
}

static unsigned enabled_now(void) {
    unsigned mask = 0;
    for (unsigned n = 0; n < ck->threads_n; n++)
        if (is_enabled(n)) mask |= bit(n);
    for (unsigned n = 0; n < ck->threads_n && !mask; n++)
        if (is_quiet(n)) mask = bit(n);
    return mask;
}

static unsigned lowest(unsigned mask) {
    unsigned n = 0;
    while (!(mask & bit(n))) n++;
    return n;
}

/* What follows from the step before for who is asleep, and for loads that were woken. */
static void inherit(step *s) {
    const step *last = ck->depth > 0 ? s - 1 : NULL;
    for (unsigned n = 0; n < THREADS_MAX; n++) {
        s->explored[n] = s->least[n] = 0;
        if (!last || n == last->chosen || ck->all_ways || ck->random_n || ck->turns_max) continue;
        const op *mine = &last->ops[n], *other = &last->ops[last->chosen];
        s->least[n] = last->least[n];
        if (!(last->asleep & bit(n))) continue;
        if (!depends(mine, may_write(mine), other, last->wrote)) {
            s->asleep |= (uint8_t)bit(n);
            s->explored[n] = last->explored[n];
        } else if (is_free_load(mine) && last->wrote) {
            s->least[n] = (uint16_t)(last->explored[n] + 1);
        }
    }
}

static unsigned random_below(unsigned n) {
    ck->random ^= ck->random << 13;
    ck->random ^= ck->random >> 7;
    ck->random ^= ck->random << 17;
    return (unsigned)(ck->random >> 33) % n;
}

/* One of the threads of `mask`; half of the time the one that runs, if it may. */
static unsigned random_thread(unsigned mask) {
    if (mask & bit(ck->now) && random_below(2)) return ck->now;
    unsigned n;
    do n = random_below(THREADS_MAX);
    while (!(mask & bit(n)));
    return n;
}

static unsigned turns_of(const step *s) {
    return s->turns + (s->chosen != s->usual ? 1u : 0u) + (s->choice > 0 ? 1u : 0u);
}

/* Without a turn the thread goes on that runs; if it cannot, or spins, then the next one. */
static void begin_bounded_step(step *s, unsigned enabled) {
    const step *last = ck->depth > 0 ? s - 1 : NULL;
    bool again = ck->depth > 1 && last->chosen == last[-1].chosen;
    s->row = (uint16_t)(again ? last->row + 1 : 0);
    s->turns = (uint8_t)(last ? turns_of(last) : 0);
    unsigned usual = ck->now;
    if (s->row >= ROW_MAX) usual = (usual + 1) % THREADS_MAX;
    while (!(enabled & bit(usual))) usual = (usual + 1) % THREADS_MAX;
    s->chosen = s->usual = (uint8_t)usual;
    s->wanted = (uint8_t)(s->turns < ck->turns_max ? enabled : bit(usual));
}

static void begin_step(step *s, unsigned enabled) {
    s->enabled = (uint8_t)enabled;
    s->asleep = s->tried = 0;
    for (unsigned n = 0; n < ck->threads_n; n++) s->ops[n] = ck->threads[n].op;
    inherit(s);
    unsigned awake = enabled & ~(unsigned)s->asleep;
    if (!awake) {
        ck->blocked++; // all that could follow has been seen
        go_home();
    }
    s->chosen = (uint8_t)(awake & bit(ck->now) ? ck->now : lowest(awake));
    if (ck->random_n) s->chosen = (uint8_t)random_thread(enabled);
    s->wanted = ck->all_ways ? s->enabled : (uint8_t)bit(s->chosen);
    s->choice = s->choices_n = 0;
    if (ck->turns_max) begin_bounded_step(s, enabled);
}

/* Goes on with the thread whose turn it is. */
void schedule(void) {
    unsigned enabled = enabled_now();
    if (!enabled && ck->held) later_end();
    if (!enabled) fail("nobody can go on");
    if (ck->depth == STEPS_MAX)
        fail("more than %d steps: does somebody spin without yielding?", STEPS_MAX);
    step *s = &ck->path[ck->depth];
    if (ck->depth >= ck->path_n) {
        begin_step(s, enabled);
        ck->path_n = ck->depth + 1;
    }
    if (!(enabled & bit(s->chosen))) fail("the model is not deterministic");
    const op *o = &s->ops[s->chosen];
    ck->outlines[ck->depth] = (outline){ is_memory(o->kind) ? o->at : NULL, s->chosen };
    ck->depth++;
    if (s->chosen != ck->now) switch_to(s->chosen);
}

void announce(const op *next) {
    me()->op = *next;
    if (ck->forked) {
        schedule();
    } else if (!is_enabled(ck->now)) {
        fail("nobody can go on");
    }
}

/* ---- Doing a step ---------------------------------------------------------------------------- */

static step *step_now(void) {
    return &ck->path[ck->depth - 1];
}

unsigned choose(unsigned n) {
    if (!ck->forked) {
        if (n > 1) fail("a choice while no other thread lives");
        return 0;
    }
    step *s = step_now();
    bool spent = s->turns + (s->chosen != s->usual ? 1u : 0u) >= ck->turns_max;
    if (ck->turns_max && spent) n = 1;
    s->choices_n = (uint16_t)n;
    if (ck->random_n && random_below(2)) s->choice = (uint16_t)random_below(n); // else the newest
    return s->choice;
}

unsigned least_store(void) {
    return ck->forked ? step_now()->least[ck->now] : 0;
}

static bool comes_after(const uint16_t *steps, unsigned thread_n, unsigned d) {
    return steps[thread_n] > d;
}

/* Who can be first if what now comes after step `at` without depending on it, and the running
 * thread's operation at the end, comes before it. `mine`: the steps that this operation comes
 * after. */
static unsigned first_ones(unsigned at, const uint16_t *mine) {
    unsigned q = ck->path[at].chosen, seen = 0, first = 0;
    for (unsigned d = at + 1; d < ck->depth; d++) {
        const step *s = &ck->path[d];
        bool last = d + 1 == ck->depth;
        const uint16_t *before_it = last ? mine : s->before_it;
        if (!last && comes_after(before_it, q, at)) continue;
        if (seen & bit(s->chosen)) continue;
        seen |= bit(s->chosen);
        bool is_first = true;
        for (unsigned e = at + 1; e < d && is_first; e++) {
            const step *earlier = &ck->path[e];
            if (comes_after(earlier->before_it, q, at)) continue;
            is_first = !comes_after(before_it, earlier->chosen, e);
        }
        if (is_first) first |= bit(s->chosen);
    }
    return first;
}

/* The running thread's operation could come before step `at`: sees to it that this is tried. */
static void want_before(unsigned at, const uint16_t *mine) {
    step *s = &ck->path[at];
    unsigned first = first_ones(at, mine) & s->enabled;
    if (!first || first & (s->wanted | s->asleep)) return;
    s->wanted |= (uint8_t)bit(lowest(first));
}

static void join_steps(uint16_t *to, const uint16_t *from) {
    for (unsigned n = 0; n < THREADS_MAX; n++)
        if (to[n] < from[n]) to[n] = from[n];
}

/* What the running thread's step `s` comes after, and what it might have come before. */
static void find_races(step *s) {
    const op *mine = &s->ops[ck->now];
    uint16_t after[THREADS_MAX],
        races[STEPS_MAX]; // an operation that only enables it is not `after`
    uint16_t full[THREADS_MAX];
    unsigned races_n = 0;
    const void *at = is_memory(mine->kind) ? mine->at : NULL;
    memcpy(after, me()->steps, sizeof after);
    memcpy(full, after, sizeof full);
    for (unsigned d = ck->depth - 1; d-- > 0;) {
        const outline *o = &ck->outlines[d];
        unsigned q = o->chosen;
        if (q == ck->now || (at && o->at && o->at != at)) continue;
        const step *other = &ck->path[d];
        const op *theirs = &other->ops[q];
        if (!depends(mine, s->wrote, theirs, other->wrote)) continue;
        bool free_load = is_free_load(mine) && other->wrote;
        if (free_load && s->store < other->store) continue; // it came before that store
        join_steps(full, other->before_it);
        if (enables(theirs, mine)) continue;
        if (!free_load && !comes_after(after, q, d)) races[races_n++] = (uint16_t)d;
        join_steps(after, other->before_it);
    }
    full[ck->now] = (uint16_t)ck->depth;
    memcpy(me()->steps, full, sizeof full);
    memcpy(s->before_it, full, sizeof full);
    for (unsigned i = 0; i < races_n; i++) want_before(races[i], full);
}

/* What a step has done, as a number. */
static uint64_t sum_of(const step *s) {
    const op *o = &s->ops[ck->now];
    uint64_t sum = (uint64_t)(uintptr_t)o->at + o->kind;
    sum = (sum ^ s->value) * UINT64_C(0x9e3779b97f4a7c15);
    if (o->kind != OP_LOAD) sum ^= s->before; // else the number of the store
    return (sum ^ sum >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
}

void done(bool wrote, unsigned store_n, uint64_t value, uint64_t before) {
    if (!ck->forked) return;
    step *s = step_now();
    s->wrote = wrote;
    s->store = (uint16_t)store_n;
    s->value = value;
    s->before = before;
    s->newest = s->ops[ck->now].kind == OP_LOAD ? (uint16_t)before : 0;
    s->clock = me()->now.clock[ck->now];
    me()->round += sum_of(s);
    if (s->choices_n == 0) s->choices_n = 1;
    if (!ck->turns_max) find_races(s);
}

unsigned edoi_model_choose(unsigned n, const char *file, int line) {
    announce(&(op){ .kind = OP_CHOOSE, .site = site_of(file, line, EDOI_MODEL_RLX) });
    unsigned answer = choose(n);
    done(false, 0, answer, 0);
    return answer;
}

/* ---- Going back ------------------------------------------------------------------------------ */

/* Changes the last step of the path that can be taken otherwise; false: there is none. */
static bool next_path(void) {
    while (ck->path_n > 0) {
        step *s = &ck->path[ck->path_n - 1];
        if (s->choice + 1u < s->choices_n) {
            s->choice++;
            return true;
        }
        s->tried |= (uint8_t)bit(s->chosen);
        s->asleep |= (uint8_t)bit(s->chosen);
        s->explored[s->chosen] = s->newest;
        unsigned left = s->wanted & s->enabled & ~(unsigned)s->asleep;
        if (left) {
            s->chosen = (uint8_t)lowest(left);
            s->choice = 0;
            s->choices_n = 0;
            return true;
        }
        ck->path_n--;
    }
    return false;
}

static bool may_go_on(void) {
    if (ck->failed || (ck->random_n && ck->executions >= ck->random_n)) return false;
    if (ck->executions_max && ck->executions + ck->blocked >= ck->executions_max) return false;
    return ck->random_n || next_path();
}

static void explore_once(void) {
    ck->path_n = 0;
    ck->executions = ck->blocked = 0;
    memset(ck->outcomes, 0, sizeof ck->outcomes);
    do {
        if (ck->random_n) ck->path_n = 0;
        run_once();
    } while (may_go_on());
}

bool explore(const edoi_model *m) {
    ck->model = m;
    statics_keep();
    ck->known_n = 0;
    do {
        ck->known_grew = false;
        explore_once();
    } while (!ck->failed && ck->known_grew); // with new values to guess
    statics_restore();
    return !ck->failed;
}
