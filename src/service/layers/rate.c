/* SPDX-License-Identifier: MIT */
/* service/layers/rate.c: a limit of calls per time, counted by edo/limiter.h; rate_window.h counts
 * them by fixed windows.
 *
 * Without keys a cell is taken in ready, which waits for its turn; a release gives it back, unless
 * a later one was taken meanwhile. By key it is taken in call, since only the request tells the
 * key. A ready whose turn would come after the deadline in force takes no cell: it sleeps until the
 * deadline cuts it short. */
#include <edo/layers.h>
#include <edo/task.h>

#include "base/opts.h"
#include "runtime/scope/ctx.h"
#include "runtime/task/fiber_ctx.h"
#include "service/layers/rate_window.h"
#include "service/own_wait.h"
#include "time/coarse.h"
#include "time/limiter/gcra.h"

#include <errno.h>
#include <string.h>

#define REFUSED 0u /* the word of a permit without a cell; else the limiter's word with the cell */

typedef struct rate {
    edo_service base;
    edo_limiter *limiter; /* &own, or shared; NULL: by key. const */
    edo_limiter own;
    edo_rate_opts opts;
} rate;

static rate *rate_of(edo_service *base) {
    return (rate *)(void *)base;
}

/* ---- One limit ------------------------------------------------------------------------------- */

static void rate_release(edo_service *base, edo_permit *permit) {
    rate *self = rate_of(base);
    uint64_t after_ns = *edo_permit_word(permit, base);
    if (!self->limiter || after_ns == REFUSED) return;
    // The limiter was at most one interval behind, or idle: both decide alike from now on.
    uint64_t interval_ns = (uint64_t)self->limiter->interval_ns;
    edo_limiter_turn turn = { .before_ns = after_ns - interval_ns, .after_ns = after_ns };
    (void)edo_limiter_unreserve(self->limiter, &turn);
}

/* Takes a cell of the future, and waits for its turn. */
static int wait_for_turn(edo_limiter *limiter, edo_limiter_turn *turn) {
    const edoi_ctx *c = edoi_ctx_here();
    edo_duration at_most = { -1 };
    if (edoi_ctx_has_deadline(c)) {
        at_most = edo_instant_since((edo_instant){ c->deadline_ns }, edo_now());
        if (at_most.ns < 0) at_most.ns = 0;
    }
    int err = edo_limiter_reserve(limiter, turn, 1, at_most);
    if (err == -EDO_ERATELIMITED) err = edo_sleep_at(turn->at); // until the deadline
    if (err < 0) return err;
    err = edo_sleep_at(turn->at);
    if (err < 0) (void)edo_limiter_unreserve(limiter, turn);
    return err;
}

/* Takes a cell of now. The clock is most of its price, so a limit whose burst is long is asked by
 * the coarse clock. */
EDOI_INLINE int take_now(edo_limiter *limiter, edo_limiter_turn *turn) {
    if (limiter->tolerance_ns < EDOI_COARSE_WORTH_NS)
        return edo_limiter_reserve(limiter, turn, 1, edo_ns(0));
    return edoi_limiter_take_coarsely(limiter, turn);
}

static int rate_ready(edo_service *base, edo_permit *permit) {
    rate *self = rate_of(base);
    edo_limiter_turn turn = { .after_ns = REFUSED };
    int err = self->limiter ? take_now(self->limiter, &turn) : 0;
    if (EDOI_UNLIKELY(err == -EDO_ERATELIMITED)) {
        turn.after_ns = REFUSED;
        if (self->opts.refuse) {
            err = 0;
        } else if (permit->no_wait) {
            err = -EAGAIN;
        } else {
            err = edoi_own_wait_ended(wait_for_turn(self->limiter, &turn));
        }
    }
    if (err < 0) return err;
    *edo_permit_word(permit, base) = (uintptr_t)turn.after_ns;
    err = edo_service_ready(base->inner, permit);
    if (err < 0) rate_release(base, permit);
    return err;
}

/* ---- By key ---------------------------------------------------------------------------------- */

static int pass_key(rate *self, const void *request) {
    edo_no_await_begin();
    edo_str key = self->opts.key(self->opts.key_arg, request);
    edo_no_await_end();
    return self->opts.refuse
               ? edo_keyed_limiter_check(self->opts.keyed, NULL, key, 1)
               : edoi_own_wait_ended(edo_keyed_limiter_wait(self->opts.keyed, key, 1, NULL));
}

/* ---- Both ------------------------------------------------------------------------------------ */

static int rate_layer_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    rate *self = rate_of(base);
    int err = 0;
    if (!self->limiter) {
        err = pass_key(self, request);
    } else if (*edo_permit_word(permit, base) == REFUSED) {
        err = -EDO_ERATELIMITED;
    }
    return err < 0 ? err : edo_service_call(base->inner, permit, request, response);
}

static int rate_layer_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_rate_layer",
                                         .ready = rate_ready,
                                         .call = rate_layer_call,
                                         .release = rate_release };
    edo_rate_opts opts;
    edo_limiter own = { .burst = 0 };
    memcpy(&opts, &layer->opts, sizeof opts);
    int limits = (opts.limit.num > 0) + (opts.shared != NULL) + (opts.keyed != NULL);
    if (limits != 1 || (opts.keyed != NULL) != (opts.key != NULL))
        return edo_fail(-EINVAL, "edo_rate_layer(): set one of `limit.num`, `shared`, and `keyed` "
                                 "with `key`");
    if (!edoi_all_zero(opts.reserved, EDO_COUNT(opts.reserved)))
        return edo_fail(-EINVAL, "edo_rate_layer(): `reserved` must be 0");
    if (opts.fixed_window) // of one service
        return opts.limit.num > 0 ? edoi_rate_window_wrap(out, inner, &opts) : -EINVAL;
    int err = opts.limit.num > 0 ? edo_limiter_init(&own, &opts.limit) : 0;
    if (err < 0) return err;
    edo_service *base;
    err = edo_service_new(&base, sizeof(rate), &ops, inner);
    if (err < 0) return err;
    rate *self = rate_of(base);
    self->opts = opts;
    self->own = own;
    self->limiter = opts.keyed ? NULL : opts.shared ? opts.shared : &self->own;
    *out = base;
    return 0;
}

edo_layer edo_rate_layer(const edo_rate_opts *opts) {
    return edo_layer_make(rate_layer_wrap, opts, sizeof *opts);
}
