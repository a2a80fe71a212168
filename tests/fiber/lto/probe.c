/* SPDX-License-Identifier: MIT */
/* probe.c: asks for a thread-local before and after a switch; lto_test.sh reads the machine
 * code. */
#include "base/memory/cache.h"
#include "fiber/fiber.h"
#include "runtime/scope/ctx.h"
#include "runtime/worker/here.h"
#include "runtime/worker/wake.h"

#include <edo/slab.h>
#include <edo/task.h>

bool probe_worker(edoi_fiber *self, edoi_fiber *other);
bool probe_thread(edoi_fiber *self, edoi_fiber *other);
bool probe_yield(void);
int *probe_own(void);
bool probe_address(edoi_fiber *self, edoi_fiber *other);
void probe_cache(edoi_fiber *self, edoi_fiber *other, void *object);
void probe_slab(edoi_fiber *self, edoi_fiber *other, edo_slab *s, void *object);
void probe_keep(edoi_worker *w, edoi_fiber *self);

#define KEEP __attribute__((used, noinline))

KEEP bool probe_worker(edoi_fiber *self, edoi_fiber *other) {
    const edoi_worker *before = edoi_worker_here();
    (void)edoi_fiber_switch(self, other, 0);
    return before == edoi_worker_here();
}

KEEP bool probe_thread(edoi_fiber *self, edoi_fiber *other) {
    const edoi_thread *before = edoi_thread_here();
    (void)edoi_fiber_switch(self, other, 0);
    return before == edoi_thread_here();
}

/* The hardest kind: it returns an address, which never changes on one thread. */
static EDOI_THREAD_LOCAL int own;

EDOI_OPAQUE int *probe_own(void) {
    EDOI_COMPILER_BARRIER();
    return &own;
}

KEEP bool probe_address(edoi_fiber *self, edoi_fiber *other) {
    const int *before = probe_own();
    (void)edoi_fiber_switch(self, other, 0);
    return before == probe_own();
}

/* The whole way; the library's part may be inlined here. */
KEEP bool probe_yield(void) {
    const edoi_worker *before = edoi_worker_here();
    if (edo_yield() < 0) return false;
    return before == edoi_worker_here();
}

/* Inline, with the slow way in view: it reads and writes the thread's lists on both sides. */
KEEP void probe_cache(edoi_fiber *self, edoi_fiber *other, void *object) {
    edoi_cache_put(object, 64);
    void *another = edoi_cache_get(80);
    (void)edoi_fiber_switch(self, other, 0);
    edoi_cache_put(another, 64);
    (void)edoi_cache_get(80);
}

KEEP void probe_slab(edoi_fiber *self, edoi_fiber *other, edo_slab *s, void *object) {
    edo_slab_put(s, object);
    void *another = edo_slab_get(s);
    (void)edoi_fiber_switch(self, other, 0);
    edo_slab_put(s, another);
    (void)edo_slab_get(s);
}

/* The thread-locals have to be set, else the optimiser rightly takes them for constant. */
KEEP void probe_keep(edoi_worker *w, edoi_fiber *self) {
    edoi_worker_set_here(w);
    edoi_fiber_adopt(self);
}
