/* SPDX-License-Identifier: MIT */
/* support/leftovers.c: see leftovers.h. It makes system calls itself: a test may have put functions
 * of its own in the place of libc's. */
#include "leftovers.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define IDS_MAX  4096
#define WAIT_MS  200 /* for threads and processes that are about to end */
#define SHOWN_N  20

/* Numbers that a folder of /proc lists. */
typedef struct ids {
    int n;
    int id[IDS_MAX];
} ids;

typedef struct kind {
    unsigned bit;
    const char *name;
    void (*list)(ids *out);
    void (*describe)(int id, char *to, size_t bytes); /* `to` is an empty text */
    ids before, after;
} kind;

static _Atomic unsigned allowed;

void leaves(unsigned kinds, const char *why) {
    if (!why || !*why) abort();
    atomic_fetch_or(&allowed, kinds);
}

/* ---- What there is --------------------------------------------------------------------------- */

static int open_path(const char *path, int flags) {
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_RDONLY | O_CLOEXEC, 0);
}

static void add(ids *out, int id) {
    if (out->n < IDS_MAX) out->id[out->n++] = id;
}

static void list_folder(ids *out, const char *path, bool is_of_fds) {
    _Alignas(8) char buf[4096];
    int dir = open_path(path, O_DIRECTORY);
    if (dir < 0) return;
    for (long n; (n = syscall(SYS_getdents64, dir, buf, sizeof buf)) > 0;) {
        for (long at = 0; at < n;) {
            uint16_t bytes; // struct linux_dirent64: two numbers of 64 bits, this, a type, the name
            memcpy(&bytes, buf + at + 16, sizeof bytes);
            const char *name = buf + at + 19;
            int id = atoi(name);
            if (*name != '.' && !(is_of_fds && id == dir)) add(out, id);
            at += bytes;
        }
    }
    (void)syscall(SYS_close, dir);
}

static void list_descriptors(ids *out) {
    list_folder(out, "/proc/self/fd", true);
}

static void list_threads(ids *out) {
    list_folder(out, "/proc/self/task", false);
}

/* Reads the small file; an empty text if it cannot. */
static void read_text(const char *path, char *to, size_t bytes) {
    int fd = open_path(path, 0);
    long n = fd < 0 ? 0 : syscall(SYS_read, fd, to, bytes - 1);
    to[n > 0 ? n : 0] = '\0';
    if (fd >= 0) (void)syscall(SYS_close, fd);
}

/* Zombies, too. Most tests have none, which one call tells. */
static void list_children(ids *out) {
    static ids threads;
    siginfo_t info;
    const int any = WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT;
    if (syscall(SYS_waitid, P_ALL, 0, &info, any, NULL) < 0) return;
    threads.n = 0;
    list_threads(&threads);
    for (int i = 0; i < threads.n; i++) {
        char path[64], text[4096], *at = text, *end;
        (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", threads.id[i]);
        read_text(path, text, sizeof text);
        for (long pid; (pid = strtol(at, &end, 10)) > 0; at = end) add(out, (int)pid);
    }
}

static void describe_descriptor(int id, char *to, size_t bytes) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", id);
    (void)!syscall(SYS_readlinkat, AT_FDCWD, path, to, bytes - 1);
}

static void describe_thread(int id, char *to, size_t bytes) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/comm", id);
    read_text(path, to, bytes);
}

static void describe_child(int id, char *to, size_t bytes) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", id);
    read_text(path, to, bytes);
}

static kind kinds[] = {
    { LEFT_DESCRIPTORS, "descriptor", list_descriptors, describe_descriptor, { 0 }, { 0 } },
    { LEFT_THREADS, "thread", list_threads, describe_thread, { 0 }, { 0 } },
    { LEFT_CHILDREN, "child", list_children, describe_child, { 0 }, { 0 } },
};

#define KINDS_N (sizeof kinds / sizeof kinds[0])

/* ---- What is left ---------------------------------------------------------------------------- */

static bool has(const ids *all, int id) {
    for (int i = 0; i < all->n; i++)
        if (all->id[i] == id) return true;
    return false;
}

static bool is_left(kind *k) {
    k->after.n = 0;
    k->list(&k->after);
    for (int i = 0; i < k->after.n; i++)
        if (!has(&k->before, k->after.id[i])) return true;
    return false;
}

static void print_left(const kind *k) {
    int shown = 0;
    for (int i = 0; i < k->after.n && shown < SHOWN_N; i++) {
        char text[128] = "";
        int id = k->after.id[i];
        if (has(&k->before, id)) continue;
        k->describe(id, text, sizeof text);
        text[strcspn(text, "\n")] = '\0';
        print_error("left after the test: %s %d: %s\n", k->name, id, text);
        shown++;
    }
}

static void begin(void) {
    atomic_store(&allowed, 0);
    for (size_t i = 0; i < KINDS_N; i++) {
        kinds[i].before.n = 0;
        kinds[i].list(&kinds[i].before);
    }
}

/* False: something is left, which was printed. A thread that was joined, or a program that was
 * killed, may need a moment to be gone. */
static bool nothing_is_left(void) {
    bool is_clean = true;
    for (size_t i = 0; i < KINDS_N; i++) {
        kind *k = &kinds[i];
        if (atomic_load(&allowed) & k->bit) continue;
        int ms = 0;
        const struct timespec one_ms = { .tv_nsec = 1000000 };
        for (; is_left(k) && ms < WAIT_MS; ms++)
            (void)syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &one_ms, NULL);
        if (ms < WAIT_MS) continue;
        print_left(k);
        is_clean = false;
    }
    return is_clean;
}

/* ---- The runner ------------------------------------------------------------------------------ */

static const struct CMUnitTest *originals, *now;
static size_t next_i;
static bool has_returned; /* the test neither failed nor was skipped */

static int set_up(void **state) {
    now = &originals[next_i++];
    has_returned = false;
    begin();
    return now->setup_func ? now->setup_func(state) : 0;
}

static void run(void **state) {
    now->test_func(state);
    has_returned = true;
}

static int tear_down(void **state) {
    int err = now->teardown_func ? now->teardown_func(state) : 0;
    return err == 0 && has_returned && !nothing_is_left() ? -1 : err;
}

/* The linker lets the tests call the first instead of the second. */
typedef int run_group(const char *name, const struct CMUnitTest *tests, size_t n,
                      CMFixtureFunction setup, CMFixtureFunction teardown);
run_group __wrap__cmocka_run_group_tests, __real__cmocka_run_group_tests;

int __wrap__cmocka_run_group_tests(const char *name, const struct CMUnitTest *tests, size_t n,
                                   CMFixtureFunction setup, CMFixtureFunction teardown) {
    struct CMUnitTest *own = calloc(n, sizeof *own);
    if (!own) return -1;
    for (size_t i = 0; i < n; i++) {
        own[i] = tests[i];
        own[i].setup_func = set_up;
        own[i].test_func = run;
        own[i].teardown_func = tear_down;
    }
    originals = tests;
    next_i = 0;
    int failed_n = __real__cmocka_run_group_tests(name, own, n, setup, teardown);
    free(own);
    return failed_n;
}
