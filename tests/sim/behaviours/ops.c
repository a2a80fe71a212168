/* SPDX-License-Identifier: MIT */
/* behaviours/ops.c: what ends do: see behaviour.h. */
#include "behaviour.h"

#include <stdio.h>
#include <string.h>

/* ---- Bytes ----------------------------------------------------------------------------------- */

/* The byte of a stream at that place. */
static char byte_at(uint64_t place) {
    return (char)(unsigned char)(place * 7 + place / 251);
}

static void fill_bytes(char *to, uint64_t place, size_t n) {
    for (size_t i = 0; i < n; i++) to[i] = byte_at(place + i);
}

static bool has_bytes(const char *at, uint64_t place, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (at[i] != byte_at(place + i)) return false;
    return true;
}

/* What a read of `got` bytes into the piece has come to. */
static int took(end *self, int got) {
    if (got <= 0) return got;
    bool is_right = has_bytes(self->piece, self->wire->in_n, (size_t)got);
    self->wire->in_n += (size_t)got;
    return is_right ? got : -EBADMSG;
}

static int gave(end *self, int put) {
    if (put > 0) self->wire->out_n += (size_t)put;
    return put;
}

static size_t piece_of(size_t n) {
    return n < PIECE ? n : PIECE;
}

/* ---- Opening --------------------------------------------------------------------------------- */

static int keep_place(behaviour *b, int err) {
    if (err < 0) return err;
    int n = edo_addr_print(&b->addr, b->at, sizeof b->at);
    return n < 0 ? n : 0;
}

int op_listen(end *self, size_t n) {
    behaviour *b = self->of;
    edo_tcp_opts opts = self->opts ? *self->opts : (edo_tcp_opts){ 0 };
    opts.backlog = (uint32_t)n;
    int err = edo_tcp_listen(&b->listener, b->server_at, &opts);
    return keep_place(b, err < 0 ? err : edo_listener_addr(b->listener, &b->addr));
}

int op_unlisten(end *self, size_t n) {
    (void)n;
    edo_listener_close(self->of->listener);
    self->of->listener = NULL;
    return 0;
}

int op_listen_there(end *self, size_t n) {
    edo_listener *l;
    (void)n;
    int err = edo_tcp_listen(&l, self->of->at, self->opts);
    if (err == 0) edo_listener_close(l);
    return err;
}

int op_await_queued(end *self, size_t n) {
    edo_listener_stats now;
    int err = edo_listener_get_stats(self->of->listener, &now);
    while (err == 0 && now.queued < n) {
        err = edo_sleep(edo_ms(1));
        if (err == 0) err = edo_listener_get_stats(self->of->listener, &now);
    }
    return err;
}

int op_accept(end *self, size_t n) {
    (void)n;
    edo_listener *l = edo_listener_ref(self->of->listener); // others may close it
    int err = edo_accept(l, &self->wire->stream);
    edo_listener_unref(l);
    return err;
}

int op_try_accept(end *self, size_t n) {
    (void)n;
    return edo_try_accept(self->of->listener, &self->wire->stream);
}

int op_connect(end *self, size_t n) {
    (void)n;
    return edo_tcp_connect(&self->wire->stream, self->of->at, self->opts);
}

int op_connect_by_name(end *self, size_t n) {
    char text[EDO_ADDR_TEXT_MAX];
    (void)n;
    (void)snprintf(text, sizeof text, "%s:%u", self->of->server_name,
                   (unsigned)edo_addr_port(&self->of->addr));
    return edo_tcp_connect(&self->wire->stream, text, self->opts);
}

int op_own_address(end *self, size_t n) {
    (void)n;
    return edo_stream_local_addr(self->wire->stream, &self->from);
}

/* ---- Reading --------------------------------------------------------------------------------- */

int op_read(end *self, size_t n) {
    return took(self, edo_read(self->wire->stream, self->piece, piece_of(n)));
}

int op_try_read(end *self, size_t n) {
    return took(self, edo_try_read(self->wire->stream, self->piece, piece_of(n)));
}

int op_read_available(end *self, size_t n) {
    return took(self, edo_read_available(self->wire->stream, self->piece, piece_of(n)));
}

int op_read_exact(end *self, size_t n) {
    edo_read_exact_future f;
    int err = edo_await(edo_read_exact_init(&f, self->wire->stream, self->piece, piece_of(n)));
    self->done = f.done;
    int got = took(self, (int)f.done);
    return got < 0 ? got : err;
}

int op_readv(end *self, size_t n) {
    const size_t third = piece_of(n) / 3;
    const struct iovec vecs[3] = { { self->piece + 2 * (PIECE / 3), third },
                                   { self->piece, third },
                                   { self->piece + PIECE / 3, third } };
    int got = edo_readv(self->wire->stream, vecs, 3);
    size_t left = got > 0 ? (size_t)got : 0;
    for (size_t i = 0; i < 3 && left > 0; i++) {
        size_t here = left < third ? left : third;
        if (!has_bytes(vecs[i].iov_base, self->wire->in_n, here)) return -EBADMSG;
        self->wire->in_n += here;
        left -= here;
    }
    return got;
}

int op_peek(end *self, size_t n) {
    int got = edo_peek(self->wire->stream, self->piece, piece_of(n));
    bool is_right = got <= 0 || has_bytes(self->piece, self->wire->in_n, (size_t)got);
    return is_right ? got : -EBADMSG;
}

int op_await(end *self, size_t n) {
    int got, err = 0;
    while ((got = op_peek(self, n)) > 0 && (size_t)got < n && err == 0) err = edo_sleep(edo_ms(1));
    return err < 0 || got < 0 ? err + got : got == 0 ? -EDO_EEOF : 0;
}

int op_await_taken(end *self, size_t n) {
    edo_tcp_taken now;
    (void)n;
    int err = edo_tcp_get_taken(self->wire->stream, &now);
    while (err == 0 && now.left > 0 && !now.is_gone) {
        err = edo_sleep(edo_ms(1));
        if (err == 0) err = edo_tcp_get_taken(self->wire->stream, &now);
    }
    return err;
}

int op_drain(end *self, size_t n) {
    int err = 0;
    for (size_t left = n; left > 0 && err == 0; left -= piece_of(left))
        err = op_read_exact(self, left);
    return err;
}

int op_read_to_end(end *self, size_t n) {
    int got, all = 0;
    (void)n;
    while ((got = op_read(self, PIECE)) > 0) all += got;
    return got < 0 ? got : all;
}

/* ---- Writing --------------------------------------------------------------------------------- */

int op_write(end *self, size_t n) {
    fill_bytes(self->piece, self->wire->out_n, piece_of(n));
    return gave(self, edo_write(self->wire->stream, self->piece, piece_of(n)));
}

int op_try_write(end *self, size_t n) {
    fill_bytes(self->piece, self->wire->out_n, piece_of(n));
    return gave(self, edo_try_write(self->wire->stream, self->piece, piece_of(n)));
}

int op_writev(end *self, size_t n) {
    const size_t third = piece_of(n) / 3;
    const struct iovec vecs[3] = { { self->piece + 2 * (PIECE / 3), third },
                                   { self->piece, third },
                                   { self->piece + PIECE / 3, third } };
    for (size_t i = 0; i < 3; i++)
        fill_bytes(vecs[i].iov_base, self->wire->out_n + i * third, third);
    return gave(self, edo_writev(self->wire->stream, vecs, 3));
}

int op_write_all(end *self, size_t n) {
    int err = 0;
    self->done = 0;
    for (size_t left = n; left > 0 && err == 0; left -= piece_of(left)) {
        edo_writev_future f;
        fill_bytes(self->piece, self->wire->out_n, piece_of(left));
        err = edo_await(edo_write_all_init(&f, self->wire->stream, self->piece, piece_of(left)));
        self->wire->out_n += f.done;
        self->done += f.done;
    }
    return err;
}

int op_write_on(end *self, size_t n) {
    int put;
    (void)n;
    while ((put = op_write(self, PIECE)) > 0) continue;
    return put;
}

int op_write_by_readiness(end *self, size_t n) {
    int err = 0;
    for (size_t left = n; left > 0 && err >= 0;) {
        err = op_try_write(self, left);
        if (err > 0) left -= (size_t)err;
        if (err == -EAGAIN) err = edo_io_ready(self->wire->stream, EDO_IO_WRITE);
    }
    return err < 0 ? err : 0;
}

int op_write_until(end *self, size_t n) {
    int err = 0;
    (void)n;
    while ((err = op_write(self, 1)) > 0 && (err = edo_sleep(edo_ms(1))) == 0) continue;
    return err;
}

/* ---- Endings --------------------------------------------------------------------------------- */

int op_shutdown(end *self, size_t n) {
    (void)n;
    return edo_shutdown(self->wire->stream);
}

/* Takes the stream from the end, which has one reference of it then. */
static edo_stream *take_stream(end *self) {
    edo_stream *s = self->wire->stream;
    edo_stream_unref(self->held);
    self->held = self->wire->stream = NULL;
    return s;
}

int op_close(end *self, size_t n) {
    (void)n;
    edo_close(take_stream(self));
    return 0;
}

int op_close_kept(end *self, size_t n) {
    (void)n;
    edo_close(edo_stream_ref(self->wire->stream));
    return 0;
}

int op_leave(end *self, size_t n) {
    (void)n;
    edo_stream_unref(take_stream(self));
    return 0;
}

int op_reset(end *self, size_t n) {
    int err = edo_tcp_set_reset_on_close(self->wire->stream, true);
    return err < 0 ? err : op_close(self, n);
}

int op_finish(end *self, size_t n) {
    return edo_tcp_end(take_stream(self), edo_ms((int64_t)n));
}

/* ---- Readiness ------------------------------------------------------------------------------- */

int op_readable(end *self, size_t n) {
    (void)n;
    return edo_io_ready(self->wire->stream, EDO_IO_READ);
}

int op_writable(end *self, size_t n) {
    (void)n;
    return edo_io_ready(self->wire->stream, EDO_IO_WRITE);
}

int op_gone(end *self, size_t n) {
    (void)n;
    return edo_io_ready(self->wire->stream, EDO_IO_READ_CLOSED);
}

int op_take_error(end *self, size_t n) {
    (void)n;
    return edo_stream_take_error(self->wire->stream);
}

/* ---- Datagrams ------------------------------------------------------------------------------- */

int op_bind(end *self, size_t n) {
    behaviour *b = self->of;
    bool is_server = self->where == SERVER;
    (void)n;
    int err =
        edo_udp_bind(&self->wire->stream, is_server ? b->server_at : b->client_at, &self->udp);
    if (err < 0 || self != b->server) return err;
    return keep_place(b, edo_stream_local_addr(self->wire->stream, &b->addr));
}

int op_associate(end *self, size_t n) {
    (void)n;
    return edo_udp_connect(&self->wire->stream, self->of->at, &self->udp);
}

/* Each datagram begins anew. */
int op_send(end *self, size_t n) {
    fill_bytes(self->piece, 0, piece_of(n));
    return edo_udp_send_to(self->wire->stream, self->piece, piece_of(n), self->to);
}

int op_receive(end *self, size_t n) {
    int got = edo_udp_recv_from(self->wire->stream, self->piece, piece_of(n), &self->from);
    size_t here = got > 0 ? (size_t)got : got == -EMSGSIZE ? piece_of(n) : 0;
    return has_bytes(self->piece, 0, here) ? got : -EBADMSG;
}
