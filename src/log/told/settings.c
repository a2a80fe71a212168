/* SPDX-License-Identifier: MIT */
/* log/told/settings.c: see edo/log_settings.h. */
#include <edo/log_settings.h>

#include "log/filter.h"

#include <edo/error.h>

#include <stddef.h>

EDO_DESCRIBE_ENUM(edo_log_format, EDO_UNIT(EDO_LOG_TEXT, "text"), EDO_UNIT(EDO_LOG_JSON, "json"),
                  EDO_UNIT(EDO_LOG_COMPACT, "compact"))

EDO_DESCRIBE_ENUM(edo_log_colour, EDO_UNIT(EDO_LOG_COLOUR_AUTO, "auto"),
                  EDO_UNIT(EDO_LOG_COLOUR_NEVER, "never"),
                  EDO_UNIT(EDO_LOG_COLOUR_ALWAYS, "always"))

static const char *is_filter(const void *element) {
    edoi_filter filter;
    const char *bad = NULL;
    size_t bad_n = 0;
    int err = edoi_filter_parse(&filter, edo_str_of(*(const char *const *)element), &bad, &bad_n);
    return err == 0 ? NULL : "must be parts as \"info\" or \"pg=debug\", with commas";
}

EDO_DESCRIBE_SHARED(
    edo_log_settings,
    EDO_FIELD(edo_log_settings, filter, .preset = "info", .value = "PARTS", .check = is_filter,
              .doc = "what is logged: a level, and parts as pg=debug"),
    EDO_FIELD_OF(edo_log_settings, format, edo_log_format_desc, .preset = "text"),
    EDO_FIELD_OF(edo_log_settings, colour, edo_log_colour_desc, .preset = "auto"),
    EDO_FIELD(edo_log_settings, spans, .doc = "ends of spans are lines"),
    EDO_FIELD(edo_log_settings, at_once, .doc = "who logs writes, and waits for the reader"),
    EDO_FIELD(edo_log_settings, no_time, .doc = "the log's collector adds the time"),
    EDO_FIELD(edo_log_settings, file, .optional = true, .value = "FILE",
              .doc = "in the place of standard error"),
    EDO_FIELD(edo_log_settings, roll_bytes, .preset = "0", .doc = "a file has no more; 0: any"),
    EDO_FIELD(edo_log_settings, roll_every, .preset = "0s", .doc = "a file is new each; 0s: never"),
    EDO_FIELD(edo_log_settings, keep, .preset = "0", .doc = "finished files that stay; 0: all"))

static edo_log_file *file_of_settings; /* of the thread that is in edo_log_start_as() */

static int settings_open(edo_log_file **file, const edo_log_settings *s) {
    const edo_log_file_opts opts = {
        .path = s->file, .roll_bytes = s->roll_bytes, .roll_every = s->roll_every, .keep = s->keep
    };
    *file = NULL;
    if (!s->file) return 0;
    int err = edo_log_file_new(file, &opts);
    return err < 0 ? edo_fail(err, "opening the log's file %s", s->file) : 0;
}

int edo_log_start_as(const edo_log_settings *s) {
    edo_log_file *file;
    int err = settings_open(&file, s);
    if (err < 0) return err;
    err = edo_log_start(&(edo_log_opts){ .filter = s->filter,
                                         .format = s->format,
                                         .colour = s->colour,
                                         .spans = s->spans,
                                         .at_once = s->at_once,
                                         .no_time = s->no_time,
                                         .fd = file ? edo_log_file_fd(file) : 0 });
    if (err < 0) {
        edo_log_file_free(file);
        return err;
    }
    edo_log_file_free(file_of_settings); // no line goes to it any more
    file_of_settings = file;
    return 0;
}
