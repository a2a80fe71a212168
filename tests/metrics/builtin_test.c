/* SPDX-License-Identifier: MIT */
/* Goal: one call adds the numbers of a runtime, a listener, the process; what is shared is given
 * back. Method: numbers that are known from what was done before. */
#include <edo/edo.h>
#include <edo/locks.h>
#include <edo/log.h>
#include <edo/metrics.h>
#include <edo/slab.h>

#include "inside.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static edo_metrics *m;
static edo_buf text;

/* The value of a line that begins with `name` and a blank, of all the text. */
static double value_of(const char *name) {
    size_t n = strlen(name);
    edo_buf_deinit(&text);
    EDO_TEST_EQ(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
    EDO_TEST_EQ(edo_buf_append(&text, "", 1), 0);
    for (char *at = text.ptr; at; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (!strncmp(at, name, n) && at[n] == ' ') return strtod(at + n, NULL);
    }
    edo_test_fail("no %s in:\n%s", name, text.ptr);
}

static int setup(void **state) {
    (void)state;
    return edo_metrics_new(&m, NULL);
}

static int teardown(void **state) {
    (void)state;
    edo_metrics_free(m);
    edo_buf_deinit(&text);
    return 0;
}

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

static int spawn_and_look(void *arg) {
    for (int i = 0; i < 10; i++) CHECK_EQ(edo_task_join(edo_spawn(nothing, arg)), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // numbers are published before a sleep
    CHECK_EQ((int)value_of("edo_runtime_tasks{runtime=\"a \\\"b\\\"\"}"), 1);
    CHECK_EQ((int)value_of("edo_runtime_tasks_spawned_total{runtime=\"a \\\"b\\\"\"}"), 11);
    CHECK_EQ((int)value_of("edo_runtime_workers{runtime=\"a \\\"b\\\"\"}"), 1);
    CHECK(value_of("edo_runtime_worker_polls_total{runtime=\"a \\\"b\\\"\",worker=\"0\"}") >= 11);
    double n = value_of("edo_runtime_poll_seconds_count{runtime=\"a \\\"b\\\"\"}");
    CHECK(n >= 11);
    CHECK(value_of("edo_runtime_poll_seconds_bucket{runtime=\"a \\\"b\\\"\",le=\"+Inf\"}") >= n);
    CHECK(value_of("edo_runtime_poll_seconds_sum{runtime=\"a \\\"b\\\"\"}") > 0);
    CHECK(value_of("edo_runtime_longest_poll_seconds{runtime=\"a \\\"b\\\"\"}") > 0);
    return 0;
}

static void numbers_of_a_runtime_are_those_of_its_stats(void **state) {
    (void)state;
    edo_runtime *rt;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT,
                                    .poll_hist = { .kind = EDO_HIST_LOG } };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_metrics_add_runtime(m, rt, "a \"b\""), 0);
    assert_int_equal(edo_run(rt, spawn_and_look, NULL), 0);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
    edo_runtime_free(rt);
    assert_int_equal((int)value_of("edo_runtime_tasks{runtime=\"a \\\"b\\\"\"}"),
                     0); // its last ones
}

static void two_runtimes_are_told_by_their_names(void **state) {
    (void)state;
    edo_runtime *one, *two;
    assert_int_equal(edo_runtime_new(&one, &kinds[0]), 0);
    assert_int_equal(edo_runtime_new(&two, &kinds[2]), 0);
    assert_int_equal(edo_metrics_add_runtime(m, one, "one"), 0);
    assert_int_equal(edo_metrics_add_runtime(m, two, "two"), 0);
    assert_int_equal((int)value_of("edo_runtime_workers{runtime=\"one\"}"), 1);
    assert_int_equal((int)value_of("edo_runtime_workers{runtime=\"two\"}"), 4);
    assert_null(strstr(text.ptr, "longest_poll")); // which nothing measures there
    assert_true(value_of("edo_runtime_worker_polls_total{runtime=\"two\",worker=\"3\"}") >= 0);
    assert_int_equal(edo_metrics_add_runtime(m, two, "\xff"), -EILSEQ);
    assert_int_equal(edo_runtime_shutdown(two, edo_s(5)), 0);
    edo_runtime_free(two);
    edo_runtime_free(one); // the registry has the last references
}

static int with_listener(void *arg) {
    (void)arg;
    edo_listener *l;
    edo_stream *s;
    char address[32];
    CHECK_EQ(edo_tcp_listen(&l, "127.0.0.1:0", NULL), 0);
    CHECK_EQ(edo_metrics_add_listener(m, l, "web"), 0);
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)edo_listener_port(l));
    CHECK_EQ(edo_tcp_connect(&s, address, NULL), 0);
    WAIT_FOR_EQ((int)value_of("edo_listener_queued{listener=\"web\"}"), 1); // acknowledged
    CHECK(value_of("edo_listener_queue_max{listener=\"web\"}") >= 1);
    CHECK_EQ((int)value_of("edo_listener_dropped_total{listener=\"web\"}"), 0);
    edo_close(s);
    edo_listener_close(l);
    (void)value_of("process_max_fds");            // prints, and must not fail
    CHECK(!strstr(text.ptr, "listener=\"web\"")); // what was closed has no numbers
    return 0;
}

static void numbers_of_a_listener_end_with_it(void **state) {
    (void)state;
    assert_int_equal(edo_metrics_add_process(m), 0);
    assert_int_equal(inside_with(with_listener, NULL, &one_thread), 0);
    edo_metrics_free(m); // before the test ends, which looks for what is left
    m = NULL;
}

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

static void *wait_for_it(void *arg) {
    (void)arg;
    EDO_TEST_EQ(pthread_mutex_lock(&held), 0);
    EDO_TEST_EQ(pthread_mutex_unlock(&held), 0);
    return NULL;
}

/* Which would need a descriptor, and take a worker's time. */
static void descriptors_are_counted_without_a_list_of_them(void **state) {
    (void)state;
    struct stat fds;
    struct rlimit before, none;
    if (stat("/proc/self/fd", &fds) < 0 || fds.st_size == 0) skip(); // before Linux 6.2
    assert_int_equal(edo_metrics_add_process(m), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    int next = dup(0);
    assert_true(next >= 0 && close(next) == 0);
    none.rlim_cur = (rlim_t)next;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    double told = value_of("process_open_fds");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(told == (double)fds.st_size);
}

static void numbers_of_the_process_are_those_of_the_system(void **state) {
    (void)state;
    assert_int_equal(edo_metrics_add_process(m), 0);
    assert_int_equal(edo_metrics_add_process(m), 0); // adds nothing
    double fds = value_of("process_open_fds");
    const char *first = strstr(text.ptr, "\nprocess_open_fds ");
    assert_null(strstr(first + 1, "\nprocess_open_fds "));
    FILE *one_more = fopen("/dev/null", "re");
    assert_non_null(one_more);
    assert_true(value_of("process_open_fds") == fds + 1);
    (void)fclose(one_more);
    assert_true(value_of("process_max_fds") >= fds);
    assert_true(value_of("process_cpu_seconds_total") > 0);
    assert_true(value_of("process_resident_memory_bytes") > 100000);
    assert_true(value_of("process_virtual_memory_bytes") >=
                value_of("process_resident_memory_bytes"));
    double most = value_of("process_virtual_memory_max_bytes");
    assert_true(most < 0 || most >= value_of("process_virtual_memory_bytes"));
    pthread_t thread;
    double before = value_of("process_threads"); // a sanitizer may have one of its own
    assert_int_equal(pthread_mutex_lock(&held), 0);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_it, NULL), 0);
    assert_true(value_of("process_threads") == before + 1);
    assert_int_equal(pthread_mutex_unlock(&held), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    double age = difftime(time(NULL), 0) - value_of("process_start_time_seconds");
    assert_true(age > -5 && age < 3600);
    double faults = value_of("edo_process_page_faults_total");
    char *pages = malloc(1 << 20);
    assert_non_null(pages);
    for (size_t i = 0; i < 1 << 20; i += 4096) ((volatile char *)pages)[i] = 1;
    free(pages);
    assert_true(faults > 0 && value_of("edo_process_page_faults_total") >= faults);
    assert_true(value_of("edo_log_dropped_lines_total") == (double)edo_log_dropped());
}

static edo_mutex left = EDO_MUTEX_INIT, right = EDO_MUTEX_INIT;

static int take_left_first(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&left), 0);
    CHECK_EQ(edo_mutex_lock(&right), 0);
    edo_mutex_unlock(&right);
    edo_mutex_unlock(&left);
    return 0;
}

static int take_right_first(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&right), 0);
    CHECK_EQ(edo_mutex_lock(&left), 0);
    edo_mutex_unlock(&left);
    edo_mutex_unlock(&right);
    return 0;
}

static int take_in_both_orders(void *arg) {
    CHECK_EQ(edo_task_join(edo_spawn(take_left_first, arg)), 0);
    return edo_task_join(edo_spawn(take_right_first, arg));
}

static void what_watched_locks_have_found_is_counted_by_kind(void **state) {
    (void)state;
    edo_locks_stats found;
    assert_int_equal(edo_metrics_add_process(m), 0);
    assert_true(value_of("edo_locks_turned_total") == 0);
    assert_int_equal(edo_locks_watch(&(edo_locks_opts){ .order = true }), 0);
    assert_int_equal(inside_with(take_in_both_orders, NULL, &one_thread), 0);
    edo_locks_get_stats(&found);
    assert_int_equal(found.turned, 1);
    assert_true(value_of("edo_locks_turned_total") == 1);
    assert_true(value_of("edo_locks_deadlocks_total") == 0);
    assert_true(value_of("edo_locks_lasting_total") == 0);
    assert_true(value_of("edo_locks_abandoned_total") == 0);
    assert_true(value_of("edo_locks_unnoted_total") == 0);
    assert_true(value_of("edo_locks_standing_total") == 0);
}

/* Is there a line that begins so? */
static bool is_told(const char *name) {
    edo_buf_deinit(&text);
    EDO_TEST_EQ(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
    return memmem(text.ptr, text.len, name, strlen(name)) != NULL;
}

static void what_malloc_has_is_told_where_libc_says_it(void **state) {
    (void)state;
    const size_t large = (size_t)64 << 20;
    assert_int_equal(edo_metrics_add_process(m), 0);
    if (!is_told("\nedo_malloc_used_bytes ")) {
        print_message("skipped: a sanitizer, whose malloc() tells nothing\n");
        skip();
    }
    double before = value_of("edo_malloc_used_bytes");
    assert_true(before > 0 && value_of("edo_malloc_free_bytes") >= 0);
    char *block = malloc(large);
    assert_non_null(block);
    block[0] = block[large - 1] = 1;
    WAIT_FOR(value_of("edo_malloc_used_bytes") >= before + (double)large); // of a moment ago
    free(block);
    WAIT_FOR(value_of("edo_malloc_used_bytes") < before + (double)large);
}

#define WIDGETS "{slab=\"test.widgets\""

static void slabs_are_told_by_their_names(void **state) {
    (void)state;
    edo_slab *a, *b;
    const edo_slab_opts opts = { .name = "test.widgets" };
    assert_int_equal(edo_metrics_add_process(m), 0);
    assert_int_equal(edo_slab_new(&a, 100, &opts), 0);
    assert_int_equal(edo_slab_new(&b, 200, &opts), 0);
    void *one = edo_slab_get(a), *two = edo_slab_get(b), *three = edo_slab_get(b);
    edo_slab_put(b, three);
    assert_int_equal((int)value_of("edo_slab_objects" WIDGETS ",state=\"used\"}"), 2);
    assert_int_equal((int)value_of("edo_slab_objects" WIDGETS ",state=\"kept\"}"), 1);
    assert_true(value_of("edo_slab_memory_bytes" WIDGETS "}") >= 500);
    edo_slab_put(a, one);
    edo_slab_put(b, two);
    edo_slab_free(a);
    edo_slab_free(b);
    assert_false(is_told("test.widgets"));
}

static void slabs_of_many_names_are_one(void **state) {
    (void)state;
    edo_slab *slabs[80];
    char names[80][16];
    assert_int_equal(edo_metrics_add_process(m), 0);
    for (size_t i = 0; i < EDO_COUNT(slabs); i++) {
        (void)snprintf(names[i], sizeof names[i], "test.%zu", i);
        const edo_slab_opts opts = { .name = names[i] };
        assert_int_equal(edo_slab_new(&slabs[i], 8, &opts), 0);
    }
    void *oldest = edo_slab_get(slabs[0]); // the newest are told by name
    assert_true(value_of("edo_slab_objects{slab=\"other\",state=\"used\"}") >= 1);
    assert_true(is_told("test.79") && !is_told("test.0\""));
    edo_slab_put(slabs[0], oldest);
    for (size_t i = 0; i < EDO_COUNT(slabs); i++) edo_slab_free(slabs[i]);
}

int main(void) {
#define WITH_REGISTRY(promise) cmocka_unit_test_setup_teardown(promise, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_REGISTRY(numbers_of_a_runtime_are_those_of_its_stats),
        WITH_REGISTRY(two_runtimes_are_told_by_their_names),
        WITH_REGISTRY(numbers_of_a_listener_end_with_it),
        WITH_REGISTRY(descriptors_are_counted_without_a_list_of_them),
        WITH_REGISTRY(numbers_of_the_process_are_those_of_the_system),
        WITH_REGISTRY(what_watched_locks_have_found_is_counted_by_kind),
        WITH_REGISTRY(what_malloc_has_is_told_where_libc_says_it),
        WITH_REGISTRY(slabs_are_told_by_their_names),
        WITH_REGISTRY(slabs_of_many_names_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
