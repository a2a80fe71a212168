/* SPDX-License-Identifier: MIT */
/* metrics/names.c: names of metrics and labels, units, and label values as they stand in the
 * text. */
#include "metrics/registry.h"

#include "base/memory/alloc.h"

#include <errno.h>

/* ---- Metrics --------------------------------------------------------------------------------- */

static bool metric_name_is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool metric_name_is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_metric_name(const char *name) {
    if (!metric_name_is_letter(name[0]) && name[0] != ':') return false;
    for (const char *at = name; *at; at++)
        if (!metric_name_is_letter(*at) && !metric_name_is_digit(*at) && *at != ':' && *at != '.')
            return false;
    return true;
}

/* Units of UCUM that OpenTelemetry uses, as words. */
static const char *const units[][2] = {
    { "1", "" },
    { "s", "seconds" },
    { "ms", "milliseconds" },
    { "us", "microseconds" },
    { "ns", "nanoseconds" },
    { "min", "minutes" },
    { "h", "hours" },
    { "d", "days" },
    { "By", "bytes" },
    { "KiBy", "kibibytes" },
    { "MiBy", "mebibytes" },
    { "GiBy", "gibibytes" },
    { "kBy", "kilobytes" },
    { "MBy", "megabytes" },
    { "GBy", "gigabytes" },
    { "Hz", "hertz" },
    { "W", "watts" },
    { "J", "joules" },
    { "V", "volts" },
    { "A", "amperes" },
    { "Cel", "celsius" },
    { "m", "meters" },
    { "g", "grams" },
    { "%", "percent" },
};

/* A unit as a word; NULL: it is none. */
static const char *unit_word(const char *unit) {
    if (!unit || unit[0] == '{' || unit[0] == '\0') return "";
    for (size_t i = 0; i < EDO_COUNT(units); i++)
        if (!strcmp(unit, units[i][0])) return units[i][1];
    for (const char *at = unit; *at; at++)
        if (!((*at >= 'a' && *at <= 'z') || *at == '_')) return NULL;
    return unit;
}

/* Is `word` the last of the words of `text`, of `n` bytes? */
static bool metric_name_ends_with(const char *text, size_t n, const char *word) {
    size_t word_n = strlen(word);
    return n > word_n + 1 && text[n - word_n - 1] == '_' &&
           !memcmp(text + n - word_n, word, word_n);
}

int edoi_metric_name(char **name, char **unit, const char *given, const char *given_unit,
                     edoi_metric_type type) {
    const char *word = unit_word(given_unit);
    if (!word || !is_metric_name(given)) return -EINVAL;
    size_t n = strlen(given), word_n = strlen(word);
    *name = edoi_alloc(n + 1 + word_n + 1 + word_n + 1); // "name_unit", "unit"
    if (!*name) return -ENOMEM;
    for (size_t i = 0; i < n; i++) (*name)[i] = given[i] == '.' ? '_' : given[i];
    if (type == EDOI_COUNTER && metric_name_ends_with(*name, n, "total")) n -= strlen("_total");
    if (word_n > 0 && !metric_name_ends_with(*name, n, word)) {
        (*name)[n++] = '_';
        memcpy(*name + n, word, word_n);
        n += word_n;
    }
    (*name)[n++] = '\0';
    *unit = *name + n;
    memcpy(*unit, word, word_n + 1);
    return 0;
}

/* ---- Labels ---------------------------------------------------------------------------------- */

static bool is_label_name(const char *name) {
    if (!metric_name_is_letter(name[0]) || !strncmp(name, "__", 2)) return false;
    if (!strcmp(name, "le") || !strcmp(name, "overflow")) return false;
    for (const char *at = name; *at; at++)
        if (!metric_name_is_letter(*at) && !metric_name_is_digit(*at)) return false;
    return true;
}

static bool is_among(char *const *labels, uint32_t n, const char *name) {
    for (uint32_t i = 0; i < n; i++)
        if (!strcmp(labels[i], name)) return true;
    return false;
}

/* Cuts `text` at its blanks. Errors: -EINVAL. */
static int cut_names(char **labels, uint32_t *n, char *text) {
    for (char *at = text; *at;) {
        if (*at == ' ') {
            at++;
            continue;
        }
        char *end = at + strcspn(at, " ");
        bool is_last = *end == '\0';
        *end = '\0';
        if (*n == EDO_METRIC_LABELS_MAX || !is_label_name(at) || is_among(labels, *n, at))
            return -EINVAL;
        labels[(*n)++] = at;
        at = is_last ? end : end + 1;
    }
    return 0;
}

int edoi_label_names(char **labels, uint32_t *n, const char *given) {
    *n = 0;
    size_t skip = given ? strspn(given, " ") : 0;
    if (!given || given[skip] == '\0') return 0;
    size_t bytes = strlen(given + skip) + 1;
    char *text = edoi_alloc(bytes);
    if (!text) return -ENOMEM;
    memcpy(text, given + skip, bytes);
    int err = cut_names(labels, n, text);
    if (err == 0) return 0;
    edoi_free(text);
    *n = 0;
    return err;
}

int edoi_label_values_check(const edo_metric *metric, const edo_str *values) {
    for (uint32_t i = 0; i < metric->labels_n; i++) {
        if (values[i].len > EDO_METRIC_VALUE_BYTES_MAX) return -EDO_ETOOLONG;
        if (!edo_str_is_utf8(values[i])) return -EILSEQ;
    }
    return 0;
}

/* Appends to `out` at `*at`, if `out` is not NULL. */
static void metric_name_put(char *out, size_t *at, const char *text, size_t n) {
    if (out && n > 0) memcpy(out + *at, text, n);
    *at += n;
}

static void metric_name_put_escaped(char *out, size_t *at, edo_str value) {
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '\n') {
            metric_name_put(out, at, "\\n", 2);
            continue;
        }
        if (c == '"' || c == '\\') metric_name_put(out, at, "\\", 1);
        metric_name_put(out, at, &c, 1);
    }
}

size_t edoi_labels_write(char *out, const edo_metric *metric, const edo_str *values) {
    size_t at = 0;
    for (uint32_t i = 0; i < metric->labels_n; i++) {
        if (i > 0) metric_name_put(out, &at, ",", 1);
        metric_name_put(out, &at, metric->labels[i], strlen(metric->labels[i]));
        metric_name_put(out, &at, "=\"", 2);
        metric_name_put_escaped(out, &at, values[i]);
        metric_name_put(out, &at, "\"", 1);
    }
    return at;
}
