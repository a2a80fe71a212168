/* SPDX-License-Identifier: MIT */
/* support/leftovers.c: see leftovers.h. It makes system calls itself: a test may have put functions
 * of its own in the place of libc's. Functions that the linker puts in the place of others have
 * `__wrap_` before their names, the others `__real_`. */
#include "leftovers.h"

#include "fiber/stack.h"
#include "records/handles.h"
#include "runtime/scope/ctx.h"
#include "runtime/thread/thread_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
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
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define IDS_MAX 4096
#define SHOWN_N 20

/* Numbers that a folder of /proc lists. A number may be used again by a new thing, with another
 * mark. */
typedef struct ids {
    int n;
    int id[IDS_MAX];
    uint32_t mark[IDS_MAX];
} ids;

/* One kind of thing: what there was before the test, and what there is. Things that /proc lists
 * have numbers; others are counted. */
typedef struct kind {
    const char *name;
    uint32_t (*count)(void); /* NULL: they have numbers */
    void (*list)(ids *out);
    void (*describe)(int id, char *to, size_t bytes); /* `to` is an empty text */
    uint32_t before_n;
    ids before, now;
} kind;

int leftovers_wait_ms = 5000;

static atomic_uint allowed[LEFTOVERS_N];

void may_leave(leftover what, unsigned n, const char *why) {
    if (!why || !*why) abort();
    atomic_store(&allowed[what], n);
}

/* ---- What there is --------------------------------------------------------------------------- */

static int open_path(const char *path, int flags) {
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_RDONLY | O_CLOEXEC, 0);
}

static void add(ids *out, int id) {
    if (out->n < IDS_MAX) out->id[out->n++] = id;
}

/* Open while the tests run: a test may leave no descriptor for them. */
static int fd_folder = -1, task_folder = -1;

/* What could not be listed since this was last set to NULL. */
static const char *unlisted;

static void list_folder(ids *out, int dir, const char *path) {
    _Alignas(8) char buf[4096];
    long n = syscall(SYS_lseek, dir, 0, SEEK_SET);
    while (n >= 0 && (n = syscall(SYS_getdents64, dir, buf, sizeof buf)) > 0) {
        for (long at = 0; at < n;) {
            uint16_t bytes; // struct linux_dirent64: two numbers of 64 bits, this, a type, the name
            memcpy(&bytes, buf + at + 16, sizeof bytes);
            const char *name = buf + at + 19;
            int id = (int)strtol(name, NULL, 10);
            if (*name != '.') add(out, id);
            at += bytes;
        }
    }
    if (n < 0) unlisted = path;
}

static void describe_descriptor(int id, char *to, size_t bytes) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", id);
    (void)!syscall(SYS_readlinkat, AT_FDCWD, path, to, bytes - 1);
}

static void list_descriptors(ids *out) {
    list_folder(out, fd_folder, "/proc/self/fd");
    for (int i = 0; i < out->n; i++) {
        char text[128] = "";
        describe_descriptor(out->id[i], text, sizeof text);
        out->mark[i] = 0;
        for (const char *c = text; *c; c++) out->mark[i] = out->mark[i] * 31 + (unsigned char)*c;
    }
}

static void list_threads(ids *out) {
    list_folder(out, task_folder, "/proc/self/task");
}

/* Reads the small file; an empty text and false if it cannot. */
static bool read_text(const char *path, char *to, size_t bytes) {
    int fd = open_path(path, 0);
    long n = fd < 0 ? -1 : syscall(SYS_read, fd, to, bytes - 1);
    to[n > 0 ? n : 0] = '\0';
    if (fd >= 0) (void)syscall(SYS_close, fd);
    return n >= 0;
}

/* Zombies, too. Most tests have none, which one call tells. The lists of threads that have ended
 * cannot be read; no list can be read where the kernel has none (CONFIG_PROC_CHILDREN). */
static void list_children(ids *out) {
    static ids threads;
    siginfo_t info;
    const int any = WEXITED | WSTOPPED | WCONTINUED | WNOHANG | WNOWAIT;
    if (syscall(SYS_waitid, P_ALL, 0, &info, any, NULL) < 0) return;
    bool is_listed = false;
    threads.n = 0;
    list_threads(&threads);
    for (int i = 0; i < threads.n; i++) {
        char path[64], text[4096], *at = text, *end;
        (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", threads.id[i]);
        is_listed |= read_text(path, text, sizeof text);
        for (long pid; (pid = strtol(at, &end, 10)) > 0; at = end) add(out, (int)pid);
    }
    if (!is_listed) unlisted = "/proc/self/task/*/children";
}

static void describe_thread(int id, char *to, size_t bytes) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/comm", id);
    (void)read_text(path, to, bytes);
}

static void describe_child(int id, char *to, size_t bytes) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/stat", id);
    (void)read_text(path, to, bytes);
}

/* ---- What is not in /proc -------------------------------------------------------------------- */

/* Timers that were armed when their wheel was given back, since the test began. */
static atomic_uint timers_lost;

void __wrap_edoi_wheel_put(edoi_wheel *wheel), __real_edoi_wheel_put(edoi_wheel *wheel);

void __wrap_edoi_wheel_put(edoi_wheel *wheel) {
    atomic_fetch_add(&timers_lost, edoi_load_rlx_u32(&wheel->armed_n)); // relaxed: a count
    __real_edoi_wheel_put(wheel);
}

static uint32_t timers(void) {
    return atomic_load(&timers_lost);
}

/* Stacks that fibers have. */
static uint32_t fibers(void) {
    uint32_t n = 0;
    const edoi_stack_slab *slab = edoi_load_acq_ptr(&edoi_stack_slabs); // SK2: pairs with SK1
    for (; slab; slab = slab->next) {
        uint32_t carved = edoi_load_acq_u32(&slab->carved); // SK4: pairs with SK3
        for (uint32_t i = 0; i < carved; i++) n += slab->stacks[i].fiber != NULL;
    }
    return n;
}

static uint64_t whole_pages(size_t n) {
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    return (n + page - 1) / page * page;
}

/* Bytes that the program maps, less those that it has unmapped: whatever calls mmap() itself, edo
 * or the test. libc does not come here. */
static atomic_ullong mapped;

void *__wrap_mmap(void *at, size_t n, int access, int flags, int fd, off_t place);
void *__real_mmap(void *at, size_t n, int access, int flags, int fd, off_t place);
int __wrap_munmap(void *at, size_t n), __real_munmap(void *at, size_t n);

void *__wrap_mmap(void *at, size_t n, int access, int flags, int fd, off_t place) {
    void *got = __real_mmap(at, n, access, flags, fd, place);
    if (got != MAP_FAILED) atomic_fetch_add(&mapped, whole_pages(n));
    return got;
}

int __wrap_munmap(void *at, size_t n) {
    int err = __real_munmap(at, n);
    if (err == 0) atomic_fetch_sub(&mapped, whole_pages(n));
    return err;
}

/* Debug builds let the memory of tasks rest for a while. */
static void end_rest(void) {
#if EDOI_REMEMBERS
    edoi_handles_end_rest();
#endif
}

/* Pages that are mapped beside those of stacks, which stay. */
static uint32_t mappings(void) {
    end_rest();
    uint64_t of_stacks = 0;
    const edoi_stack_slab *slab = edoi_load_acq_ptr(&edoi_stack_slabs); // SK2: pairs with SK1
    for (; slab; slab = slab->next) of_stacks += whole_pages(slab->count * slab->stride);
    return (uint32_t)((atomic_load(&mapped) - of_stacks) / (uint64_t)sysconf(_SC_PAGESIZE));
}

static kind kinds[LEFTOVERS_N] = {
    [LEFT_DESCRIPTORS] = { .name = "descriptor",
                           .list = list_descriptors,
                           .describe = describe_descriptor },
    [LEFT_THREADS] = { .name = "thread", .list = list_threads, .describe = describe_thread },
    [LEFT_CHILDREN] = { .name = "child", .list = list_children, .describe = describe_child },
    [LEFT_TIMERS] = { .name = "timers", .count = timers },
    [LEFT_FIBERS] = { .name = "fibers", .count = fibers },
    [LEFT_MAPPINGS] = { .name = "pages of mappings", .count = mappings },
};

/* A thread keeps the driver with which it awaits outside runtimes until it ends. For the thread of
 * the tests each test is the end. */
static void end_own_driver(void) {
    edoi_thread *t = edoi_thread_here();
    edoi_thread_driver_free(t->own_driver);
    t->own_driver = NULL;
}

/* ---- What is left ---------------------------------------------------------------------------- */

/* Was the thing that is at `i` now there before the test? */
static bool was_there(const kind *k, int i) {
    for (int j = 0; j < k->before.n; j++)
        if (k->before.id[j] == k->now.id[i] && k->before.mark[j] == k->now.mark[i]) return true;
    return false;
}

/* The number of things that the test has left. */
static uint32_t left(kind *k) {
    uint32_t n = 0;
    if (k->count) {
        uint32_t now = k->count();
        return now > k->before_n ? now - k->before_n : 0;
    }
    k->now.n = 0;
    k->list(&k->now);
    for (int i = 0; i < k->now.n; i++) n += !was_there(k, i);
    return n;
}

static void print_left(const kind *k, uint32_t left_n) {
    if (k->count) print_error("left after the test: %u %s\n", left_n, k->name);
    int shown = 0;
    for (int i = 0; i < k->now.n && shown < SHOWN_N; i++) {
        char text[128] = "";
        int id = k->now.id[i];
        if (was_there(k, i)) continue;
        k->describe(id, text, sizeof text);
        text[strcspn(text, "\n")] = '\0';
        print_error("left after the test: %s %d: %s\n", k->name, id, text);
        shown++;
    }
}

static void begin(void) {
    unlisted = NULL;
    for (int i = 0; i < LEFTOVERS_N; i++) {
        kind *k = &kinds[i];
        k->before.n = 0;
        atomic_store(&allowed[i], 0);
        if (k->count)
            k->before_n = k->count();
        else
            k->list(&k->before);
    }
}

/* False, with a message, if something could not be listed. */
static bool all_is_listed(void) {
    if (unlisted) print_error("what a test leaves is not known: %s cannot be read\n", unlisted);
    return !unlisted;
}

/* Prints what is left. A thread that was joined, or a program that was killed, may need a moment to
 * be gone. */
static bool something_is_left(void) {
    const struct timespec one_ms = { .tv_nsec = 1000000 };
    bool found = false;
    end_own_driver();
    unlisted = NULL;
    for (int i = 0; i < LEFTOVERS_N; i++) {
        uint32_t n, may = atomic_load(&allowed[i]);
        int ms = 0;
        for (; (n = left(&kinds[i])) > may && ms < leftovers_wait_ms; ms++)
            (void)syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &one_ms, NULL);
        if (n <= may) continue;
        print_left(&kinds[i], n);
        found = true;
    }
    return !all_is_listed() || found;
}

/* ---- The runner ------------------------------------------------------------------------------ */

#ifdef EDOI_TSAN
static void *end(void *arg) {
    return arg;
}

/* The thread sanitizer starts a thread of its own with the first of the program: here, so that no
 * test has left it. */
static bool start_sanitizer(void) {
    pthread_t thread;
    return pthread_create(&thread, NULL, end, NULL) == 0 && pthread_join(thread, NULL) == 0;
}
#else
static bool start_sanitizer(void) {
    return true;
}
#endif

static bool open_folders(void) {
    fd_folder = open_path("/proc/self/fd", O_DIRECTORY);
    task_folder = open_path("/proc/self/task", O_DIRECTORY);
    return fd_folder >= 0 && task_folder >= 0;
}

static void close_folders(void) {
    if (fd_folder >= 0) (void)syscall(SYS_close, fd_folder);
    if (task_folder >= 0) (void)syscall(SYS_close, task_folder);
}

static const struct CMUnitTest *originals, *now;
static size_t next_i;
static bool has_returned; /* the test neither failed nor was skipped */

static int set_up(void **state) {
    now = &originals[next_i++];
    has_returned = false;
    begin();
    if (!all_is_listed()) return -1;
    return now->setup_func ? now->setup_func(state) : 0;
}

/* Is there in programs that run tests of others in another way (tests/http2/over): returns why this
 * test is left out; NULL: it is not. */
const char *edo_test_left_out(const char *name) __attribute__((weak));

static void run(void **state) {
    const char *why = edo_test_left_out ? edo_test_left_out(now->name) : NULL;
    if (why) {
        print_message("left out: %s\n", why);
        skip();
    }
    now->test_func(state);
    has_returned = true;
}

static int tear_down(void **state) {
    int err = now->teardown_func ? now->teardown_func(state) : 0;
    return err == 0 && has_returned && something_is_left() ? -1 : err;
}

/* The linker lets the tests call the first instead of the second. */
typedef int run_group(const char *name, const struct CMUnitTest *tests, size_t n,
                      CMFixtureFunction setup, CMFixtureFunction teardown);
run_group __wrap__cmocka_run_group_tests, __real__cmocka_run_group_tests;

int __wrap__cmocka_run_group_tests(const char *name, const struct CMUnitTest *tests, size_t n,
                                   CMFixtureFunction setup, CMFixtureFunction teardown) {
    struct CMUnitTest *own = calloc(n, sizeof *own);
    bool can_look = own && start_sanitizer() && open_folders();
    if (!can_look) print_error("what the tests leave cannot be known\n");
    for (size_t i = 0; i < n && can_look; i++) {
        own[i] = tests[i];
        own[i].setup_func = set_up;
        own[i].test_func = run;
        own[i].teardown_func = tear_down;
    }
    originals = tests;
    next_i = 0;
    int failed_n = can_look ? __real__cmocka_run_group_tests(name, own, n, setup, teardown) : -1;
    close_folders();
    free(own);
    return failed_n;
}
