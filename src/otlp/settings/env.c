/* SPDX-License-Identifier: MIT */
/* otlp/settings/env.c: see env.h. */
#include "otlp/settings/env.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/str.h>
#include <edo/value.h>

#include <stdio.h>
#include <stdlib.h>

#define MS_MAX 86400000u /* a day */

void edoi_otlp_env_warn(const char *name) {
    edo_log_event(EDO_LEVEL_WARN, EDOI_OTLP_TARGET, (EDO_KV("name", name)),
                  "a variable is ignored: its value is none of those that it may have");
}

bool edoi_otlp_env(const char *name, edoi_otlp_read_fn *read, void *to) {
    const char *value = getenv(name);
    if (!value || value[0] == '\0') return false;
    if (read(to, value)) return true;
    edoi_otlp_env_warn(name);
    return false;
}

bool edoi_otlp_env_of(edo_otlp_kind kind, const char *what, edoi_otlp_read_fn *read, void *to,
                      bool *is_own) {
    static const char *const kinds[EDO_OTLP_KINDS] = { "TRACES_", "LOGS_", "METRICS_" };
    char name[64];
    (void)snprintf(name, sizeof name, "OTEL_EXPORTER_OTLP_%s%s", kinds[kind], what);
    bool is_set = edoi_otlp_env(name, read, to);
    if (is_own) *is_own = is_set;
    if (is_set) return true;
    (void)snprintf(name, sizeof name, "OTEL_EXPORTER_OTLP_%s", what);
    return edoi_otlp_env(name, read, to);
}

bool edoi_otlp_read_ms(void *to, const char *value) {
    uint64_t ms;
    if (edo_str_uint(&ms, edo_str_trim(edo_str_of(value))) < 0 || ms == 0 || ms > MS_MAX)
        return false;
    *(edo_duration *)to = edo_ms((int64_t)ms);
    return true;
}

bool edoi_otlp_read_count(void *to, const char *value) {
    uint64_t n;
    if (edo_str_uint(&n, edo_str_trim(edo_str_of(value))) < 0 || n == 0 || n > 1u << 24)
        return false;
    *(uint32_t *)to = (uint32_t)n;
    return true;
}

bool edoi_otlp_read_bool(void *to, const char *value) {
    bool is_true = edo_str_equal_nocase(edo_str_of(value), EDO_STR("true"));
    if (!is_true && !edo_str_equal_nocase(edo_str_of(value), EDO_STR("false"))) return false;
    *(bool *)to = is_true;
    return true;
}

typedef struct share_of {
    double share;
} share_of;
EDO_DESCRIBE(share_of, EDO_FIELD(share_of, share, .min = 0, .max = 1))

bool edoi_otlp_read_ratio(void *to, const char *value) {
    double share = 0;
    int err = edo_value_parse(&share, &share_of_desc.fields[0], edo_str_of(value), NULL);
    if (err < 0) edo_trail_clear();
    if (err < 0 || share < 0 || share > 1) return false;
    *(double *)to = share;
    return true;
}

bool edoi_otlp_read_text(void *to, const char *value) {
    *(const char **)to = value;
    return true;
}
