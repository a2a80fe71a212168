/* SPDX-License-Identifier: MIT */
/* Goal: a child made by fork() uses a registry of its parent's, although another thread of the
 * parent was in the middle of adding to it. Method: an allocator that holds that thread up in the
 * middle, for a while; a child that hangs is killed and counts as failed. */
#include <edo/edo.h>
#include <edo/metrics.h>

#include "child.h"
#include "inside.h"

#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#define BLOCK_BYTES 4096 /* what the cells of the first series take at least */
#define HELD_UP_MS  50

static sem_t in_the_middle;

static void *alloc(void *arg, size_t bytes) {
    (void)arg;
    return malloc(bytes);
}

/* The thread that adds the first series asks for its cells while it changes the lists. */
static void *slow_calloc(void *arg, size_t n, size_t bytes) {
    (void)arg;
    if (n * bytes >= BLOCK_BYTES) {
        const struct timespec while_others_fork = { .tv_nsec = HELD_UP_MS * 1000000L };
        (void)sem_post(&in_the_middle);
        (void)nanosleep(&while_others_fork, NULL);
    }
    return calloc(n, bytes);
}

static void *resize(void *arg, void *ptr, size_t bytes) {
    (void)arg;
    return realloc(ptr, bytes);
}

static void release(void *arg, void *ptr) {
    (void)arg;
    free(ptr);
}

typedef struct counted {
    edo_metrics *m;
    edo_metric *metric;
} counted;

static edo_counter *series_of(const counted *c, const char *value) {
    edo_counter *made = NULL;
    const edo_str values[] = { edo_str_of(value) };
    return edo_counter_series(&made, c->metric, values) < 0 ? NULL : made;
}

static void *add_first(void *arg) {
    edo_counter_add(series_of(arg, "first"), 7);
    return NULL;
}

static int use_it(void *arg) {
    const counted *c = arg;
    edo_buf text = { 0 };
    edo_counter *fresh = series_of(c, "child");
    EXPECT(fresh && edo_counter_read(fresh) == 0, 1);
    edo_counter_add(fresh, 2);
    EXPECT(edo_counter_read(fresh) == 2, 2);
    EXPECT(edo_metrics_print(c->m, &text, EDO_METRICS_OPENMETRICS) == 0, 3);
    edo_buf_deinit(&text);
    edo_metrics_free(c->m);
    return 0;
}

static void a_child_uses_the_registry_whatever_others_did_with_it(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        pthread_t thread;
        counted c = { NULL, NULL };
        const edo_metric_opts opts = { .labels = "who" };
        assert_int_equal(edo_metrics_new(&c.m, NULL), 0);
        assert_int_equal(edo_metrics_counter(&c.metric, c.m, "x", &opts), 0);
        assert_int_equal(pthread_create(&thread, NULL, add_first, &c), 0);
        while (sem_wait(&in_the_middle) != 0) continue;
        assert_int_equal(child_status(use_it, &c), 0);
        (void)pthread_join(thread, NULL);
        assert_int_equal(edo_counter_read(series_of(&c, "first")), 7);
        edo_metrics_free(c.m);
    }
}

int main(void) {
#ifdef EDOI_TSAN
    (void)printf("skipped: to thread-sanitizer the parent's other thread is leaked by the child\n");
    return 77;
#endif
    const edo_allocator slow = {
        .alloc = alloc, .calloc = slow_calloc, .realloc = resize, .free = release
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_uses_the_registry_whatever_others_did_with_it),
    };
    if (edo_set_allocator(&slow) != 0 || sem_init(&in_the_middle, 0, 0) != 0) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)sem_destroy(&in_the_middle);
    return failed;
}
