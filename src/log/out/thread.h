/* SPDX-License-Identifier: MIT */
/* log/out/thread.h: a thread of the log's own. */
#ifndef EDOI_LOG_OUT_THREAD_H
#define EDOI_LOG_OUT_THREAD_H

#include <stdbool.h>

/* Starts a thread that nobody joins; false: there can be none. It has all signals blocked: those of
 * the program are for its own threads. */
bool edoi_log_thread(void *(*fn)(void *arg), void *arg, const char *name);

#endif
