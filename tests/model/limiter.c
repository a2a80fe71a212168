/* SPDX-License-Identifier: MIT */
/* Goal: threads that decide at once never let more pass than the burst, a turn that is given back
 * is free again, and a key that two threads add at once is added once. */
#include "bell.h"

#include <edo/edo.h>
#include <edo/limiter.h>

#include <errno.h>

static edo_limiter limiter;
static edo_keyed_limiter *keyed;
static int passed[3]; /* of each thread */

static const edo_limiter_opts two = { .num = 1, .per = EDO_HOURS(24), .burst = 2 };
static const edo_instant now = { 1 };

static void check_one(void *arg) {
    int err = edo_limiter_check_at(&limiter, NULL, 1, now);
    MODEL_CHECK(err == 0 || err == -EDO_ERATELIMITED);
    if (err == 0) (*(int *)arg)++;
}

static void three_share_two_cells(void) {
    MODEL_CHECK(edo_limiter_init(&limiter, &two) == 0);
    edoi_model_start(check_one, &passed[0]);
    edoi_model_start(check_one, &passed[1]);
    check_one(&passed[2]);
    edoi_model_wait();
    MODEL_CHECK(passed[0] + passed[1] + passed[2] == 2);
}

static void take_and_give_back(void *arg) {
    edo_limiter_turn turn;
    MODEL_CHECK(edo_limiter_reserve(&limiter, &turn, 1, (edo_duration)EDO_OFF) == 0);
    if (!edo_limiter_unreserve(&limiter, &turn)) (*(int *)arg)++;
}

/* Of two that take a cell and give it back, at most one loses it. */
static void cells_given_back_are_free(void) {
    MODEL_CHECK(edo_limiter_init(&limiter, &two) == 0);
    edoi_model_start(take_and_give_back, &passed[0]);
    take_and_give_back(&passed[1]);
    edoi_model_wait();
    int lost = passed[0] + passed[1];
    MODEL_CHECK(lost <= 1);
    MODEL_CHECK(edo_limiter_check(&limiter, NULL, 1) == 0);
    MODEL_CHECK(edo_limiter_check(&limiter, NULL, 1) == (lost == 1 ? -EDO_ERATELIMITED : 0));
}

static void check_key(void *arg) {
    int err = edo_keyed_limiter_check(keyed, NULL, EDO_STR("key"), 1);
    MODEL_CHECK(err == 0 || err == -EDO_ERATELIMITED);
    if (err == 0) (*(int *)arg)++;
}

static void two_add_a_key(void) {
    const edo_keyed_limiter_opts opts = { .limit = { .num = 1, .per = EDO_HOURS(24), .burst = 1 },
                                          .keys_max = 1 };
    MODEL_CHECK(edo_keyed_limiter_new(&keyed, &opts) == 0);
    edoi_model_start(check_key, &passed[0]);
    check_key(&passed[1]);
    edoi_model_wait();
    MODEL_CHECK(passed[0] + passed[1] == 1 && edo_keyed_limiter_len(keyed) == 1);
    edo_keyed_limiter_free(keyed);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(three_share_two_cells),
        MODEL(cells_given_back_are_free),
        MODEL(two_add_a_key),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
