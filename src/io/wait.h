/* SPDX-License-Identifier: MIT */
/* io/wait.h: waiting for a source with the place that an I/O future holds ready. */
#ifndef EDOI_IO_WAIT_H
#define EDOI_IO_WAIT_H

#include "runtime/driver/driver.h"
#include "runtime/worker.h"

#include <edo/io.h>

#include <errno.h>

/* As edoi_source_unwait(); nothing happens if `w` never waited. */
EDOI_INLINE void edoi_io_unwait(edo_io_wait *w) {
    if (!w->at) return;
    edoi_source_unwait((edoi_source *)w->at, (edoi_dir)w->dir, &w->node);
    w->at = NULL;
}

/* As edoi_source_wait(): 1 it waits, 0 try again, or a code. The source outlives `w`. */
EDOI_INLINE int edoi_io_wait(edoi_source *s, edoi_dir dir, edo_io_wait *w, edo_cx *cx) {
    if (w->at && (w->at != s || w->dir != (uint32_t)dir)) edoi_io_unwait(w);
    int answer = edoi_source_wait(s, dir, &w->node, cx, edoi_cx_driver(cx));
    if (answer == 1) {
        w->at = s;
        w->dir = (uint32_t)dir;
    }
    return answer;
}

/* The code of a system call that failed; the kernel's own ECANCELED is no cancellation. */
EDOI_INLINE int edoi_errno(void) {
    return errno == ECANCELED ? -EIO : -errno;
}

#endif
