/* SPDX-License-Identifier: MIT */
/* edo-bench-echo [-t threads] [--fiber] [--poll US] HOST:PORT: echoes what it reads, until SIGTERM.
 *
 * Question: what does edo add to the system calls of an echo, and what does an idle connection cost?
 * Guards: no allocation and no buffer for a connection that waits.
 *
 * A connection that waits for bytes holds no buffer: all of a thread read into one, and write it back
 * before they wait again. What the socket does not take at once is copied and awaited. A state machine
 * awaits the read, which takes bytes during its poll only. A fiber awaits readiness and then tries,
 * since others may run between the poll of what it awaits and itself. With --poll the worker polls the
 * driver for at most so long before it sleeps: sooner answers, for more CPU. There is one worker, so -t above
 * 1 exits 3. */
#include <edo/async.h>
#include <edo/net.h>
#include <edo/runtime.h>
#include <edo/task.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, EXIT_ABSENT = 3 };

#define READ_BYTES 16384
#define BACKLOG    4096

static char shared_buf[READ_BYTES]; /* of the one worker; valid between a read and the next await */

/* ---- State machine --------------------------------------------------------------------------- */

/* Writes what fits; answers how many bytes that were, or a code. */
static int write_now(edo_stream *s, int n) {
    int written = edo_try_write(s, shared_buf, (size_t)n);
    return written == -EAGAIN ? 0 : written;
}

/* What the socket did not take at once. */
typedef struct rest {
    edo_writev_future write; /* first: EDO_AWAIT_PTR */
    char bytes[];
} rest;

static rest *copy_rest(edo_stream *s, int written, int n) {
    size_t left = (size_t)(n - written);
    rest *r = malloc(sizeof *r + left);
    if (!r) return NULL;
    memcpy(r->bytes, shared_buf + written, left);
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the answer is r, whose first member the future is
    return (rest *)(void *)edo_write_all_init(&r->write, s, r->bytes, left);
}

EDO_ASYNC(connection, edo_stream *stream; rest * rest; edo_read_future read;) {
    EDO_BEGIN;
    for (;;) {
        EDO_AWAIT(edo_read_init(&self->read, self->stream, shared_buf, READ_BYTES));
        int n, written;
        n = edo_result(&self->read);
        if (n <= 0) break;
        written = write_now(self->stream, n);
        if (written == n) continue;
        if (written < 0) break;
        self->rest = copy_rest(self->stream, written, n);
        if (!self->rest) break;
        EDO_AWAIT_PTR(self->rest);
        if (edo_result(&self->rest->write) < 0) break;
        free(self->rest);
        self->rest = NULL;
    }
    EDO_CLEANUP;
    free(self->rest);
    edo_close(self->stream);
    EDO_END;
}

EDO_FRAME_MAX(connection, 80); // with the task's header 128 bytes; stream and source are 64

static void serve_state(edo_stream *s) {
    connection one;
    one.stream = s;
    one.rest = NULL;
    if (edo_spawn_future_detached(connection_init(&one)) < 0) edo_close(s);
}

EDO_ASYNC(acceptor, edo_listener *listener; edo_stream * stream; edo_accept_future accept;) {
    EDO_BEGIN;
    for (;;) {
        EDO_TRY_AWAIT(edo_accept_init(&self->accept, self->listener, &self->stream));
        serve_state(self->stream);
    }
    EDO_END;
}

/* ---- Fiber ----------------------------------------------------------------------------------- */

static int write_rest(edo_stream *s, int written, int n) {
    rest *r = copy_rest(s, written, n);
    if (!r) return -ENOMEM;
    int err = edo_await(&r->write.base);
    free(r);
    return err;
}

static int connection_fiber(void *arg) {
    edo_stream *s = arg;
    int n;
    while ((n = edo_io_ready(s, EDO_IO_READ)) > 0) {
        n = edo_try_read(s, shared_buf, READ_BYTES);
        if (n == -EAGAIN) continue;
        if (n <= 0) break;
        int written = write_now(s, n);
        if (written >= 0 && written < n) written = write_rest(s, written, n);
        if (written < 0) break;
    }
    edo_close(s);
    return n;
}

static int accept_fiber(edo_listener *listener) {
    int err;
    const edo_spawn_opts lives_long = { .spread = true };
    for (edo_stream *s; (err = edo_accept(listener, &s)) == 0;)
        if (edo_spawn_detached_with(connection_fiber, s, &lives_long) < 0) edo_close(s);
    return err;
}

/* ---- The program ----------------------------------------------------------------------------- */

typedef struct options {
    const char *address;
    bool fiber;
    edo_duration poll; /* before sleep; 0: none */
} options;

static int serve(void *arg) {
    const options *o = arg;
    edo_listener *listener;
    int err = edo_tcp_listen(&listener, o->address, &(edo_tcp_opts){ .backlog = BACKLOG });
    if (err < 0) return err;
    if (o->fiber) {
        err = accept_fiber(listener);
    } else {
        acceptor accepts;
        accepts.listener = listener;
        err = edo_task_join(edo_spawn_future(acceptor_init(&accepts)));
    }
    edo_listener_close(listener);
    return err;
}

static EDOI_NORETURN void usage(void) {
    (void)fputs("usage: edo-bench-echo [-t threads] [--fiber] [--poll US] HOST:PORT\n", stderr);
    exit(EXIT_USAGE);
}

int main(int argc, char **argv) {
    (void)argc;
    options o = { 0 };
    for (char **at = argv + 1; *at; at++) {
        if (!strcmp(*at, "--fiber")) {
            o.fiber = true;
        } else if (!strcmp(*at, "-t") && at[1]) {
            if (strcmp(*++at, "1") != 0) return EXIT_ABSENT;
        } else if (!strcmp(*at, "--poll") && at[1]) {
            o.poll = edo_us(strtol(*++at, NULL, 10));
        } else if ((*at)[0] == '-' || o.address) {
            usage();
        } else {
            o.address = *at;
        }
    }
    if (!o.address) usage();
    return edo_main_with(serve, &o,
                         &(edo_runtime_opts){ .workers = 1, .poll_before_sleep = o.poll });
}
