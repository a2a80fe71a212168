/* SPDX-License-Identifier: MIT */
/* Goal: the deque of the compute pool gives each item to one thread, with the writes made before it
 * was pushed; also the last item, also when a slot is used again.
 * Method: the real deque, of two slots; an owner that pushes and takes, and one or two thieves. */
#define EDOI_DEQUE_SIZE 2u
#include "compute/deque.h"

#include "model.h"

#define ITEMS 3u

static edoi_deque deque;
static unsigned payload[ITEMS]; /* plain: a race if the deque does not order it */
static edo_atomic_u32 got[ITEMS];

static bool push(unsigned n) {
    payload[n] = n + 7;
    return edoi_deque_push(&deque, &payload[n]);
}

static void take_in(unsigned *found) {
    if (!found) return;
    unsigned n = (unsigned)(found - payload);
    MODEL_CHECK(*found == n + 7);
    MODEL_CHECK(edoi_add_rlx_u32(&got[n], 1) == 0);
}

static void thief(void *arg) {
    (void)arg;
    take_in(edoi_deque_steal(&deque));
}

static void thief_twice(void *arg) {
    thief(arg);
    thief(arg);
}

/* Nothing is left, and all that was pushed was got. */
static void all_got(unsigned pushed) {
    edoi_model_wait();
    for (unsigned *found; (found = edoi_deque_take(&deque)) != NULL;) take_in(found);
    MODEL_CHECK(edoi_deque_is_empty(&deque));
    for (unsigned n = 0; n < pushed; n++) MODEL_CHECK(edoi_load_rlx_u32(&got[n]) == 1);
}

static void the_last_item_goes_to_one(void) {
    edoi_model_start(thief, NULL);
    MODEL_CHECK(push(0));
    take_in(edoi_deque_take(&deque));
    all_got(1);
}

static void two_thieves_and_the_owner(void) {
    MODEL_CHECK(push(0));
    MODEL_CHECK(push(1));
    edoi_model_start(thief, NULL);
    edoi_model_start(thief, NULL);
    take_in(edoi_deque_take(&deque));
    all_got(2);
}

static void taken_from_both_ends(void) {
    edoi_model_start(thief_twice, NULL);
    MODEL_CHECK(push(0));
    MODEL_CHECK(push(1));
    take_in(edoi_deque_take(&deque));
    take_in(edoi_deque_take(&deque));
    all_got(2);
}

static void a_slot_is_used_again(void) {
    MODEL_CHECK(push(0));
    MODEL_CHECK(push(1));
    edoi_model_start(thief, NULL);
    unsigned n = push(2) ? 3 : 2; // full, unless the thief was there
    all_got(n);
}

static void pushed_after_a_take(void) {
    edoi_model_start(thief_twice, NULL);
    MODEL_CHECK(push(0));
    take_in(edoi_deque_take(&deque));
    MODEL_CHECK(push(1));
    all_got(2);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(the_last_item_goes_to_one),
        MODEL(two_thieves_and_the_owner),
        MODEL(taken_from_both_ends),
        { .name = "a_slot_is_used_again", .fn = a_slot_is_used_again, .later_loads = true },
        MODEL(pushed_after_a_take),
    };
    return edoi_model_main(argc, argv, models, EDO_COUNT(models));
}
