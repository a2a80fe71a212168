/* SPDX-License-Identifier: MIT */
/* json.c: see json.h. */
#include "json.h"

#include <edo/error.h>
#include <edo/grpc_details.h>
#include <edo/json.h>
#include <edo/pipe.h>

#include <errno.h>
#include <string.h>

#define PIECE     65536u
#define INPUT_MAX (16u << 20) /* of one message */

/* ---- To people ------------------------------------------------------------------------------- */

/* By all types that are known: those of the schema, and details, which need no .proto. */
static int json_put_known(edo_buf *out, const source *s, const void *value, const edo_desc *desc,
                          bool with_zeros) {
    edo_arena arena = { 0 };
    size_t n;
    const edo_protobuf_type *known = edo_protobuf_schema_types(s->schema, &n);
    edo_protobuf_type *types =
        edo_arena_alloc(&arena, (n + EDO_COUNT(edo_grpc_detail_types)) * sizeof *types);
    if (!types) return -ENOMEM;
    memcpy(types, known, n * sizeof *types);
    memcpy(types + n, edo_grpc_detail_types, sizeof edo_grpc_detail_types);
    const edo_protobuf_json_opts opts = { .types = types,
                                          .types_n = n + EDO_COUNT(edo_grpc_detail_types),
                                          .indent = 2,
                                          .writes_zeros = with_zeros };
    int err = edo_protobuf_json_encode(out, value, desc, &opts);
    edo_arena_deinit(&arena);
    return err;
}

int json_put(edo_buf *out, source *s, const void *value, const edo_desc *desc, bool with_zeros) {
    source_need_any(s, value, desc);
    int err = json_put_known(out, s, value, desc, with_zeros);
    if (err != -EDO_EJSON) return err;
    (void)fputs("edo-grpcurl: ", stderr);
    edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    edo_trail_clear();
    return edo_json_encode(out, value, desc);
}

void json_put_plain(FILE *out, edo_str text) {
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        (void)fputc((c < ' ' && c != '\n' && c != '\t') || c == 0x7f ? '?' : c, out);
    }
}

/* ---- From people ----------------------------------------------------------------------------- */

int json_input_init(json_input *self, const char *data) {
    *self = (json_input){ .is_over = true };
    int err = edo_buf_reserve(&self->buffer, 1); // it has an address from now on
    if (!data || err < 0) return err;
    if (strcmp(data, "@") != 0) return edo_buf_append(&self->buffer, data, strlen(data));
    self->is_over = false;
    return edo_stdin(&self->from);
}

void json_input_deinit(json_input *self) {
    edo_close(self->from);
    edo_buf_deinit(&self->buffer);
}

static bool json_is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Where the string that begins at `text` ends; NULL: not in it. */
static const char *json_string_end(const char *text, const char *end) {
    for (const char *at = text + 1; at < end; at++) {
        if (*at == '"') return at + 1;
        if (*at == '\\') at++;
    }
    return NULL;
}

/* Where the object or array ends. */
static const char *json_group_end(const char *text, const char *end) {
    size_t depth = 0;
    for (const char *at = text; at && at < end;) {
        if (*at == '"') {
            at = json_string_end(at, end);
            continue;
        }
        if (*at == '{' || *at == '[') depth++;
        if ((*at == '}' || *at == ']') && --depth == 0) return at + 1;
        at++;
    }
    return NULL;
}

/* Where a number or a word ends: before what cannot be of it. */
static const char *json_word_end(const char *text, const char *end) {
    const char *at = text;
    while (at < end && !json_is_blank(*at) && !strchr("{}[]\"", *at)) at++;
    return at < end ? at + (at == text) : NULL;
}

/* Whether it is JSON is found out when it is decoded. */
static const char *json_text_end(const char *text, const char *end) {
    if (*text == '{' || *text == '[') return json_group_end(text, end);
    return *text == '"' ? json_string_end(text, end) : json_word_end(text, end);
}

static int json_input_read(json_input *self) {
    int err = edo_buf_reserve(&self->buffer, PIECE);
    if (err < 0) return err;
    int n = edo_read(self->from, self->buffer.ptr + self->buffer.len, PIECE);
    if (n > 0) self->buffer.len += (size_t)n;
    if (n == 0) self->is_over = true;
    return n < 0 ? n : 0;
}

int json_input_next(json_input *self, edo_str *out) {
    edo_buf_advance(&self->buffer, self->begun);
    self->begun = 0;
    for (;;) {
        const char *at = self->buffer.ptr, *end = at + self->buffer.len;
        while (at < end && json_is_blank(*at)) at++;
        const char *behind = at < end ? json_text_end(at, end) : NULL;
        if (!behind && self->is_over) behind = end;
        if (behind) {
            *out = (edo_str){ at, (size_t)(behind - at) };
            self->begun = (size_t)(behind - self->buffer.ptr);
            return behind > at;
        }
        if (self->buffer.len > INPUT_MAX) return edo_fail(-EMSGSIZE, "a message of the input");
        int err = json_input_read(self);
        if (err < 0) return err;
    }
}
