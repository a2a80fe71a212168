/* SPDX-License-Identifier: MIT */
/* runtime/faults/faults.c: see faults.h. Contract: edo/dump.h. */
#include "runtime/faults/faults.h"

#include "base/fork.h"
#include "driver/clock.h"
#include "locks/watched.h"
#include "runtime/control/ask.h"
#include "runtime/spawn/spawn.h"
#include "runtime/watch/registry.h"
#include "stacks/frames.h"
#include "stacks/made.h"

#include <edo/blocking.h>
#include <edo/dump.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <time.h>

#define USUAL_NS   INT64_C(2000000000)
#define LEAST_NS   INT64_C(100000000)
#define MOST_NS    INT64_C(600000000000)
#define SAMPLES    4u /* of the workers, in each part of the time */
#define SECOND_NS  1000000000
#define HUNDRED_MS 100000000
#define PIECE_NS   INT64_C(50000000) /* of a sleep */

/* Held by the thread that looks. It is not counted as held: what is called meanwhile may wake
 * tasks. */
static pthread_mutex_t faults_mutex = PTHREAD_MUTEX_INITIALIZER;

static void faults_begin_child(void) {
    faults_mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

EDOI_ON_FORK(.child = faults_begin_child);

void edoi_fault_begin(edoi_faults *f) {
    f->told_n++;
    (void)fputs("fault: ", f->out);
}

static void faults_look(edoi_faults *f, bool is_first, bool counts) {
    edoi_registry_acquire();
    f->now_ns = edoi_clock_monotonic();
    if (is_first) edoi_fault_workers_begin(f);
    if (is_first) edoi_fault_growth_begin();
    edoi_fault_workers_look(f);
    if (counts) edoi_fault_growth_look();
    edoi_registry_release();
}

/* Spawns are noted, or are not any more, also those that take the quick way. */
static void faults_see_spawns(bool are_seen) {
    edoi_registry_acquire();
    for (edo_runtime *rt = edoi_registry_next(NULL); rt; rt = edoi_registry_next(rt))
        edoi_spawn_see(rt, are_seen);
    edoi_registry_release();
}

static void faults_sleep_piece(int64_t ns) {
    struct timespec left = { .tv_sec = (time_t)(ns / SECOND_NS),
                             .tv_nsec = (long)(ns % SECOND_NS) };
    while (nanosleep(&left, &left) < 0 && errno == EINTR) {
    }
}

/* Is the result still wanted? */
typedef struct faults_wish {
    edoi_faults_wanted_fn *is_wanted;
    void *arg;
} faults_wish;

/* False: nobody wants the result any more, so no other one has to wait for the end of the look. */
static bool faults_sleep(const faults_wish *w, int64_t ns) {
    bool is_wanted = w->is_wanted(w->arg);
    for (; ns > 0 && is_wanted; ns -= PIECE_NS) {
        faults_sleep_piece(ns < PIECE_NS ? ns : PIECE_NS);
        is_wanted = w->is_wanted(w->arg);
    }
    return is_wanted;
}

/* Another thread that looks may do so for minutes. */
static bool faults_enter(const faults_wish *w) {
    while (pthread_mutex_trylock(&faults_mutex) != 0)
        if (!faults_sleep(w, PIECE_NS)) return false;
    return true;
}

static void faults_tell(edoi_faults *f) {
    const int64_t tenths = (f->now_ns - f->began_ns) / HUNDRED_MS;
    edoi_frames_begin(); // not during the looks, while libraries may be loaded
    edoi_fault_workers_tell(f);
    edoi_fault_waits_tell(f);
    edoi_fault_growth_tell(f);
    edoi_frames_end();
    if (!EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS))
        (void)fputs("locks are not watched: EDO_WATCH=locks in the environment of the program, or "
                    "edo_locks_watch(), does it\n",
                    f->out);
    (void)fprintf(f->out, "%" PRIu32 " fault%s in %" PRId64 ".%d s\n", f->told_n,
                  f->told_n == 1 ? "" : "s", tenths / 10, (int)(tenths % 10));
}

/* Called with faults_mutex held. */
static int faults_look_and_tell(FILE *out, int64_t ns, const faults_wish *w) {
    edoi_faults f = { .out = out, .began_ns = edoi_clock_monotonic() };
    edoi_made_begin();
    faults_see_spawns(true);
    faults_look(&f, true, true);
    bool is_wanted = true;
    for (uint32_t i = 1; is_wanted && i <= EDOI_FAULTS_LOOKS * SAMPLES; i++) {
        is_wanted = faults_sleep(w, ns / (EDOI_FAULTS_LOOKS * SAMPLES));
        if (is_wanted) faults_look(&f, false, i % SAMPLES == 0);
    }
    faults_see_spawns(false);
    edoi_made_end();
    if (is_wanted) faults_tell(&f);
    return is_wanted ? (int)f.told_n : -ECANCELED;
}

int edoi_dump_faults_while(FILE *out, edo_duration between, edoi_faults_wanted_fn *is_wanted,
                           void *arg) {
    const int64_t ns = between.ns == 0 ? USUAL_NS : between.ns;
    const faults_wish wish = { is_wanted, arg };
    if (ns < LEAST_NS || ns > MOST_NS) return -EINVAL;
    int n = -ECANCELED;
    edo_no_await_begin();
    edoi_frames_keep_begin();
    if (faults_enter(&wish)) {
        n = faults_look_and_tell(out, ns, &wish);
        (void)pthread_mutex_unlock(&faults_mutex);
    }
    edoi_frames_keep_end();
    edo_no_await_end();
    return n;
}

static bool faults_are_wanted(void *arg) {
    (void)arg;
    return !edo_blocking_cancelled();
}

int edo_dump_faults(FILE *out, edo_duration between) {
    return edoi_dump_faults_while(out, between, faults_are_wanted, NULL);
}
