/* SPDX-License-Identifier: MIT */
/* log/recorder_report.h: what the flight recorder has is written when something is
 * reported. */
#ifndef EDOI_LOG_RECORDER_REPORT_H
#define EDOI_LOG_RECORDER_REPORT_H

/* Something is reported that somebody will want to understand: has what is recorded written, but
 * not twice within 10 s, and says where it is, or why it could not be. Any thread, which waits for
 * the disk, without a lock. */
void edoi_recorder_report(const char *why);

/* Likewise, by a thread of its own: for callers that must not wait for the disk. `why` stays. */
void edoi_recorder_report_aside(const char *why);

/* Says that what is recorded cannot be written to `path`; the same error once. */
void edoi_recorder_tell_unwritten(const char *path, int err);

#endif
