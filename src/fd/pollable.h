/* SPDX-License-Identifier: MIT */
/* fd/pollable.h: can the kernel tell when a descriptor is ready? */
#ifndef EDOI_FD_POLLABLE_H
#define EDOI_FD_POLLABLE_H

#include <edo/compiler.h>

/* 0 it can; -EPERM it cannot; else the error of the question: -EBADF, -EMFILE, -ENFILE, -ENOMEM,
 * -ENOSPC. Any thread. */
EDO_MUST_USE int edoi_fd_check_pollable(int fd);

#endif
