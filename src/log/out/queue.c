/* SPDX-License-Identifier: MIT */
/* log/out/queue.c: see queue.h. */
#include "log/out/queue.h"

#include "base/assert.h"
#include "base/cond.h"
#include "base/fork.h"
#include "base/held.h"
#include "base/lock.h"
#include "log/out/thread.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define CELLS_N   (1u << 15) /* 1 MiB: some 7,000 lines */
#define NS_PER_MS INT64_C(1000000)

edo_atomic_ptr edoi_log_queues_shown[EDOI_LOG_QUEUES]; /* written under queues.lock */

static struct queues {
    edoi_lock lock;
    bool may_be;        /* lock: lock */
    edo_atomic_u32 way; /* relaxed: how often lines have had to go another way */
} queues;

static pthread_mutex_t start_mu = PTHREAD_MUTEX_INITIALIZER;

/* ---- Which there are ------------------------------------------------------------------------- */

static size_t queue_bytes(void) {
    return sizeof(edoi_log_queue) + edoi_log_ring_bytes(CELLS_N);
}

static void queue_init_thread(edoi_log_queue *q) {
    (void)pthread_mutex_init(&q->mu, NULL);
    edoi_cond_init(&q->woken);
    edoi_cond_init(&q->written);
}

/* One mapping, so that only touched pages cost memory. The ring comes first, on a page boundary. */
static edoi_log_queue *queue_new(int fd) {
    char *at =
        mmap(NULL, queue_bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return NULL;
    edoi_log_queue *q = (edoi_log_queue *)(void *)(at + edoi_log_ring_bytes(CELLS_N));
    q->fd = fd;
    q->flush_ns = EDOI_LOG_FLUSH_NS;
    q->users_n = 1;
    edoi_store_rlx_u64(&q->refs, 1); // relaxed: no other thread has it
    edoi_log_ring_init(&q->ring, at, CELLS_N);
    queue_init_thread(q);
    return q;
}

static void queue_free(edoi_log_queue *q) {
    (void)pthread_cond_destroy(&q->woken);
    (void)pthread_cond_destroy(&q->written);
    (void)pthread_mutex_destroy(&q->mu);
    (void)munmap(q->ring.bytes, queue_bytes());
}

void edoi_log_queue_unref(edoi_log_queue *q) {
    // LQ1: pairs with LQ1: who frees it has seen all that others did with it
    if (q && edoi_sub_acqrel_u64(&q->refs, 1) == 1) queue_free(q);
}

static edoi_log_queue *queue_at(size_t i) {
    return edoi_load_acq_ptr(&edoi_log_queues_shown[i]); // LQ2: pairs with LQ2 in queue_show
}

/* Called with the lock held: the queue of `fd`, or NULL. */
static edoi_log_queue *queue_find(int fd) {
    for (size_t i = 0; i < EDOI_LOG_QUEUES; i++)
        if (queue_at(i) && queue_at(i)->fd == fd) return queue_at(i);
    return NULL;
}

/* Called with the lock held; false: there is no place. */
static bool queue_show(edoi_log_queue *q) {
    size_t i = 0;
    while (i < EDOI_LOG_QUEUES && queue_at(i)) i++;
    if (i == EDOI_LOG_QUEUES) return false;
    edoi_store_rel_ptr(&edoi_log_queues_shown[i], q); // LQ2: pairs with LQ2 in queue_at
    return true;
}

void edoi_log_queues_allow(bool may) {
    edoi_lock_acquire(&queues.lock);
    queues.may_be = may;
    edoi_log_queues_turn();
    edoi_lock_release(&queues.lock);
}

void edoi_log_queues_turn(void) {
    edoi_add_rlx_u32(&queues.way, 1); // relaxed, as below: `may_be` is read under the lock
}

uint32_t edoi_log_queues_way(void) {
    return edoi_load_rlx_u32(&queues.way);
}

/* The queue of `fd`, or else `made`, which is then the one; NULL: there is none. */
static edoi_log_queue *queues_join(int fd, edoi_log_queue *made) {
    edoi_lock_acquire(&queues.lock);
    edoi_log_queue *q = queues.may_be ? queue_find(fd) : NULL;
    if (q) {
        q->users_n++;
    } else if (made && queues.may_be && queue_show(made)) {
        q = made;
    }
    edoi_lock_release(&queues.lock);
    return q;
}

edoi_log_queue *edoi_log_queue_use(int fd) {
    edoi_log_queue *q = queues_join(fd, NULL);
    if (q) return q;
    edoi_log_queue *made = queue_new(fd);
    q = queues_join(fd, made);
    if (made && q != made) queue_free(made);
    return q;
}

/* ---- The writer's thread --------------------------------------------------------------------- */

static bool queue_is_written(const edoi_log_queue *q) {
    // LQ3: pairs with LQ3 in queue_start, whose thread is there
    return edoi_load_acq_u32(&q->has_writer);
}

static bool start_thread(edoi_log_queue *q) {
    edoi_log_queue_ref(q);
    bool runs = edoi_log_thread(edoi_log_queue_drain, q, "edo-log");
    if (!runs) edoi_log_queue_unref(q);
    return runs;
}

/* False: there is no writer, and none can be made. */
static bool queue_start(edoi_log_queue *q) {
    if (EDOI_LIKELY(queue_is_written(q))) return true;
    edoi_mutex_acquire(&start_mu);
    bool runs = queue_is_written(q) || start_thread(q);
    if (runs) edoi_store_rel_u32(&q->has_writer, 1); // LQ3
    edoi_mutex_release(&start_mu);
    return runs;
}

/* The child has nothing of its parent's lines, and starts a writer of its own with its first. */
static void queues_begin_child(void) {
    start_mu = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    for (size_t i = 0; i < EDOI_LOG_QUEUES; i++) {
        edoi_log_queue *q = queue_at(i);
        if (!q) continue;
        memset(q->lost, 0, sizeof q->lost);
        (void)madvise(q->ring.bytes, edoi_log_ring_bytes(CELLS_N), MADV_DONTNEED); // zeroes it
        edoi_log_ring_init(&q->ring, q->ring.bytes, CELLS_N);
        queue_init_thread(q);
        edoi_store_rlx_u32(&q->has_writer, 0); // relaxed: the only thread
        edoi_store_rlx_u32(&q->is_writing, 0);
        q->is_woken = false;
        q->written_at = 0;
        q->output = NULL; // the writer's reference is lost with it
    }
}

EDOI_ON_FORK(.lock = &queues.lock, .child = queues_begin_child);

/* ---- Lines ----------------------------------------------------------------------------------- */

static void queue_wake(edoi_log_queue *q) {
    edoi_mutex_acquire(&q->mu);
    q->is_woken = true;
    (void)pthread_cond_signal(&q->woken);
    edoi_mutex_release(&q->mu);
}

void edoi_log_queue_drop(edoi_log_queue *q, edo_level level) {
    edoi_add_rlx_u64(&q->lost[level], 1);
    edoi_log_outputs_count(1);
}

/* Without a thread that writes. */
static bool queue_write_at_once(edoi_log_queue *q, edo_str line) {
    edoi_log_output *out = edoi_log_output_of(q->fd);
    bool is_written = out && edoi_log_output_write(out, q->fd, line);
    edoi_log_output_unref(out);
    return is_written;
}

/* After a line was added, or dropped. */
static void queue_tell_writer(edoi_log_queue *q, bool is_urgent) {
    if (edoi_log_ring_wakes(&q->ring, is_urgent)) queue_wake(q);
}

bool edoi_log_queue_add(edoi_log_queue *q, edo_str line, edo_level level) {
    if (EDOI_UNLIKELY(!queue_start(q))) return queue_write_at_once(q, line);
    bool is_added = line.len <= EDOI_LOG_QUEUED_MAX && edoi_log_ring_add(&q->ring, line, level);
    if (!is_added) edoi_log_queue_drop(q, level);
    queue_tell_writer(q,
                      level == EDO_LEVEL_ERROR || !is_added || edoi_log_ring_is_filling(&q->ring));
    return is_added;
}

bool edoi_log_queue_is_full(edoi_log_queue *q, edo_level level) {
    if (EDOI_LIKELY(edoi_log_ring_has_room(&q->ring, level))) return false;
    edoi_log_queue_drop(q, level);
    queue_tell_writer(q, true);
    return true;
}

bool edoi_log_queues_tell(int fd, edo_str line) {
    if (line.len > EDOI_LOG_QUEUED_MAX) return false;
    edoi_lock_acquire(&queues.lock);
    edoi_log_queue *q = queues.may_be ? queue_find(fd) : NULL;
    if (q && !queue_is_written(q)) q = NULL; // a thread may hang in malloc(): none is started now
    if (q) edoi_log_queue_ref(q);
    edoi_lock_release(&queues.lock);
    bool is_added = q && edoi_log_queue_add(q, line, EDO_LEVEL_ERROR);
    edoi_log_queue_unref(q);
    return is_added;
}

/* ---- What is lost ---------------------------------------------------------------------------- */

void edoi_log_queue_tells(edoi_log_queue *q, edoi_log_tell_fn *tell, const edoi_log_look *look) {
    edoi_mutex_acquire(&q->mu);
    q->tell = tell;
    q->look = *look;
    edoi_mutex_release(&q->mu);
}

bool edoi_log_queue_take_lost(edoi_log_queue *q, edoi_log_lost *lost) {
    bool is_any = false;
    for (size_t level = 0; level < EDOI_LOG_LEVELS; level++) {
        lost->n[level] = edoi_load_rlx_u64(&q->lost[level]) > 0
                             ? edoi_swap_rlx_u64(&q->lost[level], 0) // relaxed: a number
                             : 0;
        is_any = is_any || lost->n[level] > 0;
    }
    return is_any;
}

void edoi_log_queue_lose(edoi_log_queue *q, const edoi_log_lost *lost) {
    for (size_t level = 0; level < EDOI_LOG_LEVELS; level++)
        edoi_add_rlx_u64(&q->lost[level], lost->n[level]);
}

/* ---- Waits ----------------------------------------------------------------------------------- */

static int64_t queue_now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); // this cannot fail
    return now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
}

/* Takes the wake that comes before `until_ns`; false: none did. */
static bool queue_await_wake(edoi_log_queue *q, int64_t until_ns) {
    edoi_mutex_acquire(&q->mu);
    while (!q->is_woken && !q->is_abandoned && edoi_cond_wait(&q->woken, &q->mu, until_ns)) {
    }
    bool is_woken = q->is_woken || q->is_abandoned;
    q->is_woken = false;
    edoi_mutex_release(&q->mu);
    return is_woken;
}

void edoi_log_queue_rest(edoi_log_queue *q, edoi_log_rest how) {
    int64_t until_ns = INT64_MAX;
    if (how == EDOI_LOG_NAPS) until_ns = queue_now_ns() + EDOI_LOG_NAP_MS * NS_PER_MS;
    if (!edoi_log_ring_rests(&q->ring, how)) return;
    if (queue_await_wake(q, until_ns) || edoi_log_ring_rises(&q->ring, how)) return;
    (void)queue_await_wake(q, INT64_MAX); // another thread is about to
}

static bool queue_flush_until(edoi_log_queue *q, int64_t until_ns) {
    if (!queue_is_written(q)) return true;            // nothing was added
    uint64_t head = edoi_load_rlx_u64(&q->ring.head); // relaxed: the caller's lines are before
    if (edoi_log_ring_wakes(&q->ring, true)) queue_wake(q);
    edoi_mutex_acquire(&q->mu);
    while (q->written_at < head && edoi_cond_wait(&q->written, &q->mu, until_ns)) {
    }
    bool is_written = q->written_at >= head;
    edoi_mutex_release(&q->mu);
    return is_written;
}

bool edoi_log_queue_flush(edoi_log_queue *q) {
    return queue_flush_until(q, queue_now_ns() + q->flush_ns);
}

/* With a reference; NULL: there is none at `i`. */
static edoi_log_queue *queue_ref_at(size_t i) {
    edoi_lock_acquire(&queues.lock);
    edoi_log_queue *q = queue_at(i);
    if (q) edoi_log_queue_ref(q);
    edoi_lock_release(&queues.lock);
    return q;
}

bool edoi_log_queues_flush(void) {
    int64_t until_ns = queue_now_ns() + EDOI_LOG_FLUSH_NS;
    bool is_written = true;
    for (size_t i = 0; i < EDOI_LOG_QUEUES; i++) {
        edoi_log_queue *q = queue_ref_at(i);
        if (q && !queue_flush_until(q, until_ns)) is_written = false;
        edoi_log_queue_unref(q);
    }
    return is_written;
}

/* ---- The end --------------------------------------------------------------------------------- */

/* queue inv. 2: a write that has begun may go on: it is in the kernel by then, which has the
 * file. */
static void log_queue_abandon(edoi_log_queue *q) {
    int64_t until_ns = queue_now_ns() + q->flush_ns;
    edoi_mutex_acquire(&q->mu);
    q->is_abandoned = true;
    (void)pthread_cond_signal(&q->woken);
    // relaxed: under `mu`, or the wait is over
    while (edoi_load_rlx_u32(&q->is_writing) && edoi_cond_wait(&q->written, &q->mu, until_ns)) {
    }
    edoi_mutex_release(&q->mu);
}

/* True: it was the last, and the queue is hidden. */
static bool queues_leave(edoi_log_queue *q) {
    edoi_lock_acquire(&queues.lock);
    bool is_last = --q->users_n == 0;
    for (size_t i = 0; is_last && i < EDOI_LOG_QUEUES; i++)
        if (queue_at(i) == q) edoi_store_rlx_ptr(&edoi_log_queues_shown[i], NULL); // under the lock
    edoi_lock_release(&queues.lock);
    return is_last;
}

void edoi_log_queue_leave(edoi_log_queue *q) {
    if (!q || !queues_leave(q)) return;
    (void)edoi_log_queue_flush(q);
    log_queue_abandon(q);
    edoi_log_queue_unref(q);
}
