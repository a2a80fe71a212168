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

extern ssize_t __read_chk(int fd, void *buf, size_t n, size_t room); /* fortified.c */

/* One function of each file of this folder: so a linker that takes from an archive what is missing
 * takes all of them, before it comes to libc. `used`: a compiler that knows them all not to be NULL
 * would leave the table out. */
static edoi_sim_any_fn *const linked[] __attribute__((used)) = {
    (edoi_sim_any_fn *)socket,      (edoi_sim_any_fn *)read,
    (edoi_sim_any_fn *)epoll_wait,  (edoi_sim_any_fn *)clock_gettime,
    (edoi_sim_any_fn *)getrandom,   (edoi_sim_any_fn *)getenv,
    (edoi_sim_any_fn *)getaddrinfo, (edoi_sim_any_fn *)pthread_create,
    (edoi_sim_any_fn *)fdatasync,   (edoi_sim_any_fn *)__read_chk,
    (edoi_sim_any_fn *)openat,      (edoi_sim_any_fn *)unlinkat,
    (edoi_sim_any_fn *)mkdtemp,     (edoi_sim_any_fn *)fopen,
    (edoi_sim_any_fn *)msync,
};

bool edoi_sim_calls_are_linked(void) {
    for (size_t i = 0; i < EDO_COUNT(linked); i++)
        if (!linked[i]) return false;
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
