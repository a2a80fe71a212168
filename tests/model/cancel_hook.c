/* SPDX-License-Identifier: MIT */
/* Goal: a hook of a token is called once, or never: as its take-back says. After that its memory
 * may go, whatever the thread does that fires. */
#include "world.h"

typedef struct hooked {
    edo_cancel_hook hook;
    int calls_n, is_back; /* plain: what orders them is what is tested */
} hooked;

static edo_cancel_token *token;
static hooked one, two;

static void hooks_begin(void) {
    MODEL_CHECK(edo_cancel_new(&token) == 0);
    one = two = (hooked){ .calls_n = 0 };
}

static void count_call(void *arg) {
    ((hooked *)arg)->calls_n++;
}

static void hooked_set(hooked *h) {
    edo_cancel_hook_set(&h->hook, token, count_call, h);
}

/* Its memory goes at once: a call that comes later, or has not ended, is reported. */
static void hooked_clear(hooked *h) {
    bool is_back = edo_cancel_hook_clear(&h->hook);
    MODEL_CHECK(h->calls_n == !is_back);
    edoi_model_outcome(is_back);
    edoi_model_retire(h, sizeof *h);
}

static void fire_it(void *arg) {
    (void)arg;
    edo_cancel(token, EDO_CANCEL_ASKED);
}

static void fire_against_take_back(void) {
    hooks_begin();
    hooked_set(&one);
    edoi_model_start(fire_it, NULL);
    hooked_clear(&one);
    edoi_model_wait();
    edo_cancel_unref(token);
}

/* It fires while the hook is being set. */
static void fire_against_set(void) {
    hooks_begin();
    edoi_model_start(fire_it, NULL);
    hooked_set(&one);
    edoi_model_wait();
    MODEL_CHECK(one.calls_n == 1);
    MODEL_CHECK(!edo_cancel_hook_clear(&one.hook));
    edo_cancel_unref(token);
}

/* Two threads fire: one of them calls. */
static void two_fire_against_take_back(void) {
    hooks_begin();
    hooked_set(&one);
    edoi_model_start(fire_it, NULL);
    edoi_model_start(fire_it, NULL);
    hooked_clear(&one);
    edoi_model_wait();
    edo_cancel_unref(token);
}

/* The hook has the last reference of the token but for the one of the thread that fires. */
static void fire_and_let_go(void *arg) {
    edo_cancel(arg, EDO_CANCEL_ASKED);
    edo_cancel_unref(arg);
}

static void take_back_against_the_end_of_the_token(void) {
    hooks_begin();
    hooked_set(&one);
    edoi_model_start(fire_and_let_go, token);
    hooked_clear(&one);
    edoi_model_wait();
}

/* The parent fires, whose child has the hook and ends with it. */
static void parent_fires_against_take_back(void) {
    edo_cancel_token *parent;
    MODEL_CHECK(edo_cancel_new(&parent) == 0);
    one = (hooked){ .calls_n = 0 };
    MODEL_CHECK(edo_cancel_child(&token, parent) == 0);
    hooked_set(&one);
    edo_cancel_unref(token);
    edoi_model_start(fire_and_let_go, parent);
    hooked_clear(&one);
    edoi_model_wait();
}

static void clear_two(void *arg) {
    (void)arg;
    hooked_clear(&two);
}

/* Two hooks, taken back by two threads. */
static void two_take_back_against_fire(void) {
    hooks_begin();
    hooked_set(&one);
    hooked_set(&two);
    edoi_model_start(fire_it, NULL);
    edoi_model_start(clear_two, NULL);
    hooked_clear(&one);
    edoi_model_wait();
    edo_cancel_unref(token);
}

/* The function takes its own hook back, whose memory then goes. */
static void end_itself(void *arg) {
    hooked *h = arg;
    two.calls_n++;
    MODEL_CHECK(!edo_cancel_hook_clear(&h->hook));
    edoi_model_retire(h, sizeof *h);
}

static void taken_back_inside_against_fire(void) {
    hooks_begin();
    edoi_model_start(fire_it, NULL);
    edo_cancel_hook_set(&one.hook, token, end_itself, &one);
    edoi_model_wait();
    MODEL_CHECK(two.calls_n == 1);
    edo_cancel_unref(token);
}

/* The function of one takes the other back, which another thread does not touch; that thread takes
 * the first one back. */
static void clear_other(void *arg) {
    hooked *h = arg;
    h->calls_n++;
    two.is_back = edo_cancel_hook_clear(&two.hook);
    MODEL_CHECK(two.calls_n == !two.is_back);
    edoi_model_retire(&two.hook, sizeof two.hook);
}

static void one_takes_another_back(bool is_newer) {
    hooks_begin();
    if (is_newer) hooked_set(&two);
    edo_cancel_hook_set(&one.hook, token, clear_other, &one);
    if (!is_newer) hooked_set(&two);
    edoi_model_start(fire_it, NULL);
    bool was_back = edo_cancel_hook_clear(&one.hook);
    MODEL_CHECK(one.calls_n == !was_back);
    if (was_back) two.is_back = edo_cancel_hook_clear(&two.hook);
    MODEL_CHECK(two.calls_n == !two.is_back);
    edoi_model_wait();
    edo_cancel_unref(token);
}

static void the_newer_takes_the_older_back(void) {
    one_takes_another_back(true);
}

static void the_older_takes_the_newer_back(void) {
    one_takes_another_back(false);
}

/* It is found that a take-back that does not wait for the function would be noticed. */
static void clear_unsafely(void) {
    hooks_begin();
    hooked_set(&one);
    edoi_model_start(fire_it, NULL);
    edoi_model_retire(&one, sizeof one);
    edoi_model_wait();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        { .name = "fire_against_take_back", .fn = fire_against_take_back, .outcomes = 3 },
        MODEL(fire_against_set),
        { .name = "two_fire_against_take_back", .fn = two_fire_against_take_back, .outcomes = 3 },
        { .name = "take_back_against_the_end_of_the_token",
          .fn = take_back_against_the_end_of_the_token,
          .outcomes = 3 },
        { .name = "parent_fires_against_take_back",
          .fn = parent_fires_against_take_back,
          .outcomes = 3 },
        MODEL(two_take_back_against_fire),
        MODEL(taken_back_inside_against_fire),
        MODEL(the_newer_takes_the_older_back),
        MODEL(the_older_takes_the_newer_back),
        { .name = "clear_unsafely", .fn = clear_unsafely, .fails = "race: plain read" },
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
