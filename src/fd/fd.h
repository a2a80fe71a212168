/* SPDX-License-Identifier: MIT */
/* fd/fd.h: what the worker of the caller knows of a descriptor without a system call. */
#ifndef EDOI_FD_FD_H
#define EDOI_FD_FD_H

#include <edo/fd.h>

/* A future that waits for input that came since an earlier one was ready; does not ask the kernel
 * for what holds now, as edo_fd_ready() does. It is ready for each such event, and may be without
 * one. A task that asked the other side a question, and had read all before, waits here for the
 * first bytes; for those that a read leaves in the kernel there is no other event. Its result is 0,
 * or as that of edo_fd_ready(). */
EDO_MUST_USE EDO_API edo_future *edoi_fd_event_init(edo_fd_ready_future *f, edo_fd *self);

/* Is nothing to be read, as far as that is known? As edoi_stream_is_quiet(). */
EDO_API bool edoi_fd_is_quiet(edo_fd *self);

#endif
