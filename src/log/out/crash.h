/* SPDX-License-Identifier: MIT */
/* log/out/crash.h: what is in the log's queues when the program crashes. */
#ifndef EDOI_LOG_OUT_CRASH_H
#define EDOI_LOG_OUT_CRASH_H

/* Installs handlers that write the queued lines before a fault or abort() ends the program: only
 * for signals with the default action. */
void edoi_log_crash_begin(void);

/* Called just before the program ends: writes the queued lines and the recorder's file. If several
 * threads call it, the first one writes, and the others wait for it, 5 s at most.
 * Async-signal-safe. */
void edoi_log_crash_tell(const char *why);

#endif
