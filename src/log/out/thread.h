/* SPDX-License-Identifier: MIT */
/* log/out/thread.h: a thread of the log's own. */
#ifndef EDOI_LOG_OUT_THREAD_H
#define EDOI_LOG_OUT_THREAD_H

#include <stdbool.h>

/* Starts a detached thread; false: it cannot be started. All signals are blocked in it, so that the
 * program's own threads handle them. */
bool edoi_log_thread(void *(*fn)(void *arg), void *arg, const char *name);

#endif
