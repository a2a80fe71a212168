/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/chance.c: see chance.h. */
#include "runtime/scheduler/chance.h"

#define SKIPS_MOST 12u /* a multiple of 2, 3, 4 and 6: of so few tasks each is as likely */
#define FAR_ONE_IN 32u /* where there are many, one from far behind comes now and then */
#define FAR_MOST   240u
#define RUN_MOST   16u

/* xorshift64* (Marsaglia, 2003; Vigna, 2016): its state is never 0, which would mean that there is
 * no chance. */
static uint64_t chance_step(edoi_run_queue *q) {
    uint64_t x = q->chance;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    q->chance = x;
    return x * UINT64_C(0x2545f4914f6cdd1d) >> 16;
}

static uint64_t chance_to_skip(edoi_run_queue *q) {
    uint64_t random = chance_step(q);
    return random % FAR_ONE_IN == 0 ? (random >> 8) % FAR_MOST : (random >> 8) % SKIPS_MOST;
}

void edoi_chance_mix(edoi_run_queue *q) {
    edoi_task_queue *all = &q->queue;
    if (q->lifo) edoi_task_queue_push(all, q->lifo);
    q->lifo = NULL;
    while (q->fired.first) edoi_task_queue_push(all, edoi_task_queue_pop(&q->fired));
    if (!all->first || !all->first->next) return;
    for (uint64_t n = chance_to_skip(q); n > 0; n--)
        edoi_task_queue_push(all, edoi_task_queue_pop(all));
}

uint32_t edoi_chance_run_length(edoi_run_queue *q, uint32_t most) {
    if (most > RUN_MOST) most = RUN_MOST;
    return 1 + (uint32_t)(chance_step(q) % most);
}
