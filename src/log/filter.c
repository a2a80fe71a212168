/* SPDX-License-Identifier: MIT */
/* log/filter.c: the grammar of tracing's EnvFilter, with prefixes that end at boundaries. */
#include "log/filter.h"

#include "base/text/ascii.h"
#include "log/line.h"
#include "log/span/span.h"

#include <edo/error.h>

#include <errno.h>
#include <string.h>

#define BAD_MAX 200u /* bytes of an invalid part that the error message shows */

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

/* ---- Parts that speak of spans --------------------------------------------------------------- */

static int word_set(edoi_filter_word *w, edo_str text) {
    const char *at = text.ptr;
    size_t n = text.len;
    filter_trim(&at, &n);
    if (n > sizeof w->text) return -EINVAL;
    if (n > 0) memcpy(w->text, at, n);
    w->n = (uint8_t)n;
    return 0;
}

/* Cuts `s` at the first `c`: what follows is `*after`. False: there is none. */
static bool cut_at(edo_str *s, char c, edo_str *after) {
    const char *at = s->len > 0 ? memchr(s->ptr, c, s->len) : NULL;
    if (!at) return false;
    *after = (edo_str){ at + 1, s->len - (size_t)(at - s->ptr) - 1 };
    s->len = (size_t)(at - s->ptr);
    return true;
}

/* "span{key=value}"; each part may be missing */
static int parse_span(edoi_filter_span *part, edo_str text) {
    edo_str field, value = { 0 }, rest;
    int err = 0;
    if (cut_at(&text, '{', &field)) {
        if (!cut_at(&field, '}', &rest) || rest.len > 0) return -EINVAL;
        if (cut_at(&field, '=', &value) && value.len > 1 && value.ptr[0] == '"' &&
            value.ptr[value.len - 1] == '"')
            value = (edo_str){ value.ptr + 1, value.len - 2 };
        err = word_set(&part->key, field);
        if (err == 0) err = word_set(&part->value, value);
    }
    return err < 0 ? err : word_set(&part->span, text);
}

/* "target[span{key=value}]=level", where the level, too, may be missing */
static int add_span_part(edoi_filter *filter, edo_str part) {
    edo_str inside, level_text;
    edo_level level = EDO_LEVEL_TRACE;
    if (filter->spans_n == EDOI_FILTER_SPANS_MAX) return -EINVAL;
    edoi_filter_span *span = &filter->spans[filter->spans_n];
    memset(span, 0, sizeof *span);
    if (!cut_at(&part, '[', &inside) || !cut_at(&inside, ']', &level_text)) return -EINVAL;
    const char *name = level_text.ptr;
    size_t name_n = level_text.len;
    filter_trim(&name, &name_n);
    if (name_n > 0) {
        if (name[0] != '=') return -EINVAL;
        name++, name_n--;
        filter_trim(&name, &name_n);
        if (edoi_level_parse(&level, name, name_n) < 0) return -EINVAL;
    }
    int err = word_set(&span->target, part);
    if (err == 0) err = parse_span(span, inside);
    if (err < 0) {
        memset(span, 0, sizeof *span); // two filters that say the same are the same bytes
        return err;
    }
    span->level = (uint8_t)level;
    filter->spans_n++;
    return 0;
}

static bool word_is(const edoi_filter_word *w, edo_str text) {
    return w->n == 0 || (w->n == text.len && memcmp(w->text, text.ptr, w->n) == 0);
}

/* ---- Parts ----------------------------------------------------------------------------------- */

static int add_part(edoi_filter *filter, const char *part, size_t part_n) {
    edo_level level = EDO_LEVEL_TRACE;
    if (memchr(part, '[', part_n)) return add_span_part(filter, (edo_str){ part, part_n });
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

/* The comma behind the first part, if it is not the last: one that is not in brackets. */
static const char *part_end(edo_str list) {
    bool is_inside = false;
    for (size_t i = 0; i < list.len; i++) {
        if (list.ptr[i] == '[') is_inside = true;
        if (list.ptr[i] == ']') is_inside = false;
        if (list.ptr[i] == ',' && !is_inside) return &list.ptr[i];
    }
    return NULL;
}

int edoi_filter_parse(edoi_filter *filter, edo_str list, const char **bad, size_t *bad_n) {
    int err = 0;
    bool is_empty = true;
    edoi_filter_init(filter, EDO_LEVEL_OFF);
    while (true) {
        const char *part = list.ptr;
        const char *comma = part_end(list);
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

int edoi_filter_read(edoi_filter *filter, edo_str list) {
    const char *bad = NULL;
    size_t bad_n = 0;
    int err = edoi_filter_parse(filter, list, &bad, &bad_n);
    if (err == 0) return 0;
    return edo_fail(err, "\"%.*s\" is no part of a filter of the log",
                    (int)(bad_n < BAD_MAX ? bad_n : BAD_MAX), bad);
}

/* ---- As text --------------------------------------------------------------------------------- */

static char *filter_put(char *at, const char *text, size_t n) {
    memcpy(at, text, n);
    return at + n;
}

static char *filter_put_level(char *at, uint32_t level) {
    return filter_put(at, level_names[level], strlen(level_names[level]));
}

/* ",target[span{key="value"}]=level"; without a field no braces. */
static char *filter_put_span(char *at, const edoi_filter_span *part) {
    *at++ = ',';
    at = filter_put(at, part->target.text, part->target.n);
    *at++ = '[';
    at = filter_put(at, part->span.text, part->span.n);
    if (part->key.n > 0 || part->value.n > 0) {
        *at++ = '{';
        at = filter_put(at, part->key.text, part->key.n);
        if (part->value.n > 0) {
            at = filter_put(at, "=\"", 2);
            at = filter_put(at, part->value.text, part->value.n);
            *at++ = '"';
        }
        *at++ = '}';
    }
    at = filter_put(at, "]=", 2);
    return filter_put_level(at, part->level);
}

size_t edoi_filter_print(const edoi_filter *filter, char text[EDOI_FILTER_TEXT_MAX]) {
    char *at = filter_put_level(text, filter->rest);
    for (uint32_t i = 0; i < filter->targets_n; i++) {
        *at++ = ',';
        at = filter_put(at, filter->targets[i].name, filter->targets[i].name_n);
        *at++ = '=';
        at = filter_put_level(at, filter->targets[i].level);
    }
    for (uint32_t i = 0; i < filter->spans_n; i++) at = filter_put_span(at, &filter->spans[i]);
    return (size_t)(at - text);
}

/* ---- Targets --------------------------------------------------------------------------------- */

/* Is `target` equal to `prefix`, or does it continue it at a boundary? */
static bool filter_target_fits(edo_str prefix, const char *target, size_t target_n) {
    size_t n = prefix.len;
    if (n > target_n || memcmp(prefix.ptr, target, n) != 0) return false;
    if (n == target_n || n == 0) return true;
    const char *after = target + n;
    return after[0] == '/' || after[0] == '.' ||
           (after[0] == ':' && n + 1 < target_n && after[1] == ':');
}

edo_level edoi_filter_level(const edoi_filter *filter, const char *target, size_t target_n) {
    const edoi_filter_target *best = NULL;
    for (uint32_t i = 0; i < filter->targets_n; i++) {
        const edoi_filter_target *one = &filter->targets[i];
        if ((!best || one->name_n > best->name_n) &&
            filter_target_fits((edo_str){ one->name, one->name_n }, target, target_n))
            best = one;
    }
    return best ? (edo_level)best->level : filter->rest;
}

edo_level edoi_filter_level_max(const edoi_filter *filter) {
    edo_level most = filter->rest;
    for (uint32_t i = 0; i < filter->targets_n; i++) {
        if (filter->targets[i].level > most) most = (edo_level)filter->targets[i].level;
    }
    for (uint32_t i = 0; i < filter->spans_n; i++)
        if (filter->spans[i].level > most) most = (edo_level)filter->spans[i].level;
    return most;
}

/* ---- In spans -------------------------------------------------------------------------------- */

/* May the part let such an event pass, in some span? */
static bool part_concerns(const edoi_filter_span *part, const edoi_filter_asked *asked) {
    const edo_str prefix = { part->target.text, part->target.n };
    return (uint32_t)asked->level <= part->level &&
           filter_target_fits(prefix, asked->target.ptr, asked->target.len);
}

edoi_filter_answer edoi_filter_ask(const edoi_filter *filter, const edoi_filter_asked *asked) {
    edoi_filter_answer answer = EDOI_FILTER_NO;
    if (asked->level <= edoi_filter_level(filter, asked->target.ptr, asked->target.len))
        return EDOI_FILTER_YES;
    for (uint32_t i = 0; i < filter->spans_n; i++) {
        const edoi_filter_span *part = &filter->spans[i];
        if (!part_concerns(part, asked)) continue;
        // the span that it speaks of has to be made, or nothing would ever be in it
        if (asked->span && word_is(&part->span, edo_str_of(asked->span))) return EDOI_FILTER_YES;
        answer = EDOI_FILTER_PERHAPS;
    }
    return answer;
}

static bool field_is(const edo_kv *kv, const edoi_filter_span *part) {
    char text[EDOI_FIELD_TEXT_MAX];
    if (!word_is(&part->key, edo_str_of(kv->key))) return false;
    if (part->value.n == 0) return true;
    edo_str value = { text, 0 };
    if (kv->kind == EDO_KV_TEXT) {
        value = (edo_str){ kv->value.text, kv->value.text ? kv->text_n : 0 };
    } else {
        value.len = edoi_field_text(text, kv);
    }
    return word_is(&part->value, value);
}

static bool span_is(const edo_span *s, const edoi_filter_span *part) {
    if (!word_is(&part->span, edo_str_of(s->name))) return false;
    if (part->key.n == 0) return true;
    for (const edoi_span_fields *f = s->first; f; f = edoi_span_fields_next(f))
        for (uint32_t i = 0; i < f->n; i++)
            if (field_is(&f->kv[i], part)) return true;
    return false;
}

bool edoi_filter_passes_in(const edoi_filter *filter, const edoi_filter_asked *asked,
                           const edo_span *here) {
    for (const edo_span *s = here; s && s->site; s = s->parent)
        for (uint32_t i = 0; i < filter->spans_n; i++)
            if (part_concerns(&filter->spans[i], asked) && span_is(s, &filter->spans[i]))
                return true;
    return false;
}
