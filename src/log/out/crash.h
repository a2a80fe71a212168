/* SPDX-License-Identifier: MIT */
/* log/out/crash.h: what is in the log's queues when the program crashes. */
#ifndef EDOI_LOG_OUT_CRASH_H
#define EDOI_LOG_OUT_CRASH_H

/* Has a signal that ends the program, by abort() or a fault, write the queued lines first: for
 * those signals for which the program has its default action. */
void edoi_log_crash_begin(void);

#endif
