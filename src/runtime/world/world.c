/* SPDX-License-Identifier: MIT */
/* runtime/world/world.c: see world.h. */
#include "runtime/world/world.h"

#include "net/raw_socket.h"
#include "runtime/blocking/blocking.h"
#include "runtime/control/signal_hub.h"
#include "runtime/end/lifetime.h"
#include "runtime/worker/core.h"

#include <edo/task.h>

#include <errno.h>
#include <signal.h>

int edoi_world_enter(edoi_world *self, edo_runtime *rt) {
    self->signals = edoi_signal_hub_new();
    if (!self->signals) return -ENOMEM;
    rt->world = self;
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
    edo_task *now = root ? edo_task_ref(root) : NULL;
    edo_task_unref(edoi_swap_acqrel_ptr(&rt->signal.root, now)); // SR2: pairs with SR1
}

bool edoi_world_signal(edo_runtime *rt, int signo) {
    if (edoi_signal_hub_raise(rt->world->signals, signo)) return true;
    bool is_end = signo == SIGINT || signo == SIGTERM;
    if (!is_end) return signo == SIGCHLD || signo == SIGURG || signo == SIGWINCH;
    if (edoi_load_rlx_u32(&rt->signal.state) != 0) return false; // relaxed: this thread sets it
    edoi_store_rlx_u32(&rt->signal.state, EDOI_SIGNAL_SENT);
    edoi_runtime_kick(rt);
    return true;
}

uint32_t edoi_world_tasks_n(edo_runtime *rt) {
    return edoi_runtime_tasks_alive(rt);
}

void edoi_world_sees_calls(void) {
    edoi_calls_go_through_libc = true;
}
