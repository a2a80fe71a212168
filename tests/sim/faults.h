/* SPDX-License-Identifier: MIT */
/* sim/faults.h: plans of faults for a world, each by its seed, and a run for each of many seeds.
 *
 * A test has few seeds; EDO_SIM_SEEDS="1..2000" or "17" has others run. */
#ifndef EDO_TESTS_SIM_FAULTS_H
#define EDO_TESTS_SIM_FAULTS_H

#include <edo/sim.h>

#include <stdarg.h>

#define FAULTS_MAX 8 /* of a plan; there are three at least */
#define WHY_BYTES  512

typedef enum fault_kind {
    FAULT_PARTITION,
    FAULT_CUT, /* one way */
    FAULT_HOLD,
    FAULT_RESET,
    FAULT_PAUSE,
    FAULT_CRASH, /* and a restart when it is over */
    FAULT_KINDS_N,
} fault_kind;

/* `b` is NULL if it is about one host. */
typedef struct fault {
    fault_kind kind;
    const char *a, *b;
    edo_duration at, within;
} fault;

/* A way that packets take, in both directions. */
typedef struct fault_way {
    const char *a, *b;
} fault_way;

/* Where faults may come about. */
typedef struct fault_field {
    const char *const *hosts;
    size_t hosts_n;
    const fault_way *ways;
    size_t ways_n;
    edo_duration from, until; /* they begin */
} fault_field;

typedef struct fault_plan {
    fault all[FAULTS_MAX];
    int n;
    edo_duration over; /* when the last one is */
    double loss;       /* of segments, between all hosts */
} fault_plan;

/* Equal seeds and fields have equal plans. */
void fault_plan_make(fault_plan *out, uint64_t seed, const fault_field *field);

/* Has the faults of a plan come about in a world. */
int fault_plan_enter(const fault_plan *p, edo_sim *sim);

/* Is a fault of one of these hosts, or of a way of one, within a time? */
bool fault_plan_meets(const fault_plan *p, const char *host, edo_duration from, edo_duration to);

/* ---- Chance ---------------------------------------------------------------------------------- */

/* A sequence of numbers by a seed, which is not 0 (xorshift64*). */
uint64_t chance_next(uint64_t *state);
uint64_t chance_seed(uint64_t seed);

/* One of 0 to n - 1. */
uint32_t chance_below(uint64_t *state, uint32_t n);

/* A duration from `least` up to `most`, in steps of a millisecond. */
edo_duration chance_between(uint64_t *state, edo_duration least, edo_duration most);

/* ---- Runs ------------------------------------------------------------------------------------ */

/* What was found in the run of a seed: the first one counts. */
typedef struct verdict {
    char why[WHY_BYTES]; /* "": nothing */
} verdict;

/* Notes that an invariant does not hold. */
__attribute__((format(printf, 2, 3))) void verdict_add(verdict *v, const char *format, ...);

/* Runs one seed. It fills in `plan`, so that a failure can name it. */
typedef void seed_fn(uint64_t seed, fault_plan *plan, verdict *v);

/* Runs `fn` for the seeds of EDO_SIM_SEEDS, else for 1 to `n`; returns how many have failed, and
 * prints what was found with the plan of each. */
int run_seeds(seed_fn *fn, uint64_t n);

/* A folder for the files of a run, in memory if possible; files_free() removes it. */
void files_make(char folder[64]);
void files_free(const char *folder);

#endif
