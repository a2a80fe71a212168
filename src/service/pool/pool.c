/* SPDX-License-Identifier: MIT */
/* service/pool/pool.c: a pool's begin and end, and what is done to it as a whole. */
#include "service/pool/pool.h"
#include "base/assert.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "runtime/control/cpu_count.h"

#include <edo/task.h>

#include <errno.h>
#include <string.h>

#define WAIT_S   5
#define MAKE_S   5
#define RESET_S  1
#define IDLE_MIN 10
#define AGE_MIN  30
#define SLOW_S   2
#define MAKES    4u
#define LOOK_MAX 1000u /* objects that are lent, in one look: under the lock */

/* ---- Begin and end --------------------------------------------------------------------------- */

static bool opts_are_valid(const edo_pool_opts *o) {
    return o->wait_timeout.ns >= 0 && o->make_timeout.ns >= 0 && o->reset_timeout.ns >= 0 &&
           o->idle_max.ns >= 0 && o->age_max.ns >= 0 && o->slow.ns >= 0 &&
           o->order <= EDO_POOL_FIFO && edoi_all_zero(o->reserved, EDO_COUNT(o->reserved));
}

static bool ops_are_valid(const edo_pool_ops *ops) {
    return ops->make && ops->end && !ops->reserved[0] && !ops->reserved[1];
}

static void opts_default_ns(edo_duration *d, edo_duration value) {
    if (!d->ns) *d = value;
}

static void opts_complete(edo_pool_opts *o) {
    opts_default_ns(&o->wait_timeout, edo_s(WAIT_S));
    opts_default_ns(&o->make_timeout, edo_s(MAKE_S));
    opts_default_ns(&o->reset_timeout, edo_s(RESET_S));
    opts_default_ns(&o->idle_max, edo_s(IDLE_MIN * 60));
    opts_default_ns(&o->age_max, edo_s(AGE_MIN * 60));
    opts_default_ns(&o->slow, edo_s(SLOW_S));
    if (!o->max) o->max = 2 * edoi_cpu_count();
    if (!o->makes_max) o->makes_max = MAKES;
    if (!o->name) o->name = "unnamed";
}

static void pool_free_memory(edo_pool *p) {
    edo_cancel_unref(p->closing);
    edoi_free((void *)(uintptr_t)p->opts.name);
    edoi_free(p);
}

static int pool_tell_metrics(edo_pool *p) {
    if (!p->opts.metrics) return 0;
    return edoi_pool_view_new(&p->view, &p->times, p->opts.metrics, p, p->opts.name);
}

/* ---- For the list of what is open ------------------------------------------------------------ */

static void look_add(const edo_pool *p, edoi_open_table *to, const char *state, uint64_t n) {
    edoi_open_row row = { .kind = "pool object", .by = " of", .state = state, .n = n };
    edoi_open_text(&row, "%s", p->opts.name);
    if (n > 0) edoi_open_add(to, &row);
}

/* Adds a row for each lease: its task, source line, and since when. Called with the lock held. */
static void look_at_lent(const edo_pool *p, edoi_open_table *to) {
    const edoi_pool_object *o;
    uint32_t n = 0;
    TAILQ_FOREACH(o, &p->lent, next) {
        edoi_open_row row = { .kind = "pool object", .by = " of", .n = 1 };
        if (n++ == LOOK_MAX) break;
        edoi_open_text(&row, "%s, lent at %s to %s", p->opts.name,
                       o->user.place ? o->user.place : "the pool",
                       o->user.name ? o->user.name : "no task");
        row.since_ns = o->user.since.ns;
        edoi_open_add(to, &row);
    }
}

static void look_at_pool(edoi_open_thing *thing, edoi_open_table *to) {
    edo_pool *p = EDO_CONTAINER_OF(thing, edo_pool, open);
    edoi_lock_acquire(&p->lock);
    look_at_lent(p, to);
    const uint32_t idle_n = p->idle_n, making_n = p->making_n, waiting_n = p->waiting_n;
    edoi_lock_release(&p->lock);
    look_add(p, to, "idle", idle_n);
    look_add(p, to, "being made", making_n);
    look_add(p, to, "waited for", waiting_n);
}

/* ---- Begin and end, as a whole --------------------------------------------------------------- */

int edo_pool_new(edo_pool **out, const edo_pool_ops *ops, void *arg, const edo_pool_opts *opts) {
    edo_pool_opts o = opts ? *opts : (edo_pool_opts){ .max = 0 };
    if (!opts_are_valid(&o) || !ops_are_valid(ops)) return -EINVAL;
    opts_complete(&o);
    edo_pool *p = edoi_calloc(1, sizeof *p);
    size_t name_bytes = strlen(o.name) + 1;
    char *name = p ? edoi_alloc(name_bytes) : NULL;
    edo_cancel_token *closing = NULL;
    if (!name || edo_cancel_new(&closing) < 0) {
        edoi_free(name);
        edoi_free(p);
        return -ENOMEM;
    }
    o.name = memcpy(name, o.name, name_bytes);
    TAILQ_INIT(&p->idle);
    TAILQ_INIT(&p->lent);
    p->max = o.max;
    p->handles = 1;
    p->ops = ops;
    p->arg = arg;
    p->opts = o;
    p->sweeps = o.idle_max.ns != EDO_FOREVER_NS || o.age_max.ns != EDO_FOREVER_NS;
    p->closing = closing;
    int err = pool_tell_metrics(p);
    if (err < 0) {
        pool_free_memory(p);
        return err;
    }
    edoi_open_enlist(&p->open, look_at_pool, NULL);
    *out = p;
    return 0;
}

void edoi_pool_free(edo_pool *p) {
    edoi_open_strike(&p->open);
    edoi_pool_view_end(p->view);
    if (p->ops->drop) p->ops->drop(p->arg);
    pool_free_memory(p);
}

edo_pool *edo_pool_ref(edo_pool *p) {
    edoi_lock_acquire(&p->lock);
    p->handles++;
    edoi_lock_release(&p->lock);
    return p;
}

void edo_pool_unref(edo_pool *p) {
    if (!p) return;
    edoi_lock_acquire(&p->lock);
    bool is_last = p->handles == 1;
    if (!is_last) p->handles--;
    edoi_lock_release(&p->lock);
    if (!is_last) return;
    edo_pool_close(p);
    edoi_pool_let_go(p);
}

/* ---- Its objects ----------------------------------------------------------------------------- */

/* Ends objects that edoi_pool_take_idle() has lent the pool. */
static void pool_end_all(edoi_pool_object *o) {
    edoi_pool_object *next;
    for (; o; o = next) {
        next = o->chained;
        edoi_pool_end_object(o);
    }
}

void edo_pool_close(edo_pool *p) {
    pool_end_all(edoi_pool_shut(p));
    edo_cancel(p->closing, 0);
}

void edo_pool_resize(edo_pool *p, uint32_t max) {
    if (EDO_MISUSE(max == 0, "edo_pool_resize to 0")) return;
    pool_end_all(edoi_pool_limit(p, max));
}

size_t edo_pool_retain(edo_pool *p, edo_pool_retain_fn *fn, void *arg) {
    edoi_pool_object *o = edoi_pool_take_idle(p, NULL, NULL), *next;
    size_t ended_n = 0;
    for (; o; o = next) {
        next = o->chained;
        edo_no_await_begin();
        bool stays = fn(arg, o->made, &o->info);
        edo_no_await_end();
        ended_n += !stays;
        edoi_pool_give_back(o, stays);
    }
    return ended_n;
}

edo_pool_stats edo_pool_get_stats(edo_pool *p) {
    edoi_lock_acquire(&p->lock);
    edo_pool_stats s = p->counts;
    s.max = p->max;
    s.size = p->size;
    s.idle = p->idle_n;
    s.making = p->making_n;
    s.lent = p->size - p->idle_n - p->making_n;
    s.waiting = p->waiting_n;
    edoi_lock_release(&p->lock);
    return s;
}
