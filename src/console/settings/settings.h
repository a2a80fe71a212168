/* SPDX-License-Identifier: MIT */
/* console/settings/settings.h: what the environment and the options say, as one. */
#ifndef EDOI_CONSOLE_SETTINGS_SETTINGS_H
#define EDOI_CONSOLE_SETTINGS_SETTINGS_H

#include <edo/console.h>

/* Const after it was read. */
typedef struct edoi_console_settings {
    bool is_on;
    bool is_unix;
    char *bind;  /* as edo_tcp_listen() or edo_unix_listen() takes it */
    char *token; /* NULL: none */
    edo_duration publish;
    uint32_t tasks_max;
} edoi_console_settings;

/* Reads both, and checks them if they say that there shall be a console. On failure nothing is left
 * to deinit. Errors: -EINVAL, -EACCES, -ENOMEM, with a trail. */
EDO_MUST_USE int edoi_console_settings_read(edoi_console_settings *out,
                                            const edo_console_opts *opts);

void edoi_console_settings_deinit(edoi_console_settings *s);

/* What a variable or an option gives. An empty variable counts as not set. */
const char *edoi_console_given(const char *variable, const char *option);

/* By EDO_CONSOLE and `always`. A value that is not "1" opens nothing. */
bool edoi_console_is_on(const char *variable, bool always);

#endif
