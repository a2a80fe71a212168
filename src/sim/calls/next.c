/* SPDX-License-Identifier: MIT */
/* sim/calls/next.c: the functions that those of this folder stand before. */
#include "sim/calls/calls.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

edoi_sim_any_fn *edoi_sim_next(edoi_sim_any_fn **slot, const char *name) {
    edoi_sim_any_fn *fn = __atomic_load_n(slot, __ATOMIC_RELAXED); // each thread finds the same
    if (EDOI_LIKELY(fn)) return fn;
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) {
        fprintf(stderr, "edo-sim: there is no libc behind this program: %s() is missing\n", name);
        abort();
    }
    memcpy(&fn, &found, sizeof fn); // ISO C has no conversion
    __atomic_store_n(slot, fn, __ATOMIC_RELAXED);
    return fn;
}
