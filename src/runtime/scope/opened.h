/* SPDX-License-Identifier: MIT */
/* runtime/scope/opened.h: debug builds remember what a fiber or thread has begun and not ended, and
 * where it did: scopes, blocks of tokens, deadlines, shields and edo_no_await_begin().
 *
 * The frame of a scope or block may be gone when edo next looks at it, which is a fault to be
 * named. So what edo reads of it (its edoi_bracket), and what a token that fires writes to (the
 * node of a block), lies in the record and not in the frame. Release builds remember nothing, and
 * neither does a debug build without a free record: there all of it lies in the frame.
 *
 * inv. 1: a record that is in use belongs to one context, and is touched by that fiber or thread
 *         only; but the node of a block is its token's: runtime/task/token.h. */
#ifndef EDOI_RUNTIME_SCOPE_OPENED_H
#define EDOI_RUNTIME_SCOPE_OPENED_H

#include "base/assert.h"
#include "runtime/scope/ctx.h"

#include <edo/cancel.h>

typedef enum edoi_opened_kind {
    EDOI_OPENED_SCOPE,
    EDOI_OPENED_BLOCK,
    EDOI_OPENED_DEADLINE,
    EDOI_OPENED_SHIELD,
    EDOI_OPENED_NO_AWAIT
} edoi_opened_kind;

#if EDOI_REMEMBERS

/* `b`, filled in, begins: it is the innermost one from now on. Returns where edo keeps it; if it is
 * that of an edo_cancel_block, the whole block. `caller` is the return address of the call that
 * begins it. */
edoi_bracket *edoi_bracket_begin(edoi_ctx *c, edoi_bracket *b, const void *caller);

/* Where edo keeps `b`. */
edoi_bracket *edoi_bracket_of(const edoi_ctx *c, edoi_bracket *b);

/* `b`, the innermost one, ends. */
void edoi_bracket_end(edoi_ctx *c, const edoi_bracket *b);

/* A deadline, shield or edo_no_await_begin() begins; `depth` tells it from others of its kind. */
void edoi_opened_note(edoi_ctx *c, edoi_opened_kind kind, uint32_t depth, const void *caller);

/* It ends. */
void edoi_opened_forget(edoi_ctx *c, edoi_opened_kind kind, uint32_t depth);

/* Says on standard error where the innermost of this kind was begun, if that is known. Always
 * true. */
bool edoi_opened_tell(const edoi_ctx *c, edoi_opened_kind kind);

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
EDOI_INLINE void edoi_opened_note(edoi_ctx *c, edoi_opened_kind kind, uint32_t depth,
                                  const void *caller) {
    (void)c, (void)kind, (void)depth, (void)caller;
}
EDOI_INLINE void edoi_opened_forget(edoi_ctx *c, edoi_opened_kind kind, uint32_t depth) {
    (void)c, (void)kind, (void)depth;
}
EDOI_INLINE bool edoi_opened_tell(const edoi_ctx *c, edoi_opened_kind kind) {
    (void)c, (void)kind;
    return true;
}

#endif

/* Names a scope or block whose frame is gone: it lies on this stack, from `lo` to `hi`, and below
 * `frame`, or something else has been written there; without records only the innermost, by its
 * address. Debug only. */
#ifdef EDO_DEBUG
void edoi_opened_check(const edoi_ctx *c, const char *lo, const char *hi, const char *frame);
#else
EDOI_INLINE void edoi_opened_check(const edoi_ctx *c, const char *lo, const char *hi,
                                   const char *frame) {
    (void)c, (void)lo, (void)hi, (void)frame;
}
#endif

#endif
