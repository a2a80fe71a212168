/* SPDX-License-Identifier: MIT */
/* signal/signal.c: signal listeners: each keeps the last value seen of the hub's count. */
#include "base/held.h"
#include "io/op.h"
#include "io/wait.h"
#include "records/handles.h"
#include "runtime/control/signal_hub.h"

#include <edo/signal.h>
#include <edo/task.h>

#include <errno.h>
#include <signal.h>

/* Step of a future that is or was pending, or is kept before its first poll: it holds a
 * reference. */
#define HELD 1u

/* Steps of edo_ctrl_c(). */
enum { FRESH, LISTENING };

struct edo_signal {
    edo_atomic_u32 refs;   /* atomic: SG1 */
    edo_atomic_u32 closed; /* atomic: SG2, SG3 */
    edo_atomic_u32 seen;   /* of the hub's count */
    edoi_source *source;   /* const: its own, so that no other runtime can take the event */
    int signo;             /* const */
};

int edo_signal_listen(edo_signal **out, int signo) {
    edo_signal *self = (edo_signal *)edoi_cache_get(sizeof *self);
    if (!self) return -ENOMEM;
    *self = (edo_signal){ .refs = { 1 }, .signo = signo };
    // relaxed: no other thread knows it. Read before the handler is installed: a signal that comes
    // meanwhile counts as new.
    if (signo > 0 && signo < NSIG) edoi_store_rlx_u32(&self->seen, edoi_signal_hub_count(signo));
    int err = edoi_signal_hub_open(&self->source, signo);
    if (err < 0) {
        edoi_cache_put(self, sizeof *self);
        return err;
    }
    edoi_handle_made_here(EDOI_SIGNAL, self, EDOI_CALLER());
    *out = self;
    return 0;
}

static void signal_unref(edo_signal *self) {
    edoi_held_check("a signal's reference is given back");
    // SG1: pairs with SG1: other owners' accesses happen before the end
    if (edoi_sub_acqrel_u32(&self->refs, 1) != 1) return;
    edoi_source_deregister(self->source); // its descriptor is a copy of the hub's
    edoi_source_free(self->source);
    edoi_handle_cache_put(EDOI_SIGNAL, self, sizeof *self);
}

void edo_signal_close(edo_signal *self) {
    if (!self) return;
    edoi_handle_given_up(EDOI_SIGNAL, self, EDOI_CALLER());
    edoi_store_rel_u32(&self->closed, 1); // SG2: pairs with SG3
    // relaxed: a holder of another reference waits, or did
    if (edoi_load_rlx_u32(&self->refs) > 1) edoi_source_nudge(self->source, EDOI_READ);
    signal_unref(self);
}

/* ---- Receiving ------------------------------------------------------------------------------- */

/* Takes the signals since the last time: 0, -EAGAIN, or -EDO_ECLOSED. */
static int signal_take(edo_signal *self) {
    if (edoi_load_acq_u32(&self->closed)) return -EDO_ECLOSED; // SG3: pairs with SG2
    for (;;) {
        // relaxed: the CAS decides which of several receivers gets it
        uint32_t seen = edoi_load_rlx_u32(&self->seen);
        uint32_t count = edoi_signal_hub_count(self->signo);
        if (seen == count) return -EAGAIN;
        // SG4: pairs with SG4 of another receiver, which then has taken it
        if (edoi_cas_acqrel_u32(&self->seen, &seen, count)) return 0;
    }
}

static edo_polled signal_recv_pend(edo_signal_recv_future *f) {
    if (edo_future_step(&f->base) != HELD) {
        (void)edoi_add_rlx_u32(&f->signal->refs, 1); // relaxed: the caller holds one
        edo_future_next_step(&f->base, HELD);
    }
    return EDO_PENDING;
}

static void signal_recv_hold(edo_future *base) {
    edo_signal_recv_future *f = (edo_signal_recv_future *)(void *)base;
    if (f->signal) (void)signal_recv_pend(f); // the first poll reports a NULL
}

static void signal_recv_release(edo_signal_recv_future *f) {
    if (edo_future_step(&f->base) != HELD) return;
    edoi_source_unwait(f->signal->source, &f->wait);
    signal_unref(f->signal);
}

static void signal_tell_origin(int signo, edo_signal_info *out) {
    edoi_signal_from from = edoi_signal_hub_from(signo);
    *out = (edo_signal_info){ signo, from.code, from.pid, from.uid, from.value };
}

static edo_polled signal_recv_end(edo_signal_recv_future *f, int result) {
    if (result == 0 && f->out) signal_tell_origin(f->signal->signo, f->out);
    signal_recv_release(f); // it may free the listener
    return edo_future_finish(&f->base, result);
}

static edo_polled signal_recv_poll(edo_future *base, edo_cx *cx) {
    edo_signal_recv_future *f = (edo_signal_recv_future *)(void *)base;
    if (edoi_io_lacks_handle(base, f->signal)) return edo_future_finish(base, -EDO_EMISUSE);
    if (!edo_budget_take(cx)) return signal_recv_pend(f);
    edoi_source *src = f->signal->source;
    for (;;) {
        // in this order: a signal after the count is read makes another tick
        uint32_t tick = edoi_source_ready(src, EDOI_READ);
        int taken = signal_take(f->signal);
        if (taken != -EAGAIN) return signal_recv_end(f, taken);
        edoi_source_clear(src, EDOI_READ, tick);
        int waits = edoi_io_wait(src, EDOI_READ, &f->wait, cx);
        if (waits == 0) continue;
        if (waits < 0) return signal_recv_end(f, waits);
        edo_budget_refund(cx);
        return signal_recv_pend(f);
    }
}

static void signal_recv_drop(edo_future *base) {
    if (edo_future_is_over(base)) return;
    signal_recv_release((edo_signal_recv_future *)(void *)base);
    edo_future_retire(base);
}

static const edo_future_ops recv_ops = { .poll = signal_recv_poll,
                                         .drop = signal_recv_drop,
                                         .name = "edo_signal_recv",
                                         .size = sizeof(edo_signal_recv_future),
                                         .flags = EDOI_FUTURE_OF(EDOI_SIGNAL),
                                         .hold = signal_recv_hold };

static const edo_future_ops recv_info_ops = { .poll = signal_recv_poll,
                                              .drop = signal_recv_drop,
                                              .name = "edo_signal_recv_info",
                                              .size = sizeof(edo_signal_recv_future),
                                              .flags = EDOI_FUTURE_OF(EDOI_SIGNAL),
                                              .hold = signal_recv_hold };

static edo_future *signal_recv_init(edo_signal_recv_future *f, edo_signal *signal,
                                    edo_signal_info *out, const edo_future_ops *ops) {
    EDOI_ENTERS(EDOI_SIGNAL, signal);
    f->signal = signal;
    f->out = out;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, ops);
}

edo_future *edo_signal_recv_init(edo_signal_recv_future *f, edo_signal *self) {
    return signal_recv_init(f, self, NULL, &recv_ops);
}

int edo_signal_recv(edo_signal *self) {
    edo_signal_recv_future f;
    return edo_await(edo_signal_recv_init(&f, self));
}

edo_future *edo_signal_recv_info_init(edo_signal_recv_info_future *f, edo_signal *self,
                                      edo_signal_info *out) {
    return signal_recv_init(f, self, out, &recv_info_ops);
}

int edo_signal_recv_info(edo_signal *self, edo_signal_info *out) {
    edo_signal_recv_info_future f;
    return edo_await(edo_signal_recv_info_init(&f, self, out));
}

int edo_signal_restore(int signo) {
    return edoi_signal_hub_restore(signo);
}

/* ---- Ctrl-C ---------------------------------------------------------------------------------- */

static edo_polled ctrl_c_poll(edo_future *base, edo_cx *cx) {
    edo_ctrl_c_future *f = (edo_ctrl_c_future *)(void *)base;
    if (edo_future_step(base) == FRESH) {
        edo_signal *signal;
        int err = edo_signal_listen(&signal, SIGINT);
        if (err < 0) return edo_future_finish(base, err);
        (void)edo_signal_recv_init(&f->recv, signal);
        edo_future_next_step(base, LISTENING);
    }
    if (edo_poll(&f->recv.base, cx) == EDO_PENDING) return EDO_PENDING;
    edo_signal_close(f->recv.signal);
    return edo_future_finish(base, edo_result(&f->recv));
}

static void ctrl_c_drop(edo_future *base) {
    edo_ctrl_c_future *f = (edo_ctrl_c_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == LISTENING) {
        edo_signal *signal = f->recv.signal;
        edo_drop(&f->recv.base);
        edo_signal_close(signal);
    }
    edo_future_retire(base);
}

static const edo_future_ops ctrl_c_ops = { .poll = ctrl_c_poll,
                                           .drop = ctrl_c_drop,
                                           .name = "edo_ctrl_c",
                                           .size = sizeof(edo_ctrl_c_future) };

edo_future *edo_ctrl_c_init(edo_ctrl_c_future *f) {
    return edo_future_init(&f->base, &ctrl_c_ops);
}

int edo_ctrl_c(void) {
    edo_ctrl_c_future f;
    return edo_await(edo_ctrl_c_init(&f));
}
