/* SPDX-License-Identifier: MIT */
/* driver/spare_pipes.c: see spare_pipes.h. */
#include "driver/spare_pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PIPE_BYTES (256 * 1024) /* of a pipe, if the user's share allows it: fewer system calls */

int edoi_pipe_get(edoi_spare_pipes *spare, edoi_pipe *out) {
    if (spare && spare->n > 0) {
        *out = spare->pipes[--spare->n];
        return 0;
    }
    int fds[2];
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) return -errno;
    (void)fcntl(fds[0], F_SETPIPE_SZ, PIPE_BYTES);
    *out = (edoi_pipe){ .read_fd = fds[0], .write_fd = fds[1] };
    return 0;
}

void edoi_pipe_put(edoi_spare_pipes *spare, const edoi_pipe *p) {
    if (spare && spare->n < EDOI_SPARE_PIPES_MAX) {
        spare->pipes[spare->n++] = *p;
    } else {
        edoi_pipe_close(p);
    }
}

void edoi_pipe_close(const edoi_pipe *p) {
    (void)close(p->read_fd);
    (void)close(p->write_fd);
}

void edoi_spare_pipes_close(edoi_spare_pipes *spare) {
    while (spare->n > 0) edoi_pipe_close(&spare->pipes[--spare->n]);
}
