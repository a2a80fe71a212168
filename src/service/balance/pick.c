/* SPDX-License-Identifier: MIT */
/* service/balance/pick.c: which connection a call gets, and what is learned when it is done.
 *
 * Lock order: as in set.c. */
#include "base/assert.h"
#include "base/error/trail.h"
#include "base/lock.h"
#include "service/balance/eject.h"
#include "service/balance/hash.h"
#include "service/outcome.h"

#include <edo/error.h>
#include <edo/outcome.h>
#include <edo/scope.h>

#include <errno.h>
#include <string.h>

/* ---- Picking --------------------------------------------------------------------------------- */

/* What one more call would cost there. */
static double conn_cost(edoi_balance_conn *c, int64_t now_ns) {
    return edoi_ewma_look(&c->took, now_ns) * (double)(c->leases + 1) / c->of->weight;
}

/* Returns how `a` compares with `b`: below 0 it has less to do for its weight. */
static int conn_compare(edoi_balance_conn *a, edoi_balance_conn *b, bool is_timed, int64_t now_ns) {
    if (is_timed) {
        const double cost_a = conn_cost(a, now_ns), cost_b = conn_cost(b, now_ns);
        return (cost_a > cost_b) - (cost_a < cost_b);
    }
    const uint64_t load_a = a->leases * b->of->weight, load_b = b->leases * a->of->weight;
    return (load_a > load_b) - (load_a < load_b);
}

/* Of two at random that with less to do; a tie is broken by weight, so that an idle set is shared
 * by weight, too. */
static edoi_balance_conn *set_choose_p2c(edoi_balance_set *set, int64_t now_ns) {
    uint64_t n = set->picks_n, random = edoi_random_step(&set->random);
    uint64_t i = (random & UINT32_MAX) * n >> 32;
    uint64_t j = (random >> 32) * (n - 1) >> 32;
    edoi_balance_conn *a = set->ready[i], *b = set->ready[j + (j >= i)];
    const int order = conn_compare(a, b, set->is_timed, now_ns);
    if (order != 0) return order < 0 ? a : b;
    uint64_t weight_a = a->of->weight, weight_b = b->of->weight;
    if (weight_a == weight_b) return a;
    return edoi_random_step(&set->random) % (weight_a + weight_b) < weight_a ? a : b;
}

/* The first one that is not barred, from `*at` on; NULL: all are. `*at` is behind it then. */
static edoi_balance_conn *set_next_free(const edoi_balance_set *set, const edoi_had *barred,
                                        size_t *at) {
    for (size_t n = 0; n < set->picks_n; n++) {
        edoi_balance_conn *c = set->ready[(*at)++ % set->picks_n];
        if (!edoi_had_has(barred, c->of->hash)) return c;
    }
    return NULL;
}

/* As set_choose(), without barred connections: of two neighbours the one with less load. NULL: all
 * are barred. It may look at all of them, which is acceptable for a second attempt. */
static edoi_balance_conn *set_choose_other(edoi_balance_set *set, const edoi_had *barred,
                                           int64_t now_ns) {
    const bool in_turn = set->opts.kind == EDO_BALANCE_ROUND_ROBIN;
    size_t at = in_turn ? set->turn++ : edoi_random_step(&set->random) >> 32;
    edoi_balance_conn *a = set_next_free(set, barred, &at);
    edoi_balance_conn *b = a && !in_turn ? set_next_free(set, barred, &at) : a;
    return a && conn_compare(b, a, set->is_timed, now_ns) < 0 ? b : a;
}

/* Some are ready. */
static edoi_balance_conn *set_choose(edoi_balance_set *set, const edoi_pick *pick,
                                     const edoi_had *barred, int64_t now_ns) {
    edoi_balance_conn *c = NULL;
    if (set->picks_n == 1) return set->ready[0];
    if (pick->has_hash && set->opts.kind == EDO_BALANCE_HASH)
        c = edoi_hash_choose(set, pick->hash, barred);
    if (!c && EDOI_UNLIKELY(barred->n > 0)) c = set_choose_other(set, barred, now_ns);
    if (c) return c;
    if (set->opts.kind == EDO_BALANCE_P2C || set->opts.kind == EDO_BALANCE_HASH)
        return set_choose_p2c(set, now_ns);
    return set->ready[set->turn++ % set->picks_n];
}

/* Where and why a connect has failed, for a trail. */
typedef struct refusal {
    char at[EDO_ENDPOINT_ADDRESS_MAX], why[EDO_TRAIL_TEXT_MAX]; /* "": nothing is known */
} refusal;

/* What a pick without a choice returns. With the lock held. */
static int set_refusal(const edoi_balance_set *set, bool fail_fast, refusal *r) {
    r->at[0] = r->why[0] = '\0';
    if (set->over < 0) return set->over;
    if (!fail_fast || set->state != EDO_BALANCE_FAILED) return 1;
    if (set->all_n == 0) return set->empty_err;
    memcpy(r->at, set->failed_at, sizeof r->at);
    memcpy(r->why, set->failed_why, sizeof r->why);
    return set->failed_err;
}

/* PICK_FIRST: members that have failed are wanted again, the others are tried in order. With the
 * lock held. */
static void set_seek(edoi_balance_set *set, edoi_duties *owed) {
    bool is_first = set->opts.kind == EDO_BALANCE_PICK_FIRST;
    if (!is_first || set->is_seeking || set->ready_n > 0 || set->over < 0) return;
    set->is_seeking = true;
    for (size_t i = 0; i < set->all_n; i++)
        set->all[i]->is_wanted = set->all[i]->state != EDO_BALANCE_IDLE;
    edoi_set_settle(set, owed);
}

static int set_pick_none(edoi_balance_set *set, bool fail_fast) {
    refusal r;
    edoi_duties owed = { .changed = false };
    set_seek(set, &owed);
    int err = set_refusal(set, fail_fast, &r);
    edoi_set_unlock(set, &owed);
    if (err < 0) edoi_trail_drop(err); // of this task's last failure: this one is another task's
    if (r.why[0]) err = edo_fail(err, "%s", r.why);
    if (r.at[0]) err = edo_fail(err, "connecting to %s", r.at);
    return err;
}

int edoi_balance_set_pick(edoi_balance_set *set, edoi_balance_conn **out, edoi_pick *pick) {
    const int64_t now_ns = pick->at_ns = edoi_balance_set_time(set);
    edoi_had barred;
    pick->attempts = edoi_attempts_here();
    edoi_attempts_read(pick->attempts, &barred);
    edoi_lock_acquire(&set->lock);
    if (EDOI_UNLIKELY(set->picks_n == 0)) return set_pick_none(set, pick->fail_fast);
    edoi_balance_conn *c = set_choose(set, pick, &barred, now_ns);
    c->leases++;
    set->leases++;
    edoi_lock_release(&set->lock);
    *out = c;
    return 0;
}

void edoi_balance_set_seek(edoi_balance_set *set) {
    edoi_duties owed = { .changed = false };
    edoi_lock_acquire(&set->lock);
    set_seek(set, &owed);
    edoi_set_unlock(set, &owed);
}

int edoi_balance_set_await(edoi_balance_set *set, edoi_balance_conn **out, edoi_pick *pick) {
    for (;;) {
        edo_notify_wait_future changed;
        (void)edo_notify_wait_init(&changed, &set->changed); // before the look: it misses no change
        int err = edoi_balance_set_pick(set, out, pick);
        if (err <= 0) return err;
        err = edo_await(&changed.base);
        if (err < 0) return err;
    }
}

/* ---- Done ------------------------------------------------------------------------------------ */

int64_t edoi_balance_set_time(const edoi_balance_set *set) {
    return set->is_timed ? edo_now().ns : 0;
}

bool edoi_result_has_failed(int result) {
    if (result == -ECANCELED) return edo_deadline_left().ns == 0; // a limit around it: it has hung
    return edo_outcome_of(result) == EDO_CALL_FAILED;
}

static bool result_is_lost(int result) {
    return result == -ECONNRESET || result == -ECONNABORTED || result == -ENOTCONN ||
           result == -EPIPE || result == -EDO_ECLOSED || result == -EDO_EEOF;
}

bool edoi_balance_conn_is_lost(const edoi_balance_conn *c, int result) {
    const edoi_balance_set *set = c->of->set;
    if (!set->ops->is_lost) return result_is_lost(result);
    edo_no_await_begin();
    bool is_lost = set->ops->is_lost(set->arg, c->made, result);
    edo_no_await_end();
    return is_lost;
}

/* Has a layer at the endpoint refused the call? That is no failure of the endpoint, but the next
 * call had better go elsewhere. */
static bool end_is_refusal(const edoi_call_end *end) {
    return !end->has_failed && end->began_ns != EDOI_NO_CALL &&
           edoi_outcome_is_refusal(end->result);
}

/* Is it the caller's doing that the call has failed, so that the endpoint had no part in it? */
static bool end_is_callers(const edoi_call_end *end) {
    return !end->has_failed && end->result != -ECANCELED &&
           edo_outcome_of(end->result) == EDO_CALL_IGNORED;
}

/* Counts the time of a call for the connection. A quick failure or refusal counts as
 * `load_penalty`: else a server that fails at once would attract all calls. With the lock held. */
static void conn_learn(edoi_balance_conn *c, const edoi_call_end *end, int64_t now_ns) {
    edoi_balance_set *set = c->of->set;
    int64_t took_ns = now_ns - end->began_ns;
    bool is_bad = end->has_failed || end_is_refusal(end);
    if (is_bad && took_ns < set->opts.load_penalty.ns) took_ns = set->opts.load_penalty.ns;
    edoi_set_advance(set, now_ns);
    edoi_ewma_add(&c->took, &set->ewma, now_ns, took_ns);
}

void edoi_balance_conn_done(edoi_balance_conn *c, const edoi_call_end *end) {
    edoi_balance_set *set = c->of->set;
    const bool is_call = end->began_ns != EDOI_NO_CALL && !end_is_callers(end);
    const bool is_refusal = end_is_refusal(end);
    const int64_t now_ns = is_call || is_refusal ? edoi_balance_set_time(set) : 0;
    if (end->is_lost) edoi_conn_lost(c);
    const bool is_success = is_call && !end->has_failed && end->result != -ECANCELED;
    if (end->is_lost || (is_call && end->has_failed) || is_refusal)
        edoi_attempts_bar(edoi_attempts_here(), c->of->hash);
    else if (is_success)
        edoi_attempts_succeed(edoi_attempts_here(), c->of->hash);
    edoi_lock_acquire(&set->lock);
    EDO_ASSERT(c->leases > 0);
    set->leases -= c->ready_at != EDOI_NOT_READY;
    bool is_last = --c->leases == 0 && !c->is_kept;
    c->of->has_served |= is_success;
    if ((is_call || is_refusal) && set->is_timed) conn_learn(c, end, now_ns);
    if (is_call && set->ejects && edoi_record_call(c->of, end->has_failed, end->result)) {
        edoi_duties owed = { .ejected = true };
        edoi_set_settle(set, &owed);
        (void)edoi_balance_set_ref(set); // it may end with the lock: the call had no more than `c`
        edoi_set_unlock(set, &owed);
        edoi_balance_set_unref(set);
    } else {
        edoi_lock_release(&set->lock);
    }
    if (is_last) edoi_balance_conn_drop(c);
}
