/* SPDX-License-Identifier: MIT */
/* grpc/wire/frame.h: messages on a stream of bytes: a byte of flags, four of length, the message.
 *
 * A reader keeps what it has read beyond a message. While it waits for the first byte of one it has
 * no memory. */
#ifndef EDOI_GRPC_WIRE_FRAME_H
#define EDOI_GRPC_WIRE_FRAME_H

#include <edo/bytes.h>
#include <edo/io.h>

#define EDOI_GRPC_HEAD_BYTES 5u

#define EDOI_GRPC_COMPRESSED 1u    /* flag */
#define EDOI_GRPC_TRAILERS   0x80u /* flag of gRPC-Web: no message, but trailers as text */

typedef struct edoi_grpc_reader {
    edo_stream *from; /* NULL: nothing follows what is in `buf` */
    edo_buf buf;      /* what was read */
    size_t given;     /* bytes of `buf` that the caller has got */
    size_t message_max;
    size_t message_bytes; /* of the message that was too long */
} edoi_grpc_reader;

void edoi_grpc_reader_deinit(edoi_grpc_reader *r);

/* Waits for the next message. Returns 1; 0: the stream has ended in order; -EMSGSIZE: it is longer
 * than message_max; -EDO_EEOF: the stream has ended inside of it; -ENOMEM; those of reads.
 * `*message` is valid until the next call. */
int edoi_grpc_reader_next(edoi_grpc_reader *r, edo_str *message, uint8_t *flags);

/* Waits for the end of the stream; what was got last stays valid. Returns 0; 1: there is more;
 * those of reads. */
int edoi_grpc_reader_end(edoi_grpc_reader *r);

/* Writes the head of a message. */
void edoi_grpc_head_print(char head[EDOI_GRPC_HEAD_BYTES], uint8_t flags, size_t n);

#endif
