/* SPDX-License-Identifier: MIT */
/* base/files/open.h: opens files whose paths may lead to a pipe, and waits for nobody at its other
 * end. */
#ifndef EDOI_BASE_FILES_OPEN_H
#define EDOI_BASE_FILES_OPEN_H

#include <edo/base.h>

#include <stdbool.h>
#include <sys/types.h>

/* As open(2), but of a FIFO at once: to write one that nobody reads is -ENXIO, and one to be read
 * is open whether somebody writes it or not. A lease of a regular file is waited for. Returns a
 * descriptor without O_NONBLOCK, or a code. Any thread. */
EDO_MUST_USE EDO_API int edoi_open_unheld(const char *path, int flags, mode_t mode);

/* Of a pipe that is open to be read: has it bytes, or somebody who may write some? Any thread. */
EDO_MUST_USE EDO_API bool edoi_pipe_is_written(int fd);

/* Clears O_NONBLOCK. Returns 0 or a code. */
EDO_MUST_USE EDO_API int edoi_fd_wait(int fd);

#endif
