/* SPDX-License-Identifier: MIT */
/* service/cache/flight.c: the table of runs, and the queue of waiters of each run. */
#include "service/cache/flight.h"
#include "base/assert.h"
#include "base/atomic.h"
#include "base/memory/cache.h"
#include "base/opts.h"
#include "future/fate.h"
#include "memory/rc.h"

#include <edo/error.h>

#include <errno.h>
#include <string.h>

#define WAITERS_MAX     1024u
#define RUNS_MAX        65536u
#define KEY_BYTES_MAX   4096u
#define TIMEOUT_S       30
#define CHAINS_AT_FIRST 16u

/* Steps of the future. */
#define FRESH   0u
#define WAITING 1u

/* ---- Begin and end --------------------------------------------------------------------------- */

static bool flight_opts_are_valid(const edo_flight_opts *o) {
    return o->run_timeout.ns >= 0 && !o->arg_ref == !o->arg_unref &&
           o->key_bytes_max <= UINT32_MAX && edoi_all_zero(o->reserved, EDO_COUNT(o->reserved));
}

static void flight_opts_complete(edo_flight_opts *o) {
    if (!o->waiters_max) o->waiters_max = WAITERS_MAX;
    if (!o->runs_max) o->runs_max = RUNS_MAX;
    if (!o->key_bytes_max) o->key_bytes_max = KEY_BYTES_MAX;
    if (!o->run_timeout.ns) o->run_timeout = edo_s(TIMEOUT_S);
    if (!o->name) o->name = "unnamed";
}

static void flight_deinit(void *arg) {
    edo_flight *self = arg;
    EDO_ASSERT(self->runs_n == 0);
    edoi_free((void *)(uintptr_t)self->opts.name);
    edoi_free(self->runs.chains);
}

int edo_flight_new(edo_flight **out, const edo_flight_opts *opts) {
    edo_flight_opts o = opts ? *opts : (edo_flight_opts){ .name = NULL };
    if (!flight_opts_are_valid(&o)) return -EINVAL;
    flight_opts_complete(&o);
    size_t name_bytes = strlen(o.name) + 1;
    char *name = edoi_alloc(name_bytes);
    edoi_table_link **chains = edoi_calloc(CHAINS_AT_FIRST, sizeof(edoi_table_link *));
    edo_flight *self = name && chains ? edo_rc_new(sizeof *self, flight_deinit) : NULL;
    if (!self) {
        edoi_free(name);
        edoi_free(chains);
        return -ENOMEM;
    }
    o.name = memcpy(name, o.name, name_bytes);
    *self = (edo_flight){ .opts = o };
    edoi_table_init(&self->runs, chains, CHAINS_AT_FIRST);
    edoi_siphash_secret_make(&self->secret);
    *out = self;
    return 0;
}

edo_flight *edo_flight_ref(edo_flight *self) {
    return edo_rc_ref(self);
}

void edo_flight_unref(edo_flight *self) {
    edo_rc_unref(self);
}

edo_flight_stats edo_flight_get_stats(edo_flight *self) {
    edoi_lock_acquire(&self->lock);
    edo_flight_stats s = self->counts;
    s.running = self->runs_n;
    s.waiting = self->waiting_n;
    edoi_lock_release(&self->lock);
    return s;
}

/* ---- Runs ------------------------------------------------------------------------------------ */

static size_t run_bytes(size_t key_bytes) {
    return sizeof(edoi_flight_run) + key_bytes; // it is assigned as a whole, with its padding
}

static edoi_flight_run *run_of(edoi_table_link *l) {
    return EDO_CONTAINER_OF(l, edoi_flight_run, link);
}

static edoi_flight_run *run_new(edo_flight *flight, edo_str key) {
    edoi_flight_run *run = edoi_cache_get(run_bytes(key.len));
    if (!run) return NULL;
    *run = (edoi_flight_run){ .flight = flight, .holders_n = 1, .key_bytes = (uint32_t)key.len };
    if (key.len > 0) memcpy(run->key, key.ptr, key.len);
    return run;
}

/* Frees a run without holders, or one that was not used. */
static void run_free(edoi_flight_run *run) {
    edo_rc_unref(run->value);
    edoi_cache_put(run, run_bytes(run->key_bytes));
}

static bool run_has_key(edoi_table_link *l, const void *key) {
    const edoi_flight_run *run = run_of(l);
    const edo_str *wanted = key;
    return run->key_bytes == wanted->len &&
           (wanted->len == 0 || memcmp(run->key, wanted->ptr, wanted->len) == 0);
}

/* Called with the lock held, as are all below that say nothing else. */
static edoi_flight_run *flight_find(const edo_flight *self, uint64_t hash, edo_str key) {
    edoi_table_link *l = edoi_table_find(&self->runs, hash, run_has_key, &key);
    EDO_INV("flight inv. 2", !l || !run_of(l)->is_over);
    return l ? run_of(l) : NULL;
}

static bool run_is_listed(const edoi_flight_run *run) {
    return !run->is_over && !edoi_load_rlx_u32(&run->is_forgotten); // relaxed: under the lock
}

static void run_check(const edoi_flight_run *run) {
    EDO_INV("flight inv. 3", run->is_over || run->holders_n == run->waiters_n + 1);
    EDO_INV("flight inv. 3", run->is_over || !run->waiters.first == !run->waiters_n);
}

/* The caller's hold ends; releases the lock. */
static void run_let_go(edoi_flight_run *run) {
    edo_flight *self = run->flight;
    run->holders_n--;
    bool is_free = run->holders_n == 0;
    if (!is_free) run_check(run);
    edoi_lock_release(&self->lock);
    if (is_free) run_free(run);
}

/* Takes the run out of the table: it is over, or has no leader any more. */
static void run_close(edoi_flight_run *run) {
    edo_flight *self = run->flight;
    if (run_is_listed(run)) edoi_table_remove(&self->runs, &run->link);
    run->is_over = true;
    self->runs_n--;
}

/* A waiter is not in line any more. */
static void run_out_of_line(edoi_flight_run *run) {
    run->waiters_n--;
    run->flight->waiting_n--;
}

void edoi_flight_end(edoi_flight_run *run, int result, void *value) {
    edo_flight *self = run->flight;
    edoi_lock_acquire(&self->lock);
    EDO_ASSERT(!run->is_over);
    run_close(run);
    run->result = result;
    if (run->waiters_n == 0) {
        run_let_go(run); // releases the lock
        return;
    }
    run->value = value ? edo_rc_ref(value) : NULL;
    self->waiting_n -= run->waiters_n;
    run->waiters_n = 0;
    // The list is in the run, which the leader holds until all are woken.
    edoi_wait_wake_all_and_leave(&self->lock, &run->waiters, edoi_woken_set); // releases it
    edoi_lock_acquire(&self->lock);
    run_let_go(run);
}

void edoi_flight_pass_on(edoi_flight_run *run) {
    edo_flight *self = run->flight;
    edoi_lock_acquire(&self->lock);
    EDO_ASSERT(!run->is_over);
    edo_wait_node *node = edoi_wait_pop(&run->waiters);
    if (!node) {
        run_close(run);
        run_let_go(run); // releases the lock
        return;
    }
    run_out_of_line(run);
    run->holders_n--; // its hold is the leader's now
    self->counts.promoted_n++;
    run_check(run);
    edoi_granted_set(node);
    edo_waker *marked = edo_waker_mark(node->waker);
    edoi_lock_release(&self->lock);
    edo_waker_deliver(marked);
}

/* ---- Forgetting ------------------------------------------------------------------------------ */

static void run_forget(edoi_flight_run *run) {
    edoi_store_rlx_u32(&run->is_forgotten, 1); // relaxed: read under this lock or a later one
}

bool edoi_flight_is_forgotten(const edoi_flight_run *run) {
    return edoi_load_rlx_u32(&run->is_forgotten) != 0; // relaxed: the caller's lock orders it
}

bool edo_flight_forget(edo_flight *self, edo_str key) {
    uint64_t hash = edoi_siphash13(&self->secret, key.ptr, key.len);
    edoi_lock_acquire(&self->lock);
    edoi_flight_run *run = flight_find(self, hash, key);
    if (run) {
        edoi_table_remove(&self->runs, &run->link);
        run_forget(run);
    }
    edoi_lock_release(&self->lock);
    return run != NULL;
}

void edoi_flight_forget_all(edo_flight *self) {
    edoi_lock_acquire(&self->lock);
    for (size_t i = 0; i < self->runs.chains_n; i++) {
        edoi_table_link **chain = edoi_table_chain(&self->runs, i);
        while (*chain) run_forget(run_of(edoi_table_take(&self->runs, chain)));
    }
    edoi_lock_release(&self->lock);
}

/* ---- Leaders that wait for one another ------------------------------------------------------- */

/* Guards what the runs of all flights wait for. Only a call from within a run takes it. */
static edoi_lock circles = EDOI_LOCK_INIT;

static bool circle_has(const edoi_attempts *at, const edoi_flight_run *run) {
    for (; at; at = at->outer)
        if (at->load == run) return true;
    return false;
}

/* The caller is about to wait for `run`. False: that waits for the caller. */
static bool circle_enter(const edoi_attempts *inside, edoi_flight_run *run) {
    if (!inside) return true;
    edoi_lock_acquire(&circles);
    const edoi_flight_run *next = run;
    while (next && !circle_has(inside, next)) next = next->awaits;
    for (const edoi_attempts *at = inside; !next && at; at = at->outer) {
        edoi_flight_run *led = at->load;
        if (led) led->awaits = run;
    }
    edoi_lock_release(&circles);
    return !next;
}

/* It waits no more for `run`, which it still holds. A wait for another run that has begun since, by
 * another attempt inside of the same runs, stays noted. */
static void circle_leave(const edoi_attempts *inside, const edoi_flight_run *run) {
    if (!inside) return;
    edoi_lock_acquire(&circles);
    for (const edoi_attempts *at = inside; at; at = at->outer) {
        edoi_flight_run *led = at->load;
        if (led && led->awaits == run) led->awaits = NULL;
    }
    edoi_lock_release(&circles);
}

/* ---- Asking ---------------------------------------------------------------------------------- */

/* Without memory the chains get longer. Called without the lock. */
static void flight_grow(edo_flight *self, size_t chains_n) {
    edoi_table_link **chains = edoi_calloc(chains_n * 2, sizeof(edoi_table_link *));
    if (!chains) return;
    edoi_lock_acquire(&self->lock);
    if (self->runs.chains_n == chains_n)
        chains = edoi_table_move(&self->runs, chains, chains_n * 2);
    edoi_lock_release(&self->lock);
    edoi_free(chains);
}

int edoi_flight_refuse(const edo_flight *self, int err) {
    const edo_flight_opts *o = &self->opts;
    switch (err) {
    case -EDO_EOVERLOADED:
        return edo_fail(err, "flight %s: %u callers wait for one run, or %u runs are under way",
                        o->name, o->waiters_max, o->runs_max);
    case -EDO_ETOOLONG:
        return edo_fail(err, "flight %s: a key of more than %zu bytes", o->name, o->key_bytes_max);
    case -EDEADLK:
        return edo_fail(err, "flight %s: a run asks for its own key, or by way of others", o->name);
    default: return err;
    }
}

static int flight_over(edo_flight *self) {
    self->counts.refused_n++;
    return -EDO_EOVERLOADED;
}

/* May a caller wait for this run? */
static int run_admit(edoi_flight_run *run, const edoi_attempts *inside) {
    if (run->waiters_n >= run->flight->opts.waiters_max) return flight_over(run->flight);
    return circle_enter(inside, run) ? 0 : -EDEADLK;
}

static void run_wait(edoi_flight_ask_future *f, edoi_flight_run *run, edo_waker *waker) {
    f->run = run;
    run->waiters_n++;
    run->holders_n++;
    run->flight->waiting_n++;
    edoi_wait_push(&run->waiters, &f->node, waker);
    run_check(run);
}

static void run_insert(edo_flight *self, edoi_flight_run *run, uint64_t hash) {
    edoi_table_add(&self->runs, &run->link, hash);
    self->runs_n++;
    self->counts.runs_n++;
}

/* What an ask found. */
typedef enum found { FOUND_NONE, FOUND_OLD, FOUND_FRESH } found;

/* Finds the run of a key, or inserts `fresh`, if it is not NULL. `*err`: a refusal. `f` waits for
 * a run that was there, and for a fresh one that is led elsewhere; it may be NULL. */
static found flight_enter(edo_flight *self, edo_str key, uint64_t hash, edoi_flight_run *fresh,
                          edoi_flight_ask_future *f, edo_waker *waker, int *err) {
    edoi_flight_run *run = flight_find(self, hash, key);
    *err = 0;
    if (run) {
        if (f && (*err = run_admit(run, f->inside)) == 0) run_wait(f, run, waker);
        return FOUND_OLD;
    }
    if (self->runs_n >= self->opts.runs_max) {
        *err = flight_over(self);
        return FOUND_OLD;
    }
    if (!fresh) return FOUND_NONE;
    run_insert(self, fresh, hash);
    if (f && f->start) {
        (void)circle_enter(f->inside, fresh); // which awaits nothing so far
        run_wait(f, fresh, waker);
    }
    return FOUND_FRESH;
}

/* As flight_enter(), called without the lock; makes the fresh run. */
static found flight_ask(edo_flight *self, edo_str key, edoi_flight_run **fresh,
                        edoi_flight_ask_future *f, edo_waker *waker, int *err) {
    uint64_t hash = edoi_siphash13(&self->secret, key.ptr, key.len);
    edoi_lock_acquire(&self->lock);
    found what = flight_enter(self, key, hash, NULL, f, waker, err);
    edoi_lock_release(&self->lock);
    if (what != FOUND_NONE) return what;

    edoi_flight_run *made = run_new(self, key);
    if (!made) {
        *err = -ENOMEM;
        return FOUND_NONE;
    }
    edoi_lock_acquire(&self->lock);
    what = flight_enter(self, key, hash, made, f, waker, err);
    size_t chains_n = edoi_table_is_full(&self->runs) ? self->runs.chains_n : 0;
    edoi_lock_release(&self->lock);
    if (what != FOUND_FRESH) run_free(made);
    if (chains_n > 0) flight_grow(self, chains_n);
    *fresh = made;
    return what;
}

int edoi_flight_begin(edo_flight *self, edo_str key, edoi_flight_start_fn *start, void *arg) {
    edoi_flight_run *run = NULL;
    int err = 0;
    if (key.len > self->opts.key_bytes_max) return -EDO_ETOOLONG;
    found what = flight_ask(self, key, &run, NULL, NULL, &err);
    if (what != FOUND_FRESH) return err < 0 ? err : -EALREADY;
    err = start(arg, run);
    if (err < 0) edoi_flight_end(run, err, NULL);
    return err;
}

/* ---- The future ------------------------------------------------------------------------------ */

/* The first poll. -EAGAIN: it waits. */
static int ask_begin(edoi_flight_ask_future *f, edo_waker *waker) {
    edo_flight *self = f->flight;
    edoi_flight_run *fresh = NULL;
    int err = 0;
    if (f->key.len > self->opts.key_bytes_max) return -EDO_ETOOLONG;
    found what = flight_ask(self, f->key, &fresh, f, waker, &err);
    if (err < 0) return err;
    if (what == FOUND_OLD) return -EAGAIN;
    if (!f->start) {
        f->run = fresh;
        return EDOI_FLIGHT_LEADS;
    }
    err = f->start(f->start_arg, fresh);
    if (err < 0) edoi_flight_end(fresh, err, NULL); // `f` and other waiters get `err`
    return -EAGAIN;
}

/* The run is over: takes its result. Called with the lock held; releases it. */
static int ask_take(edoi_flight_ask_future *f) {
    edoi_flight_run *run = f->run;
    circle_leave(f->inside, run);
    f->result = run->result;
    f->value = run->value ? edo_rc_ref(run->value) : NULL;
    f->had = run->had;
    run->flight->counts.shared_n++;
    run_let_go(run);
    return EDOI_FLIGHT_SHARED;
}

/* A later poll. */
static int ask_look(edoi_flight_ask_future *f, edo_waker *waker) {
    edo_flight *self = f->flight;
    int result = EDOI_FLIGHT_LEADS;
    edoi_lock_acquire(&self->lock);
    if (edoi_still_linked(&f->node)) {
        edoi_wait_renew(&f->node, waker);
        result = -EAGAIN;
    } else if (!edoi_granted(&f->node)) {
        return ask_take(f); // releases the lock
    } else {
        circle_leave(f->inside, f->run);
    }
    edoi_lock_release(&self->lock);
    return result;
}

static edo_polled ask_poll(edo_future *base, edo_cx *cx) {
    edoi_flight_ask_future *f = (edoi_flight_ask_future *)(void *)base;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    bool is_fresh = edo_future_step(base) == FRESH;
    int result = is_fresh ? ask_begin(f, edo_cx_waker(cx)) : ask_look(f, edo_cx_waker(cx));
    if (result != -EAGAIN) return edo_future_finish(base, result);
    edo_future_next_step(base, WAITING);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

/* Leaves the line, or gives up what it was granted. */
static void ask_leave(edoi_flight_ask_future *f) {
    edoi_flight_run *run = f->run;
    edo_flight *self = f->flight;
    edoi_lock_acquire(&self->lock);
    circle_leave(f->inside, run);
    if (edoi_still_linked(&f->node) && !run->is_over) {
        edoi_wait_remove(&run->waiters, &f->node);
        run_out_of_line(run);
        run_let_go(run);
    } else if (edoi_still_linked(&f->node)) {
        edoi_wait_leave(&self->lock, &run->waiters, &f->node); // about to be woken
        edoi_lock_acquire(&self->lock);
        run_let_go(run);
    } else if (edoi_granted(&f->node)) {
        edoi_lock_release(&self->lock);
        edoi_flight_pass_on(run);
    } else {
        run_let_go(run);
    }
}

static void ask_drop(edo_future *base) {
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == WAITING) ask_leave((edoi_flight_ask_future *)(void *)base);
    edo_future_retire(base);
}

static void ask_describe(const edo_future *base, edo_description *to) {
    const edoi_flight_ask_future *f = (const edoi_flight_ask_future *)(const void *)base;
    edo_describe_text(to, " of flight %s", f->flight->opts.name);
}

edo_future *edoi_flight_ask_init(edoi_flight_ask_future *f, edo_flight *flight, edo_str key,
                                 edoi_flight_start_fn *start, void *start_arg) {
    static const edo_future_ops ops = { .poll = ask_poll,
                                        .drop = ask_drop,
                                        .name = "edo_flight_run",
                                        .size = sizeof(edoi_flight_ask_future),
                                        .describe = ask_describe };
    f->flight = flight;
    f->key = key;
    f->run = NULL;
    f->start = start;
    f->start_arg = start_arg;
    f->inside = NULL;
    f->result = 0;
    f->value = NULL;
    return edo_future_init(&f->base, &ops);
}
