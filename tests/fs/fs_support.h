/* SPDX-License-Identifier: MIT */
/* fs_support.h: tests in a directory of their own. */
#ifndef EDO_TESTS_FS_SUPPORT_H
#define EDO_TESTS_FS_SUPPORT_H

#include "inside.h"

#include <edo/edo.h>
#include <edo/fs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char home[] = "/dev/shm/edo-fs-XXXXXX"; // in memory: trees of directories are fast there

static inline int entries_of(const char *path) {
    int n = -2; // "." and ".."
    DIR *dir = opendir(path);
    CHECK(dir);
    while (readdir(dir)) n++;
    CHECK_EQ(closedir(dir), 0);
    return n;
}

/* Runs `body` in an empty directory, outside any runtime if `kind` is NULL. */
static inline void run_one(edo_task_fn *body, const edo_runtime_opts *kind) {
    int before = entries_of("/proc/self/fd");
    assert_int_equal(mkdir("dir", 0777), 0);
    assert_int_equal(chdir("dir"), 0);
    assert_int_equal(kind ? inside_with(body, NULL, kind) : body(NULL), 0);
    assert_int_equal(chdir(home), 0);
    assert_int_equal(edo_fs_remove_dir_all("dir"), 0);
    assert_int_equal(entries_of("/proc/self/fd"), before);
}

/* On every kind of runtime. */
static inline void run_inside(edo_task_fn *body) {
    for (size_t i = 0; i < KINDS_N; i++) run_one(body, &kinds[i]);
}

/* On every kind of runtime, and outside any. */
static inline void run_each(edo_task_fn *body) {
    run_inside(body);
    run_one(body, NULL);
}

static inline void make_file(const char *path) {
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    CHECK(fd >= 0 && close(fd) == 0);
}

static inline void make_numbered(int i) {
    char name[32];
    (void)snprintf(name, sizeof name, "%d", i);
    make_file(name);
}

static inline int unlink_numbered(int i) {
    char name[32];
    (void)snprintf(name, sizeof name, "%d", i);
    return unlink(name);
}

static inline int enter_home(void **state) {
    (void)state;
    (void)umask(022);
    return mkdtemp(home) ? chdir(home) : -1;
}

static inline int leave_home(void **state) {
    (void)state;
    return chdir("/") + edo_fs_remove_dir_all(home);
}

#endif
