/* SPDX-License-Identifier: MIT */
/* stacks/spots.h: where in the program's own code a stack was, found once for each stack.
 *
 * A stack is noted as addresses, which costs a look into a table. File and line are looked for when
 * they are first told, which may take milliseconds, and then stay in the table. */
#ifndef EDOI_STACKS_SPOTS_H
#define EDOI_STACKS_SPOTS_H

#include <edo/base.h>

#define EDOI_SPOT_FRAMES 32u /* of a stack that are looked at */

typedef struct edoi_spot edoi_spot;

/* The spot of the stack of `n` return addresses, the innermost first. It stays valid. NULL: no
 * frames, or the table is full. Any thread. */
edoi_spot *edoi_spot_of(void *const *pcs, size_t n);

/* Writes "file:line" of the innermost frame that is not edo's to `to`, or what is known instead;
 * "" if all frames are edo's, or while another thread finds one. Any thread; the first call for a
 * spot may wait as a report does (frames.h). */
void edoi_spot_tell(char *to, size_t bytes, edoi_spot *spot);

#endif
