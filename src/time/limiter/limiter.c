/* SPDX-License-Identifier: MIT */
/* time/limiter/limiter.c: GCRA on one word.
 *
 * inv. 1: the word only grows, except when a reservation is undone that nobody has built on.
 * inv. 2: nothing but the word is shared, so all accesses are relaxed: a decision needs only the
 *         word's own order of changes.
 * inv. 2 is not asserted: what is not shared leaves no trace. */
#include "base/assert.h"
#include "base/atomic.h"
#include "base/opts.h"
#include "driver/wheel.h"
#include "runtime/scope/ctx.h"
#include "time/coarse.h"
#include "time/limiter/gcra.h"
#include "time/random.h"

#include <errno.h>

int edo_limiter_init(edo_limiter *l, const edo_limiter_opts *opts) {
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if (opts->num == 0 || opts->per.ns < 0) return -EINVAL;
    uint64_t per_ns = opts->per.ns > 0 ? (uint64_t)opts->per.ns : (uint64_t)edo_s(1).ns;
    uint64_t interval_ns = per_ns / opts->num;
    if (interval_ns == 0) interval_ns = 1;
    uint64_t burst = opts->burst > 0 ? opts->burst : opts->num;
    if (burst > EDOI_GCRA_MOST_NS / interval_ns) return -EINVAL;
    *l = (edo_limiter){ .burst = burst,
                        .interval_ns = (int64_t)interval_ns,
                        .tolerance_ns = (int64_t)(interval_ns * (burst - 1)) };
    return 0;
}

/* Takes `n` cells if their turn is at `last_ns` at the latest. */
static int limiter_take(edo_limiter *l, edo_limiter_turn *turn, uint64_t n, int64_t now_ns,
                        int64_t last_ns) {
    uint64_t seen = edoi_load_rlx_u64(&l->tat_ns); // relaxed: inv. 2
    for (;;) {
        int err = edoi_gcra_decide(l, turn, seen, n, now_ns, last_ns);
        EDO_INV("limiter inv. 1", err < 0 || turn->after_ns >= seen);
        if (err < 0 || n == 0 || edoi_cas_rlx_u64(&l->tat_ns, &seen, turn->after_ns)) return err;
    }
}

int edo_limiter_check_at(edo_limiter *l, edo_instant *next, uint64_t n, edo_instant now) {
    edo_limiter_turn turn;
    int err = limiter_take(l, &turn, n, now.ns, now.ns);
    if (err == -EDO_ERATELIMITED && next) *next = turn.at;
    return err;
}

int edo_limiter_check(edo_limiter *l, edo_instant *next, uint64_t n) {
    return edo_limiter_check_at(l, next, n, edo_now());
}

uint64_t edo_limiter_left(const edo_limiter *l) {
    return edoi_gcra_left(l, edoi_load_rlx_u64(&l->tat_ns), edo_now().ns); // relaxed: inv. 2
}

int edoi_limiter_take_coarsely(edo_limiter *l, edo_limiter_turn *turn) {
    int64_t lag_ns, now_ns = edoi_now_coarse(&lag_ns);
    if (EDOI_LIKELY(limiter_take(l, turn, 1, now_ns, now_ns) == 0)) return 0;
    return edo_limiter_reserve(l, turn, 1, edo_ns(0));
}

int edo_limiter_reserve(edo_limiter *l, edo_limiter_turn *turn, uint64_t n, edo_duration wait_max) {
    int64_t now_ns = edo_now().ns;
    int64_t last_ns = wait_max.ns < 0 ? INT64_MAX : edoi_gcra_sum(now_ns, wait_max.ns);
    return limiter_take(l, turn, n, now_ns, last_ns);
}

bool edo_limiter_unreserve(edo_limiter *l, const edo_limiter_turn *turn) {
    uint64_t seen = turn->after_ns;
    return edoi_cas_rlx_u64(&l->tat_ns, &seen, turn->before_ns);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

bool edoi_limiter_wait_opts_check(const edo_limiter_wait_opts **opts) {
    static const edo_limiter_wait_opts defaults = { 0 };
    if (!*opts) *opts = &defaults;
    return edoi_all_zero((*opts)->reserved, EDO_COUNT((*opts)->reserved));
}

int64_t edoi_limiter_wait_until(const edo_limiter_wait_opts *opts, int64_t now_ns) {
    int64_t deadline_ns = edoi_ctx_here()->deadline_ns;
    if (opts->wait_max.ns <= 0) return deadline_ns;
    int64_t last_ns = edoi_gcra_sum(now_ns, opts->wait_max.ns);
    return last_ns < deadline_ns ? last_ns : deadline_ns;
}

int edoi_limiter_sleep(const edo_limiter_turn *turn, const edo_limiter_wait_opts *opts,
                       int64_t now_ns) {
    int64_t at_ns = turn->at.ns;
    if (at_ns <= now_ns) return 0;
    // a deadline in the same tick would come first
    const edo_instant deadline = { edoi_ctx_here()->deadline_ns };
    const edo_instant first = edo_instant_add(turn->at, edo_ns(EDOI_WHEEL_TICK_NS));
    int64_t room_ns = edo_instant_since(deadline, first).ns;
    int64_t jitter_ns = opts->jitter.ns < room_ns ? opts->jitter.ns : room_ns;
    uint64_t random = edoi_random();
    if (jitter_ns > 0) at_ns += edoi_random_to(&random, jitter_ns);
    return edo_sleep_at((edo_instant){ at_ns });
}

int edo_limiter_wait(edo_limiter *l, uint64_t n, const edo_limiter_wait_opts *opts) {
    if (!edoi_limiter_wait_opts_check(&opts)) return -EINVAL;
    int err = edo_budget_consume();
    if (err < 0) return err;
    edo_limiter_turn turn;
    int64_t now_ns = edo_now().ns;
    err = limiter_take(l, &turn, n, now_ns, edoi_limiter_wait_until(opts, now_ns));
    if (err < 0) return err;
    err = edoi_limiter_sleep(&turn, opts, now_ns);
    if (err < 0) (void)edo_limiter_unreserve(l, &turn);
    return err;
}
