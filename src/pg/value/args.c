/* SPDX-License-Identifier: MIT */
/* pg/value/args.c: see args.h. */
#include "pg/value/args.h"

#include "base/text/calendar.h"
#include "base/text/decimal.h"
#include "value/elements.h"
#include "value/text/number.h"
#include "value/years.h"

#include <edo/error.h>
#include <edo/json.h>

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#define NUMBER_BYTES 48

typedef struct args_maker {
    edoi_pg_args *out;
    edo_arena *arena;
} args_maker;

/* ---- Elements as text ------------------------------------------------------------------------ */

static int arg_put_text(args_maker *m, const char *ptr, size_t n) {
    if (n && memchr(ptr, '\0', n)) {
        return edo_fail(-EINVAL, "argument $%d has a NUL, which no text of PostgreSQL may have",
                        m->out->n + 1);
    }
    char *copy = edo_arena_copy(m->arena, ptr, n);
    if (!copy) return -ENOMEM;
    m->out->values[m->out->n] = copy;
    return 0;
}

static int arg_put_int(args_maker *m, bool is_negative, uint64_t n) {
    char *text = edo_arena_text(m->arena, 1 + EDOI_DECIMAL_ROOM);
    if (!text) return -ENOMEM;
    char *at = text;
    *at = '-';
    at += is_negative;
    *edoi_decimal_print(at, n) = '\0';
    m->out->values[m->out->n] = text;
    return 0;
}

static int arg_put_signed(args_maker *m, int64_t n) {
    return arg_put_int(m, n < 0, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

static int arg_put_print(args_maker *m, edo_str printed) {
    if (!printed.ptr) return -ENOMEM;
    m->out->values[m->out->n] = printed.ptr;
    return 0;
}

static int arg_put_double(args_maker *m, double number, bool is_float) {
    char text[EDOI_NUMBER_TEXT_MAX];
    if (number != number) return arg_put_print(m, EDO_STR("NaN")); // printf() may give it a sign
    size_t n = edoi_number_print(text, number, is_float);
    return arg_put_print(m, (edo_str){ edo_arena_copy(m->arena, text, n), n });
}

static int arg_put_duration(args_maker *m, edo_duration d) {
    return arg_put_print(m, edo_arena_print(m->arena, "%" PRId64 " microseconds", d.ns / 1000));
}

static int arg_put_bytes(args_maker *m, edo_str bytes) {
    if (bytes.len > INT_MAX) return edo_fail(-EINVAL, "argument $%d is too long", m->out->n + 1);
    m->out->values[m->out->n] = bytes.ptr;
    m->out->lengths[m->out->n] = (int)bytes.len;
    m->out->formats[m->out->n] = 1;
    return 0;
}

/* ---- Times ----------------------------------------------------------------------------------- */

#define DAY_US INT64_C(86400000000)

void edoi_pg_time_print(char out[EDOI_PG_TIME_BYTES], int64_t us) {
    if (us == INT64_MAX || us == INT64_MIN) {
        (void)snprintf(out, EDOI_PG_TIME_BYTES, "%sinfinity", us < 0 ? "-" : "");
        return;
    }
    int64_t days = us / DAY_US, left = us % DAY_US, year;
    int month, day;
    if (left < 0) days--, left += DAY_US;
    edoi_calendar_date(days, &year, &month, &day);
    bool is_bc = year <= 0; // there is no year 0
    int64_t s = left / 1000000;
    (void)snprintf(out, EDOI_PG_TIME_BYTES, "%04" PRId64 "-%02d-%02d %02d:%02d:%02d.%06d+00%s",
                   is_bc ? 1 - year : year, month, day, (int)(s / 3600), (int)(s / 60 % 60),
                   (int)(s % 60), (int)(left % 1000000), is_bc ? " BC" : "");
}

static int arg_put_time(args_maker *m, int64_t us) {
    char *text = edo_arena_text(m->arena, EDOI_PG_TIME_BYTES);
    if (!text) return -ENOMEM;
    edoi_pg_time_print(text, us);
    m->out->values[m->out->n] = text;
    return 0;
}

/* To the microsecond, as the server has it: what is finer is cut off, not rounded. */
static int arg_put_wall(args_maker *m, edo_wall t) {
    if (!edoi_wall_is_good(t))
        return edo_fail(-EINVAL, "argument $%d " EDOI_WALL_WANTS, m->out->n + 1);
    return arg_put_time(m, t.s * 1000000 + t.ns / 1000);
}

/* ---- Plain arguments ------------------------------------------------------------------------- */

static int arg_put_arg(args_maker *m, const edo_sql_arg *a) {
    switch (a->kind) {
    case EDO_SQL_BOOL: m->out->values[m->out->n] = a->value.boolean ? "t" : "f"; return 0;
    case EDO_SQL_INT: return arg_put_signed(m, a->value.integer);
    case EDO_SQL_UINT: return arg_put_int(m, false, a->value.whole);
    case EDO_SQL_DOUBLE: return arg_put_double(m, a->value.number, false);
    case EDO_SQL_TEXT: return arg_put_text(m, a->value.text.ptr, a->value.text.len);
    case EDO_SQL_BYTES: return arg_put_bytes(m, a->value.text);
    case EDO_SQL_DURATION: return arg_put_duration(m, edo_ns(a->value.integer));
    case EDO_SQL_TIME_US: return arg_put_time(m, a->value.integer);
    case EDO_SQL_WALL: return arg_put_wall(m, a->value.wall);
    case EDO_SQL_NULL: break;
    }
    return 0; // null
}

/* ---- Fields of a struct ---------------------------------------------------------------------- */

static int arg_put_buf(args_maker *m, edo_buf *b, int err) {
    if (err == 0) err = arg_put_text(m, b->ptr, b->len);
    edo_buf_deinit(b);
    return err;
}

static int arg_put_element(args_maker *m, const edo_field *f, const void *element) {
    edo_buf b = { 0 };
    const edo_str *s = element;
    const edo_bytes *bytes = element;
    const edo_duration *d = element;
    double number;
    float narrow;
    edo_field plain = *f;
    plain.secret = false; // else it would be written as ***
    plain.sizes = false;
    switch ((edo_value_kind)f->kind) {
    case EDO_VALUE_STR: return s->ptr ? arg_put_text(m, s->ptr, s->len) : 0;
    case EDO_VALUE_BYTES: return bytes->str.ptr ? arg_put_bytes(m, bytes->str) : 0;
    case EDO_VALUE_DURATION: return arg_put_duration(m, *d);
    case EDO_VALUE_WALL: return arg_put_wall(m, *(const edo_wall *)element);
    case EDO_VALUE_F32:
        memcpy(&narrow, element, sizeof narrow);
        return arg_put_double(m, (double)narrow, true);
    case EDO_VALUE_F64:
        memcpy(&number, element, sizeof number);
        return arg_put_double(m, number, false);
    case EDO_VALUE_TEXT: {
        const char *text;
        memcpy(&text, element, sizeof text);
        return text ? arg_put_text(m, text, strlen(text)) : 0;
    }
    case EDO_VALUE_CHARS: return arg_put_text(m, element, strnlen(element, f->size));
    case EDO_VALUE_DESCRIBED:
        if (f->desc->form != EDO_DESC_ENUM)
            return arg_put_buf(m, &b, edo_json_encode(&b, element, f->desc));
        return arg_put_buf(m, &b, edo_value_text(&b, &plain, element));
    case EDO_VALUE_BOOL:
    case EDO_VALUE_I8:
    case EDO_VALUE_I16:
    case EDO_VALUE_I32:
    case EDO_VALUE_I64:
    case EDO_VALUE_U8:
    case EDO_VALUE_U16:
    case EDO_VALUE_U32:
    case EDO_VALUE_U64: return arg_put_buf(m, &b, edo_value_text(&b, &plain, element));
    case EDO_VALUE_UNIT: break;
    }
    return -EDO_EVALUE;
}

/* Appends one element of an array in quotes, and escapes quotes and backslashes in it. */
static int array_append(edo_buf *b, const char *text) {
    int err = edo_buf_append(b, "\"", 1);
    for (; *text && err == 0; text++) {
        if (*text == '"' || *text == '\\') err = edo_buf_append(b, "\\", 1);
        if (err == 0) err = edo_buf_append(b, text, 1);
    }
    return err == 0 ? edo_buf_append(b, "\"", 1) : err;
}

static int array_append_bytes(edo_buf *b, const char *bytes, int n) {
    int err = edo_buf_append(b, "\"\\\\x", 4);
    for (int i = 0; i < n && err == 0; i++) {
        char two[3];
        err = edo_buf_append(b, edo_hex_encode(two, (edo_str){ bytes + i, 1 }).ptr, 2);
    }
    return err == 0 ? edo_buf_append(b, "\"", 1) : err;
}

static int arg_put_array(args_maker *m, const edo_field *f, const void *first, size_t n) {
    edo_buf b = { 0 };
    int at = m->out->n;
    int err = edo_buf_append(&b, "{", 1);
    for (size_t i = 0; i < n && err == 0; i++) {
        m->out->values[at] = NULL;
        m->out->formats[at] = 0;
        err = arg_put_element(m, f, (const char *)first + i * f->size);
        if (err == 0 && i > 0) err = edo_buf_append(&b, ",", 1);
        if (err < 0) break;
        if (!m->out->values[at]) {
            err = edo_buf_append(&b, "NULL", 4);
        } else if (m->out->formats[at]) {
            err = array_append_bytes(&b, m->out->values[at], m->out->lengths[at]);
        } else {
            err = array_append(&b, m->out->values[at]);
        }
    }
    m->out->formats[at] = 0;
    if (err == 0) err = edo_buf_append(&b, "}", 1);
    return arg_put_buf(m, &b, err);
}

static int arg_put_field(args_maker *m, const edo_field *f, const void *value) {
    size_t n;
    const void *first = edo_field_elements(f, value, &n);
    bool is_array = f->shape != EDO_SHAPE_ONE && f->shape != EDO_SHAPE_PTR;
    if (is_array && (n > 0 || !edoi_field_is_optional(f))) return arg_put_array(m, f, first, n);
    return n > 0 ? arg_put_element(m, f, first) : 0;
}

/* ---- All of them ----------------------------------------------------------------------------- */

static int args_room(edoi_pg_args *out, size_t n, edo_arena *arena) {
    if (n > EDOI_PG_ARGS_MAX) return edo_fail(-EINVAL, "more than %u arguments", EDOI_PG_ARGS_MAX);
    out->values = edo_arena_alloc(arena, n * sizeof *out->values);
    out->lengths = edo_arena_alloc(arena, n * sizeof *out->lengths);
    out->formats = edo_arena_alloc(arena, n * sizeof *out->formats);
    if (!out->values || !out->lengths || !out->formats) return -ENOMEM;
    memset(out->values, 0, n * sizeof *out->values);
    memset(out->lengths, 0, n * sizeof *out->lengths);
    memset(out->formats, 0, n * sizeof *out->formats);
    return 0;
}

int edoi_pg_args_make(edoi_pg_args *out, const edo_sql_args *args, edo_arena *arena) {
    args_maker m = { out, arena };
    *out = (edoi_pg_args){ .n = 0 };
    size_t n = args->desc ? args->desc->fields_n : args->n;
    if (n == 0) return 0;
    int err = args_room(out, n, arena);
    for (size_t i = 0; i < n && err == 0; i++) {
        const edo_field *f = args->desc ? &args->desc->fields[i] : NULL;
        if (f && f->skip) continue;
        err = f ? arg_put_field(&m, f, args->value) : arg_put_arg(&m, &args->args[i]);
        out->n++;
    }
    return err;
}
