/* SPDX-License-Identifier: MIT */
/* sim/calls/calls.h: libc's functions, defined anew: the simulated world carries out the calls of a
 * host, and all other calls go on to libc.
 *
 *     sockets.c      socket() to shutdown(), and what is sent and received
 *     files.c        read(), write(), close(), dup(), fcntl() and the like, of descriptors
 *     disk/          files and folders of a host that has a disk
 *     waits.c        epoll, poll(), and calls that sleep
 *     clocks.c       what time it is
 *     chance.c       random numbers
 *     names.c        hosts by their names
 *     environment.c  getenv(), getpid()
 *     refused.c      threads and processes
 *     fortified.c    names of these for programs that check sizes
 *     next.c         the functions that these replace
 *
 * If a program, or a library that is loaded before libc, defines a function of libc's, then all
 * libraries call that definition: this is symbol interposition. The next definition of the name is
 * a sanitizer's, if there is one, or else libc's. With libedo-sim.so the sanitizer's comes first,
 * and calls the world's.
 *
 * Threads: any. */
#ifndef EDOI_SIM_CALLS_CALLS_H
#define EDOI_SIM_CALLS_CALLS_H

#undef _FORTIFY_SOURCE /* with it libc defines some of these inline */

#include "sim/world/world.h"

#include <errno.h>
#include <sys/types.h>
#include <sys/uio.h>

/* A function of whichever type. */
typedef void edoi_sim_any_fn(void);

/* The next function of that name; kept in `*slot`. */
edoi_sim_any_fn *edoi_sim_next(edo_atomic_ptr *slot, const char *name);

/* The next `name`, as a function of its type. */
#define EDOI_SIM_NEXT(name)                                                                        \
    __extension__({                                                                                \
        static edo_atomic_ptr slot_;                                                               \
        (__typeof__(&(name)))edoi_sim_next(&slot_, #name);                                         \
    })

/* Stands in each file of this folder: its mark, which next.c has in a table. A linker takes a file
 * from an archive for a name that it lacks, and lacks no name of libc's that a sanitizer's library
 * has, since such a library stands before all archives. So it takes the file for its mark. */
#define EDOI_SIM_CALLS(file)                                                                       \
    EDOI_SIM_DECLARE(file);                                                                        \
    const char edoi_sim_calls_##file = 1
#define EDOI_SIM_DECLARE(file) extern const char edoi_sim_calls_##file

/* As libc: -1 with errno, or the result. */
EDOI_INLINE int edoi_sim_return(int result) {
    if (result >= 0) return result;
    errno = -result;
    return -1;
}

EDOI_INLINE ssize_t edoi_sim_return_n(ssize_t result) {
    if (result >= 0) return result;
    errno = (int)-result;
    return -1;
}

/* The host that owns the descriptor; NULL: it is one of the real machine, or not open. */
EDOI_INLINE edoi_sim_host *edoi_sim_of_fd(int fd) {
    return edoi_simnet_is_fd(fd) ? edoi_sim_here() : NULL;
}

/* Is that descriptor of a file on the disk of the host that runs? disk/bytes.c */
bool edoi_sim_disk_has(int fd);

/* Closes it. False: it is of none. */
bool edoi_sim_disk_close(int fd, int *result);

/* Writes to it; `at` -1: where the descriptor is. False: it is of none. */
bool edoi_sim_disk_write(int fd, const struct iovec *vecs, int n, off_t at, int flags,
                         ssize_t *put);

/* Does a read of that descriptor fail, since the disk does? */
bool edoi_sim_disk_refuses_read(int fd, ssize_t *got);

/* What the machine has said of a descriptor becomes what a host with a disk sees. disk/looks.c */
struct stat;
struct stat64;
void edoi_sim_disk_shows(int fd, struct stat *is);
void edoi_sim_disk_shows64(int fd, struct stat64 *is);

/* Fills `buf` if that is the machine's /dev/random or its kin, and a host runs. chance.c */
bool edoi_sim_draws(int fd, void *buf, size_t n);

/* What follows, libc's names, is seen by all libraries of a program. */
#pragma GCC visibility push(default)

#endif
