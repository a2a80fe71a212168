/* SPDX-License-Identifier: MIT */
/* web/sse/post.c: sends events from any task without waiting. An event is printed once, shared by
 * all responses that it goes to, and queued, up to a bound, until the driver has sent it. */
#include "base/assert.h"
#include "web/sse/sse.h"

#include <errno.h>
#include <stdio.h>

/* ---- Frames ---------------------------------------------------------------------------------- */

static void sse_events_frame_deinit(void *self) {
    edo_buf_deinit(&((edo_sse_frame *)self)->chunk);
}

/* Prints the event, with the chunk around it. */
static int sse_frame_print(edo_sse_frame *f, const edo_sse_event *event) {
    static const char gap[EDOI_SSE_HEAD_MAX];
    char head[EDOI_SSE_HEAD_MAX + 1];
    int err = edo_buf_append(&f->chunk, gap, sizeof gap);
    if (err == 0 && event) err = edoi_sse_print(&f->chunk, event);
    if (err < 0) return err;
    f->post.n = f->chunk.len - sizeof gap;
    int n = snprintf(head, sizeof head, "%zx\r\n", f->post.n);
    EDO_ASSERT(n > 0 && (size_t)n <= EDOI_SSE_HEAD_MAX);
    f->begin = EDOI_SSE_HEAD_MAX - (uint32_t)n;
    memcpy(f->chunk.ptr + f->begin, head, (size_t)n);
    return edo_buf_append(&f->chunk, "\r\n", 2);
}

/* Makes a frame; `event` NULL: the end. */
static int sse_frame_new(edo_sse_frame **out, const edo_sse_event *event) {
    edo_sse_frame *f = edo_rc_new(sizeof *f, sse_events_frame_deinit);
    if (!f) return -ENOMEM;
    f->post.is_last = !event;
    edo_buf_init(&f->chunk);
    int err = sse_frame_print(f, event);
    if (err < 0) {
        edo_rc_unref(f);
        return err;
    }
    *out = f;
    return 0;
}

int edo_sse_frame_new(edo_sse_frame **out, const edo_sse_event *event) {
    return edoi_sse_is_good(event) ? sse_frame_new(out, event) : -EINVAL;
}

edo_sse_frame *edo_sse_frame_ref(edo_sse_frame *f) {
    return edo_rc_ref(f);
}

void edo_sse_frame_unref(edo_sse_frame *f) {
    edo_rc_unref(f);
}

/* ---- The events ------------------------------------------------------------------------------ */

void edoi_sse_events_init(edo_sse_events *s, const edoi_sse_driver *driver,
                          const edo_sse_opts *opts) {
    *s = (edo_sse_events){ .driver = driver,
                           .bounds = { .posts_max = opts->queue_max,
                                       .bytes_max = opts->queue_bytes_max,
                                       .drop_oldest = opts->drop_oldest,
                                       .dropped = opts->dropped } };
    edoi_posts_init(&s->queue);
}

void edoi_sse_events_deinit(edo_sse_events *s) {
    edoi_posts_deinit(&s->queue);
}

edo_sse_events *edo_sse_ref(edo_sse *s) {
    return s->events ? edo_rc_ref(s->events) : NULL;
}

edo_sse_events *edo_sse_events_ref(edo_sse_events *events) {
    return edo_rc_ref(events);
}

void edo_sse_unref(edo_sse_events *events) {
    edo_rc_unref(events);
}

/* ---- The queue ------------------------------------------------------------------------------- */

void edoi_sse_open(edo_sse_events *s) {
    pthread_mutex_lock(&s->queue.lock);
    s->is_open = true;
    pthread_mutex_unlock(&s->queue.lock);
}

/* Closes the queue. Returns whether it was open. */
static bool shut(edo_sse_events *s) {
    edoi_posts_gone gone = { .n = 0 };
    pthread_mutex_lock(&s->queue.lock);
    bool was_open = s->is_open;
    s->is_open = false;
    edoi_posts_drop(&s->queue, &gone);
    pthread_mutex_unlock(&s->queue.lock);
    edoi_posts_give_back(&gone);
    return was_open;
}

void edoi_sse_shut(edo_sse_events *s) {
    (void)shut(s);
}

void edoi_sse_lose(edo_sse_events *s) {
    if (shut(s)) s->driver->lost(s);
}

size_t edoi_sse_queued(edo_sse_events *s) {
    pthread_mutex_lock(&s->queue.lock);
    size_t n = edoi_posts_count(&s->queue);
    pthread_mutex_unlock(&s->queue.lock);
    return n;
}

edo_sse_frame *edoi_sse_next(edo_sse_events *s) {
    edoi_posts_gone gone = { .n = 0 };
    pthread_mutex_lock(&s->queue.lock);
    edoi_post *p = edoi_posts_take(&s->queue, &gone);
    pthread_mutex_unlock(&s->queue.lock);
    edoi_posts_give_back(&gone);
    return (edo_sse_frame *)(void *)p;
}

int edoi_sse_push(edo_sse_events *s, edo_sse_frame *f, const edoi_post_bounds *bounds,
                  edoi_posts_gone *gone) {
    EDO_INV("sse inv. 1", s->is_open);
    return edoi_posts_push(&s->queue, &f->post, bounds, gone);
}

int edoi_sse_push_end(edo_sse_events *s) {
    edoi_posts_gone gone = { .n = 0 };
    edo_sse_frame *end = NULL;
    int err = sse_frame_new(&end, NULL);
    pthread_mutex_lock(&s->queue.lock);
    if (!s->is_open) err = -EDO_ECLOSED;
    if (err == 0) err = edoi_sse_push(s, end, NULL, &gone);
    s->is_open = false;
    pthread_mutex_unlock(&s->queue.lock);
    edoi_posts_give_back(&gone);
    edo_rc_unref(end);
    return err;
}

/* Queues a frame within the bounds. Returns as edoi_posts_push(), or -EDO_ECLOSED. */
static int sse_try_push(edo_sse_events *s, edo_sse_frame *f) {
    edoi_posts_gone gone = { .n = 0 };
    pthread_mutex_lock(&s->queue.lock);
    int err = s->is_open ? edoi_sse_push(s, f, &s->bounds, &gone) : -EDO_ECLOSED;
    pthread_mutex_unlock(&s->queue.lock);
    edoi_posts_give_back(&gone);
    return err;
}

int edo_sse_post(edo_sse_events *events, edo_sse_frame *f) {
    if (!events) return -EDO_ECLOSED;
    int err;
    while ((err = sse_try_push(events, f)) == -EAGAIN) continue; // some of the oldest are left out
    if (err >= 0) return events->driver->posted(events, err == 1);
    if (err != -EDO_ECLOSED) edoi_sse_lose(events); // a response that has lost an event ends
    return err;
}
