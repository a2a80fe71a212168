/* SPDX-License-Identifier: MIT */
/* in_poll.c: edo inside a loop over poll() that is not edo's. An edo task writes numbers into a
 * pipe; the loop reads the pipe and has each number squared by another task. */
#include <edo/edo.h>

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { NUMBERS = 3 };

static edo_runtime *rt;
static int numbers[2]; // a pipe: descriptors of the loop's, of which edo knows nothing
static int replies_n;

/* ---- edo's side ------------------------------------------------------------------------------ */

static int ask(void *arg) {
    (void)arg;
    for (int n = 1; n <= NUMBERS; n++) {
        int err;
        do err = edo_sleep(edo_ms(2));
        while (err == 0 && replies_n < n - 1); // one request at a time
        if (err < 0) return err;
        if (write(numbers[1], &n, sizeof n) != sizeof n) return -1; // a pipe takes that at once
    }
    return 0;
}

/* It runs in a turn, on the loop's thread: so it may touch the loop's data. */
static int square(void *arg) {
    int n = (int)(intptr_t)arg;
    int err = edo_sleep(edo_ms(1));
    if (err < 0) return err;
    printf("%d squared is %d\n", n, n * n);
    replies_n++;
    return 0;
}

/* Always has something to do; the loop goes on all the same. */
static int keep_busy(void *arg) {
    (void)arg;
    int err = 0;
    while (err == 0 && replies_n < NUMBERS) err = edo_yield();
    return err;
}

/* ---- the loop's side ------------------------------------------------------------------------- */

static int spawn(edo_task_fn *fn, void *arg) {
    edo_task *t = edo_spawn_on(rt, fn, arg);
    if (t) edo_task_detach(t);
    return t ? 0 : -1;
}

static int on_number(void) {
    int n;
    if (read(numbers[0], &n, sizeof n) != sizeof n) return -1;
    return spawn(square, (void *)(intptr_t)n);
}

/* In ms, as poll() wants it: rounded up, -1 for ever. */
static int time_left(edo_instant deadline) {
    if (deadline.ns == INT64_MAX) return -1;
    int64_t ns = edo_instant_since(deadline, edo_now()).ns;
    return ns > 0 ? (int)((ns + 999999) / 1000000) : 0;
}

static int loop(void) {
    struct pollfd fds[] = { { .fd = edo_runtime_fd(rt), .events = POLLIN },
                            { .fd = numbers[0], .events = POLLIN } };
    int err = fds[0].fd < 0 ? fds[0].fd : 0;
    while (err >= 0 && replies_n < NUMBERS) {
        if (poll(fds, 2, time_left(edo_runtime_next_deadline(rt))) < 0) return -1;
        if (fds[1].revents && on_number() < 0) return -1;
        err = edo_runtime_turn(rt, edo_ns(0)); // is cheap if there is nothing to do
    }
    return err;
}

int main(void) {
    if (pipe(numbers) < 0) return 1;
    if (edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }) < 0) return 1;
    int err = spawn(ask, NULL);
    if (err == 0) err = spawn(keep_busy, NULL);
    if (err == 0) err = loop();
    edo_runtime_free(rt);
    return err < 0 ? 1 : 0;
}
