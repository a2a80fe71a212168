/* SPDX-License-Identifier: MIT */
/* Goal: buffered runs at most n tasks at once, which go on while the reader does something else,
 * and gives each output once, in order or as it is made; failures come in their place; a sequence
 * that is freed aborts its tasks, which touch nothing that is gone. Method: a paused clock; each
 * allocation failing; random reads on every kind of runtime, and under the sanitizers. */
#include <edo/seq.h>

#include "base/memory/alloc.h"
#include "inside.h"
#include "leaf.h"

#include <edo/sem.h>

#include <errno.h>
#include <string.h>

/* What the tasks of a test share. */
typedef struct shop {
    edo_atomic_u32 running, most, begun, ended;
} shop;

static uint32_t load(edo_atomic_u32 *word) {
    return EDOI_ATOMIC_LOAD(&word->edoi_value, EDOI_ACQUIRE);
}

static uint32_t add(edo_atomic_u32 *word, uint32_t n) {
    return EDOI_ATOMIC_FETCH_ADD(&word->edoi_value, n, EDOI_ACQ_REL) + n;
}

/* Sleeps for `ms`, and makes of it a number of another size; a negative one has failed. */
static int nap(void *arg, const void *in, void *out) {
    shop *at = arg;
    int ms = *(const int *)in;
    uint32_t running = add(&at->running, 1);
    if (running > load(&at->most)) EDOI_ATOMIC_STORE(&at->most.edoi_value, running, EDOI_RELEASE);
    (void)add(&at->begun, 1);
    int err = ms != 0 ? edo_sleep(edo_ms(ms < 0 ? -ms : ms)) : 0;
    (void)add(&at->running, UINT32_MAX);
    (void)add(&at->ended, 1);
    if (err < 0) return err;
    if (ms < 0) return edo_fail(-EIO, "nap of %d ms", -ms);
    *(int64_t *)out = 1000 + ms;
    return 5; // any result but a failure says that the item is there
}

/* Reads what `wanted` says: items, or codes. */
static void reads(edo_seq *s, const int64_t *wanted, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int64_t item = 0;
        int rc = edo_seq_next(s, &item);
        CHECK_EQ(rc == 1 ? item : rc, wanted[i]);
    }
}

/* ---- Order ----------------------------------------------------------------------------------- */

static const int naps[] = { 40, 10, 30, 10, 25 };

static int in_order(void *arg) {
    shop at = { .running = { 0 } };
    (void)arg;
    edo_instant began = edo_now();
    edo_seq *s =
        edo_seq_buffered(edo_seq_array(naps, 5, sizeof(int)), 2, nap, &at, sizeof(int64_t));
    CHECK_EQ(edo_seq_size_hint(s).least, 5);
    reads(s, (int64_t[]){ 1040 }, 1);
    CHECK_EQ(ms_since(began), 40);
    CHECK_EQ(load(&at.begun), 2); // the second has ended and keeps its place until it is read
    CHECK_EQ(edo_seq_size_hint(s).most, 4);
    reads(s, (int64_t[]){ 1010, 1030, 1010, 1025, 0, 0 }, 6);
    CHECK_EQ(load(&at.most), 2);
    CHECK_EQ(edo_seq_size_hint(s).most, 0);
    edo_seq_free(s);
    return 0;
}

static int as_made(void *arg) {
    shop at = { .running = { 0 } };
    (void)arg;
    edo_seq *s =
        edo_seq_buffer_unordered(edo_seq_array(naps, 5, sizeof(int)), 3, nap, &at, sizeof(int64_t));
    reads(s, (int64_t[]){ 1010, 1010, 1030, 1040, 1025, 0 }, 6);
    CHECK_EQ(load(&at.most), 3);
    edo_seq_free(s);
    return 0;
}

static int says_only_that_it_is_done(void *arg, const void *in, void *out) {
    (void)arg;
    (void)out;
    return *(const int *)in; // a count
}

/* A reader has no place for what has no bytes. */
static int without_bytes(void *arg) {
    edo_seq *both[2];
    (void)arg;
    both[0] = edo_seq_buffered(edo_seq_array(naps, 3, sizeof(int)), 2, says_only_that_it_is_done,
                               NULL, 0);
    both[1] = edo_seq_try_buffer_unordered(edo_seq_array(naps, 3, sizeof(int)), 2,
                                           says_only_that_it_is_done, NULL, 0);
    for (int i = 0; i < 2; i++) {
        for (int n = 0; n < 3; n++) CHECK_EQ(edo_seq_next(both[i], NULL), 1);
        CHECK_EQ(edo_seq_next(both[i], NULL), 0);
        edo_seq_free(both[i]);
    }
    return 0;
}

static void outputs_may_have_no_bytes(void **state) {
    (void)state;
    assert_int_equal(inside(without_bytes, NULL), 0);
}

static void outputs_come_in_the_order_of_the_items(void **state) {
    (void)state;
    assert_int_equal(inside(in_order, NULL), 0);
}

static void unordered_outputs_come_as_they_are_made(void **state) {
    (void)state;
    assert_int_equal(inside(as_made, NULL), 0);
}

static int none_at_once(void *arg) {
    shop at = { .running = { 0 } };
    (void)arg;
    edo_seq *s =
        edo_seq_buffered(edo_seq_array(naps, 5, sizeof(int)), 0, nap, &at, sizeof(int64_t));
    reads(s, (int64_t[]){ -EINVAL, 0 }, 2);
    edo_seq_free(s);
    CHECK(!edo_seq_buffered(NULL, 0, nap, &at, sizeof(int64_t)));
    return 0;
}

static void none_at_once_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside(none_at_once, NULL), 0);
}

/* The reader holds the lock that the tasks want, and reads nothing meanwhile. */
static int goes_on_unread(void *arg) {
    static const int both[] = { 10, 20 };
    shop at = { .running = { 0 } };
    int64_t item;
    (void)arg;
    edo_seq *s =
        edo_seq_buffered(edo_seq_array(both, 2, sizeof(int)), 2, nap, &at, sizeof(int64_t));
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(5));
    CHECK_EQ(edo_deadline_end(&d, edo_seq_next(s, &item)), -ETIMEDOUT);
    CHECK_EQ(edo_sleep(edo_ms(50)), 0);
    CHECK_EQ(load(&at.ended), 2);
    edo_instant began = edo_now();
    reads(s, (int64_t[]){ 1010, 1020, 0 }, 3);
    CHECK_EQ(ms_since(began), 0);
    edo_seq_free(s);
    return 0;
}

static void tasks_go_on_while_nothing_is_read(void **state) {
    (void)state;
    assert_int_equal(inside(goes_on_unread, NULL), 0);
}

/* ---- Failures -------------------------------------------------------------------------------- */

/* A negative item becomes a failure of the source, 1000 one of the task. */
static int check(void *arg, const void *in, void *out) {
    (void)arg;
    int ms = *(const int *)in;
    if (ms < 0) return edo_fail(ms, "source at %d", -ms);
    *(int *)out = ms == 1000 ? -1 : ms;
    return 0;
}

static int fails_in_place(void *arg) {
    static const int items[] = { 30, -EPIPE, 10, 1000, 20 };
    shop at = { .running = { 0 } };
    char text[80];
    int64_t item;
    bool unordered = arg != NULL;
    edo_seq *s = edo_seq_map(edo_seq_array(items, 5, sizeof(int)), check, NULL, sizeof(int));
    s = unordered ? edo_seq_buffer_unordered(s, 4, nap, &at, sizeof(int64_t))
                  : edo_seq_buffered(s, 4, nap, &at, sizeof(int64_t));
    if (!unordered) reads(s, (int64_t[]){ 1030 }, 1);
    CHECK_EQ(edo_seq_next(s, &item), -EPIPE);
    CHECK(edo_trail_print_text(text, sizeof text, -EPIPE, EDO_TRAIL_LINE) > 0);
    CHECK(strstr(text, "source at"));
    if (!unordered) reads(s, (int64_t[]){ 1010 }, 1);
    CHECK_EQ(edo_seq_next(s, &item), -EIO);
    CHECK(edo_trail_print_text(text, sizeof text, -EIO, EDO_TRAIL_LINE) > 0);
    CHECK(strstr(text, "nap of 1 ms"));
    if (unordered) {
        reads(s, (int64_t[]){ 1010, 1020, 1030, 0 }, 4);
    } else {
        reads(s, (int64_t[]){ 1020, 0 }, 2);
    }
    edo_seq_free(s);
    return 0;
}

static void failures_come_in_their_place(void **state) {
    (void)state;
    assert_int_equal(inside(fails_in_place, NULL), 0);
}

static void unordered_failures_come_at_once(void **state) {
    static int unordered;
    (void)state;
    assert_int_equal(inside(fails_in_place, &unordered), 0);
}

/* ---- Freed early ----------------------------------------------------------------------------- */

static int freed_early(void *arg) {
    static shop at; // the aborted tasks use it after the sequence is gone
    static const int items[] = { 0, 1000, 2000, 3000, 4000 };
    at = (shop){ .running = { 0 } };
    (void)arg;
    edo_instant began = edo_now();
    int *copies = malloc(sizeof items);
    CHECK(copies);
    memcpy(copies, items, sizeof items);
    edo_seq *s =
        edo_seq_buffered(edo_seq_array(copies, 5, sizeof(int)), 3, nap, &at, sizeof(int64_t));
    reads(s, (int64_t[]){ 1000 }, 1);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    int64_t item;
    CHECK_EQ(edo_deadline_end(&d, edo_seq_next(s, &item)), -ETIMEDOUT);
    CHECK_EQ(load(&at.begun), 4);
    edo_seq_free(s);
    free(copies); // the tasks have their items
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(load(&at.ended), 4);
    CHECK_EQ(ms_since(began), 1);
    edo_seq_free(edo_seq_buffered(edo_seq_array(NULL, 0, 4), 3, nap, &at, 8)); // never read
    return 0;
}

static void freed_sequence_aborts_its_tasks(void **state) {
    (void)state;
    assert_int_equal(inside(freed_early, NULL), 0);
}

/* After the shutdown nothing uses what the tasks borrowed. */
static int shut_down_early(void *arg) {
    static const int items[] = { 0, -5, 2000, 3000, 4000 };
    char text[80];
    int64_t item;
    (void)arg;
    for (int inner = 0; inner < 2; inner++) {
        shop *at = calloc(1, sizeof *at);
        CHECK(at);
        edo_instant began = edo_now();
        edo_seq *s = edo_seq_array(items, 5, sizeof(int));
        s = edo_seq_buffer_unordered(s, 3, nap, at, sizeof(int64_t));
        if (inner) s = edo_seq_take(s, 4); // it asks its source
        reads(s, (int64_t[]){ 1000 }, 1);
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(1));
        CHECK_EQ(edo_deadline_end(&d, edo_seq_next(s, &item)), -ETIMEDOUT);
        CHECK_EQ(load(&at->begun), 4);
        int err = edo_fail(-ENOENT, "reading the list");
        CHECK_EQ(edo_seq_shutdown(s), 0);
        CHECK_EQ(load(&at->ended), 4);
        free(at);
        CHECK_EQ(ms_since(began), 1);
        CHECK(edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE) > 0);
        CHECK(strstr(text, "reading the list")); // the tasks' failures do not replace it
    }
    return edo_seq_shutdown(NULL);
}

static void shutdown_waits_for_the_tasks(void **state) {
    (void)state;
    assert_int_equal(inside(shut_down_early, NULL), 0);
}

/* Sleeps once more when it is cancelled. */
static int slow_to_end(void *arg, const void *in, void *out) {
    (void)in, (void)out;
    (void)add(&((shop *)arg)->begun, 1);
    (void)edo_sleep(edo_s(100));
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(1));
    int err = edo_sleep(edo_ms(10));
    (void)edo_shield_end(&sh, 0);
    (void)add(&((shop *)arg)->ended, 1);
    return err;
}

static int cut_shutdown(void *arg) {
    static shop at;
    int64_t item;
    (void)arg;
    at = (shop){ .running = { 0 } };
    edo_seq *s = edo_seq_buffered(edo_seq_array(naps, 5, sizeof(int)), 3, slow_to_end, &at, 8);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    CHECK_EQ(edo_deadline_end(&d, edo_seq_next(s, &item)), -ETIMEDOUT);
    edo_deadline_begin(&d, edo_ms(1));
    CHECK_EQ(edo_deadline_end(&d, edo_seq_shutdown(s)), -ETIMEDOUT); // and has freed it
    CHECK_EQ(load(&at.ended), 0);
    CHECK_EQ(edo_sleep(edo_ms(20)), 0);
    CHECK_EQ(load(&at.ended), 3);
    return 0;
}

static void shutdown_that_is_cut_short_frees(void **state) {
    (void)state;
    assert_int_equal(inside(cut_shutdown, NULL), 0);
}

/* The source waits when an output is read: it keeps no waker of that read. */
static int read_while_the_source_waits(void *arg) {
    shop at = { .running = { 0 } };
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int ms = 1;
    int64_t item;
    hand_waker w = HAND_WAKER;
    edo_seq_next_future f;
    (void)arg;
    CHECK_EQ(edo_mpsc_new(&tx, &rx, sizeof(int), 4, NULL), 0);
    edo_seq *s = edo_seq_buffered(edo_seq_from_mpsc(rx), 2, nap, &at, sizeof(int64_t));
    CHECK_EQ(hand_poll(edo_seq_next_init(&f, s, &item), &w), EDO_PENDING);
    CHECK_EQ(edo_mpsc_try_send(tx, &ms), 0);
    CHECK_EQ(hand_woken(&w), 1);
    CHECK_EQ(hand_poll(&f.base, &w), EDO_PENDING);
    CHECK_EQ(edo_sleep(edo_ms(2)), 0);
    CHECK_EQ(hand_woken(&w), 2);
    CHECK_EQ(hand_poll(&f.base, &w), EDO_READY);
    CHECK_EQ(item, 1001);
    CHECK_EQ(edo_mpsc_try_send(tx, &ms), 0); // wakes no reader that is gone
    CHECK_EQ(hand_woken(&w), 2);
    edo_mpsc_tx_unref(tx);
    reads(s, (int64_t[]){ 1001, 0 }, 2);
    edo_seq_free(s);
    return 0;
}

static void no_waker_stays_behind_a_read(void **state) {
    (void)state;
    assert_int_equal(inside(read_while_the_source_waits, NULL), 0);
}

/* ---- Without memory -------------------------------------------------------------------------- */

static int without_memory(void *arg) {
    static shop at;
    (void)arg;
    bool fired = true;
    for (uint64_t k = 1; fired; k++) {
        int64_t item = 0;
        int rc, items_n = 0, sum = 0;
        at = (shop){ .running = { 0 } };
        edoi_alloc_fail_at(k);
        edo_seq *s =
            edo_seq_buffered(edo_seq_array(naps, 5, sizeof(int)), 2, nap, &at, sizeof(int64_t));
        while ((rc = edo_seq_next(s, &item)) != 0 && s) {
            CHECK(rc == 1 || rc == -ENOMEM);
            if (rc == 1) items_n++, sum += (int)item;
        }
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        CHECK(s ? items_n == 5 && sum == 5115 : fired); // no item is lost
        edo_seq_free(s);
    }
    edoi_alloc_fail_from(2);
    edo_seq *s =
        edo_seq_buffered(edo_seq_array(naps, 5, sizeof(int)), 0, nap, &at, sizeof(int64_t));
    edoi_alloc_fail_at(0);
    CHECK(!s);
    return 0;
}

static void failing_allocation_loses_no_item(void **state) {
    (void)state;
    assert_int_equal(inside(without_memory, NULL), 0);
}

static int outputs_without_memory(void *arg) {
    static const int none[] = { 0, 0, 0 };
    shop at = { .running = { 0 } };
    int64_t item = 0;
    (void)arg;
    edo_seq *s =
        edo_seq_buffered(edo_seq_array(none, 3, sizeof(int)), 2, nap, &at, sizeof(int64_t));
    reads(s, (int64_t[]){ 1000 }, 1);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // the second has ended
    edoi_alloc_fail_from(1);
    int second = edo_seq_next(s, &item), third = edo_seq_next(s, &item);
    edoi_alloc_fail_at(0);
    CHECK_EQ(second, 1);
    CHECK_EQ(third, -ENOMEM);
    reads(s, (int64_t[]){ 1000, 0 }, 2);
    edo_seq_free(s);
    return 0;
}

static void outputs_come_before_a_task_that_cannot_start(void **state) {
    (void)state;
    assert_int_equal(inside(outputs_without_memory, NULL), 0);
}

static void outside_a_runtime_the_item_waits(void **state) {
    (void)state;
    shop at = { .running = { 0 } };
    int64_t item;
    edo_seq *s =
        edo_seq_buffered(edo_seq_array(naps, 5, sizeof(int)), 2, nap, &at, sizeof(int64_t));
    assert_int_equal(edo_seq_next(s, &item), -EDO_ENORUNTIME);
    assert_int_equal(edo_seq_next(s, &item), -EDO_ENORUNTIME);
    assert_int_equal(edo_seq_size_hint(s).least, 5);
    edo_seq_free(s);
}

/* ---- Random reads ---------------------------------------------------------------------------- */

enum { ITEMS = 200 };

static int wander(void *arg, const void *in, void *out) {
    int n = *(const int *)in, err = 0;
    (void)add(&((shop *)arg)->begun, 1);
    for (int turns = n * 7 % 4; turns > 0 && err == 0; turns--) err = edo_yield();
    if (err == 0 && n % 11 == 0) err = edo_sleep(edo_us(30));
    (void)add(&((shop *)arg)->ended, 1);
    if (err == 0) *(int *)out = n;
    return err;
}

static int read_at_random(void *arg) {
    static shop shared; // the aborted tasks use it after the sequence is gone
    shop *at = &shared;
    int items[ITEMS], item, rc, n = 0;
    bool seen[ITEMS] = { false };
    shared = (shop){ .running = { 0 } };
    bool unordered = arg != NULL;
    for (int i = 0; i < ITEMS; i++) items[i] = i;
    edo_seq *s = edo_seq_array(items, ITEMS, sizeof(int));
    s = unordered ? edo_seq_buffer_unordered(s, 8, wander, at, sizeof(int))
                  : edo_seq_buffered(s, 8, wander, at, sizeof(int));
    while ((rc = edo_seq_next(s, &item)) == 1) {
        CHECK(item >= 0 && item < ITEMS && !seen[item] && (unordered || item == n));
        seen[item] = true;
        if (++n % 13 == 0) {
            edo_deadline d;
            edo_deadline_begin(&d, edo_us(10));
            rc = edo_seq_next(s, &item);
            if (rc == 1) seen[item] = true, n++;
            CHECK(edo_deadline_end(&d, rc) >= 0 || rc == -ECANCELED);
        }
    }
    CHECK_EQ(rc, 0);
    CHECK_EQ(n, ITEMS);
    edo_seq_free(s);

    s = edo_seq_buffer_unordered(edo_seq_array(items, ITEMS, sizeof(int)), 8, wander, at,
                                 sizeof(int));
    for (int i = 0; i < 10; i++) CHECK_EQ(edo_seq_next(s, &item), 1);
    edo_seq_free(s); // while eight run, or are about to

    at = calloc(1, sizeof *at);
    CHECK(at);
    s = edo_seq_buffered(edo_seq_array(items, ITEMS, sizeof(int)), 8, wander, at, sizeof(int));
    for (int i = 0; i < 10; i++) CHECK_EQ(edo_seq_next(s, &item), 1);
    CHECK_EQ(edo_seq_shutdown(s), 0);
    CHECK_EQ(load(&at->begun), load(&at->ended));
    free(at);
    return 0;
}

static void every_item_comes_once(void **state) {
    static int unordered;
    (void)state;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(inside_each(read_at_random, NULL), 0);
        assert_int_equal(inside_each(read_at_random, &unordered), 0);
    }
}

/* ---- Generic leaf tests ---------------------------------------------------------------------- */

typedef struct shutdown_env {
    edo_runtime *rt;
    edo_seq_shutdown_future shutdown;
    edo_sem gate;
    edo_atomic_u32 ended;
    int item;
} shutdown_env;

/* Ends when told, whatever cancels it. */
static int wait_at_gate(void *arg, const void *in, void *out) {
    shutdown_env *env = arg;
    (void)in, (void)out;
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(-1));
    int err = edo_sem_acquire(&env->gate, 1);
    (void)edo_shield_end(&sh, 0);
    (void)add(&env->ended, 1);
    return err;
}

static int shutdown_make(void *arg, edo_future **f) {
    shutdown_env *env = arg;
    edo_seq_next_future next;
    int item, result = -ENOMEM;
    int err = edo_runtime_new(&env->rt, &one_thread);
    if (err < 0) return err;
    env->gate = (edo_sem)EDO_SEM_INIT(0);
    err = edo_runtime_enter(env->rt);
    if (err < 0) {
        edo_runtime_free(env->rt);
        return err;
    }
    edo_seq *s = edo_seq_buffered(edo_seq_array(&env->item, 1, sizeof(int)), 1, wait_at_gate, env,
                                  sizeof(int));
    bool waits = s && edo_poll_once(edo_seq_next_init(&next, s, &item)) == EDO_PENDING;
    if (s && !waits) result = edo_result(&next);
    if (waits) edo_drop(&next.base);
    edo_runtime_leave(env->rt);
    if (!waits) {
        edo_seq_free(s);
        edo_runtime_free(env->rt);
        return result;
    }
    *f = edo_seq_shutdown_init(&env->shutdown, s);
    return 0;
}

static void shutdown_poke(void *arg) {
    shutdown_env *env = arg;
    edo_yield_future turn;
    edo_sem_release(&env->gate, 1);
    while (load(&env->ended) == 0 || edo_sem_available(&env->gate) > 0)
        assert_int_equal(edo_block_on(env->rt, edo_yield_init(&turn)), 0);
    assert_int_equal(edo_block_on(env->rt, edo_yield_init(&turn)), 0); // until the task has ended
}

static void shutdown_cleanup(void *arg) {
    edo_runtime_free(((shutdown_env *)arg)->rt);
}

static edo_runtime *shutdown_runtime(void *arg) {
    return ((shutdown_env *)arg)->rt;
}

static void shutdown_passes_as_every_leaf(void **state) {
    (void)state;
    static const leaf l = { .name = "edo_seq_shutdown",
                            .env_bytes = sizeof(shutdown_env),
                            .make = shutdown_make,
                            .poke = shutdown_poke,
                            .cleanup = shutdown_cleanup,
                            .runtime = shutdown_runtime };
    leaf_run(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_come_in_the_order_of_the_items),
        cmocka_unit_test(unordered_outputs_come_as_they_are_made),
        cmocka_unit_test(outputs_may_have_no_bytes),
        cmocka_unit_test(none_at_once_is_refused),
        cmocka_unit_test(tasks_go_on_while_nothing_is_read),
        cmocka_unit_test(failures_come_in_their_place),
        cmocka_unit_test(unordered_failures_come_at_once),
        cmocka_unit_test(freed_sequence_aborts_its_tasks),
        cmocka_unit_test(shutdown_waits_for_the_tasks),
        cmocka_unit_test(shutdown_that_is_cut_short_frees),
        cmocka_unit_test(no_waker_stays_behind_a_read),
        cmocka_unit_test(failing_allocation_loses_no_item),
        cmocka_unit_test(outputs_come_before_a_task_that_cannot_start),
        cmocka_unit_test(outside_a_runtime_the_item_waits),
        cmocka_unit_test(every_item_comes_once),
        cmocka_unit_test(shutdown_passes_as_every_leaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
