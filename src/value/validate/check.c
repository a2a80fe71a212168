/* SPDX-License-Identifier: MIT */
/* value/validate/check.c: what a description demands of one element. See check.h. */
#include "value/validate/check.h"

#include "value/desc.h"
#include "value/elements.h"
#include "value/years.h"

#include <edo/error.h>

#include <inttypes.h>

#define say(wants, ...) ((void)snprintf((wants), EDOI_WANTS_MAX, __VA_ARGS__))

static bool has_range(const edo_field *f) {
    return (f->min | f->max) != 0;
}

uint64_t edoi_int_most(const edo_field *f) {
    return UINT64_MAX >> (64 - 8 * f->size + edoi_kind_is_signed(f->kind));
}

EDOI_NOINLINE void edoi_int_wants(char wants[EDOI_WANTS_MAX], const edo_field *f,
                                  bool is_too_large) {
    bool is_signed = edoi_kind_is_signed(f->kind);
    if (is_too_large) {
        uint64_t most = edoi_int_most(f);
        if (edoi_has_most(f) && (f->max < 0 || (uint64_t)f->max < most)) {
            say(wants, "must be at most %" PRId64, f->max);
        } else {
            say(wants, "must be at most %" PRIu64, most);
        }
        return;
    }
    int64_t least = is_signed ? -(int64_t)edoi_int_most(f) - 1 : 0;
    say(wants, "must be at least %" PRId64, has_range(f) && f->min > least ? f->min : least);
}

static bool int_wants(char wants[EDOI_WANTS_MAX], const edo_field *f, const void *element) {
    bool is_signed = edoi_kind_is_signed(f->kind);
    int64_t n = edoi_int_load(element, f->size, is_signed);
    bool above = n < 0 && !is_signed; // of every int64_t
    bool is_small = !above && n < f->min;
    bool is_large = edoi_has_most(f) && (above || n > f->max);
    if (is_small || is_large) edoi_int_wants(wants, f, is_large);
    return is_small || is_large;
}

static bool float_wants(char wants[EDOI_WANTS_MAX], const edo_field *f, const void *element) {
    float narrow;
    double n;
    if (f->kind == EDO_VALUE_F32) {
        memcpy(&narrow, element, sizeof narrow);
        n = (double)narrow;
    } else {
        memcpy(&n, element, sizeof n);
    }
    bool is_large = edoi_has_most(f) && !(n <= (double)f->max);
    bool is_small = !(n >= (double)f->min);
    if (is_large || is_small) {
        say(wants, "must be at %s %" PRId64, is_large ? "most" : "least",
            is_large ? f->max : f->min);
    }
    return is_large || is_small;
}

static bool duration_wants(char wants[EDOI_WANTS_MAX], const edo_field *f, const void *element) {
    const edo_duration *d = element;
    bool is_large = edoi_has_most(f) && d->ns > f->max;
    if (!is_large && d->ns >= f->min) return false;
    char bound[EDO_DURATION_TEXT_MAX];
    (void)edo_duration_print(bound, edo_ns(is_large ? f->max : f->min));
    say(wants, "must be at %s %s", is_large ? "most" : "least", bound);
    return true;
}

static bool wall_wants(char wants[EDOI_WANTS_MAX], const edo_field *f, const void *element) {
    const edo_wall *t = element;
    if (!edoi_wall_is_good(*t)) {
        say(wants, "%s", EDOI_WALL_WANTS);
        return true;
    }
    if (!has_range(f)) return false;
    bool is_large = edoi_has_most(f) && edo_wall_compare(*t, (edo_wall){ f->max, 0 }) > 0;
    if (!is_large && t->s >= f->min) return false;
    char bound[EDO_WALL_TEXT_MAX];
    (void)edo_wall_print(bound, (edo_wall){ is_large ? f->max : f->min, 0 });
    say(wants, "must be at %s %s", is_large ? "most" : "least", bound);
    return true;
}

EDOI_NOINLINE static void say_len(char wants[EDOI_WANTS_MAX], const edo_field *f, bool is_long,
                                  const char *what) {
    uint32_t bound = is_long ? f->max_len : f->min_len;
    say(wants, "must have at %s %" PRIu32 " %s%s", is_long ? "most" : "least", bound, what,
        bound == 1 ? "" : "s");
}

static bool len_wants(char wants[EDOI_WANTS_MAX], const edo_field *f, size_t n, const char *what) {
    bool is_long = f->max_len && n > f->max_len;
    if (EDOI_LIKELY(!is_long && n >= f->min_len)) return false;
    say_len(wants, f, is_long, what);
    return true;
}

edo_str edoi_element_str(const edo_field *f, const void *element) {
    if (f->kind == EDO_VALUE_STR) return *(const edo_str *)element;
    if (f->kind == EDO_VALUE_BYTES) return ((const edo_bytes *)element)->str;
    const char *text = f->kind == EDO_VALUE_CHARS ? element : *(const char *const *)element;
    size_t most = f->kind == EDO_VALUE_CHARS ? f->size : SIZE_MAX / 2;
    return text ? (edo_str){ text, strnlen(text, most) } : (edo_str){ 0 };
}

static bool text_wants(char wants[EDOI_WANTS_MAX], const edo_field *f, const void *element) {
    edo_str text = edoi_element_str(f, element);
    bool is_list = f->shape == EDO_SHAPE_LIST || f->shape == EDO_SHAPE_UPTO;
    if (f->kind == EDO_VALUE_CHARS && text.len == f->size) {
        say(wants, "must end with a NUL");
        return true;
    }
    if (!is_list && len_wants(wants, f, text.len, "byte")) return true;
    if (!f->pattern || edoi_pattern_matches(f->pattern, text)) return false;
    say(wants, "must match %s", f->pattern);
    return true;
}

void edoi_name_wants(char wants[EDOI_WANTS_MAX], const edo_desc *desc) {
    size_t n = (size_t)snprintf(wants, EDOI_WANTS_MAX, "must be ");
    for (uint32_t i = 0; i < desc->fields_n && n < EDOI_WANTS_MAX; i++) {
        edo_str name = edo_field_name(&desc->fields[i]);
        const char *between = i == 0 ? "" : i + 1 == desc->fields_n ? " or " : ", ";
        n += (size_t)snprintf(wants + n, EDOI_WANTS_MAX - n, "%s%.*s", between, (int)name.len,
                              name.ptr);
    }
}

static bool kind_wants(char wants[EDOI_WANTS_MAX], const edo_field *f, const void *element) {
    switch ((edo_value_kind)f->kind) {
    case EDO_VALUE_I8:
    case EDO_VALUE_I16:
    case EDO_VALUE_I32:
    case EDO_VALUE_I64:
    case EDO_VALUE_U8:
    case EDO_VALUE_U16:
    case EDO_VALUE_U32:
    case EDO_VALUE_U64: return has_range(f) && int_wants(wants, f, element);
    case EDO_VALUE_F32:
    case EDO_VALUE_F64: return has_range(f) && float_wants(wants, f, element);
    case EDO_VALUE_DURATION: return has_range(f) && duration_wants(wants, f, element);
    case EDO_VALUE_WALL: return wall_wants(wants, f, element);
    case EDO_VALUE_STR:
    case EDO_VALUE_TEXT:
    case EDO_VALUE_CHARS:
    case EDO_VALUE_BYTES: return text_wants(wants, f, element);
    case EDO_VALUE_DESCRIBED:
        if (f->desc->form == EDO_DESC_STRUCT) return false;
        if (edo_desc_variant(f->desc, element, f->size)) return false;
        edoi_name_wants(wants, f->desc);
        return true;
    case EDO_VALUE_BOOL:
    case EDO_VALUE_UNIT:
    default: return false;
    }
}

bool edoi_element_wants(char wants[EDOI_WANTS_MAX], const edo_field *f, const void *element) {
    if (kind_wants(wants, f, element)) return true;
    const char *own = f->check ? f->check(element) : NULL;
    if (own) say(wants, "%s", own);
    return own != NULL;
}

bool edoi_count_wants(char wants[EDOI_WANTS_MAX], const edo_field *f, size_t n) {
    if (f->shape == EDO_SHAPE_UPTO && n > f->n) {
        say(wants, "must have at most %" PRIu32 " elements", f->n);
        return true;
    }
    return len_wants(wants, f, n, "element");
}
