/* SPDX-License-Identifier: MIT */
/* Goal: the ring between threads that log and the one that writes. Each line is taken once, whole,
 * those of one thread in their order, also where the ring wraps around or is full; and a thread
 * that rests does not sleep over a line. (Here a ring has four cells.) */
#include "model.h"

#include "log/out/ring.h"

#define CELLS 4u

static edoi_log_ring ring;
static struct {
    char bytes[CELLS * EDOI_LOG_CELL];
    edo_atomic_u32 marks[CELLS];
} memory;
static unsigned taken_n[4]; /* by the first byte of a line */
static edo_atomic_u32 kicked;

static void begin(void) {
    edoi_log_ring_init(&ring, &memory, CELLS);
}

/* A line of number `n` that takes `cells` cells. */
static bool add(char n, size_t cells, edo_level level) {
    char text[2 * EDOI_LOG_CELL] = { n };
    text[1] = (char)(n + 1);
    return edoi_log_ring_add(&ring, (edo_str){ text, (cells - 1) * EDOI_LOG_CELL + 2 }, level);
}

static bool take_one(void) {
    uint64_t at = edoi_load_rlx_u64(&ring.tail);
    edoi_log_queued line;
    if (!edoi_log_ring_next(&ring, &at, &line)) return false;
    MODEL_CHECK(line.text.ptr[1] == line.text.ptr[0] + 1); // whole
    taken_n[(unsigned char)line.text.ptr[0]]++;
    edoi_log_ring_free(&ring, at);
    return true;
}

static void take_rest(void) {
    edoi_model_wait();
    while (take_one()) {
    }
}

static void adds_zero(void *arg) {
    (void)arg;
    (void)add(0, 1, EDO_LEVEL_ERROR);
}

static void adds_one_and_two(void *arg) {
    (void)arg;
    MODEL_CHECK(add(1, 1, EDO_LEVEL_ERROR));
    MODEL_CHECK(add(2, 1, EDO_LEVEL_ERROR));
}

static void two_against_the_taker(void) {
    begin();
    edoi_model_start(adds_zero, NULL);
    edoi_model_start(adds_one_and_two, NULL);
    (void)take_one();
    MODEL_CHECK(taken_n[2] == 0 || taken_n[1] == 1);
    take_rest();
    MODEL_CHECK(taken_n[0] == 1 && taken_n[1] == 1 && taken_n[2] == 1);
}

/* Two cells in a row are only at the beginning: the one before is skipped. */
static void adds_long(void *arg) {
    *(bool *)arg = add(2, 2, EDO_LEVEL_ERROR);
}

static void wrap_against_the_taker(void) {
    bool is_added = false;
    begin();
    MODEL_CHECK(add(1, 2, EDO_LEVEL_ERROR) && add(3, 1, EDO_LEVEL_ERROR));
    edoi_model_start(adds_long, &is_added);
    (void)take_one();
    (void)take_one();
    edoi_model_wait();
    take_rest();
    MODEL_CHECK(taken_n[1] == 1 && taken_n[3] == 1 && taken_n[2] == (is_added ? 1 : 0));
    MODEL_CHECK(add(0, 1, EDO_LEVEL_ERROR) && take_one()); // inv. 2: it goes on as it should
}

/* Cells are given again while the other thread still looks at them. */
static void full_against_the_taker(void) {
    begin();
    MODEL_CHECK(add(1, 1, EDO_LEVEL_ERROR) && add(2, 1, EDO_LEVEL_ERROR));
    MODEL_CHECK(!add(3, 1, EDO_LEVEL_DEBUG)); // half of the ring is not for it
    MODEL_CHECK(add(3, 2, EDO_LEVEL_ERROR) && !add(0, 1, EDO_LEVEL_ERROR));
    edoi_model_start(adds_zero, NULL);
    (void)take_one();
    take_rest();
    MODEL_CHECK(taken_n[1] == 1 && taken_n[2] == 1 && taken_n[3] == 1 && taken_n[0] <= 1);
}

/* ---- Rest ------------------------------------------------------------------------------------ */

static void adds_and_wakes(void *arg) {
    bool is_urgent = arg != NULL;
    MODEL_CHECK(add(0, 1, EDO_LEVEL_ERROR));
    if (edoi_log_ring_wakes(&ring, is_urgent)) edoi_add_rlx_u32(&kicked, 1);
}

static void wait_for_kick(void) {
    while (!edoi_load_rlx_u32(&kicked)) EDOI_CPU_RELAX();
}

static void a_line_ends_a_sleep(void) {
    begin();
    edoi_model_start(adds_and_wakes, NULL);
    bool rests = edoi_log_ring_rests(&ring, EDOI_LOG_SLEEPS);
    if (rests) wait_for_kick();
    take_rest();
    MODEL_CHECK(taken_n[0] == 1);
    MODEL_CHECK(edoi_load_rlx_u32(&kicked) == (rests ? 1u : 0u));
}

static void two_lines_end_a_sleep_once(void) {
    begin();
    edoi_model_start(adds_and_wakes, NULL);
    edoi_model_start(adds_and_wakes, &kicked);
    if (edoi_log_ring_rests(&ring, EDOI_LOG_SLEEPS)) wait_for_kick();
    take_rest();
    MODEL_CHECK(taken_n[0] == 2 && edoi_load_rlx_u32(&kicked) <= 1);
}

/* The time of a nap is over while a line ends it: the two agree on who did. */
static void an_urgent_line_against_the_end_of_a_nap(void) {
    begin();
    edoi_model_start(adds_and_wakes, &kicked);
    MODEL_CHECK(edoi_log_ring_rests(&ring, EDOI_LOG_NAPS));
    bool is_over = edoi_log_ring_rises(&ring, EDOI_LOG_NAPS);
    if (!is_over) wait_for_kick();
    take_rest();
    MODEL_CHECK(taken_n[0] == 1);
    MODEL_CHECK(edoi_load_rlx_u32(&kicked) == (is_over ? 0u : 1u));
}

static void other_lines_let_it_nap(void) {
    begin();
    edoi_model_start(adds_and_wakes, NULL);
    MODEL_CHECK(edoi_log_ring_rests(&ring, EDOI_LOG_NAPS));
    edoi_model_wait();
    MODEL_CHECK(edoi_load_rlx_u32(&kicked) == 0 && edoi_log_ring_rises(&ring, EDOI_LOG_NAPS));
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(two_against_the_taker),      MODEL(wrap_against_the_taker),
        MODEL(full_against_the_taker),     MODEL(a_line_ends_a_sleep),
        MODEL(two_lines_end_a_sleep_once), MODEL(an_urgent_line_against_the_end_of_a_nap),
        MODEL(other_lines_let_it_nap),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
