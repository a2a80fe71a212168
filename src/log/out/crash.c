/* SPDX-License-Identifier: MIT */
/* log/out/crash.c: see crash.h.
 *
 * The thread that crashes may hold any lock, so it takes none. It finds the lines in the rings
 * (queue.h, inv. 1): it is their only reader once the writers have seen `has_crashed`. */
#include "log/out/crash.h"

#include "log/out/queue.h"
#include "recorder/note.h"
#include "recorder/region.h"
#include "recorder/write.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS  INT64_C(1000000)
#define WRITING_MS 100  /* for a write that has begun: they do not block, mostly */
#define OTHER_MS   5000 /* for another thread that reports its crash */

static int64_t crash_now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); // this cannot fail
    return now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
}

/* Waits until the writer is in no write; it begins none. */
static void writer_stop(edoi_log_queue *q) {
    edoi_store_seq_u32(&q->has_crashed, 1); // LC1: pairs with LC1 in drain.c
    for (int ms = 0; ms < WRITING_MS && edoi_load_seq_u32(&q->is_writing); ms++) // LC1
        (void)poll(NULL, 0, 1);
}

/* False: there is no room before `until_ns`, or the descriptor fails. */
static bool crash_write(int fd, edo_str text, int64_t until_ns) {
    while (text.len > 0) {
        struct pollfd pfd = { .fd = fd, .events = POLLOUT };
        int64_t left_ns = until_ns - crash_now_ns();
        if (left_ns <= 0) return false;
        if (poll(&pfd, 1, (int)(left_ns / NS_PER_MS) + 1) <= 0) continue;
        ssize_t wrote = write(fd, text.ptr, text.len);
        if (wrote < 0 && errno != EINTR && errno != EAGAIN) return false;
        if (wrote <= 0) continue;
        text.ptr += wrote;
        text.len -= (size_t)wrote;
    }
    return true;
}

static void crash_queue(edoi_log_queue *q, int64_t until_ns) {
    edoi_log_queued line;
    writer_stop(q);
    uint64_t at = edoi_load_acq_u64(&q->ring.tail); // LR1: the writer's last
    while (edoi_log_ring_next(&q->ring, &at, &line) && crash_write(q->fd, line.text, until_ns)) {
    }
}

void edoi_log_queues_crash(void) {
    static edo_atomic_u32 has_begun;
    if (edoi_swap_rlx_u32(&has_begun, 1)) return; // another thread does
    int64_t until_ns = crash_now_ns() + EDOI_LOG_FLUSH_NS;
    for (size_t i = 0; i < EDOI_LOG_QUEUES; i++) {
        edoi_log_queue *q = edoi_load_acq_ptr(&edoi_log_queues_shown[i]); // LQ2
        if (q) crash_queue(q, until_ns);
    }
}

static const char *crash_name(int signo) {
    switch (signo) {
    case SIGABRT: return "SIGABRT";
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGFPE: return "SIGFPE";
    default: return "SIGILL";
    }
}

/* ---- The handler ----------------------------------------------------------------------------- */

static edo_atomic_u32 crashed_by; /* atomic, relaxed: the first thread that crashes; 0: none has */
static edo_atomic_u32 has_told;   /* atomic, relaxed: it has told; no data */

/* The first thread that crashes writes the report. Another one must not end the process meanwhile.
 * The first one gets here again if it crashes while it reports. */
void edoi_log_crash_tell(const char *why) {
    uint32_t first = 0, me = (uint32_t)syscall(SYS_gettid);
    if (edoi_cas_rlx_u32(&crashed_by, &first, me)) {
        edoi_log_queues_crash(); // first: it needs no memory that may be the crash's cause
        edoi_recorder_crash(why);
        edoi_store_rlx_u32(&has_told, 1);
        return;
    }
    if (first == me) return;
    for (int ms = 0; ms < OTHER_MS && !edoi_load_rlx_u32(&has_told); ms++) (void)poll(NULL, 0, 1);
}

/* Has somebody cut the file that the recorder's memory is? The program can do without. */
static bool crash_is_of_recorder(int signo, const siginfo_t *info) {
    edo_str text = EDO_STR("edo: the recorder's file was cut: nothing is recorded any more\n");
    if (signo != SIGBUS || info->si_code != BUS_ADRERR || !edoi_recorder_is_lost(info->si_addr))
        return false;
    if (edoi_swap_rlx_u32(&edoi_recorder_depth, EDO_RECORDER_OFF) == EDO_RECORDER_OFF) return true;
    (void)crash_write(STDERR_FILENO, text, crash_now_ns() + EDOI_LOG_FLUSH_NS);
    return true;
}

/* The default action follows: abort() raises the signal again, and so does an instruction that
 * faults when it runs again. */
static void on_crash(int signo, siginfo_t *info, void *context) {
    int err = errno;
    struct sigaction deflt = { .sa_handler = SIG_DFL };
    (void)context;
    if (crash_is_of_recorder(signo, info)) {
        errno = err;
        return;
    }
    edoi_log_crash_tell(crash_name(signo));
    (void)sigaction(signo, &deflt, NULL);
    if (info->si_code <= 0) (void)raise(signo);
    errno = err;
}

void edoi_log_crash_begin(void) {
    static const int signals[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
    struct sigaction mine = { .sa_sigaction = on_crash };
    (void)sigemptyset(&mine.sa_mask);
    for (size_t i = 0; i < EDO_COUNT(signals); i++) {
        // SIGBUS may come during the report, if the recorder's file was truncated
        mine.sa_flags = SA_SIGINFO | SA_ONSTACK | (signals[i] == SIGBUS ? SA_NODEFER : 0);
        struct sigaction before;
        if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            (void)sigaction(signals[i], &mine, NULL);
    }
}
