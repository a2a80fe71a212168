/* SPDX-License-Identifier: MIT */
/* apps/console/options.h: the arguments of edo console. */
#ifndef CONSOLE_OPTIONS_H
#define CONSOLE_OPTIONS_H

#include "views.h"

#include <edo/time.h>

typedef struct options {
    const char *target; /* HOST:PORT or "unix:PATH" */
    const char *token;  /* NULL: none */
    const char *replay; /* a recording instead of a target; NULL: none */
    const char *record; /* a file; NULL: none */
    const char *site;   /* whose tasks alone are asked for; "": of any */
    edo_duration every, length;
    uint32_t tasks, rows, cols;
    int print; /* a view, without a terminal; -1: none */
    bool is_json, is_ascii, no_colors, is_tokio, is_help;
} options;

extern const char options_usage[];

/* Errors: -EINVAL  was told on stderr. */
int options_read(options *self, int argc, char **argv);

#endif
