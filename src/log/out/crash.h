/* SPDX-License-Identifier: MIT */
/* log/out/crash.h: what is in the log's queues when the program crashes. */
#ifndef EDOI_LOG_OUT_CRASH_H
#define EDOI_LOG_OUT_CRASH_H

/* Has a signal that ends the program, by abort() or a fault, write the queued lines first: for
 * those signals for which the program has its default action. */
void edoi_log_crash_begin(void);

/* Tells of the end of the program, which follows: writes the queued lines and the recorder's file.
 * Of several threads the first one does, and others wait for it, for 5 s at most.
 * Async-signal-safe. */
void edoi_log_crash_tell(const char *why);

#endif
