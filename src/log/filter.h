/* SPDX-License-Identifier: MIT */
/* log/filter.h: selects events by target and level, and by the spans they are in. Plain values;
 * wanted.c guards them. */
#ifndef EDOI_LOG_FILTER_H
#define EDOI_LOG_FILTER_H

#include <edo/bytes.h>
#include <edo/log.h>
#include <edo/span.h>

#define EDOI_FILTER_TARGETS_MAX 16u
#define EDOI_FILTER_TARGET_MAX  63u
#define EDOI_FILTER_SPANS_MAX   4u
#define EDOI_FILTER_WORD_MAX    31u

/* A level, and each part with its longest words and level, and what stands between them. */
#define EDOI_FILTER_TEXT_MAX                                                                       \
    (8 + EDOI_FILTER_TARGETS_MAX * (EDOI_FILTER_TARGET_MAX + 8) +                                  \
     EDOI_FILTER_SPANS_MAX * (4 * EDOI_FILTER_WORD_MAX + 16))

typedef struct edoi_filter_target {
    char name[EDOI_FILTER_TARGET_MAX];
    uint8_t name_n;
    uint8_t level;
} edoi_filter_target;

typedef struct edoi_filter_word {
    char text[EDOI_FILTER_WORD_MAX];
    uint8_t n; /* 0: any */
} edoi_filter_word;

/* target[span{key=value}]=level */
typedef struct edoi_filter_span {
    edoi_filter_word target, span, key, value;
    uint8_t level;
} edoi_filter_span;

typedef struct edoi_filter {
    edoi_filter_span spans[EDOI_FILTER_SPANS_MAX];
    uint32_t spans_n;
    edoi_filter_target targets[EDOI_FILTER_TARGETS_MAX];
    uint32_t targets_n;
    edo_level rest; /* for targets without a match */
} edoi_filter;

/* Sets one level for everything. */
void edoi_filter_init(edoi_filter *filter, edo_level level);

/* Parses a list of directives (see edo_log_set_filter()). Invalid parts are skipped; the first of
 * them is stored in `*bad` and `*bad_n`. Returns 0, or -EINVAL if there was one. */
int edoi_filter_parse(edoi_filter *filter, edo_str list, const char **bad, size_t *bad_n);

/* Writes the filter as text that edoi_filter_parse() reads; returns the length. */
size_t edoi_filter_print(const edoi_filter *filter, char text[EDOI_FILTER_TEXT_MAX]);

/* The same, for functions of edo/log.h: adds an invalid part to the error trail. */
int edoi_filter_read(edoi_filter *filter, edo_str list);

/* An event, or a span that is about to begin, that a filter is asked about. */
typedef struct edoi_filter_asked {
    edo_level level;
    edo_str target;
    const char *span; /* the name of the span that is made; NULL: it is an event */
} edoi_filter_asked;

typedef enum edoi_filter_answer {
    EDOI_FILTER_NO,
    EDOI_FILTER_PERHAPS,
    EDOI_FILTER_YES
} edoi_filter_answer;

/* Does such an event pass? Perhaps: that depends on the spans it is in. */
edoi_filter_answer edoi_filter_ask(const edoi_filter *filter, const edoi_filter_asked *asked);

/* Does an event to which the filter said "perhaps" pass in the span `here` and those around it? */
bool edoi_filter_passes_in(const edoi_filter *filter, const edoi_filter_asked *asked,
                           const edo_span *here);

/* The highest level that passes for a target, in no span. */
edo_level edoi_filter_level(const edoi_filter *filter, const char *target, size_t target_n);

/* The highest level that passes for any target. */
edo_level edoi_filter_level_max(const edoi_filter *filter);

/* Parses the name or digit of a level; -EINVAL if invalid. */
int edoi_level_parse(edo_level *level, const char *name, size_t name_n);

#endif
