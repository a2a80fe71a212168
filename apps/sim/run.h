/* SPDX-License-Identifier: MIT */
/* run.h: one run of a program that has a world of edo/sim.h, with one seed. */
#ifndef RUN_H
#define RUN_H

#include <edo/base.h>
#include <edo/time.h>

/* What is run. */
typedef struct plan {
    const char *const *argv; /* NULL at the end */
    edo_duration most;       /* a run that takes longer is killed */
    const char *dir;         /* where reports and traces lie */
} plan;

/* One run of it. */
typedef struct turn {
    uint64_t seed;
    const char *skip;  /* numbers of faults that are left out; NULL: none */
    const char *trace; /* file of its events; NULL: none */
    unsigned slot;     /* differs among the runs at one time */
} turn;

#define RUN_NO_WORLD (-1000) /* a status: the program has succeeded, and told of no world */

/* How it ended. All zero is nothing. */
typedef struct outcome {
    int status;              /* of edo_process_output(), or negative: 0 is a success */
    bool is_told;            /* the world has told the rest */
    int result;              /* of the world's last run */
    uint64_t events, digest; /* hexadecimal in the report */
    char *faults;            /* lines of the report, each a fault; NULL: none */
    uint64_t faults_n;       /* the last number among them */
    char *said;              /* the last lines of both outputs; NULL: nothing */
} outcome;

/* Runs it, and waits. A failure of the program is no error. Owns: fills in `*out`: outcome_free().
 * Errors: those of starting a program; -ENOMEM. */
EDO_MUST_USE int run_once(const plan *p, const turn *t, outcome *out);

void outcome_free(outcome *self);

/* Have both failed alike? */
bool outcome_is_like(const outcome *a, const outcome *b);

/* "status 1", "signal 6", "it did not end in time". */
const char *outcome_words(const outcome *self, char text[64]);

/* Reads the report at `path`; leaves `*out` as it is if there is none. */
void outcome_read(outcome *out, const char *path);

#endif
