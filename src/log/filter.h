/* SPDX-License-Identifier: MIT */
/* log/filter.h: selects events by target and level. Plain values; log.c guards them. */
#ifndef EDOI_LOG_FILTER_H
#define EDOI_LOG_FILTER_H

#include <edo/bytes.h>
#include <edo/log.h>

#define EDOI_FILTER_TARGETS_MAX 16u
#define EDOI_FILTER_TARGET_MAX  63u

typedef struct edoi_filter_target {
    char name[EDOI_FILTER_TARGET_MAX];
    uint8_t name_n;
    uint8_t level;
} edoi_filter_target;

typedef struct edoi_filter {
    edoi_filter_target targets[EDOI_FILTER_TARGETS_MAX];
    uint32_t targets_n;
    edo_level rest; /* for targets without a match */
} edoi_filter;

/* Sets one level for everything. */
void edoi_filter_init(edoi_filter *filter, edo_level level);

/* Parses a list of directives (see edo_log_set_filter()). Invalid parts are skipped; the first of
 * them is stored in `*bad` and `*bad_n`. Returns 0, or -EINVAL if there was one. */
int edoi_filter_parse(edoi_filter *filter, edo_str list, const char **bad, size_t *bad_n);

/* The highest level that passes for a target. */
edo_level edoi_filter_level(const edoi_filter *filter, const char *target, size_t target_n);

/* The highest level that passes for any target. */
edo_level edoi_filter_level_max(const edoi_filter *filter);

/* Parses the name or digit of a level; -EINVAL if invalid. */
int edoi_level_parse(edo_level *level, const char *name, size_t name_n);

#endif
