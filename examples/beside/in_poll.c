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

static int on_number(void) {
    int n;
    if (read(numbers[0], &n, sizeof n) != sizeof n) return -1;
    return edo_spawn_detached_on(rt, square, (void *)(intptr_t)n);
}

static int loop(void) {
    struct pollfd fds[] = { { .fd = edo_runtime_fd(rt), .events = POLLIN },
                            { .fd = numbers[0], .events = POLLIN } };
    int err = fds[0].fd < 0 ? fds[0].fd : 0;
    while (err >= 0 && replies_n < NUMBERS) {
        if (poll(fds, 2, edo_runtime_timeout_ms(rt)) < 0) return -1;
        if (fds[1].revents && on_number() < 0) return -1;
        err = edo_runtime_turn(rt, edo_ns(0)); // is cheap if there is nothing to do
    }
    return err;
}

int main(void) {
    if (pipe(numbers) < 0) return 1;
    if (edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }) < 0) return 1;
    int err = edo_spawn_detached_on(rt, ask, NULL);
    if (err == 0) err = edo_spawn_detached_on(rt, keep_busy, NULL);
    if (err == 0) err = loop();
    edo_runtime_free(rt);
    return err < 0 ? 1 : 0;
}
