/* SPDX-License-Identifier: MIT */
/* Goal: whenever the reader of a sequence that jobs fill goes, no part is lost and none comes
 * twice; what a job still uses is freed behind it.
 * Method: parts are numbers, made behind a gate; readers are aborted while the job is queued, while
 * it makes a part, and while several jobs wait for each other. */
#include "fs/tree/pooled.h"
#include "gate.h"
#include "inside.h"

#include <edo/edo.h>

#include <errno.h>

typedef struct numbers {
    edoi_pooled pooled; /* first */
    gate *g;
    bool is_read; /* the reader uses the part */
    int next;
} numbers;

static gate freed = GATE; /* counts the sequences that were freed */

static int make_number(edoi_pooled *p) {
    numbers *self = (numbers *)(void *)p;
    if (self->g) (void)gate_pass(self->g);
    CHECK(!self->is_read);
    return ++self->next;
}

static void free_numbers(edoi_pooled *p) {
    gate_drop(&freed);
    free(p);
}

static edo_polled numbers_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    numbers *self = (numbers *)(void *)s;
    int made = 0;
    if (self->is_read) self->is_read = false; // otherwise a job may look at it
    if (edoi_pooled_poll(&self->pooled, cx, &made, result) == EDO_PENDING) return EDO_PENDING;
    if (*result < 0) return EDO_READY;
    self->is_read = true;
    *(int *)item = made;
    *result = 1;
    return EDO_READY;
}

static edo_seq *numbers_new(gate *g) {
    static const edoi_pooled_ops ops = { .make = make_number, .free = free_numbers };
    static const edo_seq_ops seq_ops = { .poll_next = numbers_poll,
                                         .leave = edoi_pooled_leave,
                                         .drop = edoi_pooled_drop,
                                         .name = "numbers" };
    numbers *self = calloc(1, sizeof *self);
    CHECK(self != NULL);
    self->g = g;
    freed.dropped = 0;
    edoi_pooled_init(&self->pooled, &ops);
    return edo_seq_init(&self->pooled.base, &seq_ops, sizeof(int));
}

static int read_one(void *arg) {
    int item;
    return edo_seq_next(arg, &item);
}

static void expect(edo_seq *s, int from, int to) {
    for (int i = from; i <= to; i++) {
        int item = 0;
        CHECK_EQ(edo_seq_next(s, &item), 1);
        CHECK_EQ(item, i);
    }
}

/* A reader begins to wait, and is cancelled when its job was begun; or, if the pool has no thread
 * for it, while the job is queued. */
static void begin_and_cancel(edo_seq *s, bool is_queued, gate *g) {
    edo_blocking_stats pool;
    edo_blocking_get_stats(edo_runtime_current(), &pool);
    uint64_t before = pool.started;
    edo_task *t = edo_spawn(read_one, s);
    CHECK(t != NULL);
    do {
        CHECK_EQ(edo_yield(), 0);
        edo_blocking_get_stats(edo_runtime_current(), &pool);
    } while (is_queued ? pool.queue == 0 : pool.started == before);
    if (g) CHECK_EQ(gate_yield_begun(g, 1), 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
}

static int cut_while_a_job_works(void *arg) {
    uint32_t readers = *(uint32_t *)arg;
    gate g = GATE;
    edo_seq *s = numbers_new(&g);
    for (uint32_t i = 1; i <= readers; i++)
        begin_and_cancel(s, false, &g); // one makes, others wait
    gate_open(&g);
    expect(s, 1, 1);
    edo_blocking_stats pool;
    do { // the jobs that had to wait leave the part to its reader
        CHECK_EQ(edo_yield(), 0);
        edo_blocking_get_stats(edo_runtime_current(), &pool);
    } while (pool.running > 0);
    expect(s, 2, 20);
    edo_seq_free(s);
    return 0;
}

static void readers_that_go_lose_nothing(void **state) {
    (void)state;
    for (uint32_t readers = 1; readers <= 4; readers++)
        for (int round = 0; round < 20; round++)
            assert_int_equal(inside_with(cut_while_a_job_works, &readers,
                                         &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }),
                             0);
    assert_int_equal(freed.dropped, 1);
}

static int cut_while_queued(void *arg) {
    gate g = GATE;
    (void)arg;
    edo_blocking_future blocker;
    edo_seq *s = numbers_new(NULL);
    (void)edo_blocking_init(&blocker, gate_pass, &g, NULL);
    CHECK_EQ(edo_poll_once(&blocker.base), EDO_PENDING);
    CHECK_EQ(gate_yield_begun(&g, 1), 0);
    begin_and_cancel(s, true, NULL);
    begin_and_cancel(s, true, NULL);
    CHECK_EQ(((numbers *)(void *)s)->next, 0);
    gate_open(&g);
    CHECK_EQ(edo_await(&blocker.base), 7);
    expect(s, 1, 3);
    edo_seq_free(s);
    CHECK_EQ(freed.dropped, 1);
    return 0;
}

static void queued_jobs_are_withdrawn(void **state) {
    (void)state;
    const edo_runtime_opts one = { .flavor = EDO_RUNTIME_CURRENT, .blocking_max = 1 };
    assert_int_equal(inside_with(cut_while_queued, NULL, &one), 0);
}

static int freed_behind_a_job(void *arg) {
    gate g = GATE;
    (void)arg;
    edo_seq *s = numbers_new(&g);
    begin_and_cancel(s, false, &g);
    edo_seq_free(s);
    CHECK_EQ(freed.dropped, 0);
    gate_open(&g);
    return gate_yield_until(&freed, &freed.dropped, 1);
}

static void sequence_is_freed_behind_its_job(void **state) {
    (void)state;
    assert_int_equal(inside_each(freed_behind_a_job, NULL), 0);
}

static void threads_that_may_block_need_no_runtime(void **state) {
    (void)state;
    edo_seq *s = numbers_new(NULL);
    expect(s, 1, 3);
    edo_seq_free(s);
    assert_int_equal(freed.dropped, 1);
}

static int read_in_job(void *arg) {
    edo_seq *s = numbers_new(NULL);
    (void)arg;
    expect(s, 1, 3);
    edo_seq_free(s);
    return 0;
}

static int job_with_one_thread(void *arg) {
    return edo_blocking(read_in_job, arg);
}

static void job_reads_without_a_second_thread(void **state) {
    (void)state;
    const edo_runtime_opts one = { .flavor = EDO_RUNTIME_CURRENT, .blocking_max = 1 };
    assert_int_equal(inside_with(job_with_one_thread, NULL, &one), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_that_go_lose_nothing),
        cmocka_unit_test(queued_jobs_are_withdrawn),
        cmocka_unit_test(sequence_is_freed_behind_its_job),
        cmocka_unit_test(threads_that_may_block_need_no_runtime),
        cmocka_unit_test(job_reads_without_a_second_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
