/* SPDX-License-Identifier: MIT */
/* value/text/parse.c: one element from text. See edo_value_parse(). */
#include "base/text/base64.h"
#include "value/desc.h"
#include "value/memory.h"
#include "value/text/number.h"
#include "value/validate/check.h"

#include <edo/error.h>

#define FLOAT_TEXT_MAX 512u /* longer numbers are refused */
#define DIGITS_SHORT   18u  /* an int64_t holds any number with this many digits */

static int value_parse_wrong(const char *wants) {
    return edo_fail(-EDO_EVALUE, "must be %s", wants);
}

static int parse_bool(bool *out, edo_str text) {
    static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };
    for (size_t i = 0; i < EDO_COUNT(words); i++) {
        if (!edo_str_equal(text, edo_str_of(words[i]))) continue;
        *out = i % 2 == 1;
        return 0;
    }
    return value_parse_wrong("true or false");
}

/* Takes k, M, G or T off the end; returns the power of two that it stands for. */
static unsigned value_parse_take_size(edo_str *text) {
    static const char letters[] = "kKmMgGtT";
    const char *letter = text->len ? memchr(letters, text->ptr[text->len - 1], 8) : NULL;
    if (!letter) return 0;
    text->len--;
    return 10u * (unsigned)((letter - letters) / 2 + 1);
}

/* Reads digits: 1; 0: it is no number; -1: it is too large. */
static int value_parse_digits(uint64_t *out, edo_str text) {
    bool fits = true;
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)(text.ptr[i] - '0');
        if (digit > 9) return 0;
        fits = fits && *out <= (UINT64_MAX - digit) / 10;
        *out = *out * 10 + digit;
    }
    return text.len == 0 ? 0 : fits ? 1 : -1;
}

static int parse_int(void *out, const edo_field *f, edo_str text) {
    bool is_signed = edoi_kind_is_signed(f->kind);
    bool negative = is_signed && text.len && *text.ptr == '-';
    uint64_t n, most = edoi_int_most(f);
    edo_str rest = { text.ptr + negative, text.len - negative };
    unsigned shift = f->sizes ? value_parse_take_size(&rest) : 0;
    int read = value_parse_digits(&n, rest);
    if (read == 0) return value_parse_wrong("a whole number");
    if (read < 0 || n > UINT64_MAX >> shift || n << shift > most + negative) {
        char wants[EDOI_WANTS_MAX];
        edoi_int_wants(wants, f, !negative);
        return edo_fail(-EDO_EVALUE, "%s", wants);
    }
    n <<= shift;
    edoi_int_store(out, f->size, (int64_t)(negative ? 0 - n : n));
    return 0;
}

static int parse_float(void *out, const edo_field *f, edo_str text) {
    char copy[FLOAT_TEXT_MAX];
    double number;
    bool is_number = text.len > 0 && text.len < sizeof copy;
    for (size_t i = 0; i < text.len && is_number; i++) {
        is_number = memchr("0123456789+-.eE", text.ptr[i], 15) != NULL;
    }
    if (!is_number) return value_parse_wrong("a number");
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    if (!edoi_number_parse(&number, copy)) return value_parse_wrong("a number");
    bool is_float = f->kind == EDO_VALUE_F32;
    float narrow = is_float ? edoi_number_parse_float(copy) : 0;
    if (is_float && narrow - narrow != 0) return value_parse_wrong("in the range of its type");
    memcpy(out, is_float ? (void *)&narrow : (void *)&number, f->size);
    return 0;
}

static int parse_bytes(edo_bytes *out, edo_str text, edo_arena *arena) {
    char *fill;
    size_t room = EDOI_BASE64_BYTES(text.len) + 1; // so that no bytes have a pointer, too
    edo_bytes made = { 0 };
    if (arena) {
        fill = edo_arena_text(arena, room);
        if (!fill) return -ENOMEM;
        made = edo_bytes_from_static((edo_str){ fill, room });
    } else {
        int err = edo_bytes_new(&made, &fill, room);
        if (err < 0) return err;
    }
    int64_t n = edoi_base64_parse(fill, text);
    if (n < 0) {
        edo_bytes_unref(&made);
        return value_parse_wrong("base64");
    }
    made.str.len = (size_t)n;
    *out = made;
    return 0;
}

static int parse_name(void *out, const edo_field *f, edo_str text) {
    if (f->desc->form == EDO_DESC_STRUCT) return value_parse_wrong("an object");
    const edo_field *variant = edo_desc_find(f->desc, text);
    if (!variant || variant->kind != EDO_VALUE_UNIT) {
        char wants[EDOI_WANTS_MAX];
        edoi_name_wants(wants, f->desc);
        return edo_fail(-EDO_EVALUE, "%s", wants);
    }
    edoi_tag_store(f->desc, out, f->size, variant->tag);
    return 0;
}

static int value_parse(void *out, const edo_field *f, edo_str text, edo_arena *arena) {
    switch ((edo_value_kind)f->kind) {
    case EDO_VALUE_BOOL: return parse_bool(out, text);
    case EDO_VALUE_I8:
    case EDO_VALUE_I16:
    case EDO_VALUE_I32:
    case EDO_VALUE_I64:
    case EDO_VALUE_U8:
    case EDO_VALUE_U16:
    case EDO_VALUE_U32:
    case EDO_VALUE_U64: return parse_int(out, f, text);
    case EDO_VALUE_F32:
    case EDO_VALUE_F64: return parse_float(out, f, text);
    case EDO_VALUE_STR:
    case EDO_VALUE_TEXT:
    case EDO_VALUE_CHARS: return edoi_value_set_text(out, f, text.ptr, text.len, arena);
    case EDO_VALUE_BYTES: return parse_bytes(out, text, arena);
    case EDO_VALUE_DURATION: return edo_duration_parse(out, text);
    case EDO_VALUE_WALL: return edo_wall_parse(out, text);
    case EDO_VALUE_DESCRIBED: return parse_name(out, f, text);
    case EDO_VALUE_UNIT:
    default: return -EDO_EVALUE;
    }
}

EDOI_NOINLINE static int parse_any(void *element, const edo_field *f, edo_str text,
                                   edo_arena *arena) {
    char wants[EDOI_WANTS_MAX];
    int err = value_parse(element, f, text, arena);
    if (err < 0 || !edoi_element_wants(wants, f, element)) return err;
    if (!arena) edoi_element_deinit(element, f);
    memset(element, 0, f->size);
    return edo_fail(-EDO_EVALUE, "%s", wants);
}

/* ---- What is read most ----------------------------------------------------------------------- */

/* Each writes nothing unless it returns true. */

static bool parse_short_int(void *out, const edo_field *f, edo_str text) {
    uint64_t read = 0;
    if (text.len == 0 || text.len > DIGITS_SHORT) return false;
    for (size_t i = 0; i < text.len; i++) {
        uint64_t digit = (uint64_t)(unsigned char)text.ptr[i] - '0';
        if (digit > 9) return false;
        read = read * 10 + digit;
    }
    int64_t n = (int64_t)read;
    if (n < f->min || (n > f->max && edoi_has_most(f))) return false;
    if (f->size < sizeof n) {
        if (read > edoi_int_most(f)) return false;
        edoi_int_store(out, f->size, n);
    } else {
        memcpy(out, &n, sizeof n);
    }
    return true;
}

static bool parse_plain_bool(bool *out, edo_str text) {
    bool is_true = text.len == 4 && memcmp(text.ptr, "true", 4) == 0;
    if (!is_true && !(text.len == 5 && memcmp(text.ptr, "false", 5) == 0)) return false;
    *out = is_true;
    return true;
}

int edo_value_parse(void *element, const edo_field *f, edo_str text, edo_arena *arena) {
    bool is_read = false;
    if (edoi_kind_is_int(f->kind)) {
        is_read = !f->check && parse_short_int(element, f, text);
    } else if (f->kind == EDO_VALUE_BOOL) {
        is_read = !f->check && parse_plain_bool(element, text);
    }
    return is_read ? 0 : parse_any(element, f, text, arena);
}
