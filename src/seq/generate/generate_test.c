/* SPDX-License-Identifier: MIT */
/* Goal: a generator's function runs only while an item is wanted, and each item is read once,
 * whoever cuts which read short; a sequence that ends early tells the function, which may await its
 * cleanup; a failure is the last item; nothing is used that is gone.
 * Method: a paused clock; each allocation failing; wakers by hand; random limits on every kind of
 * runtime; readers that are no task; a runtime that ends, or abandons the task; a fork. */
#include <edo/seq_generate.h>

#include "base/memory/alloc.h"
#include "child.h"
#include "inside.h"
#include "leftovers.h"
#include "poll_by_hand.h"

#include <edo/notify.h>

#include <errno.h>
#include <string.h>

/* What a function and its test share. */
typedef struct plan {
    int n;           /* items */
    int end;         /* what the function returns after them */
    int ms;          /* that it sleeps before each */
    int cleanup_ms;  /* that it sleeps in a shield at its end */
    int begun, made; /* calls; items begun */
    int told;        /* what stopped it */
    int read;        /* emits that returned 0 */
    bool ended;
} plan;

static int count_up(void *arg, edo_emitter *e) {
    plan *p = arg;
    int err = 0;
    p->begun++;
    for (int i = 0; i < p->n && err == 0; i++) {
        if (p->ms > 0) err = edo_sleep(edo_ms(p->ms));
        if (err < 0) break;
        int item = 100 + i;
        p->made++;
        err = edo_emit(e, &item);
        if (err == 0) p->read++;
    }
    if (p->cleanup_ms > 0) {
        edo_shield sh;
        edo_shield_begin(&sh, edo_s(1));
        (void)edo_sleep(edo_ms(p->cleanup_ms));
        (void)edo_shield_end(&sh, 0);
    }
    p->told = err;
    p->ended = true;
    if (err == 0 && p->end < 0) return edo_fail(p->end, "counted to %d", p->n);
    return err < 0 ? err : p->end;
}

static edo_seq *counting(plan *p) {
    return edo_seq_generate(sizeof(int), count_up, p);
}

/* Reads what `wanted` says: items, or codes. */
static void reads(edo_seq *s, const int *wanted, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int item = 0;
        int rc = edo_seq_next(s, &item);
        CHECK_EQ(rc == 1 ? item : rc, wanted[i]);
    }
}

/* Lets the other tasks run until they wait. */
static void settle(void) {
    for (int i = 0; i < 5; i++) CHECK_EQ(edo_yield(), 0);
}

/* A read with a limit: returns as edo_deadline_end(). */
static int read_within(edo_seq *s, int *item, edo_duration length) {
    edo_deadline d;
    edo_deadline_begin(&d, length);
    return edo_deadline_end(&d, edo_seq_next(s, item));
}

/* ---- Items ----------------------------------------------------------------------------------- */

static int one_by_one(void *arg) {
    plan p = { .n = 3, .end = 7 };
    (void)arg;
    edo_seq *s = counting(&p);
    settle();
    CHECK_EQ(p.begun, 0);
    CHECK_EQ(edo_seq_size_hint(s).most, UINT64_MAX);
    for (int i = 0; i < 3; i++) {
        reads(s, (int[]){ 100 + i }, 1);
        settle();
        CHECK_EQ(p.made, i + 1); // the next one is not wanted yet
        CHECK_EQ(p.read, i);
    }
    reads(s, (int[]){ 0, 0 }, 2);
    CHECK_EQ(p.read, 3);
    CHECK(p.ended);
    CHECK_EQ(p.begun, 1);
    edo_seq_free(s);
    return 0;
}

static void items_are_made_when_they_are_wanted(void **state) {
    (void)state;
    assert_int_equal(inside(one_by_one, NULL), 0);
}

static int with_awaits(void *arg) {
    plan p = { .n = 5, .ms = 10 };
    int item;
    (void)arg;
    edo_seq *s = edo_seq_take(counting(&p), 4);
    edo_instant began = edo_now();
    for (int i = 0; i < 3; i++) reads(s, (int[]){ 100 + i }, 1);
    CHECK_EQ(ms_since(began), 30);
    CHECK_EQ(read_within(s, &item, edo_ms(5)), -ETIMEDOUT);
    CHECK_EQ(edo_sleep(edo_ms(20)), 0); // the function goes on to its emit
    CHECK_EQ(p.made, 4);
    CHECK_EQ(p.read, 3);
    reads(s, (int[]){ 103, 0 }, 2);
    CHECK_EQ(edo_seq_shutdown(s), 0);
    CHECK(p.ended);
    CHECK_EQ(p.read, 4);          // so the last emit has not failed,
    CHECK_EQ(p.told, -ECANCELED); // but the sleep behind it
    return 0;
}

static void function_awaits_between_items(void **state) {
    (void)state;
    assert_int_equal(inside(with_awaits, NULL), 0);
}

static int last_is_a_failure(void *arg) {
    plan p = { .n = 2, .end = -EPIPE };
    char text[80];
    int item;
    (void)arg;
    edo_seq *s = counting(&p);
    reads(s, (int[]){ 100, 101 }, 2);
    CHECK_EQ(edo_seq_next(s, &item), -EPIPE);
    CHECK(edo_trail_print_text(text, sizeof text, -EPIPE, EDO_TRAIL_LINE) > 0);
    CHECK(strstr(text, "counted to 2"));
    reads(s, (int[]){ 0, 0 }, 2);
    CHECK_EQ(edo_seq_shutdown(s), 0);
    return 0;
}

static void failure_is_the_last_item_with_its_trail(void **state) {
    (void)state;
    assert_int_equal(inside(last_is_a_failure, NULL), 0);
}

static int names_itself(void *arg, edo_emitter *e) {
    (void)arg;
    CHECK(strstr(edo_task_current_name(), "names_itself at "));
    return edo_emit(e, NULL);
}

static int without_bytes(void *arg) {
    (void)arg;
    edo_seq *s = edo_seq_generate(0, names_itself, NULL);
    CHECK_EQ(edo_seq_next(s, NULL), 1);
    CHECK_EQ(edo_seq_next(s, NULL), 0);
    edo_seq_free(s);
    return 0;
}

static void items_may_have_no_bytes(void **state) {
    (void)state;
    assert_int_equal(inside(without_bytes, NULL), 0);
}

/* Each item of the sequence `arg`, twice. */
static int doubled(void *arg, edo_emitter *e) {
    edo_seq *s = arg;
    int item, rc;
    while ((rc = edo_seq_next(s, &item)) == 1) {
        for (int i = 0; i < 2 && rc >= 0; i++) rc = edo_emit(e, &item);
        if (rc < 0) break;
    }
    return rc;
}

static int over_another(void *arg) {
    plan p = { .n = 2, .ms = 1, .end = -EIO };
    (void)arg;
    edo_seq *inner = counting(&p), *s = edo_seq_generate(sizeof(int), doubled, inner);
    reads(s, (int[]){ 100, 100, 101, 101, -EIO, 0 }, 6);
    edo_seq_free(s);
    edo_seq_free(inner);
    return 0;
}

static void generator_may_read_another(void **state) {
    (void)state;
    assert_int_equal(inside(over_another, NULL), 0);
}

/* ---- The end in each state ------------------------------------------------------------------- */

static int freed_anywhere(void *arg) {
    plan p = { .n = 3 };
    int item;
    (void)arg;
    edo_seq_free(counting(&p)); // never read: never called
    CHECK_EQ(edo_seq_shutdown(counting(&p)), 0);
    settle();
    CHECK_EQ(p.begun, 0);

    edo_seq *s = counting(&p); // in an emit whose item was read
    reads(s, (int[]){ 100 }, 1);
    edo_seq_free(s);
    CHECK(!p.ended);
    settle();
    CHECK(p.ended);
    CHECK_EQ(p.read, 1);
    CHECK_EQ(p.made, 2);
    CHECK_EQ(p.told, -ECANCELED);

    p = (plan){ .n = 3, .ms = 10 }; // in a sleep
    s = counting(&p);
    CHECK_EQ(read_within(s, &item, edo_ms(1)), -ETIMEDOUT);
    edo_seq_free(s);
    settle();
    CHECK(p.ended);
    CHECK_EQ(p.made, 0);
    CHECK_EQ(p.told, -ECANCELED);

    p = (plan){ .n = 3, .ms = 10 }; // in an emit whose item was not read
    s = counting(&p);
    CHECK_EQ(read_within(s, &item, edo_ms(1)), -ETIMEDOUT);
    CHECK_EQ(edo_sleep(edo_ms(20)), 0);
    CHECK_EQ(p.made, 1);
    edo_seq_free(s);
    settle();
    CHECK(p.ended);
    CHECK_EQ(p.read, 0);
    CHECK_EQ(p.told, -ECANCELED);

    p = (plan){ .n = 1, .end = -EIO }; // it has ended, and nobody has heard it
    s = counting(&p);
    reads(s, (int[]){ 100 }, 1);
    edo_seq_next_future f;
    CHECK_EQ(edo_poll_once(edo_seq_next_init(&f, s, &item)), EDO_PENDING);
    settle();
    CHECK(p.ended);
    edo_drop(&f.base);
    edo_seq_free(s);
    return 0;
}

static void freed_sequence_cancels_its_function(void **state) {
    (void)state;
    assert_int_equal(inside(freed_anywhere, NULL), 0);
}

/* The shutdown waits for what the function awaits at its end, and loses what it returns. */
static int shut_down(void *arg) {
    char text[80];
    (void)arg;
    for (int inner = 0; inner < 2; inner++) {
        plan *p = calloc(1, sizeof *p);
        CHECK(p);
        *p = (plan){ .n = 3, .cleanup_ms = 10, .end = -EIO };
        edo_instant began = edo_now();
        edo_seq *s = counting(p);
        if (inner) s = edo_seq_take(s, 4); // it asks its source
        reads(s, (int[]){ 100, 101 }, 2);
        int err = edo_fail(-ENOENT, "reading the list");
        CHECK_EQ(edo_seq_shutdown(s), 0);
        CHECK(p->ended);
        free(p);
        CHECK_EQ(ms_since(began), 10);
        CHECK(edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE) > 0);
        CHECK(strstr(text, "reading the list"));
    }
    return 0;
}

static void shutdown_waits_for_the_cleanup(void **state) {
    (void)state;
    assert_int_equal(inside(shut_down, NULL), 0);
}

static int cut_shutdown(void *arg) {
    plan p = { .n = 3, .cleanup_ms = 10 };
    (void)arg;
    edo_seq *s = counting(&p);
    reads(s, (int[]){ 100 }, 1);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    CHECK_EQ(edo_deadline_end(&d, edo_seq_shutdown(s)), -ETIMEDOUT); // and has freed it
    CHECK(!p.ended);
    CHECK_EQ(edo_sleep(edo_ms(20)), 0);
    CHECK(p.ended);
    return 0;
}

static void shutdown_that_is_cut_short_frees(void **state) {
    (void)state;
    assert_int_equal(inside(cut_shutdown, NULL), 0);
}

/* ---- Cancelled at its awaits ----------------------------------------------------------------- */

/* Tries each item for a while, and emits only what it gets rid of in time. */
static int impatient(void *arg, edo_emitter *e) {
    int *lost_n = arg, err = 0;
    for (int i = 0; i < 4 && err == 0; i++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(10));
        err = edo_deadline_end(&d, edo_emit(e, &i));
        if (err != -ETIMEDOUT) continue;
        ++*lost_n;
        err = 0;
    }
    return err;
}

static int limit_in_the_function(void *arg) {
    int lost_n = 0, item;
    (void)arg;
    edo_seq *s = edo_seq_generate(sizeof(int), impatient, &lost_n);
    edo_seq_next_future f;
    CHECK_EQ(edo_poll_once(edo_seq_next_init(&f, s, &item)), EDO_PENDING);
    edo_drop(&f.base);
    CHECK_EQ(edo_sleep(edo_ms(15)), 0); // 0 was taken back
    CHECK_EQ(lost_n, 1);
    reads(s, (int[]){ 1 }, 1);
    CHECK_EQ(edo_sleep(edo_ms(15)), 0); // that was read, so the emit is no failure
    CHECK_EQ(lost_n, 2);                // but 2 is
    reads(s, (int[]){ 3, 0 }, 2);
    edo_seq_free(s);
    return 0;
}

static void item_of_a_cut_emit_is_taken_back(void **state) {
    (void)state;
    assert_int_equal(inside(limit_in_the_function, NULL), 0);
}

/* Emits in a shield after it was told to stop. */
static int stubborn(void *arg, edo_emitter *e) {
    int *told = arg, err;
    for (int i = 0; (err = edo_emit(e, &i)) == 0; i++) continue;
    *told = err;
    return err;
}

static int shielded_when_freed(void *arg, edo_emitter *e) {
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(1));
    int err = stubborn(arg, e);
    return edo_shield_end(&sh, err);
}

static int freed_under_a_shield(void *arg) {
    int told = 0, item;
    (void)arg;
    edo_instant began = edo_now();
    edo_seq *s = edo_seq_generate(sizeof(int), shielded_when_freed, &told);
    CHECK_EQ(edo_seq_next(s, &item), 1);
    CHECK_EQ(edo_seq_shutdown(s), 0); // a shield has nothing to shield from who wants no item
    CHECK_EQ(told, -ECANCELED);
    CHECK_EQ(ms_since(began), 0);
    return 0;
}

static void emit_in_a_shield_fails_too(void **state) {
    (void)state;
    assert_int_equal(inside(freed_under_a_shield, NULL), 0);
}

/* ---- Wakers ---------------------------------------------------------------------------------- */

static int waits_for_it(void *arg, edo_emitter *e) {
    int item = 1, err = edo_notify_wait(arg);
    return err < 0 ? err : edo_emit(e, &item);
}

static int by_hand(void *arg) {
    edo_notify it = EDO_NOTIFY_INIT;
    hand_waker first = HAND_WAKER, second = HAND_WAKER;
    edo_seq_next_future f;
    int item = 0;
    (void)arg;
    edo_seq *s = edo_seq_generate(sizeof(int), waits_for_it, &it);
    edo_cx spent = hand_cx(&first, 0);
    CHECK_EQ(edo_poll(edo_seq_next_init(&f, s, &item), &spent), EDO_PENDING);
    CHECK_EQ(hand_woken(&first), 1);
    hand_reset(&first);
    CHECK_EQ(hand_poll(&f.base, &first), EDO_PENDING);
    CHECK_EQ(hand_poll(&f.base, &first), EDO_PENDING);
    CHECK_EQ(hand_poll(&f.base, &second), EDO_PENDING);
    edo_notify_one(&it);
    settle();
    CHECK_EQ(hand_woken(&first), 0);
    CHECK_EQ(hand_woken(&second), 1);
    CHECK_EQ(hand_poll(&f.base, &first), EDO_READY);
    CHECK_EQ(item, 1);
    CHECK_EQ(hand_poll(edo_seq_next_init(&f, s, &item), &first), EDO_PENDING);
    edo_drop(&f.base);
    settle(); // the function returns, and nobody is told
    CHECK_EQ(hand_woken(&first), 0);
    CHECK_EQ(hand_refs(&first) + hand_refs(&second), 0);
    reads(s, (int[]){ 0 }, 1);
    edo_seq_free(s);
    return 0;
}

static void no_waker_stays_behind_a_read(void **state) {
    (void)state;
    assert_int_equal(inside(by_hand, NULL), 0);
}

static int shutdown_by_hand(void *arg) {
    plan p = { .n = 2, .cleanup_ms = 10 };
    hand_waker w = HAND_WAKER;
    edo_seq_shutdown_future f;
    int item;
    (void)arg;
    for (int drops = 0; drops < 2; drops++) {
        p.ended = false;
        hand_reset(&w);
        edo_seq *s = counting(&p);
        CHECK_EQ(edo_seq_next(s, &item), 1);
        CHECK_EQ(hand_poll(edo_seq_shutdown_init(&f, s), &w), EDO_PENDING);
        CHECK_EQ(hand_poll(&f.base, &w), EDO_PENDING);
        CHECK_EQ(hand_woken(&w), 0);
        if (drops) edo_drop(&f.base);
        CHECK_EQ(edo_sleep(edo_ms(20)), 0);
        CHECK(p.ended);
        CHECK_EQ(hand_woken(&w), drops ? 0 : 1);
        if (!drops) CHECK_EQ(hand_poll(&f.base, &w), EDO_READY);
    }
    return 0;
}

static void shutdown_wakes_its_waker_only(void **state) {
    (void)state;
    assert_int_equal(inside(shutdown_by_hand, NULL), 0);
}

/* A generator whose items are there at once lets other tasks run. */
static int count_turns(void *arg) {
    int *turns = arg, err;
    while ((err = edo_yield()) == 0) ++*turns;
    return err;
}

static int yields(void *arg) {
    plan p = { .n = 1000 };
    int turns = 0, item, rc;
    (void)arg;
    edo_task *t = edo_spawn(count_turns, &turns);
    edo_seq *s = counting(&p);
    while ((rc = edo_seq_next(s, &item)) == 1) continue;
    CHECK_EQ(rc, 0);
    edo_seq_free(s);
    CHECK(turns >= 1000 / (int)EDO_BUDGET);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    return 0;
}

static void items_at_once_let_others_run(void **state) {
    (void)state;
    assert_int_equal(inside(yields, NULL), 0);
}

/* ---- Without memory, without a runtime ------------------------------------------------------- */

static int without_memory(void *arg) {
    (void)arg;
    bool fired = true;
    for (uint64_t k = 1; fired; k++) {
        plan p = { .n = 3 };
        int rc, item, items_n = 0;
        edoi_alloc_fail_at(k);
        edo_seq *s = counting(&p);
        while ((rc = edo_seq_next(s, &item)) != 0 && s) {
            CHECK(rc == 1 || rc == -ENOMEM);
            if (rc == 1) CHECK_EQ(item, 100 + items_n++);
        }
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        CHECK(s ? items_n == 3 && p.begun == 1 : fired); // no item is lost
        edo_seq_free(s);
    }
    return 0;
}

static void failing_allocation_loses_no_item(void **state) {
    (void)state;
    assert_int_equal(inside(without_memory, NULL), 0);
}

static void outside_a_runtime_the_function_waits(void **state) {
    (void)state;
    plan p = { .n = 1 };
    edo_runtime *rt;
    int item;
    edo_seq *s = counting(&p);
    assert_int_equal(edo_seq_next(s, &item), -EDO_ENORUNTIME);
    assert_int_equal(edo_seq_next(s, &item), -EDO_ENORUNTIME);
    assert_int_equal(p.begun, 0);
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_seq_next(s, &item), 1); // the thread drives
    assert_int_equal(edo_seq_next(s, &item), 0);
    edo_seq_free(s);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}

/* ---- The end of the runtime ------------------------------------------------------------------ */

static int read_one(void *arg) {
    int item;
    return edo_seq_next(arg, &item);
}

static void read_after_the_runtime_returns_canceled(void **state) {
    (void)state;
    for (int reads_n = 0; reads_n < 2; reads_n++) {
        plan p = { .n = 3 };
        edo_runtime *rt;
        int item;
        edo_seq *s = counting(&p);
        assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
        assert_int_equal(edo_run(rt, read_one, s), 1);
        assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
        edo_runtime_free(rt);
        assert_true(p.ended);
        assert_int_equal(p.told, -ECANCELED);
        if (reads_n > 0) {
            assert_int_equal(edo_seq_next(s, &item), -ECANCELED);
            assert_int_equal(edo_seq_next(s, &item), 0);
        }
        edo_seq_free(s);
    }
}

/* Emits in a shield without limit, until nobody wants an item. */
static int shielded_for_long(void *arg, edo_emitter *e) {
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(-1));
    int err = stubborn(arg, e);
    return edo_shield_end(&sh, err);
}

static int frees_when_canceled(void *arg) {
    int item;
    edo_seq *s = edo_seq_generate(sizeof(int), shielded_for_long, arg);
    CHECK_EQ(edo_seq_next(s, &item), 1);
    CHECK_EQ(edo_sleep(edo_minutes(1)), -ECANCELED);
    edo_seq_free(s);
    return 0;
}

static int leave_the_reader(void *arg) {
    edo_task_detach(edo_spawn(frees_when_canceled, arg));
    settle();
    return 0;
}

/* The end of the runtime cancels the function before its reader frees the sequence. */
static void freed_sequence_ends_a_function_that_was_canceled(void **state) {
    (void)state;
    int told = 0;
    assert_int_equal(inside(leave_the_reader, &told), 0);
    assert_int_equal(told, -ECANCELED);
}

static edo_notify never = EDO_NOTIFY_INIT;

static int never_ends(void *arg, edo_emitter *e) {
    edo_shield sh;
    (void)arg;
    int err = edo_emit(e, &(int){ 1 });
    edo_shield_begin(&sh, edo_s(-1));
    while (edo_notify_wait(&never) != 1) continue;
    return edo_shield_end(&sh, err);
}

static int leave_it(void *arg) {
    int item;
    CHECK_EQ(edo_seq_next(arg, &item), 1);
    return edo_yield();
}

static void abandoned_function_is_an_end(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 2, "the runtime of an abandoned task stays");
    may_leave(LEFT_MAPPINGS, PAGES_OF_RUNTIME, "its own");
    may_leave(LEFT_FIBERS, 1, "the abandoned task");
    edo_runtime *rt;
    int item;
    edo_seq *s = edo_seq_generate(sizeof(int), never_ends, NULL);
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    assert_int_equal(edo_run(rt, leave_it, s), 0);
    assert_int_equal(edo_runtime_shutdown(rt, edo_ms(1)), 1);
    edo_runtime_free(rt);
    assert_int_equal(edo_seq_next(s, &item), -ECANCELED);
    assert_int_equal(edo_seq_next(s, &item), 0);
    assert_int_equal(edo_seq_shutdown(s), 0);
}

/* ---- In a child of fork ---------------------------------------------------------------------- */

static int read_in_child(void *arg) {
    int item;
    edo_seq_next_future f;
    EXPECT(edo_poll_once(edo_seq_next_init(&f, arg, &item)) == EDO_READY, 1);
    EXPECT(edo_result(&f) == -EDO_EFORKED, 2);
    EXPECT(edo_poll_once(edo_seq_next_init(&f, arg, &item)) == EDO_READY, 3);
    EXPECT(edo_result(&f) == 0, 4);
    edo_seq_free(arg);
    return 0;
}

static int free_in_child(void *arg) {
    edo_seq_free(arg);
    return 0;
}

static void child_of_fork_has_no_items(void **state) {
    (void)state;
    plan p = { .n = 3 };
    edo_runtime *rt;
    edo_seq *s = counting(&p);
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    assert_int_equal(edo_run(rt, read_one, s), 1);
    assert_int_equal(child_status(read_in_child, s), 0);
    assert_int_equal(child_status(free_in_child, s), 0);
    edo_runtime_free(rt);
    edo_seq_free(s);
}

/* ---- Random reads ---------------------------------------------------------------------------- */

enum { ITEMS = 300 };

/* Emits 0 to ITEMS - 1; of some it says on the way whether they were read. */
static int wander(void *arg, edo_emitter *e) {
    int err = 0;
    (void)arg;
    for (int i = 0; i < ITEMS && err == 0; i++) {
        for (int turns = i * 7 % 4; turns > 0 && err == 0; turns--) err = edo_yield();
        if (err == 0 && i % 11 == 0) err = edo_sleep(edo_us(30));
        if (err == 0) err = edo_emit(e, &i);
    }
    return err;
}

static int read_at_random(void *arg) {
    int item, rc = 1, n = 0;
    (void)arg;
    edo_seq *s = edo_seq_generate(sizeof(int), wander, NULL);
    while (rc > 0) {
        rc = n % 3 == 0 ? edo_seq_next(s, &item) : read_within(s, &item, edo_us(10));
        if (rc == 1) CHECK_EQ(item, n++);
        if (rc == -ETIMEDOUT) rc = 1;
    }
    CHECK_EQ(rc, 0);
    CHECK_EQ(n, ITEMS);
    edo_seq_free(s);
    return 0;
}

/* A read loses to a sleep again and again. */
static int read_in_a_select(void *arg) {
    int item, n = 0, won = 0;
    bool over = false;
    (void)arg;
    edo_seq *s = edo_seq_generate(sizeof(int), wander, NULL);
    while (!over) {
        edo_seq_next_future next;
        edo_yield_future turn;
        won = edo_select(edo_seq_next_init(&next, s, &item), edo_yield_init(&turn));
        CHECK(won >= 0);
        if (won != 0) continue;
        over = edo_result(&next) == 0;
        if (!over) CHECK_EQ(item, n++);
    }
    CHECK_EQ(n, ITEMS);
    return edo_seq_shutdown(s);
}

static void every_item_comes_once(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(inside_each(read_at_random, NULL), 0);
        assert_int_equal(inside_each(read_in_a_select, NULL), 0);
    }
}

/* The reader is a thread, the function a task of a worker; now and then it ends early. */
static void thread_reads_what_a_worker_makes(void **state) {
    (void)state;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &kinds[2]), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    for (int i = 0; i < 20; i++) {
        int item, n = 0;
        edo_seq *s = edo_seq_generate(sizeof(int), wander, NULL);
        while (n < 5 * i && edo_seq_next(s, &item) == 1) CHECK_EQ(item, n++);
        if (i % 2 == 0) {
            edo_seq_free(s);
        } else {
            assert_int_equal(edo_seq_shutdown(s), 0);
        }
    }
    edo_runtime_leave(rt);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_made_when_they_are_wanted),
        cmocka_unit_test(function_awaits_between_items),
        cmocka_unit_test(failure_is_the_last_item_with_its_trail),
        cmocka_unit_test(items_may_have_no_bytes),
        cmocka_unit_test(generator_may_read_another),
        cmocka_unit_test(freed_sequence_cancels_its_function),
        cmocka_unit_test(shutdown_waits_for_the_cleanup),
        cmocka_unit_test(shutdown_that_is_cut_short_frees),
        cmocka_unit_test(item_of_a_cut_emit_is_taken_back),
        cmocka_unit_test(emit_in_a_shield_fails_too),
        cmocka_unit_test(no_waker_stays_behind_a_read),
        cmocka_unit_test(shutdown_wakes_its_waker_only),
        cmocka_unit_test(items_at_once_let_others_run),
        cmocka_unit_test(failing_allocation_loses_no_item),
        cmocka_unit_test(outside_a_runtime_the_function_waits),
        cmocka_unit_test(read_after_the_runtime_returns_canceled),
        cmocka_unit_test(freed_sequence_ends_a_function_that_was_canceled),
        cmocka_unit_test(abandoned_function_is_an_end),
        cmocka_unit_test(child_of_fork_has_no_items),
        cmocka_unit_test(every_item_comes_once),
        cmocka_unit_test(thread_reads_what_a_worker_makes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
