/* SPDX-License-Identifier: MIT */
/* Goal: a value that is got while another thread replaces it is whole and alive, what was replaced
 * ends once, when its last reader has gone, and a set that finds no place goes on when a reader
 * has left. (Models have two places.) */
#include "model.h"

#include <edo/snapshot.h>

static edo_snapshot all;
static int ended[4]; /* by number: no two threads end one value */

static void value_end(void *self) {
    int *value = self;
    MODEL_CHECK(*value > 0 && *value < 4);
    ended[*value]++;
    *value = 0; // the checker reports a reader that still looks
}

static int *value_new(int number) {
    int *value = edo_rc_new(sizeof *value, value_end);
    *value = number;
    return value;
}

static void get(void *arg) {
    (void)arg;
    int *value = edo_snapshot_get(&all);
    if (value) MODEL_CHECK(*value > 0 && *value < 4);
    edo_rc_unref(value);
}

static void set(void *arg) {
    edo_snapshot_set(&all, value_new(*(int *)arg));
}

static void end_all(int sets_n) {
    edoi_model_wait();
    edo_snapshot_set(&all, NULL);
    for (int i = 1; i < 4; i++) MODEL_CHECK(ended[i] == (i <= sets_n));
}

static void got_while_it_is_replaced(void) {
    set(&(int){ 1 });
    edoi_model_start(get, NULL);
    set(&(int){ 2 });
    end_all(2);
}

/* The second set of this thread takes the place that the reader may be in. */
static void replaced_twice(void) {
    set(&(int){ 1 });
    edoi_model_start(get, NULL);
    set(&(int){ 2 });
    set(&(int){ 3 });
    end_all(3);
}

static void got_twice_in_order(void) {
    static int two = 2;
    set(&(int){ 1 });
    edoi_model_start(set, &two);
    int *first = edo_snapshot_get(&all), *second = edo_snapshot_get(&all);
    MODEL_CHECK(*first <= *second);
    edo_rc_unref(first);
    edo_rc_unref(second);
    end_all(2);
}

static void two_readers(void) {
    set(&(int){ 1 });
    edoi_model_start(get, NULL);
    edoi_model_start(get, NULL);
    set(&(int){ 2 });
    end_all(2);
}

static void two_sets_at_once(void) {
    static int two = 2;
    set(&(int){ 1 });
    edoi_model_start(set, &two);
    set(&(int){ 3 });
    get(NULL);
    end_all(3);
}

static void first_value_is_seen_whole(void) {
    static int one = 1;
    edoi_model_start(set, &one);
    get(NULL);
    end_all(1);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(got_while_it_is_replaced), MODEL(replaced_twice),
        MODEL(got_twice_in_order),       MODEL(two_readers),
        MODEL(two_sets_at_once),         MODEL(first_value_is_seen_whole),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
