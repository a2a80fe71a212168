/* SPDX-License-Identifier: MIT */
/* log/tell.h: reports, which the runtime writes to standard error even if the log is off.
 *
 * They are written as the log's lines are (output.h): if standard error is not read, a report
 * delays a worker, or the end of a runtime, no longer than a log line does. */
#ifndef EDOI_LOG_TELL_H
#define EDOI_LOG_TELL_H

#include <edo/bytes.h>

#define EDOI_TELL_MAX 1024u /* bytes of a formatted report */

/* Writes a report, which ends with "\n". Any thread; not in a signal handler. */
EDO_API void edoi_tell(const char *format, ...) EDO_PRINTF(1, 2);

/* The same of any length; false: it is dropped. */
bool edoi_tell_text(edo_str text);

/* Has what reports need there from now on: a thread may hang in malloc(). A second call does
 * nothing. */
void edoi_tell_prepare(void);

#endif
