/* SPDX-License-Identifier: MIT */
/* time/retry.c: calls a function until it succeeds.
 *
 * A trail tells the story of one error, and the next attempt begins a new one. So the stories of
 * failed attempts are kept as text, and become lines below the last error when retrying ends. */
#include "base/error/trail.h"
#include "base/opts.h"
#include "time/attempts.h"
#include "time/pause.h"

#include <edo/retry.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ATTEMPTS_DEFAULT 3
#define STORIES          6 /* the first and the newest; lines of a trail are few: error.h */
#define STORY_BYTES      112

typedef struct retrial {
    int attempts;
    int failed_n; /* attempts that failed and were followed by another one */
    edo_backoff backoff;
    char stories[STORIES][STORY_BYTES];
} retrial;

/* Of more failed attempts than there is room for, the second is forgotten. */
static int story_of_next(retrial *r) {
    if (r->failed_n < STORIES) return r->failed_n;
    memmove(r->stories[1], r->stories[2], sizeof r->stories - 2 * sizeof r->stories[0]);
    return STORIES - 1;
}

static void keep_story(retrial *r, int err) {
    char *text = r->stories[story_of_next(r)];
    r->failed_n++;
    int at = snprintf(text, STORY_BYTES, "attempt %d: ", r->failed_n);
    if (at < 0) at = 0;
    // not the story of an error with this code around the call
    (void)edoi_trail_print_open(text + at, STORY_BYTES - (size_t)at, err);
    edoi_trail_drop(err); // or lines of this attempt would lie under those of the next one
}

/* Adds the stories of earlier attempts to that of `err`. */
static int with_stories(const retrial *r, int err) {
    int kept = r->failed_n < STORIES ? r->failed_n : STORIES;
    for (int i = kept; i-- > 0;) (void)edo_fail(err, "%s", r->stories[i]);
    return err;
}

/* After an attempt that returned `err`: returns 0 after a pause, if another one follows, else the
 * result of all. */
static int pause_or_end(retrial *r, const edo_retry_opts *opts, void *arg, int err) {
    if (err == -ECANCELED || err == -EDO_EMISUSE) return err;
    edo_duration pause = edo_backoff_next(&r->backoff);
    if (opts->retry_if && !opts->retry_if(arg, err, &pause))
        return edo_fail(err, "attempt %d, not to be repeated", r->failed_n + 1);
    if (r->failed_n + 1 >= r->attempts)
        return edo_fail(err, "attempt %d, the last", r->failed_n + 1);
    if (edoi_pause_is_too_long(pause))
        return edo_fail(err, "attempt %d, the last before the deadline", r->failed_n + 1);
    keep_story(r, err);
    int cut = edo_sleep(pause);
    return cut < 0 ? cut : 0;
}

int edo_retry(edo_task_fn *fn, void *arg, const edo_retry_opts *opts) {
    static const edo_retry_opts defaults = { .attempts = ATTEMPTS_DEFAULT };
    if (!opts) opts = &defaults;
    if (opts->attempts < 1 || !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved)))
        return -EINVAL;
    int err = edo_budget_consume();
    if (err < 0) return err;
    retrial r;
    r.attempts = opts->attempts;
    r.failed_n = 0;
    err = edo_backoff_init(&r.backoff, &opts->backoff);
    if (err < 0) return err;
    edoi_attempts series;
    edoi_trail_kept kept = edoi_trail_keep();
    edoi_attempts_begin(&series);
    int result = fn(arg);
    while (result < 0 && (err = pause_or_end(&r, opts, arg, result)) == 0) {
        edoi_attempts_next(&series);
        result = fn(arg);
    }
    edoi_attempts_end(&series);
    if (result >= 0) return edoi_trail_kept_end(kept, result); // makes up for the failures
    return edoi_trail_kept_end(kept, with_stories(&r, err));
}
