/* SPDX-License-Identifier: MIT */
/* sim/calls/next.c: finds the functions that the ones in this folder replace. */
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
    X(disk_lists)                                                                                  \
    X(disk_looks)                                                                                  \
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

/* The marks of all files of this folder, so that a linker takes each of them from an archive: what
 * calls one function of libc's in the world's place calls edoi_sim_next(), which is in this file.
 * `used`: nothing reads the table, and a compiler would leave it out. */
#define MARK(file) &edoi_sim_calls_##file,
static const char *const marks[] __attribute__((used)) = { FILES(MARK) };

/* Is `fn` in the program or library that this file is in? */
static bool is_beside(const void *fn) {
    Dl_info there, here;
    return dladdr(fn, &there) != 0 && dladdr(marks, &here) != 0 &&
           there.dli_fbase == here.dli_fbase;
}

/* A sanitizer's function of that name that the world's hides; NULL: there is none, or it comes
 * before the world's. A sanitizer may be linked into the program like the world (clang's are
 * archives), where RTLD_NEXT does not look: so it is found by its second name, __interceptor_. */
static void *sanitizers_fn(const char *name) {
    char second[64];
    (void)snprintf(second, sizeof second, "__interceptor_%s", name);
    const void *first = dlsym(RTLD_DEFAULT, name);
    return first && is_beside(first) ? dlsym(RTLD_DEFAULT, second) : NULL;
}

edoi_sim_any_fn *edoi_sim_next(edo_atomic_ptr *slot, const char *name) {
    edoi_sim_any_fn *fn;
    void *found = edoi_load_rlx_ptr(slot); // relaxed: each thread finds the same
    if (EDOI_UNLIKELY(!found)) found = sanitizers_fn(name);
    if (EDOI_UNLIKELY(!found)) found = dlsym(RTLD_NEXT, name);
    if (!found) {
        fprintf(stderr, "edo sim: there is no libc behind this program: %s() is missing\n", name);
        abort();
    }
    edoi_store_rlx_ptr(slot, found);
    memcpy(&fn, &found, sizeof fn); // ISO C has no conversion
    return fn;
}
