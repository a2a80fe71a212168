/* SPDX-License-Identifier: MIT */
/* floor-uring-files WAY [options] FILE: reads of 4 KiB at random places of FILE, which the kernel
 * has in its cache.
 *
 * WAY is `pread`, one after the other; `threads`, pread() as jobs of a pool of threads; or `ring`,
 * with the options of ring.h. Further options:
 *
 *     -k N       reads at once (1)
 *     -n N       reads (20000)
 *     -j N       threads of the pool (4)
 *     --device   from the device: posix_fadvise(DONTNEED) empties the cache of the file before
 *
 * One line of JSON: CPU time of the process, its threads in the kernel included, wall time, and
 * calls of io_uring_enter, each for a read. */
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

enum { BLOCK = 4096, AT_ONCE_MAX = 256, THREADS_MAX = 64 };

typedef struct reads {
    ring_opts opts;
    unsigned at_once, n, threads_n;
    bool from_device;
    int fd;
    uint64_t blocks, random;
    uint64_t calls;
} reads;

static char block[AT_ONCE_MAX][BLOCK];

static off_t next_place(reads *r) {
    r->random ^= r->random << 13;
    r->random ^= r->random >> 7;
    r->random ^= r->random << 17;
    return (off_t)(r->random % r->blocks) * BLOCK;
}

static void must_be_block(ssize_t n) {
    if (n != BLOCK) ring_must(n < 0 ? -errno : -EIO, "pread");
}

static void by_pread(reads *r) {
    for (unsigned i = 0; i < r->n; i++) must_be_block(pread(r->fd, block[0], BLOCK, next_place(r)));
}

/* ---- A pool of threads ----------------------------------------------------------------------- */

/* lock: mu, all of it. Jobs are numbers of blocks; a job that is done is free for the next read. */
static struct {
    pthread_mutex_t mu;
    pthread_cond_t has_job, has_done;
    unsigned jobs[AT_ONCE_MAX], jobs_n, done[AT_ONCE_MAX], done_n;
    off_t places[AT_ONCE_MAX];
    bool is_over;
    int fd;
} pool = { .mu = PTHREAD_MUTEX_INITIALIZER,
           .has_job = PTHREAD_COND_INITIALIZER,
           .has_done = PTHREAD_COND_INITIALIZER };

static void *pool_thread(void *arg) {
    (void)arg;
    pthread_mutex_lock(&pool.mu);
    for (;;) {
        while (pool.jobs_n == 0 && !pool.is_over) pthread_cond_wait(&pool.has_job, &pool.mu);
        if (pool.jobs_n == 0) break;
        unsigned job = pool.jobs[--pool.jobs_n];
        pthread_mutex_unlock(&pool.mu);
        must_be_block(pread(pool.fd, block[job], BLOCK, pool.places[job]));
        pthread_mutex_lock(&pool.mu);
        pool.done[pool.done_n++] = job;
        pthread_cond_signal(&pool.has_done);
    }
    pthread_mutex_unlock(&pool.mu);
    return NULL;
}

/* Begins a read for each free block, as far as reads are left; returns how many are left then. */
static unsigned begin_jobs(reads *r, unsigned left) {
    while (left > 0 && pool.done_n > 0) {
        unsigned job = pool.done[--pool.done_n];
        pool.places[job] = next_place(r);
        pool.jobs[pool.jobs_n++] = job;
        pthread_cond_signal(&pool.has_job);
        left--;
    }
    return left;
}

static void by_threads(reads *r) {
    pthread_t threads[THREADS_MAX];
    pool.fd = r->fd;
    for (unsigned i = 0; i < r->at_once; i++) pool.done[pool.done_n++] = i;
    for (unsigned i = 0; i < r->threads_n; i++)
        ring_must(-pthread_create(&threads[i], NULL, pool_thread, NULL), "a thread");
    pthread_mutex_lock(&pool.mu);
    unsigned left = begin_jobs(r, r->n);
    while (left > 0 || pool.done_n < r->at_once) {
        pthread_cond_wait(&pool.has_done, &pool.mu);
        left = begin_jobs(r, left);
    }
    pool.is_over = true;
    pthread_cond_broadcast(&pool.has_job);
    pthread_mutex_unlock(&pool.mu);
    for (unsigned i = 0; i < r->threads_n; i++) pthread_join(threads[i], NULL);
}

/* ---- A ring ---------------------------------------------------------------------------------- */

static void begin_read(reads *r, struct io_uring *ring, uint64_t which) {
    struct io_uring_sqe *sqe = ring_next(ring);
    io_uring_prep_read(sqe, r->opts.direct ? 0 : r->fd, block[which], BLOCK,
                       (uint64_t)next_place(r));
    if (r->opts.direct) sqe->flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data64(sqe, which);
}

static void by_ring(reads *r) {
    struct io_uring ring;
    ring_open(&ring, &r->opts, AT_ONCE_MAX, 1);
    if (r->opts.direct) ring_must(io_uring_register_files_update(&ring, 0, &r->fd, 1), "the table");
    unsigned begun = 0, done = 0;
    while (begun < r->at_once && begun < r->n) begin_read(r, &ring, begun++);
    while (done < r->n) {
        unsigned head, found = 0;
        struct io_uring_cqe *cqe;
        r->calls++;
        int err = io_uring_submit_and_wait(&ring, 1);
        if (err != -EINTR) ring_must(err, "io_uring_enter");
        io_uring_for_each_cqe(&ring, head, cqe) {
            if (cqe->res != BLOCK) ring_must(cqe->res < 0 ? cqe->res : -EIO, "read");
            if (begun < r->n) {
                begin_read(r, &ring, cqe->user_data);
                begun++;
            }
            found++;
        }
        io_uring_cq_advance(&ring, found);
        done += found;
    }
    io_uring_queue_exit(&ring);
}

static const struct {
    const char *name;
    void (*run)(reads *r);
} ways[] = { { "pread", by_pread }, { "threads", by_threads }, { "ring", by_ring } };

static bool files_parse(reads *r, int argc, char **argv) {
    for (int i = 2; i < argc - 1; i++) {
        unsigned *number = !strcmp(argv[i], "-k")   ? &r->at_once
                           : !strcmp(argv[i], "-n") ? &r->n
                           : !strcmp(argv[i], "-j") ? &r->threads_n
                                                    : NULL;
        if (number)
            *number = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--device"))
            r->from_device = true;
        else if (!ring_option(&r->opts, argv[i]))
            return false;
    }
    return r->at_once > 0 && r->at_once <= AT_ONCE_MAX && r->threads_n <= THREADS_MAX;
}

/* Opens the file, and brings it into the cache or out of it. */
static void files_prepare(reads *r, const char *path) {
    r->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0) ring_must(-errno, path);
    r->blocks = (uint64_t)lseek(r->fd, 0, SEEK_END) / BLOCK;
    r->random = UINT64_C(0x9e3779b97f4a7c15);
    if (r->from_device) {
        fdatasync(r->fd); // what is not yet written stays in the cache
        ring_must(-posix_fadvise(r->fd, 0, 0, POSIX_FADV_DONTNEED), "posix_fadvise");
    } else {
        for (uint64_t i = 0; i < r->blocks; i++)
            must_be_block(pread(r->fd, block[0], BLOCK, (off_t)i * BLOCK));
    }
}

int main(int argc, char **argv) {
    reads r = { .at_once = 1, .n = 20000, .threads_n = 4 };
    size_t way = 0, count = sizeof ways / sizeof ways[0];
    while (way < count && (argc < 3 || strcmp(argv[1], ways[way].name) != 0)) way++;
    if (way == count || !files_parse(&r, argc, argv)) {
        fprintf(stderr, "usage: floor-uring-files pread|threads|ring [options] FILE\n");
        return 2;
    }
    files_prepare(&r, argv[argc - 1]);
    double cpu = ring_clock_s(CLOCK_PROCESS_CPUTIME_ID), wall = ring_clock_s(CLOCK_MONOTONIC);
    ways[way].run(&r);
    cpu = ring_clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    wall = ring_clock_s(CLOCK_MONOTONIC) - wall;
    printf("{\"cpu_us\":%.3f,\"wall_us\":%.3f,\"calls\":%.3f}\n", cpu * 1e6 / r.n, wall * 1e6 / r.n,
           (double)r.calls / r.n);
    return 0;
}
