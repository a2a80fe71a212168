/* SPDX-License-Identifier: MIT */
/* Goal: a runtime with two workers of its own, from its making to its end: nobody sleeps while there is
 * work, nobody waits for ever, nothing is used after it was freed. */
#include "world.h"

static int written;

static void crew_begin(uint32_t workers) {
    const edo_runtime_opts opts = {
        .flavor = EDO_RUNTIME_MULTI, .workers = workers, .events_max = 1, .seed = 1
    };
    MODEL_CHECK(edo_runtime_new(&rt, &opts) == 0);
}

static void crew_end(void) {
    edo_runtime_free(rt);
    edoi_model_wait();
}

static void begin_and_end(void) {
    crew_begin(1);
    crew_end();
}

static void spawn_and_join(void) {
    crew_begin(1);
    MODEL_CHECK(edo_runtime_enter(rt) == 0);
    edo_task *t = spawn_writer(&written);
    MODEL_CHECK(edo_task_join(t) == 7);
    MODEL_CHECK(written == 1);
    edo_runtime_leave(rt);
    crew_end();
}

static void two_begin_and_end(void) {
    crew_begin(2);
    crew_end();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(begin_and_end),
        MODEL(spawn_and_join),
        MODEL(two_begin_and_end),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
