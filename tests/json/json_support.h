/* SPDX-License-Identifier: MIT */
/* json/json_support.h: texts, read in each of the ways and written again. */
#ifndef EDO_TESTS_JSON_SUPPORT_H
#define EDO_TESTS_JSON_SUPPORT_H

#include <edo/json.h>
#include <edo/streams.h>
#include <edo/test.h>

#include <stdlib.h>
#include <string.h>

/* What became of a text. */
typedef struct outcome {
    int err;
    edo_json_error error;
    edo_buf out; /* written again */
} outcome;

static inline void outcome_deinit(outcome *o) {
    edo_buf_deinit(&o->out);
    edo_trail_clear();
}

static inline int write_token(edo_json_writer *w, const edo_json_token *t) {
    switch (t->kind) {
    case EDO_JSON_NULL: return edo_json_writer_null(w);
    case EDO_JSON_BOOL: return edo_json_writer_bool(w, t->is_true);
    case EDO_JSON_INT: return edo_json_writer_int(w, t->i);
    case EDO_JSON_UINT: return edo_json_writer_uint(w, t->u);
    case EDO_JSON_DOUBLE: return edo_json_writer_double(w, t->d);
    case EDO_JSON_NUMBER: // the writer has no call for it
    case EDO_JSON_STRING: return edo_json_writer_string(w, t->text);
    case EDO_JSON_ARRAY: return edo_json_writer_begin_array(w);
    case EDO_JSON_OBJECT: return edo_json_writer_begin_object(w);
    case EDO_JSON_ARRAY_END: return edo_json_writer_end_array(w);
    case EDO_JSON_OBJECT_END: return edo_json_writer_end_object(w);
    case EDO_JSON_NAME: return edo_json_writer_name(w, t->text);
    }
    return -EINVAL;
}

/* Reads all of it and writes it again; ends the reader. */
static inline void copy_all(edo_json_reader *r, outcome *o) {
    edo_json_writer w;
    edo_json_token token;
    int got = edo_json_writer_init(&w, &o->out, NULL);
    while (got >= 0 && (got = edo_json_reader_next(r, &token)) > 0) got = write_token(&w, &token);
    o->err = got;
    edo_json_reader_deinit(r);
}

static inline void read_memory(outcome *o, edo_str text) {
    *o = (outcome){ 0 };
    edo_json_reader r;
    EDO_TEST_OK(edo_json_reader_init(&r, text, &(edo_json_opts){ .error = &o->error }));
    copy_all(&r, o);
}

/* In pieces of at most `piece` bytes. */
static inline void read_pieces(outcome *o, edo_str text, size_t piece) {
    *o = (outcome){ 0 };
    edo_json_reader r;
    edo_stream *all, *pieces;
    EDO_TEST_OK(edo_stream_mem(&all, text.ptr, text.len));
    EDO_TEST_OK(edo_test_limit_new(&pieces, all, piece));
    EDO_TEST_OK(edo_json_reader_init_stream(&r, pieces, &(edo_json_opts){ .error = &o->error }));
    copy_all(&r, o);
    edo_close(pieces);
}

/* As a tree, written with `indent`. */
static inline void read_tree(outcome *o, edo_str text, uint32_t indent) {
    *o = (outcome){ 0 };
    edo_json_value *v = NULL;
    o->err = edo_json_value_parse(&v, text, &(edo_json_opts){ .error = &o->error });
    if (o->err == 0) {
        edo_json_writer w;
        EDO_TEST_OK(edo_json_writer_init(&w, &o->out, &(edo_json_writer_opts){ .indent = indent }));
        EDO_TEST_OK(edo_json_writer_value(&w, v));
    }
    edo_json_value_free(v);
}

static inline bool same_bytes(const edo_buf *a, const edo_buf *b) {
    return a->len == b->len && (a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

static inline bool same_error(const outcome *a, const outcome *b) {
    return a->err == b->err && a->error.offset == b->error.offset &&
           a->error.line == b->error.line && a->error.column == b->error.column &&
           strcmp(a->error.text, b->error.text) == 0;
}

#endif
