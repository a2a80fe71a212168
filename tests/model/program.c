/* SPDX-License-Identifier: MIT */
/* Goal: a signal handler on another thread does not use the runtime of edo_main() after its end,
 * and the runtime receives a signal that comes before; one that comes later has its default effect.
 * Method: the handler's work on one thread, the end on another. */
#include "world.h"

#include "runtime/control/program.h"
#include "runtime/worker/core.h"

static bool by_default;

static void hear_signal(void *arg) {
    (void)arg;
    by_default = edoi_program_signal();
}

static void signal_against_end(void) {
    world_begin();
    edoi_program_begin(rt);
    edoi_model_start(hear_signal, NULL);
    edoi_program_end();
    bool is_sent = edoi_load_rlx_u32(&rt->signal.state) == EDOI_SIGNAL_SENT;
    edoi_model_outcome(is_sent);
    world_end();
    edoi_model_wait();
    MODEL_CHECK(by_default != is_sent);
}

/* The handler finds a runtime whole, or none. */
static void signal_against_begin(void) {
    edoi_model_start(hear_signal, NULL);
    world_begin();
    edoi_program_begin(rt);
    edoi_program_end();
    world_end();
    edoi_model_wait();
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        { .name = "signal_against_end", .fn = signal_against_end, .outcomes = 3 },
        MODEL(signal_against_begin),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
