/* SPDX-License-Identifier: MIT */
/* edo-bench-echo [-t threads] [--mt] [--fiber] HOST:PORT|unix:PATH: echoes what it reads, until
 * SIGTERM.
 *
 * Question: what does edo add to the system calls of an echo, and what does an idle connection
 *           cost?
 * Guards: no allocation and no buffer for a connection that waits.
 *
 * A connection that waits for bytes holds no buffer: all of a thread read into one, and write it
 * back before they wait again. What the socket does not take at once is copied and awaited. A read
 * takes bytes during its poll only, and after that a fiber goes on before anybody else does.
 *
 * A multi-thread runtime with one worker by default. -t says how many; -t 1 is the current-thread
 * runtime, but with --mt the default. If they are several a state machine awaits readiness too: its
 * next poll may be on another thread. */
#include <edo/async.h>
#include <edo/net.h>
#include <edo/runtime.h>
#include <edo/task.h>
#include <edo/unix.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

#define READ_BYTES 16384
#define BACKLOG    4096
#define UNIX       "unix:"

static EDOI_THREAD_LOCAL char shared_buf[READ_BYTES]; /* valid between a read and the next await */
static bool many;                                     /* workers */

/* ---- State machine --------------------------------------------------------------------------- */

/* Writes what fits; returns how many bytes that were, or a code. */
static int write_now(edo_stream *s, int n) {
    int written = edo_try_write(s, shared_buf, (size_t)n);
    return written == -EAGAIN ? 0 : written;
}

/* What the socket did not take at once. A drop frees it, also that of a frame which awaits it. */
typedef struct rest {
    edo_future base; /* first: EDO_AWAIT_PTR */
    edo_writev_future write;
    char bytes[];
} rest;

static edo_polled rest_poll(edo_future *f, edo_cx *cx) {
    rest *r = (rest *)(void *)f;
    if (edo_poll(&r->write.base, cx) == EDO_PENDING) return EDO_PENDING;
    return edo_future_finish(f, edo_result(&r->write));
}

static void rest_drop(edo_future *f) {
    rest *r = (rest *)(void *)f;
    edo_drop(&r->write.base);
    free(r);
}

static const edo_future_ops rest_ops = { .poll = rest_poll,
                                         .drop = rest_drop,
                                         .name = "rest",
                                         .size = sizeof(rest),
                                         .flags = EDO_FUTURE_NOT_CANCEL_SAFE };

static rest *copy_rest(edo_stream *s, int written, int n) {
    size_t left = (size_t)(n - written);
    rest *r = malloc(sizeof *r + left);
    if (!r) return NULL;
    memcpy(r->bytes, shared_buf + written, left);
    (void)edo_future_init(&r->base, &rest_ops);
    (void)edo_write_all_init(&r->write, s, r->bytes, left);
    return r;
}

/* Its result; it is gone. */
static int end_rest(rest *r) {
    int result = edo_result(r);
    edo_drop(&r->base);
    return result;
}

EDO_ASYNC(connection, edo_stream *stream; EDO_ONE_OF(edo_read_future read; rest * rest;);) {
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
        if (end_rest(self->rest) < 0) break;
    }
    EDO_CLEANUP;
    edo_close(self->stream);
    EDO_END;
}

EDO_FRAME_MAX(connection, 80); // with the task's header 128 bytes; stream and source are 64

/* Echoes what is there. True: `*left` has to be written first. */
static bool echo_now(edo_stream *s, rest **left, bool *over) {
    int n = edo_try_read(s, shared_buf, READ_BYTES);
    if (n == -EAGAIN) return false;
    int written = n > 0 ? write_now(s, n) : -1;
    if (written == n) return false;
    *left = written >= 0 ? copy_rest(s, written, n) : NULL;
    *over = !*left;
    return !*over;
}

/* The same on several workers. */
EDO_ASYNC(connection_of_many, edo_stream *stream; bool over;
          EDO_ONE_OF(edo_io_ready_future ready; rest * rest;);) {
    EDO_BEGIN;
    while (!self->over) {
        EDO_AWAIT(edo_io_ready_init(&self->ready, self->stream, EDO_IO_READ));
        if (edo_result(&self->ready) < 0) break;
        if (!echo_now(self->stream, &self->rest, &self->over)) continue;
        EDO_AWAIT_PTR(self->rest);
        self->over = end_rest(self->rest) < 0;
    }
    EDO_CLEANUP;
    edo_close(self->stream);
    EDO_END;
}

EDO_FRAME_MAX(connection_of_many, 80);

static void serve_state(edo_stream *s) {
    connection one;
    connection_of_many one_of_many;
    one.stream = one_of_many.stream = s;
    one_of_many.over = false;
    edo_future *f = many ? connection_of_many_init(&one_of_many) : connection_init(&one);
    if (edo_spawn_future_detached(f) < 0) edo_close(s);
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
    while ((n = edo_read(s, shared_buf, READ_BYTES)) > 0) {
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
    bool fiber, mt;
    uint32_t threads;
} options;

static int serve(void *arg) {
    const options *o = arg;
    edo_listener *listener;
    int err = !strncmp(o->address, UNIX, strlen(UNIX))
                  ? edo_unix_listen(&listener, o->address + strlen(UNIX), NULL)
                  : edo_tcp_listen(&listener, o->address, &(edo_tcp_opts){ .backlog = BACKLOG });
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
    (void)fputs("usage: edo-bench-echo [-t threads] [--mt] [--fiber] HOST:PORT|unix:PATH\n",
                stderr);
    exit(EXIT_USAGE);
}

int main(int argc, char **argv) {
    (void)argc;
    options o = { 0 };
    for (char **at = argv + 1; *at; at++) {
        if (!strcmp(*at, "--fiber")) {
            o.fiber = true;
        } else if (!strcmp(*at, "--mt")) {
            o.mt = true;
        } else if (!strcmp(*at, "-t") && at[1]) {
            o.threads = (uint32_t)strtoul(*++at, NULL, 10);
            if (o.threads == 0) usage();
        } else if ((*at)[0] == '-' || o.address) {
            usage();
        } else {
            o.address = *at;
        }
    }
    if (!o.address) usage();
    many = o.threads > 1;
    bool multi = o.threads != 1 || o.mt;
    const edo_runtime_opts opts = { .flavor = multi ? EDO_RUNTIME_MULTI : EDO_RUNTIME_CURRENT,
                                    .workers = many ? o.threads : 1 };
    return edo_main_with(serve, &o, &opts);
}
