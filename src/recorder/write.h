/* SPDX-License-Identifier: MIT */
/* recorder/write.h: what is recorded, to a file. */
#ifndef EDOI_RECORDER_WRITE_H
#define EDOI_RECORDER_WRITE_H

#include "recorder/region.h"

/* Writes all rings that were used to a new file, while threads go on recording. If the file cannot
 * be written to its end, it is removed, and a former one stays. Keeps errno. Async-signal-safe, and
 * takes no lock. Errors: as edo_recorder_write(). */
EDO_MUST_USE int edoi_recorder_write(const char *path, const char *why);

/* Notes in the head of the memory why a report was written. Async-signal-safe. */
void edoi_recorder_mark(const char *why);

#define EDOI_RECORDER_PATH_BYTES 1024u /* of a report's file, with its end */

/* Where the next two write; NULL: nowhere. One thread at a time. */
void edoi_recorder_report_to(const char *path);

/* Writes there, once, and says on standard error that it did, or why it could not. In the handler
 * of a signal that ends the process. */
void edoi_recorder_crash(const char *why);

/* Something is reported that somebody will want to understand: where is it to be written? NULL:
 * nowhere, or something was less than 10 s ago. Any thread. */
const char *edoi_recorder_report_due(const char *why);
const char *edoi_recorder_report_path(void);

#endif
