/* SPDX-License-Identifier: MIT */
/* stacks/spots.c: see spots.h. */
#include "stacks/spots.h"

#include "base/fork.h"
#include "base/held.h"
#include "stacks/frames.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define SPOTS_MAX 128u /* a program awaits in few places */
#define TEXT_MAX  96u

struct edoi_spot {
    size_t n; /* of pcs; 0: free */
    void *pcs[EDOI_SPOT_FRAMES];
    bool is_found;
    char text[TEXT_MAX]; /* once it is found */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the next three; a leaf */
static edoi_spot spots[SPOTS_MAX];
static uint32_t spots_n;
static bool is_seeking; /* a thread finds a place, with `frames` */

static edoi_frame frames[EDOI_SPOT_FRAMES]; /* too large for the stack of a fiber */

/* A thread that was looking for a place does not exist in the child. */
static void spots_begin_child(void) {
    is_seeking = false;
}

EDOI_ON_FORK(.mutex = &mutex, .child = spots_begin_child);

static size_t spot_slot(void *const *pcs, size_t n) {
    uint64_t hash = UINT64_C(14695981039346656037); // FNV-1a
    for (size_t i = 0; i < n; i++) hash = (hash ^ (uintptr_t)pcs[i]) * UINT64_C(1099511628211);
    return (size_t)(hash >> 32) % SPOTS_MAX;
}

/* Called with the mutex held. */
static edoi_spot *spot_find(void *const *pcs, size_t n) {
    size_t at = spot_slot(pcs, n);
    for (; spots[at].n > 0; at = (at + 1) % SPOTS_MAX)
        if (spots[at].n == n && memcmp(spots[at].pcs, pcs, n * sizeof *pcs) == 0) return &spots[at];
    if (spots_n == SPOTS_MAX - 1) return NULL; // one stays free, where each search ends
    spots_n++;
    spots[at].n = n;
    memcpy(spots[at].pcs, pcs, n * sizeof *pcs);
    return &spots[at];
}

edoi_spot *edoi_spot_of(void *const *pcs, size_t n) {
    if (n > EDOI_SPOT_FRAMES) n = EDOI_SPOT_FRAMES;
    if (n == 0) return NULL;
    edoi_mutex_acquire(&mutex);
    edoi_spot *spot = spot_find(pcs, n);
    edoi_mutex_release(&mutex);
    return spot;
}

/* A frame with a line is surely the program's; without debug information edo's own functions that
 * it does not export look like others. */
static const edoi_frame *own_frame(size_t n) {
    const edoi_frame *found = NULL;
    for (size_t i = 0; i < n; i++) {
        if (frames[i].is_ours) continue;
        if (frames[i].file[0]) return &frames[i];
        if (!found) found = &frames[i];
    }
    return found;
}

/* Called by the thread that has set is_seeking. */
static void spot_seek(edoi_spot *spot) {
    edoi_frames_begin();
    edoi_frames_find(frames, spot->pcs, spot->n, false);
    edoi_frames_end();
    const edoi_frame *f = own_frame(spot->n);
    if (f && f->file[0]) { // without its folder, which may be that of another machine
        const char *slash = strrchr(f->file, '/');
        (void)snprintf(spot->text, sizeof spot->text, "%.80s:%u", slash ? slash + 1 : f->file,
                       (unsigned)f->line);
    } else if (f) {
        edoi_frame_tell_place(spot->text, sizeof spot->text, f);
    }
}

void edoi_spot_tell(char *to, size_t bytes, edoi_spot *spot) {
    edoi_mutex_acquire(&mutex);
    bool seeks = !spot->is_found && !is_seeking;
    if (seeks) is_seeking = true;
    edoi_mutex_release(&mutex);
    if (seeks) spot_seek(spot);
    edoi_mutex_acquire(&mutex);
    if (seeks) spot->is_found = true;
    if (seeks) is_seeking = false;
    (void)snprintf(to, bytes, "%s", spot->is_found ? spot->text : "");
    edoi_mutex_release(&mutex);
}
