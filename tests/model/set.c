/* SPDX-License-Identifier: MIT */
/* Goal: a set of futures loses no wake, whichever thread polls, waits with another waker, pushes or
 * goes at the same time; and a waker that was kept outlives its future and the set without harm. */
#include "bell.h"

#include <edo/edo.h>

static edo_future_set *set;
static edo_notify bells[2] = { EDO_NOTIFY_INIT, EDO_NOTIFY_INIT };
static edo_notify_wait_future waits[2];

/* The set is on the heap, so that a thread that touches it too late is found. */
static void begin(void) {
    set = malloc(sizeof *set);
    edo_future_set_init(set);
}

static void push_wait(int i) {
    MODEL_CHECK(edo_future_set_push(set, edo_notify_wait_init(&waits[i], &bells[i])) == 0);
}

static void end(void) {
    edo_future_set_deinit(set);
    free(set);
}

static void notify(void *arg) {
    edo_notify_one(arg);
}

static void notify_both(void *arg) {
    (void)arg;
    edo_notify_one(&bells[0]);
    edo_notify_one(&bells[1]);
}

static void next_both(void) {
    edo_future *first = NULL, *second = NULL;
    MODEL_CHECK(edo_future_set_done_next(set, &first) == 1);
    MODEL_CHECK(edo_future_set_done_next(set, &second) == 1);
    MODEL_CHECK(first != second);
    MODEL_CHECK(edo_future_set_len(set) == 0);
}

/* The second wake may count on what the first one has done. */
static void woken_twice(void) {
    begin();
    push_wait(0);
    push_wait(1);
    edoi_model_start(notify_both, NULL);
    next_both();
    edoi_model_wait();
    end();
}

static void woken_by_two(void) {
    begin();
    push_wait(0);
    push_wait(1);
    edoi_model_start(notify, &bells[0]);
    edoi_model_start(notify, &bells[1]);
    next_both();
    edoi_model_wait();
    end();
}

/* A next that waits with one bell, then with another, and goes: no bell is rung after its end. */
static void next_leaves_while_woken(void) {
    begin();
    push_wait(0);
    edoi_model_start(notify, &bells[0]);
    edo_future_set_done_next_future f;
    edo_future *done = NULL;
    bool ready = bell_poll_and_drop(edo_future_set_done_next_init(&f, set, &done), true);
    if (!ready) MODEL_CHECK(edo_future_set_done_next(set, &done) == 1);
    MODEL_CHECK(done == &waits[0].base);
    edoi_model_wait();
    end();
}

static void set_goes_while_woken(void) {
    begin();
    push_wait(0);
    edo_future_set_done_next_future f;
    edo_future *done;
    (void)bell_poll_and_drop(edo_future_set_done_next_init(&f, set, &done), false);
    edoi_model_start(notify, &bells[0]);
    end();
    edoi_model_wait();
}

static void one_is_removed_while_woken(void) {
    begin();
    push_wait(0);
    push_wait(1);
    edo_future_set_done_next_future f;
    edo_future *done;
    (void)bell_poll_and_drop(edo_future_set_done_next_init(&f, set, &done), false);
    edoi_model_start(notify, &bells[0]);
    MODEL_CHECK(edo_future_set_remove(set, &waits[0].base) == 1);
    MODEL_CHECK(edo_future_set_len(set) == 1);
    end();
    edoi_model_wait();
}

static void push_first_and_notify(void *arg) {
    (void)arg;
    push_wait(0);
    edo_notify_one(&bells[0]);
}

static void pushed_while_the_next_is_awaited(void) {
    begin();
    push_wait(1);
    edoi_model_start(push_first_and_notify, NULL);
    edo_future *done;
    MODEL_CHECK(edo_future_set_done_next(set, &done) == 1);
    MODEL_CHECK(done == &waits[0].base);
    edoi_model_wait();
    end();
}

/* ---- A waker that is kept -------------------------------------------------------------------- */

static edo_waker *kept;
static bool over;

static edo_polled keep_waker(void *arg, edo_cx *cx, int *result) {
    (void)arg;
    *result = 0;
    if (over) return EDO_READY;
    if (!kept) kept = edo_waker_ref(edo_cx_waker(cx));
    return EDO_PENDING;
}

static void wake_late(void *arg) {
    (void)arg;
    edo_waker_wake(kept);
    edo_waker_wake(kept);
    edo_waker_unref(kept);
}

static void begin_with_kept(edo_poll_fn_future *keeps) {
    begin();
    MODEL_CHECK(edo_future_set_push(set, edo_poll_fn_init(keeps, keep_waker, NULL)) == 0);
    edo_future_set_done_next_future f;
    edo_future *done;
    MODEL_CHECK(!bell_poll_and_drop(edo_future_set_done_next_init(&f, set, &done), false));
}

static void set_goes_before_the_wake(void) {
    edo_poll_fn_future keeps;
    begin_with_kept(&keeps);
    edoi_model_start(wake_late, NULL);
    end();
    edoi_model_wait();
}

static void future_is_removed_before_the_wake(void) {
    edo_poll_fn_future keeps;
    begin_with_kept(&keeps);
    edoi_model_start(wake_late, NULL);
    MODEL_CHECK(edo_future_set_remove(set, &keeps.base) == 1);
    end();
    edoi_model_wait();
}

static void future_is_finished_before_the_wake(void) {
    edo_poll_fn_future keeps;
    begin_with_kept(&keeps);
    over = true;
    edo_waker_wake(kept);
    edoi_model_start(wake_late, NULL);
    edo_future *done;
    MODEL_CHECK(edo_future_set_done_next(set, &done) == 1);
    end();
    edoi_model_wait();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(woken_twice),
        MODEL(woken_by_two),
        MODEL(next_leaves_while_woken),
        MODEL(set_goes_while_woken),
        MODEL(one_is_removed_while_woken),
        MODEL(pushed_while_the_next_is_awaited),
        MODEL(set_goes_before_the_wake),
        MODEL(future_is_finished_before_the_wake),
        MODEL(future_is_removed_before_the_wake),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
