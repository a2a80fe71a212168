/* SPDX-License-Identifier: MIT */
/* fd/fd.h: what the worker of the caller knows of a descriptor without a system call. */
#ifndef EDOI_FD_FD_H
#define EDOI_FD_FD_H

#include <edo/fd.h>

/* A future that waits for a new input event since an earlier such future was ready; unlike
 * edo_fd_ready() it does not ask the kernel for the present state. It is ready for each event, and
 * may be ready without one. A task that has read all, and then sends a request, waits here for the
 * first bytes; bytes that a read leaves in the kernel make no further event. Results: 0, or as
 * edo_fd_ready(). */
EDO_MUST_USE EDO_API edo_future *edoi_fd_event_init(edo_fd_ready_future *f, edo_fd *self);

/* Is nothing to be read, as far as that is known? As edoi_stream_is_quiet(). */
EDO_API bool edoi_fd_is_quiet(edo_fd *self);

#endif
