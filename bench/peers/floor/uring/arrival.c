/* SPDX-License-Identifier: MIT */
/* floor-uring-arrival KIND [options] FILE: what another thread sees of a ring whose own thread does
 * not enter the kernel: one submits an operation and computes, the other one looks at the queue of
 * completions, which is memory of both.
 *
 * KIND is what is awaited: `socket`, a byte, which the other thread sends; `timer`, 2 ms; `device`,
 * a block of FILE that is not in the cache. The options are those of ring.h and
 *
 *     --read      the ring's thread waits in read(2) of a pipe instead of computing
 *     --epoll     it waits in epoll_wait(2) for that pipe
 *     -n N        rounds (100)
 *
 * One line of JSON: rounds, how many completions the other thread has seen within 100 ms, median
 * and longest time until it saw them, how often poll(2) of the ring's descriptor told it that there
 * is something in those 100 ms, and how often the waiting call was interrupted. A round ends when
 * the ring's thread, told to, has entered and got the completion: it comes at last in every round.
 */
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ROUNDS_MAX = 10000, BLOCK = 4096, STEP = 257 /* blocks from one read to the next */ };

static const double LOOK_S = 0.1, SPIN_S = 1e-3, PAUSE_S = 20e-6, TIMER_S = 2e-3;

static struct {
    struct io_uring ring;
    ring_opts opts;
    const char *kind;
    bool reads, epolls;
    unsigned rounds;
    int sockets[2], pipes[2], set, fd;
    pid_t submitter;             /* const once the other thread runs */
    atomic_uint begun, released; /* rounds: by the ring's thread, by the other one */
    double begun_s;              /* published by `begun` */
    double seen_s[ROUNDS_MAX];   /* the other thread, as all below */
    unsigned seen_n, polled_n;
    unsigned interrupted_n; /* the ring's thread */
} test = { .rounds = 100 };

static bool is_kind(const char *name) {
    return !strcmp(test.kind, name);
}

/* ---- The other thread ------------------------------------------------------------------------ */

/* Until the ring's thread sleeps in its call: /proc says S behind the name. */
static void await_sleep(void) {
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)test.submitter);
    for (;;) {
        FILE *f = fopen(path, "r");
        bool read = f && fgets(text, sizeof text, f);
        if (f) fclose(f);
        const char *end = read ? strrchr(text, ')') : NULL;
        if (end && end[1] == ' ' && end[2] == 'S') return;
        sched_yield();
    }
}

static bool has_completion(void) {
    return io_uring_smp_load_acquire(test.ring.cq.ktail) != *test.ring.cq.khead;
}

static void look_for_it(double begin) {
    const struct timespec pause = { .tv_nsec = (long)(PAUSE_S * 1e9) };
    bool is_polled = false;
    for (;;) {
        double now = ring_clock_s(CLOCK_MONOTONIC);
        struct pollfd p = { .fd = test.ring.ring_fd, .events = POLLIN };
        if (has_completion()) {
            test.seen_s[test.seen_n++] = now > begin ? now - begin : 0;
            return;
        }
        if (!is_polled && poll(&p, 1, 0) > 0) {
            is_polled = true;
            test.polled_n++;
        }
        if (now - begin > LOOK_S) return;
        if (now - begin > SPIN_S) nanosleep(&pause, NULL);
    }
}

static void *look(void *arg) {
    (void)arg;
    for (unsigned round = 1; round <= test.rounds; round++) {
        while (atomic_load(&test.begun) != round) sched_yield();
        if (test.reads || test.epolls) await_sleep();
        double begin = ring_clock_s(CLOCK_MONOTONIC);
        if (is_kind("socket") && write(test.sockets[1], "x", 1) != 1) ring_must(-errno, "write");
        if (is_kind("timer")) begin = test.begun_s + TIMER_S;
        if (is_kind("device")) begin = test.begun_s;
        look_for_it(begin);
        atomic_store(&test.released, round);
        if ((test.reads || test.epolls) && write(test.pipes[1], "x", 1) != 1)
            ring_must(-errno, "write");
    }
    return NULL;
}

/* ---- The ring's thread ----------------------------------------------------------------------- */

static void submit_one(unsigned round) {
    static struct __kernel_timespec after = { .tv_nsec = 2000000 };
    static char bytes[BLOCK];
    struct io_uring_sqe *sqe = ring_next(&test.ring);
    if (is_kind("socket"))
        io_uring_prep_recv(sqe, test.sockets[0], bytes, 1, 0);
    else if (is_kind("timer"))
        io_uring_prep_timeout(sqe, &after, 0, 0);
    else
        io_uring_prep_read(sqe, test.fd, bytes, BLOCK, (uint64_t)round * STEP * BLOCK);
    test.begun_s = ring_clock_s(CLOCK_MONOTONIC);
    ring_must(io_uring_submit(&test.ring), "io_uring_enter");
}

static bool was_interrupted(void) {
    if (errno != EINTR) ring_must(-errno, "the wait");
    test.interrupted_n++;
    return true;
}

/* Computes, or waits in a call that is none of the ring, until the other thread has looked. */
static void be_busy(unsigned round) {
    char byte;
    struct epoll_event event;
    if (!test.reads && !test.epolls) {
        while (atomic_load_explicit(&test.released, memory_order_relaxed) != round) continue;
        return;
    }
    while (test.epolls && epoll_wait(test.set, &event, 1, -1) != 1 && was_interrupted()) continue;
    while (read(test.pipes[0], &byte, 1) != 1 && was_interrupted()) continue;
}

static void take_completion(void) {
    struct io_uring_cqe *cqe;
    int err;
    while ((err = io_uring_wait_cqe(&test.ring, &cqe)) == -EINTR) continue;
    ring_must(err, "io_uring_enter");
    if (cqe->res < 0 && cqe->res != -ETIME) ring_must(cqe->res, test.kind);
    io_uring_cqe_seen(&test.ring, cqe);
}

static int by_time(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool arrival_parse(int argc, char **argv) {
    for (int i = 2; i < argc - 1; i++) {
        if (!strcmp(argv[i], "--read"))
            test.reads = true;
        else if (!strcmp(argv[i], "--epoll"))
            test.epolls = true;
        else if (!strcmp(argv[i], "-n"))
            test.rounds = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (!ring_option(&test.opts, argv[i]))
            return false;
    }
    test.kind = argc > 2 ? argv[1] : "";
    return (is_kind("socket") || is_kind("timer") || is_kind("device")) && test.rounds > 0 &&
           test.rounds <= ROUNDS_MAX;
}

static void arrival_prepare(const char *path) {
    test.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (test.fd < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, test.sockets) < 0 ||
        pipe2(test.pipes, O_CLOEXEC) < 0 || (test.set = epoll_create1(EPOLL_CLOEXEC)) < 0)
        ring_must(-errno, path);
    struct epoll_event event = { .events = EPOLLIN };
    if (epoll_ctl(test.set, EPOLL_CTL_ADD, test.pipes[0], &event) < 0) ring_must(-errno, "epoll");
    fdatasync(test.fd); // what is not yet written stays in the cache
    ring_must(-posix_fadvise(test.fd, 0, 0, POSIX_FADV_DONTNEED), "posix_fadvise");
    ring_must(-posix_fadvise(test.fd, 0, 0, POSIX_FADV_RANDOM), "posix_fadvise");
    if (is_kind("device") && lseek(test.fd, 0, SEEK_END) / BLOCK < (off_t)test.rounds * STEP + 1)
        ring_must(-ENODATA, "a file that is long enough");
    ring_open(&test.ring, &test.opts, 64, 0);
    test.submitter = (pid_t)syscall(SYS_gettid);
}

int main(int argc, char **argv) {
    if (!arrival_parse(argc, argv)) {
        fprintf(stderr, "usage: floor-uring-arrival socket|timer|device [options] FILE\n");
        return 2;
    }
    arrival_prepare(argv[argc - 1]);
    pthread_t other;
    ring_must(-pthread_create(&other, NULL, look, NULL), "a thread");
    for (unsigned round = 1; round <= test.rounds; round++) {
        submit_one(round);
        atomic_store(&test.begun, round);
        be_busy(round);
        take_completion();
    }
    pthread_join(other, NULL);
    qsort(test.seen_s, test.seen_n, sizeof test.seen_s[0], by_time);
    printf("{\"rounds\":%u,\"seen\":%u", test.rounds, test.seen_n);
    if (test.seen_n > 0)
        printf(",\"median_us\":%.0f,\"longest_us\":%.0f", test.seen_s[test.seen_n / 2] * 1e6,
               test.seen_s[test.seen_n - 1] * 1e6);
    printf(",\"polled\":%u,\"interrupted\":%u}\n", test.polled_n, test.interrupted_n);
    return 0;
}
