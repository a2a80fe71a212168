/* SPDX-License-Identifier: MIT */
/* seeds.h: all seeds of a range, several at a time. */
#ifndef SEEDS_H
#define SEEDS_H

#include "run.h"

typedef struct seeds_opts {
    uint64_t first, last;
    unsigned jobs;
    uint64_t failures_max; /* after that many failures no other seed begins */
    bool is_twice;         /* each seed has two runs, which have to be equal */
    bool shrinks;
    const char *words; /* the program with its arguments, as a user would type them */
} seeds_opts;

/* Returns how many failed. Errors: those of run_once(). Waits: until all have ended. */
EDO_MUST_USE int64_t seeds_run(const plan *p, const seeds_opts *opts);

#endif
