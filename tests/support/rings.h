/* SPDX-License-Identifier: MIT */
/* support/rings.h: whether there are io_urings here, how many this process has, and how it comes to
 * have none. */
#ifndef EDO_TESTS_RINGS_H
#define EDO_TESTS_RINGS_H

#include "inside.h"

#include <dirent.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Does the kernel give a process such a ring as edo's? */
static inline bool has_ring(void) {
    struct io_uring_params p = { .flags = IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL |
                                          IORING_SETUP_COOP_TASKRUN };
    int fd = (int)syscall(SYS_io_uring_setup, 8, &p);
    if (fd < 0) return false;
    (void)close(fd);
    return (p.features & IORING_FEAT_NODROP) != 0;
}

#define NEED_RING()                                                                                \
    do {                                                                                           \
        if (!has_ring()) {                                                                         \
            print_message("skipped: the kernel gives no io_uring here\n");                         \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

/* How many this process has; the descriptor of one, in `*fd`. */
static inline int find_rings(int *fd) {
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    CHECK(dir != NULL);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        char to[64] = "";
        if (readlinkat(dirfd(dir), e->d_name, to, sizeof to - 1) <= 0) continue;
        if (strcmp(to, "anon_inode:[io_uring]") != 0) continue;
        *fd = (int)strtol(e->d_name, NULL, 10);
        n++;
    }
    CHECK_EQ(closedir(dir), 0);
    return n;
}

static inline int rings_n(void) {
    int fd;
    return find_rings(&fd);
}

/* Of the only one. */
static inline int ring_fd(void) {
    int fd = -1;
    CHECK_EQ(find_rings(&fd), 1);
    return fd;
}

#define NEED_FILTERS()                                                                             \
    do {                                                                                           \
        if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0) {                                               \
            print_message("skipped: there are no filters of system calls here\n");                 \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

/* For good, in all threads: `call` fails with `code`. */
static inline void refuse(unsigned call, unsigned code) {
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = { .len = EDO_COUNT(steps), .filter = steps };
    CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    CHECK_EQ(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter), 0);
}

/* As inside_with(), for a child: what fails ends it. */
static inline int in_runtime(edo_task_fn *fn, void *arg, const edo_runtime_opts *kind) {
    edo_runtime *rt;
    CHECK_EQ(edo_runtime_new(&rt, kind), 0);
    int result = edo_run(rt, fn, arg);
    CHECK_EQ(edo_runtime_shutdown(rt, edo_s(30)), 0);
    edo_runtime_free(rt);
    return result;
}

#endif
