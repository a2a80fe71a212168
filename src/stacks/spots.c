/* SPDX-License-Identifier: MIT */
/* stacks/spots.c: see spots.h.
 *
 * The table has addresses and not stacks, so that a place is looked for once, however many ways
 * lead to it. Edo's own addresses are in it too: in a program that is linked with edo statically
 * only their names tell that they are edo's. */
#include "stacks/spots.h"

#include "base/cond.h"
#include "base/fork.h"
#include "base/held.h"
#include "stacks/frames.h"
#include "stacks/objects.h"
#include "stacks/own_threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define PLACES_MAX 512u
#define TEXT_MAX   96u
#define ASKED_MAX  8u /* of more stacks the next one that is alike is asked */

/* Without debug information edo's own functions that it does not export look like others, so what
 * has a line is rather the program's. */
typedef enum kind { OURS, NAMED, LINE } kind;

typedef struct place {
    uint64_t used; /* by which call of edoi_spot_of() last */
    kind kind;
    char text[TEXT_MAX];
} place;

typedef struct asked_stack {
    size_t n;
    void *pcs[EDOI_SPOT_FRAMES];
} asked_stack;

edo_atomic_u32 edoi_spots_any;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards all but `frames` */
static uintptr_t addresses[PLACES_MAX];                   /* of `places`; 0: free */
static place places[PLACES_MAX];
static uint64_t calls_n;             /* of edoi_spot_of() */
static asked_stack asked[ASKED_MAX]; /* the first one, while it is sought, too */
static uint32_t asked_n;
static bool is_there;       /* the thread */
static pthread_cond_t left; /* it is not there any more */
static bool is_left_made;   /* `left` */
static edoi_object object;  /* too large for the stack of a fiber */

static edoi_frame frames[EDOI_SPOT_FRAMES]; /* of the thread */

/* The thread does not exist in the child. */
static void spots_begin_child(void) {
    is_there = is_left_made = false;
    asked_n = 0;
}

EDOI_ON_FORK(.mutex = &mutex, .child = spots_begin_child);

/* ---- The table ------------------------------------------------------------------------------- */

/* NULL: it is new. Called with the mutex held. */
static place *place_at(const void *pc) {
    for (size_t i = 0; i < PLACES_MAX; i++)
        if (addresses[i] == (uintptr_t)pc) return &places[i];
    return NULL;
}

/* The one that was not used for the longest time, or a free one. Called with the mutex held. */
static size_t oldest_place(void) {
    size_t oldest = 0;
    for (size_t i = 1; i < PLACES_MAX; i++)
        if (places[i].used < places[oldest].used) oldest = i;
    return oldest;
}

/* Called with the mutex held. */
static const place *place_enter(const void *pc, const edoi_frame *f) {
    size_t at = oldest_place();
    place *p = &places[at];
    addresses[at] = (uintptr_t)pc;
    *p = (place){ .used = calls_n, .kind = f->is_ours ? OURS : f->file[0] ? LINE : NAMED };
    if (p->kind == LINE) { // without its folder, which may be that of another machine
        const char *slash = strrchr(f->file, '/');
        (void)snprintf(p->text, sizeof p->text, "%.80s:%u", slash ? slash + 1 : f->file,
                       (unsigned)f->line);
    } else {
        edoi_frame_tell_place(p->text, sizeof p->text, f);
    }
    return p;
}

/* Enters what was found of `s`, as far as edoi_spot_of() looks. Called with the mutex held. */
static void places_add(const asked_stack *s) {
    for (size_t i = 0; i < s->n; i++) {
        const place *p = place_at(s->pcs[i]);
        if (!p) p = place_enter(s->pcs[i], &frames[i]);
        if (p->kind == LINE) break;
    }
}

/* ---- The thread that finds what is new ------------------------------------------------------- */

/* Finds what is asked. Called with the mutex held; releases it meanwhile. */
static void find_asked(void) {
    edoi_mutex_release(&mutex);
    edoi_frames_begin();
    edoi_mutex_acquire(&mutex);
    while (asked_n > 0) {
        asked_stack s = asked[0];
        edoi_mutex_release(&mutex);
        bool is_found = edoi_frames_find(frames, s.pcs, s.n, false);
        edoi_mutex_acquire(&mutex);
        if (is_found) places_add(&s); // else it is asked when it comes again
        memmove(&asked[0], &asked[1], --asked_n * sizeof s);
    }
    edoi_mutex_release(&mutex);
    edoi_frames_end();
    edoi_mutex_acquire(&mutex);
}

static void *spots_serve(void *arg) {
    (void)arg;
    edoi_own_thread_begin();
    edoi_mutex_acquire(&mutex);
    while (asked_n > 0) find_asked();
    edoi_own_thread_end(); // after the last one nothing of edo's is called
    is_there = false;
    (void)pthread_cond_broadcast(&left);
    edoi_mutex_release(&mutex);
    return NULL;
}

/* Makes the thread, which is_there says already. Called without the mutex. */
static void spots_start(void) {
    sigset_t all, old;
    pthread_t thread;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old); // keeps the program's signals out
    bool is_made = edoi_own_thread_create(&thread, spots_serve, NULL) == 0;
    if (is_made) (void)pthread_detach(thread);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (is_made) return;
    edoi_mutex_acquire(&mutex);
    asked_n = 0;
    is_there = false;
    (void)pthread_cond_broadcast(&left);
    edoi_mutex_release(&mutex);
}

/* True: the caller has to start the thread. Called with the mutex held. */
static bool spots_ask(void *const *pcs, size_t n) {
    for (uint32_t i = 0; i < asked_n; i++)
        if (asked[i].n == n && memcmp(asked[i].pcs, pcs, n * sizeof *pcs) == 0) return false;
    if (asked_n == ASKED_MAX) return false;
    asked_stack *s = &asked[asked_n++];
    s->n = n;
    memcpy(s->pcs, pcs, n * sizeof *pcs);
    if (is_there) return false;
    if (!is_left_made) edoi_cond_init(&left);
    edoi_store_rlx_u32(&edoi_spots_any, 1);
    return is_there = is_left_made = true;
}

void edoi_spots_stop(int64_t until_ns) {
    edoi_mutex_acquire(&mutex);
    if (asked_n > 1) asked_n = 1;
    while (is_there && edoi_cond_wait(&left, &mutex, until_ns)) continue;
    edoi_mutex_release(&mutex);
}

/* ---- Places ---------------------------------------------------------------------------------- */

/* The first address that is in no library of edo's. Called with the mutex held. */
static const void *first_outside(void *const *pcs, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!edoi_object_at(&object, (uintptr_t)pcs[i] - 1) || !edoi_object_is_ours(&object))
            return pcs[i];
    return NULL;
}

const void *edoi_spot_of(void *const *pcs, size_t n) {
    const void *spot = NULL; // without a line
    bool starts = false;
    if (n > EDOI_SPOT_FRAMES) n = EDOI_SPOT_FRAMES;
    edoi_mutex_acquire(&mutex);
    calls_n++;
    for (size_t i = 0; i < n; i++) {
        place *p = place_at(pcs[i]);
        if (!p) {
            starts = spots_ask(pcs, n);
            if (!spot) spot = first_outside(pcs + i, n - i);
            break;
        }
        p->used = calls_n;
        if (p->kind == LINE || (p->kind == NAMED && !spot)) spot = pcs[i];
        if (p->kind == LINE) break;
    }
    edoi_mutex_release(&mutex);
    if (starts) spots_start();
    return spot;
}

void edoi_spot_tell(char *to, size_t bytes, const void *spot) {
    uintptr_t at = (uintptr_t)spot - 1; // the call
    to[0] = '\0';
    edoi_mutex_acquire(&mutex);
    const place *p = place_at(spot);
    if (p && p->kind != OURS)
        (void)snprintf(to, bytes, "%s", p->text);
    else if (!p && edoi_object_at(&object, at) && !edoi_object_has_edo(&object))
        (void)snprintf(to, bytes, "%s+%#zx", edoi_object_name(&object), (size_t)(at - object.base));
    edoi_mutex_release(&mutex);
}
