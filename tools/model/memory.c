/* SPDX-License-Identifier: MIT */
/* memory.c: the memory model, C11 as C++20 mends it.
 *
 * Each location keeps its stores. What a thread may still read is bounded from below by its view,
 * the newest store of each location that it has read, written, or heard of. A release leaves clock
 * and view with its store, an acquire that reads it takes them over: that is happens-before, for
 * coherence (views) and for data races (clocks) alike. A read-modify-write hands on what it has
 * read, so release sequences go through it (and, since C++20, through nothing else).
 *
 * Sequential consistency: see seq.c. For fences the order of execution is the one order of such
 * operations: `seq` is what these have shown, which fences read, and `fenced` what fences have.
 *
 * Loads that read a later store: see later.c. Not explored: values out of thin air, and stores
 * that take a place in modification order before one that was done earlier. */
#include "state.h"

#include <string.h>

static void join_view(view *to, const view *from) {
    for (unsigned i = 0; i < LOCS_MAX; i++)
        to->at[i] = to->at[i] < from->at[i] ? from->at[i] : to->at[i];
}

void join_bundle(bundle *to, const bundle *from) {
    for (unsigned i = 0; i < THREADS_MAX; i++)
        if (to->clock[i] < from->clock[i]) to->clock[i] = from->clock[i];
    join_view(&to->seen, &from->seen);
    join_set(&to->before, &from->before);
    join_set(&to->before_seq, &from->before_seq);
}

static void see(view *v, unsigned n, unsigned store_n) {
    if (v->at[n] < store_n) v->at[n] = (uint16_t)store_n;
}

static bundle *bundle_of(const bundle *b, const bundle *also) {
    if (ck->bundles_n == BUNDLES_MAX) fail("the model is too large: BUNDLES_MAX");
    bundle *copy = &ck->bundles[ck->bundles_n++];
    *copy = *b;
    copy->before_seq = (seq_set){ 0 }; // seq_release() knows
    if (also) join_bundle(copy, also);
    return copy;
}

static bool acquires(int order) {
    return order == EDOI_MODEL_ACQ || order >= EDOI_MODEL_ACQREL;
}

static bool releases(int order) {
    return order >= EDOI_MODEL_REL;
}

/* What is left of an order when a mutation limits the site to `most`. */
static int limited(const site *s, int order) {
    if (s->weaken < 0) return order;
    if (order == EDOI_MODEL_SEQ && s->weaken == EDOI_MODEL_SEQ) return order;
    bool acq = acquires(order) && acquires(s->weaken), rel = releases(order) && releases(s->weaken);
    if (acq && rel) return EDOI_MODEL_ACQREL;
    return acq ? EDOI_MODEL_ACQ : rel ? EDOI_MODEL_REL : EDOI_MODEL_RLX;
}

/* ---- Locations ------------------------------------------------------------------------------- */

static uint64_t memory_get(const void *at, size_t bytes) {
    uint64_t value = 0;
    memcpy(&value, at, bytes); // the machines of interest are little-endian
    return value;
}

static void memory_put(void *at, size_t bytes, uint64_t value) {
    memcpy(at, &value, bytes);
}

location *location_at(const void *at) {
    const cell *c = cell_of(at);
    return c && c->run == ck->run && c->location ? &ck->locations[c->location - 1u] : NULL;
}

void forget_location(unsigned n) {
    location *l = &ck->locations[n];
    l->dead = true;
    for (unsigned i = 0; i < l->bytes; i++) cell_of(l->at + i)->location = 0;
}

/* The location at `at`; made, with what is in memory as its first store, when it is met first. */
static location *location_of(const void *at, size_t bytes) {
    location *l = location_at(at);
    if (l && l->at == at && l->bytes == bytes) return l;
    if (l) fail("two atomic words overlap");
    if (ck->locations_n == LOCS_MAX) fail("the model is too large: LOCS_MAX");
    l = &ck->locations[ck->locations_n++];
    *l = (location){ .at = (char *)(uintptr_t)at, .bytes = (uint8_t)bytes, .stores_n = 1 };
    l->stores[0] = (store){ .value = memory_get(at, bytes), .thread = NOBODY };
    for (size_t i = 0; i < bytes; i++) {
        cell *c = cell_of(l->at + i);
        if (!c) fail("an atomic word outside the memory that is watched");
        c->location = (uint16_t)(l - ck->locations + 1);
    }
    return l;
}

static unsigned number_of(const location *l) {
    return (unsigned)(l - ck->locations);
}

/* A new last store. */
static unsigned append(location *l, uint64_t value, const bundle *release) {
    if (!ck->forked) { // nobody else can read what was before
        l->first = (uint16_t)(l->first + l->stores_n);
        l->stores_n = 0;
    } else if (l->stores_n == STORES_MAX) {
        fail("the model is too large: STORES_MAX");
    }
    l->stores[l->stores_n++] =
        (store){ .value = value, .release = release, .thread = (uint8_t)ck->now };
    memory_put(l->at, l->bytes, value);
    unsigned store_n = newest_store(l);
    see(&me()->now.seen, number_of(l), store_n);
    me()->oldest[number_of(l)] = (uint16_t)store_n;
    later_stored(l, store_n);
    return store_n;
}

static void tick(void) {
    if (++me()->now.clock[ck->now] == UINT16_MAX) fail("the model is too large: clock");
}

/* Since its last yield the thread has read `store_n`, or made it. */
static void note_read(const location *l, unsigned store_n) {
    unsigned n = number_of(l);
    thread *t = me();
    uint64_t mask = UINT64_C(1) << n % 64;
    if (!(t->watched[n / 64] & mask) || t->oldest[n] > store_n) t->oldest[n] = (uint16_t)store_n;
    t->watched[n / 64] |= mask;
}

/* The running thread has read `store_n`. */
static void take_over(location *l, unsigned store_n, int order) {
    thread *t = me();
    const store *s = store_of(l, store_n);
    see(&t->now.seen, number_of(l), store_n);
    if (order == EDOI_MODEL_SEQ) {
        see(&ck->seq, number_of(l), store_n);
        seq_read(l, store_n);
    }
    if (!s->release) return;
    join_bundle(acquires(order) ? &t->now : &t->unacquired, s->release);
}

/* The running thread stores, after it has read `read` of the location (NULL: it has not). */
static unsigned put(location *l, uint64_t value, int order, const store *read) {
    thread *t = me();
    const bundle *handed = read ? read->release : NULL;
    unsigned store_n = append(l, value, NULL);
    if (order == EDOI_MODEL_SEQ) {
        see(&ck->seq, number_of(l), store_n);
        seq_wrote(l, read != NULL);
    }
    if (releases(order)) {
        bundle *mine = bundle_of(&t->now, handed);
        seq_release(l, mine);
        handed = mine;
    } else if (t->released) {
        handed = handed ? bundle_of(t->released, handed) : t->released;
    }
    l->stores[l->stores_n - 1u].release = handed;
    return store_n;
}

/* The oldest store that a load of this order may answer. */
static unsigned oldest_for(const location *l, int order) {
    unsigned n = number_of(l), oldest = me()->now.seen.at[n];
    if (order == EDOI_MODEL_SEQ && oldest < ck->fenced.at[n]) oldest = ck->fenced.at[n];
    if (oldest < least_store()) oldest = least_store();
    return oldest < l->first ? l->first : oldest;
}

/* What a load of this order may answer, the newest first: how many. */
static unsigned readable(location *l, int order, unsigned *stores) {
    unsigned n = 0, oldest = oldest_for(l, order);
    for (unsigned store_n = newest_store(l) + 1u; store_n-- > oldest;)
        if (order != EDOI_MODEL_SEQ || seq_may_read(l, store_n)) stores[n++] = store_n;
    return n;
}

/* ---- Operations ------------------------------------------------------------------------------ */

static void begin(op_kind kind, const void *at, int order, site *s) {
    if (ck->alive_n > 1) s->hit = true;
    announce(&(op){ .kind = kind, .order = order, .at = at, .site = s });
}

/* The same for an operation on a location, which it returns. */
static location *begin_at(op_kind kind, const void *at, size_t bytes, int order, site *s) {
    begin(kind, at, order, s);
    location *l = location_of(at, bytes);
    atomic_check(l, kind != OP_LOAD);
    later_check(l);
    return l;
}

/* Does the model decide what an access to `at` does? The program's thread-locals are its thread's
 * own, as if no other thread had their address: all threads have them at one place. */
static bool is_modelled(const void *at) {
    return ck && ck->running && (uintptr_t)at - (uintptr_t)ck->tls >= ck->tls_bytes;
}

uint64_t edoi_model_load(const void *at, size_t bytes, int order, const char *file, int line) {
    if (!is_modelled(at)) return memory_get(at, bytes);
    site *s = site_of(file, line, order);
    order = limited(s, order);
    location *l = begin_at(OP_LOAD, at, bytes, order, s);
    unsigned stores[STORES_MAX], newest = newest_store(l), store_n = newest;
    uint64_t later[KNOWN_MAX], value;
    unsigned n = readable(l, order, stores);
    unsigned way = choose(n + later_values(l, order, stores, n, later));
    if (way < n) {
        store_n = stores[way];
        value = store_of(l, store_n)->value;
        take_over(l, store_n, order);
    } else {
        value = later[way - n];
        later_guess(l, value);
    }
    note_read(l, store_n);
    done(false, store_n, value, newest);
    tick();
    return value;
}

void edoi_model_store(void *at, size_t bytes, uint64_t value, int order, const char *file,
                      int line) {
    if (!is_modelled(at)) {
        memory_put(at, bytes, value);
        return;
    }
    site *s = site_of(file, line, order);
    order = limited(s, order);
    location *l = begin_at(OP_STORE, at, bytes, order, s);
    unsigned store_n = put(l, value, order, NULL);
    done(true, store_n, value, 0);
    tick();
}

static uint64_t changed(int kind, uint64_t old, uint64_t operand) {
    switch (kind) {
    case EDOI_MODEL_ADD: return old + operand;
    case EDOI_MODEL_SUB: return old - operand;
    case EDOI_MODEL_OR: return old | operand;
    case EDOI_MODEL_AND: return old & operand;
    default: return operand;
    }
}

static uint64_t cut(uint64_t value, size_t bytes) {
    return bytes == 8 ? value : value & ((UINT64_C(1) << 8 * bytes) - 1);
}

/* Reads the last store and makes the one after it. */
static uint64_t replace(location *l, uint64_t value, int order) {
    unsigned read_n = newest_store(l);
    store read = *store_of(l, read_n);
    take_over(l, read_n, order);
    unsigned store_n = put(l, value, order, &read);
    done(true, store_n, value, read.value);
    tick();
    return read.value;
}

uint64_t edoi_model_rmw(void *at, size_t bytes, int kind, uint64_t operand, int order,
                        const char *file, int line) {
    if (!is_modelled(at)) {
        uint64_t old = memory_get(at, bytes);
        memory_put(at, bytes, changed(kind, old, operand));
        return old;
    }
    site *s = site_of(file, line, order);
    order = limited(s, order);
    location *l = begin_at(OP_RMW, at, bytes, order, s);
    note_read(l, newest_store(l));
    uint64_t old = store_of(l, newest_store(l))->value;
    return replace(l, cut(changed(kind, old, operand), bytes), order);
}

/* A compare-and-exchange that fails is a load: it may answer any value but the one it wants. */
static unsigned failing(location *l, int order, uint64_t want, unsigned *stores) {
    unsigned n = 0, all = readable(l, order, stores);
    for (unsigned i = 0; i < all; i++)
        if (store_of(l, stores[i])->value != want) stores[n++] = stores[i];
    return n;
}

bool edoi_model_cas(void *at, size_t bytes, uint64_t *want, uint64_t value, int ok, int no,
                    const char *file, int line) {
    if (!is_modelled(at)) {
        uint64_t old = memory_get(at, bytes);
        bool same = old == *want;
        if (same) memory_put(at, bytes, value);
        *want = old;
        return same;
    }
    site *s = site_of(file, line, ok);
    ok = limited(s, ok);
    no = limited(s, no);
    location *l = begin_at(OP_CAS, at, bytes, ok, s);
    bool may = store_of(l, newest_store(l))->value == *want;
    unsigned stores[STORES_MAX];
    unsigned n = failing(l, no, *want, stores);
    unsigned way = choose(n + may);
    unsigned store_n = may && way == 0 ? newest_store(l) : stores[way - may];
    note_read(l, store_n);
    if (may && way == 0) {
        (void)replace(l, cut(value, bytes), ok);
        return true;
    }
    *want = store_of(l, store_n)->value;
    unsigned newest = newest_store(l);
    take_over(l, store_n, no);
    done(false, store_n, *want, newest);
    tick();
    return false;
}

void edoi_model_fence(int order, const char *file, int line) {
    if (!ck || !ck->running) return;
    site *s = site_of(file, line, order);
    order = limited(s, order);
    begin(OP_FENCE, NULL, order, s);
    thread *t = me();
    if (acquires(order)) join_bundle(&t->now, &t->unacquired);
    if (order == EDOI_MODEL_SEQ) {
        join_view(&t->now.seen, &ck->seq);
        join_view(&ck->seq, &t->now.seen);
        join_view(&ck->fenced, &t->now.seen);
    }
    if (releases(order)) t->released = bundle_of(&t->now, NULL);
    done(false, 0, 0, 0);
    tick();
}

/* The fences of all threads, in any order twice, end with all that any of them has seen. What one
 * thread has done does not happen before what another does next because of it. */
static void fence_all(void) {
    for (unsigned n = 0; n < ck->threads_n; n++) {
        thread *t = &ck->threads[n]; // what it has done is done, also if it has ended
        join_bundle(&t->now, &t->unacquired);
        join_view(&ck->seq, &t->now.seen);
    }
    join_view(&ck->fenced, &ck->seq);
    for (unsigned n = 0; n < ck->threads_n; n++) {
        thread *t = &ck->threads[n];
        if (!t->alive) continue;
        join_view(&t->now.seen, &ck->seq);
        t->released = bundle_of(&t->now, NULL);
    }
}

void edoi_model_barrier(const char *file, int line) {
    if (!ck || !ck->running) return;
    site *s = site_of(file, line, EDOI_MODEL_SEQ);
    begin(OP_BARRIER, NULL, EDOI_MODEL_SEQ, s);
    if (limited(s, EDOI_MODEL_SEQ) == EDOI_MODEL_SEQ) fence_all(); // else a mutant leaves it out
    done(false, 0, 0, 0);
    tick();
}

/* ---- Spinning -------------------------------------------------------------------------------- */

bool yield_is_over(const thread *t) {
    bool watches = false;
    for (unsigned n = 0; n < ck->locations_n; n++) {
        if (!(t->op.watched[n / 64] >> n % 64 & 1)) continue;
        watches = true;
        if (t->oldest[n] < newest_store(&ck->locations[n])) return true;
    }
    return !watches;
}

void edoi_model_around(const char *file, int line) {
    thread *t = me();
    bool again = t->round == t->last_round;
    t->last_round = t->round;
    if (again) edoi_model_yield(file, line);
    t->round = 0;
    memset(t->watched, 0, sizeof t->watched);
}

void edoi_model_yield(const char *file, int line) {
    if (!ck || !ck->running) return;
    op o = { .kind = OP_YIELD, .site = site_of(file, line, EDOI_MODEL_RLX) };
    memcpy(o.watched, me()->watched, sizeof o.watched);
    announce(&o);
    thread *t = me();
    for (unsigned n = 0; n < ck->locations_n; n++) // a store is seen in the end
        if (o.watched[n / 64] >> n % 64 & 1) see(&t->now.seen, n, newest_store(&ck->locations[n]));
    memset(t->watched, 0, sizeof t->watched);
    done(false, 0, 0, 0);
    tick();
}
