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

void edoi_otlp_env_warn_other(const char *name) {
    edo_log_event(EDO_LEVEL_WARN, EDOI_OTLP_TARGET, (EDO_KV("name", name)),
                  "nothing of this kind is exported: there is no such exporter here, only otlp");
}

/* What goes along with requests is always these. */
static bool are_own_propagators(const char *value) {
    bool has_trace = false, has_baggage = false, has_other = false;
    edo_str name;
    for (edo_str left = edo_str_of(value); edo_str_split(&name, &left, ',');) {
        name = edo_str_trim(name);
        bool is_trace = edo_str_equal(name, EDO_STR("tracecontext"));
        bool is_baggage = edo_str_equal(name, EDO_STR("baggage"));
        has_trace = has_trace || is_trace;
        has_baggage = has_baggage || is_baggage;
        has_other = has_other || !(is_trace || is_baggage);
    }
    return has_trace && has_baggage && !has_other;
}

void edoi_otlp_env_warn_unread(void) {
    static const char propagators[] = "OTEL_PROPAGATORS";
    static const char *const names[] = {
        propagators,
        "OTEL_CONFIG_FILE",
        "OTEL_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_SPAN_LINK_COUNT_LIMIT",
        "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT",
        "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT",
        "OTEL_METRIC_EXPORT_TIMEOUT",
        "OTEL_METRICS_EXEMPLAR_FILTER",
        "OTEL_EXPORTER_OTLP_CLIENT_KEY",
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
    };
    char list[640]; // of all of them
    size_t n = 0;
    for (size_t i = 0; i < EDO_COUNT(names); i++) {
        const char *value = getenv(names[i]);
        if (!value || value[0] == '\0') continue;
        if (names[i] == propagators && are_own_propagators(value)) continue;
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", n > 0 ? " " : "", names[i]);
    }
    if (n == 0) return;
    edo_log_event(EDO_LEVEL_WARN, EDOI_OTLP_TARGET, (EDO_KV_STR("names", list, n)),
                  "variables of OpenTelemetry that are set are not read");
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
