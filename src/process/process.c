/* SPDX-License-Identifier: MIT */
/* process/process.c: a program that was started: its end, its signals, its pipes.
 *
 * inv. 1: as long as the status was not taken the number of the process is not reused: so a signal
 *         to its group, which has that number, reaches no other. Both are under the lock. The kernel
 *         takes the status itself if SIGCHLD is ignored, and so does a foreign wait for any child:
 *         before the number is used, the descriptor must say that the process is there. */
#include "process/process.h"

#include "base/assert.h"

#include "base/error/trail.h"
#include "base/held.h"
#include "base/memory/alloc.h"
#include "io/op.h"
#include "io/wait.h"
#include "records/handles.h"

#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Step of a future that is or was pending, or is kept before its first poll: it holds a
 * reference. */
#define HELD 1u

static const int not_taken = -EAGAIN;

static void release_pipes(edo_process *self) {
    for (size_t i = 0; i < EDO_COUNT(self->pipes); i++) edo_close(edoi_process_take(self, i));
}

/* Called with the lock held, or without a reference left. */
static int send_signal(const edo_process *self, int signo) {
    bool is_alone = edoi_load_rlx_u32(&self->refs) == 0; // relaxed: the last reference is gone
    EDO_INV("process inv. 1", is_alone || edoi_lock_is_held(&self->lock));
    (void)is_alone;
    if (self->status != not_taken) return -ESRCH;
    int fd = edoi_source_fd(self->source), own = self->own_group ? 0 : signo; // 0: is it there?
    int err = syscall(SYS_pidfd_send_signal, fd, own, NULL, 0) < 0 ? -errno : 0;
    if (!self->own_group || err == -ESRCH) return err;
    return kill(-self->pid, signo) < 0 ? -errno : 0;
}

static void process_unref(edo_process *self) {
    edoi_held_check("a process' reference is given back");
    // PR1: pairs with PR1: other owners' accesses happen before the end
    if (edoi_sub_acqrel_u32(&self->refs, 1) != 1) return;
    bool is_left = self->status == not_taken && !edoi_source_is_inherited(self->source);
    bool is_killed = is_left && self->kill_on_unref && send_signal(self, SIGKILL) == 0;
    edoi_source_deregister(self->source); // a process that is being started may have a copy
    if (is_left && edoi_reap(edoi_source_fd(self->source), false) == -EAGAIN) {
        edoi_give_up(self->orphan, edoi_source_take_fd(self->source), is_killed);
    } else {
        edoi_free(self->orphan);
    }
    edoi_source_free(self->source);
    edoi_reap_orphans();
    edoi_handle_cache_put(EDOI_PROCESS, self, sizeof *self);
}

void edo_process_unref(edo_process *self) {
    if (!self) return;
    edoi_handle_given_up(EDOI_PROCESS, self, EDOI_CALLER());
    release_pipes(self);
    process_unref(self);
}

pid_t edo_process_get_id(const edo_process *self) {
    EDOI_ENTERS(EDOI_PROCESS, self);
    return self->pid;
}

/* ---- Pipes ----------------------------------------------------------------------------------- */

edo_stream *edoi_process_take(edo_process *self, size_t i) {
    edoi_lock_acquire(&self->lock);
    edo_stream *s = self->pipes[i];
    self->pipes[i] = NULL;
    edoi_lock_release(&self->lock);
    return s;
}

static edo_stream *process_take(edo_process *self, size_t i) {
    EDOI_ENTERS(EDOI_PROCESS, self);
    return edoi_process_take(self, i);
}

edo_stream *edo_process_stdin(edo_process *self) {
    return process_take(self, 0);
}

edo_stream *edo_process_stdout(edo_process *self) {
    return process_take(self, 1);
}

edo_stream *edo_process_stderr(edo_process *self) {
    return process_take(self, 2);
}

edo_stream *edo_process_pty(edo_process *self) {
    return process_take(self, EDOI_PROCESS_PTY);
}

/* ---- Its end --------------------------------------------------------------------------------- */

/* The status; -EAGAIN: it runs. */
static int process_ask(edo_process *self) {
    edoi_lock_acquire(&self->lock);
    if (self->status == not_taken) {
        int status = edoi_reap(edoi_source_fd(self->source), self->kills_rest);
        if (status >= 0 && self->kills_rest) { // before the number may be reused: inv. 1
            (void)kill(-self->pid, SIGKILL);
            status = edoi_reap(edoi_source_fd(self->source), false);
        }
        self->status = status;
    }
    int status = self->status;
    edoi_lock_release(&self->lock);
    return status;
}

int edo_process_try_wait(edo_process *self) {
    EDOI_ENTERS(EDOI_PROCESS, self);
    if (edoi_source_is_inherited(self->source)) return -EDO_EFORKED;
    return process_ask(self);
}

static edo_polled process_wait_pend(edo_process_wait_future *f) {
    if (edo_future_step(&f->base) != HELD) {
        (void)edoi_add_rlx_u32(&f->process->refs, 1); // relaxed: the caller holds one
        edo_future_next_step(&f->base, HELD);
    }
    return EDO_PENDING;
}

static void process_wait_hold(edo_future *base) {
    edo_process_wait_future *f = (edo_process_wait_future *)(void *)base;
    if (f->process) (void)process_wait_pend(f); // the first poll reports a NULL
}

static void process_wait_release(edo_process_wait_future *f) {
    if (edo_future_step(&f->base) != HELD) return;
    edoi_source_unwait(f->process->source, &f->wait);
    process_unref(f->process);
}

static edo_polled process_wait_end(edo_process_wait_future *f, int result) {
    process_wait_release(f);
    return edo_future_finish(&f->base, result);
}

static edo_polled process_wait_poll(edo_future *base, edo_cx *cx) {
    edo_process_wait_future *f = (edo_process_wait_future *)(void *)base;
    if (edoi_io_lacks_handle(base, f->process)) return edo_future_finish(base, -EDO_EMISUSE);
    if (!edo_budget_take(cx)) return process_wait_pend(f);
    edo_close(edoi_process_take(f->process, 0));
    edoi_source *src = f->process->source;
    for (;;) {
        // in this order: an end after the question makes another tick
        uint32_t tick = edoi_source_ready(src, EDOI_READ);
        if (edoi_source_tick_is_closed(tick))
            return process_wait_end(f, edoi_source_closed_error(src));
        int status = process_ask(f->process);
        if (status != -EAGAIN) return process_wait_end(f, status);
        edoi_source_clear(src, EDOI_READ, tick);
        int waits = edoi_io_wait(src, EDOI_READ, &f->wait, cx);
        if (waits == 0) continue;
        if (waits < 0) return process_wait_end(f, waits);
        edo_budget_refund(cx);
        return process_wait_pend(f);
    }
}

static void process_wait_drop(edo_future *base) {
    if (edo_future_is_over(base)) return;
    process_wait_release((edo_process_wait_future *)(void *)base);
    edo_future_retire(base);
}

static const edo_future_ops wait_ops = { .poll = process_wait_poll,
                                         .drop = process_wait_drop,
                                         .name = "edo_process_wait",
                                         .size = sizeof(edo_process_wait_future),
                                         .flags = EDOI_FUTURE_OF(EDOI_PROCESS),
                                         .hold = process_wait_hold };

edo_future *edo_process_wait_init(edo_process_wait_future *f, edo_process *self) {
    EDOI_ENTERS(EDOI_PROCESS, self);
    f->process = self;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, &wait_ops);
}

int edo_process_wait(edo_process *self) {
    edo_process_wait_future f;
    return edo_await(edo_process_wait_init(&f, self));
}

/* ---- Signals --------------------------------------------------------------------------------- */

int edo_process_signal(edo_process *self, int signo) {
    EDOI_ENTERS(EDOI_PROCESS, self);
    if (edoi_source_is_inherited(self->source)) return -EDO_EFORKED;
    edoi_lock_acquire(&self->lock);
    int err = send_signal(self, signo);
    edoi_lock_release(&self->lock);
    return err;
}

int edo_process_kill(edo_process *self) {
    int err = edo_process_signal(self, SIGKILL);
    return err < 0 && err != -ESRCH ? err : edo_process_wait(self);
}

int edo_process_stop(edo_process *self, edo_duration grace) {
    EDOI_ENTERS(EDOI_PROCESS, self);
    if (edoi_source_is_inherited(self->source)) return -EDO_EFORKED;
    edoi_lock_acquire(&self->lock);
    int err = send_signal(self, SIGTERM);
    if (err == 0) self->kills_rest = self->own_group; // before another wait takes the status
    edoi_lock_release(&self->lock);
    if (err < 0 && err != -ESRCH) return err;
    (void)edo_process_signal(self, SIGCONT);  // a program that is stopped hears no SIGTERM
    edoi_trail_kept kept = edoi_trail_keep(); // its end after the limit is no failure
    EDO_DEADLINE(d, grace);
    int status = edo_deadline_end(&d, edo_process_wait(self));
    return edoi_trail_kept_end(kept, status == -ETIMEDOUT ? edo_process_kill(self) : status);
}
