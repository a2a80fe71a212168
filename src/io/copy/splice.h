/* SPDX-License-Identifier: MIT */
/* io/copy/splice.h: moves bytes from source to source inside the kernel, through a pipe: they
 * are never copied to the process.
 *
 * A pump begins to splice when its input comes in bulk, and stops when that pauses: small messages
 * cost one read and one write, and a connection that is idle holds no pipe. What splice() cannot
 * do, and the end of the input, are left to the pump's reads. */
#ifndef EDOI_IO_COPY_SPLICE_H
#define EDOI_IO_COPY_SPLICE_H

#include "io/copy/pump.h"

/* Begins to splice, if both streams are sources; else nothing happens. The pump's buffer is
 * empty. */
void edoi_splice_begin(edoi_pump *p, edo_cx *cx);

/* Moves what can be moved. Pending; or ready with a failure; or ready with 0, when the pump is to
 * go on by itself. */
edo_polled edoi_splice_poll(edoi_pump *p, edo_cx *cx, int *result);

/* The pump ends. */
void edoi_splice_deinit(edoi_pump *p);

#endif
