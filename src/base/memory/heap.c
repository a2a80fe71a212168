/* SPDX-License-Identifier: MIT */
/* base/memory/heap.c: see heap.h.
 *
 * The numbers of libc say what is free, and not whether its pages are there; the kernel's say how
 * much memory the process has, and not what of it is free. So memory is given back if much is free
 * and the process has grown since that was done last. The first number takes a walk over all free
 * blocks, for which other threads wait in malloc(), the second one does not and is looked at first.
 * What is free at one look may be in use a moment later, so it has to be free at two. A program
 * that has grown for good is walked again and again in vain: so a look that took long is followed
 * by a longer pause. That has a bound, and one that found much is no look in vain: so a peak is
 * given back within a minute of its end (two looks, with their pauses, and a worker's turn before
 * each). */
#include "base/memory/heap.h"

#include "base/fork.h"
#include "base/held.h"

#include <features.h>
#include <pthread.h>
#include <time.h>

#if defined(__GLIBC_PREREQ) && !defined(EDOI_ASAN) && !defined(EDOI_TSAN)
#    define HAS_NUMBERS __GLIBC_PREREQ(2, 33) /* of libc: mallinfo2() */
#else
#    define HAS_NUMBERS 0
#endif

/* A pause in lengths of the look before it; and the longest one. */
#define PAUSES_IN_VAIN 2000
#define PAUSES         100
#define PAUSE_S_MAX    10
#define COUNT_PAUSES   1000 /* behind a count */
#define SECOND_NS      INT64_C(1000000000)

/* lock: mu, for all fields */
static struct {
    pthread_mutex_t mu;
    int64_t next_ns;        /* no look before */
    size_t kept;            /* memory of the process after the last time, or less */
    size_t free;            /* at the last look */
    int64_t count_ns;       /* no count before */
    edoi_heap_numbers last; /* of the last count */
} heap = { .mu = PTHREAD_MUTEX_INITIALIZER };

EDOI_ON_FORK(.mutex = &heap.mu);

static int64_t now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND_NS + now.tv_nsec;
}

#if HAS_NUMBERS

#    include <malloc.h>
#    include <stdio.h>
#    include <unistd.h>

#    define MUCH_BYTES ((size_t)8 << 20)
#    define MUCH_PART  8 /* of the memory that the process has */

/* Memory of the process; 0: unknown. */
static size_t resident(void) {
    unsigned long all, pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f) return 0;
    if (fscanf(f, "%lu %lu", &all, &pages) != 2) pages = 0;
    (void)fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static size_t much(size_t of) {
    return MUCH_BYTES + of / MUCH_PART;
}

/* True: much is free, or was given back. lock: heap.mu */
static bool heap_look(void) {
    size_t now = resident(), was_free = heap.free;
    if (now < heap.kept) heap.kept = now;
    heap.free = 0;
    if (now < heap.kept + much(heap.kept)) return false;
    heap.free = mallinfo2().fordblks;
    size_t idle = heap.free < was_free ? heap.free : was_free;
    if (idle < much(now)) return heap.free >= much(now);
    (void)malloc_trim(0);
    heap.kept = resident();
    heap.free = 0;
    return true;
}

static bool heap_count(edoi_heap_numbers *out) {
    const struct mallinfo2 now = mallinfo2();
    *out = (edoi_heap_numbers){ .used = now.uordblks + now.hblkhd, .free = now.fordblks };
    return true;
}

#else

static bool heap_look(void) {
    return false;
}

static bool heap_count(edoi_heap_numbers *out) {
    (void)out;
    return false;
}

#endif

void edoi_heap_look_now(void) {
    edoi_mutex_acquire(&heap.mu);
    (void)heap_look();
    edoi_mutex_release(&heap.mu);
}

bool edoi_heap_is_due(void) {
    edoi_mutex_acquire(&heap.mu);
    bool is_due = now_ns() >= heap.next_ns;
    edoi_mutex_release(&heap.mu);
    return is_due;
}

bool edoi_heap_look(void) {
    edoi_mutex_acquire(&heap.mu);
    int64_t began_ns = now_ns();
    bool is_time = began_ns >= heap.next_ns;
    if (is_time) {
        int64_t pauses = heap_look() ? PAUSES : PAUSES_IN_VAIN, end_ns = now_ns();
        int64_t pause_ns = (end_ns - began_ns) * pauses;
        if (pause_ns > PAUSE_S_MAX * SECOND_NS) pause_ns = PAUSE_S_MAX * SECOND_NS;
        heap.next_ns = end_ns + EDOI_HEAP_LOOK_S * SECOND_NS + pause_ns;
    }
    edoi_mutex_release(&heap.mu);
    return is_time;
}

bool edoi_heap_read(edoi_heap_numbers *out) {
    edoi_mutex_acquire(&heap.mu);
    int64_t began_ns = now_ns();
    bool is_there = true;
    if (began_ns >= heap.count_ns) {
        is_there = heap_count(&heap.last);
        int64_t end_ns = now_ns();
        heap.count_ns = end_ns + (end_ns - began_ns) * COUNT_PAUSES;
        if (!is_there) heap.count_ns = 0; // then it is asked again, which costs nothing
    }
    *out = heap.last;
    edoi_mutex_release(&heap.mu);
    return is_there;
}
