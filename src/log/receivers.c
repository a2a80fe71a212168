/* SPDX-License-Identifier: MIT */
/* log/receivers.c: see receivers.h.
 *
 * Threads: `lock` is held while a receiver is found, not while it is told. Order: `lock`, then that
 * of wanted.c.
 *
 * inv. 1: a receiver that is in the list has the list's reference.
 *
 * tests/model/log_wanted.c has the exchange of receivers and filters while events run. */
#include "log/receivers.h"

#include "base/assert.h"
#include "base/fork.h"
#include "base/lock.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "log/out/output.h"
#include "log/scratch.h"
#include "log/span/span.h"
#include "log/wanted.h"

#include <edo/error.h>

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define RECEIVER_NAME_MAX 31u

struct edo_receiver {
    edo_atomic_u32 refs; /* atomic: RV1; of the list, and of each call */
    const edo_receiver_ops *ops;
    void *arg;
    bool wants_ends;                  /* const */
    bool is_sampled;                  /* const; of ends it wants those of sampled traces alone */
    uint32_t number;                  /* const; among those that want events */
    uint32_t since;                   /* const; the number of the filters with which it came */
    char name[RECEIVER_NAME_MAX + 1]; /* const */
};

static struct receivers {
    edoi_lock lock;
    edo_receiver *at[EDOI_WANTED_MAX]; /* lock: lock; number 0 is the log's */
} receivers;

EDOI_ON_FORK(.lock = &receivers.lock);

/* A receiver is told here: what it causes is told to nobody. */
static EDOI_THREAD_LOCAL bool is_telling;

static EDOI_OPAQUE bool *telling_here(void) {
    EDOI_COMPILER_BARRIER();
    return &is_telling;
}

/* ---- Which there are ------------------------------------------------------------------------- */

static void receiver_unref(edo_receiver *r) {
    // RV1: pairs with RV1: the calls of other threads happen before the end
    if (edoi_sub_acqrel_u32(&r->refs, 1) != 1) return;
    if (r->ops->drop) r->ops->drop(r->arg);
    edoi_free(r);
}

/* NULL: none, or one that came after it was found out who wants the event. */
static edo_receiver *receiver_take(uint32_t number, uint32_t who) {
    edoi_lock_acquire(&receivers.lock);
    edo_receiver *r = receivers.at[number];
    if (r && edoi_wanted_is_before(who, r->since)) r = NULL;
    if (r) (void)edoi_add_rlx_u32(&r->refs, 1); // relaxed: the list holds one
    edoi_lock_release(&receivers.lock);
    return r;
}

/* Puts it into the list; false: that is full. */
static bool receiver_enter(edo_receiver *r, const edoi_filter *filter) {
    edoi_lock_acquire(&receivers.lock);
    uint32_t number = 1;
    while (number < EDOI_WANTED_MAX && receivers.at[number]) number++;
    bool has_place = number < EDOI_WANTED_MAX;
    if (has_place) {
        r->number = number;
        receivers.at[number] = r;
        edoi_wanted_set_sampled(number, r->is_sampled);
        r->since = edoi_wanted_set(number, filter);
    }
    edoi_lock_release(&receivers.lock);
    return has_place;
}

static bool receiver_opts_are_good(const edo_receiver_ops *ops, const edo_receiver_opts *o) {
    return ops->event && !ops->reserved[0] && !ops->reserved[1] &&
           edoi_all_zero(o->reserved, EDO_COUNT(o->reserved)) && o->level <= EDO_LEVEL_TRACE &&
           (!o->name || (o->name[0] && strlen(o->name) <= RECEIVER_NAME_MAX));
}

static int opts_filter(edoi_filter *filter, const edo_receiver_opts *o) {
    if (o->filter) return edoi_filter_read(filter, edo_str_of(o->filter));
    edoi_filter_init(filter, o->level == EDO_LEVEL_OFF ? EDO_LEVEL_INFO : o->level);
    return 0;
}

int edo_log_add(edo_receiver **out, const edo_receiver_ops *ops, void *arg,
                const edo_receiver_opts *opts) {
    static const edo_receiver_opts defaults;
    edoi_filter filter;
    if (!opts) opts = &defaults;
    if (!receiver_opts_are_good(ops, opts)) return -EINVAL;
    int err = opts_filter(&filter, opts);
    if (err < 0) return err;
    edo_receiver *r = edoi_alloc(sizeof *r);
    if (!r) return -ENOMEM;
    *r = (edo_receiver){ .ops = ops, .arg = arg, .wants_ends = opts->spans };
    r->is_sampled = opts->spans && opts->sampled;
    (void)snprintf(r->name, sizeof r->name, "%s", opts->name ? opts->name : "receiver");
    edoi_store_rlx_u32(&r->refs, 1); // relaxed: no other thread knows it
    if (!receiver_enter(r, &filter)) {
        edoi_free(r);
        return -ENOSPC;
    }
    *out = r;
    return 0;
}

int edo_receiver_set_filter(edo_receiver *r, edo_str text) {
    edoi_filter filter;
    int err = edoi_filter_read(&filter, text);
    if (err == 0) (void)edoi_wanted_set(r->number, &filter);
    return err;
}

/* Of other threads: what they write to may be closed then. A call waits for nobody but, where lines
   are written at once, a descriptor that is full. */
static void wait_for_calls(const edo_receiver *r) {
    // RV1: pairs with RV1: what they did happens before
    while (edoi_load_acq_u32(&r->refs) > 1) (void)sched_yield();
}

void edo_log_remove(edo_receiver *r) {
    if (!r) return;
    edoi_lock_acquire(&receivers.lock);
    EDO_INV("receivers inv. 1", receivers.at[r->number] == r);
    receivers.at[r->number] = NULL;
    (void)edoi_wanted_set(r->number, NULL);
    edoi_lock_release(&receivers.lock);
    if (!*telling_here()) wait_for_calls(r);
    receiver_unref(r);
}

/* ---- By name --------------------------------------------------------------------------------- */

/* Memory for one filter, too large for the stack of a fiber. */
typedef struct named_filter {
    edoi_filter filter;
    char name[RECEIVER_NAME_MAX + 1];
    char text[EDOI_FILTER_TEXT_MAX];
} named_filter;

/* Fills in that of number `i`; false: there is none. */
static bool named_get(named_filter *to, uint32_t i) {
    edoi_lock_acquire(&receivers.lock);
    const edo_receiver *r = receivers.at[i];
    bool is_there = (i == 0 || r) && edoi_wanted_get(i, &to->filter);
    if (is_there) memcpy(to->name, r ? r->name : "log", r ? sizeof r->name : sizeof "log");
    edoi_lock_release(&receivers.lock);
    return is_there;
}

int edo_log_each_filter(edo_log_filter_fn *fn, void *arg) {
    named_filter *one = edoi_alloc(sizeof *one);
    int got = 0;
    if (!one) return -ENOMEM;
    for (uint32_t i = 0; i < EDOI_WANTED_MAX && got == 0; i++) {
        if (!named_get(one, i)) continue;
        got =
            fn(arg, one->name, (edo_str){ one->text, edoi_filter_print(&one->filter, one->text) });
    }
    edoi_free(one);
    return got;
}

/* How many have it now. */
static uint32_t named_set(edo_str name, const edoi_filter *filter) {
    uint32_t n = 0;
    edoi_lock_acquire(&receivers.lock);
    for (uint32_t i = 1; i < EDOI_WANTED_MAX; i++) {
        const edo_receiver *r = receivers.at[i];
        if (!r || !edo_str_equal(name, edo_str_of(r->name))) continue;
        (void)edoi_wanted_set(i, filter);
        n++;
    }
    edoi_lock_release(&receivers.lock);
    return n;
}

int edo_log_set_filter_of(edo_str name, edo_str text) {
    edoi_filter filter;
    bool is_log = edo_str_equal(name, EDO_STR("log"));
    int err = edoi_filter_read(&filter, text);
    if (err < 0) return err;
    if (is_log && edoi_wanted_get(0, NULL)) return edo_log_set_filter(text);
    if (!is_log && named_set(name, &filter) > 0) return 0;
    return edo_fail(-ENOENT, "nobody who is told of events is called \"%.*s\"",
                    (int)(name.len < 64 ? name.len : 64), name.ptr);
}

/* ---- Telling --------------------------------------------------------------------------------- */

/* The end of a span is when its time is over; another event is now. */
static edo_wall event_time(const edoi_event *e) {
    if (e->ended) return edo_wall_add(edo_span_began(e->ended), edo_span_took(e->ended));
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); // this cannot fail
    return (edo_wall){ .s = now.tv_sec, .ns = (int32_t)now.tv_nsec };
}

/* Filled in place: a copy of what was just written would wait for it. */
static void event_fill(edo_event *to, const edoi_event *e) {
    size_t n = 0;
    to->site = e->site;
    to->target.ptr = edoi_target_of(e->site->target, e->site->file, &n);
    to->target.len = n;
    to->at = event_time(e);
    to->message.ptr = e->message;
    to->message.len = e->message_n;
    to->fields = e->fields;
    to->fields_n = e->fields_n;
    to->task = e->task;
    to->span = e->span;
    to->ended = e->ended;
    memset(to->reserved, 0, sizeof to->reserved);
}

static bool receiver_takes(const edo_receiver *r, const edo_event *e) {
    if (!e->ended) return true;
    return r->wants_ends && (!r->is_sampled || e->ended->self.is_sampled);
}

static void tell_all(uint32_t who, const edo_event *event) {
    for (uint32_t i = 1; i < EDOI_WANTED_MAX; i++) {
        edo_receiver *r = who >> i & 1u ? receiver_take(i, who) : NULL;
        if (!r) continue;
        if (receiver_takes(r, event)) r->ops->event(r->arg, event);
        receiver_unref(r);
    }
}

void edoi_receivers_tell(uint32_t who, const edoi_event *event) {
    if (*telling_here()) return;
    edo_event told;
    event_fill(&told, event);
    *telling_here() = true;
    tell_all(who, &told);
    *telling_here() = false;
}

void edoi_receivers_tell_line(uint32_t who, const edoi_event *event, const char *format,
                              va_list args) {
    edoi_log_scratch *scratch;
    if (*telling_here()) return;
    if (!(scratch = edoi_log_scratch_take())) {
        edoi_log_outputs_count((uint64_t)__builtin_popcount(who & EDOI_WANTED_RECEIVERS));
        return;
    }
    edoi_event whole = *event;
    int n = vsnprintf(scratch->message, sizeof scratch->message, format, args);
    whole.message = scratch->message;
    whole.message_n = n < 0 ? 0 : (size_t)n;
    if (whole.message_n > EDOI_MESSAGE_MAX) whole.message_n = EDOI_MESSAGE_MAX;
    edoi_receivers_tell(who, &whole);
    edoi_log_scratch_give(scratch);
}

/* ---- What a span is to them ------------------------------------------------------------------ */

const edo_span *edo_span_parent(const edo_span *s) {
    return s && s->parent && s->parent->site ? s->parent : NULL;
}

int edo_span_each_field(const edo_span *s, int (*fn)(void *arg, const edo_kv *field), void *arg) {
    for (const edoi_span_fields *f = s ? s->first : NULL; f; f = edoi_span_fields_next(f)) {
        for (uint32_t i = 0; i < f->n; i++) {
            int got = fn(arg, &f->kv[i]);
            if (got != 0) return got;
        }
    }
    return 0;
}

edo_wall edo_span_began(const edo_span *s) {
    return (edo_wall){ .s = s->began.tv_sec, .ns = (int32_t)s->began.tv_nsec };
}

edo_duration edo_span_took(const edo_span *s) {
    return edoi_span_has_ended(s) ? edo_ns((int64_t)edoi_span_took_ns(s)) : edo_ns(-1);
}

int edo_span_result(const edo_span *s) {
    return edoi_span_has_ended(s) ? s->result : 0;
}
