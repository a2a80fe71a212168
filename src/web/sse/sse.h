/* SPDX-License-Identifier: MIT */
/* web/sse/sse.h: the events of a response: a queue of what was posted (post.c), and the driver that
 * sends it: a keeper beside a handler that goes on (send.c), or a connection that has neither
 * (detached.c). The struct of a driver begins with the events.
 *
 * inv. 1: events are queued while `is_open`, from the start to the end; afterwards holders of a
 *         reference share the memory alone. */
#ifndef EDOI_WEB_SSE_SSE_H
#define EDOI_WEB_SSE_SSE_H

#include "base/atomic.h"
#include "web/posts/queue.h"

#include <edo/sse.h>

#define EDOI_SSE_HEAD_MAX 18u /* bytes of the head of a chunk */

/* Counted by edo_rc. An event as the chunk that is sent: "LENGTH CRLF text CRLF". The last one, the
 * end, has no text. */
struct edo_sse_frame {
    edoi_post post; /* first: the text */
    edo_buf chunk;  /* from `begin` on */
    uint32_t begin; /* the text is behind EDOI_SSE_HEAD_MAX bytes */
};

/* What the queue calls, without its lock. */
typedef struct edoi_sse_driver {
    /* An event was queued. `is_idle`: a task that takes it has to be started. Returns 0, or a code
     * if that fails: then the event is lost, and the response was broken off. */
    int (*posted)(edo_sse_events *s, bool is_idle);
    void (*lost)(edo_sse_events *s); /* an event was lost: the response is broken off */
} edoi_sse_driver;

/* Counted by edo_rc. */
struct edo_sse_events {
    const edoi_sse_driver *driver; /* const */
    edoi_post_queue queue;
    edoi_post_bounds bounds; /* const */
    bool is_open;            /* lock: the queue's */
};

/* ---- text.c ---------------------------------------------------------------------------------- */

/* Is this an event that may be sent? */
bool edoi_sse_is_good(const edo_sse_event *e);

/* Appends the text of an event. Returns 0, or a code, after which a part may be there. */
int edoi_sse_print(edo_buf *to, const edo_sse_event *e);

/* ---- send.c ---------------------------------------------------------------------------------- */

/* Ends the events of a request whose handler has returned `result` or calls edo_sse_end(), and
 * releases them. Returns as edo_sse_end(). */
int edoi_sse_end(edo_sse_events *s, int result);

/* Are the options valid? */
bool edoi_sse_are_good(const edo_sse_opts *o);

/* Sets the status and the fields of a response of events. Returns 0 or a code. */
int edoi_sse_set_head(edo_web *w);

/* ---- post.c ---------------------------------------------------------------------------------- */

/* Sets up the events within a driver's struct. */
void edoi_sse_events_init(edo_sse_events *s, const edoi_sse_driver *driver,
                          const edo_sse_opts *opts);
void edoi_sse_events_deinit(edo_sse_events *s);

/* Opens the queue for posts, until edoi_sse_shut(), which drops it. */
void edoi_sse_open(edo_sse_events *s);
void edoi_sse_shut(edo_sse_events *s);

/* Ends the events because one of them is lost, unless they have ended. */
void edoi_sse_lose(edo_sse_events *s);

/* Queues a frame, while the events are open. Returns as edoi_posts_push(). Called with the queue's
 * lock held. */
int edoi_sse_push(edo_sse_events *s, edo_sse_frame *f, const edoi_post_bounds *bounds,
                  edoi_posts_gone *gone);

/* Queues the end of the response. Returns as edoi_posts_push(), or -EDO_ECLOSED. */
int edoi_sse_push_end(edo_sse_events *s);

/* Returns how many events are queued. */
size_t edoi_sse_queued(edo_sse_events *s);

/* Takes the oldest event, with its reference; NULL: there is none. */
edo_sse_frame *edoi_sse_next(edo_sse_events *s);

/* The first returns the text of an event, the second the chunk around it. */
EDOI_INLINE edo_str edoi_sse_text(const edo_sse_frame *f) {
    return (edo_str){ f->chunk.ptr + EDOI_SSE_HEAD_MAX, f->post.n };
}

EDOI_INLINE edo_str edoi_sse_chunk(const edo_sse_frame *f) {
    return (edo_str){ f->chunk.ptr + f->begin, f->chunk.len - f->begin };
}

#endif
