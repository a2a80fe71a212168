/* SPDX-License-Identifier: MIT */
/* seeds.c: see seeds.h. Jobs are tasks of one thread; each waits for a process. */
#include "seeds.h"
#include "shrink.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOLD_EVERY edo_s(1)

typedef struct seeds {
    const plan *p;
    const seeds_opts *opts;
    uint64_t next, done_n, failed_n, events;
    int err; /* the first failure of this program */
    edo_instant began, told_at;
    bool has_terminal;
} seeds;

typedef struct worker {
    seeds *of;
    unsigned slot;
} worker;

/* ---- Progress and results -------------------------------------------------------------------- */

static void seeds_tell_progress(seeds *self, bool is_end) {
    edo_instant now = edo_now();
    const seeds_opts *o = self->opts;
    if (!self->has_terminal || (!is_end && now.ns - self->told_at.ns < TOLD_EVERY.ns)) return;
    self->told_at = now;
    fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " seeds, %" PRIu64 " fail, %" PRId64 " s%s",
            self->done_n, o->last - o->first + 1, self->failed_n,
            (now.ns - self->began.ns) / 1000000000, is_end ? "\n" : "");
}

/* Lines of a text, each behind a mark. */
static void print_lines(const char *text, const char *mark) {
    while (text && *text) {
        size_t n = strcspn(text, "\n");
        printf("%s%.*s\n", mark, (int)n, text);
        text += n + (text[n] == '\n');
    }
}

/* The faults that are needed, and how to run it again. */
static void print_needed(const seeds *self, const turn *t, const outcome *first, const char *skip,
                         const outcome *least) {
    bool has_less = skip && *skip;
    const char *needed = has_less ? least->faults : first->faults;
    if (skip) {
        printf(needed ? "  of its %" PRIu64 " faults these are needed:\n"
                      : "  none of its %" PRIu64 " faults is needed\n",
               first->faults_n);
        print_lines(needed, "    ");
    }
    printf("  again: edo sim --replay %" PRIu64 "%s%s %s\n", t->seed, has_less ? " --skip " : "",
           has_less ? skip : "", self->opts->words);
}

static int print_failure(const seeds *self, const turn *t, const outcome *o) {
    outcome least = { 0 };
    char words[64], *skip = NULL;
    bool shrinks = o->faults_n > 0 && self->opts->shrinks;
    int err = shrinks ? shrink(self->p, t, o, &skip, &least) : 0;
    if (err < 0) return err;
    printf("seed %" PRIu64 " fails: %s", t->seed, outcome_words(o, words));
    if (o->is_told) printf(", after %" PRIu64 " events", o->events);
    printf("\n");
    print_lines(o->said, "  | ");
    print_needed(self, t, o, skip, &least);
    (void)fflush(stdout);
    free(skip);
    outcome_free(&least);
    return 0;
}

/* ---- Two runs of a seed ---------------------------------------------------------------------- */

/* Prints the first line that differs between two files. */
static void print_first_difference(const char *a, const char *b) {
    FILE *one = fopen(a, "re"), *other = fopen(b, "re");
    char *line = NULL, *line2 = NULL;
    size_t room = 0, room2 = 0;
    while (one && other) {
        ssize_t n = getline(&line, &room, one), n2 = getline(&line2, &room2, other);
        if (n <= 0 && n2 <= 0) {
            printf("  the traces of two more runs are equal\n");
            break;
        }
        if (n == n2 && memcmp(line, line2, (size_t)n) == 0) continue;
        printf("  once:  %s  again: %s", n > 0 ? line : "nothing more\n",
               n2 > 0 ? line2 : "nothing more\n");
        break;
    }
    free(line);
    free(line2);
    if (one) (void)fclose(one);
    if (other) (void)fclose(other);
}

static int print_difference(const seeds *self, const turn *t) {
    char paths[2][4096];
    int err = 0;
    printf("seed %" PRIu64 " fails: two runs of it differ\n", t->seed);
    for (int i = 0; i < 2 && err == 0; i++) {
        outcome o;
        turn traced = *t;
        (void)snprintf(paths[i], sizeof paths[i], "%s/trace-%u-%d", self->p->dir, t->slot, i);
        traced.trace = paths[i];
        err = run_once(self->p, &traced, &o);
        outcome_free(&o);
    }
    if (err == 0) print_first_difference(paths[0], paths[1]);
    for (int i = 0; i < 2; i++) (void)unlink(paths[i]);
    return err;
}

/* Is the second run equal? */
static int run_again(const seeds *self, const turn *t, const outcome *first, bool *is_equal) {
    outcome again;
    int err = run_once(self->p, t, &again);
    *is_equal = outcome_is_like(&again, first) && again.events == first->events &&
                again.digest == first->digest;
    outcome_free(&again);
    return err;
}

/* ---- All of them ----------------------------------------------------------------------------- */

static int run_seed(seeds *self, const turn *t) {
    outcome o;
    bool is_equal = true;
    int err = run_once(self->p, t, &o);
    if (err == 0 && self->opts->is_twice) err = run_again(self, t, &o, &is_equal);
    bool has_failed = o.status != 0 || !is_equal;
    self->done_n++;
    self->events += o.events;
    self->failed_n += err == 0 && has_failed;
    if (err == 0 && !is_equal)
        err = print_difference(self, t);
    else if (err == 0 && has_failed)
        print_failure(self, t, &o);
    outcome_free(&o);
    return err;
}

static int seeds_worker_run(void *arg) {
    const worker *w = arg;
    seeds *self = w->of;
    int err = 0;
    while (err == 0 && self->next <= self->opts->last &&
           self->failed_n < self->opts->failures_max) {
        const turn t = { .seed = self->next++, .slot = w->slot };
        err = run_seed(self, &t);
        seeds_tell_progress(self, false);
    }
    if (self->err == 0) self->err = err;
    return err;
}

int64_t seeds_run(const plan *p, const seeds_opts *opts) {
    seeds s = { .p = p, .opts = opts, .next = opts->first, .began = edo_now() };
    worker *all = calloc(opts->jobs, sizeof *all);
    s.has_terminal = isatty(STDERR_FILENO) == 1;
    if (!all) return -ENOMEM;
    EDO_SCOPE(workers, NULL);
    for (unsigned i = 0; i < opts->jobs; i++) {
        all[i] = (worker){ .of = &s, .slot = i };
        edo_scope_spawn(&workers, seeds_worker_run, &all[i]);
    }
    int err = edo_scope_end(&workers, 0);
    if (err == 0) err = s.err;
    free(all);
    seeds_tell_progress(&s, true);
    if (err < 0) return err;
    int64_t ms = (edo_now().ns - s.began.ns) / 1000000;
    printf("%" PRIu64 " seeds, %" PRIu64 " fail, %" PRIu64 " events, %" PRId64 ".%03d s\n",
           s.done_n, s.failed_n, s.events, ms / 1000, (int)(ms % 1000));
    return (int64_t)s.failed_n;
}
