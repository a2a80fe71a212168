/* SPDX-License-Identifier: MIT */
/* fd/fd_stream.h: a stream over a descriptor that is no socket: a pipe, a terminal, a device. */
#ifndef EDOI_FD_FD_STREAM_H
#define EDOI_FD_FD_STREAM_H

#include <edo/io.h>

/* Takes the descriptor, which is non-blocking and can be polled, on success. `caller`: for debug's
 * records. Errors: -ENOMEM; -EBADF. */
EDO_MUST_USE int edoi_fd_stream_new(edo_stream **out, int fd, const void *caller);

/* As edoi_fd_stream_new(), for an end of a pipe that was just made: no other process has its
 * writing end. */
EDO_MUST_USE int edoi_pipe_stream_new(edo_stream **out, int fd, bool packets, const void *caller);

/* Can the kernel tell when a descriptor is ready? 0 it can; -EPERM it cannot; else the error of the
 * question: -EBADF, -EMFILE, -ENFILE, -ENOMEM, -ENOSPC. Any thread. */
EDO_MUST_USE int edoi_fd_check_pollable(int fd);

/* A stream over a descriptor that the kernel cannot poll, or that may not be made non-blocking:
 * threads of the blocking pool read ahead and write behind, one chunk at a time. Takes the
 * descriptor on success. The stream either reads or `writes`. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_pool_stream_new(edo_stream **out, int fd, bool writes, const void *caller);

#endif
