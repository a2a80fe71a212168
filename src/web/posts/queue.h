/* SPDX-License-Identifier: MIT */
/* web/posts/queue.h: the posts of a connection that are not written yet: bytes that many
 * connections share, in order, up to a bound.
 *
 * inv. 1: the ring counts the bytes that it holds.
 *
 * Lock order: under `lock` no other lock is taken, but memory for a ring is asked for. What leaves
 * the queue meanwhile is given back behind the unlock. */
#ifndef EDOI_WEB_POSTS_QUEUE_H
#define EDOI_WEB_POSTS_QUEUE_H

#include <edo/metrics.h>

#include <pthread.h>

/* Bytes that are posted. Counted by edo_rc. A struct with the bytes begins with it. */
typedef struct edoi_post {
    size_t n;     /* bytes, as bounds count them */
    bool is_last; /* nothing is posted behind it */
} edoi_post;

/* Counted by edo_rc. */
typedef struct edoi_post_ring {
    uint32_t cap, first, n;
    bool is_flushing;   /* a task will take all of them */
    size_t bytes;       /* inv. 1 */
    edoi_post *posts[]; /* counted */
} edoi_post_ring;

/* An empty queue is all zero, except for the lock. */
typedef struct edoi_post_queue {
    pthread_mutex_t lock;
    edoi_post_ring *ring; /* lock; NULL: the queue is empty, and no task takes from it */
} edoi_post_queue;

/* How much may be queued. All zero is the default. */
typedef struct edoi_post_bounds {
    size_t bytes_max;     /* 0: 1 MiB */
    edo_counter *dropped; /* borrowed; counts the posts that were left out; NULL: not counted */
    uint32_t posts_max;   /* 0: 256 */
    bool drop_oldest;     /* instead of the new post, unless that alone is too large */
} edoi_post_bounds;

#define EDOI_POSTS_GONE_MAX 8u

/* What has left a queue with `lock` held, and is given back without. All zero: nothing. */
typedef struct edoi_posts_gone {
    void *all[EDOI_POSTS_GONE_MAX]; /* counted by edo_rc: posts, and rings with theirs */
    uint32_t n;
} edoi_posts_gone;

void edoi_posts_init(edoi_post_queue *q);
void edoi_posts_deinit(edoi_post_queue *q);

/* Queues `p`, with a reference of its own. `bounds` NULL: no bounds. Returns 0; 1 if a task has to
 * be started, too, that takes from the queue; -ENOBUFS or -ENOMEM; -EAGAIN if `gone` is full: to be
 * called again when that was given back. Called with `lock` held. */
int edoi_posts_push(edoi_post_queue *q, edoi_post *p, const edoi_post_bounds *bounds,
                    edoi_posts_gone *gone);

/* Takes the oldest post, with its reference. NULL: there is none, and the task that takes from the
 * queue ends. Called with `lock` held. */
edoi_post *edoi_posts_take(edoi_post_queue *q, edoi_posts_gone *gone);

/* Drops all posts. Called with `lock` held. */
void edoi_posts_drop(edoi_post_queue *q, edoi_posts_gone *gone);

/* Gives back what is gone. Called without `lock`. */
void edoi_posts_give_back(edoi_posts_gone *gone);

/* Called with `lock` held. */
EDOI_INLINE uint32_t edoi_posts_count(const edoi_post_queue *q) {
    return q->ring ? q->ring->n : 0;
}

/* Walks the queue, and asserts the invariant. Called with `lock` held. */
void edoi_posts_check(const edoi_post_queue *q);

#endif
