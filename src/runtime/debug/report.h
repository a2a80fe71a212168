/* SPDX-License-Identifier: MIT */
/* runtime/debug/report.h: what the reports of locks have in common. */
#ifndef EDOI_RUNTIME_DEBUG_REPORT_H
#define EDOI_RUNTIME_DEBUG_REPORT_H

#include <edo/base.h>

/* Each kind has a budget of its own: many reports of one do not hide another. */
typedef enum edoi_report_kind {
    EDOI_REPORT_DEADLOCK,
    EDOI_REPORT_ABANDONED,
    EDOI_REPORT_LASTING,
    EDOI_REPORT_HELD,
    EDOI_REPORT_ORDER,
    EDOI_REPORT_STANDING,
    EDOI_REPORT_JOBS,
    EDOI_REPORT_KINDS
} edoi_report_kind;

/* May a report of that kind be written? At most ten in a second are. Any thread. */
EDO_MUST_USE bool edoi_report_may(edoi_report_kind kind);

/* A report has been written: the flight recorder has its file written, as for those of the
 * watchdog, by another thread. `text` stays. */
void edoi_report_record(const char *text);

#endif
