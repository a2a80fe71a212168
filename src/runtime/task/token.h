/* SPDX-License-Identifier: MIT */
/* runtime/task/token.h: what hears of a cancel token beside the futures that wait for it: the block
 * of a fiber or thread (cancel_block.c) and a task that was spawned with it (guard.c).
 *
 * inv. 1: a node hangs among the token's waiters from hear to leave, or until the token fires. So
 *         the waker that it borrows lives for as long. */
#ifndef EDOI_RUNTIME_TASK_TOKEN_H
#define EDOI_RUNTIME_TASK_TOKEN_H

#include "runtime/scope/ctx.h"

#include <edo/cancel.h>

/* A reference of edo's own: it is none of the program's handles, and a debug build does not count
 * it among them. */
edo_cancel_token *edoi_token_hold(edo_cancel_token *t);
void edoi_token_let_go(edo_cancel_token *t);

/* Where the reason stands for what obeys the token: 0 until it fires, and for ever if it is
 * inherited, as nothing that a child of fork() begins would be woken. Alive as the token is. */
const edo_atomic_u32 *edoi_token_reason(const edo_cancel_token *t);

/* `w` is marked under the token's lock when it fires; not if it has fired already. */
void edoi_token_hear(edo_cancel_token *t, edo_wait_node *node, edo_waker *w);

/* From now on `w` instead. */
void edoi_token_renew(edo_cancel_token *t, edo_wait_node *node, edo_waker *w);

/* After this nobody touches `node`. */
void edoi_token_leave(edo_cancel_token *t, edo_wait_node *node);

/* The blocks and scopes of `c` wake `w`, of this thread: it had no memory for a waker when they
 * began, or drove with one of a runtime. */
void edoi_brackets_renew(edoi_ctx *c, edo_waker *w);

#endif
