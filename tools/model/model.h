/* SPDX-License-Identifier: MIT */
/* model.h: what a model is made of.
 *
 * A model is a function that sets something up, starts one to three threads, waits for them and
 * checks what must hold. It is run again and again, until every interleaving of its atomic
 * operations has been seen, and every older value that a load may answer; it must do the same each
 * time it is given the same returns. Between two runs all memory of the program goes back to its
 * beginning.
 *
 * A failed check, a data race on plain memory, a use after free, and a state in which nobody can go
 * on end the exploration; then the way there is printed. */
#ifndef EDOI_MODEL_H
#define EDOI_MODEL_H

#include "atomics.h"

typedef void edoi_model_fn(void);
typedef void edoi_model_thread_fn(void *arg);

typedef struct edoi_model {
    const char *name;
    edoi_model_fn *fn;
    uint64_t outcomes; /* if not 0: a bit for each outcome that must be seen; no other may */
    uint64_t random_n; /* if not 0: too large for all runs; so many at random, and it says so */
    /* if not 0: too large as well; all runs with so many turns that need not be */
    unsigned turns_max;
    bool later_loads;  /* relaxed loads may answer stores that come later, see later.c */
    bool real_locks;   /* base/lock.h is explored too, not taken as a step */
    bool one_way;      /* there is one execution only, and is meant to be; else that fails */
    const char *fails; /* if not NULL: the exploration must fail, and say this */
} edoi_model;

/* main() of a program of models: explores them and prints "NAME: N executions" for each. Returns
 * the exit status. See --help. */
int edoi_model_main(int argc, char **argv, const edoi_model *models, size_t models_n);

/* Inside a model: starts a thread (1, 2, 3); the model itself is thread 0. */
void edoi_model_start(edoi_model_thread_fn *fn, void *arg);

/* Waits for all threads that were started. */
void edoi_model_wait(void);

/* The same, but a thread that sleeps for good, on a condition or an event, counts as ended. */
void edoi_model_wait_asleep(void);

/* From now on the threads that the code under test makes do not run: the model does their work. */
void edoi_model_hold_threads(void);

/* The clock stands: this long after its start, less than 1 s, for all threads at once. A model that
 * moves it sets it to 0 at its begin and at its end. */
void edoi_model_set_clock(long ns);

/* Once around a loop. A thread that has done just what it did the time before waits until something
 * that it has read is stored anew, and sees it: else it could go round for ever. */
void edoi_model_around(const char *file, int line);

/* Returns each of 0 to n - 1 in turn. */
unsigned edoi_model_choose(unsigned n, const char *file, int line);

/* Notes how this run ended, a number below EDOI_MODEL_OUTCOMES; edoi_model.outcomes has the first
 * 64. */
void edoi_model_outcome(unsigned outcome);

#define EDOI_MODEL_OUTCOMES 4096u

/* A socket, of which nothing is ready; makes some of EPOLLIN and EPOLLOUT ready; takes them, and
 * returns whether any was there. It orders nothing. */
int edoi_model_socket(void);
void edoi_model_socket_ready(int fd, uint32_t events);
bool edoi_model_socket_take(int fd, uint32_t events);

/* A socket that an io_uring makes ready: who gets its event knows what was known to who made it. */
int edoi_model_ring(void);

/* Outside models: the number of runs of `fn`, and a bit for each outcome. `reduced`: without those
 * that differ in nothing from another; else all, to check the checker. */
uint64_t edoi_model_outcomes(edoi_model_fn *fn, bool reduced,
                             uint64_t outcomes[EDOI_MODEL_OUTCOMES / 64]);

/* `bytes` bytes at `at` are given back: as if the calling thread wrote them. */
void edoi_model_retire(void *at, size_t bytes);

/* How many mappings there are that were not given back. */
unsigned edoi_model_mappings(void);

/* Ends the exploration: what must hold does not. */
void edoi_model_fail(const char *text, const char *file, int line);

/* A row of the table of models. */
#define MODEL(f)                                                                                   \
    { .name = #f, .fn = f }

#define MODEL_CHECK(cond) ((cond) ? (void)0 : edoi_model_fail(#cond, __FILE__, __LINE__))
#define MODEL_CHOOSE(n)   edoi_model_choose(n, __FILE__, __LINE__)
#define MODEL_AROUND()    edoi_model_around(__FILE__, __LINE__)

#endif
