/* SPDX-License-Identifier: MIT */
/* service/cache/cache.c: a cache's begin and end, and its loads, which go through its flight. */
#include "base/assert.h"
#include "base/error/trail.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "driver/clock.h"
#include "service/cache/note.h"
#include "service/cache/store.h"
#include "time/coarse.h"
#include "time/random.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>
#include <string.h>

#define ENTRIES       16384u
#define ENTRIES_MOST  (1u << 28)
#define BYTES         ((size_t)64 << 20)
#define KEY_BYTES     4096u
#define TTL_S         60
#define JITTER        0.1
#define ERROR_PAUSE_S 1

/* ---- Begin and end --------------------------------------------------------------------------- */

/* `is_negative` chooses errors to keep: it needs `negative_ttl`, the time to keep them. */
static bool cache_opts_are_valid(const edo_cache_opts *o) {
    bool keeps_errors = o->negative_ttl.ns > 0;
    return o->ttl.ns >= 0 && (keeps_errors || !o->is_negative) && o->negative_ttl.ns >= 0 &&
           o->stale_while.ns >= 0 && o->stale_if_error.ns >= 0 && o->error_pause.ns >= 0 &&
           o->load_timeout.ns >= 0 && o->entries_max <= ENTRIES_MOST &&
           o->key_bytes_max <= UINT32_MAX / 2 && o->jitter >= 0 && o->jitter <= 1 &&
           o->early >= 0 && o->early <= 1000 && !o->arg_ref == !o->arg_unref &&
           edoi_all_zero(o->reserved, EDO_COUNT(o->reserved));
}

static void cache_opts_complete(edo_cache_opts *o) {
    if (!o->entries_max) o->entries_max = ENTRIES;
    if (!o->bytes_max) o->bytes_max = BYTES;
    if (!o->key_bytes_max) o->key_bytes_max = KEY_BYTES;
    if (!o->ttl.ns) o->ttl = edo_s(TTL_S);
    if (o->jitter == 0) o->jitter = JITTER;
    if (o->no_jitter) o->jitter = 0;
    if (!o->error_pause.ns) o->error_pause = edo_s(ERROR_PAUSE_S);
}

static bool cache_is_coarse(edo_duration d) {
    return d.ns == 0 || d.ns >= EDOI_COARSE_WORTH_NS;
}

static void cache_deinit(void *arg) {
    edo_cache *self = arg;
    edoi_store_deinit(self);
    edo_flight_unref(self->flight);
}

/* Makes what is in a cache; what there is of it on failure is for cache_deinit(). */
static int cache_fill(edo_cache *self) {
    edo_cache_opts *o = &self->opts;
    const edo_flight_opts of_flight = { .name = o->name,
                                        .waiters_max = o->waiters_max,
                                        .runs_max = o->loads_max,
                                        .key_bytes_max = o->key_bytes_max,
                                        .detached = o->detached,
                                        .run_timeout = o->load_timeout,
                                        .arg_ref = o->arg_ref,
                                        .arg_unref = o->arg_unref };
    int err = edo_flight_new(&self->flight, &of_flight);
    if (err < 0) return err;
    o->name = self->flight->opts.name;
    return edoi_store_init(self);
}

int edo_cache_new(edo_cache **out, const edo_cache_opts *opts) {
    edo_cache_opts o = opts ? *opts : (edo_cache_opts){ .name = NULL };
    if (!cache_opts_are_valid(&o)) return -EINVAL;
    cache_opts_complete(&o);
    edo_cache *self = edo_rc_new(sizeof *self, cache_deinit);
    if (!self) return -ENOMEM;
    *self = (edo_cache){ .opts = o };
    self->coarse = cache_is_coarse(o.ttl) && cache_is_coarse(o.negative_ttl) &&
                   cache_is_coarse(o.stale_while) && cache_is_coarse(o.stale_if_error) &&
                   cache_is_coarse(o.error_pause);
    edoi_siphash_secret_make(&self->secret);
    int err = cache_fill(self);
    if (err < 0) {
        edo_cache_unref(self);
        return err;
    }
    *out = self;
    return 0;
}

edo_cache *edo_cache_ref(edo_cache *self) {
    return edo_rc_ref(self);
}

void edo_cache_unref(edo_cache *self) {
    edo_rc_unref(self);
}

/* ---- Loads ----------------------------------------------------------------------------------- */

static int64_t cache_ttl(const edo_cache *self, edo_duration ttl) {
    if (ttl.ns == EDO_FOREVER_NS || self->opts.jitter == 0) return ttl.ns;
    uint64_t random = edoi_random();
    return ttl.ns - edoi_random_to(&random, (int64_t)((double)ttl.ns * self->opts.jitter));
}

static bool cache_keeps_error(const edo_cache *self, int err) {
    if (self->opts.negative_ttl.ns == 0) return false;
    return self->opts.is_negative ? self->opts.is_negative(err) : err == -ENOENT;
}

/* A load has failed, and was not cut short. */
static void cache_load_failed(edo_cache *self, const edoi_cache_asked *a, int err,
                              const edoi_flight_run *run) {
    EDOI_STORE_COUNT(self, a, load_failures_n);
    if (cache_keeps_error(self, err)) {
        const edoi_cache_made made = { .result = err,
                                       .ttl_ns = cache_ttl(self, self->opts.negative_ttl),
                                       .run = run };
        (void)edoi_store_put(self, a, &made); // it is counted
    } else {
        edoi_store_failed(self, a, edoi_time_after(a->now_ns, self->opts.error_pause.ns));
    }
}

/* A load has made `value`; NULL: nothing that is to be kept. */
static void cache_loaded(edo_cache *self, const edoi_cache_asked *a, const edoi_cache_made *made) {
    if (made->value) {
        (void)edoi_store_put(self, a, made); // it is counted, and the caller has the value
    } else {
        EDOI_STORE_COUNT(self, a, not_kept_n);
        edoi_store_drop(self, a, made->run);
    }
}

/* Why a load has failed that returned `result`; 0: it was cut short, which says nothing. */
static int cache_load_fault(const edoi_flight_job *job, int result) {
    if (!edoi_flight_was_cut(result)) return result;
    return job->is_apart && edo_deadline_left().ns == 0 ? -ETIMEDOUT : 0;
}

/* The job of a leader. The key belongs to the run, which lives until the job is done. */
static int cache_work(void **value, const edoi_flight_job *job, edoi_flight_run *run) {
    edo_cache *self = job->owner;
    edo_str key = { run->key, run->key_bytes };
    edoi_cache_asked a;
    edoi_cache_found there = { .value = NULL };
    edoi_store_ask(self, &a, key);
    // Another load may have ended between this caller's look and its lead.
    if (!job->is_refresh && edoi_store_peek(self, &a, &there)) {
        *value = there.value;
        return there.result;
    }
    EDOI_STORE_COUNT(self, &a, loads_n);
    edo_instant began = edo_now();
    int result = job->load(value, key, job->arg);
    edo_instant ended = edo_now();
    a.now_ns = ended.ns;
    if (result < 0) {
        int fault = cache_load_fault(job, result);
        if (fault < 0) cache_load_failed(self, &a, fault, run);
        return result;
    }
    cache_loaded(self, &a,
                 &(edoi_cache_made){ .value = *value,
                                     .result = result,
                                     .ttl_ns = cache_ttl(self, self->opts.ttl),
                                     .load_ns = edo_instant_since(ended, began).ns,
                                     .run = run });
    return result;
}

/* Begins to replace what is there, in a task of its own. If that cannot be, a later call does. */
static EDOI_NOINLINE void cache_refresh(edo_cache *self, const edoi_cache_asked *a,
                                        edoi_flight_job *job) {
    job->is_refresh = true;
    if (edoi_flight_do_apart(self->flight, a->key, job) == 0)
        EDOI_STORE_COUNT(self, a, refreshes_n);
}

/* Loads; `old` is what is returned if that fails, if it has a value. */
static EDOI_NOINLINE int cache_load(edo_cache *self, void **value, const edoi_cache_asked *a,
                                    const edoi_flight_job *job, const edoi_cache_found *old) {
    int result = edoi_flight_do(self->flight, value, a->key, job);
    if (!old->value) return result;
    if (result >= 0 || edoi_flight_was_cut(result)) {
        edo_rc_unref(old->value);
        return result;
    }
    edoi_trail_drop(result); // of the failure that is made up for
    EDOI_STORE_COUNT(self, a, stale_n);
    *value = old->value;
    return old->result;
}

/* ---- Public ---------------------------------------------------------------------------------- */

int edo_cache_get_or_load(edo_cache *self, void **value, edo_str key, edo_cache_load_fn *load,
                          void *arg) {
    edoi_cache_asked a;
    edoi_cache_found found = { .value = NULL };
    int err = edo_budget_consume();
    if (err < 0) return err;
    if (key.len > self->opts.key_bytes_max) return edoi_flight_refuse(self->flight, -EDO_ETOOLONG);
    edoi_store_ask(self, &a, key);
    edoi_cache_verdict v = edoi_store_find(self, &a, &found);
    if (v != EDOI_CACHE_MISS && v != EDOI_CACHE_TRY) edoi_cache_note(self->opts.name, "hit");
    if (EDOI_LIKELY(v == EDOI_CACHE_HIT || v == EDOI_CACHE_STALE)) {
        *value = found.value;
        return found.result;
    }
    if (v == EDOI_CACHE_REFUSED)
        return edo_fail(found.result, "cache %s: a kept error", self->opts.name);
    edoi_flight_job job = { .work = cache_work, .load = load, .arg = arg, .owner = self };
    if (v != EDOI_CACHE_REFRESH) return cache_load(self, value, &a, &job, &found);
    cache_refresh(self, &a, &job);
    *value = found.value;
    return found.result;
}

int edo_cache_get(edo_cache *self, void **value, edo_str key) {
    edoi_cache_asked a;
    edoi_cache_found found = { .value = NULL };
    if (key.len > self->opts.key_bytes_max) return -ENOENT;
    edoi_store_ask(self, &a, key);
    bool is_there = edoi_store_get(self, &a, &found);
    edoi_cache_note(self->opts.name, is_there ? "hit" : "miss");
    if (!is_there) return -ENOENT;
    if (!found.value) return edo_fail(found.result, "cache %s: a kept error", self->opts.name);
    *value = found.value;
    return found.result;
}

int edo_cache_set(edo_cache *self, edo_str key, void *value) {
    edoi_cache_asked a;
    if (EDO_MISUSE(!value, "the value of an edo_cache is not NULL")) return -EDO_EMISUSE;
    if (key.len > self->opts.key_bytes_max) return edoi_flight_refuse(self->flight, -EDO_ETOOLONG);
    (void)edo_flight_forget(self->flight, key);
    edoi_store_ask(self, &a, key);
    const edoi_cache_made made = { .value = value, .ttl_ns = cache_ttl(self, self->opts.ttl) };
    int err = edoi_store_put(self, &a, &made);
    return err == -EFBIG ? edo_fail(err, "cache %s: the value has too many bytes", self->opts.name)
                         : err;
}

bool edo_cache_remove(edo_cache *self, edo_str key) {
    edoi_cache_asked a;
    (void)edo_flight_forget(self->flight, key);
    edoi_store_ask(self, &a, key);
    return edoi_store_remove(self, &a);
}

void edo_cache_clear(edo_cache *self) {
    edoi_flight_forget_all(self->flight);
    edoi_store_clear(self);
}

edo_cache_stats edo_cache_get_stats(edo_cache *self) {
    edo_cache_stats sum = { .entries = 0 };
    for (uint32_t i = 0; i < self->shards_n; i++) edoi_store_add_stats(&self->shards[i], &sum);
    return sum;
}
