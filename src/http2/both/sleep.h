/* SPDX-License-Identifier: MIT */
/* http2/both/sleep.h: how the task that drives a session sleeps, while others use the session.
 *
 *           awake                 asleep
 *   begin   asleep, if no news    (never)     edoi_h2_sleep_begin(), the task, behind its turn
 *   kick    -                     awake       edoi_h2_sleep_kick(), others; the wake is due
 *   end     -                     awake       edoi_h2_sleep_end(), the task: it is polled, or over
 *
 * A task that is awake is polled again in any case, or over. Nobody wakes it: what others have
 * submitted meanwhile is news. The task looks for news in the hold of the lock in which it goes to
 * sleep; so either it sees the news, or the others see that it sleeps. All three functions are
 * called with the connection's lock held, and a wake that is due is done behind that hold. The
 * models h2_streams and h2_client run over this. */
#ifndef EDOI_HTTP2_BOTH_SLEEP_H
#define EDOI_HTTP2_BOTH_SLEEP_H

#include "base/assert.h"

#include <edo/future.h>

/* All zero: awake. */
typedef struct edoi_h2_sleep {
    edo_waker *waker; /* asleep: the task's, borrowed; NULL: awake, or over */
} edoi_h2_sleep;

EDOI_INLINE void edoi_h2_sleep_begin(edoi_h2_sleep *s, edo_waker *waker, bool has_news) {
    EDO_ASSERT(!s->waker);
    if (!has_news) s->waker = waker;
}

/* Returns the wake that is due, for edo_waker_deliver(); NULL: none. */
EDOI_INLINE edo_waker *edoi_h2_sleep_kick(edoi_h2_sleep *s) {
    edo_waker *waker = s->waker;
    s->waker = NULL;
    return waker ? edo_waker_mark(waker) : NULL;
}

EDOI_INLINE void edoi_h2_sleep_end(edoi_h2_sleep *s) {
    s->waker = NULL;
}

#endif
