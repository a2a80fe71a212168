/* SPDX-License-Identifier: MIT */
/* config/file.c: a JSON file as a layer: each scalar sets the leaf of its path. What has no text of
 * its own, a union or a list of structs, is decoded as JSON. Of values with one name the last
 * stands. */
#include "config/leaves.h"

#include "base/error/trail.h"
#include "value/validate/check.h"
#include "json/decode.h"

#include <edo/error.h>
#include <edo/json.h>

#define DEPTH_MAX 8 /* of objects in one another; leaves are no deeper */

typedef struct file {
    edoi_leaves *l;
    const char *name;
    edo_str text;
    edo_json_reader in;
    char path[EDOI_LEAF_NAME_MAX];
    size_t at;           /* in the text: where the newest value begins */
    size_t line, column; /* of `at`, from 1 */
} file;

/* Names a leaf as messages do: conf.json:12:8: "port". */
static void config_file_name_of(const file *f, char *out, size_t bytes) {
    (void)snprintf(out, bytes, "%s:%zu:%zu: \"%s\"", f->name, f->line, f->column, f->path);
}

static int config_file_wrong(file *f, const char *what) {
    char name[EDO_TRAIL_TEXT_MAX];
    config_file_name_of(f, name, sizeof name);
    return edo_fail(-EDO_EVALUE, "%s %s", name, what);
}

/* Goes to where the piece of JSON behind the reader begins. */
static void config_file_advance(file *f) {
    size_t end = (size_t)(f->in.at - f->text.ptr);
    for (; f->at < f->text.len; f->at++) {
        char c = f->text.ptr[f->at];
        if (f->at >= end && !memchr(" \t\r\n:,", c, 6)) return;
        if (c == '\n') {
            f->line++;
            f->column = 1;
        } else if (((unsigned char)c & 0xc0) != 0x80) { // a column is a character
            f->column++;
        }
    }
}

static int config_file_next(file *f, edo_json_token *token) {
    config_file_advance(f);
    return edo_json_reader_next(&f->in, token);
}

static int config_file_set(file *f, edoi_leaf *leaf, const edo_json_token *token) {
    char name[EDO_TRAIL_TEXT_MAX];
    edo_str text = token->text;
    if (token->kind == EDO_JSON_BOOL) text = edo_str_of(token->is_true ? "true" : "false");
    bool wants_bool = leaf->f->kind == EDO_VALUE_BOOL;
    bool wants_number = leaf->f->kind > EDO_VALUE_BOOL && leaf->f->kind <= EDO_VALUE_F64;
    bool is_text = token->kind == EDO_JSON_STRING;
    bool is_number = token->kind >= EDO_JSON_INT && token->kind <= EDO_JSON_NUMBER;
    if (wants_bool && token->kind != EDO_JSON_BOOL)
        return config_file_wrong(f, "must be true or false");
    if (wants_number && !is_number && !(leaf->f->sizes && is_text)) {
        return config_file_wrong(f, "must be a number");
    }
    if (!wants_bool && !wants_number && !is_text) return config_file_wrong(f, "must be a text");
    config_file_name_of(f, name, sizeof name);
    return edoi_leaf_set(f->l, leaf, EDOI_LAYER_FILE, name, text);
}

/* Has the list that began at this position as many elements as it must have? If a stronger layer
 * has replaced it, no later check sees the file's list. */
static int config_file_check_count(file *f, const edo_field *field, size_t n, size_t line,
                                   size_t column) {
    char wants[EDOI_WANTS_MAX];
    bool is_counted = field->shape == EDO_SHAPE_LIST || field->shape == EDO_SHAPE_UPTO;
    if (field->shape == EDO_SHAPE_FIXED && n != field->n) {
        (void)snprintf(wants, sizeof wants, "must have %u elements", (unsigned)field->n);
    } else if (!is_counted || !edoi_count_wants(wants, field, n)) {
        return 0;
    }
    f->line = line;
    f->column = column;
    return config_file_wrong(f, wants);
}

static int set_list(file *f, edoi_leaf *leaf) {
    edo_json_token token;
    const size_t line = f->line, column = f->column;
    if (leaf->f->shape == EDO_SHAPE_ONE || leaf->f->shape == EDO_SHAPE_PTR) {
        return config_file_wrong(f, "must not be a list");
    }
    for (size_t n = 0;; n++) {
        int got = config_file_next(f, &token);
        if (got < 0) return got;
        if (token.kind == EDO_JSON_ARRAY_END)
            return config_file_check_count(f, leaf->f, n, line, column);
        if (token.kind == EDO_JSON_ARRAY || token.kind == EDO_JSON_OBJECT) {
            return config_file_wrong(f, "must be a list of single values");
        }
        int err = config_file_set(f, leaf, &token);
        if (err < 0) return err;
    }
}

/* A union, or structs behind a pointer or in a list: decoded as a whole. */
static int config_file_decode(file *f, edoi_leaf *leaf, const edo_json_token *token) {
    char name[EDO_TRAIL_TEXT_MAX];
    edo_json_error where = { 0 };
    const edo_json_opts opts = { .depth_max = EDO_JSON_DEPTH_MAX,
                                 .error = &where,
                                 .arena = f->l->memory,
                                 .refuses_unknown = true };
    edoi_json_scan s = edoi_json_scan_of(f->text);
    s.at = f->text.ptr + f->at;
    int err = edo_json_reader_skip(&f->in, token); // refuses what is no JSON
    if (err < 0) return err;
    s.end = f->in.at;
    err = edoi_json_decode_field(leaf->in, leaf->f, f->path, &s, &opts);
    if (err == -EDO_EJSON) {
        edoi_trail_drop(err);
        return edo_fail(-EDO_EVALUE, "%s:%llu:%llu: %s", f->name, (unsigned long long)where.line,
                        (unsigned long long)where.column, where.text);
    }
    config_file_name_of(f, name, sizeof name);
    return err < 0 ? err : edoi_leaf_mark_set(f->l, leaf, EDOI_LAYER_FILE, name);
}

static int read_object(file *f, int depth);

static int read_value(file *f, int depth) {
    edo_json_token token;
    int got = config_file_next(f, &token);
    if (got < 0) return got;
    if (token.kind == EDO_JSON_NULL) return 0; // as if it were not there
    edoi_leaf *leaf = edoi_leaf_find(f->l, edo_str_of(f->path));
    if (token.kind == EDO_JSON_OBJECT && !leaf) return read_object(f, depth + 1);
    if (!leaf) return config_file_wrong(f, "is unknown");
    if (leaf->layer == EDOI_LAYER_FILE) edoi_leaf_clear(f->l, leaf); // the last stands
    if (!edoi_leaf_is_text(leaf)) return config_file_decode(f, leaf, &token);
    if (token.kind == EDO_JSON_OBJECT) return config_file_wrong(f, "must not be an object");
    return token.kind == EDO_JSON_ARRAY ? set_list(f, leaf) : config_file_set(f, leaf, &token);
}

/* Is there a leaf below the path? */
static bool config_file_is_parent(const file *f) {
    size_t n = strlen(f->path);
    for (const edoi_leaf *leaf = f->l->all; leaf < f->l->all + f->l->n; leaf++) {
        if (strncmp(leaf->path, f->path, n) == 0 && leaf->path[n] == '.') return true;
    }
    return n == 0;
}

static int read_object(file *f, int depth) {
    edo_json_token token;
    size_t before = strlen(f->path);
    if (depth > DEPTH_MAX || !config_file_is_parent(f)) return config_file_wrong(f, "is unknown");
    for (;;) {
        int got = config_file_next(f, &token);
        if (got < 0) return got;
        if (token.kind == EDO_JSON_OBJECT_END) return 0;
        bool is_name = token.text.len > 0 && !memchr(token.text.ptr, '\0', token.text.len);
        int n = snprintf(f->path + before, sizeof f->path - before, "%s%.*s", before ? "." : "",
                         (int)(token.text.len < 1000 ? token.text.len : 1000), token.text.ptr);
        if (!is_name || (size_t)n >= sizeof f->path - before)
            return config_file_wrong(f, "is unknown");
        int err = read_value(f, depth);
        if (err < 0) return err;
        f->path[before] = 0;
    }
}

static int config_file_read(file *f) {
    edo_json_token token;
    int got = config_file_next(f, &token);
    if (got < 0) return got;
    if (token.kind != EDO_JSON_OBJECT) {
        return edo_fail(-EDO_EVALUE, "%s must have an object", f->name);
    }
    int err = read_object(f, 0);
    if (err < 0) return err;
    got = config_file_next(f, &token); // the end, or what must not follow
    return got < 0 ? got : 0;
}

int edoi_file_read(edoi_leaves *l, const char *path, edo_str text) {
    file f = { .l = l, .name = path, .text = text, .line = 1, .column = 1 };
    edo_json_error where = { 0 };
    int err = edo_json_reader_init(&f.in, text, &(edo_json_opts){ .error = &where });
    if (err == 0) err = config_file_read(&f);
    edo_json_reader_deinit(&f.in);
    if (err != -EDO_EJSON) return err;
    edoi_trail_drop(err);
    return edo_fail(err, "%s:%llu:%llu: %s", path, (unsigned long long)where.line,
                    (unsigned long long)where.column, where.text);
}
