/* SPDX-License-Identifier: MIT */
/* Goal: of two threads that count the last out, or close, exactly one wakes the waiter, and neither
 * touches the tracker when the waiter has freed it. Method: waits that are awaited, or polled with
 * a waker that goes with them; the tracker is freed as soon as they have ended. */
#include "bell.h"

#include <edo/edo.h>

static edo_tracker *tracker;

static void begin(int counted) {
    tracker = malloc(sizeof *tracker);
    edo_tracker_init(tracker);
    for (int i = 0; i < counted; i++) edo_tracker_add(tracker);
}

static void count_out(void *arg) {
    (void)arg;
    edo_tracker_done(tracker);
}

static void close_it(void *arg) {
    (void)arg;
    MODEL_CHECK(edo_tracker_close(tracker));
}

static void wait_and_free(void) {
    MODEL_CHECK(edo_tracker_wait(tracker) == 0);
    free(tracker);
    edoi_model_wait();
}

static void last_two_are_counted_out_at_once(void) {
    begin(2);
    close_it(NULL);
    edoi_model_start(count_out, NULL);
    edoi_model_start(count_out, NULL);
    wait_and_free();
}

static void last_is_counted_out_as_it_closes(void) {
    begin(1);
    edoi_model_start(count_out, NULL);
    edoi_model_start(close_it, NULL);
    wait_and_free();
}

/* A wait that gives up frees nothing, and its bell is not rung any more. */
static void wait_gives_up_as_the_last_is_counted_out(void) {
    edo_tracker_wait_future f;
    begin(1);
    close_it(NULL);
    edoi_model_start(count_out, NULL);
    (void)bell_poll_and_drop(edo_tracker_wait_init(&f, tracker), true);
    edoi_model_wait();
    MODEL_CHECK(edo_tracker_len(tracker) == 0);
    free(tracker);
}

/* It was closed and empty for a moment: a wait that was there ends. */
static void wait_ends_though_the_tracker_is_used_again(void) {
    edo_tracker_wait_future f;
    bell *b = bell_new();
    begin(1);
    close_it(NULL);
    MODEL_CHECK(!bell_poll(edo_tracker_wait_init(&f, tracker), b));
    edoi_model_start(count_out, NULL);
    edo_tracker_add(tracker);
    edo_tracker_done(tracker);
    bool ready = bell_poll(&f.base, b);
    edoi_model_wait();
    MODEL_CHECK(ready || (b->rung == 1 && bell_poll(&f.base, b)));
    free(b);
    free(tracker);
}

/* The second of two waits may free the tracker, since the first was woken before it. */
static void two_waits_are_woken(void) {
    edo_tracker_wait_future f;
    bell *b = bell_new();
    begin(1);
    close_it(NULL);
    MODEL_CHECK(!bell_poll(edo_tracker_wait_init(&f, tracker), b));
    edoi_model_start(count_out, NULL);
    MODEL_CHECK(edo_tracker_wait(tracker) == 0);
    MODEL_CHECK(b->rung == 1 && bell_poll(&f.base, b));
    free(b);
    free(tracker);
    edoi_model_wait();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(last_two_are_counted_out_at_once),
        MODEL(last_is_counted_out_as_it_closes),
        MODEL(wait_gives_up_as_the_last_is_counted_out),
        MODEL(wait_ends_though_the_tracker_is_used_again),
        MODEL(two_waits_are_woken),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
