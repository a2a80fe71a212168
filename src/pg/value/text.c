/* SPDX-License-Identifier: MIT */
/* pg/value/text.c: see text.h. What edo_value_parse() reads, it reads here, too. */
#include "pg/value/text.h"

#include "base/text/hex.h"
#include "value/elements.h"
#include "value/memory.h"
#include "value/validate/check.h"

#include <edo/error.h>
#include <edo/json.h>

#include <float.h>
#include <math.h>

static int column_read_wrong(const char *wants) {
    return edo_fail(-EDO_EVALUE, "must be %s", wants);
}

/* ---- Elements -------------------------------------------------------------------------------- */

static bool column_read_is_time(uint32_t oid) {
    return oid == EDOI_PG_TIMESTAMPTZ || oid == EDOI_PG_TIMESTAMP || oid == EDOI_PG_DATE ||
           oid == EDOI_PG_TIME;
}

/* What is not read by edo_value_parse() is checked here. */
static int column_check(const void *element, const edo_field *f) {
    char wants[EDOI_WANTS_MAX];
    return edoi_element_wants(wants, f, element) ? edo_fail(-EDO_EVALUE, "%s", wants) : 0;
}

static int column_read_time(int64_t *out, const edo_field *f, uint32_t oid, edo_str text) {
    return edoi_pg_time_parse(out, oid, text) ? column_check(out, f) : column_read_wrong("a time");
}

/* Reads an interval, or a time of the day. An array's element has no type: its text decides. */
static int column_read_duration(edo_duration *out, const edo_field *f, uint32_t oid, edo_str text) {
    int64_t us;
    bool is_interval = (oid == 0 || oid == EDOI_PG_INTERVAL) && edoi_pg_interval_parse(out, text);
    if (oid == EDOI_PG_INTERVAL && !is_interval)
        return column_read_wrong("an interval of days and less");
    if (is_interval) return column_check(out, f);
    if (oid != EDOI_PG_TIME) return edo_value_parse(out, f, text, NULL);
    if (!edoi_pg_time_parse(&us, oid, text) || __builtin_mul_overflow(us, 1000, &out->ns))
        return column_read_wrong("a time of the day");
    return column_check(out, f);
}

/* Reads a timestamp, with a zone or without, or a date. An array's element has no type: its text
 * decides. */
static int column_read_wall(edo_wall *out, const edo_field *f, uint32_t oid, edo_str text) {
    int64_t us = 0;
    bool is_time = oid == 0 ? edoi_pg_time_parse(&us, EDOI_PG_TIMESTAMPTZ, text) ||
                                  edoi_pg_time_parse(&us, EDOI_PG_DATE, text)
                            : column_read_is_time(oid) && oid != EDOI_PG_TIME &&
                                  edoi_pg_time_parse(&us, oid, text);
    if (!is_time) return edo_value_parse(out, f, text, NULL);
    int64_t s = us / 1000000, part = us % 1000000;
    if (part < 0) s--, part += 1000000;
    *out = (edo_wall){ s, (int32_t)part * 1000 };
    return column_check(out, f);
}

static int column_read_float(void *element, const edo_field *f, edo_str text, edo_arena *arena) {
    double number = edo_str_equal(text, EDO_STR("NaN"))         ? (double)NAN
                    : edo_str_equal(text, EDO_STR("Infinity"))  ? (double)INFINITY
                    : edo_str_equal(text, EDO_STR("-Infinity")) ? -(double)INFINITY
                                                                : 0;
    if (number == 0) return edo_value_parse(element, f, text, arena);
    float narrow = (float)number;
    memcpy(element, f->kind == EDO_VALUE_F32 ? (void *)&narrow : (void *)&number, f->size);
    return 0;
}

/* "\x00ff"; how many bytes that are. */
static bool hex_fill(char *fill, edo_str text, size_t *n) {
    *n = text.len / 2 - 1;
    for (size_t i = 0; i < *n; i++) {
        const int byte = edoi_hex_byte_lower(text.ptr + 2 + 2 * i);
        if (byte < 0) return false;
        fill[i] = (char)byte;
    }
    return text.len % 2 == 0;
}

static int column_octal_digit(char c, int most) {
    return c >= '0' && c <= '0' + most ? c - '0' : -1;
}

/* Reads "\000" to "\377": the byte, or -1. */
static int escape_octal(const char *at) {
    int a = column_octal_digit(at[1], 3), b = column_octal_digit(at[2], 7),
        c = column_octal_digit(at[3], 7);
    return a < 0 || b < 0 || c < 0 ? -1 : a << 6 | b << 3 | c;
}

/* "a\\b\000", which a session writes that edo could not set, behind a pooler, or that a function
 * has set. */
static bool escape_fill(char *fill, edo_str text, size_t *n) {
    *n = 0;
    for (size_t i = 0; i < text.len; i++) {
        size_t left = text.len - i;
        int byte = (unsigned char)text.ptr[i];
        if (byte == '\\' && left >= 2 && text.ptr[i + 1] == '\\') {
            i++;
        } else if (byte == '\\') {
            byte = left >= 4 ? escape_octal(text.ptr + i) : -1;
            i += 3;
        }
        if (byte < 0) return false;
        fill[(*n)++] = (char)(unsigned char)byte;
    }
    return true;
}

/* A bytea in hex form begins with "\x"; any other is in escape form. */
static int column_read_bytes(edo_bytes *out, uint32_t oid, edo_str text, edo_arena *arena) {
    bool is_hex = text.len >= 2 && text.ptr[0] == '\\' && text.ptr[1] == 'x';
    if (!is_hex && oid != EDOI_PG_BYTEA) return column_read_wrong("a bytea");
    char *fill;
    size_t n = is_hex ? text.len / 2 - 1 : text.len;
    edo_bytes made = { 0 };
    if (arena) {
        fill = edo_arena_text(arena, n + 1); // so that no bytes have a pointer, too
        if (!fill) return -ENOMEM;
        made = edo_bytes_from_static((edo_str){ fill, n });
    } else {
        int err = edo_bytes_new(&made, &fill, n + 1);
        if (err < 0) return err;
    }
    if (!(is_hex ? hex_fill(fill, text, &n) : escape_fill(fill, text, &n))) {
        edo_bytes_unref(&made);
        return column_read_wrong("a bytea");
    }
    made.str.len = n;
    *out = made;
    return 0;
}

static int column_read_json(void *element, const edo_field *f, edo_str text, edo_arena *arena) {
    return edo_json_decode_with(element, f->desc, text, &(edo_json_opts){ .arena = arena });
}

static int column_read_element(void *element, const edo_field *f, uint32_t oid, edo_str text,
                               const edoi_pg_memory *memory) {
    edo_arena *arena = memory->arena;
    if (f->kind == EDO_VALUE_STR && memory->borrows && !edoi_field_has_limits(f)) {
        *(edo_str *)element = text;
        return 0;
    }
    if (f->kind == EDO_VALUE_BOOL && text.len == 1 && (*text.ptr == 't' || *text.ptr == 'f')) {
        *(bool *)element = *text.ptr == 't';
        return 0;
    }
    if (f->kind == EDO_VALUE_I64 && column_read_is_time(oid))
        return column_read_time(element, f, oid, text);
    if (f->kind == EDO_VALUE_DURATION) return column_read_duration(element, f, oid, text);
    if (f->kind == EDO_VALUE_WALL) return column_read_wall(element, f, oid, text);
    if (f->kind == EDO_VALUE_F32 || f->kind == EDO_VALUE_F64)
        return column_read_float(element, f, text, arena);
    if (f->kind == EDO_VALUE_BYTES) return column_read_bytes(element, oid, text, arena);
    if (f->kind == EDO_VALUE_DESCRIBED && f->desc->form != EDO_DESC_ENUM)
        return column_read_json(element, f, text, arena);
    return edo_value_parse(element, f, text, arena);
}

/* ---- Arrays ---------------------------------------------------------------------------------- */

typedef struct array_scan {
    const char *at, *end;
    uint32_t oid; /* of an element; 0: it is not needed */
    char *room;   /* for an element without its quotes: as long as the text */
    size_t most;  /* elements that the field has memory for */
} array_scan;

/* Takes one element: 1; -EDO_EVALUE: it is null, an array, or none. */
static int array_take(array_scan *s, edo_str *out) {
    size_t n = 0;
    bool is_quoted = s->at < s->end && *s->at == '"';
    s->at += is_quoted;
    for (; s->at < s->end; s->at++) {
        if (is_quoted ? *s->at == '"' : *s->at == ',' || *s->at == '}') break;
        if (!is_quoted && (*s->at == '{' || *s->at == '"'))
            return column_read_wrong("an array of one dimension");
        if (*s->at == '\\' && s->at + 1 < s->end) s->at++;
        s->room[n++] = *s->at;
    }
    if (s->at == s->end) return column_read_wrong("an array");
    s->at += is_quoted;
    *out = (edo_str){ s->room, n };
    s->room[n] = '\0';
    if (!is_quoted && edo_str_equal(*out, EDO_STR("NULL")))
        return column_read_wrong("an array without nulls");
    return 1;
}

/* How many elements there are at most. */
static size_t array_len(edo_str text) {
    size_t n = 1;
    for (size_t i = 0; i < text.len; i++) n += text.ptr[i] == ',';
    return n;
}

/* Makes the memory of a list of the text's elements; `*most`: how many the field may have. */
static int array_make(void *value, const edo_field *f, edo_str text, edo_arena *arena,
                      size_t *most) {
    *most = edoi_field_most(f);
    if (f->shape != EDO_SHAPE_LIST) return 0;
    size_t room = edoi_list_room(array_len(text));
    if (room > PTRDIFF_MAX / f->size) return -ENOMEM;
    void *list = edoi_value_alloc(arena, room * f->size);
    if (!list) return -ENOMEM;
    edoi_field_set_ptr(f, value, list);
    if (*most == 0 || *most > room) *most = room;
    return 0;
}

/* The place of the element `i`. */
static char *array_place(void *value, const edo_field *f, size_t i) {
    bool is_list = f->shape == EDO_SHAPE_LIST;
    char *first = is_list ? edoi_field_ptr(f, value) : edoi_field_at(f, value);
    return first + i * f->size;
}

/* Takes what stands behind an element: a comma, or nothing before the end of the array. */
static int array_take_comma(array_scan *s) {
    if (s->at == s->end || (*s->at != ',' && *s->at != '}')) return column_read_wrong("an array");
    s->at += *s->at == ',';
    return 0;
}

static int array_read_all(array_scan *s, void *value, const edo_field *f,
                          const edoi_pg_memory *memory) {
    const edoi_pg_memory copies = { memory->arena, false };
    size_t n = 0;
    edo_str text;
    while (s->at < s->end && *s->at != '}') {
        int err = array_take(s, &text);
        if (err < 0) return err;
        if (n == s->most) return column_read_wrong("an array of fewer elements");
        char *place = array_place(value, f, n);
        memset(place, 0, f->size);
        err = column_read_element(place, f, s->oid, text, &copies);
        if (err < 0) return err;
        n++;
        if (f->shape != EDO_SHAPE_FIXED) *edoi_field_count(f, value) = n;
        err = array_take_comma(s);
        if (err < 0) return err;
    }
    if (s->at + 1 != s->end) return column_read_wrong("an array");
    if (f->shape == EDO_SHAPE_FIXED && n != f->n)
        return column_read_wrong("an array of another length");
    return 0;
}

static int column_read_array(void *value, const edo_field *f, uint32_t oid, edo_str text,
                             const edoi_pg_memory *memory) {
    const char *equals = text.len && *text.ptr == '[' ? memchr(text.ptr, '=', text.len) : NULL;
    if (equals) text = (edo_str){ equals + 1, text.len - (size_t)(equals + 1 - text.ptr) };
    if (text.len < 2 || *text.ptr != '{') return column_read_wrong("an array");
    array_scan s = { .at = text.ptr + 1, .end = text.ptr + text.len };
    if (oid == EDOI_PG_BYTEAS) s.oid = EDOI_PG_BYTEA; // a text in escape form may be any type
    int err = array_make(value, f, text, memory->arena, &s.most);
    if (err < 0) return err;
    s.room = edoi_alloc(text.len + 1);
    if (!s.room) return -ENOMEM;
    err = array_read_all(&s, value, f, memory);
    edoi_free(s.room);
    return err;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

int edoi_pg_text_read(void *value, const edo_field *f, uint32_t oid, edo_str text,
                      const edoi_pg_memory *memory) {
    void *element = edoi_field_at(f, value);
    if (f->shape != EDO_SHAPE_ONE && f->shape != EDO_SHAPE_PTR) {
        int err = column_read_array(value, f, oid, text, memory);
        if (err == 0) edoi_field_set_has(f, value, true);
        return err;
    }
    if (f->shape == EDO_SHAPE_PTR) {
        element = edoi_value_alloc(memory->arena, f->size);
        if (!element) return -ENOMEM;
        memset(element, 0, f->size);
        edoi_field_set_ptr(f, value, element);
    }
    int err = column_read_element(element, f, oid, text, memory);
    if (err == 0) edoi_field_set_has(f, value, true);
    return err;
}
