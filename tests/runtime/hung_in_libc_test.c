/* SPDX-License-Identifier: MIT */
/* Goal: a worker that hangs inside malloc() or dlopen(), with the lock in hand, is reported with
 * its stack, though what finds the names needs these locks, too. Method: children whose standard
 * error is read until the report is there; a signal handler that has interrupted malloc() does not
 * return, and dlopen() opens a pipe without a writer. */
#include <edo/edo.h>

#include "inside.h"
#include "last_words.h"

#include <dlfcn.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define BYTES       3000 /* that no thread keeps for itself */
#define DEADLINE_MS 50000

static char said[256 * 1024];

static int64_t now_ms(void) {
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Is the root reported, after "hangs now", with a stack? */
static bool has_stack(void) {
    const char *at = strstr(said, "hangs now\n");
    at = at ? strstr(at, "root of edo_main keeps worker ") : NULL;
    return at && strstr(at, "\n      #0 ");
}

/* Runs `fn` in a child until the stack of the root is reported, after the child has said "hangs
 * now". */
static void want_stack(int (*fn)(void)) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    (void)fflush(NULL);
    said[0] = '\0';
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        _exit(fn());
    }
    (void)close(ends[1]);
    struct pollfd p = { .fd = ends[0], .events = POLLIN };
    size_t n = 0;
    ssize_t got = 1;
    for (int64_t end_ms = now_ms() + DEADLINE_MS; got > 0 && !has_stack();) {
        int64_t left_ms = end_ms - now_ms();
        if (left_ms <= 0 || poll(&p, 1, (int)left_ms) <= 0) break;
        got = read(ends[0], said + n, sizeof said - 1 - n);
        if (got > 0) n += (size_t)got;
        said[n] = '\0';
    }
    (void)kill(child, SIGKILL);
    (void)waitpid(child, NULL, 0);
    (void)close(ends[0]);
    if (!has_stack()) fail_msg("no stack in:\n%s", said);
}

static void say_it_hangs(void) {
    static const char line[] = "hangs now\n";
    CHECK_EQ(write(STDERR_FILENO, line, sizeof line - 1), sizeof line - 1);
}

/* ---- In malloc() ----------------------------------------------------------------------------- */

static edo_atomic_u32 probes_n; /* of another thread, each with a malloc() */

static uint32_t probes(void) {
    return EDOI_ATOMIC_LOAD(&probes_n.edoi_value, EDOI_RELAXED);
}

static void use_malloc(void) {
    void *volatile at = malloc(BYTES);
    CHECK(at);
    free(at);
}

static void *probe(void *arg) {
    (void)arg;
    for (;;) {
        use_malloc();
        (void)EDOI_ATOMIC_FETCH_ADD(&probes_n.edoi_value, 1, EDOI_RELAXED);
    }
    return NULL;
}

/* Stays for ever if the interrupted code holds the lock: the other thread gets no memory. */
static void stay_if_locked(int signo) {
    uint32_t before = probes();
    (void)signo;
    for (int i = 0; i < 100; i++) {
        if (probes() != before) return;
        (void)nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
    }
    say_it_hangs();
    for (;;) EDOI_COMPILER_BARRIER();
}

static void *interrupt(void *arg) {
    for (;;) {
        CHECK_EQ(pthread_kill(*(pthread_t *)arg, SIGUSR1), 0);
        (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    }
    return NULL;
}

static int hang_in_malloc(void *arg) {
    pthread_t self = pthread_self(), others[2];
    (void)arg;
    CHECK_EQ(pthread_create(&others[0], NULL, probe, NULL), 0);
    CHECK_EQ(pthread_create(&others[1], NULL, interrupt, &self), 0);
    for (;;) {
        for (int i = 0; i < 1000; i++) use_malloc();
        CHECK_EQ(edo_yield(), 0); // the next poll, with its own time
    }
    return 0;
}

static int run_in_malloc(void) {
    const struct sigaction a = { .sa_handler = stay_if_locked };
    (void)mallopt(M_ARENA_MAX, 1); // one lock for all threads
    CHECK_EQ(sigaction(SIGUSR1, &a, NULL), 0);
    return edo_main_with(hang_in_malloc, NULL, &(edo_runtime_opts){ .watchdog = EDO_MS(500) });
}

static void worker_that_hangs_in_malloc_is_reported_with_its_stack(void **state) {
    (void)state;
#if defined(EDOI_ASAN) || defined(EDOI_TSAN)
    print_message("skipped: the sanitizer has a malloc() of its own\n");
    skip();
#endif
    want_stack(run_in_malloc);
}

/* ---- In dlopen() ----------------------------------------------------------------------------- */

static char fifo[] = "/tmp/edo-hung-XXXXXX/library.so";

static int hang_in_dlopen(void *arg) {
    (void)arg;
    say_it_hangs();
    return dlopen(fifo, RTLD_NOW) ? 0 : 1;
}

static int run_in_dlopen(void) {
    return edo_main_with(hang_in_dlopen, NULL, &(edo_runtime_opts){ .watchdog = EDO_MS(50) });
}

static void worker_that_hangs_in_dlopen_is_reported_with_its_stack(void **state) {
    char *slash = strrchr(fifo, '/');
    (void)state;
    *slash = '\0';
    assert_non_null(mkdtemp(fifo));
    *slash = '/';
    assert_int_equal(mkfifo(fifo, 0600), 0);
    want_stack(run_in_dlopen);
    (void)unlink(fifo);
    *slash = '\0';
    (void)rmdir(fifo);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_that_hangs_in_malloc_is_reported_with_its_stack),
        cmocka_unit_test(worker_that_hangs_in_dlopen_is_reported_with_its_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
