/* SPDX-License-Identifier: MIT */
/* Goal: a worker that hangs inside malloc() or dlopen(), with the lock in hand, is reported with
 * its stack, though what finds the names needs these locks, too. Method: children whose standard
 * error is read until the report is there; malloc() faults amid its free blocks, and the handler
 * does not return; dlopen() opens a pipe without a writer. */
#include <edo/edo.h>

#include "inside.h"
#include "last_words.h"

#include <dlfcn.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BYTES       3000 /* that no thread keeps for itself */
#define DEADLINE_MS 30000

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

/* A block of free memory whose size is on a page that cannot be read: malloc(), which looks through
 * the free blocks, faults there with its lock in hand. */
static struct {
    uintptr_t page;
    size_t bytes; /* of a page */
    pthread_t worker;
} trap;

static void trap_open(void) {
    CHECK_EQ(mprotect((void *)trap.page, trap.bytes, PROT_READ | PROT_WRITE), 0);
}

static void stay_in_malloc(int signo, siginfo_t *info, void *context) {
    uintptr_t at = (uintptr_t)info->si_addr;
    (void)signo;
    (void)context;
    CHECK(at >= trap.page && at < trap.page + trap.bytes);
    if (!pthread_equal(pthread_self(), trap.worker)) {
        trap_open(); // another thread was first, and the worker sets the trap once more
        return;
    }
    say_it_hangs();
    for (;;) (void)pause();
}

/* Sets the trap: of three blocks that lie side by side it frees the second one. The first one has
 * the rest of the page, and the third one keeps malloc() from joining the second with what follows.
 */
static void trap_set(void) {
    size_t block_bytes = 4 * trap.bytes; // with the size that malloc() keeps before each block
    char *three[3] = { NULL };
    for (int i = 0; three[0] == NULL || three[1] != three[0] + block_bytes ||
                    three[2] != three[1] + block_bytes;
         i++) {
        CHECK(i < 1000);
        three[0] = three[1];
        three[1] = three[2];
        three[2] = malloc(block_bytes - sizeof(size_t));
        CHECK(three[2]);
    }
    uintptr_t size_at = (uintptr_t)three[1] - sizeof(size_t);
    trap.page = size_at - size_at % trap.bytes;
    free(three[1]);
    CHECK_EQ(mprotect((void *)trap.page, trap.bytes, PROT_NONE), 0);
}

/* A round fails only if another thread has used malloc() in the midst of it. */
static int hang_in_malloc(void *arg) {
    const struct sigaction a = { .sa_sigaction = stay_in_malloc, .sa_flags = SA_SIGINFO };
    (void)arg;
    trap.bytes = (size_t)sysconf(_SC_PAGESIZE);
    trap.worker = pthread_self();
    CHECK_EQ(sigaction(SIGSEGV, &a, NULL), 0); // in the place of edo_main()'s
    CHECK_EQ(edo_yield(), 0);                  // the next poll, with its own time
    for (int round = 0; round < 1000; round++) {
        trap_set();
        for (int i = 0; i < 100; i++) {
            void *volatile at = malloc(BYTES); // the free blocks that fit exactly come to an end
            CHECK(at);
        }
        trap_open();
    }
    return 1;
}

static int run_in_malloc(void) {
    (void)mallopt(M_ARENA_MAX, 1); // one lock for all threads
    (void)mallopt(M_MMAP_MAX, 0);  // and one piece of memory, however large a page is
    return edo_main_with(hang_in_malloc, NULL, &(edo_runtime_opts){ .watchdog = EDO_MS(50) });
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
