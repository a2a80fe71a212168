/* SPDX-License-Identifier: MIT */
/* threads.c: the threads of a model, all on one thread of the system: each has a stack of its own
 * and a copy of the program's thread-locals, which a switch exchanges. And the beginning of each
 * run, of which static data are in statics.c. */
#include "state.h"

#include "fiber/switch.h"

#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* The linker's names for the program's data. */
extern char __data_start[], end[];

void *map(size_t bytes) {
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) abort();
    return at;
}

/* The first object is the program itself. */
static int find_tls(struct dl_phdr_info *info, size_t bytes, void *arg) {
    (void)bytes;
    (void)arg;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_TLS) continue;
        ck->tls = info->dlpi_tls_data;
        ck->tls_bytes = info->dlpi_phdr[i].p_memsz;
    }
    return 1;
}

static void region_make(region *r, char *from, size_t bytes) {
    *r = (region){ from, from + bytes, map(bytes * sizeof(cell)) };
}

void threads_setup(void) {
    ck = map(sizeof *ck);
    (void)dl_iterate_phdr(find_tls, NULL);
    ck->tls_first = map(ck->tls_bytes + 1);
    memcpy(ck->tls_first, ck->tls, ck->tls_bytes);
    char *stacks = map(THREADS_MAX * STACK_BYTES);
    for (unsigned n = 0; n < THREADS_MAX; n++) {
        ck->threads[n].stack = stacks + n * STACK_BYTES;
        ck->threads[n].tls = map(ck->tls_bytes + 1);
    }
    // Aligned to what a page of the slab is aligned to.
    char *arena = map(2 * ARENA_BYTES);
    arena += ARENA_BYTES - ((uintptr_t)arena & (ARENA_BYTES - 1));
    region_make(&ck->regions[0], arena, ARENA_BYTES);
    region_make(&ck->regions[1], stacks, THREADS_MAX * STACK_BYTES);
    region_make(&ck->regions[2], __data_start, (size_t)(end - __data_start));
    statics_setup();
}

/* ---- Switching ------------------------------------------------------------------------------- */

static void exchange_tls(thread *from, const thread *to) {
    memcpy(from->tls, ck->tls, ck->tls_bytes);
    memcpy(ck->tls, to->tls, ck->tls_bytes);
}

void switch_to(unsigned n) {
    thread *from = me(), *to = &ck->threads[n];
    exchange_tls(from, to);
    ck->now = n;
    (void)edoi_switch_swap(&from->sp, to->sp, 0);
}

void go_home(void) {
    ck->running = false;
    memcpy(ck->tls, ck->tls_first, ck->tls_bytes);
    edoi_switch_leave(ck->home_sp, 0);
}

/* The first frame of each thread. */
static void thread_main(void *arg) {
    thread *t = arg;
    t->fn(t->arg);
    if (ck->now == 0) {
        later_end();
        if (ck->forked) fail("the model returns without edoi_model_wait()");
        ck->executions++;
        go_home();
    }
    announce(&(op){ .kind = OP_END, .at = t });
    t->alive = false;
    ck->alive_n--;
    done(false, 0, 0, 0);
    t->now.clock[ck->now]++;
    schedule();
    abort(); // nobody switches to one that is dead
}

static unsigned thread_make(edoi_model_thread_fn *fn, void *arg) {
    unsigned n = ck->threads_n++;
    thread *t = &ck->threads[n];
    char *stack = t->stack, *tls = t->tls;
    *t = (thread){ .stack = stack, .tls = tls, .fn = fn, .arg = arg, .alive = true };
    memcpy(tls, ck->tls_first, ck->tls_bytes);
    t->sp = edoi_switch_prepare(stack + STACK_BYTES, thread_main, t, edoi_switch_modes());
    ck->alive_n++;
    return n;
}

unsigned thread_start(edoi_model_thread_fn *fn, void *arg) {
    if (ck->threads_n == THREADS_MAX) fail("the model is too large: THREADS_MAX");
    ck->forked = true;
    unsigned n = thread_make(fn, arg);
    thread *t = &ck->threads[n];
    t->op = (op){ .kind = OP_START };
    t->now = me()->now;
    t->now.clock[n] = 1;
    memcpy(t->steps, me()->steps, sizeof t->steps);
    me()->now.clock[ck->now]++;
    return n;
}

void edoi_model_start(edoi_model_thread_fn *fn, void *arg) {
    (void)thread_start(fn, arg);
}

void edoi_model_wait(void) {
    announce(&(op){ .kind = OP_JOIN });
    later_end();
    for (unsigned n = 1; n < ck->threads_n; n++) join_bundle(&me()->now, &ck->threads[n].now);
    done(false, 0, 0, 0);
    ck->forked = false;
}

void edoi_model_wait_asleep(void) {
    announce(&(op){ .kind = OP_QUIET });
    later_end();
    for (unsigned n = 0; n < ck->threads_n; n++) {
        join_bundle(&me()->now, &ck->threads[n].now);
        ck->threads[n].alive = n == ck->now;
    }
    ck->alive_n = 1;
    done(false, 0, 0, 0);
    ck->forked = false;
}

/* ---- A run ----------------------------------------------------------------------------------- */

static void model_main(void *arg) {
    (void)arg;
    ck->model->fn();
}

void run_once(void) {
    statics_restore();
    ck->run++;
    ck->forked = ck->holds = false;
    ck->depth = 0;
    ck->now = ck->threads_n = ck->alive_n = 0;
    ck->guesses_n = 0;
    ck->guessed = ck->held = false;
    ck->locations_n = ck->bundles_n = ck->syncs_n = ck->descriptors_n = 0;
    ck->has_sockets = false;
    ck->seq_n = 0;
    memset(&ck->seq, 0, sizeof ck->seq);
    memset(&ck->fenced, 0, sizeof ck->fenced);
    memset(ck->unit_block, 0, ck->arena_used / UNIT_BYTES * sizeof ck->unit_block[0]);
    memset(ck->regions[0].from, 0, ck->arena_used);
    ck->arena_used = 0;
    ck->blocks_n = 0;
    (void)thread_make(model_main, NULL);
    me()->now.clock[0] = 1;
    memcpy(ck->tls, me()->tls, ck->tls_bytes);
    ck->running = true;
    (void)edoi_switch_swap(&ck->home_sp, me()->sp, 0);
    ck->running = false;
}
