/* SPDX-License-Identifier: MIT */
/* runtime/debug/record_hooks.c: see record_hooks.h. */
#include "runtime/debug/record_hooks.h"

#include "fiber/fiber.h"
#include "runtime/debug/deadlock.h"
#include "runtime/scope/bracket.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/scope.h"
#include "runtime/task/fiber_task.h"
#include "runtime/worker/here.h"

#ifdef EDO_DEBUG

#    include "log/tell.h"
#    include "records/records.h"
#    include "runtime/watch/registry.h"
#    include "runtime/worker/core.h"

#    include <edo/task.h>

static const void *owner_here(void) {
    return edoi_runtime_here();
}

/* A scope of the running task's own, else the one that it is a child of. */
static const void *clean_scope_here(void) {
    const edoi_fiber_task *fiber = edoi_fiber_served_here();
    const edo_scope *s;
    bool is_own = edoi_bracket_clean_scope(edoi_ctx_here(), &s);
    if (is_own || !fiber || !(fiber->kind & EDOI_FIBER_CHILD)) return s;
    s = ((const edoi_child *)(const void *)fiber)->scope;
    return s->opts.leaves_nothing ? s : NULL;
}

/* The stack of the fiber for which this thread's worker polls. */
static size_t awaiter_stack(void **pcs, size_t max) {
    edoi_fiber_task *fiber = edoi_fiber_here() ? NULL : edoi_fiber_served_here();
    return fiber && fiber->ctx ? edoi_fiber_backtrace(&fiber->ctx->fiber, pcs, max) : 0;
}

#    if EDOI_REMEMBERS
typedef struct exit_look {
    edoi_records_found_fn *found;
    void *arg;
    const edo_task *here; /* the task that calls exit(); NULL: none */
} exit_look;

/* Called with the lock of all pages held. */
static bool tell_if_alive(void *arg, edo_task *t) {
    const exit_look *l = arg;
    uint32_t word = edoi_load_rlx_u32(&t->word); // relaxed: the task is only named
    if (word != 0 && !(word & TASK_DONE) && t != l->here) l->found(l->arg, edoi_task_seen_site(t));
    return true;
}

/* Workers may still run. Tells nothing while another thread hangs in writing a report. */
static void tell_of_alive(edoi_records_found_fn *found, void *arg) {
    exit_look l = { found, arg, edoi_task_here() };
    if (!edoi_registry_acquire_soon()) return;
    for (edo_runtime *rt = edoi_registry_next(NULL); rt; rt = edoi_registry_next(rt)) {
        bool was_named = edoi_runtime_is_left(rt);
        if (!was_named) edoi_runtime_look_over(rt, tell_if_alive, &l);
    }
    edoi_registry_release();
}
#    endif

static void install_records(void) {
    static const edoi_records_hooks hooks = {
        .owner = owner_here,
        .task = edo_task_current_id,
        .scope = clean_scope_here,
        .awaiter = awaiter_stack,
        .tell = edoi_tell_text,
#    if EDOI_REMEMBERS
        .alive = tell_of_alive,
#    endif
    };
    edoi_tell_prepare(); // tasks are left when the program's allocator may have ended
    edoi_records_hooks_set(&hooks);
}

#endif

void edoi_record_hooks_install(void) {
#ifdef EDO_DEBUG
    install_records();
#endif
    edoi_deadlock_install();
}
