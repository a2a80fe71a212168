/* SPDX-License-Identifier: MIT */
/* service/layers/rate_window.c: at most `num` calls in each window of `per`, as Tower counts: a
 * window begins with the first call that takes a place after the former one ended, with all its
 * places.
 *
 *              in a window, places left   in a window, none left   after its end
 *   ready      takes one                  waits, or is refused     a new window; takes one
 *   release    gives it back, if the permit's window is still this one
 *
 * inv. 1: while a ready waits, no later one takes a place: those that wait queue for `line`, whose
 *         holder waits for the end of the window or for a place that was given back.
 * inv. 2: the word of a permit is the number of the window that its place is of, or REFUSED. */
#include "service/layers/rate_window.h"

#include "base/assert.h"

#include "base/error/trail.h"
#include "base/lock.h"
#include "service/own_wait.h"

#include <edo/mutex.h>
#include <edo/notify.h>
#include <edo/scope.h>

#include <errno.h>

#define REFUSED 0u

typedef struct rate_window {
    edo_service base;
    uint64_t num;   /* const */
    int64_t per_ns; /* const */
    bool refuse;    /* const */
    edoi_lock lock; /* a leaf; guards the fields up to `waiters_n` */
    int64_t ends_ns;
    uint64_t left; /* places */
    uintptr_t number;
    uint32_t waiters_n;
    edo_mutex line;
    edo_notify back; /* a place was given back */
} rate_window;

static rate_window *window_of(edo_service *base) {
    return (rate_window *)(void *)base;
}

/* Takes a place at `now_ns`: returns the number of its window, or REFUSED, and then `*ends_ns` is
 * the end of this one. With the lock held. */
static uintptr_t rate_window_take(rate_window *self, int64_t now_ns, int64_t *ends_ns) {
    if (now_ns >= self->ends_ns) {
        self->ends_ns = edo_instant_add((edo_instant){ now_ns }, edo_ns(self->per_ns)).ns;
        self->left = self->num;
        if (++self->number == REFUSED) self->number++;
    }
    *ends_ns = self->ends_ns;
    if (self->left == 0) return REFUSED;
    self->left--;
    return self->number;
}

/* As rate_window_take(), for a ready that has not waited; REFUSED: it waits from now on if
 * `will_wait`. */
static uintptr_t take_or_join(rate_window *self, bool will_wait) {
    int64_t now_ns = edo_now().ns, ends_ns;
    edoi_lock_acquire(&self->lock);
    uintptr_t number =
        self->waiters_n > 0 ? REFUSED : rate_window_take(self, now_ns, &ends_ns); // inv. 1
    EDO_INV("rate_window inv. 1", number == REFUSED || self->waiters_n == 0);
    if (number == REFUSED && will_wait) self->waiters_n++;
    edoi_lock_release(&self->lock);
    return number;
}

/* Waits for a place, as the holder of `line`. */
static int wait_first(rate_window *self, uintptr_t *number) {
    for (;;) {
        int64_t now_ns = edo_now().ns, ends_ns;
        edoi_lock_acquire(&self->lock);
        *number = rate_window_take(self, now_ns, &ends_ns);
        edoi_lock_release(&self->lock);
        if (*number != REFUSED) return 0;
        edo_deadline d;
        edo_deadline_begin(&d, edo_ns(ends_ns - now_ns));
        int err = edo_deadline_end(&d, edo_notify_wait(&self->back));
        // -ETIMEDOUT: the end of the window, not of the caller's time
        if (err < 0 && err != -ETIMEDOUT) return err;
    }
}

static int wait_in_line(rate_window *self, uintptr_t *number) {
    int err = edo_mutex_lock(&self->line);
    if (err == 0) {
        edoi_trail_kept kept = edoi_trail_keep();
        err = edoi_trail_kept_end(kept, wait_first(self, number));
        edo_mutex_unlock(&self->line);
    }
    edoi_lock_acquire(&self->lock);
    self->waiters_n--;
    edoi_lock_release(&self->lock);
    return edoi_own_wait_ended(err);
}

static void rate_window_release(edo_service *base, edo_permit *permit) {
    rate_window *self = window_of(base);
    uintptr_t number = *edo_permit_word(permit, base);
    edoi_lock_acquire(&self->lock);
    bool is_back = number != REFUSED && number == self->number;
    EDO_INV("rate_window inv. 2", number == REFUSED || self->number != REFUSED);
    self->left += is_back;
    bool is_waited_for = is_back && self->waiters_n > 0;
    edoi_lock_release(&self->lock);
    if (is_waited_for) edo_notify_one(&self->back);
}

static int rate_window_ready(edo_service *base, edo_permit *permit) {
    rate_window *self = window_of(base);
    bool will_wait = !self->refuse && !permit->no_wait;
    uintptr_t number = take_or_join(self, will_wait);
    int err = 0;
    if (number == REFUSED && will_wait) err = wait_in_line(self, &number);
    if (number == REFUSED && !will_wait && !self->refuse) err = -EAGAIN;
    if (err < 0) return err;
    *edo_permit_word(permit, base) = number;
    err = edo_service_ready(base->inner, permit);
    if (err < 0) rate_window_release(base, permit);
    return err;
}

static int rate_window_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    if (*edo_permit_word(permit, base) == REFUSED) return -EDO_ERATELIMITED;
    return edo_service_call(base->inner, permit, request, response);
}

int edoi_rate_window_wrap(edo_service **out, edo_service *inner, const edo_rate_opts *opts) {
    static const edo_service_ops ops = { .name = "edo_rate_layer",
                                         .ready = rate_window_ready,
                                         .call = rate_window_call,
                                         .release = rate_window_release };
    edo_limiter checked; // the ranges are the same
    int err = opts->limit.burst > 0 ? -EINVAL : edo_limiter_init(&checked, &opts->limit);
    if (err < 0) return err;
    edo_service *base;
    err = edo_service_new(&base, sizeof(rate_window), &ops, inner);
    if (err < 0) return err;
    rate_window *self = window_of(base);
    self->num = opts->limit.num;
    self->per_ns = opts->limit.per.ns > 0 ? opts->limit.per.ns : edo_s(1).ns;
    self->refuse = opts->refuse;
    self->ends_ns = INT64_MIN;
    self->line = (edo_mutex)EDO_MUTEX_INIT;
    self->back = (edo_notify)EDO_NOTIFY_INIT;
    *out = base;
    return 0;
}
