/* SPDX-License-Identifier: MIT */
/* fd/fd_stream.h: a stream over a descriptor that is no socket: a pipe, a terminal, a device. */
#ifndef EDOI_FD_FD_STREAM_H
#define EDOI_FD_FD_STREAM_H

#include <edo/io.h>

/* Takes the descriptor, which is non-blocking and can be polled, on success. `caller`: for debug's
 * records. Errors: -ENOMEM; -EBADF. */
EDO_MUST_USE int edoi_fd_stream_new(edo_stream **out, int fd, const void *caller);

#endif
