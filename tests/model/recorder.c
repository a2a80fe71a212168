/* SPDX-License-Identifier: MIT */
/* Goal: a reader of the recorder's ring returns events that are whole, the latest in their order,
 * also while the writer overwrites them; one that reads on from look to look returns each once.
 * (Here a ring has two events.) */
#include "model.h"

#include "recorder/ring.h"

#define EVENTS 2u

static struct {
    edoi_recorder_ring ring;
    char rest[EDOI_RECORDER_RING_HEAD - sizeof(edoi_recorder_ring)];
    edoi_recorder_event events[EVENTS];
} memory;

static void put(uint64_t n) {
    edoi_recorder_ring_put(&memory.ring, EVENTS - 1, n, n, n);
}

static void puts_two(void *arg) {
    uint64_t first = *(const uint64_t *)arg;
    put(first);
    put(first + 1);
}

/* What one look returns is whole, in order, and no older than what was there before. */
static void look(uint64_t least_n) {
    edoi_recorder_seen seen[EVENTS];
    uint64_t at;
    size_t n = edoi_recorder_ring_copy(&memory.ring, EVENTS - 1, seen, EVENTS, &at);
    for (size_t i = 0; i < n; i++) {
        MODEL_CHECK(seen[i].when == seen[i].task && seen[i].task == seen[i].arg); // inv. 1
        MODEL_CHECK(seen[i].when == at + i + 1);
    }
    MODEL_CHECK(at + n >= least_n);
}

static void a_ring_that_fills_up(void) {
    uint64_t first = 1;
    edoi_model_start(puts_two, &first);
    look(0);
    edoi_model_wait();
    look(2);
}

static void a_ring_that_is_overwritten(void) {
    uint64_t first = 3;
    put(1);
    put(2);
    edoi_model_start(puts_two, &first);
    look(2);
    edoi_model_wait();
    look(4);
}

/* Two looks, the second one from where the first has ended. */
static void a_ring_that_is_read_on(void) {
    edoi_recorder_seen seen[EVENTS];
    uint64_t first = 2, from = 0, at;
    put(1);
    edoi_model_start(puts_two, &first);
    for (int look = 0; look < 2; look++) {
        size_t n = edoi_recorder_ring_copy_from(&memory.ring, EVENTS - 1, from, seen, EVENTS, &at);
        MODEL_CHECK(at >= from);
        for (size_t i = 0; i < n; i++) {
            MODEL_CHECK(seen[i].when == seen[i].task && seen[i].task == seen[i].arg); // inv. 1
            MODEL_CHECK(seen[i].when == at + i + 1);
        }
        from = at + n;
        if (look == 0) edoi_model_wait();
    }
    MODEL_CHECK(from == 3);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(a_ring_that_fills_up),
        MODEL(a_ring_that_is_overwritten),
        MODEL(a_ring_that_is_read_on),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
