/* SPDX-License-Identifier: MIT */
/* io/wait.h: waits for a source with the link in an I/O future. */
#ifndef EDOI_IO_WAIT_H
#define EDOI_IO_WAIT_H

#include "driver/driver.h"
#include "runtime/worker/polled.h"

#include <edo/io.h>

#include <errno.h>

/* As edoi_source_wait(): 1 it waits, 0 try again, or an error. The source outlives `wait`. */
EDOI_INLINE int edoi_io_wait(edoi_source *s, edoi_dir dir, edo_io_wait *wait, edo_cx *cx) {
    return edoi_source_wait(s, dir, wait, cx, edoi_cx_driver(cx));
}

/* The error of a failed system call; the kernel's ECANCELED is not a cancellation. */
EDOI_INLINE int edoi_errno(void) {
    return errno == ECANCELED ? -EIO : -errno;
}

#endif
