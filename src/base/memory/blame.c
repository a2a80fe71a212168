/* SPDX-License-Identifier: MIT */
/* base/memory/blame.c: see blame.h.
 *
 * The program calls a public function of edo, which may call other functions of edo. So the first
 * frame outside edo is the caller, and the next inner frame is the called function. Functions in
 * headers have frames too: EDOI_FRAMED. Two stacks need care. A worker that runs a task may have
 * the program's main() below its loop, which is unrelated: the search ends at the loop. And a
 * fiber's awaited future is polled by its worker on the worker's own stack: if that has no frame of
 * the program, the fiber's stack is searched. */
#include "base/memory/blame.h"

#if defined(EDO_DEBUG) && !defined(EDOI_MODEL)

#    include "base/error/trail.h"
#    include "base/symbols/frames.h"

#    include "base/fork.h"
#    include "base/held.h"

#    include <execinfo.h>
#    include <pthread.h>
#    include <string.h>

#    define FRAMES_MAX 48

typedef struct stack {
    void *pcs[FRAMES_MAX];
    edoi_frame frames[FRAMES_MAX];
    size_t n;
    size_t user; /* the first frame outside edo; n: none */
} stack;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static stack found; /* lock: mutex; static, since a fiber's stack is small */
static edoi_awaiter_fn *awaiter_hook;

edo_atomic_u32 edoi_blames;

static void begin_child(void) {
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

EDOI_ON_FORK(.child = begin_child);

void edoi_blame_hook_set(edoi_awaiter_fn *awaiter) {
    EDOI_ATOMIC_STORE(&awaiter_hook, awaiter, EDOI_RELAXED); // relaxed: it points to code
}

/* The worker's loop, or the beginning of a fiber's stack made with libc. */
static bool is_bottom(const edoi_frame *f) {
    return strcmp(f->symbol.name, "edoi_scheduler_run") == 0 ||
           strcmp(f->symbol.name, "edoi_scheduler_turn") == 0 ||
           strcmp(f->symbol.name, "edoi_switch_begin") == 0 ||
           strcmp(f->symbol.name, "edoi_switch_portable_begin") == 0;
}

/* Searches the frames in `pcs`; false: none is the program's. Frames before edo's first one are the
 * unwinder's. */
static bool look(stack *s, size_t n) {
    bool began = false;
    s->n = 0;
    s->user = n;
    for (size_t i = 0; i < n; i++) {
        edoi_frame *f = &s->frames[i];
        edoi_frame_find(f, s->pcs[i], true);
        began = began || f->is_ours;
        if (is_bottom(f)) break;
        s->n = i + 1;
        if (began && !f->is_ours && s->user == n) s->user = i;
    }
    while (s->n > 0 && s->frames[s->n - 1].is_ours) s->n--; // edo's own outermost frames
    return s->user < s->n;
}

static bool look_here(stack *s) {
    int n = backtrace(s->pcs, FRAMES_MAX);
    return n > 0 && look(s, (size_t)n);
}

static bool look_at_awaiter(stack *s) {
    edoi_awaiter_fn *awaiter = EDOI_ATOMIC_LOAD(&awaiter_hook, EDOI_RELAXED);
    return awaiter && look(s, awaiter(s->pcs, FRAMES_MAX));
}

/* Writes the program's part of the report: "FUNCTION (PLACE), call of EDO_FUNCTION". */
static void tell_user(char *to, size_t bytes, const stack *s) {
    const edoi_frame *user = &s->frames[s->user];
    const char *name = user->symbol.name[0] ? user->symbol.name : "a function";
    const char *called = s->user > 0 ? s->frames[s->user - 1].symbol.name : "";
    bool is_public = strncmp(called, "edo_", 4) == 0;
    char place[EDOI_LINE_FILE_MAX + 24];
    edoi_place_tell(place, sizeof place, s->pcs[s->user]);
    (void)snprintf(to, bytes, "%s (%s)%s%s", name, place, is_public ? ", call of " : "",
                   is_public ? called : "");
}

void edoi_blame_print(const char *text) {
    static char user[512]; // lock: mutex
    const char *task = edoi_task_name();
    edoi_store_rlx_u32(&edoi_blames, 1);
    edoi_mutex_acquire(&mutex);
    bool known = look_here(&found) || look_at_awaiter(&found);
    (void)snprintf(user, sizeof user, "a function that has ended"); // the task shows where it began
    if (known) tell_user(user, sizeof user, &found);
    // by one call, so that other threads cannot write into the line
    (void)fprintf(stderr, "edo: misuse in %s: %s%s%s%s\n", user, text, task ? " [task " : "",
                  task ? task : "", task ? "]" : "");
    for (size_t i = found.user; known && i < found.n; i++)
        edoi_frame_print(stderr, i - found.user, &found.frames[i]);
    edoi_mutex_release(&mutex);
}

#else

void edoi_blame_hook_set(edoi_awaiter_fn *awaiter) {
    (void)awaiter; // a release build reports nothing
}

#endif
