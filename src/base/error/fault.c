/* SPDX-License-Identifier: MIT */
/* base/error/fault.c: see edo/fault.h, fault.h. The points that are armed are a list, since a test
 * arms a few; a point that nobody has armed is not known here. */
#include "base/error/fault.h"

#include "base/atomic.h"
#include "base/fork.h"
#include "base/lock.h"
#include "base/memory/alloc.h"

#include <errno.h>
#include <string.h>

typedef struct fault {
    struct fault *next;  /* lock: faults_lock */
    edo_fault_opts opts; /* const; `seed` is that of the point */
    uint64_t passes_n;   /* lock: faults_lock */
    uint64_t failed_n;   /* lock: faults_lock */
    char name[];         /* const */
} fault;

static edoi_lock faults_lock = EDOI_LOCK_INIT; /* leaf */
static fault *faults;                          /* lock: faults_lock */
static int (*fault_world)(const char *name);   /* lock: faults_lock; NULL: there was no world */
static edo_atomic_u32 faults_n; /* atomic, relaxed: a test arms a point before what passes it; a
                                   world counts as one */

EDOI_ON_FORK(.lock = &faults_lock); // what the parent has armed is armed in the child, too

/* Called with `faults_lock` held: where the point is linked, or the list's end. */
static fault **fault_find(const char *name) {
    fault **at = &faults;
    while (*at && strcmp((*at)->name, name) != 0) at = &(*at)->next;
    return at;
}

/* Called with `faults_lock` held: takes a point out of the list; NULL: there is none. */
static fault *fault_unlink(fault **at) {
    fault *f = *at;
    if (!f) return NULL;
    *at = f->next;
    edoi_store_rlx_u32(&faults_n, edoi_load_rlx_u32(&faults_n) - 1);
    return f;
}

/* The seed of one point: those that share a seed would fail in the same passes. FNV-1a. */
static uint64_t fault_seed(uint64_t seed, const char *name) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name; name++) hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    return seed ^ hash;
}

/* The n-th number, from 0 to less than 1, of a seed: splitmix64, which needs no state. */
static double fault_chance(uint64_t seed, uint64_t n) {
    uint64_t z = seed + (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/* Called with `faults_lock` held: counts a pass, and returns what it gets. */
static int fault_pass(fault *f) {
    const edo_fault_opts *o = &f->opts;
    uint64_t n = f->passes_n++;
    if (n < o->skip || (o->times > 0 && f->failed_n == o->times)) return 0;
    if (o->share > 0 && fault_chance(o->seed, n) >= o->share) return 0;
    f->failed_n++;
    return o->code < 0 ? o->code : -EIO;
}

int edoi_fault_at(const char *name) {
    if (EDOI_LIKELY(edoi_load_rlx_u32(&faults_n) == 0)) return 0;
    edoi_lock_acquire(&faults_lock);
    fault *f = *fault_find(name);
    int err = f ? fault_pass(f) : 0;
    int (*world)(const char *name) = f ? NULL : fault_world;
    edoi_lock_release(&faults_lock);
    return world ? world(name) : err;
}

void edoi_fault_set_world(int (*fn)(const char *name)) {
    edoi_lock_acquire(&faults_lock);
    if (!fault_world) edoi_store_rlx_u32(&faults_n, edoi_load_rlx_u32(&faults_n) + 1);
    fault_world = fn;
    edoi_lock_release(&faults_lock);
}

int edo_fault_arm(const char *name, const edo_fault_opts *opts) {
    static const edo_fault_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    if (!name || !*name || opts->code > 0 || opts->reserved[0] || opts->reserved[1]) return -EINVAL;
    if (!(opts->share >= 0 && opts->share <= 1)) return -EINVAL; // NaN, too
    size_t bytes = strlen(name) + 1;
    fault *f = edoi_alloc(sizeof *f + bytes);
    if (!f) return -ENOMEM;
    *f = (fault){ .opts = *opts };
    f->opts.seed = fault_seed(opts->seed, name);
    memcpy(f->name, name, bytes);
    edoi_lock_acquire(&faults_lock);
    fault *before = fault_unlink(fault_find(name));
    f->next = faults;
    faults = f;
    edoi_store_rlx_u32(&faults_n, edoi_load_rlx_u32(&faults_n) + 1);
    edoi_lock_release(&faults_lock);
    edoi_free(before);
    return 0;
}

uint64_t edo_fault_failed_n(const char *name) {
    edoi_lock_acquire(&faults_lock);
    const fault *f = *fault_find(name);
    uint64_t n = f ? f->failed_n : 0;
    edoi_lock_release(&faults_lock);
    return n;
}

uint64_t edo_fault_disarm(const char *name) {
    uint64_t n = 0;
    for (;;) {
        edoi_lock_acquire(&faults_lock);
        fault *f = fault_unlink(name ? fault_find(name) : &faults);
        edoi_lock_release(&faults_lock);
        if (!f) return n;
        n += f->failed_n; // a name is there once: the next look finds none
        edoi_free(f);
    }
}
