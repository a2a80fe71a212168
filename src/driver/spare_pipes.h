/* SPDX-License-Identifier: MIT */
/* driver/spare_pipes.h: empty pipes that a driver keeps for the next splice on its thread, so that
 * a copy that pauses need not keep one.
 *
 * Only the thread that turns the driver uses them: no lock. */
#ifndef EDOI_DRIVER_SPARE_PIPES_H
#define EDOI_DRIVER_SPARE_PIPES_H

#include <edo/compiler.h>

#include <stdint.h>

#define EDOI_SPARE_PIPES_MAX 8u

typedef struct edoi_pipe {
    int read_fd, write_fd;
} edoi_pipe;

/* All zero is empty. */
typedef struct edoi_spare_pipes {
    uint32_t n;
    edoi_pipe pipes[EDOI_SPARE_PIPES_MAX];
} edoi_spare_pipes;

/* Takes a spare pipe, or opens one: non-blocking, and larger than usual where the kernel allows it.
 * `spare` may be NULL: the thread has none. Errors: -EMFILE, -ENFILE. */
EDO_MUST_USE int edoi_pipe_get(edoi_spare_pipes *spare, edoi_pipe *out);

/* Gives back an empty pipe; `spare` as above. */
void edoi_pipe_put(edoi_spare_pipes *spare, const edoi_pipe *p);

/* Closes a pipe that may hold bytes. */
void edoi_pipe_close(const edoi_pipe *p);

/* Closes all spare pipes. */
void edoi_spare_pipes_close(edoi_spare_pipes *spare);

#endif
