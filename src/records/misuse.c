/* SPDX-License-Identifier: MIT */
/* records/misuse.c: reports and aborts of a debug build: a broken invariant (base/assert.h), or a
 * broken contract (EDO_MISUSE). */
#include "base/assert.h"

#include "base/error/end_soon.h"
#include "base/error/trail.h"
#include "recorder/note.h"
#include "recorder/write.h"
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

/* The events that led there are of use in a release build, too. */
static void misuse_record(const char *text) {
    if (!EDOI_RECORDS(EDO_RECORDER_TURNS)) return;
    edoi_recorder_note_site(EDOI_REC_REPORT, edoi_recorder_task(), 0, text);
#ifndef EDO_DEBUG
    (void)edoi_recorder_report(text); // a debug build aborts, and writes then
#endif
}

bool edoi_misuse(const char *file, int line, const char *function, const char *text) {
    misuse_record(text);
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
