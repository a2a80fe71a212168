/* SPDX-License-Identifier: MIT */
/* base/error/chain.h: trails, and those of one fiber or thread in their order, newest first.
 *
 * inv. 1: a trail in a bracket of edoi_trail_keep() is neither changed nor freed while its task
 *         lives. So lines are added to, and trails taken from, the open ones: those above it.
 * inv. 2: of the open trails no two have one code, and there are two at most: the one of the error
 *         that is being returned, and the one of what failed after it or in vain.
 * inv. 3: a trail in a `beside` has none itself, and no more than EDO_TRAIL_FAILURES_MAX stand in
 *         one: those of inner scopes move outwards (beside.h). */
#ifndef EDOI_BASE_ERROR_CHAIN_H
#define EDOI_BASE_ERROR_CHAIN_H

#include <edo/error.h>

/* A line; it is followed by the payload, which needs the alignment, and the text. */
typedef struct edoi_trail_line {
    edo_trail_entry entry;
    size_t bytes; /* of the whole object */
    max_align_t behind[];
} edoi_trail_line;

typedef struct edoi_trail {
    edoi_trail_line *lines[EDO_TRAIL_LINES_MAX]; /* oldest first */
    uint32_t lines_n;
    uint32_t left_out; /* lines dropped between the first and the second */
    int code;          /* of the error */
    bool has_cause;    /* the first line tells what happened, instead of the text of the code */
    uint32_t kept_n;   /* brackets of edoi_trail_keep() over it: it gets no line in them */
    struct edoi_trail *earlier; /* of an error before, which may still be returned; NULL: none */
    const char *child;          /* the child of a scope that has failed; NULL: not known */
    struct edoi_trail *beside;  /* failures after this one, newest first, linked by `earlier` */
    uint32_t beside_n, beside_left_out; /* how many stand there, and how many older ones do not */
} edoi_trail;

/* Stands in a task whose trail a waiter has got: the join that follows finds it with the waiter. */
extern edoi_trail edoi_trail_moved;

/* Makes a trail of `code` without lines; NULL without memory. */
edoi_trail *edoi_trail_bare(int code);

/* Frees a trail that was taken, and those before it; NULL and edoi_trail_moved are allowed. */
void edoi_trail_free(edoi_trail *trail);

/* The trail of `err` among `trails` of a task that has ended, else NULL; frees the others. */
edoi_trail *edoi_trail_only(edoi_trail *trails, int err);

/* ---- The order of trails --------------------------------------------------------------------- */

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
