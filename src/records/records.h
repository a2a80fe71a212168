/* SPDX-License-Identifier: MIT */
/* records/records.h: what debug builds know about the objects and locks of a program, so that a
 * mistake is named with the places where it began. The rest of edo calls this room where an object
 * is made, where it ends, and where a handle enters a public function.
 *
 * The room knows addresses, places in the code, and numbers. What it has to know about tasks it
 * asks the runtime, by hooks. In release builds all its functions are empty. */
#ifndef EDOI_RECORDS_RECORDS_H
#define EDOI_RECORDS_RECORDS_H

#include <edo/base.h>
#include <edo/bytes.h>

/* Debug builds that keep records: of handles that were given up, of loans of stack memory. Not with
 * the thread sanitizer, for which the locks of those tables would order threads that are otherwise
 * unordered, and not in models, where each access is a step. */
#if defined(EDO_DEBUG) && !defined(EDOI_TSAN) && !defined(EDOI_MODEL)
#    define EDOI_REMEMBERS 1
#else
#    define EDOI_REMEMBERS 0
#endif

/* Called with a task's name, which lives as long as the program; NULL: the task has no name. */
typedef void edoi_records_found_fn(void *arg, const char *name);

/* Set by the runtime. All but `alive` are about the calling thread. */
typedef struct edoi_records_hooks {
    /* The runtime of the running task; NULL: none. */
    const void *(*owner)(void);

    /* The id of the running task; 0: none. */
    uint64_t (*task)(void);

    /* The scope with `leaves_nothing` in which the running task makes things; NULL: none. */
    const void *(*scope)(void);

    /* Writes the stack of the fiber for which the calling worker polls on its own stack, and
     * returns its length; 0: the worker does not. */
    size_t (*awaiter)(void **pcs, size_t max);

    /* Writes a report on standard error, and waits no longer for its reader than the log does. */
    bool (*tell)(edo_str text);

#if EDOI_REMEMBERS
    /* For the exit of the process: calls `found` for each task that has not ended, except the
     * running task, and tasks that a shutdown has named. */
    void (*alive)(edoi_records_found_fn *found, void *arg);
#endif
} edoi_records_hooks;

#ifdef EDO_DEBUG
/* Any thread, at any time. `hooks` lives as long as the program. */
void edoi_records_hooks_set(const edoi_records_hooks *hooks);

/* NULL: no runtime has been made yet. */
const edoi_records_hooks *edoi_records_hooks_get(void);

/* Writes a line about a program that goes on, which ends with "\n"; on standard error as it is before
 * there is a runtime. For what is about to abort there is base/error/end_soon.h. */
void edoi_records_tell(const char *format, ...) EDO_PRINTF(1, 2);
#endif

#endif
