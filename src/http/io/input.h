/* SPDX-License-Identifier: MIT */
/* http/io/input.h: bytes from the other end: heads, and framing of bodies.
 *
 * inv. 1: floor <= begin <= end <= cap. Below `floor` lies the head of the message that is being
 *         read: its fields are views into it, so it stays where it is until that has ended. */
#ifndef EDOI_HTTP_IO_INPUT_H
#define EDOI_HTTP_IO_INPUT_H

#include "http/io/stall.h"

#include <edo/bytes.h>
#include <edo/io.h>

#define EDOI_HTTP_IN_BYTES 8192u
#define EDOI_HTTP_IN_TAIL  1024u /* room behind a head, for the framing of its body */

typedef struct edoi_http_input {
    edo_stream *from; /* borrowed */
    edoi_stall stall;
    char *ptr; /* `bytes`, or a larger buffer */
    uint32_t cap;
    uint32_t floor;
    uint32_t begin, end; /* what has arrived and was not yet taken */
    bool at_end;         /* the other end sends no more */
    bool is_lost;        /* a read has failed: nothing more comes */
    bool is_drained;     /* the last read got less than there was room for: nothing more has come */
    edo_buf large;       /* the larger buffer */
    edo_buf kept;        /* where the head lies if the input has moved since */
    char bytes[EDOI_HTTP_IN_BYTES];
} edoi_http_input;

/* Its limits in time are the owner's to set: there are none so far. */
void edoi_input_init(edoi_http_input *in, edo_stream *from);
void edoi_input_deinit(edoi_http_input *in);

/* Reads more bytes behind those that are there; ready with their number, 0 at the end of the input,
 * or a negative code. With a NULL `cx` it does not wait: -EAGAIN. There must be room. */
edo_polled edoi_input_poll(edoi_http_input *in, edo_cx *cx, edo_io_wait *wait, int *result);

/* As edoi_input_poll(), into `to`; only while nothing that has arrived is left. */
edo_polled edoi_input_poll_past(edoi_http_input *in, edo_cx *cx, edo_io_wait *wait,
                                const struct iovec *to, int *result);

/* Ends the wait of a poll, ready or not. */
void edoi_input_unwait(edoi_http_input *in, edo_io_wait *wait);

/* Moves what was not taken down to the floor, so that there is all the room that can be. */
void edoi_input_to_floor(edoi_http_input *in);

/* The message has ended: nothing is kept below what was not taken. */
void edoi_input_next(edoi_http_input *in);

/* Between requests: makes room for at least one byte more of a head of at most `most` bytes.
 * Returns 0, -EDO_ETOOLONG or -ENOMEM. `floor` is 0 then. */
int edoi_input_make_room(edoi_http_input *in, size_t most);

/* Within a message: moves what was not taken to where there is room for at least one byte more of
 * `most`; the head stays where it is. Returns 0 or -ENOMEM. `floor` is 0 then. */
int edoi_input_make_more(edoi_http_input *in, size_t most);

/* Is there room behind the head of `head` bytes with which the input begins? */
EDOI_INLINE bool edoi_input_has_tail(const edoi_http_input *in, size_t head) {
    return in->cap - in->begin - head >= EDOI_HTTP_IN_TAIL;
}

/* Moves the input to where it has room behind it. Returns 0 or -ENOMEM. */
int edoi_input_make_tail(edoi_http_input *in);

#endif
