/* SPDX-License-Identifier: MIT */
/* log/out/drain.c: the thread that writes the lines of a queue.
 *
 * It writes as many whole lines at once as one write may have: what a pipe takes atomically, or
 * 64 KiB where no other program waits for room. While the reader does not read, or the disk is
 * full, the thread waits, and the queue fills up. If the reader is gone, the lines are lost. */
#include "base/assert.h"
#include "base/held.h"
#include "log/out/queue.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>

#define ROOM_MS     100 /* between two looks at a disk that is full, or a queue that is abandoned */
#define REFUSED_MS  10  /* after a write that was refused although there was room */
#define REFUSED_MAX 3

/* ---- A piece --------------------------------------------------------------------------------- */

static size_t piece_limit(const edoi_log_queue *q) {
    return q->output && !q->output->writer.may_stall ? sizeof q->piece : PIPE_BUF;
}

/* Copies lines from the ring; returns how many bytes, and in `*at` where the ring is free up to. */
static size_t piece_take(edoi_log_queue *q, uint64_t *at) {
    edoi_log_queued line;
    size_t n = 0;
    *at = edoi_load_rlx_u64(&q->ring.tail); // relaxed: this thread writes it
    for (uint64_t next = *at; edoi_log_ring_next(&q->ring, &next, &line); *at = next) {
        if (n > 0 && n + line.text.len > piece_limit(q)) break;
        memcpy(q->piece + n, line.text.ptr, line.text.len);
        n += line.text.len;
    }
    return n;
}

/* ---- Writing --------------------------------------------------------------------------------- */

/* Sets the output to the file that the descriptor leads to now; without memory it stays. */
static void drain_follow(edoi_log_queue *q) {
    if (q->output && edoi_log_output_leads(q->output, q->fd)) return;
    edoi_log_output *now = edoi_log_output_of(q->fd);
    if (!now) return;
    if (q->output) edoi_log_queues_turn(); // lines may have to look otherwise there
    edoi_log_output_unref(q->output);
    q->output = now;
}

/* False: the descriptor is not the queue's any more (inv. 2), or the process ends. */
static bool write_begins(edoi_log_queue *q) {
    edoi_mutex_acquire(&q->mu);
    bool may = !q->is_abandoned;
    edoi_store_seq_u32(&q->is_writing, may ? 1 : 0); // LC1: pairs with LC1 in crash.c
    edoi_mutex_release(&q->mu);
    if (may && edoi_load_seq_u32(&q->has_crashed)) { // LC1
        edoi_store_seq_u32(&q->is_writing, 0);       // LC1
        for (;;) (void)poll(NULL, 0, -1); // the other thread writes what is left, and aborts
    }
    return may;
}

static void write_ends(edoi_log_queue *q) {
    edoi_mutex_acquire(&q->mu);
    edoi_store_seq_u32(&q->is_writing, 0); // LC1
    (void)pthread_cond_broadcast(&q->written);
    edoi_mutex_release(&q->mu);
}

/* Writes what there is room for; 0: nothing; or -errno. */
static ssize_t drain_some(edoi_log_queue *q, edo_str bytes, bool begins) {
    if (!write_begins(q)) return -ECANCELED;
    drain_follow(q);
    ssize_t wrote = -ENOMEM;
    if (q->output) wrote = edoi_log_output_some(q->output, q->fd, bytes, begins);
    write_ends(q);
    return wrote;
}

/* Waits for a while until there may be room. */
static void await_room(edoi_log_queue *q, ssize_t wrote, int *refused_n) {
    struct pollfd pfd = { .fd = q->fd, .events = POLLOUT };
    bool is_full = wrote == -ENOSPC || wrote == -EDQUOT || wrote == -ENOMEM;
    if (is_full || poll(&pfd, 1, ROOM_MS) < 0) {
        (void)poll(NULL, 0, ROOM_MS);
    } else if (pfd.revents != 0 && ++*refused_n > REFUSED_MAX) {
        (void)poll(NULL, 0, REFUSED_MS);
    }
}

static bool may_come_back(ssize_t wrote) {
    return wrote == 0 || wrote == -EINTR || wrote == -ENOSPC || wrote == -EDQUOT ||
           wrote == -ENOMEM;
}

/* Writes all of it, however long that takes; returns how many bytes could be written. */
static size_t drain_write(edoi_log_queue *q, edo_str lines) {
    int refused_n = 0;
    size_t done = 0;
    while (done < lines.len) {
        ssize_t wrote = drain_some(q, (edo_str){ lines.ptr + done, lines.len - done }, done == 0);
        if (wrote > 0) {
            done += (size_t)wrote;
            refused_n = 0;
        } else if (may_come_back(wrote)) {
            await_room(q, wrote, &refused_n);
        } else {
            break;
        }
    }
    return done;
}

/* The lines of the piece that are not whole among its first `done` bytes are lost. */
static void piece_lose(edoi_log_queue *q, uint64_t at, size_t done) {
    uint64_t n = 0, next = edoi_load_rlx_u64(&q->ring.tail); // relaxed: this thread writes it
    edoi_log_lost lost = { .n = { 0 } };
    edoi_log_queued line;
    for (size_t end = 0; next != at && edoi_log_ring_next(&q->ring, &next, &line);) {
        end += line.text.len;
        if (end > done) lost.n[line.level]++;
    }
    for (size_t level = 0; level < EDOI_LOG_LEVELS; level++) n += lost.n[level];
    edoi_log_queue_lose(q, &lost);
    edoi_log_outputs_count(n);
}

/* The lines before `at` are done with. */
static void piece_free(edoi_log_queue *q, uint64_t at) {
    edoi_log_ring_free(&q->ring, at);
    edoi_mutex_acquire(&q->mu);
    q->written_at = at;
    (void)pthread_cond_broadcast(&q->written);
    edoi_mutex_release(&q->mu);
}

/* Once the queue has room again: says what was lost. */
static void drain_tell_lost(edoi_log_queue *q) {
    edoi_log_lost lost;
    edoi_mutex_acquire(&q->mu);
    edoi_log_tell_fn *tell = q->tell;
    edoi_log_look look = q->look;
    edoi_mutex_release(&q->mu);
    if (!tell || edoi_log_ring_is_filling(&q->ring)) return;
    if (!edoi_log_queue_take_lost(q, &lost)) return;
    edo_str line = tell(&lost, &look, q->piece, sizeof q->piece);
    if (drain_write(q, line) < line.len) edoi_log_queue_lose(q, &lost);
}

/* ---- The thread ------------------------------------------------------------------------------ */

static bool queue_is_abandoned(edoi_log_queue *q) {
    edoi_mutex_acquire(&q->mu);
    bool is_abandoned = q->is_abandoned;
    edoi_mutex_release(&q->mu);
    return is_abandoned;
}

/* Writes a piece; false: there is none. */
static bool drain_piece(edoi_log_queue *q) {
    uint64_t at;
    size_t n = piece_take(q, &at);
    if (n == 0) return false;
    size_t done = drain_write(q, (edo_str){ q->piece, n });
    if (done < n) piece_lose(q, at, done);
    piece_free(q, at);
    if (done == n) drain_tell_lost(q);
    return true;
}

/* Frees the lines left in an abandoned queue, which count as dropped. */
static void drain_lose_rest(edoi_log_queue *q) {
    uint64_t at;
    while (piece_take(q, &at) > 0) {
        piece_lose(q, at, 0);
        piece_free(q, at);
    }
}

/* After a piece it naps, so that it is not woken for each line, and then it sleeps. */
void *edoi_log_queue_drain(void *arg) {
    edoi_log_queue *q = arg;
    edoi_log_rest how = EDOI_LOG_NAPS;
    while (!queue_is_abandoned(q)) {
        if (drain_piece(q)) {
            how = EDOI_LOG_NAPS;
        } else {
            edoi_log_queue_rest(q, how);
            how = how == EDOI_LOG_NAPS ? EDOI_LOG_SLEEPS : EDOI_LOG_NAPS;
        }
    }
    drain_lose_rest(q);
    edoi_log_output_unref(q->output);
    edoi_log_queue_unref(q);
    return NULL;
}
