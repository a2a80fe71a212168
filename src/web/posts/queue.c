/* SPDX-License-Identifier: MIT */
/* web/posts/queue.c: see queue.h. */
#include "web/posts/queue.h"

#include "base/assert.h"

#include <edo/bytes.h>

#include <errno.h>

#define POSTS_MAX  256u
#define BYTES_MAX  ((size_t)1 << 20)
#define RING_FIRST 8u

void edoi_posts_init(edoi_post_queue *q) {
    pthread_mutex_init(&q->lock, NULL);
    q->ring = NULL;
}

void edoi_posts_deinit(edoi_post_queue *q) {
    edo_rc_unref(q->ring);
    pthread_mutex_destroy(&q->lock);
}

/* ---- What is gone ---------------------------------------------------------------------------- */

static void posts_leave(edoi_posts_gone *gone, void *counted) {
    EDO_ASSERT(gone->n < EDOI_POSTS_GONE_MAX);
    gone->all[gone->n++] = counted;
}

void edoi_posts_give_back(edoi_posts_gone *gone) {
    while (gone->n > 0) edo_rc_unref(gone->all[--gone->n]);
}

/* ---- The ring -------------------------------------------------------------------------------- */

/* Takes the oldest post, of a ring that is not empty. */
static edoi_post *post_ring_pop(edoi_post_ring *r) {
    edoi_post *p = r->posts[r->first];
    r->first = (r->first + 1) % r->cap;
    r->n--;
    r->bytes -= p->n;
    return p;
}

static void post_ring_deinit(void *self) {
    edoi_post_ring *r = self;
    while (r->n > 0) edo_rc_unref(post_ring_pop(r));
}

/* Makes room for one more post. */
static bool posts_grow(edoi_post_queue *q, edoi_posts_gone *gone) {
    edoi_post_ring *old = q->ring;
    if (old && old->n < old->cap) return true;
    uint32_t cap = old ? 2 * old->cap : RING_FIRST;
    edoi_post_ring *r = edo_rc_new(sizeof *r + cap * sizeof(edoi_post *), post_ring_deinit);
    if (!r) return false;
    *r = (edoi_post_ring){ .cap = cap };
    if (old) {
        r->is_flushing = old->is_flushing;
        r->bytes = old->bytes;
        while (old->n > 0) r->posts[r->n++] = post_ring_pop(old);
        posts_leave(gone, old);
    }
    q->ring = r;
    return true;
}

/* ---- The queue ------------------------------------------------------------------------------- */

/* Makes a place for `n` bytes. With `drop_oldest` there always is one, unless they alone exceed the
 * bound of the queue. Returns 0, -ENOBUFS, or -EAGAIN if `gone` is full. */
static int posts_make_place(edoi_post_ring *r, size_t n, const edoi_post_bounds *b,
                            edoi_posts_gone *gone) {
    uint32_t posts_max = b->posts_max > 0 ? b->posts_max : POSTS_MAX;
    size_t bytes_max = b->bytes_max > 0 ? b->bytes_max : BYTES_MAX;
    if (n > bytes_max) return -ENOBUFS;
    while (r && (r->n >= posts_max || r->bytes > bytes_max - n)) {
        if (!b->drop_oldest) return -ENOBUFS;
        if (gone->n == EDOI_POSTS_GONE_MAX) return -EAGAIN;
        posts_leave(gone, post_ring_pop(r));
        edo_counter_add(b->dropped, 1);
    }
    return 0;
}

int edoi_posts_push(edoi_post_queue *q, edoi_post *p, const edoi_post_bounds *bounds,
                    edoi_posts_gone *gone) {
    int err = bounds ? posts_make_place(q->ring, p->n, bounds, gone) : 0;
    if (err == -ENOBUFS) edo_counter_add(bounds->dropped, 1);
    if (err < 0) return err;
    if (!posts_grow(q, gone)) return -ENOMEM; // a ring that has just lost a post does not grow
    edoi_post_ring *r = q->ring;
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): posts_grow() has set `cap`
    r->posts[(r->first + r->n++) % r->cap] = edo_rc_ref(p);
    r->bytes += p->n;
    bool was_flushing = r->is_flushing;
    r->is_flushing = true;
    return !was_flushing;
}

edoi_post *edoi_posts_take(edoi_post_queue *q, edoi_posts_gone *gone) {
    if (edoi_posts_count(q) > 0) return post_ring_pop(q->ring);
    edoi_posts_drop(q, gone);
    return NULL;
}

void edoi_posts_drop(edoi_post_queue *q, edoi_posts_gone *gone) {
    EDO_CHECK(edoi_posts_check(q));
    if (q->ring) posts_leave(gone, q->ring);
    q->ring = NULL;
}

void edoi_posts_check(const edoi_post_queue *q) {
    const edoi_post_ring *r = q->ring;
    size_t bytes = 0;
    if (!r) return;
    EDO_ASSERT(r->n <= r->cap && r->first < r->cap);
    for (uint32_t i = 0; i < r->n; i++) {
        const edoi_post *p = r->posts[(r->first + i) % r->cap];
        bytes += p->n;
        EDO_ASSERT(!p->is_last || i + 1 == r->n);
    }
    EDO_INV("queue inv. 1", r->bytes == bytes);
}
