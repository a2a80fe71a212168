/* SPDX-License-Identifier: MIT */
/* runtime/debug/report.c: see report.h. */
#include "runtime/debug/report.h"

#include "base/world/worlds.h"
#include "driver/clock.h"
#include "driver/per_second.h"
#include "log/recorder_report.h"
#include "recorder/note.h"

#define REPORTS_A_SECOND 10u /* a program may run into the same one again and again */

static edoi_per_second budgets[EDOI_REPORT_KINDS];

static void budgets_forget(void) {
    for (int i = 0; i < EDOI_REPORT_KINDS; i++) edoi_per_second_forget(&budgets[i]);
}

EDOI_ON_WORLD(budgets_forget);

bool edoi_report_may(edoi_report_kind kind) {
    uint32_t now_s = (uint32_t)(edoi_clock_monotonic() / 1000000000);
    return edoi_per_second_takes(&budgets[kind], now_s, REPORTS_A_SECOND);
}

void edoi_report_record(const char *text) {
#ifndef EDOI_MODEL
    if (!EDOI_RECORDS(EDO_RECORDER_TURNS)) return;
    edoi_recorder_note_site(EDOI_REC_REPORT, edoi_recorder_task(), 0, text);
    edoi_recorder_report_aside(text); // the task that reports may hold the lock
#else
    (void)text;
#endif
}
