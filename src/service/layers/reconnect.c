/* SPDX-License-Identifier: MIT */
/* service/layers/reconnect.c: a service that is made again when it has ended.
 *
 * Attempts run in a task: so a caller that is cancelled, or does not wait, leaves the attempt to
 * the others. The task and the service share the `link`.
 *
 *              idle                connecting                connected
 *   ready      connecting, spawn   waits for the attempt     ready of the inner service
 *   made       (never)             connected                 (never)
 *   failed     (never)             idle, failed_n = attempt  (never)
 *   broken     -                   -                         idle, if it is still that service
 *
 * inv. 1: an attempt has one end, `made` or `failed`; a ready that waited for attempt n knows by
 *         failed_n >= n which. Attempts are numbered from 1.
 * inv. 2: the word of a permit is a reference to the inner service that is held, or an error of an
 *         attempt, marked by bit 0.
 *
 * Lock order: link->lock is a leaf; services are given back after it. */
#include "base/assert.h"
#include <edo/reconnect.h>

#include "base/lock.h"
#include "base/opts.h"
#include "memory/rc.h"
#include "service/kind.h"
#include "time/attempts.h"

#include <edo/cancel.h>
#include <edo/notify.h>

#include <errno.h>
#include <string.h>

#define LEVELS 8 // of the services that are made, without an option

typedef enum link_state { IDLE, CONNECTING, CONNECTED } link_state;

typedef struct service_link {
    edoi_lock lock; /* guards the fields up to `proven` */
    link_state state;
    edo_service *inner; /* while connected: a reference */
    uint64_t attempt_n, failed_n;
    int error;                /* of attempt failed_n */
    uint32_t in_a_row;        /* attempts that failed, and services that were never ready */
    bool proven;              /* `inner` was ready once */
    edo_backoff backoff;      /* used by the task of the attempt only */
    edoi_attempts series;     /* likewise; those in a row: the next one connects elsewhere */
    edo_notify changed;       /* an attempt has ended */
    edo_cancel_token *ending; /* fires when the service ends */
    /* const: */
    edo_make_service_fn *make;
    void *arg;
    const void *target;
    uint32_t level;   /* of the service */
    const char *kind; /* of its requests; NULL: any */
} service_link;

typedef struct reconnect {
    edo_service base;
    service_link *link; /* a reference */
} reconnect;

static service_link *link_of(edo_service *base) {
    return ((reconnect *)(void *)base)->link;
}

static void link_deinit(void *memory) {
    service_link *l = memory;
    edo_service_unref(l->inner);
    edo_cancel_unref(l->ending);
}

static void link_unref(service_link *l) {
    edoi_rc_unref(EDOI_COUNTED, l);
}

/* The reference of a permit, which is no handle of the program's: debug builds do not list it. */
static void inner_unref(edo_service *inner) {
    edoi_rc_unref(EDOI_SERVICE, inner);
}

/* ---- An attempt ------------------------------------------------------------------------------ */

/* Ends the attempt under way: with `made` (takes it), or with `err`. */
static void attempt_over(service_link *l, edo_service *made, int err) {
    edoi_lock_acquire(&l->lock);
    EDO_INV("reconnect inv. 1", l->state == CONNECTING && l->failed_n < l->attempt_n);
    l->inner = made;
    l->state = made ? CONNECTED : IDLE;
    l->proven = false;
    if (!made) {
        l->failed_n = l->attempt_n;
        l->error = err;
        l->in_a_row++;
    }
    edoi_lock_release(&l->lock);
    edo_notify_all(&l->changed);
}

static int pause_before(service_link *l) {
    edoi_lock_acquire(&l->lock);
    bool at_once = l->in_a_row == 0;
    edoi_lock_release(&l->lock);
    if (!at_once) return edo_sleep(edo_backoff_next(&l->backoff));
    edo_backoff_reset(&l->backoff);
    l->series = (edoi_attempts){ .had_n = 0 };
    return 0;
}

static int attempt_make(service_link *l, edo_service **made) {
    edoi_attempts_next(&l->series);
    edoi_attempts *before = edoi_attempts_enter(&l->series);
    int err = l->make(l->arg, made, l->target);
    edoi_attempts_leave(&l->series, before);
    return err;
}

static int attempt_task(void *arg) {
    service_link *l = arg; // its own reference
    edo_service *made = NULL;
    int err = pause_before(l);
    if (err == 0) err = attempt_make(l, &made);
    if (err >= 0 && (!made || made->level >= l->level)) {
        edo_service_unref(made);
        err = -EINVAL;
    } else if (err >= 0 && (err = edoi_kind_check("the connection", l->kind, made)) < 0) {
        edo_service_unref(made);
    }
    if (err == -ECANCELED) err = -ECONNABORTED; // a caller that waits for it was not cancelled
    attempt_over(l, err < 0 ? NULL : made, err);
    link_unref(l);
    return err < 0 ? err : 0;
}

static void start_attempt(service_link *l) {
    const edo_spawn_opts opts = { .cancel = l->ending, .no_context = true };
    (void)edoi_rc_ref(l);
    int err = edo_spawn_detached_with(attempt_task, l, &opts);
    if (err == 0) return;
    attempt_over(l, NULL, err);
    link_unref(l);
}

/* ---- Ready ----------------------------------------------------------------------------------- */

static uintptr_t word_of_error(int err) {
    EDO_INV("reconnect inv. 2", err < 0);
    return (uintptr_t)-err << 1 | 1;
}

/* Returns the inner service, with a reference; or NULL, and `*attempt_n` is the attempt to wait
 * for, which is started if need be. */
static edo_service *service_link_look(service_link *l, uint64_t *attempt_n) {
    edo_service *inner = NULL;
    edoi_lock_acquire(&l->lock);
    bool is_idle = l->state == IDLE;
    if (is_idle) {
        l->state = CONNECTING;
        l->attempt_n++;
    }
    *attempt_n = l->attempt_n;
    if (l->state == CONNECTED) inner = edoi_rc_ref(l->inner);
    edoi_lock_release(&l->lock);
    if (is_idle) start_attempt(l);
    return inner;
}

/* The code of attempt `n`, or of a later one; 0: it has not failed. */
static int failure_since(service_link *l, uint64_t n) {
    edoi_lock_acquire(&l->lock);
    int err = l->failed_n >= n ? l->error : 0;
    edoi_lock_release(&l->lock);
    return err;
}

static void note_ready(service_link *l, const edo_service *inner) {
    edoi_lock_acquire(&l->lock);
    if (l->inner == inner) {
        l->proven = true;
        l->in_a_row = 0;
    }
    edoi_lock_release(&l->lock);
}

static void note_broken(service_link *l, edo_service *inner) {
    edoi_lock_acquire(&l->lock);
    bool is_current = l->inner == inner;
    if (is_current) {
        l->inner = NULL;
        l->state = IDLE;
        if (!l->proven) l->in_a_row++;
    }
    edoi_lock_release(&l->lock);
    if (is_current) edo_service_unref(inner); // the link's
}

/* Makes the inner service ready: 0, or a code that concerns the caller; 1: it was broken. */
static int ready_inner(service_link *l, edo_service *inner, edo_permit *permit, uintptr_t *word) {
    int err = edo_service_ready(inner, permit);
    if (err == 0) {
        note_ready(l, inner);
        *word = (uintptr_t)inner; // with the reference
        return 0;
    }
    bool is_callers = err == -ECANCELED || err == -EAGAIN || err == -ENOMEM;
    if (!is_callers) note_broken(l, inner);
    inner_unref(inner);
    return is_callers ? err : 1;
}

static int reconnect_ready(edo_service *base, edo_permit *permit) {
    service_link *l = link_of(base);
    uintptr_t *word = edo_permit_word(permit, base);
    for (;;) {
        edo_notify_wait_future changed;
        uint64_t attempt_n;
        (void)edo_notify_wait_init(&changed, &l->changed); // before the look: it misses no end
        edo_service *inner = service_link_look(l, &attempt_n);
        int err = inner ? ready_inner(l, inner, permit, word) : 0;
        if (inner && err <= 0) return err;
        if (inner) continue;
        err = failure_since(l, attempt_n);
        if (err == 0) {
            if (permit->no_wait) return -EAGAIN;
            int cut = edo_await(&changed.base);
            if (cut < 0) return cut;
            err = failure_since(l, attempt_n);
        }
        if (err == 0) continue;
        *word = word_of_error(err);
        return 0;
    }
}

/* ---- The service ----------------------------------------------------------------------------- */

static int reconnect_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    uintptr_t word = *edo_permit_word(permit, base);
    if (word & 1) return -(int)(word >> 1);
    edo_service *inner = (edo_service *)word;
    int result = edo_service_call(inner, permit, request, response);
    inner_unref(inner);
    return result;
}

static void reconnect_release(edo_service *base, edo_permit *permit) {
    uintptr_t word = *edo_permit_word(permit, base);
    if (word & 1) return;
    edo_service *inner = (edo_service *)word;
    edo_service_release(inner, permit);
    inner_unref(inner);
}

static void reconnect_deinit(edo_service *base) {
    service_link *l = link_of(base);
    if (!l) return;
    edo_cancel(l->ending, EDO_CANCEL_ASKED);
    link_unref(l);
}

static int link_new(service_link **out, const edo_reconnect_opts *opts) {
    service_link *l = edoi_rc_new(sizeof *l, link_deinit);
    if (!l) return -ENOMEM;
    memset(l, 0, sizeof *l);
    l->changed = (edo_notify)EDO_NOTIFY_INIT;
    int err = edo_backoff_init(&l->backoff, &opts->backoff);
    if (err == 0) err = edo_cancel_new(&l->ending);
    if (err < 0) {
        link_unref(l);
        return err;
    }
    *out = l;
    return 0;
}

int edo_reconnect_new(edo_service **out, edo_make_service_fn *make, void *arg, const void *target,
                      const edo_reconnect_opts *opts) {
    static const edo_reconnect_opts defaults = { .levels = 0 };
    static const edo_service_ops ops = { .name = "edo_reconnect_new",
                                         .ready = reconnect_ready,
                                         .call = reconnect_call,
                                         .release = reconnect_release,
                                         .deinit = reconnect_deinit };
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    edo_service *base;
    int err = edo_service_new(&base, sizeof(reconnect), &ops, NULL);
    if (err < 0) return err;
    service_link *l = NULL;
    err = edo_service_set_levels(base, opts->levels ? opts->levels : LEVELS);
    if (err == 0) err = link_new(&l, opts);
    if (err < 0 || !l) {
        edo_service_unref(base);
        return err;
    }
    l->make = make;
    l->arg = arg;
    l->target = target;
    l->level = base->level;
    l->kind = base->kind = opts->request_kind;
    ((reconnect *)(void *)base)->link = l;
    *out = base;
    return 0;
}
