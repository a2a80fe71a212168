/* SPDX-License-Identifier: MIT */
/* records/blame.c: see blame.h.
 *
 * The program calls a public function of edo, which may call other functions of edo. So the first
 * frame outside edo is the caller, and the next inner frame is the called function. Functions in
 * headers have frames too: EDOI_FRAMED. Two stacks need care. A worker that runs a task may have
 * the program's main() below its loop, which is unrelated: the search ends at the loop. And a
 * fiber's awaited future is polled by its worker on the worker's own stack: if that has no frame of
 * the program, the fiber's stack is searched. */
#include "records/blame.h"

#if defined(EDO_DEBUG) && !defined(EDOI_MODEL)

#    include "base/error/end_soon.h"
#    include "base/error/trail.h"
#    include "stacks/frames.h"

#    include "base/fork.h"
#    include "base/held.h"
#    include "records/records.h"

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

edo_atomic_u32 edoi_blames;

static void blame_begin_child(void) {
    mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

EDOI_ON_FORK(.child = blame_begin_child);

/* The worker's loop, or the beginning of a fiber's stack made with libc. */
static bool is_bottom(const edoi_frame *f) {
    return strcmp(f->function, "edoi_scheduler_run") == 0 ||
           strcmp(f->function, "edoi_scheduler_turn") == 0 ||
           strcmp(f->function, "edoi_switch_begin") == 0 ||
           strcmp(f->function, "edoi_switch_portable_begin") == 0;
}

/* Searches the frames in `pcs`; false: none is the program's. Frames before edo's first one are the
 * unwinder's. */
static bool stack_look(stack *s, size_t n) {
    bool began = false, is_named = false;
    s->n = 0;
    s->user = n;
    edoi_frames_find(s->frames, s->pcs, n, false);
    for (size_t i = 0; i < n; i++) {
        const edoi_frame *f = &s->frames[i];
        began = began || f->is_ours;
        is_named = is_named || f->function[0] != '\0';
        if (is_bottom(f)) break;
        s->n = i + 1;
        if (began && !f->is_ours && s->user == n) s->user = i;
    }
    while (s->n > 0 && s->frames[s->n - 1].is_ours) s->n--; // edo's own outermost frames
    if (!is_named && s->user == n) s->user = 0;             // any of them may be the program's
    return s->user < s->n;
}

static bool look_here(stack *s) {
    int n = backtrace(s->pcs, FRAMES_MAX);
    return n > 0 && stack_look(s, (size_t)n);
}

static bool look_at_awaiter(stack *s) {
    const edoi_records_hooks *hooks = edoi_records_hooks_get();
    return hooks && stack_look(s, hooks->awaiter(s->pcs, FRAMES_MAX));
}

/* Writes the program's part of the report: "FUNCTION (PLACE), call of EDO_FUNCTION". */
static void tell_user(char *to, size_t bytes, const stack *s) {
    if (s->user == 0) {
        (void)snprintf(to, bytes, "a function of this stack");
        return;
    }
    const edoi_frame *user = &s->frames[s->user];
    const char *name = user->function[0] ? user->function : "a function";
    const char *called = s->user > 0 ? s->frames[s->user - 1].function : "";
    bool is_public = strncmp(called, "edo_", 4) == 0;
    char place[EDOI_FILE_MAX + 24];
    edoi_frame_tell_place(place, sizeof place, user);
    (void)snprintf(to, bytes, "%s (%s)%s%s", name, place, is_public ? ", call of " : "",
                   is_public ? called : "");
}

void edoi_blame_print(const char *text) {
    static char user[512]; // lock: mutex
    const char *task = edoi_task_name();
    edoi_store_rlx_u32(&edoi_blames, 1);
    edoi_mutex_acquire(&mutex);
    edoi_frames_begin();
    bool known = look_here(&found) || look_at_awaiter(&found);
    (void)snprintf(user, sizeof user, "a function that has ended"); // the task shows where it began
    if (known) tell_user(user, sizeof user, &found);
    edoi_end_say("edo: misuse in %s: %s%s%s%s\n", user, text, task ? " [task " : "",
                 task ? task : "", task ? "]" : "");
    edoi_end_soon();
    if (known) edoi_frames_print(stderr, found.frames + found.user, found.n - found.user);
    edoi_frames_end();
    edoi_mutex_release(&mutex);
}

#endif
