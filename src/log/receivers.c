/* SPDX-License-Identifier: MIT */
/* log/receivers.c: see receivers.h.
 *
 * Threads: `lock` is held while receivers are added and removed, not while one is looked up or
 * called. Lock order: `lock`, then the lock of wanted.c.
 *
 * A receiver lies in a slot that is never freed, so a thread may read one that was removed. Its
 * `state` says whether it is in the list, and counts the running calls and the thread that removes:
 *
 *     free 0 → in the list: LISTED + calls → removed: calls + 1 → 0: dropped, and free again
 *
 * inv. 1: a call begins only while the receiver is in the list, and it is dropped once, after all.
 * inv. 2: a slot gets another receiver only after the former one was dropped.
 *
 * inv. 2 is not asserted: it is what `is_taken` is for. Both are what the model looks at.
 * tests/model/log_wanted.c has the exchange of receivers and filters while events run. */
#include "log/receivers.h"

#include "base/assert.h"
#include "base/fork.h"
#include "base/lock.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "log/out/output.h"
#include "log/scratch.h"
#include "log/span/clock.h"
#include "log/span/span.h"
#include "log/wanted.h"

#include <edo/error.h>
#include <edo/task.h>

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define RECEIVER_NAME_MAX 31u

#define LISTED 0x80000000u

struct edo_receiver {
    edo_atomic_u32 state; /* atomic: RV1, RV2 */
    bool is_taken;        /* lock: lock */
    /* const from RV2 to the drop */
    const edo_receiver_ops *ops;
    void *arg;
    bool wants_ends;
    bool is_sampled; /* it wants ends of spans of sampled traces only */
    uint32_t number; /* its number in wanted.h */
    uint32_t since;  /* the number of the filters when it was added */
    uint32_t host;   /* of a simulated world: it receives this host's events; 0: all events */
    char name[RECEIVER_NAME_MAX + 1];
};

static struct receivers {
    edoi_lock lock;
    edo_receiver places[EDOI_WANTED_MAX]; /* number 0 is the log's, and stays free */
} receivers;

EDOI_ON_FORK(.lock = &receivers.lock);

typedef struct telling {
    bool is_on;    /* this thread is inside a receiver: events that it causes are not delivered */
    uint32_t host; /* of a simulated world: its code runs on this thread; 0: none */
} telling;

static EDOI_THREAD_LOCAL telling own_telling;

static EDOI_OPAQUE telling *telling_here(void) {
    EDOI_COMPILER_BARRIER();
    return &own_telling;
}

void edoi_receivers_switch(uint32_t host) {
    telling_here()->host = host;
    edoi_span_clock_forget();
}

/* ---- Which there are ------------------------------------------------------------------------- */

/* Called with the lock held, which keeps it in the list; NULL: none is. */
static edo_receiver *receiver_at(uint32_t number) {
    edo_receiver *r = &receivers.places[number];
    return edoi_load_rlx_u32(&r->state) & LISTED ? r : NULL; // relaxed: changed under the lock
}

/* The receiver was removed and its last call has returned: drops it, and frees its slot. */
static void receiver_end(edo_receiver *r) {
    if (r->ops->drop) r->ops->drop(r->arg);
    edoi_lock_acquire(&receivers.lock);
    r->is_taken = false;
    edoi_lock_release(&receivers.lock);
}

static void receiver_give(edo_receiver *r) {
    // RV1: pairs with RV1: the calls of other threads happen before the end
    if (edoi_sub_acqrel_u32(&r->state, 1) == 1) receiver_end(r);
}

/* NULL: none, or one that came after it was found out who wants the event. */
static edo_receiver *receiver_take(uint32_t number, uint32_t who) {
    edo_receiver *r = &receivers.places[number];
    uint32_t state = edoi_load_rlx_u32(&r->state); // relaxed: the exchange checks it
    do
        if (!(state & LISTED)) return NULL;
    while (!edoi_cas_acq_u32(&r->state, &state, state + 1)); // RV2: pairs with RV2: what it is
    if (EDOI_LIKELY(!edoi_wanted_is_before(who, r->since))) return r;
    receiver_give(r);
    return NULL;
}

/* Puts it into the list; NULL: that is full. */
static edo_receiver *receiver_enter(const edo_receiver *like, const edoi_filter *filter) {
    edoi_lock_acquire(&receivers.lock);
    uint32_t number = 1;
    while (number < EDOI_WANTED_MAX && receivers.places[number].is_taken) number++;
    edo_receiver *r = number < EDOI_WANTED_MAX ? &receivers.places[number] : NULL;
    if (r) {
        r->is_taken = true;
        r->ops = like->ops;
        r->arg = like->arg;
        r->wants_ends = like->wants_ends;
        r->is_sampled = like->is_sampled;
        r->host = telling_here()->host;
        memcpy(r->name, like->name, sizeof r->name);
        r->number = number;
        edoi_wanted_set_sampled(number, r->is_sampled);
        r->since = edoi_wanted_set(number, filter);
        edoi_store_rel_u32(&r->state, LISTED); // RV2: what it is, is there before it is found
    }
    edoi_lock_release(&receivers.lock);
    return r;
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
    edo_receiver like = { .ops = ops, .arg = arg, .wants_ends = opts->spans };
    like.is_sampled = opts->spans && opts->sampled;
    (void)snprintf(like.name, sizeof like.name, "%s", opts->name ? opts->name : "receiver");
    edo_receiver *r = receiver_enter(&like, &filter);
    if (!r) return -ENOSPC;
    *out = r;
    return 0;
}

int edo_receiver_set_filter(edo_receiver *r, edo_str text) {
    edoi_filter filter;
    int err = edoi_filter_read(&filter, text);
    if (err == 0) (void)edoi_wanted_set(r->number, &filter);
    return err;
}

/* Waits for the receiver's calls on other threads, so that the caller may close what they write to.
   A call does not wait, except for a full descriptor if lines are written at once. */
static void wait_for_calls(const edo_receiver *r) {
    // relaxed: what the calls did happens before this by RV1 of receiver_give()
    while (edoi_load_rlx_u32(&r->state) > 1) (void)sched_yield();
}

void edo_log_remove(edo_receiver *r) {
    if (!r) return;
    edoi_lock_acquire(&receivers.lock);
    EDO_INV("receivers inv. 1", receiver_at(r->number) == r);
    (void)edoi_wanted_set(r->number, NULL);
    // relaxed: receiver_give() below orders. Out of the list; what is left is the count of calls,
    // and the caller
    (void)edoi_sub_rlx_u32(&r->state, LISTED - 1);
    edoi_lock_release(&receivers.lock);
    if (!telling_here()->is_on) wait_for_calls(r);
    receiver_give(r);
}

/* ---- By name --------------------------------------------------------------------------------- */

/* Memory for one filter, too large for the stack of a fiber. */
typedef struct named_filter {
    edoi_filter filter;
    char name[RECEIVER_NAME_MAX + 1];
    char text[EDOI_FILTER_TEXT_MAX];
} named_filter;

/* Fills in the filter with number `i`, and its owner's name; false: there is none. */
static bool named_get(named_filter *to, uint32_t i) {
    edoi_lock_acquire(&receivers.lock);
    const edo_receiver *r = receiver_at(i);
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
        const edo_receiver *r = receiver_at(i);
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
    if (EDOI_UNLIKELY(r->host != 0) && r->host != telling_here()->host) return false;
    if (!e->ended) return true;
    return r->wants_ends && (!r->is_sampled || e->ended->self.is_sampled);
}

static void tell_all(uint32_t who, const edo_event *event) {
    for (uint32_t i = 1; i < EDOI_WANTED_MAX; i++) {
        edo_receiver *r = who >> i & 1u ? receiver_take(i, who) : NULL;
        if (!r) continue;
        if (receiver_takes(r, event)) r->ops->event(r->arg, event);
        receiver_give(r);
    }
}

/* One that awaited would leave this thread, whose other tasks' events would be taken for its own,
 * and a remover would spin for as long. */
static void tell_without_await(uint32_t who, const edo_event *event) {
    edo_no_await_begin();
    tell_all(who, event);
    edo_no_await_end();
}

void edoi_receivers_tell(uint32_t who, const edoi_event *event) {
    telling *here = telling_here(); // once: what is set is what is cleared, whoever breaks the rule
    if (here->is_on) return;
    edo_event told;
    event_fill(&told, event);
    here->is_on = true;
    tell_without_await(who, &told);
    here->is_on = false;
}

void edoi_receivers_tell_line(uint32_t who, const edoi_event *event, const char *format,
                              va_list args) {
    edoi_log_scratch *scratch;
    if (telling_here()->is_on) return;
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
