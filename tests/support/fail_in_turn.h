/* SPDX-License-Identifier: MIT */
/* support/fail_in_turn.h: system calls that fail in turn. A test defines functions in the place of
 * libc's:
 *
 *     int pipe2(int fds[2], int flags) {
 *         return fails_now() ? -1 : (int)syscall(SYS_pipe2, fds, flags);
 *     } */
#ifndef EDO_TESTS_FAIL_IN_TURN_H
#define EDO_TESTS_FAIL_IN_TURN_H

#include <edo/test.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

static atomic_int fail_in; /* the call that makes it 0 fails; 0: none is planned */
static atomic_int fail_with;

static inline bool fails_now(void) {
    int left = atomic_load(&fail_in);
    while (left > 0 && !atomic_compare_exchange_weak(&fail_in, &left, left - 1)) {
    }
    if (left == 1) errno = atomic_load(&fail_with);
    return left == 1;
}

static inline int lowest_free_fd(void) {
    int fd = dup(0);
    EDO_TEST_TRUE(fd >= 0);
    (void)close(fd);
    return fd;
}

/* A job that makes calls. */
typedef struct failing {
    int (*go)(void);  /* returns 0, or its first error; nothing stays open */
    const int *codes; /* with which the calls fail */
    size_t codes_n;
    int tolerated; /* calls that the job does without if they fail, at most */
} failing;

/* Runs the job with its first call failing, its second, and so on until none fails, for each code.
 * Returns how many calls had their turn. */
static inline int fail_in_turn(const failing *f) {
    int before = lowest_free_fd(), k = 0;
    for (size_t c = 0; c < f->codes_n; c++) {
        bool fired = true;
        int tolerated = 0;
        for (k = 0; fired; k++) {
            atomic_store(&fail_with, f->codes[c]);
            atomic_store(&fail_in, k + 1);
            int err = f->go();
            fired = atomic_exchange(&fail_in, 0) == 0;
            if (fired && err == 0) tolerated++;
            if (err != 0 || !fired) EDO_TEST_EQ(err, fired ? -f->codes[c] : 0);
            EDO_TEST_EQ(lowest_free_fd(), before);
        }
        EDO_TEST_TRUE(tolerated <= f->tolerated);
    }
    return k - 1;
}

#endif
