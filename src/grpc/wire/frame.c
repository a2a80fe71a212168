/* SPDX-License-Identifier: MIT */
/* grpc/wire/frame.c: see frame.h. */
#include "grpc/wire/frame.h"

#include <edo/binary.h>
#include <edo/error.h>

/* Read first: most calls have one small message. With its count such a block is below the 1,032
 * bytes that malloc() has at hand for each thread. */
#define FIRST_BYTES 960u
#define READ_BYTES  8192u  /* read at once, at least, behind the first message */
#define ROOM_MAX    65536u /* taken for a message of which less has come: a length costs nothing */

void edoi_grpc_reader_deinit(edoi_grpc_reader *r) {
    edo_buf_deinit(&r->buf);
}

/* Waits, without memory, until there is something to read. Returns 0 or a code. */
static int reader_wait(edoi_grpc_reader *r) {
    if (r->buf.len > 0) return 0;
    edo_buf_deinit(&r->buf);
    int err = edo_io_ready(r->from, EDO_IO_READ);
    return err == -ENOTSUP ? 0 : err; // the read will wait
}

/* Reads some bytes, of which `lacking` are wanted. Returns their number; 0: the end; or a code. */
static int reader_fill(edoi_grpc_reader *r, size_t lacking) {
    size_t room = r->buf.cap == 0 ? FIRST_BYTES : READ_BYTES;
    if (lacking > room) room = lacking < ROOM_MAX ? lacking : ROOM_MAX;
    if (!r->from) return 0;
    for (bool has_waited = false;;) {
        int err = edo_buf_reserve(&r->buf, room);
        if (err < 0) return err;
        char *to = r->buf.ptr + r->buf.len;
        size_t n = r->buf.cap - r->buf.len;
        int got =
            has_waited || r->buf.len > 0 ? edo_read(r->from, to, n) : edo_try_read(r->from, to, n);
        if (got > 0) r->buf.len += (size_t)got;
        if (got != -EAGAIN) return got;
        err = reader_wait(r);
        if (err < 0) return err;
        has_waited = true;
    }
}

/* Reads until there are `n` bytes. Returns 1; 0: the end came before the first; or a code. */
static int reader_want(edoi_grpc_reader *r, size_t n) {
    while (r->buf.len < n) {
        int got = reader_fill(r, n - r->buf.len);
        if (got < 0) return got;
        if (got == 0) return r->buf.len == 0 ? 0 : -EDO_EEOF;
    }
    return 1;
}

int edoi_grpc_reader_next(edoi_grpc_reader *r, edo_str *message, uint8_t *flags) {
    edo_buf_advance(&r->buf, r->given);
    r->given = 0;
    int got = reader_want(r, EDOI_GRPC_HEAD_BYTES);
    if (got <= 0) return got;
    size_t n = edo_load_u32be(r->buf.ptr + 1);
    *flags = (uint8_t)r->buf.ptr[0];
    r->message_bytes = n;
    if (n > r->message_max) return -EMSGSIZE;
    got = reader_want(r, EDOI_GRPC_HEAD_BYTES + n);
    if (got < 0) return got;
    r->given = EDOI_GRPC_HEAD_BYTES + n;
    *message = (edo_str){ r->buf.ptr + EDOI_GRPC_HEAD_BYTES, n };
    return 1;
}

int edoi_grpc_reader_end(edoi_grpc_reader *r) {
    char more;
    if (r->buf.len > r->given) return 1;
    return r->from ? edo_read(r->from, &more, 1) : 0;
}

void edoi_grpc_head_print(char head[EDOI_GRPC_HEAD_BYTES], uint8_t flags, size_t n) {
    head[0] = (char)flags;
    for (int i = 0; i < 4; i++) head[1 + i] = (char)(n >> (24 - 8 * i));
}
