/* SPDX-License-Identifier: MIT */
/* fd/pool_stream.h: a stream over a descriptor that the kernel cannot poll, or that may not be made
 * non-blocking. Threads of the blocking pool read ahead and write behind, one chunk at a time. */
#ifndef EDOI_FD_POOL_STREAM_H
#define EDOI_FD_POOL_STREAM_H

#include <edo/io.h>

/* Takes the descriptor on success. The stream either reads or `writes`. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_pool_stream_new(edo_stream **out, int fd, bool writes, const void *caller);

#endif
