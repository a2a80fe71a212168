/* SPDX-License-Identifier: MIT */
/* service/balance/balance.c: the handle of a balance, and the task that reads its source.
 *
 * The task owns the source, and the tasks of the endpoints live in its scope. It ends when the last
 * reference to the handle was given back, or its runtime ends; then it takes all endpoints out, so
 * that a pick elsewhere fails instead of waiting for ever. */
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "records/unfinished.h"
#include "service/balance/eject.h"
#include "service/balance/hash.h"
#include "service/balance/maglev.h"
#include "service/balance/member.h"
#include "service/discover/discovery.h"
#include "service/own_wait.h"

#include <edo/scope.h>
#include <edo/span.h>
#include <edo/task.h>

#include <errno.h>
#include <inttypes.h>

#define READ_AGAIN edo_ms(100) // after a failure

typedef struct reader {
    edoi_balance_set *set; /* a reference */
    edo_seq *source;       /* owned */
} reader;

/* ---- The task that reads the source ---------------------------------------------------------- */

static int reader_try_add(const reader *r, edo_scope *s, const edo_endpoint *e) {
    edoi_member *m;
    int err = edoi_balance_set_add(r->set, e, &m);
    if (err < 0 || !m) return err;
    // spread: what a connection spawns lives where its endpoint's task does
    const edo_spawn_opts opts = { .name = EDOI_OWN_TASK "endpoint of a balance",
                                  .spread = true,
                                  .cancel = m->ending };
    err = edo_scope_spawn_with(s, edoi_member_task, m, &opts);
    if (err == 0) return 0;
    edoi_balance_set_remove(r->set, edoi_endpoint_key(e), NULL);
    edoi_member_unref(m);
    return err;
}

/* Adds an endpoint; without memory it tries again, since the source reports each endpoint once.
 * Returns 0, or -ECANCELED. */
static int reader_add(const reader *r, edo_scope *s, const edo_endpoint *e) {
    int err = 0;
    while (err == 0 && reader_try_add(r, s, e) < 0) err = edo_sleep(READ_AGAIN);
    return err;
}

/* Reads changes until the source has ended, or the task was cancelled. */
static int reader_follow(const reader *r, edo_scope *s) {
    edo_endpoint_change change;
    int err = 0;
    while (err == 0) {
        int got = edo_seq_next(r->source, &change);
        if (got == 0) {
            edoi_balance_set_unsourced(r->set, -ENOENT);
            return 0;
        }
        if (got < 0) {
            // a pick that gets it was not cancelled
            edoi_balance_set_unsourced(r->set, got == -ECANCELED ? -ECONNABORTED : got);
            edo_trail_clear();
            err = edo_sleep(READ_AGAIN);
        } else if (change.what == EDO_ENDPOINT_ADDED) {
            err = reader_add(r, s, &change.endpoint);
        } else {
            edoi_balance_set_remove(r->set, edoi_endpoint_key(&change.endpoint), NULL);
        }
    }
    return err;
}

/* Spawns a task of the whole set. Returns 0, or -ECANCELED. */
static int reader_help(const reader *r, edo_scope *s, edo_task_fn *task, const char *name) {
    const edo_spawn_opts opts = { .name = name, .cancel = r->set->ending };
    int err = 0;
    while (err == 0) {
        edoi_balance_set *set = edoi_balance_set_ref(r->set);
        if (edo_scope_spawn_with(s, task, set, &opts) == 0) return 0;
        edoi_balance_set_unref(set);
        err = edo_sleep(READ_AGAIN);
    }
    return err;
}

static int reader_task(void *arg) {
    reader *r = arg;
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    int err = 0;
    if (r->set->ejects)
        err = reader_help(r, &s, edoi_eject_task, EDOI_OWN_TASK "ejections of a balance");
    if (err == 0 && r->set->opts.kind == EDO_BALANCE_HASH)
        err = reader_help(r, &s, edoi_hash_task, EDOI_OWN_TASK "table of a balance");
    if (err == 0) err = reader_follow(r, &s);
    if (err == 0) err = edo_cancel_wait(r->set->ending);
    edoi_balance_set_end(r->set, -ECONNABORTED);
    (void)edo_scope_end(&s, 0); // the members' tasks were cancelled one by one
    (void)edo_seq_shutdown(r->source);
    edoi_balance_set_unref(r->set);
    edoi_free(r);
    return err;
}

/* Spawns it. Takes the source on success. */
static int reader_spawn(edoi_balance_set *set, edo_seq *source) {
    reader *r = edoi_alloc(sizeof *r);
    if (!r) return -ENOMEM;
    *r = (reader){ .set = edoi_balance_set_ref(set), .source = source };
    const edo_spawn_opts opts = { .name = EDOI_OWN_TASK "source of a balance",
                                  .no_context = true,
                                  .cancel = set->ending };
    int err = edo_spawn_detached_with(reader_task, r, &opts);
    if (err == 0) return 0;
    edoi_balance_set_unref(set);
    edoi_free(r);
    return err;
}

/* ---- The handle ------------------------------------------------------------------------------ */

static int load_complete(edo_balance_opts *o) {
    if (o->load_start.ns == 0) o->load_start = edo_s(1);
    if (o->load_decay.ns == 0) o->load_decay = edo_s(10);
    if (o->load_penalty.ns == 0) o->load_penalty = edo_s(1);
    bool is_bad = o->load_start.ns < 0 || o->load_decay.ns < edo_ms(1).ns;
    return is_bad || o->load_penalty.ns < 0 ? -EINVAL : 0;
}

static int balance_complete(edo_balance_opts *o) {
    const bool is_first = o->kind == EDO_BALANCE_PICK_FIRST;
    if (o->key && o->kind != EDO_BALANCE_HASH) return -EINVAL;
    if (is_first && edoi_outlier_is_on(&o->outlier)) return -EINVAL;
    if (o->kind > EDO_BALANCE_HASH || o->load > EDO_LOAD_PEAK_EWMA) return -EINVAL;
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return -EINVAL;
    if (o->connect_timeout.ns == 0) o->connect_timeout = edo_s(20);
    if (o->pause_min.ns == 0) o->pause_min = edo_s(1);
    if (o->pause_max.ns == 0) o->pause_max = edo_s(120);
    if (o->stagger.ns == 0) o->stagger = edo_ms(250);
    bool is_negative = o->connect_timeout.ns < 0 || o->pause_min.ns < 0;
    if (is_negative || o->pause_max.ns < o->pause_min.ns) return -EINVAL;
    if (o->load_spread == 0) o->load_spread = 0.25;
    if (o->check_every.ns == 0) o->check_every = edo_s(10);
    if (o->check_timeout.ns == 0) o->check_timeout = edo_s(2);
    if (o->checks_down == 0) o->checks_down = 3;
    if (o->checks_up == 0) o->checks_up = 2;
    if (o->check_every.ns < 0 || o->check_timeout.ns < 0) return -EINVAL;
    if (o->panic_below == 0) o->panic_below = 0.5;
    if (!(o->panic_below <= 1) || o->load_spread != o->load_spread) return -EINVAL;
    int err = edoi_outlier_complete(&o->outlier);
    return err < 0 ? err : load_complete(o);
}

static void handle_deinit(void *memory) {
    edo_balance *b = memory;
    edo_cancel(b->set->ending, EDO_CANCEL_ASKED);
    edoi_balance_set_unref(b->set);
}

static int balance_make(edo_balance **out, const edo_balance_ops *ops, void *arg,
                        const edo_balance_opts *opts) {
    edoi_balance_set *set;
    int err = edoi_balance_set_new(&set, ops, arg, opts);
    if (err < 0) return err;
    edo_balance *b = edo_rc_new(sizeof *b, handle_deinit);
    if (!b) {
        edoi_balance_set_unref(set);
        return -ENOMEM;
    }
    b->set = set;
    *out = b;
    return 0;
}

static int balance_begin(edo_balance **out, edo_seq *source, const edo_balance_ops *ops, void *arg,
                         const edo_balance_opts *opts) {
    edo_balance_opts o = { .kind = EDO_BALANCE_P2C };
    edo_balance *b = NULL;
    if (!source) return -ENOMEM;
    if (opts) o = *opts;
    bool is_full = ops->connect && ops->close && !ops->reserved[0];
    if (!is_full || source->item_size != sizeof(edo_endpoint_change)) return -EINVAL;
    int err = balance_complete(&o);
    if (err == 0) err = balance_make(&b, ops, arg, &o);
    if (err < 0) return err;
    b->set->is_made = true; // from now on `arg` is dropped
    err = reader_spawn(b->set, source);
    if (err == 0) {
        *out = b;
        return 0;
    }
    b->set->is_made = false;
    edo_balance_unref(b);
    return err;
}

int edo_balance_new(edo_balance **out, edo_seq *source, const edo_balance_ops *ops, void *arg,
                    const edo_balance_opts *opts) {
    int err = balance_begin(out, source, ops, arg, opts);
    if (err < 0) edo_seq_free(source);
    return err;
}

edo_balance *edo_balance_ref(edo_balance *b) {
    return edo_rc_ref(b);
}

void edo_balance_unref(edo_balance *b) {
    edo_rc_unref(b);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

static int lease_begin(edo_balance_lease *lease, edoi_balance_conn *c, const edoi_pick *pick) {
    *lease = (edo_balance_lease){
        .conn = c->made, .to = &c->of->endpoint, .of = c, .began_ns = pick->at_ns
    };
    edoi_attempts_note(pick->attempts, c->of->hash);
    edoi_own_wait_begin();
    return 0;
}

/* A wait is a span. */
static EDOI_NOINLINE int pick_watched(edoi_balance_set *set, edoi_balance_conn **out,
                                      edoi_pick *pick) {
    edo_span_block span;
    int err = edoi_balance_set_pick(set, out, pick);
    if (err <= 0) return err;
    edo_span_begin(&span, edo_span_new(EDO_LEVEL_DEBUG, "balance", edo_span_current(),
                                       (EDO_KV("balance", set->name)), "wait"));
    return edo_span_end(&span, edoi_balance_set_await(set, out, pick));
}

static int pick_await(edoi_balance_set *set, edoi_balance_conn **out, edoi_pick *pick) {
    int err = edo_budget_consume();
    if (err < 0) return err;
    return EDOI_LOG_LEVEL_ON(EDO_LEVEL_DEBUG) ? pick_watched(set, out, pick)
                                              : edoi_balance_set_await(set, out, pick);
}

int edo_balance_pick(edo_balance *b, edo_balance_lease *lease, edo_pick how) {
    edoi_pick pick = { .fail_fast = how == EDO_PICK_FAIL_FAST };
    edoi_balance_conn *c;
    int err = pick_await(b->set, &c, &pick);
    return err < 0 ? err : lease_begin(lease, c, &pick);
}

int edo_balance_pick_for(edo_balance *b, edo_balance_lease *lease, edo_str key, edo_pick how) {
    edoi_pick pick = { .fail_fast = how == EDO_PICK_FAIL_FAST,
                       .has_hash = true,
                       .hash = edoi_maglev_hash(key) };
    edoi_balance_conn *c;
    int err = pick_await(b->set, &c, &pick);
    return err < 0 ? err : lease_begin(lease, c, &pick);
}

int edo_balance_try_pick(edo_balance *b, edo_balance_lease *lease) {
    edoi_balance_conn *c;
    edoi_pick pick = { .fail_fast = false };
    int err = edoi_balance_set_pick(b->set, &c, &pick);
    if (err > 0) return -EAGAIN;
    return err < 0 ? err : lease_begin(lease, c, &pick);
}

static bool lease_has_failed(const edoi_balance_conn *c, int result) {
    const edoi_balance_set *set = c->of->set;
    if (!set->ops->has_failed) return edoi_result_has_failed(result);
    edo_no_await_begin();
    bool has_failed = set->ops->has_failed(set->arg, c->made, result);
    edo_no_await_end();
    return has_failed;
}

void edo_balance_done(edo_balance_lease *lease, int result) {
    edoi_balance_conn *c = lease->of;
    if (!c) return;
    const bool is_own = edoi_own_wait_was_cut(result);
    const edoi_call_end end = { .began_ns = is_own ? EDOI_NO_CALL : lease->began_ns,
                                .has_failed = !is_own && lease_has_failed(c, result),
                                .result = result,
                                .is_lost = edoi_balance_conn_is_lost(c, result) };
    *lease = (edo_balance_lease){ .conn = NULL };
    edoi_balance_conn_done(c, &end);
}

/* ---- Looking on ------------------------------------------------------------------------------ */

edo_balance_state edo_balance_get_state(edo_balance *b) {
    int state = edoi_balance_set_state(b->set);
    return state < 0 ? EDO_BALANCE_FAILED : (edo_balance_state)state;
}

int edo_balance_wait_state(edo_balance *b, edo_balance_state seen) {
    int err = edo_budget_consume();
    if (err < 0) return err;
    for (;;) {
        edo_notify_wait_future changed;
        (void)edo_notify_wait_init(&changed, &b->set->changed); // before the look
        int state = edoi_balance_set_state(b->set);
        if (state != (int)seen) return state;
        err = edo_await(&changed.base);
        if (err < 0) return err;
    }
}

void edo_balance_connect(edo_balance *b) {
    edoi_balance_set_seek(b->set);
}

static const char *state_name(edo_balance_state state) {
    switch (state) {
    case EDO_BALANCE_IDLE: return "idle";
    case EDO_BALANCE_CONNECTING: return "connecting";
    case EDO_BALANCE_READY: return "ready";
    case EDO_BALANCE_FAILED: break;
    }
    return "failed";
}

static void endpoint_dump(const edo_balance_endpoint *e, FILE *out) {
    (void)fprintf(out, "  %s: %s, weight %" PRIu32 ", %" PRIu64 " in flight", e->endpoint.address,
                  state_name(e->state), e->endpoint.weight, e->in_flight);
    if (e->latency.ns > 0) (void)fprintf(out, ", %.3f ms a call", (double)e->latency.ns / 1e6);
    if (e->is_ejected) (void)fprintf(out, ", ejected for %.1f s", (double)e->ejected_for.ns / 1e9);
    if (e->is_ill) (void)fputs(", ill", out);
    if (e->ejections > 0) (void)fprintf(out, ", ejections %" PRIu32, e->ejections);
    if (e->err < 0) (void)fprintf(out, ", %s", edo_error_name(e->err));
    (void)fputc('\n', out);
}

void edo_balance_dump(edo_balance *b, FILE *out) {
    edo_balance_endpoint e;
    size_t n = edoi_balance_set_at(b->set, 0, &e);
    edo_no_await_begin();
    (void)fprintf(out, "balance %s: %s, endpoints: %zu\n", b->set->name,
                  state_name(edo_balance_get_state(b)), n);
    for (size_t i = 0; i < n; i++) {
        n = edoi_balance_set_at(b->set, i, &e);
        if (i < n) endpoint_dump(&e, out);
    }
    edo_no_await_end();
}

size_t edo_balance_list(edo_balance *b, edo_balance_endpoint *out, size_t out_max) {
    edo_balance_endpoint none;
    size_t n = edoi_balance_set_at(b->set, 0, out_max > 0 ? &out[0] : &none);
    for (size_t i = 1; i < n && i < out_max; i++) n = edoi_balance_set_at(b->set, i, &out[i]);
    return n;
}
