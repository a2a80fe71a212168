/* SPDX-License-Identifier: MIT */
/* base/error/chain.h: the trails of one fiber or thread, newest first.
 *
 * inv. 1: a trail in a bracket of edoi_trail_keep() is neither changed nor freed while its task
 *         lives. So lines are added to, and trails taken from, the open ones: those above it.
 * inv. 2: of the open trails no two have one code, and there are two at most: the one of the error
 *         that is being returned, and the one of what failed after it or in vain. */
#ifndef EDOI_BASE_ERROR_CHAIN_H
#define EDOI_BASE_ERROR_CHAIN_H

#include "base/error/trail.h"

/* The newest trail of `code`, in a bracket or not; NULL if there is none. */
edoi_trail *edoi_chain_find(edoi_trail *newest, int code);

/* The open trail of `code`; NULL if there is none. */
edoi_trail *edoi_chain_open(edoi_trail *newest, int code);

/* The newest trail in a bracket; NULL if there is none. */
edoi_trail *edoi_chain_kept(edoi_trail *newest);

/* Puts `trail` before the others, and frees the open ones that it leaves no room for. */
void edoi_chain_push(edoi_trail **slot, edoi_trail *trail);

/* Takes `trail` out. */
void edoi_chain_unlink(edoi_trail **slot, edoi_trail *trail);

/* Frees the trails before `trail`, or all if that is NULL. */
void edoi_chain_cut(edoi_trail **slot, const edoi_trail *trail);

/* Behind edoi_trail_kept_end() and edoi_trail_kept_end_cleanup(). */
void edoi_chain_keep_end(edoi_trail **slot, const edoi_trail *kept, int result);
void edoi_chain_cleanup_end(edoi_trail **slot, const edoi_trail *kept);

void edoi_trail_line_free(edoi_trail_line *line);

#endif
