/* SPDX-License-Identifier: MIT */
/* runtime/scope/cancel_block.c: the block of a token. It is a bracket of the fiber or thread, like
 * a scope, whose `cut` is the token's reason; and a node among the token's waiters, so that a
 * blocked await is woken. */
#include "base/fork.h"
#include "records/brackets.h"
#include "records/handles.h"
#include "runtime/scope/bracket.h"
#include "runtime/scope/ctx.h"
#include "runtime/scope/scope.h"
#include "runtime/scope/token.h"
#include "runtime/task/fiber_ctx.h"
#include "runtime/worker/here.h"

static edo_cancel_block *block_of(edoi_bracket *b) {
    return (edo_cancel_block *)(void *)b;
}

/* `b` may be a copy of the scope's bracket: bracket.h. */
static edo_scope *bracket_scope_of(const edoi_bracket *b) {
    return (edo_scope *)(void *)((uintptr_t)b->cut - offsetof(edo_scope, cut));
}

void edo_cancel_begin(edo_cancel_block *b, edo_cancel_token *t) {
    (void)EDO_MISUSE(edoi_machine_runs_here(),
                     "a token's block in a state machine: use edo_cancel_run() there");
    EDOI_ENTERS(EDOI_TOKEN, t);
    edoi_ctx *c = edoi_ctx_here();
    *b = (edo_cancel_block){ .bracket = { .cut = edoi_token_reason(t),
                                          .shields_n = c->shields_n,
                                          .deadlines_n = edoi_ctx_deadlines_n(c),
                                          .of_token = true,
                                          .forks = edoi_forks(),
                                          .outer = c->bracket },
                             .token = edoi_token_hold(t) };
    edo_cancel_block *kept = block_of(edoi_bracket_begin(c, &b->bracket, EDOI_CALLER()));
    edoi_token_hear(t, &kept->node, edoi_ctx_waker());
}

int edo_cancel_end(edo_cancel_block *b, int result) {
    edoi_ctx *c = edoi_ctx_here();
    edo_cancel_block *kept = block_of(edoi_bracket_of(c, &b->bracket));
    if (EDO_MISUSE(c->bracket != &kept->bracket && edoi_bracket_tell_innermost(c),
                   "tokens' blocks and scopes are ended in reverse order, each once"))
        return -EDO_EMISUSE;
    // Ended even after misuse: the caller's memory goes away.
    bool crossed = EDO_MISUSE(
        (c->shields_n != b->bracket.shields_n && edoi_bracket_tell(c, EDOI_OPENED_SHIELD)) ||
            (edoi_ctx_deadlines_n(c) != b->bracket.deadlines_n &&
             edoi_bracket_tell(c, EDOI_OPENED_DEADLINE)),
        "a token's block is ended while a deadline or shield begun in it is "
        "open");
    edoi_token_leave(b->token, &kept->node);
    edoi_bracket_end(c, &b->bracket);
    edoi_token_let_go(b->token);
    b->token = NULL;
    return crossed ? -EDO_EMISUSE : result;
}

void edoi_cancel_leave(edo_cancel_block *b) {
    if (b->token) (void)edo_cancel_end(b, 0);
}

void edoi_brackets_renew(edoi_ctx *c, edo_waker *w) {
    // Only this thread writes the wakers of its nodes and scopes.
    for (edoi_bracket *b = c->bracket; b; b = b->outer) {
        if (edoi_bracket_is_inherited(b)) break; // inherited brackets: no wakes here
        if (b->of_token) {
            edo_cancel_block *block = block_of(b);
            if (block->node.waker != w) edoi_token_renew(block->token, &block->node, w);
        } else {
            edo_scope *scope = bracket_scope_of(b);
            if (scope->waker != w) edoi_scope_renew(scope, w);
        }
    }
}
