/* SPDX-License-Identifier: MIT */
/* options.h: the command line. */
#ifndef CHAT_OPTIONS_H
#define CHAT_OPTIONS_H

#include <edo/time.h>

typedef struct options {
    const char *address;     /* borrowed from argv */
    const char *log;         /* level, NULL: not given */
    uint32_t history;        /* messages that a newcomer sees */
    uint32_t line_bytes_max; /* without the line end */
    uint32_t rate;           /* lines a second from one client; 0: no limit */
    uint32_t threads;        /* 0: one for each core that may be used */
    edo_duration idle;       /* without input; 0: no limit */
} options;

/* What main() does next. */
typedef enum options_verdict {
    OPTIONS_RUN,
    OPTIONS_HELP,  /* options_help is to be printed */
    OPTIONS_WRONG, /* `fault` is to be printed, the exit status is 2 */
} options_verdict;

/* Reads the command line; `fault` then holds a sentence if something in it is wrong. */
options_verdict options_parse(options *out, int argc, const char *const *argv, char *fault,
                              size_t fault_bytes);

/* The answer to --help. */
extern const char options_help[];

#endif
