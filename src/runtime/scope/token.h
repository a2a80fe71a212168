/* SPDX-License-Identifier: MIT */
/* runtime/scope/token.h: the listeners of a cancel token other than futures that wait for it: the
 * block of a fiber or thread (cancel_block.c) and a task that was spawned with it (guard.c).
 *
 * inv. 1: a node is among the token's waiters from hear to leave, or until the token fires. The
 *         waker that it borrows must live that long. */
#ifndef EDOI_RUNTIME_SCOPE_TOKEN_H
#define EDOI_RUNTIME_SCOPE_TOKEN_H

#include "runtime/task/fiber_ctx.h"

#include <edo/cancel.h>

/* A reference of edo's own: not a handle of the program, so a debug build does not count it. A new
 * token has one; NULL without memory. NULL may be let go. */
edo_cancel_token *edoi_token_new(void);
edo_cancel_token *edoi_token_hold(edo_cancel_token *t);
void edoi_token_let_go(edo_cancel_token *t);

/* The token's reason, for code that obeys the token: 0 until it fires, and always 0 if it is
 * inherited, as in a child of fork() nothing would be woken. Valid while the token lives. */
const edo_atomic_u32 *edoi_token_reason(const edo_cancel_token *t);

/* Adds `node`: `w` is marked under the token's lock when the token fires. Not added if it has fired
 * already. */
void edoi_token_hear(edo_cancel_token *t, edo_wait_node *node, edo_waker *w);

/* Replaces the node's waker by `w`. */
void edoi_token_renew(edo_cancel_token *t, edo_wait_node *node, edo_waker *w);

/* After this no thread touches `node`. */
void edoi_token_leave(edo_cancel_token *t, edo_wait_node *node);

/* Makes the blocks and scopes of `c` wake `w`, of this thread: there was no memory for a waker when
 * they began, or the thread drove with a waker of a runtime. */
void edoi_brackets_renew(edoi_ctx *c, edo_waker *w);

#endif
