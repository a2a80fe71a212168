/* SPDX-License-Identifier: MIT */
/* chrome.h: a recording as trace events of Chrome ("Trace Event Format"), which Perfetto,
 * speedscope and Chrome open: a row for each worker with its polls and sleeps, arrows from wakes to
 * polls, spans. */
#ifndef EDO_TRACE_CHROME_H
#define EDO_TRACE_CHROME_H

#include "polls.h"

#include <stdio.h>

void trace_chrome(FILE *out, const edoi_recorder_reading *r, const trace_polls *polls);

#endif
