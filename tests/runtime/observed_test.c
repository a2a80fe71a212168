/* SPDX-License-Identifier: MIT */
/* Goal: a task that blocks its thread in a system call is seen there, by the watchdog and by a
 * dump, and the call goes on undisturbed: no EINTR, no shorter time. Method: calls that a signal
 * would cut short, each a task of its own, in programs in child processes; their standard error,
 * which they read, too: a call during which nobody has looked is made again. */
#include <edo/dump.h>
#include <edo/edo.h>

#include "has_libdw.h"
#include "inside.h"
#include "last_words.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(EDOI_ASAN) || defined(EDOI_TSAN)
#    define WAIT_MS 600 // a report takes longer, and the next call is to be seen, too
#else
#    define WAIT_MS 150
#endif

static char said[8 * 1024 * 1024];

static int64_t now_ms(clockid_t clock) {
    struct timespec ts;
    CHECK_EQ(clock_gettime(clock, &ts), 0);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- Calls that wait ------------------------------------------------------------------------- */

/* WAIT_MS from now on the real-time clock. */
static struct timespec until(void) {
    int64_t at_ms = now_ms(CLOCK_REALTIME) + WAIT_MS;
    return (struct timespec){ .tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000 };
}

static void in_usleep(void) {
    CHECK_EQ(usleep(2 * WAIT_MS * 1000), 0);
}

static void in_poll(void) {
    CHECK_EQ(poll(NULL, 0, WAIT_MS), 0);
}

static void in_select(void) {
    struct timeval most = { .tv_usec = WAIT_MS * 1000 };
    CHECK_EQ(select(0, NULL, NULL, NULL, &most), 0);
}

static void in_epoll(void) {
    struct epoll_event event;
    int fd = epoll_create1(EPOLL_CLOEXEC);
    CHECK(fd >= 0);
    CHECK_EQ(epoll_wait(fd, &event, 1, WAIT_MS), 0);
    (void)close(fd);
}

/* Not restarted after a handler, as any call of a socket with a time limit. */
static void in_recv(void) {
    int fds[2];
    char byte;
    struct timeval most = { .tv_usec = WAIT_MS * 1000 };
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    CHECK_EQ(setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most), 0);
    CHECK_EQ(recv(fds[0], &byte, 1, 0), -1);
    CHECK_EQ(errno, EAGAIN);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void *write_later(void *arg) {
    const int *fd = arg;
    CHECK_EQ(usleep(WAIT_MS * 1000), 0);
    CHECK_EQ(write(*fd, "x", 1), 1);
    return NULL;
}

static void in_read(void) {
    int fds[2];
    char byte;
    pthread_t thread;
    CHECK_EQ(pipe(fds), 0);
    CHECK_EQ(pthread_create(&thread, NULL, write_later, &fds[1]), 0);
    CHECK_EQ(read(fds[0], &byte, 1), 1);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void in_sem_timedwait(void) {
    struct timespec at = until();
    sem_t sem;
    CHECK_EQ(sem_init(&sem, 0, 0), 0);
    CHECK_EQ(sem_timedwait(&sem, &at), -1);
    CHECK_EQ(errno, ETIMEDOUT);
    (void)sem_destroy(&sem);
}

static void in_cond_timedwait(void) {
    struct timespec at = until();
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    CHECK_EQ(pthread_mutex_lock(&mutex), 0);
    CHECK_EQ(pthread_cond_timedwait(&cond, &mutex, &at), ETIMEDOUT);
    CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
}

static void in_sigtimedwait(void) {
    const struct timespec most = { .tv_nsec = WAIT_MS * 1000000 };
    sigset_t one;
    (void)sigemptyset(&one);
    (void)sigaddset(&one, SIGUSR1);
    CHECK_EQ(sigtimedwait(&one, NULL, &most), -1);
    CHECK_EQ(errno, EAGAIN);
}

static const struct {
    const char *site;
    void (*call)(void);
    int64_t ms;         /* it takes at least */
    const char *kernel; /* part of the name of the call, which is libc's function */
    bool is_inside;     /* libc may wait in a function without a name, and the call has a number */
} calls[] = {
    { "in_usleep", in_usleep, 2 * WAIT_MS, "nanosleep", false },
    { "in_poll", in_poll, WAIT_MS, "poll", false },
    { "in_select", in_select, WAIT_MS, "select", false },
    { "in_epoll", in_epoll, WAIT_MS, "epoll_", false },
    { "in_recv", in_recv, WAIT_MS, "recv", false },
    { "in_read", in_read, WAIT_MS, "read", false },
    { "in_sem_timedwait", in_sem_timedwait, WAIT_MS, "sem_", true },
    { "in_cond_timedwait", in_cond_timedwait, WAIT_MS, "cond_", false },
    { "in_sigtimedwait", in_sigtimedwait, WAIT_MS, "sigtimedwait", false },
};
#define CALLS_N (sizeof calls / sizeof calls[0])

static int make_call(void *arg) {
    size_t i = (size_t)(uintptr_t)arg;
    int64_t from_ms = now_ms(CLOCK_MONOTONIC);
    calls[i].call();
    int64_t took_ms = now_ms(CLOCK_MONOTONIC) - from_ms;
    CHECK(took_ms >= calls[i].ms - 1); // the two clocks are cut to whole ms
    return 0;
}

/* ---- Support --------------------------------------------------------------------------------- */

#define PATIENCE_MS 30000

static void missing(const char *what, const char *site) {
    (void)fprintf(stderr, "%s of %s is missing in:\n%s", what, site, said);
    fail();
}

/* The text after the next `part` in the line at `line`; NULL: none. */
static const char *after(const char *line, const char *part) {
    const char *at = strstr(line, part);
    const char *end = strchr(line, '\n');
    return at && (!end || at < end) ? at + strlen(part) : NULL;
}

/* Without libdw all calls have one. */
static bool has_number(size_t i) {
    return !has_libdw() || calls[i].is_inside;
}

/* Does the text at `call`, in parentheses, name the call at `i`? An emulator of processors makes
 * other calls than the program. */
static bool names_call(const char *call, size_t i) {
    if (strncmp(call, "at ", 3) == 0 || strncmp(call, "for ", 4) == 0) return true;
    if (strncmp(call, "system call ", 12) == 0 && has_number(i)) return true;
    const char *end = call + strcspn(call, " )"), *name = strstr(call, calls[i].kernel);
    if (!name || name >= end) name = strstr(call, "futex_abstimed_wait"); // by libc's debug file
    return name && name < end;
}

/* ---- Who looks ------------------------------------------------------------------------------- */

typedef struct observer {
    bool (*has_seen)(size_t i);
    const char *what; /* it says */
} observer;

/* The root: one call after another, each until it was seen. */
static int make_all_calls(void *arg) {
    const observer *o = arg;
    for (size_t i = 0; i < CALLS_N; i++) {
        int64_t end_ms = now_ms(CLOCK_MONOTONIC) + PATIENCE_MS;
        do {
            if (now_ms(CLOCK_MONOTONIC) > end_ms)
                return 1; // the other process says what is missing
            edo_task *t = edo_spawn_at(make_call, (void *)(uintptr_t)i, calls[i].site);
            CHECK_EQ(edo_task_join(t), 0);
            said_by_now(said, sizeof said);
        } while (!o->has_seen(i));
    }
    return 0;
}

/* Runs `fn` in a child, where all calls must be made and be seen. */
static void want_all_seen(int (*fn)(void *arg), void *arg, const observer *o) {
    int status = last_words_in_file(fn, arg, said, sizeof said);
    if (status != 0) (void)fprintf(stderr, "%s", said);
    for (size_t i = 0; i < CALLS_N; i++)
        if (!o->has_seen(i)) missing(o->what, calls[i].site);
    assert_int_equal(status, 0);
}

/* Has the watchdog seen the task at `i` for so long? It says so some time after the poll. */
static bool has_kept(size_t i, int64_t at_least_ms) {
    char begin[64];
    (void)snprintf(begin, sizeof begin, "edo: %s kept worker ", calls[i].site);
    for (const char *at = said; (at = strstr(at, begin)); at++) {
        const char *ms = after(at, " for about ");
        if (ms && strtol(ms, NULL, 10) >= at_least_ms) return true;
    }
    return false;
}

/* Whether the watchdog has reported the task at `i` in its call. One of them it must have seen for
 * half of its time, too. */
static bool is_reported_in_call(size_t i) {
    char begin[64];
    (void)snprintf(begin, sizeof begin, "edo: %s keeps worker ", calls[i].site);
    for (const char *at = said; (at = strstr(at, begin)); at++) {
        const char *call = after(at, "waits in the kernel (");
        if (call && names_call(call, i)) return calls[i].ms == WAIT_MS || has_kept(i, WAIT_MS);
    }
    return false;
}

static const observer by_watchdog = { is_reported_in_call, "the report, or the end of it," };

static int run_watched(void *arg) {
    return edo_main_with(make_all_calls, (void *)(uintptr_t)&by_watchdog, arg);
}

static void watchdog_leaves_calls_alone_and_names_them_on(edo_runtime_flavor flavor) {
    edo_runtime_opts opts = { .flavor = flavor, .watchdog = EDO_MS(20) };
    want_all_seen(run_watched, &opts, &by_watchdog);
}

static void watchdog_leaves_calls_alone_and_names_them(void **state) {
    (void)state;
    watchdog_leaves_calls_alone_and_names_them_on(EDO_RUNTIME_CURRENT);
    watchdog_leaves_calls_alone_and_names_them_on(EDO_RUNTIME_MULTI);
}

static edo_atomic_u32 is_over;

static void *dump_until_it_is_over(void *arg) {
    (void)arg;
    while (!EDOI_ATOMIC_LOAD(&is_over.edoi_value, EDOI_ACQUIRE)) {
        edo_dump_tasks(stderr);
        (void)usleep(10000); // said[] shall have room for them all
    }
    return NULL;
}

/* Whether one of the dumps shows the task at `i` in its call. */
static bool is_dumped_in_call(size_t i) {
    char begin[64];
    (void)snprintf(begin, sizeof begin, " %s: runs on worker ", calls[i].site);
    for (const char *at = said; (at = strstr(at, begin)); at++) {
        const char *call = after(at, ", and waits in the kernel");
        if (call && (*call != ' ' || names_call(call + 2, i))) return true;
    }
    return false;
}

static const observer by_dump = { is_dumped_in_call, "the dump" };

static int run_dumped(void *arg) {
    edo_runtime *rt;
    pthread_t thread;
    CHECK_EQ(edo_stacks_by_signal(SIGUSR2), 0);
    CHECK_EQ(edo_runtime_new(&rt, arg), 0);
    CHECK_EQ(pthread_create(&thread, NULL, dump_until_it_is_over, NULL), 0);
    int result = edo_run(rt, make_all_calls, (void *)(uintptr_t)&by_dump);
    EDOI_ATOMIC_STORE(&is_over.edoi_value, 1, EDOI_RELEASE);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    edo_runtime_free(rt);
    return result;
}

static void dumps_leave_calls_alone_and_name_them(void **state) {
    edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 2, .watchdog = EDO_OFF };
    (void)state;
    want_all_seen(run_dumped, &opts, &by_dump);
}

/* ---- A task that holds the loader ------------------------------------------------------------ */

static char fifo[] = "/tmp/edo-observed-XXXXXX/library.so";

/* Loads a file that is a pipe: dlopen() waits for a writer, with the loader's lock in hand. */
static int load_library(void *arg) {
    (void)arg;
    CHECK(dlopen(fifo, RTLD_NOW) == NULL); // the file is too short
    return 0;
}

/* Does a thread of this process wait for a file to open? */
static bool waits_for_file(void) {
    bool does = false;
    DIR *threads = opendir("/proc/self/task");
    CHECK(threads);
    for (struct dirent *e = NULL; !does && (e = readdir(threads));) {
        char path[300], text[16] = "";
        (void)snprintf(path, sizeof path, "/proc/self/task/%s/syscall", e->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) continue;
        (void)!read(fd, text, sizeof text - 1);
        (void)close(fd);
        does = strtol(text, NULL, 10) == SYS_openat;
    }
    (void)closedir(threads);
    return does;
}

/* Dumps until a dump shows the task in its call; then lets it go. It begins when the task is there:
 * a thread cannot be made while another one opens a library. */
static void *dump_and_let_go(void *arg) {
    (void)arg;
    char text[64 * 1024];
    int64_t end_ms = now_ms(CLOCK_MONOTONIC) + PATIENCE_MS;
    while (!waits_for_file()) {
        CHECK(now_ms(CLOCK_MONOTONIC) < end_ms);
        (void)usleep(1000);
    }
    do {
        CHECK(now_ms(CLOCK_MONOTONIC) < end_ms + PATIENCE_MS);
        FILE *out = fmemopen(text, sizeof text, "w");
        CHECK(out);
        edo_dump_tasks(out);
        CHECK_EQ(fclose(out), 0);
    } while (!strstr(text, ", and waits in the kernel"));
    int fd = open(fifo, O_WRONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    (void)close(fd);
    return NULL;
}

static int run_loading(void *arg) {
    edo_runtime *rt;
    pthread_t thread;
    CHECK_EQ(edo_runtime_new(&rt, arg), 0);
    CHECK_EQ(pthread_create(&thread, NULL, dump_and_let_go, NULL), 0);
    CHECK_EQ(edo_run(rt, load_library, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    edo_runtime_free(rt);
    return 0;
}

static void task_that_holds_the_loader_hinders_no_dump(void **state) {
    edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 2, .watchdog = EDO_OFF };
    char *slash = strrchr(fifo, '/');
    (void)state;
    *slash = '\0';
    assert_non_null(mkdtemp(fifo));
    *slash = '/';
    assert_int_equal(mkfifo(fifo, 0600), 0);
    int status = last_words(run_loading, &opts, said, sizeof said);
    (void)unlink(fifo);
    *slash = '\0';
    (void)rmdir(fifo);
    if (status != 0) (void)fprintf(stderr, "%s", said);
    assert_int_equal(status, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watchdog_leaves_calls_alone_and_names_them),
        cmocka_unit_test(dumps_leave_calls_alone_and_name_them),
        cmocka_unit_test(task_that_holds_the_loader_hinders_no_dump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
