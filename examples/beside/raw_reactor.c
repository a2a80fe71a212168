/* SPDX-License-Identifier: MIT */
/* raw_reactor.c: a reactor of the plain kind, in 60 lines: descriptors are registered with a token;
 * the loop waits until one is ready, and reads it with read(2). Streams do this for you; here it
 * lies open. */
#include <edo/edo.h>
#include <edo/fd.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TOKENS = 3 };

typedef struct source {
    edo_fd_ready_future ready; /* first: the reactor returns its address */
    edo_fd *fd;
    int raw, token;
} source;

/* Waits for the next event of a source; it is asked for anew after each. */
static int wait_for(edo_future_set *reactor, source *s) {
    return edo_future_set_push(reactor, edo_fd_ready_init(&s->ready, s->fd, EDO_IO_READ));
}

/* Reads once: more would be another event. Returns 0 at the end. */
static int handle(source *s) {
    char text[16];
    ssize_t n = read(s->raw, text, sizeof text);
    if (n < 0) return errno == EAGAIN ? 1 : -errno; // readiness is a hint
    if (n == 0) printf("token %d has ended\n", s->token);
    if (n > 0) printf("token %d: %.*s\n", s->token, (int)n, text);
    return n > 0;
}

/* Until all sources have ended. */
static int turn(edo_future_set *reactor) {
    while (edo_future_set_len(reactor) > 0) {
        edo_future *done;
        int err = edo_future_set_done_next(reactor, &done);
        if (err < 0) return err;
        source *s = (source *)(void *)done;
        err = edo_result(&s->ready);
        if (err > 0) err = handle(s);
        if (err > 0) err = wait_for(reactor, s);
        if (err < 0) return err;
    }
    return 0;
}

static int write_slowly(void *arg) {
    const int *fds = arg;
    for (int i = 0; i < 2 * TOKENS; i++) {
        int err = edo_sleep(edo_ms(1));
        if (err < 0) return err;
        const char *text = i < TOKENS ? "hello" : "goodbye";
        if (write(fds[i % TOKENS], text, strlen(text)) < 0) return -errno;
        if (i >= TOKENS) (void)close(fds[i - TOKENS]);
    }
    return 0;
}

static int root(void *arg) {
    (void)arg;
    source sources[TOKENS];
    edo_future_set reactor = EDO_FUTURE_SET_INIT;
    int writing[TOKENS], opened = 0, err = 0;
    for (int i = 0; i < TOKENS && err == 0; i++) {
        int fds[2];
        if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) {
            err = edo_fail(-errno, "a pipe");
            break;
        }
        opened++;
        writing[i] = fds[1];
        sources[i] = (source){ .raw = fds[0], .token = i };
        if (err == 0) err = edo_fd_open(&sources[i].fd, fds[0], NULL); // registers a duplicate
        if (err == 0) err = wait_for(&reactor, &sources[i]);
    }
    if (err == 0) {
        edo_task *t = edo_spawn(write_slowly, writing);
        err = turn(&reactor);
        int written = edo_task_join(t);
        if (err == 0) err = written;
    }
    edo_future_set_deinit(&reactor);
    for (int i = 0; i < opened; i++) {
        edo_fd_close(sources[i].fd); // NULL is allowed
        (void)close(sources[i].raw);
    }
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
