/* SPDX-License-Identifier: MIT */
/* runtime/thread/dedicated.c: threads that a program starts for one function each.
 *
 * Two have a reference of an edo_thread: its handle and the thread. Its `ended` is a token that
 * fires when the function has returned: what the thread wrote before is seen by a join that has
 * waited for it.
 *
 * A thread leaves in this order: it fires `ended`, which may wake tasks of the runtime; it leaves
 * the list, after which it does not touch the runtime any more; it joins the thread that has left
 * before it. The runtime's end joins the last one, and so all.
 *
 * inv. 1: a thread is in the list from its start until it leaves, so its runtime is there: the
 *         runtime's end waits until the list is empty, or leaves the runtime mapped.
 * inv. 2: none is started after the list was closed. So each is told to stop.
 * inv. 1 is not asserted: a thread that uses what was freed leaves no trace here; the address
 * sanitizer sees it. */
#include "runtime/thread/dedicated.h"

#include "base/cond.h"
#include "base/error/trail.h"
#include "base/fork.h"
#include "base/held.h"
#include "base/opts.h"
#include "log/tell.h"
#include "memory/rc.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/token.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"

#include <edo/thread.h>

#include <errno.h>
#include <stdio.h>

#define NAME_BYTES 16 /* of a thread, as the kernel keeps it */
#define NAMED_MAX  16 /* threads that a report lists one by one */

struct edo_thread {
    edo_runtime *runtime; /* const, as the next three; inv. 1 */
    edo_task_fn *fn;
    void *arg;
    const char *name; /* a literal */
    edo_cancel_token *stop, *ended;
    int result;               /* written by the thread before `ended` fires, then the joiner's */
    edoi_trail *trail;        /* as `result`; NULL: none */
    bool is_told;             /* to stop, by the runtime's end; lock: threads.mutex */
    edo_thread *next, **link; /* in the runtime's list; lock: threads.mutex */
};

static void dedicated_deinit(void *self) {
    edo_thread *t = self;
    edoi_trail_free(t->trail);
    edoi_token_let_go(t->stop);
    edoi_token_let_go(t->ended);
}

/* NULL without memory. */
static edo_thread *dedicated_new(edo_runtime *rt, edo_task_fn *fn, void *arg,
                                 const edo_thread_opts *opts) {
    edo_thread *t = edoi_rc_new(sizeof *t, dedicated_deinit);
    if (!t) return NULL;
    *t = (edo_thread){ .runtime = rt, .fn = fn, .arg = arg, .name = opts->name };
    if (!t->name) t->name = "edo-thread";
    t->stop = edoi_token_new(); // edo's own, as the next: the program has made none
    t->ended = edoi_token_new();
    if (t->stop && t->ended) return t;
    edoi_rc_unref(EDOI_THREAD, t);
    return NULL;
}

/* ---- The thread ------------------------------------------------------------------------------ */

/* Called with threads.mutex held. */
static void dedicated_link(edo_thread *t) {
    edoi_dedicated *d = &t->runtime->threads.dedicated;
    EDO_INV("dedicated inv. 2", !d->is_closed);
    t->next = d->first;
    t->link = &d->first;
    if (t->next) t->next->link = &t->next;
    d->first = t;
}

static void dedicated_leave(edo_thread *t) {
    edo_runtime *rt = t->runtime;
    edoi_dedicated *d = &rt->threads.dedicated;
    edoi_mutex_acquire(&rt->threads.mutex);
    *t->link = t->next;
    if (t->next) t->next->link = t->link;
    pthread_t before = d->last_gone;
    bool joins = d->has_last && !d->is_left;
    if (d->is_left) { // no end of the runtime joins it any more
        (void)pthread_detach(pthread_self());
    } else {
        d->last_gone = pthread_self();
        d->has_last = true;
    }
    (void)pthread_cond_broadcast(&rt->threads.changed);
    edoi_mutex_release(&rt->threads.mutex);
    edoi_rc_unref(EDOI_THREAD, t);
    if (joins) (void)pthread_join(before, NULL);
}

static void *dedicated_main(void *arg) {
    edo_thread *t = arg;
    edoi_thread *me = edoi_thread_here();
    char name[NAME_BYTES];
    (void)snprintf(name, sizeof name, "%s", t->name);
    (void)pthread_setname_np(pthread_self(), name);
    me->entered = t->runtime; // no reference: inv. 1
    me->dedicated = t;
    int result;
    edo_cancel_block stop;
    edo_cancel_begin(&stop, t->stop);
    EDOI_CALL_OUT(result = t->fn(t->arg));
    result = edo_cancel_end(&stop, result);
    edoi_ctx_check_closed(&me->ctx);
    me->entered = NULL;
    me->dedicated = NULL;
    t->trail = edoi_trail_take(result);
    t->result = result;
    edo_cancel(t->ended, EDO_CANCEL_ASKED);
    dedicated_leave(t);
    return NULL;
}

/* With threads.mutex held across the start: the thread does not leave before it is in the list. */
static int dedicated_begin(edo_thread *t) {
    edo_runtime *rt = t->runtime;
    pthread_t thread;
    edoi_mutex_acquire(&rt->threads.mutex);
    int err = rt->threads.dedicated.is_closed ? -EDO_ECLOSED : 0;
    if (err == 0 && pthread_create(&thread, NULL, dedicated_main, t) != 0) err = -EAGAIN;
    if (err == 0) dedicated_link(t);
    edoi_mutex_release(&rt->threads.mutex);
    return err;
}

int edo_thread_start(edo_thread **out, edo_task_fn *fn, void *arg, const edo_thread_opts *opts) {
    static const edo_thread_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    edo_runtime *rt = edoi_runtime_here();
    if (!rt) return -EDO_ENORUNTIME;
    int err = edoi_runtime_enters(rt);
    if (err < 0) return err;
    edo_thread *t = dedicated_new(rt, fn, arg, opts);
    if (!t) return -ENOMEM;
    if (out) (void)edoi_rc_ref(t); // before the thread gives its own one back
    err = dedicated_begin(t);
    if (err < 0) {
        if (out) edoi_rc_unref(EDOI_THREAD, t);
        edoi_rc_unref(EDOI_THREAD, t);
        return err;
    }
    if (out) *out = edoi_handle_made_here(EDOI_THREAD, t, EDOI_CALLER());
    return 0;
}

/* ---- Its handle ------------------------------------------------------------------------------ */

void edo_thread_stop(edo_thread *t) {
    EDOI_ENTERS(EDOI_THREAD, t);
    edo_cancel(t->stop, EDO_CANCEL_ASKED);
}

int edo_thread_join(edo_thread *t) {
    if (!t) return 0;
    EDOI_ENTERS(EDOI_THREAD, t);
    int result = edo_cancel_wait(t->ended);
    if (result == 0) {
        result = t->result;
        edoi_trail_give(t->trail);
        t->trail = NULL;
    }
    edoi_handle_given_up(EDOI_THREAD, t, EDOI_CALLER());
    edoi_rc_unref(EDOI_THREAD, t);
    return result;
}

edo_cancel_token *edo_thread_token(void) {
    const edo_thread *t = edoi_worker_here() ? NULL : edoi_thread_here()->dedicated;
    return t ? t->stop : NULL;
}

/* ---- The end of its runtime ------------------------------------------------------------------ */

bool edoi_dedicated_is_here(const edo_runtime *rt) {
    const edo_thread *t = edoi_thread_here()->dedicated;
    return EDOI_UNLIKELY(t) && t->runtime == rt;
}

void edoi_dedicated_leave_behind(edo_runtime *rt) {
    edoi_dedicated *d = &rt->threads.dedicated;
    edoi_mutex_acquire(&rt->threads.mutex);
    if (d->has_last) (void)pthread_detach(d->last_gone);
    d->has_last = false;
    d->is_left = true;
    edoi_mutex_release(&rt->threads.mutex);
}

void edoi_dedicated_close(edo_runtime *rt) {
    edoi_dedicated *d = &rt->threads.dedicated;
    edoi_mutex_acquire(&rt->threads.mutex);
    d->is_closed = true;
    edoi_mutex_release(&rt->threads.mutex);
}

/* One that was not told to stop, with a reference; NULL: there is none. */
static edo_thread *dedicated_next_untold(edo_runtime *rt) {
    edoi_mutex_acquire(&rt->threads.mutex);
    edo_thread *t = rt->threads.dedicated.first;
    while (t && t->is_told) t = t->next;
    if (t) {
        t->is_told = true;
        (void)edoi_rc_ref(t);
    }
    edoi_mutex_release(&rt->threads.mutex);
    return t;
}

/* Without the mutex: a hook of the program's may be called. */
static void dedicated_tell_all(edo_runtime *rt) {
    for (edo_thread *t; (t = dedicated_next_untold(rt)) != NULL;) {
        edo_cancel(t->stop, EDO_CANCEL_SHUTDOWN);
        edoi_rc_unref(EDOI_THREAD, t);
    }
}

/* Those that have not ended, to be reported without the mutex. */
typedef struct dedicated_left {
    const char *names[NAMED_MAX];
    int named_n, n;
} dedicated_left;

/* Called with threads.mutex held. */
static void dedicated_note(edoi_dedicated *d, dedicated_left *out) {
    *out = (dedicated_left){ 0 };
    if (d->is_left) return; // they were reported before
    for (const edo_thread *t = d->first; t; t = t->next, out->n++)
        if (out->named_n < NAMED_MAX) out->names[out->named_n++] = t->name;
    d->is_left = d->first != NULL;
}

bool edoi_dedicated_stop(edo_runtime *rt, int64_t until_ns) {
    edoi_dedicated *d = &rt->threads.dedicated;
    dedicated_left left;
    dedicated_tell_all(rt);
    edoi_mutex_acquire(&rt->threads.mutex);
    while (d->first && edoi_cond_wait(&rt->threads.changed, &rt->threads.mutex, until_ns)) {
    }
    bool all = !d->first;
    dedicated_note(d, &left);
    pthread_t last = d->last_gone;
    bool joins = d->has_last;
    d->has_last = false;
    edoi_mutex_release(&rt->threads.mutex);
    if (joins) (void)pthread_join(last, NULL); // it joins the others
    for (int i = 0; i < left.named_n; i++)
        edoi_tell("edo: thread %s of runtime %s did not end at shutdown and is left behind\n",
                  left.names[i], rt->opts.name);
    if (left.n > left.named_n) edoi_tell("edo: and %d more\n", left.n - left.named_n);
    return all;
}
