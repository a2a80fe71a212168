/* SPDX-License-Identifier: MIT */
/* edo/log_settings.h: the log as settings of a program, by edo/config.h: from its command line, its
 * environment and its file.
 *
 *     typedef struct settings { char *listen; edo_log_settings log; } settings;
 *     EDO_DESCRIBE(settings, EDO_FIELD(settings, listen, .preset = "127.0.0.1:8080"),
 *                  EDO_FIELD_OF(settings, log, edo_log_settings_desc))
 *
 *     err = edo_log_start_as(&set->log); // first thing in the root task
 *
 *     shop --log-filter info,pg=debug --log-format compact
 *     SHOP_LOG_FORMAT=json SHOP_LOG_FILE=/var/log/shop.log SHOP_LOG_ROLL_EVERY=24h SHOP_LOG_KEEP=14
 *     { "log": { "filter": "info", "format": "json" } } */
#ifndef EDO_LOG_SETTINGS_H
#define EDO_LOG_SETTINGS_H

#include <edo/log.h>
#include <edo/value.h>

EDO_BEGIN_DECLS

/* As edo_log_opts and edo_log_file_opts. Decoding fills in what is not given: the filter "info",
 * text to standard error, colour on a terminal. */
typedef struct edo_log_settings {
    const char *filter; /* EDO_LOG goes before it */
    edo_log_format format;
    edo_log_colour colour;
    bool spans, at_once, no_time;
    const char *file; /* NULL: standard error */
    uint64_t roll_bytes;
    edo_duration roll_every;
    uint32_t keep;
} edo_log_settings;

EDO_API extern const edo_desc edo_log_settings_desc;

/** Starts the log as the settings say, or changes it: after a second call, as one of
 * edo_log_on_hangup(), the file of the first is closed.
 * Owns:    borrows `s` until return; the file stays open until the next call.
 * Errors:  as edo_log_start() and edo_log_file_new(); nothing has changed
 * Threads: one at a time.   Waits: for the disk; as edo_log_stop() where the log was on.
 * Since: 0.1 */
EDO_MUST_USE EDO_API int edo_log_start_as(const edo_log_settings *s);

EDO_END_DECLS

#endif
