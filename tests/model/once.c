/* SPDX-License-Identifier: MIT */
/* Goal: a value is made once and published: one load at a time, the right to load is passed on
 * whoever gives up when, and a task that sees the value sees what was written before it. */
#include "bell.h"

#include <edo/edo.h>

#include <errno.h>

static edo_once once;
static edo_setonce setonce;
static int thing, loads_n;
static int failures_left;

static int load(void **value, void *arg) {
    (void)arg;
    loads_n++; // the checker reports a race if two load at a time
    if (failures_left > 0) {
        failures_left--;
        return -EIO;
    }
    thing = 7;
    *value = &thing;
    return 0;
}

static void get_or_load(void *arg) {
    void *value = NULL;
    (void)arg;
    int err = edo_once_get_or_load(&once, &value, load, NULL);
    MODEL_CHECK(err == 0 || err == -EIO);
    if (err == 0) MODEL_CHECK(value == &thing && thing == 7);
}

static void one_of_two_loads(void) {
    edoi_model_start(get_or_load, NULL);
    get_or_load(NULL);
    edoi_model_wait();
    MODEL_CHECK(loads_n == 1 && edo_once_get(&once) == &thing);
}

static void the_next_loads_after_a_failure(void) {
    failures_left = 1;
    edoi_model_start(get_or_load, NULL);
    get_or_load(NULL);
    edoi_model_wait();
    MODEL_CHECK(loads_n == 2 && edo_once_get(&once) == &thing);
}

static void load_is_seen_without_the_lock(void) {
    edoi_model_start(get_or_load, NULL);
    int *value = edo_once_get(&once);
    if (value) MODEL_CHECK(*value == 7);
    edoi_model_wait();
}

static void set(void *arg) {
    (void)arg;
    thing = 7;
    MODEL_CHECK(edo_once_set(&once, &thing) == 0);
}

static void set_is_seen_without_the_lock(void) {
    edoi_model_start(set, NULL);
    int *value = edo_once_get(&once);
    if (value) MODEL_CHECK(*value == 7);
    edoi_model_wait();
}

/* ---- Given up -------------------------------------------------------------------------------- */

static void wait_and_give_up(void *arg) {
    edo_once_get_or_load_future f;
    edo_pending_future never;
    void *value;
    (void)arg;
    (void)bell_poll_and_drop(edo_once_get_or_load_init(&f, &once, &value, edo_pending_init(&never)),
                             true);
}

/* The task that loads gives up, and so does the one that waits: then any other may make it. */
static void both_give_up(void) {
    edoi_model_start(wait_and_give_up, NULL);
    wait_and_give_up(NULL);
    edoi_model_wait();
    MODEL_CHECK(edo_once_set(&once, &thing) == 0);
}

static void waiter_loads_when_another_gives_up(void) {
    edoi_model_start(wait_and_give_up, NULL);
    get_or_load(NULL);
    edoi_model_wait();
    MODEL_CHECK(loads_n == 1 && edo_once_get(&once) == &thing);
}

/* ---- Set once, awaited ----------------------------------------------------------------------- */

static int set_n;

static void set_setonce(void *arg) {
    *(int *)arg = 7;
    int err = edo_setonce_set(&setonce, arg);
    MODEL_CHECK(err == 0 || err == -EALREADY);
    if (err == 0) set_n++; // of two, the checker reports the race
}

static void wait_sees_what_was_set(void) {
    void *value = NULL;
    edoi_model_start(set_setonce, &thing);
    MODEL_CHECK(edo_setonce_wait(&setonce, &value) == 0);
    MODEL_CHECK(value == &thing && thing == 7);
    edoi_model_wait();
}

static void get_sees_what_was_set(void) {
    edoi_model_start(set_setonce, &thing);
    int *value = edo_setonce_get(&setonce);
    if (value) MODEL_CHECK(*value == 7);
    edoi_model_wait();
}

static void one_of_two_sets(void) {
    static int other;
    edo_setonce_wait_future f;
    void *value = NULL;
    edoi_model_start(set_setonce, &thing);
    set_setonce(&other);
    MODEL_CHECK(bell_poll_and_drop(edo_setonce_wait_init(&f, &setonce, &value), true));
    edoi_model_wait();
    MODEL_CHECK(set_n == 1 && (value == &thing || value == &other));
}

static void wait_given_up(void) {
    edo_setonce_wait_future f;
    edoi_model_start(set_setonce, &thing);
    (void)bell_poll_and_drop(edo_setonce_wait_init(&f, &setonce, NULL), true);
    edoi_model_wait();
    MODEL_CHECK(edo_setonce_get(&setonce) == &thing);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(one_of_two_loads),
        MODEL(the_next_loads_after_a_failure),
        MODEL(load_is_seen_without_the_lock),
        MODEL(set_is_seen_without_the_lock),
        MODEL(both_give_up),
        MODEL(waiter_loads_when_another_gives_up),
        MODEL(wait_sees_what_was_set),
        MODEL(get_sees_what_was_set),
        MODEL(one_of_two_sets),
        MODEL(wait_given_up),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
