/* SPDX-License-Identifier: MIT */
/* fd/fd_support.h: descriptors are counted, and limited. */
#ifndef EDO_TESTS_FD_SUPPORT_H
#define EDO_TESTS_FD_SUPPORT_H

#include "inside.h"

#include <edo/error.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

/* The number of this process' open descriptors. */
static inline int open_descriptors(void) {
    int n = -1; // the one that counts
    DIR *dir = opendir("/proc/self/fd");
    CHECK(dir);
    for (const struct dirent *entry; (entry = readdir(dir));) n += entry->d_name[0] != '.';
    CHECK_EQ(closedir(dir), 0);
    return n;
}

/* Lets only `spare` more descriptors be opened. */
static inline void allow_descriptors(int spare, struct rlimit *before) {
    assert_int_equal(getrlimit(RLIMIT_NOFILE, before), 0);
    rlim_t limit = 0;
    for (int fd = 0; spare >= 0; fd++) {
        limit = (rlim_t)fd;
        if (fcntl(fd, F_GETFD) < 0) spare--;
    }
    struct rlimit now = { .rlim_cur = limit, .rlim_max = before->rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
}

/* Runs `body`, which is to return 0, on every kind of runtime; it leaves no descriptor behind. */
static inline void run_each(edo_task_fn *body) {
    int before = open_descriptors();
    assert_int_equal(inside_each(body, NULL), 0);
    assert_int_equal(open_descriptors(), before);
}

/* As run_each(), with one worker: after a few yields a task that was spawned waits. */
static inline void run_each_single(edo_task_fn *body) {
    int before = open_descriptors();
    for (size_t i = 0; i < 2; i++) assert_int_equal(inside_with(body, NULL, &kinds[i]), 0);
    assert_int_equal(open_descriptors(), before);
}

#endif
