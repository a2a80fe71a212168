/* SPDX-License-Identifier: MIT */
/* io/give.h: streams that take gathered bytes over as they are, without a copy. */
#ifndef EDOI_IO_GIVE_H
#define EDOI_IO_GIVE_H

#include <edo/io.h>

/* A flag of edo_stream_ops beside the public ones: the operations are an edoi_taking_ops. */
#define EDOI_STREAM_TAKES (1u << 27)

#define EDOI_GIVE_MIN 4096u /* bytes: fewer are written at less cost */

typedef struct edoi_taking_ops {
    edo_stream_ops base; /* first */
    /* As poll_write of all bytes of `out`, which holds some: ready with a failure; with 1 when all
     * were taken, and `out` is empty; or with 0: they are to be written. */
    edo_polled (*poll_give)(edo_stream *self, edo_cx *cx, edo_io_wait *wait, edo_bytes_chain *out,
                            int *result);
} edoi_taking_ops;

#endif
