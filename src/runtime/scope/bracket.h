/* SPDX-License-Identifier: MIT */
/* runtime/scope/bracket.h: where edo keeps what it reads of an open scope or block of a token.
 *
 * The frame of a scope or block may be gone when edo next looks at it, an error to be reported. So
 * in debug builds the part that edo reads (its edoi_bracket), and the part that a firing token
 * writes (the node of a block), lie beside the record of where it was begun (records/brackets.h),
 * and not in the frame. In release builds, and in debug builds without a free record, they lie in
 * the frame.
 *
 * What is kept is touched by the fiber or thread of its record only, except the node of a block,
 * which belongs to the token: runtime/scope/token.h. */
#ifndef EDOI_RUNTIME_SCOPE_BRACKET_H
#define EDOI_RUNTIME_SCOPE_BRACKET_H

#include "base/assert.h"
#include "records/brackets.h"
#include "runtime/scope/ctx.h"
#include "runtime/task/fiber_ctx.h"

#include <edo/cancel.h>

#if EDOI_REMEMBERS

/* Begins `b`, which the caller has filled in: it is now the innermost. Returns where edo keeps it;
 * for the bracket of an edo_cancel_block the whole block is kept. `caller` is the return address of
 * the call that begins it. */
edoi_bracket *edoi_bracket_begin(edoi_ctx *c, edoi_bracket *b, const void *caller);

/* Where edo keeps `b`. */
edoi_bracket *edoi_bracket_of(const edoi_ctx *c, edoi_bracket *b);

/* Ends `b`, the innermost. */
void edoi_bracket_end(edoi_ctx *c, const edoi_bracket *b);

/* A deadline, shield or edo_no_await_begin() begins; `depth` distinguishes those of one kind. */
void edoi_bracket_note(edoi_ctx *c, edoi_opened_kind kind, uint32_t depth, const void *caller);

/* The one of this kind and depth ends. */
void edoi_bracket_forget(edoi_ctx *c, edoi_opened_kind kind, uint32_t depth);

/* Is a scope of `c` open? `*clean`: the innermost, if it has `leaves_nothing`, else NULL. */
bool edoi_bracket_clean_scope(const edoi_ctx *c, const edo_scope **clean);

/* Writes to standard error where the innermost of this kind was begun, if known. Always returns
 * true. */
bool edoi_bracket_tell(const edoi_ctx *c, edoi_opened_kind kind);

/* As edoi_bracket_tell(), of the innermost scope or block, if there is one. */
bool edoi_bracket_tell_innermost(const edoi_ctx *c);

#else

EDOI_INLINE edoi_bracket *edoi_bracket_begin(edoi_ctx *c, edoi_bracket *b, const void *caller) {
    (void)caller;
    c->bracket = b;
    return b;
}
EDOI_INLINE edoi_bracket *edoi_bracket_of(const edoi_ctx *c, edoi_bracket *b) {
    (void)c;
    return b;
}
EDOI_INLINE void edoi_bracket_end(edoi_ctx *c, const edoi_bracket *b) {
    c->bracket = b->outer;
}
EDOI_INLINE void edoi_bracket_note(edoi_ctx *c, edoi_opened_kind kind, uint32_t depth,
                                   const void *caller) {
    (void)c, (void)kind, (void)depth, (void)caller;
}
EDOI_INLINE void edoi_bracket_forget(edoi_ctx *c, edoi_opened_kind kind, uint32_t depth) {
    (void)c, (void)kind, (void)depth;
}
EDOI_INLINE bool edoi_bracket_clean_scope(const edoi_ctx *c, const edo_scope **clean) {
    (void)c;
    *clean = NULL;
    return false;
}
EDOI_INLINE bool edoi_bracket_tell(const edoi_ctx *c, edoi_opened_kind kind) {
    (void)c, (void)kind;
    return true;
}
EDOI_INLINE bool edoi_bracket_tell_innermost(const edoi_ctx *c) {
    (void)c;
    return true;
}

#endif

/* Reports a scope or block whose frame is gone: the frame is on the stack from `lo` to `hi` and
 * below `frame`, or it was overwritten; without records only the innermost is checked, by its
 * address. Debug only. */
#ifdef EDO_DEBUG
void edoi_bracket_check(const edoi_ctx *c, const char *lo, const char *hi, const char *frame);
#else
EDOI_INLINE void edoi_bracket_check(const edoi_ctx *c, const char *lo, const char *hi,
                                    const char *frame) {
    (void)c, (void)lo, (void)hi, (void)frame;
}
#endif

#endif
