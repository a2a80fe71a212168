/* SPDX-License-Identifier: MIT */
/* Goal: what a reader that waits for each message costs in system calls: one for a pipe of the
 * library, one more for a pipe whose other end is unknown, which may have packets.
 * Method: the file under test is included, and its system calls are counted. */
#include "inside.h"

#include <edo/edo.h>
#include <edo/pipe.h>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

static int reads, questions;

static ssize_t counted_readv(int fd, const struct iovec *to, int n) {
    reads++;
    return readv(fd, to, n);
}

static int counted_ioctl(int fd, unsigned long request, int *value) {
    questions++;
    return ioctl(fd, request, value);
}

#define readv counted_readv
#define ioctl counted_ioctl
#include "fd/fd_stream.c"
#undef readv
#undef ioctl

#define ROUNDS 10

typedef struct kind {
    const char *name;
    int flags;            /* of pipe2() */
    bool is_own;          /* made as edo_pipe() does */
    int at_once;          /* messages of one round */
    int reads, questions; /* of one round */
} kind;

static const kind pipe_kinds[] = {
    { "a pipe of the library", 0, true, 1, 1, 0 },
    { "a pipe of others", 0, false, 1, 1, 1 },
    { "packets of the library", O_DIRECT, true, 4, 5, 0 },
    { "packets of others", O_DIRECT, false, 4, 4, 4 },
};

typedef struct reading {
    edo_stream *from;
    int left;
} reading;

static int reads_packets(void *arg) {
    reading *r = arg;
    char buf[8];
    for (; r->left > 0; r->left--) CHECK_EQ(edo_read(r->from, buf, sizeof buf), 1);
    return 0;
}

/* On one thread: the reader waits before each round. */
static int counts(void *arg) {
    const kind *k = arg;
    int fds[2];
    reading r = { .left = ROUNDS * k->at_once };
    CHECK_EQ(pipe2(fds, O_CLOEXEC | O_NONBLOCK | k->flags), 0);
    if (k->is_own) CHECK_EQ(edoi_pipe_stream_new(&r.from, fds[0], k->flags != 0, NULL), 0);
    if (!k->is_own) CHECK_EQ(edoi_fd_stream_new(&r.from, fds[0], NULL), 0);
    reads = questions = 0;
    edo_task *reader = edo_spawn(reads_packets, &r);
    YIELD_FOR(reads != 0); // the first finds nothing
    reads = 0;
    for (int i = 1; i <= ROUNDS; i++) {
        for (int n = 0; n < k->at_once; n++) CHECK_EQ(write(fds[1], "x", 1), 1);
        YIELD_FOR(r.left <= (ROUNDS - i) * k->at_once);
        for (int n = 0; n < 3 && i < ROUNDS; n++) CHECK_EQ(edo_yield(), 0); // it waits again
    }
    CHECK_EQ(edo_task_join(reader), 0);
    print_message("%s: %d reads, %d questions\n", k->name, reads, questions);
    bool knows_end = k->flags == 0 || !k->is_own;
    CHECK_EQ(reads, ROUNDS * k->reads - !knows_end); // the last read is the last message's
    CHECK_EQ(questions, ROUNDS * k->questions);
    edo_close(r.from);
    CHECK_EQ(close(fds[1]), 0);
    return 0;
}

static void drained_pipe_costs_one_system_call_more_at_most(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(pipe_kinds); i++)
        CHECK_EQ(inside_with(counts, (void *)(uintptr_t)&pipe_kinds[i], &one_thread), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drained_pipe_costs_one_system_call_more_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
