/* SPDX-License-Identifier: MIT */
/* otlp/worker.h: the task that exports one kind.
 *
 * A collector that says when it may be asked again is left alone until then, also with what it has
 * not seen yet (OTLP, "Throttling": the client MUST throttle itself).
 *
 * inv. 1: what was taken from the queue is sent, rejected or dropped, once.
 * inv. 1 is not asserted: what the collector has taken is known there. */
#ifndef EDOI_OTLP_WORKER_H
#define EDOI_OTLP_WORKER_H

#include "otlp/counts.h"
#include "otlp/queue.h"
#include "otlp/way/way.h"

#include <edo/notify.h>
#include <edo/span.h>
#include <edo/task.h>

typedef struct edoi_otlp_worker {
    const edoi_otlp_settings *settings; /* const */
    edo_otlp_kind kind;                 /* const */
    edoi_otlp_way way;
    edoi_otlp_queue queue;
    struct edo_metrics *metrics; /* const; of numbers, which have no queue */
    int64_t began_ns;            /* const; the wall clock's: since when numbers count */
    edo_span *silent;            /* const, shared */
    edo_task *task;              /* NULL: it was not started */
    edo_notify wake, done;
    edo_atomic_u64 asked, reached; /* atomic: OW1; flushes that were asked for, and done */
    edo_atomic_u64 ends_ns; /* atomic, relaxed, `wake` shows it: no pause goes beyond; 0: any may */
    edoi_otlp_counts counts;
    edo_atomic_u64 told_next; /* atomic, relaxed: when a loss may be told again */
    /* Of the task, and of what ends it once that is joined: */
    edo_instant quiet_until; /* before, the collector is not asked */
    edoi_otlp_answer said;   /* by the collector, last */
    uint64_t told;           /* lost items that the log has told of */
} edoi_otlp_worker;

/* Errors: as edo_otlp_start(). After a failure edoi_otlp_worker_end() is to be called, too. */
EDO_MUST_USE int edoi_otlp_worker_start(edoi_otlp_worker *w);

/* Has the task look at its queue, which is half full. */
void edoi_otlp_worker_wake(edoi_otlp_worker *w);

/* Asks for all to be sent, and returns the number of that. */
uint64_t edoi_otlp_worker_ask(edoi_otlp_worker *w);

/* Waits until that was done. Errors: -ETIMEDOUT, -ECANCELED. */
EDO_MUST_USE int edoi_otlp_worker_reach(edoi_otlp_worker *w, uint64_t asked, edo_instant until);

/* Has the task give up what would have to wait for longer than that. To be called before what is
 * to be sent at the end is asked for. */
void edoi_otlp_worker_hurry(edoi_otlp_worker *w, edo_instant until);

/* Cancels the task, waits for its end, and logs what was lost. */
void edoi_otlp_worker_end(edoi_otlp_worker *w);

#endif
