/* SPDX-License-Identifier: MIT */
/* runtime/control/world.c: see world.h. */
#include "runtime/control/world.h"

#include "runtime/blocking/blocking.h"
#include "runtime/control/program.h"
#include "runtime/control/signal_hub.h"
#include "runtime/end/lifetime.h"
#include "runtime/end/shutdown.h"
#include "runtime/scheduler/root.h"
#include "runtime/scheduler/scheduler.h"
#include "runtime/thread/drive.h"
#include "runtime/worker/core.h"

#include <edo/task.h>

#include <errno.h>
#include <signal.h>

int edoi_world_enter(edoi_world *self, edo_runtime *rt) {
    self->signals = edoi_signal_hub_new();
    if (!self->signals) return -ENOMEM;
    edoi_drive_set_world(rt, self);
    edoi_scheduler_begin_chance(rt, self->chance);
    return 0;
}

void edoi_world_leave(edoi_world *self) {
    edoi_signal_hub_free(self->signals);
    self->signals = NULL;
}

bool edoi_world_run_job(edo_runtime *rt) {
    return edoi_blocking_run_next(rt->blocking);
}

void edoi_world_set_root(edo_runtime *rt, edo_task *root) {
    edoi_runtime_set_root(rt, root);
}

uint64_t edoi_world_progress(const edo_runtime *rt) {
    return edoi_scheduler_chance_state(rt);
}

void edoi_world_cancel_root(edo_runtime *rt) {
    (void)edoi_program_send(rt); // false: it was cancelled before
}

void edoi_world_cancel_tasks(edo_runtime *rt) {
    edoi_shutdown_cancel(rt);
}

bool edoi_world_has_tasks(edo_runtime *rt) {
    return edoi_runtime_tasks_alive(rt) > 0;
}

bool edoi_world_signal(edo_runtime *rt, int signo) {
    if (edoi_signal_hub_raise(rt->drive.world->signals, signo)) return true;
    bool is_end = signo == SIGINT || signo == SIGTERM;
    if (!is_end) return signo == SIGCHLD || signo == SIGURG || signo == SIGWINCH;
    return edoi_program_send(rt);
}
