/* SPDX-License-Identifier: MIT */
/* peer-libuv-echo HOST:PORT: echo server on libuv, one thread.
 *
 * All connections read into one buffer of 16 KiB, as libuv's documents advise; what the socket does
 * not take at once is copied into a write request. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static char shared[16 * 1024];

typedef struct pending {
    uv_write_t req;
    char bytes[];
} pending;

static void on_closed(uv_handle_t *handle) {
    free(handle);
}

static void hang_up(uv_stream_t *stream) {
    if (!uv_is_closing((uv_handle_t *)stream)) uv_close((uv_handle_t *)stream, on_closed);
}

static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf) {
    (void)handle;
    (void)hint;
    *buf = uv_buf_init(shared, sizeof shared);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);

static void on_written(uv_write_t *req, int status) {
    uv_stream_t *stream = req->handle;
    free(req->data);
    if (status < 0) {
        hang_up(stream);
        return;
    }
    if (!uv_is_closing((uv_handle_t *)stream)) uv_read_start(stream, on_alloc, on_read);
}

/* The rest of a message that the socket did not take; reading stops until it is gone. */
static int write_rest(uv_stream_t *stream, const char *bytes, size_t n) {
    pending *p = malloc(sizeof *p + n);
    if (!p) return UV_ENOMEM;
    memcpy(p->bytes, bytes, n);
    p->req.data = p;
    uv_buf_t buf = uv_buf_init(p->bytes, (unsigned)n);
    uv_read_stop(stream);
    int err = uv_write(&p->req, stream, &buf, 1, on_written);
    if (err < 0) free(p);
    return err;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf) {
    if (n == 0) return;
    if (n < 0) {
        hang_up(stream);
        return;
    }
    uv_buf_t out = uv_buf_init(buf->base, (unsigned)n);
    int done = uv_try_write(stream, &out, 1);
    if (done == UV_EAGAIN) done = 0;
    if (done < 0 || (done < n && write_rest(stream, buf->base + done, (size_t)(n - done)) < 0))
        hang_up(stream);
}

static void on_connection(uv_stream_t *listener, int status) {
    if (status < 0) return;
    uv_tcp_t *conn = malloc(sizeof *conn);
    if (!conn) return;
    uv_tcp_init(listener->loop, conn);
    if (uv_accept(listener, (uv_stream_t *)conn) < 0) {
        hang_up((uv_stream_t *)conn);
        return;
    }
    uv_tcp_nodelay(conn, 1);
    uv_read_start((uv_stream_t *)conn, on_alloc, on_read);
}

static void on_term(uv_signal_t *signal, int number) {
    (void)number;
    uv_stop(signal->loop);
}

int main(int argc, char **argv) {
    char *target = argc > 1 ? argv[argc - 1] : NULL;
    char *colon = target ? strrchr(target, ':') : NULL;
    struct sockaddr_in addr;
    if (!colon) {
        fprintf(stderr, "usage: peer-libuv-echo HOST:PORT\n");
        return 2;
    }
    *colon = '\0';
    if (uv_ip4_addr(target, (int)strtol(colon + 1, NULL, 10), &addr) < 0) return 2;

    uv_loop_t *loop = uv_default_loop();
    uv_signal_t term;
    uv_tcp_t listener;
    uv_signal_init(loop, &term);
    uv_signal_start(&term, on_term, SIGTERM);
    uv_tcp_init(loop, &listener);
    int err = uv_tcp_bind(&listener, (const struct sockaddr *)&addr, 0);
    if (err == 0) err = uv_listen((uv_stream_t *)&listener, 4096, on_connection);
    if (err < 0) {
        fprintf(stderr, "peer-libuv-echo: %s\n", uv_strerror(err));
        return 1;
    }
    uv_run(loop, UV_RUN_DEFAULT);
    return 0;
}
