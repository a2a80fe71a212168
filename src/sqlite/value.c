/* SPDX-License-Identifier: MIT */
/* sqlite/value.c: see value.h. */
#include "sqlite/value.h"

#include "value/elements.h"
#include "value/memory.h"
#include "value/text/number.h"
#include "value/text/wall.h"
#include "value/validate/check.h"

#include <edo/error.h>
#include <edo/json.h>

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Arguments ------------------------------------------------------------------------------- */

typedef struct value_binder {
    sqlite3_stmt *s;
    int at; /* from 1 */
    bool copies;
} value_binder;

static int bind_result(const value_binder *b, int result) {
    if (result == SQLITE_OK) return 0;
    return result == SQLITE_NOMEM ? -ENOMEM
                                  : edo_fail(-EINVAL, "argument %d cannot be bound", b->at);
}

static int bind_text(const value_binder *b, edo_str text, bool copies) {
    sqlite3_destructor_type how = copies ? SQLITE_TRANSIENT : SQLITE_STATIC;
    if (text.len > 0 && memchr(text.ptr, '\0', text.len))
        return edo_fail(-EINVAL, "argument %d has a NUL", b->at);
    return bind_result(
        b, sqlite3_bind_text64(b->s, b->at, text.ptr ? text.ptr : "", text.len, how, SQLITE_UTF8));
}

static int bind_bytes(const value_binder *b, edo_str bytes) {
    sqlite3_destructor_type how = b->copies ? SQLITE_TRANSIENT : SQLITE_STATIC;
    return bind_result(
        b, sqlite3_bind_blob64(b->s, b->at, bytes.ptr ? bytes.ptr : "", bytes.len, how));
}

static int bind_int(const value_binder *b, int64_t n) {
    return bind_result(b, sqlite3_bind_int64(b->s, b->at, n));
}

static int bind_uint(const value_binder *b, uint64_t n) {
    if (n > INT64_MAX) return edo_fail(-EINVAL, "argument %d is beyond 2^63-1", b->at);
    return bind_int(b, (int64_t)n);
}

/* SQLite makes a null of what is no number. */
static int bind_double(const value_binder *b, double number) {
    if (isnan(number)) return edo_fail(-EINVAL, "argument %d is not a number (NaN)", b->at);
    return bind_result(b, sqlite3_bind_double(b->s, b->at, number));
}

static int bind_wall(const value_binder *b, edo_wall t) {
    char text[EDO_WALL_TEXT_MAX];
    if (!edoi_wall_is_good(t)) return edo_fail(-EINVAL, "argument %d " EDOI_WALL_WANTS, b->at);
    return bind_text(b, (edo_str){ text, edoi_wall_write(text, t, EDOI_WALL_SQLITE) }, true);
}

static int bind_arg(const value_binder *b, const edo_sql_arg *a) {
    switch (a->kind) {
    case EDO_SQL_BOOL: return bind_int(b, a->value.boolean);
    case EDO_SQL_INT:
    case EDO_SQL_DURATION:
    case EDO_SQL_TIME_US: return bind_int(b, a->value.integer);
    case EDO_SQL_WALL: return bind_wall(b, a->value.wall);
    case EDO_SQL_UINT: return bind_uint(b, a->value.whole);
    case EDO_SQL_DOUBLE: return bind_double(b, a->value.number);
    case EDO_SQL_TEXT: return bind_text(b, a->value.text, b->copies);
    case EDO_SQL_BYTES: return bind_bytes(b, a->value.text);
    case EDO_SQL_NULL: break;
    }
    return bind_result(b, sqlite3_bind_null(b->s, b->at));
}

/* Enums by their names, structs as JSON. */
static int bind_printed(const value_binder *b, const edo_field *f, const void *element) {
    bool is_struct = f->kind == EDO_VALUE_DESCRIBED && f->desc->form != EDO_DESC_ENUM;
    edo_buf text = { 0 };
    edo_field shown = *f; // as it is: a database is no log
    shown.secret = false;
    int err = is_struct ? edo_json_encode(&text, element, f->desc)
                        : edo_value_text(&text, &shown, element);
    if (err == 0) err = bind_text(b, (edo_str){ text.ptr, text.len }, true);
    edo_buf_deinit(&text);
    return err;
}

static int bind_element(const value_binder *b, const edo_field *f, const void *element) {
    const edo_str *str = element;
    const char *text;
    switch ((edo_value_kind)f->kind) {
    case EDO_VALUE_BOOL: return bind_int(b, *(const bool *)element);
    case EDO_VALUE_I8: return bind_int(b, *(const int8_t *)element);
    case EDO_VALUE_I16: return bind_int(b, *(const int16_t *)element);
    case EDO_VALUE_I32: return bind_int(b, *(const int32_t *)element);
    case EDO_VALUE_I64: return bind_int(b, *(const int64_t *)element);
    case EDO_VALUE_U8: return bind_int(b, *(const uint8_t *)element);
    case EDO_VALUE_U16: return bind_int(b, *(const uint16_t *)element);
    case EDO_VALUE_U32: return bind_int(b, *(const uint32_t *)element);
    case EDO_VALUE_U64: return bind_uint(b, *(const uint64_t *)element);
    case EDO_VALUE_F32: return bind_double(b, (double)*(const float *)element);
    case EDO_VALUE_F64: return bind_double(b, *(const double *)element);
    case EDO_VALUE_STR: return bind_text(b, *str, b->copies);
    case EDO_VALUE_TEXT:
    case EDO_VALUE_CHARS:
        text = f->kind == EDO_VALUE_CHARS ? element : *(const char *const *)element;
        return bind_text(b, edo_str_of(text ? text : ""), b->copies);
    case EDO_VALUE_BYTES: return bind_bytes(b, ((const edo_bytes *)element)->str);
    case EDO_VALUE_DURATION: return bind_int(b, ((const edo_duration *)element)->ns);
    case EDO_VALUE_WALL: return bind_wall(b, *(const edo_wall *)element);
    case EDO_VALUE_UNIT:
    case EDO_VALUE_DESCRIBED: break;
    }
    return bind_printed(b, f, element);
}

static int bind_field(const value_binder *b, const edo_field *f, const void *value) {
    if (f->shape != EDO_SHAPE_ONE && f->shape != EDO_SHAPE_PTR)
        return edo_fail(-EINVAL, "the field \"%.*s\" is a list", (int)f->name_len, f->key + 2);
    size_t n;
    const void *element = edo_field_elements(f, value, &n);
    if (n == 0) return bind_result(b, sqlite3_bind_null(b->s, b->at));
    return bind_element(b, f, element);
}

static int bind_struct(value_binder *b, const edo_sql_args *args) {
    int err = 0;
    for (uint32_t i = 0; err == 0 && i < args->desc->fields_n; i++) {
        const edo_field *f = &args->desc->fields[i];
        if (f->skip) continue;
        err = bind_field(b, f, args->value);
        b->at++;
    }
    return err;
}

static size_t args_count(const edo_sql_args *args) {
    size_t n = args->n;
    for (uint32_t i = 0; args->desc && i < args->desc->fields_n; i++)
        n += !args->desc->fields[i].skip;
    return n;
}

int edoi_sqlite_bind(sqlite3_stmt *s, const edo_sql_args *args, bool copies) {
    value_binder b = { s, 1, copies };
    size_t n = args_count(args), wanted = (size_t)sqlite3_bind_parameter_count(s);
    int err = 0;
    if (n != wanted)
        return edo_fail(-EINVAL, "the statement wants %zu arguments, and has %zu", wanted, n);
    (void)sqlite3_clear_bindings(s);
    if (args->desc) return bind_struct(&b, args);
    for (size_t i = 0; err == 0 && i < args->n; i++, b.at++) err = bind_arg(&b, &args->args[i]);
    return err;
}

/* ---- Columns --------------------------------------------------------------------------------- */

/* -1: there is none, or the field is skipped. */
static int column_of(sqlite3_stmt *s, const edo_field *f) {
    int n = f->skip ? 0 : sqlite3_column_count(s);
    for (int i = 0; i < n; i++) {
        const char *name = sqlite3_column_name(s, i);
        if (name && strlen(name) == f->name_len && memcmp(name, f->key + 2, f->name_len) == 0)
            return i;
    }
    return -1;
}

void edoi_sqlite_find_columns(int *columns, sqlite3_stmt *s, const edo_desc *desc) {
    for (uint32_t i = 0; i < desc->fields_n; i++) columns[i] = column_of(s, &desc->fields[i]);
}

static int field_fail_missing(const edo_field *f) {
    return edo_fail(-EDO_EVALUE, "the query has no column \"%.*s\"", (int)f->name_len, f->key + 2);
}

static const edo_field *field_without_column(sqlite3_stmt *s, const edo_desc *desc) {
    for (uint32_t i = 0; i < desc->fields_n; i++) {
        const edo_field *f = &desc->fields[i];
        if (!edoi_may_be_missing(f, EDOI_SOURCE_WRITES) && column_of(s, f) < 0) return f;
    }
    return NULL;
}

bool edoi_sqlite_has_columns(sqlite3_stmt *s, const edo_desc *desc) {
    return !field_without_column(s, desc);
}

int edoi_sqlite_check_columns(sqlite3_stmt *s, const edo_desc *desc) {
    const edo_field *f = field_without_column(s, desc);
    return f ? field_fail_missing(f) : 0;
}

static int cell_read_bytes(edo_bytes *out, edo_str from, edo_arena *arena) {
    char *fill;
    edo_bytes made = { 0 };
    if (arena) {
        fill = edo_arena_text(arena, from.len + 1); // so that no bytes have a pointer, too
        if (!fill) return -ENOMEM;
        made = edo_bytes_from_static((edo_str){ fill, from.len });
    } else {
        int err = edo_bytes_new(&made, &fill, from.len + 1);
        if (err < 0) return err;
        made.str.len = from.len;
    }
    if (from.len > 0) memcpy(fill, from.ptr, from.len);
    *out = made;
    return 0;
}

/* SQLite writes 15 digits of a real number: too few to read it back. */
static edo_str cell_text(sqlite3_stmt *s, int column, char room[EDOI_NUMBER_TEXT_MAX]) {
    if (sqlite3_column_type(s, column) == SQLITE_FLOAT) {
        size_t n = edoi_number_print(room, sqlite3_column_double(s, column), false);
        return (edo_str){ room, n };
    }
    const char *text = (const char *)sqlite3_column_text(s, column);
    return (edo_str){ text, (size_t)sqlite3_column_bytes(s, column) };
}

/* Reads an infinity, which is no text of a number. A limit of the field's excludes it. */
static bool cell_read_infinite(void *element, const edo_field *f, sqlite3_stmt *s, int column) {
    bool is_float = f->kind == EDO_VALUE_F32;
    if ((!is_float && f->kind != EDO_VALUE_F64) || edoi_field_has_limits(f)) return false;
    double number = sqlite3_column_double(s, column);
    if (!isinf(number)) return false;
    if (is_float)
        *(float *)element = (float)number;
    else
        *(double *)element = number;
    return true;
}

/* What is not read by edo_value_parse() is checked here. */
static int cell_check(const void *element, const edo_field *f) {
    char wants[EDOI_WANTS_MAX];
    return edoi_element_wants(wants, f, element) ? edo_fail(-EDO_EVALUE, "%s", wants) : 0;
}

/* A text as SQLite's functions make it, or a whole number: seconds, as unixepoch() makes it. */
static int cell_read_wall(edo_wall *out, const edo_field *f, sqlite3_stmt *s, int column) {
    if (sqlite3_column_type(s, column) == SQLITE_INTEGER) {
        *out = (edo_wall){ sqlite3_column_int64(s, column), 0 };
        return cell_check(out, f);
    }
    const char *text = (const char *)sqlite3_column_text(s, column);
    if (!text) return -ENOMEM;
    const edo_str all = { text, (size_t)sqlite3_column_bytes(s, column) };
    const char *wants = edoi_wall_read(out, all, EDOI_WALL_SQLITE);
    return wants ? edo_fail(-EDO_EVALUE, "%s", wants) : cell_check(out, f);
}

static int cell_read(void *element, const edo_field *f, sqlite3_stmt *s, int column,
                     edo_arena *arena) {
    char room[EDOI_NUMBER_TEXT_MAX];
    if (f->kind == EDO_VALUE_BYTES) {
        const char *bytes = sqlite3_column_blob(s, column);
        return cell_read_bytes(element, (edo_str){ bytes, (size_t)sqlite3_column_bytes(s, column) },
                               arena);
    }
    if (f->kind == EDO_VALUE_DURATION && sqlite3_column_type(s, column) == SQLITE_INTEGER) {
        ((edo_duration *)element)->ns = sqlite3_column_int64(s, column);
        return cell_check(element, f);
    }
    if (f->kind == EDO_VALUE_WALL) return cell_read_wall(element, f, s, column);
    if (f->kind == EDO_VALUE_I64 && sqlite3_column_type(s, column) == SQLITE_INTEGER &&
        !edoi_field_has_limits(f)) {
        *(int64_t *)element = sqlite3_column_int64(s, column);
        return 0;
    }
    if (sqlite3_column_type(s, column) == SQLITE_FLOAT && cell_read_infinite(element, f, s, column))
        return 0;
    edo_str text = cell_text(s, column, room);
    if (!text.ptr) return -ENOMEM;
    if (f->kind == EDO_VALUE_DESCRIBED && f->desc->form != EDO_DESC_ENUM)
        return edo_json_decode_with(element, f->desc, text, &(edo_json_opts){ .arena = arena });
    return edo_value_parse(element, f, text, arena);
}

static int sqlite_row_read_field(void *value, const edo_field *f, sqlite3_stmt *s, int column,
                                 edo_arena *arena) {
    void *element = edoi_field_at(f, value);
    if (sqlite3_column_type(s, column) == SQLITE_NULL)
        return edoi_field_is_optional(f) ? 0 : edo_fail(-EDO_EVALUE, "must not be null");
    if (f->shape != EDO_SHAPE_ONE && f->shape != EDO_SHAPE_PTR)
        return edo_fail(-EDO_EVALUE, "is a list, which no column is");
    if (f->shape == EDO_SHAPE_PTR) {
        element = edoi_value_alloc(arena, f->size);
        if (!element) return -ENOMEM;
        memset(element, 0, f->size);
        edoi_field_set_ptr(f, value, element);
    }
    int err = cell_read(element, f, s, column, arena);
    if (err == 0) edoi_field_set_has(f, value, true);
    return err;
}

static int row_read_one(void *value, const edo_field *f, sqlite3_stmt *s, int column,
                        edo_arena *arena) {
    if (column >= 0) {
        int err = sqlite_row_read_field(value, f, s, column, arena);
        return err < 0 ? edo_fail(err, "the column \"%.*s\"", (int)f->name_len, f->key + 2) : 0;
    }
    if (!edoi_may_be_missing(f, EDOI_SOURCE_WRITES)) return field_fail_missing(f);
    if (f->skip || !f->preset || f->shape != EDO_SHAPE_ONE) return 0;
    return edoi_preset_set(edoi_field_at(f, value), f, arena);
}

int edoi_sqlite_read_row(void *value, const edo_desc *desc, sqlite3_stmt *s, const int *columns,
                         edo_arena *arena) {
    int err = 0;
    memset(value, 0, desc->size);
    for (uint32_t i = 0; err == 0 && i < desc->fields_n; i++) {
        const edo_field *f = &desc->fields[i];
        err = row_read_one(value, f, s, columns ? columns[i] : column_of(s, f), arena);
    }
    if (err < 0 && !arena) edo_value_deinit(value, desc);
    if (err < 0) memset(value, 0, desc->size);
    return err;
}
