/* SPDX-License-Identifier: MIT */
/* Goal: a runtime for which the process has too few descriptors is refused with -EMFILE, whichever
 * of them is missing, and leaves none open; with enough of them it is made. Runtimes that come and
 * go leave no memory mapped.
 * Method: a child lowers its limit to what it has open, plus 0, 1, 2, ...; the address space of the
 * process before and after many runtimes. */
#include <edo/edo.h>

#include "inside.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MORE_MAX 64u

/* The number of the next descriptor. */
static rlim_t next_fd(void) {
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    CHECK_EQ(close(fd), 0);
    return (rlim_t)fd;
}

/* Runs in a child. Returns how many descriptors a runtime needs, or a negative number. */
static int needed(const edo_runtime_opts *opts) {
    struct rlimit limit;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const rlim_t first = next_fd();
    for (rlim_t more = 0; more < MORE_MAX; more++) {
        edo_runtime *rt = NULL;
        limit.rlim_cur = first + more;
        CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
        int err = edo_runtime_new(&rt, opts);
        if (err == 0) {
            edo_runtime_free(rt);
            return (int)more;
        }
        CHECK_EQ(err, -EMFILE);
        limit.rlim_cur = first + 1;
        CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
        CHECK_EQ(next_fd(), first);
    }
    return -1;
}

static void runtime_without_descriptors_is_refused(void **state) {
    (void)state;
    static const edo_runtime_opts flavors[] = {
        { .flavor = EDO_RUNTIME_CURRENT },
        { .flavor = EDO_RUNTIME_MULTI, .workers = 2 },
    };
    for (size_t i = 0; i < EDO_COUNT(flavors); i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) exit(needed(&flavors[i])); // not _exit(): the leak checker looks
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_in_range(WEXITSTATUS(status), 2, MORE_MAX); // at least an epoll and an eventfd
    }
}

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

static void make_and_free(int n) {
    for (int i = 0; i < n; i++) {
        edo_runtime *rt;
        CHECK_EQ(edo_runtime_new(&rt, &(edo_runtime_opts){ .workers = 2 }), 0);
        CHECK_EQ(edo_task_join(edo_spawn_on(rt, nothing, NULL)), 0);
        edo_runtime_free(rt);
    }
}

/* Pages of address space. */
static long mapped_pages(void) {
    long pages;
    FILE *in = fopen("/proc/self/statm", "r");
    CHECK(in);
    CHECK_EQ(fscanf(in, "%ld", &pages), 1);
    CHECK_EQ(fclose(in), 0);
    return pages;
}

static void runtimes_that_come_and_go_leave_no_memory_mapped(void **state) {
    (void)state;
#if defined(EDOI_ASAN) || defined(EDOI_TSAN)
    print_message("skipped: a sanitizer maps memory of its own\n");
    skip();
#endif
    make_and_free(800); // fills the caches, and where debug builds keep freed handles
    long before = mapped_pages();
    make_and_free(100);
    assert_true(mapped_pages() - before < 100); // of 200 workers
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runtime_without_descriptors_is_refused),
        cmocka_unit_test(runtimes_that_come_and_go_leave_no_memory_mapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
