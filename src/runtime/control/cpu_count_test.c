/* SPDX-License-Identifier: MIT */
/* Goal: quotas of control groups are found at every level; bad numbers in the environment are
 * reported and ignored; a runtime has the resulting number of workers. Method: trees of files in a
 * directory of the test; the environment and the CPU set of this process. */
#include "runtime/control/cpu_count.h"

#include <edo/edo.h>
#include <edo/stats.h>

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define FILES_MAX  6
#define PATH_BYTES 256

/* ---- Quotas ---------------------------------------------------------------------------------- */

typedef struct tree {
    const char *name;
    struct {
        const char *path, *text;
    } files[FILES_MAX];
    uint32_t quota;
} tree;

#define GROUP "/proc/self/cgroup"
#define V2    "/sys/fs/cgroup"
#define V1    "/sys/fs/cgroup/cpu"

static const tree trees[] = {
    { .name = "no groups at all", .quota = 0 },
    { .name = "v2, no proc", .files = { { V2 "/cpu.max", "150000 100000\n" } }, .quota = 2 },
    { .name = "v2, at the root",
      .files = { { GROUP, "0::/\n" }, { V2 "/cpu.max", "300000 100000\n" } },
      .quota = 3 },
    { .name = "v2, no limit",
      .files = { { GROUP, "0::/a\n" }, { V2 "/a/cpu.max", "max 100000\n" } },
      .quota = 0 },
    { .name = "v2, own group",
      .files = { { GROUP, "0::/a/b\n" },
                 { V2 "/a/cpu.max", "max 100000\n" },
                 { V2 "/a/b/cpu.max", "250000 100000\n" } },
      .quota = 3 },
    { .name = "v2, a group around it is tighter",
      .files = { { GROUP, "0::/a/b/c\n" },
                 { V2 "/a/cpu.max", "50000 100000\n" },
                 { V2 "/a/b/cpu.max", "700000 100000\n" },
                 { V2 "/a/b/c/cpu.max", "250000 100000\n" } },
      .quota = 1 },
    { .name = "v2, another group's does not count",
      .files = { { GROUP, "0::/a\n" }, { V2 "/b/cpu.max", "100000 100000\n" } },
      .quota = 0 },
    { .name = "v2, path of the host in a container",
      .files = { { GROUP, "0::/docker/0123\n" }, { V2 "/cpu.max", "400000 100000\n" } },
      .quota = 4 },
    { .name = "v1",
      .files = { { GROUP, "9:pids:/x\n4:cpu,cpuacct:/a/b\n0::/\n" },
                 { V1 "/a/cpu.cfs_quota_us", "-1\n" },
                 { V1 "/a/cpu.cfs_period_us", "100000\n" },
                 { V1 "/a/b/cpu.cfs_quota_us", "120000\n" },
                 { V1 "/a/b/cpu.cfs_period_us", "50000\n" } },
      .quota = 3 },
    { .name = "v1, the other name first",
      .files = { { GROUP, "4:cpuacct,cpu:/a\n" },
                 { V1 "/a/cpu.cfs_quota_us", "50000\n" },
                 { V1 "/a/cpu.cfs_period_us", "50000\n" } },
      .quota = 1 },
    { .name = "v1, not our controller",
      .files = { { GROUP, "4:cpuset:/a\n5:cpuacct:/a\n1:name=cpu:/a\n" },
                 { V1 "/a/cpu.cfs_quota_us", "50000\n" },
                 { V1 "/a/cpu.cfs_period_us", "50000\n" } },
      .quota = 0 },
    { .name = "v1, no limit",
      .files = { { GROUP, "1:cpu:/\n" },
                 { V1 "/cpu.cfs_quota_us", "-1\n" },
                 { V1 "/cpu.cfs_period_us", "100000\n" } },
      .quota = 0 },
    { .name = "garbage",
      .files = { { GROUP, "\n:\n::\n0::\n0::a\n1:cpu\n2:cpu:\n,,cpu:/a:/b\n0::/a\n" },
                 { V2 "/cpu.max", "" },
                 { V2 "/a/cpu.max", "100000" },
                 { V1 "/cpu.cfs_quota_us", "x\n" },
                 { V1 "/cpu.cfs_period_us", "100000\n" } },
      .quota = 0 },
    { .name = "no period",
      .files = { { GROUP, "0::/a\n" },
                 { V2 "/cpu.max", "100000 0\n" },
                 { V2 "/a/cpu.max", "100000 -1\n" } },
      .quota = 0 },
    { .name = "numbers too large",
      .files = { { GROUP, "0::/a\n" },
                 { V2 "/cpu.max", "99999999999999999999999 100000\n" },
                 { V2 "/a/cpu.max", "18446744073709551615 1\n" } },
      .quota = UINT32_MAX },
};

static char root[] = "/tmp/edo-cores-XXXXXX";

static void join(char path[PATH_BYTES], const char *name) {
    int n = snprintf(path, PATH_BYTES, "%s%s", root, name);
    assert_in_range(n, 1, PATH_BYTES - 1);
}

static void put(const char *name, const char *text) {
    char path[PATH_BYTES];
    join(path, name);
    for (char *at = path + strlen(root); (at = strchr(at + 1, '/')) != NULL; *at = '/') {
        *at = '\0';
        (void)mkdir(path, 0700); // may exist already
    }
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Removes the file, and the directories that become empty. */
static void take_away(const char *name) {
    char path[PATH_BYTES];
    join(path, name);
    assert_int_equal(unlink(path), 0);
    for (char *at; (at = strrchr(path + strlen(root) + 1, '/')) != NULL;) {
        *at = '\0';
        if (rmdir(path) < 0) return;
    }
}

static void the_tightest_quota_of_all_groups_counts(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(trees); i++) {
        const tree *t = &trees[i];
        for (size_t j = 0; j < FILES_MAX && t->files[j].path; j++)
            put(t->files[j].path, t->files[j].text);
        uint32_t quota = edoi_cpu_count_quota(root);
        if (quota != t->quota) (void)fprintf(stderr, "%s\n", t->name);
        for (size_t j = 0; j < FILES_MAX && t->files[j].path; j++) take_away(t->files[j].path);
        assert_int_equal(quota, t->quota);
    }
}

/* ---- Numbers --------------------------------------------------------------------------------- */

static const char *const bad[] = { "-1",  "0",  "00",  "abc",        "2x",
                                   "257", " 2", "2\n", "4294967298", "99999999999999999999999" };

static void only_digits_within_the_bound_are_a_number(void **state) {
    (void)state;
    assert_int_equal(edoi_cpu_count_number("1", 256), 1);
    assert_int_equal(edoi_cpu_count_number("256", 256), 256);
    assert_int_equal(edoi_cpu_count_number("", 256), 0);
    assert_int_equal(edoi_cpu_count_number(NULL, 256), 0);
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_int_equal(edoi_cpu_count_number(bad[i], 256), 0);
}

/* Standard error leads into a pipe meanwhile. */
typedef struct listening {
    int ends[2], before;
} listening;

static void listening_begin(listening *l) {
    l->before = dup(STDERR_FILENO);
    assert_int_equal(pipe(l->ends), 0);
    assert_true(l->before >= 0 && dup2(l->ends[1], STDERR_FILENO) >= 0);
}

/* One line was said, which begins so. */
static void listening_end(const listening *l, const char *want) {
    char said[512];
    (void)dup2(l->before, STDERR_FILENO);
    (void)close(l->before);
    (void)close(l->ends[1]);
    ssize_t n = read(l->ends[0], said, sizeof said - 1);
    (void)close(l->ends[0]);
    assert_true(n > 0);
    said[n] = '\0';
    assert_memory_equal(said, want, strlen(want));
    assert_ptr_equal(strchr(said, '\n'), said + n - 1);
}

static void bad_number_is_reported_once_and_the_default_used(void **state) {
    (void)state;
    listening l;
    edo_atomic_u32 told = { 0 };
    uint32_t wrong_n = 0;
    listening_begin(&l);
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        (void)setenv("EDO_TEST_THREADS", bad[i], 1);
        wrong_n += edoi_cpu_count_wanted("EDO_TEST_THREADS", 256, &told) != edoi_cpu_count();
    }
    listening_end(&l, "edo: EDO_TEST_THREADS=-1 is no number from 1 to 256, so it is ");
    assert_int_equal(wrong_n, 0);
}

/* ---- Workers --------------------------------------------------------------------------------- */

static uint32_t workers_n(void) {
    edo_runtime *rt = NULL;
    edo_runtime_stats s = { 0 };
    assert_int_equal(edo_runtime_new(&rt, NULL), 0);
    edo_runtime_get_stats(rt, &s);
    edo_runtime_free(rt);
    return s.workers;
}

static void workers_are_as_the_environment_says_else_the_cores(void **state) {
    (void)state;
    (void)setenv("EDO_WORKERS", "3", 1);
    assert_int_equal(workers_n(), 3);
    (void)setenv("EDO_WORKERS", "-1", 1);
    assert_int_equal(workers_n(), edoi_cpu_count());
    (void)setenv("EDO_WORKERS", "", 1);
    assert_int_equal(workers_n(), edoi_cpu_count());
    (void)unsetenv("EDO_WORKERS");
    assert_int_equal(workers_n(), edoi_cpu_count());
}

static void a_seed_that_is_no_number_is_told(void **state) {
    (void)state;
    static const char *const wrong[] = { "12x", "abc", "-1", "99999999999999999999999" };
    listening l;
    listening_begin(&l);
    for (size_t i = 0; i < EDO_COUNT(wrong); i++) {
        (void)setenv("EDO_SEED", wrong[i], 1);
        (void)workers_n();
    }
    (void)setenv("EDO_SEED", "0x2a", 1);
    (void)workers_n();
    listening_end(&l, "edo: EDO_SEED=12x is no number, so the seed is any\n");
    (void)unsetenv("EDO_SEED");
}

static void one_cpu_gives_one_worker(void **state) {
    (void)state;
    cpu_set_t all, one;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    CPU_ZERO(&one);
    for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &all)) CPU_SET(i, &one);
    (void)unsetenv("EDO_WORKERS");
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    uint32_t n = workers_n();
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
    assert_int_equal(n, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tightest_quota_of_all_groups_counts),
        cmocka_unit_test(only_digits_within_the_bound_are_a_number),
        cmocka_unit_test(bad_number_is_reported_once_and_the_default_used),
        cmocka_unit_test(workers_are_as_the_environment_says_else_the_cores),
        cmocka_unit_test(a_seed_that_is_no_number_is_told),
        cmocka_unit_test(one_cpu_gives_one_worker),
    };
    if (!mkdtemp(root)) return 1;
    int failed_n = cmocka_run_group_tests(tests, NULL, NULL);
    (void)rmdir(root);
    return failed_n;
}
