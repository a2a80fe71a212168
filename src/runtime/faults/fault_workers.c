/* SPDX-License-Identifier: MIT */
/* runtime/faults/fault_workers.c: see faults.h. Workers that were in one poll at all looks, or in
 * long polls for most of the time, and the tasks that were runnable there and have not run. */
#include "runtime/faults/faults.h"

#include "base/error/text.h"
#include "runtime/task/task.h"
#include "runtime/watch/capture.h"
#include "runtime/watch/registry.h"
#include "runtime/worker/core.h"
#include "stacks/frames.h"
#include "stacks/thread_state.h"

#include <inttypes.h>

#define WORKERS_MAX 256u
#define QUEUED_MAX  256u /* tasks that are followed */
#define NAMED_MAX   4u   /* of them in one line */
#define STACK_MAX   32u

/* A worker, as of the looks so far. */
typedef struct fault_worker {
    const edo_runtime *rt; /* only compared */
    uint64_t rt_id;
    uint32_t index;
    uint32_t tid;
    edoi_seen_poll poll; /* of the last look */
    bool stands;         /* it was in that poll at the first look */
    int64_t cpu_ns;      /* of its thread at the first look */
    uint64_t waits;      /* edoi_thread_waits() then */
    int64_t seen_ns;     /* when it was looked at last */
    int64_t long_ns;     /* how long it was in polls that two looks have seen */
    uint32_t long_n;     /* such polls */
    uint64_t long_polls; /* the number of the last one */
    const char *site;    /* the task of that one; NULL: not known */
    size_t stack_n;      /* of that one */
    void *stack[STACK_MAX];
    edoi_thread_call call;
} fault_worker;

/* A task that was runnable at all looks so far. */
typedef struct fault_queued {
    const edo_task *task; /* only compared */
    uint32_t born_tenths;
    uint32_t looks_n;
    const char *site;
    uint32_t worker; /* in `workers` */
} fault_queued;

/* All of the thread that looks. */
static fault_worker workers[WORKERS_MAX];
static uint32_t workers_n, looks_n;
static fault_queued queued[QUEUED_MAX];
static uint32_t queued_n;
static edoi_frame frames[STACK_MAX];

/* ---- Looks ----------------------------------------------------------------------------------- */

static void faulty_begin(fault_worker *fw, edo_runtime *rt, uint32_t index, int64_t now_ns) {
    const edoi_seen_worker seen = edoi_capture_see(rt->workers[index]);
    *fw = (fault_worker){ .rt = rt,
                          .rt_id = rt->id,
                          .index = index,
                          .tid = seen.tid,
                          .poll = seen.poll,
                          .seen_ns = now_ns };
    fw->stands = fw->poll.task && fw->poll.in_place % 2 == 0;
    fw->cpu_ns = edoi_thread_cpu_ns(fw->tid);
    fw->waits = edoi_thread_waits(fw->tid);
}

void edoi_fault_workers_begin(edoi_faults *f) {
    workers_n = queued_n = looks_n = 0;
    for (edo_runtime *rt = edoi_registry_next(NULL); rt; rt = edoi_registry_next(rt))
        for (uint32_t i = 0; i < rt->workers_n && workers_n < WORKERS_MAX; i++)
            faulty_begin(&workers[workers_n++], rt, i, f->now_ns);
}

/* Its runtime; NULL: that has ended. */
static edo_runtime *faulty_runtime(const fault_worker *fw) {
    for (edo_runtime *rt = edoi_registry_next(NULL); rt; rt = edoi_registry_next(rt))
        if (rt == fw->rt && rt->id == fw->rt_id) return rt;
    return NULL;
}

/* The worker is in a poll in which the look before has found it, too. */
static void faulty_note_long(fault_worker *fw, edo_runtime *rt, int64_t now_ns) {
    fw->long_ns += now_ns - fw->seen_ns;
    if (fw->long_n > 0 && fw->long_polls == fw->poll.polls_n) return;
    fw->long_n++;
    fw->long_polls = fw->poll.polls_n;
    const char *site = edoi_capture_site(rt, fw->poll.task);
    const size_t n =
        edoi_capture(rt->workers[fw->index], &fw->poll, fw->stack, STACK_MAX, &fw->call);
    if (n == 0 && fw->stack_n > 0) return; // that of the poll before says more
    fw->stack_n = n;
    fw->site = site;
}

static bool is_same_poll(const edoi_seen_poll *a, const edoi_seen_poll *b) {
    return a->task && a->task == b->task && a->polls_n == b->polls_n && a->in_place == b->in_place;
}

static void faulty_look(fault_worker *fw, int64_t now_ns) {
    edo_runtime *rt = faulty_runtime(fw);
    if (!rt) {
        fw->poll.task = NULL;
        fw->stands = false;
        fw->long_ns = 0;
        return;
    }
    const edoi_seen_poll now = edoi_capture_see(rt->workers[fw->index]).poll;
    if (looks_n > 0 && is_same_poll(&fw->poll, &now) && now.in_place % 2 == 0) {
        faulty_note_long(fw, rt, now_ns);
    } else if (looks_n > 0) {
        fw->stands = false;
        fw->poll = now;
    }
    fw->seen_ns = now_ns;
}

/* What its worker notes of a task beside all fences: a hint, which all looks must agree on. */
__attribute__((no_sanitize("thread"))) static EDOI_NOINLINE uint8_t own_seen(const edo_task *t) {
    return *(const volatile uint8_t *)&t->own;
}

/* Is a task runnable, and runs nowhere? The ring's have no owner, and are in nobody's way. */
static bool is_queued_at(const edoi_seen_worker *w, const edo_task *t) {
    const uint32_t word = edoi_load_rlx_u32(&t->word); // relaxed: a hint
    if ((word & (TASK_BUSY | TASK_DONE | TASK_FREED)) != TASK_BUSY) return false;
    if (edoi_load_rlx_u16(&t->owner) != w->id) return false; // relaxed: a hint
    return (own_seen(t) & OWN_QUEUED) && w->poll.task != t;
}

/* Of a walk over the tasks of a runtime. */
typedef struct queued_walk {
    edoi_seen_worker worker;
    uint32_t at; /* in `workers` */
} queued_walk;

/* Called with the lock of all pages held. */
static bool queued_note(void *arg, edo_task *t) {
    const queued_walk *w = arg;
    if (!is_queued_at(&w->worker, t)) return true;
    const uint32_t born = EDOI_ATOMIC_LOAD(&t->born_tenths, EDOI_RELAXED); // relaxed: a hint, too
    if (looks_n == 0) {
        if (queued_n < QUEUED_MAX)
            queued[queued_n++] = (fault_queued){ .task = t,
                                                 .born_tenths = born,
                                                 .looks_n = 1,
                                                 .site = edoi_task_seen_site(t),
                                                 .worker = w->at };
        return true;
    }
    for (uint32_t i = 0; i < queued_n; i++)
        if (queued[i].task == t && queued[i].looks_n == looks_n && queued[i].born_tenths == born)
            queued[i].looks_n++;
    return true;
}

/* Only of a worker that is in a poll: others have just begun to run what is there. */
static void queued_look(uint32_t at) {
    edo_runtime *rt = faulty_runtime(&workers[at]);
    if (!rt || !workers[at].poll.task) return;
    queued_walk walk = { edoi_capture_see(rt->workers[workers[at].index]), at };
    edoi_runtime_look_over(rt, queued_note, &walk);
}

void edoi_fault_workers_look(const edoi_faults *f) {
    for (uint32_t i = 0; i < workers_n; i++) faulty_look(&workers[i], f->now_ns);
    for (uint32_t i = 0; i < workers_n; i++) queued_look(i);
    looks_n++;
}

/* ---- What is told ---------------------------------------------------------------------------- */

/* "; runnable and not run: 3 x a at x.c:4, b at x.c:5" */
static uint32_t tell_starved(edoi_text *to, uint32_t worker) {
    uint32_t n = 0, named = 0;
    for (uint32_t i = 0; i < queued_n; i++)
        n += queued[i].worker == worker && queued[i].looks_n == looks_n;
    if (n == 0) return 0;
    for (uint32_t i = 0; i < queued_n && named < NAMED_MAX; i++) {
        const fault_queued *q = &queued[i];
        uint32_t same = 0;
        bool is_first = true;
        if (q->worker != worker || q->looks_n != looks_n) continue;
        for (uint32_t k = 0; k < queued_n; k++) {
            if (queued[k].worker != worker || queued[k].looks_n != looks_n) continue;
            if (queued[k].site != q->site) continue;
            same++;
            if (k < i) is_first = false;
        }
        if (!is_first) continue;
        edoi_text_add(to, named++ == 0 ? "" : ", ");
        if (same > 1) edoi_text_add(to, "%u x ", (unsigned)same);
        edoi_text_add(to, "%s", q->site ? q->site : "(no name)");
    }
    return n;
}

static void tell_stack(edoi_faults *f, fault_worker *fw) {
    (void)edoi_frames_find(frames, fw->stack, fw->stack_n, true);
    edoi_thread_name_call(&fw->call, frames, fw->stack_n);
    edoi_frames_print(f->out, frames, fw->stack_n);
}

/* A thread that neither waits nor computes is not scheduled: the machine is busy, or it was
 * stopped. */
static bool faulty_tell_standing(edoi_faults *f, fault_worker *fw, const edo_runtime *rt) {
    const int64_t ns = f->now_ns - f->began_ns;
    const uint64_t waits = edoi_thread_waits(fw->tid);
    const bool computes = edoi_thread_cpu_ns(fw->tid) - fw->cpu_ns >= ns / 10;
    if (waits == 0 && !computes) return false;
    (void)edoi_frames_find(frames, fw->stack, fw->stack_n, true);
    edoi_thread_name_call(&fw->call, frames, fw->stack_n);
    edoi_fault_begin(f);
    (void)fprintf(f->out,
                  "%s has kept worker %" PRIu32 " of runtime %s for %" PRId64
                  ".%d s or longer without an await, and ",
                  fw->site ? fw->site : "(no name)", fw->index, rt->opts.name, ns / 1000000000,
                  (int)(ns / 100000000 % 10));
    if (computes) {
        (void)fputs("computes\n", f->out);
    } else {
        (void)fprintf(f->out, "waits in the kernel%s%s%s%s\n",
                      waits == fw->waits ? "" : " again and again", *fw->call.name ? " (" : "",
                      fw->call.name, *fw->call.name ? ")" : "");
    }
    edoi_frames_print(f->out, frames, fw->stack_n);
    return true;
}

static void faulty_tell(edoi_faults *f, uint32_t at) {
    fault_worker *fw = &workers[at];
    const edo_runtime *rt = faulty_runtime(fw);
    const int64_t ns = f->now_ns - f->began_ns;
    edoi_text starved = { .n = 0 };
    if (!rt || !fw->site) return;
    const uint32_t n = tell_starved(&starved, at);
    if (fw->stands) {
        if (faulty_tell_standing(f, fw, rt) && n > 0)
            (void)fprintf(f->out, "  %" PRIu32 " runnable behind it: %s\n", n, starved.at);
        return;
    }
    if (n == 0 || fw->long_ns < ns / 2) return;
    edoi_fault_begin(f);
    (void)fprintf(f->out,
                  "%" PRIu32 " runnable and not run for %" PRId64 ".%d s: %s; worker %" PRIu32
                  " of runtime %s was in long polls, as of %s\n",
                  n, ns / 1000000000, (int)(ns / 100000000 % 10), starved.at, fw->index,
                  rt->opts.name, fw->site);
    tell_stack(f, fw);
}

void edoi_fault_workers_tell(edoi_faults *f) {
    edoi_registry_acquire();
    for (uint32_t i = 0; i < workers_n && !ferror(f->out); i++) faulty_tell(f, i);
    edoi_registry_release();
}
