/* SPDX-License-Identifier: MIT */
/* http/io/input.h: bytes from the other end: heads, and the framing of bodies.
 *
 * inv. 1: floor <= begin <= end <= cap. Below `floor` lies the head of the message that is being
 *         read: its fields are views into it, so it stays where it is until the message has ended. */
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
    uint32_t begin, end; /* bytes that have arrived and were not taken yet */
    bool at_end;         /* the other end sends no more */
    bool is_lost;        /* a read has failed; no more bytes come */
    bool is_drained;     /* the last read returned less than there was room for, so no more bytes
                            have come */
    edo_buf large;       /* the larger buffer */
    edo_buf kept;        /* keeps the head in place after the input has moved */
    char bytes[EDOI_HTTP_IN_BYTES];
} edoi_http_input;

/* Sets up the input, without limits of time, which the owner sets. */
void edoi_input_init(edoi_http_input *in, edo_stream *from);
void edoi_input_deinit(edoi_http_input *in);

/* Reads more bytes behind those that are there. Ready with their number, 0 at the end of the input,
 * or a negative code. With a NULL `cx` it does not wait, and returns -EAGAIN. There must be
 * room. */
edo_polled edoi_input_poll(edoi_http_input *in, edo_cx *cx, edo_io_wait *wait, int *result);

/* As edoi_input_poll(), but reads into `to`; only while no byte of the input is left. */
edo_polled edoi_input_poll_past(edoi_http_input *in, edo_cx *cx, edo_io_wait *wait,
                                const struct iovec *to, int *result);

/* Ends the wait of a poll, whether it was ready or not. */
void edoi_input_unwait(edoi_http_input *in, edo_io_wait *wait);

/* Moves the bytes that were not taken down to the floor, which makes all the room that there can
 * be. */
void edoi_input_to_floor(edoi_http_input *in);

/* Ends the message: nothing is kept below the bytes that were not taken. */
void edoi_input_next(edoi_http_input *in);

/* Called between requests: makes room for at least one byte more of a head of at most `most` bytes.
 * Returns 0, -EDO_ETOOLONG or -ENOMEM. Afterwards `floor` is 0. */
int edoi_input_make_room(edoi_http_input *in, size_t most);

/* Called within a message: moves the bytes that were not taken to where there is room for at least
 * one byte more of `most`; the head stays where it is. Returns 0 or -ENOMEM. Afterwards `floor` is
 * 0. */
int edoi_input_make_more(edoi_http_input *in, size_t most);

/* Is there room behind the head of `head` bytes with which the input begins? */
EDOI_INLINE bool edoi_input_has_tail(const edoi_http_input *in, size_t head) {
    return in->cap - in->begin - head >= EDOI_HTTP_IN_TAIL;
}

/* Moves the input to a place that has that room. Returns 0 or -ENOMEM. */
int edoi_input_make_tail(edoi_http_input *in);

#endif
