/* SPDX-License-Identifier: MIT */
/* Goal: what ends at the first failure does so: it is the last item, it cancels the other tasks,
 * and for-each returns it when none of them runs any more; a caller that is cut short waits for
 * them, too. Method: a paused clock; each allocation failing; random failures on every kind of
 * runtime. */
#include <edo/scope.h>
#include <edo/seq.h>

#include "base/memory/alloc.h"
#include "inside.h"

#include <errno.h>
#include <string.h>

/* What the tasks of a test share. */
typedef struct shop {
    edo_atomic_u32 running, most, begun, done;
    int cleanup_ms; /* that a task which is cut short sleeps in a shield */
} shop;

static uint32_t load(edo_atomic_u32 *word) {
    return EDOI_ATOMIC_LOAD(&word->edoi_value, EDOI_ACQUIRE);
}

static uint32_t add(edo_atomic_u32 *word, uint32_t n) {
    return EDOI_ATOMIC_FETCH_ADD(&word->edoi_value, n, EDOI_ACQ_REL) + n;
}

static void clean_up(const shop *at) {
    edo_shield sh;
    if (at->cleanup_ms == 0) return;
    edo_shield_begin(&sh, edo_s(1));
    (void)edo_sleep(edo_ms(at->cleanup_ms));
    (void)edo_shield_end(&sh, 0);
}

/* Sleeps for `ms`; a negative one fails then. */
static int nap(void *arg, const void *item) {
    shop *at = arg;
    int ms = *(const int *)item;
    uint32_t running = add(&at->running, 1);
    if (running > load(&at->most)) EDOI_ATOMIC_STORE(&at->most.edoi_value, running, EDOI_RELEASE);
    (void)add(&at->begun, 1);
    int err = ms != 0 ? edo_sleep(edo_ms(ms < 0 ? -ms : ms)) : 0;
    if (err < 0) clean_up(at);
    (void)add(&at->running, UINT32_MAX);
    if (err < 0) return err;
    (void)add(&at->done, 1);
    return ms < 0 ? edo_fail(-EIO, "nap of %d ms", -ms) : ms;
}

static int nap_and_tell(void *arg, const void *in, void *out) {
    int ms = nap(arg, in);
    if (ms >= 0) *(int *)out = 1000 + ms;
    return ms;
}

/* 13 becomes a failure of the source. */
static int unlucky(void *arg, const void *in, void *out) {
    int ms = *(const int *)in;
    (void)arg;
    if (ms == 13) return edo_fail(-EPIPE, "source at %d", ms);
    *(int *)out = ms;
    return 0;
}

static edo_seq *naps_of(const int *ms, size_t n) {
    return edo_seq_map(edo_seq_array(ms, n, sizeof(int)), unlucky, NULL, sizeof(int));
}

/* Reads what `wanted` says: items, or codes. */
static void reads(edo_seq *s, const int *wanted, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int item = 0;
        int rc = edo_seq_next(s, &item);
        CHECK_EQ(rc == 1 ? item : rc, wanted[i]);
    }
}

static void trail_says(int err, const char *words) {
    char text[80];
    CHECK(edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE) > 0);
    CHECK(strstr(text, words));
}

/* ---- The try forms --------------------------------------------------------------------------- */

static int tries_in_order(void *arg) {
    static const int ms[] = { 30, -10, 5, 40, 50, 60 };
    shop at = { .cleanup_ms = 7 };
    (void)arg;
    edo_instant began = edo_now();
    edo_seq *s = edo_seq_try_buffered(naps_of(ms, 6), 4, nap_and_tell, &at, sizeof(int));
    CHECK_EQ(edo_seq_size_hint(s).most, 6);
    reads(s, (int[]){ 1030, -EIO }, 2);
    trail_says(-EIO, "nap of 10 ms");
    CHECK_EQ(edo_seq_size_hint(s).most, 0);
    reads(s, (int[]){ 0, 0 }, 2);
    CHECK_EQ(ms_since(began), 30);
    CHECK_EQ(load(&at.running), 1); // told to stop, and not awaited; another has not begun
    CHECK_EQ(edo_seq_shutdown(s), 0);
    CHECK_EQ(ms_since(began), 37);
    CHECK_EQ(load(&at.running), 0);
    CHECK_EQ(load(&at.done), 3);
    CHECK_EQ(load(&at.begun), 5);
    return 0;
}

static int tries_as_made(void *arg) {
    static const int ms[] = { 30, -10, 5, 40, 50, 60 };
    shop at = { .cleanup_ms = 0 };
    (void)arg;
    edo_seq *s = edo_seq_try_buffer_unordered(naps_of(ms, 6), 3, nap_and_tell, &at, sizeof(int));
    reads(s, (int[]){ 1005, -EIO, 0, 0 }, 4);
    CHECK_EQ(edo_seq_shutdown(s), 0);
    CHECK_EQ(load(&at.done), 2);
    CHECK_EQ(load(&at.most), 3);
    return 0;
}

/* The source's failure comes behind the outputs before it, or at once. */
static int source_fails(void *arg) {
    static const int ms[] = { 30, 10, 13, 5 };
    shop at = { .cleanup_ms = 0 };
    (void)arg;
    edo_seq *s = edo_seq_try_buffered(naps_of(ms, 4), 3, nap_and_tell, &at, sizeof(int));
    reads(s, (int[]){ 1030, 1010, -EPIPE }, 3);
    trail_says(-EPIPE, "source at 13");
    reads(s, (int[]){ 0, 0 }, 2);
    edo_seq_free(s);
    s = edo_seq_try_buffer_unordered(naps_of(ms, 4), 3, nap_and_tell, &at, sizeof(int));
    reads(s, (int[]){ -EPIPE, 0, 0 }, 3);
    CHECK_EQ(edo_seq_shutdown(s), 0);
    CHECK_EQ(load(&at.begun), 4);
    return 0;
}

static void first_failure_in_order_is_the_last_item(void **state) {
    (void)state;
    assert_int_equal(inside(tries_in_order, NULL), 0);
}

static void first_failure_in_time_is_the_last_item(void **state) {
    (void)state;
    assert_int_equal(inside(tries_as_made, NULL), 0);
}

static void failure_of_the_source_is_the_last_item(void **state) {
    (void)state;
    assert_int_equal(inside(source_fails, NULL), 0);
}

/* ---- For each -------------------------------------------------------------------------------- */

static int each_once(void *arg) {
    static const int ms[] = { 40, 10, 30, 10, 25 };
    shop at = { .cleanup_ms = 0 };
    (void)arg;
    edo_instant began = edo_now();
    CHECK_EQ(edo_seq_for_each_concurrent(naps_of(ms, 5), 2, nap, &at), 0);
    CHECK_EQ(ms_since(began), 65);
    CHECK_EQ(load(&at.most), 2);
    CHECK_EQ(load(&at.done), 5);
    CHECK_EQ(edo_seq_for_each_concurrent(edo_seq_empty(sizeof(int)), 2, nap, &at), 0);
    CHECK_EQ(edo_seq_for_each_concurrent(naps_of(ms, 5), 0, nap, &at), -EINVAL);
    CHECK_EQ(edo_seq_for_each_concurrent(NULL, 2, nap, &at), -ENOMEM);
    CHECK_EQ(load(&at.done), 5);
    return 0;
}

static void each_item_has_a_task_and_n_run_at_once(void **state) {
    (void)state;
    assert_int_equal(inside(each_once, NULL), 0);
}

static int fails_early(void *arg) {
    static const int ms[] = { 100, -10, 100, 5 }, source[] = { 100, 5, 13, 5 };
    shop at = { .cleanup_ms = 7 };
    (void)arg;
    edo_instant began = edo_now();
    CHECK_EQ(edo_seq_for_each_concurrent(naps_of(ms, 4), 3, nap, &at), -EIO);
    trail_says(-EIO, "nap of 10 ms");
    CHECK_EQ(ms_since(began), 17);
    CHECK_EQ(load(&at.running), 0);
    CHECK_EQ(load(&at.begun), 3);
    CHECK_EQ(edo_seq_for_each_concurrent(naps_of(source, 4), 2, nap, &at), -EPIPE);
    trail_says(-EPIPE, "source at 13");
    CHECK_EQ(ms_since(began), 29);
    CHECK_EQ(load(&at.running), 0);
    return 0;
}

static void first_failure_cancels_and_awaits_the_others(void **state) {
    (void)state;
    assert_int_equal(inside(fails_early, NULL), 0);
}

/* The caller's frame is what the tasks borrow: it waits, whoever cuts it short. */
static int for_each_of_two(void *arg) {
    static const int ms[] = { 100, 200 };
    return edo_seq_for_each_concurrent(naps_of(ms, 2), 2, nap, arg);
}

static int cut_short(void *arg) {
    shop at = { .cleanup_ms = 7 };
    (void)arg;
    edo_instant began = edo_now();
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(10));
    CHECK_EQ(edo_deadline_end(&d, for_each_of_two(&at)), -ETIMEDOUT);
    CHECK_EQ(ms_since(began), 17);
    CHECK_EQ(load(&at.running), 0);
    edo_task *t = edo_spawn(for_each_of_two, &at);
    edo_task_cancel(t); // before its first read
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK_EQ(load(&at.begun), 2);
    t = edo_spawn(for_each_of_two, &at);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK_EQ(ms_since(began), 25);
    CHECK_EQ(load(&at.running), 0);
    CHECK_EQ(load(&at.done), 0);
    return 0;
}

static void caller_that_is_cut_short_awaits_the_tasks(void **state) {
    (void)state;
    assert_int_equal(inside(cut_short, NULL), 0);
}

static int without_memory(void *arg) {
    static const int none[] = { 0, 0, 0, 0, 0 };
    (void)arg;
    bool fired = true;
    for (uint64_t k = 1; fired; k++) {
        shop at = { .cleanup_ms = 0 };
        edoi_alloc_fail_at(k);
        int err = edo_seq_for_each_concurrent(naps_of(none, 5), 2, nap, &at);
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        CHECK(err == -ENOMEM ? fired : err == 0 && load(&at.done) == 5);
        CHECK_EQ(load(&at.running), 0);
    }
    return 0;
}

static void failing_allocation_is_a_failure(void **state) {
    (void)state;
    assert_int_equal(inside(without_memory, NULL), 0);
}

static void outside_a_runtime_nothing_is_done(void **state) {
    static const int ms[] = { 1, 2 };
    (void)state;
    shop at = { .cleanup_ms = 0 };
    assert_int_equal(edo_seq_for_each_concurrent(naps_of(ms, 2), 2, nap, &at), -EDO_ENORUNTIME);
    assert_int_equal(load(&at.begun), 0);
}

/* ---- At random ------------------------------------------------------------------------------- */

enum { ITEMS = 100 };

typedef struct trip {
    int fails_at;
    edo_atomic_u32 begun, ended;
} trip;

static int wander(void *arg, const void *item) {
    trip *t = arg;
    int n = *(const int *)item, err = 0;
    (void)add(&t->begun, 1);
    for (int turns = n * 7 % 4; turns > 0 && err == 0; turns--) err = edo_yield();
    if (err == 0 && n % 11 == 0) err = edo_sleep(edo_us(30));
    if (err == 0 && n == t->fails_at) err = -EIO;
    (void)add(&t->ended, 1);
    return err;
}

static int wander_all(void *arg) {
    int items[ITEMS];
    (void)arg;
    for (int i = 0; i < ITEMS; i++) items[i] = i;
    for (int at = 0; at <= ITEMS; at += 10) {
        trip *t = calloc(1, sizeof *t);
        CHECK(t);
        t->fails_at = at;
        int err =
            edo_seq_for_each_concurrent(edo_seq_array(items, ITEMS, sizeof(int)), 8, wander, t);
        CHECK_EQ(err, at < ITEMS ? -EIO : 0);
        CHECK_EQ(load(&t->begun), load(&t->ended));
        if (err == 0) CHECK_EQ(load(&t->ended), ITEMS);
        free(t);
    }
    return 0;
}

static void no_task_is_left_whatever_fails(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) assert_int_equal(inside_each(wander_all, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_failure_in_order_is_the_last_item),
        cmocka_unit_test(first_failure_in_time_is_the_last_item),
        cmocka_unit_test(failure_of_the_source_is_the_last_item),
        cmocka_unit_test(each_item_has_a_task_and_n_run_at_once),
        cmocka_unit_test(first_failure_cancels_and_awaits_the_others),
        cmocka_unit_test(caller_that_is_cut_short_awaits_the_tasks),
        cmocka_unit_test(failing_allocation_is_a_failure),
        cmocka_unit_test(outside_a_runtime_nothing_is_done),
        cmocka_unit_test(no_task_is_left_whatever_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
