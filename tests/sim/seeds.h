/* SPDX-License-Identifier: MIT */
/* sim/seeds.h: a world for each of many seeds. A test has few; EDO_SIM_SEEDS="1..2000" has others
 * run, and EDO_SIM_SEED="17" one: so edo sim runs a test, and finds which faults are needed. */
#ifndef EDO_TESTS_SIM_SEEDS_H
#define EDO_TESTS_SIM_SEEDS_H

#include "files.h"

#include <edo/sim.h>

#include <stdarg.h>
#include <stdint.h>

#define WHY_BYTES 512

/* Of a test that is run with each change. The address sanitizer makes ten of them take seconds. */
#ifdef __SANITIZE_ADDRESS__
#    define SEEDS_USUAL 3
#else
#    define SEEDS_USUAL 10
#endif

/* ---- Chance ---------------------------------------------------------------------------------- */

/* A sequence of numbers by a seed, which is not 0 (xorshift64*). */
uint64_t chance_next(uint64_t *state);
uint64_t chance_seed(uint64_t seed);

/* One of 0 to n - 1. */
uint32_t chance_below(uint64_t *state, uint32_t n);

/* Which share of all segments is lost: none, in half of the worlds. */
double chance_loss(uint64_t *state);

/* A duration from `least` up to `most`, in steps of a millisecond. */
edo_duration chance_between(uint64_t *state, edo_duration least, edo_duration most);

/* ---- Runs ------------------------------------------------------------------------------------ */

/* What was found in the run of a seed: the first one counts. */
typedef struct verdict {
    char why[WHY_BYTES]; /* "": nothing */
} verdict;

/* Notes that an invariant does not hold. */
__attribute__((format(printf, 2, 3))) void verdict_add(verdict *v, const char *format, ...);

/* Runs one seed. */
typedef void seed_fn(uint64_t seed, verdict *v);

/* Runs `fn` for the seeds of the environment, else for 1 to `n`; returns how many have failed, and
 * prints what was found with each. */
int run_seeds(seed_fn *fn, uint64_t n);

/* Are there seeds in the environment? */
bool seeds_are_said(void);

/* A run of edo sim has one world, a program may have `n` tests with worlds: is it the `nth`? True
 * where nobody asks for one seed. */
bool seed_is_for(unsigned nth, unsigned n);

#endif
