/* SPDX-License-Identifier: MIT */
/* records/misuse.c: reports and aborts of a debug build: a broken invariant (base/assert.h), or a
 * broken contract (EDO_MISUSE). */
#include "base/assert.h"

#include "records/misuse.h"

#include "base/atomic.h"
#include "base/error/end_soon.h"
#include "base/error/trail.h"
#include "records/blame.h"

#include <stdlib.h>

static void misuse_say(const char *what, const char *file, int line, const char *function,
                       const char *text) {
    const char *task = edoi_task_name();
    edoi_end_say("edo: %s in %s (%s:%d): %s%s%s%s\n", what, function, file, line, text,
                 task ? " [task " : "", task ? task : "", task ? "]" : "");
}

void edoi_assert_failed(const char *file, int line, const char *function, const char *condition) {
    misuse_say("broken invariant", file, line, function, condition);
    abort();
}

static edo_atomic_ptr told; /* atomic, relaxed: a function */

void edoi_misuse_tell(edoi_misuse_fn *fn) {
    edoi_store_rlx_ptr(&told, (void *)(uintptr_t)fn);
}

static void misuse_tell(const char *text) {
    edoi_misuse_fn *fn = (edoi_misuse_fn *)(uintptr_t)edoi_load_rlx_ptr(&told);
    if (fn) fn(text);
}

bool edoi_misuse(const char *file, int line, const char *function, const char *text) {
    misuse_tell(text);
#if defined(EDO_DEBUG) && !defined(EDOI_MODEL)
    (void)file; // the report names the caller's file
    (void)line;
    (void)function;
    edoi_blame_print(text);
    abort();
#elif defined(EDO_DEBUG)
    misuse_say("misuse", file, line, function, text);
    abort();
#else
    (void)file; // in release the caller's -EDO_EMISUSE is the report
    (void)line;
    (void)function;
    (void)text;
    return true;
#endif
}
