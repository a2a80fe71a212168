/* SPDX-License-Identifier: MIT */
/* value/text/text.c: one element as text. See edo_value_text(). */
#include "base/text/base64.h"
#include "base/text/decimal.h"
#include "value/desc.h"
#include "value/text/number.h"
#include "value/years.h"

#include <edo/error.h>

static int value_text_append(edo_buf *out, const char *text) {
    return text ? edo_buf_append(out, text, strlen(text)) : 0;
}

static int append_int(edo_buf *out, const edo_field *f, const void *element) {
    char text[1 + EDOI_DECIMAL_ROOM], *at = text;
    bool is_signed = edoi_kind_is_signed(f->kind);
    int64_t n = edoi_int_load(element, f->size, is_signed);
    bool is_negative = is_signed && n < 0;
    if (is_negative) *at++ = '-';
    at = edoi_decimal_print(at, is_negative ? 0 - (uint64_t)n : (uint64_t)n);
    return edo_buf_append(out, text, (size_t)(at - text));
}

static int append_float(edo_buf *out, const edo_field *f, const void *element) {
    char text[EDOI_NUMBER_TEXT_MAX];
    bool is_float = f->kind == EDO_VALUE_F32;
    double n;
    if (is_float) {
        float narrow;
        memcpy(&narrow, element, sizeof narrow);
        n = (double)narrow;
    } else {
        memcpy(&n, element, sizeof n);
    }
    return edo_buf_append(out, text, edoi_number_print(text, n, is_float));
}

static int append_bytes(edo_buf *out, const edo_bytes *bytes) {
    size_t n = EDOI_BASE64_TEXT(bytes->str.len);
    int err = edo_buf_reserve(out, n);
    if (err < 0 || n == 0) return err;
    edoi_base64_print(out->ptr + out->len, bytes->str.ptr, bytes->str.len);
    out->len += n;
    return 0;
}

static int value_text_append_name(edo_buf *out, const edo_field *f, const void *element) {
    if (f->desc->form == EDO_DESC_STRUCT) return -ENOTSUP;
    const edo_field *variant = edo_desc_variant(f->desc, element, f->size);
    if (!variant) {
        edo_field number = { .kind = EDO_VALUE_I64, .size = 8 };
        int64_t tag = edoi_int_load(element, f->size, true);
        return f->desc->form == EDO_DESC_ENUM ? append_int(out, &number, &tag) : -ENOTSUP;
    }
    if (variant->kind != EDO_VALUE_UNIT) return -ENOTSUP;
    return edo_buf_append(out, edo_field_name(variant).ptr, variant->name_len);
}

static int value_text_append_wall(edo_buf *out, edo_wall t) {
    char text[EDO_WALL_TEXT_MAX];
    if (!edoi_wall_is_good(t)) return edo_fail(-EDO_EVALUE, EDOI_WALL_WANTS);
    return edo_buf_append(out, text, edo_wall_print(text, t));
}

int edo_value_text(edo_buf *out, const edo_field *f, const void *element) {
    if (f->secret) return value_text_append(out, "***");
    switch ((edo_value_kind)f->kind) {
    case EDO_VALUE_BOOL: return value_text_append(out, *(const bool *)element ? "true" : "false");
    case EDO_VALUE_I8:
    case EDO_VALUE_I16:
    case EDO_VALUE_I32:
    case EDO_VALUE_I64:
    case EDO_VALUE_U8:
    case EDO_VALUE_U16:
    case EDO_VALUE_U32:
    case EDO_VALUE_U64: return append_int(out, f, element);
    case EDO_VALUE_F32:
    case EDO_VALUE_F64: return append_float(out, f, element);
    case EDO_VALUE_STR: {
        const edo_str *text = element;
        return text->len ? edo_buf_append(out, text->ptr, text->len) : 0;
    }
    case EDO_VALUE_TEXT: return value_text_append(out, *(const char *const *)element);
    case EDO_VALUE_CHARS: return edo_buf_append(out, element, strnlen(element, f->size));
    case EDO_VALUE_BYTES: return append_bytes(out, element);
    case EDO_VALUE_DURATION: {
        char text[EDO_DURATION_TEXT_MAX];
        return edo_buf_append(out, text, edo_duration_print(text, *(const edo_duration *)element));
    }
    case EDO_VALUE_WALL: return value_text_append_wall(out, *(const edo_wall *)element);
    case EDO_VALUE_DESCRIBED: return value_text_append_name(out, f, element);
    case EDO_VALUE_UNIT:
    default: return edo_buf_append(out, edo_field_name(f).ptr, f->name_len);
    }
}
