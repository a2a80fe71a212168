/* SPDX-License-Identifier: MIT */
/* runtime/control/log_jobs.h: what a log has to do on a blocking thread of edo_main()'s runtime. */
#ifndef EDOI_RUNTIME_CONTROL_LOG_JOBS_H
#define EDOI_RUNTIME_CONTROL_LOG_JOBS_H

/* From edoi_program_begin() to edoi_program_end(). */
void edoi_log_jobs_begin(void);
void edoi_log_jobs_end(void);

#endif
