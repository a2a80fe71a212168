/* SPDX-License-Identifier: MIT */
/* net/many.c: writes to many streams. What are sends of a socket go to the kernel together, by the
 * ring for that of the driver: they do not wait, so all are over when the call returns, and a full
 * socket is waited for as after a single send. */
#include "driver/ring/batch.h"
#include "io/op.h"
#include "io/source_io.h"
#include "net/raw_socket.h"
#include "runtime/worker/polled.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MANY_LEAST 4 /* fewer cost as much one by one */

#ifdef EDOI_TSAN

/* NULL: each is a call. The tool would not see that what is sent is ordered before what is
 * received. */
static edoi_batch *batch_here(void) {
    return NULL;
}

#else

/* EDO_SENDS, read once. */
static bool is_together;

static void many_read_wish(void) {
    const char *wish = getenv("EDO_SENDS");
    is_together = !wish || strcmp(wish, "each") != 0;
}

/* NULL: each is a call. */
static edoi_batch *batch_here(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, many_read_wish); // this cannot fail
    edoi_driver *d = is_together && !edoi_calls_go_through_libc ? edoi_driver_here() : NULL;
    return d ? edoi_driver_batch(d) : NULL;
}

#endif

/* Some of the writes, with what their sources were like before. */
typedef struct many_sends {
    edoi_batch *batch;
    uint32_t n;
    edo_write_to *at[EDOI_BATCH_MAX];
    uint32_t ticks[EDOI_BATCH_MAX];
} many_sends;

/* Returns whether the write is one of them, or over. */
static bool many_add(many_sends *s, edo_write_to *one) {
    if (edoi_stream_misused(one->to)) return false;
    if (!(one->to->ops->flags & EDOI_STREAM_SENDS) || one->n == 0) return false;
    edoi_source *src = edoi_source_behind(one->to);
    int err = edoi_may_try(src, EDOI_WRITE, NULL, NULL, &s->ticks[s->n]);
    if (err < 0) {
        one->result = err;
        return true;
    }
    edoi_batch_send(s->batch, edoi_source_fd(src), one->buf, one->n, &one->result);
    s->at[s->n++] = one;
    return true;
}

/* What the send has made of it. */
static void many_settle(edo_write_to *one, uint32_t tick) {
    edoi_source *src = edoi_source_behind(one->to);
    int put = one->result;
    if (put == EDOI_BATCH_REFUSES || put == -EINTR) {
        one->result = edo_try_write(one->to, one->buf, one->n);
    } else if (put < 0) {
        errno = -put;
        (void)edoi_try_is_over(src, EDOI_WRITE, NULL, tick, &one->result);
        edoi_stream_note_lost(one->to, one->result);
    } else if ((size_t)put < one->n) {
        edoi_source_drained(src, EDOI_WRITE, tick);
    }
}

static void many_run(many_sends *s) {
    edoi_batch_run(s->batch);
    for (uint32_t i = 0; i < s->n; i++) many_settle(s->at[i], s->ticks[i]);
    s->n = 0;
}

void edo_try_write_many(edo_write_to *all, size_t n) {
    many_sends s;
    s.batch = n >= MANY_LEAST ? batch_here() : NULL;
    s.n = 0;
    for (size_t i = 0; i < n; i++) {
        if (!s.batch || !many_add(&s, &all[i]))
            all[i].result = edo_try_write(all[i].to, all[i].buf, all[i].n);
        if (s.n == EDOI_BATCH_MAX) many_run(&s);
    }
    if (s.n > 0) many_run(&s);
}
