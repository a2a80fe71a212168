/* SPDX-License-Identifier: MIT */
/* log/out/file.h: files of logs that begin anew, as edo/log.h says.
 *
 * The descriptor of such a file stays the same number: a new file takes its place by dup3(). So
 * whoever writes to it needs to know nothing of it, but says before each write how much it is. */
#ifndef EDOI_LOG_OUT_FILE_H
#define EDOI_LOG_OUT_FILE_H

#include "base/atomic.h"

#include <edo/log.h>

extern edo_atomic_u32 edoi_log_files_n; /* relaxed, a hint for all but the file's own log */

/* Before a write of `n` bytes to `fd`: if that is a file of a log whose time or size is over, a new
 * one takes its place: true. In the turn of its output. */
bool edoi_log_file_make_room(int fd, size_t n);

/* Opens all files again, and logs a failure. */
void edoi_log_files_reopen(void);

/* What runs jobs for logs: a function of the program's runtime, while there is one. False: it does
 * not take the job. */
typedef bool edoi_log_job_fn(void (*fn)(void *arg), void *arg);
void edoi_log_jobs_by(edoi_log_job_fn *start);

#endif
