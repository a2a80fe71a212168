/* SPDX-License-Identifier: MIT */
/* web_log.h: what a server's log says meanwhile, as text. */
#ifndef WEB_LOG_H
#define WEB_LOG_H

#include "inside.h"

#include <edo/log.h>
#include <edo/pipe.h>
#include <edo/test.h>

typedef struct web_log {
    edo_stream *from, *to;
    char text[4096]; /* after log_end(): the first that was said; "": nothing */
} web_log;

/* Starts the log of the process, which must not run. */
static inline void log_begin(web_log *log, edo_log_opts opts) {
    EDO_TEST_OK(edo_pipe(&log->from, &log->to, NULL));
    opts.fd = edo_stream_fd(log->to);
    opts.ignore_env = true;
    EDO_TEST_OK(edo_log_start(&opts));
}

static inline void log_end(web_log *log) {
    edo_log_stop();
    edo_close(log->to);
    int n = edo_read(log->from, log->text, sizeof log->text - 1);
    log->text[n > 0 ? n : 0] = '\0';
    edo_close(log->from);
}

#endif
