/* SPDX-License-Identifier: MIT */
/* time/attempts.h: what the attempts of one call share. A layer, a client or an edo_retry() that
 * makes more than one has an edoi_attempts on its stack, which the context of its fiber or thread
 * knows meanwhile. A balance notes there which endpoints an attempt has had, so that the next one
 * gets another one, as long as there is one.
 *
 * Endpoints are numbers, which only those who note them understand: hashes of their keys.
 *
 * What is barred by attempts before is so for the first EDOI_ATTEMPTS_BAR_S of the next one: an
 * edo_retry() may be around a loop that never ends.
 *
 * inv. 1: the first `barred_n` of `had` are of attempts that are over, or have failed; those behind
 *         are the current attempt's. No endpoint is there twice.
 * inv. 2: the first `before_n` of those are of attempts that are over. */
#ifndef EDOI_TIME_ATTEMPTS_H
#define EDOI_TIME_ATTEMPTS_H

#include "base/lock.h"

#define EDOI_ATTEMPTS_HAD_MAX 8 /* the last ones; for one more the oldest is forgotten */
#define EDOI_ATTEMPTS_BAR_S   10

typedef struct edoi_attempts {
    struct edoi_attempts *outer;         /* that was the innermost when it began; const */
    const void *budget;                  /* of its retries, which its task alone sets; NULL: none */
    void *load;                          /* the run of a flight that it is in; likewise */
    edoi_lock lock;                      /* a leaf; tasks of one call may share it */
    uint32_t had_n, barred_n;            /* lock */
    uint32_t before_n;                   /* lock; barred by attempts before */
    bool succeeded;                      /* lock; the last call that is over */
    bool has_call;                       /* lock; of `budget`, in the current attempt */
    int64_t since_ns;                    /* lock; the current attempt's first look at what is
                                            barred; INT64_MAX: none yet */
    uint64_t had[EDOI_ATTEMPTS_HAD_MAX]; /* lock */
} edoi_attempts;

/* Endpoints, as they were at one moment. */
typedef struct edoi_had {
    uint32_t n;
    uint64_t of[EDOI_ATTEMPTS_HAD_MAX];
} edoi_had;

/* Begins a series on this fiber or thread. */
EDO_API void edoi_attempts_begin(edoi_attempts *self);

/* Another attempt follows, or begins beside the others. */
EDO_API void edoi_attempts_next(edoi_attempts *self);

/* Says of which budget its retries are, before its first attempt. Returns whether a series around
 * it is of that one, too, and this is the first such call in that one's attempt. */
bool edoi_attempts_set_budget(edoi_attempts *self, const void *budget);

/* Ends it, on the fiber or thread that began it. */
EDO_API void edoi_attempts_end(edoi_attempts *self);

/* Makes a series that was begun elsewhere, or is all zero, the innermost here, and ends that.
 * Returns what was the innermost. What that bars `self` bars, too, and what `self` has had that
 * knows at the end. */
EDO_API edoi_attempts *edoi_attempts_enter(edoi_attempts *self);
EDO_API void edoi_attempts_leave(edoi_attempts *self, edoi_attempts *before);

/* The innermost series here; NULL: none. Not to be kept across an await. */
edoi_attempts *edoi_attempts_here(void);

/* Sets `out` to what is barred. `self` may be NULL. */
void edoi_attempts_read(edoi_attempts *self, edoi_had *out);

/* Sets `out` to what the current attempt has had, but for what attempts before had. */
void edoi_attempts_read_had(edoi_attempts *self, edoi_had *out);

EDOI_INLINE bool edoi_had_has(const edoi_had *self, uint64_t endpoint) {
    for (uint32_t i = 0; i < self->n; i++)
        if (self->of[i] == endpoint) return true;
    return false;
}

/* The current attempt has an endpoint; or it has failed there: none of them wants it again. `self`
 * may be NULL. */
void edoi_attempts_note(edoi_attempts *self, uint64_t endpoint);
void edoi_attempts_bar(edoi_attempts *self, uint64_t endpoint);

/* As both, for all of them. `self` may be NULL. */
void edoi_attempts_note_all(edoi_attempts *self, const edoi_had *endpoints);
void edoi_attempts_bar_all(edoi_attempts *self, const edoi_had *endpoints);

/* A call to the endpoint has succeeded, so what follows in this attempt repeats none that is over:
 * an edo_retry() may be around a loop of many calls. Where these have failed may be had again; and
 * if the attempt fails it does so here or later. `self` may be NULL. */
void edoi_attempts_succeed(edoi_attempts *self, uint64_t endpoint);

#endif
