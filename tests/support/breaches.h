/* SPDX-License-Identifier: MIT */
/* support/breaches.h: functions that break a contract, each tried as the root of a program in a
 * child. */
#ifndef EDO_TESTS_BREACHES_H
#define EDO_TESTS_BREACHES_H

#include <edo/runtime.h>

#include <string.h>

#include "last_words.h"

typedef struct breach {
    const char *text; /* of the report */
    edo_task_fn *fn;
} breach;

/* Printed in place of a file if the function that broke the contract has ended. */
#define HAS_ENDED "misuse in a function that has ended"

/* Whether the report has the text, and `place` before it. */
static inline bool report_names(const char *said, const char *text, const char *place) {
    const char *line = strstr(said, "edo: misuse in ");
    const char *what = line ? strstr(line, text) : NULL;
    const char *where = line ? strstr(line, place) : NULL;
    return what && where && where < what;
}

static inline int try_breach(void *row) {
    return edo_main(((const breach *)row)->fn, NULL);
}

static inline void assert_each_is_named(const breach *rows, size_t n, const char *place) {
    for (size_t i = 0; i < n; i++) {
        char said[8192];
        breach row = rows[i];
        int status = last_words(try_breach, &row, said, sizeof said);
        if (!is_abort(status) || !report_names(said, row.text, place))
            fail_msg("row %zu, %s: status %x, said: %s", i, row.text, (unsigned)status, said);
    }
}

#endif
