/* SPDX-License-Identifier: MIT */
/* io/copy/by_kernel.h: kinds of streams whose input the kernel can move in calls that wait for the
 * disk, so that they run in jobs. A job cannot be dropped: only edo_copy() has it done, which waits
 * for the job's end, and no future. */
#ifndef EDOI_IO_COPY_BY_KERNEL_H
#define EDOI_IO_COPY_BY_KERNEL_H

#include <edo/io.h>

/* A flag of edo_stream_ops beside the public ones: the operations are an edoi_copying_ops. */
#define EDOI_STREAM_COPIES (1u << 28)

typedef struct edoi_copying_ops {
    edo_stream_ops base; /* first */
    /* Writes from the input of `from` what can be moved, and says in `*bytes` how much. Returns 0:
     * what is left, if only the end, is for reads and writes; or a failure. */
    int (*copy)(edo_stream *to, edo_stream *from, uint64_t *bytes);
} edoi_copying_ops;

#endif
