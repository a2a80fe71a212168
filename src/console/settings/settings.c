/* SPDX-License-Identifier: MIT */
/* console/settings/settings.c: see settings.h. */
#include "console/settings/settings.h"

#include "base/opts.h"
#include "console/settings/access.h"

#include <edo/console_page.h>
#include <edo/error.h>
#include <edo/str.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BIND_DEFAULT "127.0.0.1:6669"
#define TASKS_MAX    8192u /* an update with all of them has less than 4 MiB */

static const edo_duration publish_min = EDO_MS(10), publish_default = EDO_S(1);

const char *edoi_console_given(const char *variable, const char *option) {
    return variable && variable[0] ? variable : option;
}

bool edoi_console_is_on(const char *variable, bool always) {
    return strcmp(edoi_console_given(variable, always ? "1" : "0"), "1") == 0;
}

static int settings_check(edoi_console_settings *s, const char *bind, const char *token) {
    edo_addr addr;
    if (token && !edoi_is_token(token))
        return edo_fail(-EINVAL,
                        "the console's token is empty, has more than %u bytes, or others than "
                        "letters, digits and -._~+/=",
                        EDO_CONSOLE_TOKEN_MAX);
    int err = edo_addr_parse(&addr, bind);
    if (err < 0) return edo_fail(err, "the console's address, %s", bind);
    s->is_unix = strncmp(bind, "unix:", 5) == 0;
    const bool has_file = s->is_unix && !edoi_is_abstract(bind);
    if (has_file || token || edoi_is_loopback(&addr)) return 0;
    return edo_fail(-EACCES, "the console at %s is open to other %s: it needs a token", bind,
                    s->is_unix ? "users" : "machines");
}

static int settings_copy(edoi_console_settings *s, const char *bind, const char *token) {
    s->bind = strdup(bind);
    s->token = token ? strdup(token) : NULL;
    if (s->bind && (s->token || !token)) return 0;
    edoi_console_settings_deinit(s);
    return -ENOMEM;
}

int edoi_console_settings_read(edoi_console_settings *out, const edo_console_opts *opts) {
    // A set-uid program listens nowhere because its user wants it.
    const char *on = secure_getenv("EDO_CONSOLE"), *bind = secure_getenv("EDO_CONSOLE_BIND"),
               *token = secure_getenv("EDO_CONSOLE_TOKEN");
    if (opts->ignore_env) on = bind = token = NULL;
    *out = (edoi_console_settings){ .is_on = edoi_console_is_on(on, opts->always) };
    out->publish = opts->publish.ns != 0 ? opts->publish : publish_default;
    out->tasks_max = opts->tasks_max != 0 ? opts->tasks_max : TASKS_MAX;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if (out->publish.ns < publish_min.ns || out->tasks_max > TASKS_MAX) return -EINVAL;
    if (!out->is_on) return 0;
    bind = edoi_console_given(bind, opts->bind ? opts->bind : BIND_DEFAULT);
    token = edoi_console_given(token, opts->token);
    int err = settings_check(out, bind, token);
    return err < 0 ? err : settings_copy(out, bind, token);
}

void edoi_console_settings_deinit(edoi_console_settings *s) {
    free(s->bind);
    free(s->token);
    s->bind = s->token = NULL;
}
