/* SPDX-License-Identifier: MIT */
/* Goal: leaving executions out changes no result of the explorer. Random programs of three threads,
 * a few operations each on two words, are explored with the reduction and without: the outcomes
 * must be equal. The seed of a program is its number. */
#include "model.h"

#include <edo/base.h>

#include <stdio.h>
#include <string.h>

#define THREADS 3
#define OPS_MAX 3

/* One operation of a program. */
typedef struct random_op {
    unsigned kind, word, order;
    uint32_t value;
} random_op;

static random_op program[THREADS][OPS_MAX];
static unsigned ops_n[THREADS];
static uint32_t words[2];
static unsigned seen[THREADS][OPS_MAX];
static uint64_t state;

static unsigned random_below(unsigned n) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % n;
}

static void make(unsigned seed) {
    state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (unsigned i = 0; i < THREADS; i++) {
        ops_n[i] = 1 + random_below(OPS_MAX);
        for (unsigned k = 0; k < ops_n[i]; k++)
            program[i][k] = (random_op){ random_below(5), random_below(2),
                                         random_below(EDOI_MODEL_SEQ + 1), 1 + i * OPS_MAX + k };
    }
}

/* ---- Running one ----------------------------------------------------------------------------- */

/* What an order means for a load, and for a store. */
static int load_order(int order) {
    return order == EDOI_MODEL_REL || order == EDOI_MODEL_ACQREL ? EDOI_MODEL_ACQ : order;
}
static int store_order(int order) {
    return order == EDOI_MODEL_ACQ || order == EDOI_MODEL_ACQREL ? EDOI_MODEL_REL : order;
}

static unsigned run_op(const random_op *o) {
    uint32_t *at = &words[o->word];
    int order = (int)o->order;
    uint64_t want = o->value - 1; // of the thread's operation before, or of another's
    switch (o->kind) {
    case 0: return (unsigned)edoi_model_load(at, 4, load_order(order), __FILE__, __LINE__);
    case 1: edoi_model_store(at, 4, o->value, store_order(order), __FILE__, __LINE__); return 0;
    case 2:
        return (unsigned)edoi_model_rmw(at, 4, EDOI_MODEL_SWAP, o->value, order, __FILE__,
                                        __LINE__);
    case 3:
        (void)edoi_model_cas(at, 4, &want, o->value, order, load_order(order), __FILE__, __LINE__);
        return (unsigned)want;
    default: edoi_model_fence(order, __FILE__, __LINE__); return 0;
    }
}

static void run_thread(void *arg) {
    const unsigned i = *(unsigned *)arg;
    for (unsigned k = 0; k < ops_n[i]; k++) seen[i][k] = run_op(&program[i][k]);
}

static void run_program(void) {
    static unsigned numbers[THREADS] = { 0, 1, 2 };
    edoi_model_start(run_thread, &numbers[0]);
    edoi_model_start(run_thread, &numbers[1]);
    run_thread(&numbers[2]);
    edoi_model_wait();
    unsigned hash = 0;
    for (unsigned i = 0; i < THREADS; i++)
        for (unsigned k = 0; k < ops_n[i]; k++) hash = hash * 31 + seen[i][k];
    for (unsigned w = 0; w < 2; w++)
        hash =
            hash * 31 + (unsigned)edoi_model_load(&words[w], 4, EDOI_MODEL_RLX, __FILE__, __LINE__);
    edoi_model_outcome(hash % EDOI_MODEL_OUTCOMES);
}

int main(int argc, char **argv) {
    static uint64_t some[EDOI_MODEL_OUTCOMES / 64], all[EDOI_MODEL_OUTCOMES / 64];
    unsigned programs_n = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 25;
    uint64_t runs_n = 0, all_n = 0;
    for (unsigned seed = 1; seed <= programs_n; seed++) {
        make(seed);
        runs_n += edoi_model_outcomes(run_program, true, some);
        all_n += edoi_model_outcomes(run_program, false, all);
        if (memcmp(some, all, sizeof all) == 0) continue;
        printf("random: FAILED: program %u has outcomes that the reduced exploration misses\n",
               seed);
        return 1;
    }
    printf("random: %llu executions of %u programs, instead of %llu\n", (unsigned long long)runs_n,
           programs_n, (unsigned long long)all_n);
    return 0;
}
