/* SPDX-License-Identifier: MIT */
/* service/own_wait.c: see own_wait.h. */
#include "service/own_wait.h"

#include "runtime/scope/ctx.h"
#include "time/coarse.h"

#include <errno.h>

/* The clock is read exactly only where the coarse one does not tell. */
static EDOI_NOINLINE bool deadline_is_over(int64_t deadline_ns) {
    int64_t lag_ns, now_ns = edoi_now_coarse(&lag_ns);
    if (deadline_ns <= now_ns) return true;
    return deadline_ns - now_ns <= lag_ns && deadline_ns <= edo_now().ns;
}

void edoi_own_wait_begin(void) {
    edoi_ctx *c = edoi_ctx_here();
    c->was_own_wait = EDOI_UNLIKELY(edoi_ctx_has_deadline(c)) && deadline_is_over(c->deadline_ns);
}

int edoi_own_wait_ended(int err) {
    edoi_ctx_here()->was_own_wait = err == -ECANCELED;
    return err;
}

bool edoi_own_wait_was_cut(int result) {
    return (result == -ECANCELED || result == -ETIMEDOUT) && edoi_ctx_here()->was_own_wait;
}
