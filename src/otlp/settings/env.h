/* SPDX-License-Identifier: MIT */
/* otlp/settings/env.h: the variables of OpenTelemetry's specification. One that is empty counts as
 * not set; one with a wrong value, too, and is warned of by its name. */
#ifndef EDOI_OTLP_SETTINGS_ENV_H
#define EDOI_OTLP_SETTINGS_ENV_H

#include <edo/otlp.h>

#define EDOI_OTLP_TARGET "edo.otlp" /* of lines: they are not exported */

/* Reads a value to where `to` points; false: it is none, and that is untouched. */
typedef bool edoi_otlp_read_fn(void *to, const char *value);

/* Reads the variable, if it is set. True: `to` has its value. */
bool edoi_otlp_env(const char *name, edoi_otlp_read_fn *read, void *to);

/* The same of OTEL_EXPORTER_OTLP_<KIND>_<what>, or else OTEL_EXPORTER_OTLP_<what>; `*is_own` (may
 * be NULL): it was the former. */
bool edoi_otlp_env_of(edo_otlp_kind kind, const char *what, edoi_otlp_read_fn *read, void *to,
                      bool *is_own);

/* Warns of a variable. */
void edoi_otlp_env_warn(const char *name);

/* Warns of one that names an exporter of the specification that is not here. */
void edoi_otlp_env_warn_other(const char *name);

/* Logs one line with all variables of the specification that are set but not read, if any. */
void edoi_otlp_env_warn_unread(void);

/* Readers: a time in ms (edo_duration); a number above 0 (uint32_t); true or false (bool); a ratio
 * (double); a text, which is borrowed (const char *). */
bool edoi_otlp_read_ms(void *to, const char *value);
bool edoi_otlp_read_count(void *to, const char *value);
bool edoi_otlp_read_bool(void *to, const char *value);
bool edoi_otlp_read_ratio(void *to, const char *value);
bool edoi_otlp_read_text(void *to, const char *value);

#endif
