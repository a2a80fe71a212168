/* SPDX-License-Identifier: MIT */
/* tls/others.h: programs of others as the other end, over TCP: a server in this process that sends
 * back what it gets, and programs whose output is looked at. Needs a clock that is not paused. */
#ifndef EDO_TESTS_TLS_OTHERS_H
#define EDO_TESTS_TLS_OTHERS_H

#include "tls_support.h"

#include <edo/net.h>
#include <edo/process.h>

/* Runs `fn(arg)` by the clock on the wall. */
static inline int inside_now(edo_task_fn *fn, void *arg) {
    return inside_with(fn, arg, &kinds[0]);
}

typedef struct echo_server {
    edo_tls_server *tls;
    edo_listener *at;
    edo_task *task;
    char address[32]; /* "127.0.0.1:PORT" */
    int last_err;     /* of the last handshake that failed, and why */
    char said[1024];
} echo_server;

static inline void echo_serve_one(echo_server *s, edo_stream *below) {
    edo_stream *client;
    char buf[4096];
    int n, err = edo_tls_accept(&client, below, s->tls);
    if (err < 0) {
        s->last_err = err;
        (void)edo_trail_print_text(s->said, sizeof s->said, err, EDO_TRAIL_LINE);
        edo_trail_clear();
        return;
    }
    while ((n = edo_read(client, buf, sizeof buf)) > 0)
        if (edo_write_all(client, buf, (size_t)n) < 0) break;
    if (n == 0) (void)edo_shutdown(client);
    edo_close(client);
    edo_trail_clear();
}

/* One client after the other. */
static inline int echo_serves(void *arg) {
    echo_server *s = arg;
    edo_stream *below;
    int err;
    while ((err = edo_accept(s->at, &below)) == 0) echo_serve_one(s, below);
    edo_listener_close(s->at);
    return err;
}

static inline void echo_begin(echo_server *s, edo_tls_server *tls) {
    *s = (echo_server){ .tls = tls };
    CHECK_EQ(edo_tcp_listen(&s->at, "127.0.0.1:0", NULL), 0);
    (void)snprintf(s->address, sizeof s->address, "127.0.0.1:%u",
                   (unsigned)edo_listener_port(s->at));
    s->task = edo_spawn(echo_serves, s);
}

static inline void echo_end(echo_server *s) {
    edo_task_cancel(s->task);
    (void)edo_task_join(s->task);
}

#define RUN_OUT_MAX 32768

/* Runs a program; what it prints on both outputs is in `out`, as a text. Returns its status, or
 * -ENOENT where it is not installed. */
static inline int run_program(char out[RUN_OUT_MAX], const char *const *argv, const char *input) {
    edo_process_result r;
    edo_process_opts opts = { .err = EDO_STDIO_OUT };
    int status = edo_process_output(&r, argv, &opts, edo_str_of(input), 0);
    (void)snprintf(out, RUN_OUT_MAX, "%.*s", (int)r.out.str.len,
                   r.out.str.ptr ? r.out.str.ptr : "");
    edo_bytes_unref(&r.out);
    edo_bytes_unref(&r.err);
    return status;
}

/* A handshake by `openssl s_client`, which trusts the file `ca`, with more options, at most 7 and a
 * NULL. Returns its status. */
static inline int run_s_client(char out[RUN_OUT_MAX], const echo_server *at, const char *ca,
                               const char *const *more) {
    const char *argv[16] = {
        "openssl", "s_client", "-connect", at->address,           "-servername",
        HOST,      "-CAfile",  ca,         "-verify_return_error"
    };
    size_t n = 9;
    while (*more && n + 1 < EDO_COUNT(argv)) argv[n++] = *more++;
    CHECK(*more == NULL);
    return run_program(out, argv, "");
}

#endif
