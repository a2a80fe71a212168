/* SPDX-License-Identifier: MIT */
/* fs/file/fifo.h: the other end of a FIFO, which open(2) waits for in one go: here in steps, so
 * that a job of the pool ends soon and whoever opens can be cut short. On a thread that may
 * block. */
#ifndef EDOI_FS_FILE_FIFO_H
#define EDOI_FS_FILE_FIFO_H

#include <stdbool.h>

#define EDOI_FIFO_STEP_MS 10 /* so long may a caller wait that is cancelled */

/* May open(2) with `flags` wait for the other end of a FIFO? Returns 1, 0, or a negative code,
 * which the open would have, too. `beneath` may be NULL; else what is there is not looked at. With
 * O_NONBLOCK a reader opens at once, and a writer fails with ENXIO. A FIFO that is made between
 * this and the open is waited for in one go. */
int edoi_fifo_waits(const char *beneath, const char *path, int flags);

/* Is there a FIFO, of which edoi_fifo_waits() returned 1? It is not the only file with ENXIO. */
bool edoi_fifo_is_at(const char *beneath, const char *path, int flags);

bool edoi_fifo_is(int fd);

/* Waits a step. */
void edoi_fifo_step(void);

/* Has a writer come since the reader `fd` was opened, without blocking, or is there one? Waits for
 * `ms`. */
bool edoi_fifo_has_writer(int fd, int ms);

#endif
