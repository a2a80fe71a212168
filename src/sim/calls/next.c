/* SPDX-License-Identifier: MIT */
/* sim/calls/next.c: the functions that those of this folder stand before. */
#include "sim/calls/calls.h"

#include "base/atomic.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FILES(X)                                                                                   \
    X(chance)                                                                                      \
    X(clocks)                                                                                      \
    X(disk_bytes)                                                                                  \
    X(disk_maps)                                                                                   \
    X(disk_names)                                                                                  \
    X(disk_open)                                                                                   \
    X(disk_stdio)                                                                                  \
    X(disk_temporary)                                                                              \
    X(environment)                                                                                 \
    X(files)                                                                                       \
    X(fortified)                                                                                   \
    X(names)                                                                                       \
    X(refused)                                                                                     \
    X(sockets)                                                                                     \
    X(waits)

#define DECLARE(file) EDOI_SIM_DECLARE(file);
FILES(DECLARE)

/* The marks of all files of this folder: so a linker that takes from an archive what is missing
 * takes them whole, with libc's names in them, which then are the program's. `used`: a compiler that
 * looks at all files at once may know what they hold. */
#define MARK(file) &edoi_sim_calls_##file,
static const char *const linked[] __attribute__((used)) = { FILES(MARK) };

bool edoi_sim_calls_are_linked(void) {
    for (size_t i = 0; i < EDO_COUNT(linked); i++)
        if (*linked[i] == 0) return false;
    return true;
}

edoi_sim_any_fn *edoi_sim_next(edo_atomic_ptr *slot, const char *name) {
    edoi_sim_any_fn *fn;
    void *found = edoi_load_rlx_ptr(slot); // relaxed: each thread finds the same
    if (EDOI_UNLIKELY(!found)) found = dlsym(RTLD_NEXT, name);
    if (!found) {
        fprintf(stderr, "edo-sim: there is no libc behind this program: %s() is missing\n", name);
        abort();
    }
    edoi_store_rlx_ptr(slot, found);
    memcpy(&fn, &found, sizeof fn); // ISO C has no conversion
    return fn;
}
