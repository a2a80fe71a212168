/* SPDX-License-Identifier: MIT */
/* log/filter.c: a subset of tracing's EnvFilter: without spans, and prefixes end at
 * boundaries. */
#include "log/filter.h"
#include "base/text/ascii.h"

#include <errno.h>
#include <string.h>

static const char *const level_names[] = { "off", "error", "warn", "info", "debug", "trace" };

int edoi_level_parse(edo_level *level, const char *name, size_t name_n) {
    for (size_t i = 0; i < EDO_COUNT(level_names); i++) {
        bool is_digit = name_n == 1 && name[0] == (char)('0' + i);
        bool is_name = edoi_equal_nocase(edo_str_of(level_names[i]), (edo_str){ name, name_n });
        if (is_digit || is_name) {
            *level = (edo_level)i;
            return 0;
        }
    }
    return -EINVAL;
}

void edoi_filter_init(edoi_filter *filter, edo_level level) {
    memset(filter, 0, sizeof *filter);
    filter->rest = level;
}

static bool filter_is_blank(char c) {
    return c == ' ' || c == '\t';
}

static void filter_trim(const char **s, size_t *n) {
    while (*n > 0 && filter_is_blank((*s)[0])) (*s)++, (*n)--;
    while (*n > 0 && filter_is_blank((*s)[*n - 1])) (*n)--;
}

/* Characters of a target: no blanks, and none that have a meaning in larger grammars. */
static bool is_target(const char *s, size_t n) {
    if (n == 0 || n > EDOI_FILTER_TARGET_MAX) return false;
    for (size_t i = 0; i < n; i++) {
        if (s[i] <= ' ' || s[i] == 0x7f || strchr("=[]{}\"'", s[i])) return false;
    }
    return true;
}

static int add_target(edoi_filter *filter, const char *name, size_t name_n, edo_level level) {
    if (!is_target(name, name_n)) return -EINVAL;
    edoi_filter_target *target = filter->targets;
    const edoi_filter_target *end = target + filter->targets_n;
    while (target < end && !(target->name_n == name_n && !memcmp(target->name, name, name_n))) {
        target++;
    }
    if (target == end) {
        if (filter->targets_n == EDOI_FILTER_TARGETS_MAX) return -EINVAL;
        filter->targets_n++;
        memcpy(target->name, name, name_n);
        target->name_n = (uint8_t)name_n;
    }
    target->level = (uint8_t)level;
    return 0;
}

static int add_part(edoi_filter *filter, const char *part, size_t part_n) {
    edo_level level = EDO_LEVEL_TRACE;
    const char *equals = (const char *)memchr(part, '=', part_n);
    if (!equals) {
        if (edoi_level_parse(&level, part, part_n) < 0) {
            return add_target(filter, part, part_n, EDO_LEVEL_TRACE);
        }
        filter->rest = level;
        return 0;
    }
    const char *name = part, *value = equals + 1;
    size_t name_n = (size_t)(equals - part), value_n = part_n - name_n - 1;
    filter_trim(&name, &name_n);
    filter_trim(&value, &value_n);
    if (edoi_level_parse(&level, value, value_n) < 0) return -EINVAL;
    return add_target(filter, name, name_n, level);
}

int edoi_filter_parse(edoi_filter *filter, edo_str list, const char **bad, size_t *bad_n) {
    int err = 0;
    bool is_empty = true;
    edoi_filter_init(filter, EDO_LEVEL_OFF);
    while (true) {
        const char *part = list.ptr;
        const char *comma = list.len > 0 ? memchr(list.ptr, ',', list.len) : NULL;
        size_t length = comma ? (size_t)(comma - list.ptr) : list.len, part_n = length;
        filter_trim(&part, &part_n);
        if (part_n > 0) {
            is_empty = false;
            if (add_part(filter, part, part_n) < 0 && err == 0) {
                err = -EINVAL;
                *bad = part;
                *bad_n = part_n;
            }
        }
        if (!comma) break;
        list = (edo_str){ comma + 1, list.len - length - 1 };
    }
    if (is_empty) filter->rest = EDO_LEVEL_ERROR;
    return err;
}

/* Is `target` equal to `prefix`, or does it continue it at a boundary? */
static bool filter_target_fits(const edoi_filter_target *prefix, const char *target,
                               size_t target_n) {
    size_t n = prefix->name_n;
    if (n > target_n || memcmp(prefix->name, target, n) != 0) return false;
    if (n == target_n) return true;
    const char *after = target + n;
    return after[0] == '/' || after[0] == '.' ||
           (after[0] == ':' && n + 1 < target_n && after[1] == ':');
}

edo_level edoi_filter_level(const edoi_filter *filter, const char *target, size_t target_n) {
    const edoi_filter_target *best = NULL;
    for (uint32_t i = 0; i < filter->targets_n; i++) {
        const edoi_filter_target *one = &filter->targets[i];
        if ((!best || one->name_n > best->name_n) && filter_target_fits(one, target, target_n))
            best = one;
    }
    return best ? (edo_level)best->level : filter->rest;
}

edo_level edoi_filter_level_max(const edoi_filter *filter) {
    edo_level most = filter->rest;
    for (uint32_t i = 0; i < filter->targets_n; i++) {
        if (filter->targets[i].level > most) most = (edo_level)filter->targets[i].level;
    }
    return most;
}
