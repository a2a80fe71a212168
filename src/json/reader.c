/* SPDX-License-Identifier: MIT */
/* json/reader.c: a text piece by piece, from memory or from a stream.
 *
 * inv. 1: everything before `at` is done with. So what is missing from a stream is always the rest
 *         of one string, number or word, which begins at `at`: blanks, commas and colons are passed
 *         one by one.
 * inv. 2: a piece is looked at again only when it is whole (json_reader_is_whole()), so that a
 *         stream which brings its bytes singly costs no more than one look at each.
 * inv. 2 is not asserted: it counts looks. A test of growth does. */
#include "base/assert.h"
#include "json/decode.h"

#include "base/memory/alloc.h"
#include "io/op.h"

#include <edo/task.h>

#include <limits.h>
#include <string.h>

#define BUF_BYTES_MIN     4096u
#define STREAM_PIECE_MAX  (1u << 20)
#define NUMBER_CHARACTERS "0123456789+-.eE"

/* What may follow. */
enum {
    VALUE,        /* after a comma in an array, after a colon, and at first */
    VALUE_OR_END, /* after [ */
    NAME,         /* after a comma in an object */
    NAME_OR_END,  /* after { */
    COLON,        /* after a name */
    COMMA_OR_END, /* after a value */
};

/* Returned within: the rest of the stream is needed. */
#define MORE (-EAGAIN)

int edo_json_reader_init(edo_json_reader *self, edo_str text, const edo_json_opts *opts) {
    edo_json_opts o;
    int err = edoi_json_opts_take(&o, opts);
    *self = (edo_json_reader){ 0 };
    if (err < 0) return err;
    if (o.bytes_max != 0 && text.len > o.bytes_max) return -EDO_ETOOLONG;
    self->begin = self->at = text.len > 0 ? text.ptr : "";
    self->end = self->begin + text.len;
    self->opts = o;
    self->at_end = true;
    return 0;
}

int edo_json_reader_init_stream(edo_json_reader *self, edo_stream *s, const edo_json_opts *opts) {
    int err = edo_json_reader_init(self, (edo_str){ 0 }, opts);
    if (err < 0) return err;
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    if (self->opts.bytes_max == 0) self->opts.bytes_max = STREAM_PIECE_MAX;
    self->stream = edo_stream_ref(s);
    self->at_end = false;
    return 0;
}

void edo_json_reader_deinit(edo_json_reader *self) {
    edo_stream_unref(self->stream);
    edoi_free(self->buf);
    edoi_free(self->unescaped);
    *self = (edo_json_reader){ .failed = -EDO_ECLOSED };
}

/* ---- Input ----------------------------------------------------------------------------------- */

/* Notes the lines and bytes of what is dropped, up to `to`. */
static void count_gone(edo_json_reader *self, const char *to) {
    const char *from = self->begin, *line_end;
    EDO_INV("reader inv. 1", from <= to && to <= self->at);
    if (from == to) return; // before the first input both are NULL
    while ((line_end = (const char *)memchr(from, '\n', (size_t)(to - from)))) {
        from = line_end + 1;
        self->gone_lines++;
        self->gone_columns = 0;
    }
    for (; from < to; from++) self->gone_columns += ((unsigned char)*from & 0xc0u) != 0x80u;
    self->gone_bytes += (uint64_t)(to - self->begin);
}

/* The `held` bytes that are needed lie at the beginning of `buf`, `at` is `past` of them. */
static void set_held(edo_json_reader *self, char *buf, size_t held, size_t past) {
    EDO_ASSERT(past <= held && held <= self->buf_bytes);
    self->buf = buf;
    self->begin = buf;
    self->at = past > 0 ? buf + past : buf; // before the first input `buf` is NULL
    self->end = held > 0 ? buf + held : buf;
    if (self->keep) self->keep = buf;
}

/* Makes room behind what is needed. */
static int json_reader_make_room(edo_json_reader *self) {
    const char *from = self->keep ? self->keep : self->at;
    size_t held = (size_t)(self->end - from), past = (size_t)(self->at - from);
    size_t bytes = self->buf_bytes, most = self->opts.bytes_max;
    count_gone(self, from);
    if (held > 0 && from != self->buf) memmove(self->buf, from, held);
    set_held(self, self->buf, held, past);
    if (held >= most) return -EDO_ETOOLONG;
    if (bytes > 0 && (held <= bytes / 2 || bytes == most)) return 0;
    bytes = bytes > 0 ? 2 * bytes : BUF_BYTES_MIN;
    if (bytes > most) bytes = most;
    char *buf = (char *)edoi_realloc(self->buf, bytes);
    if (!buf) return -ENOMEM;
    self->buf_bytes = bytes;
    set_held(self, buf, held, past);
    return 0;
}

/* Is the piece at `at` whole, or wrong? `*seen` bytes of it were looked at. */
static bool json_reader_is_whole(const edo_json_reader *self, size_t *seen) {
    const char *p = self->at + *seen, *end = self->end;
    unsigned high = 0;
    if (*self->at != '"') {
        if (!strchr(NUMBER_CHARACTERS, *self->at)) return true; // a word
        while (p < end && *p != '\0' && strchr(NUMBER_CHARACTERS, *p)) p++;
        *seen = (size_t)(p - self->at);
        return p < end;
    }
    if (*seen == 0) p++;
    while ((p = edoi_json_plain(p, end, &high)) < end && *p == '\\' && end - p > 1) p += 2;
    *seen = (size_t)(p - self->at);
    return p < end && *p != '\\';
}

/* Reads until the piece at `at` is whole, or the stream ends. */
static int json_reader_read_piece(edo_json_reader *self) {
    size_t seen = 0;
    do {
        int err = json_reader_make_room(self);
        if (err < 0) return err;
        size_t held = (size_t)(self->end - self->begin), room = self->buf_bytes - held;
        int n = edo_read(self->stream, self->buf + held, room < INT_MAX ? room : INT_MAX);
        if (n < 0) return n;
        self->end += n;
        self->at_end = n == 0;
    } while (!self->at_end && !json_reader_is_whole(self, &seen));
    return 0;
}

/* ---- One piece ------------------------------------------------------------------------------- */

static int json_reader_refuse(edo_json_reader *self, const edoi_json_scan *s, int err) {
    edoi_json_gone gone = { self->gone_bytes, self->gone_lines, self->gone_columns };
    self->failed = err;
    return edoi_json_refused(s, &gone, self->opts.error, err);
}

static int json_reader_unescape(edo_json_reader *self, edo_str raw, edo_str *out) {
    if (raw.len > self->unescaped_bytes) {
        size_t bytes = raw.len + raw.len / 2;
        edoi_free(self->unescaped);
        self->unescaped_bytes = 0;
        self->unescaped = (char *)edoi_alloc(bytes);
        if (!self->unescaped) return -ENOMEM;
        self->unescaped_bytes = bytes;
    }
    out->ptr = self->unescaped;
    out->len = (size_t)(edoi_json_unescape(self->unescaped, raw) - self->unescaped);
    return 0;
}

/* A string or name: 1, MORE, or an error; -EDO_EJSON is not yet reported, by any of these. */
static int json_reader_take_string(edo_json_reader *self, edoi_json_scan *s,
                                   edo_json_token *token) {
    edo_str raw;
    bool has_escapes;
    if (!edoi_json_string(s, &raw, &has_escapes)) return -EDO_EJSON;
    token->text = raw;
    int err = has_escapes ? json_reader_unescape(self, raw, &token->text) : 0;
    return err < 0 ? err : 1;
}

static int json_reader_take_number(const edo_json_reader *self, edoi_json_scan *s,
                                   edo_json_token *token) {
    static const uint8_t kinds[] = { [EDOI_JSON_INT] = EDO_JSON_INT,
                                     [EDOI_JSON_UINT] = EDO_JSON_UINT,
                                     [EDOI_JSON_DOUBLE] = EDO_JSON_DOUBLE,
                                     [EDOI_JSON_BIG] = EDO_JSON_NUMBER };
    edoi_json_number number;
    const char *from = s->at;
    if (!edoi_json_number_of(s, &number)) return -EDO_EJSON;
    if (s->at == s->end && !self->at_end) return MORE;
    token->kind = (edo_json_kind)kinds[number.kind];
    token->text = (edo_str){ from, (size_t)(s->at - from) };
    token->u = number.u;
    return 1;
}

static int json_scan_take_word(edoi_json_scan *s, edo_json_token *token) {
    char c = edoi_json_peek(s);
    token->kind = c == 'n' ? EDO_JSON_NULL : EDO_JSON_BOOL;
    token->is_true = c == 't';
    bool ok = c == 't'   ? edoi_json_word(s, "true", 4)
              : c == 'f' ? edoi_json_word(s, "false", 5)
              : c == 'n' ? edoi_json_word(s, "null", 4)
                         : edoi_json_unexpected(s, "a value is expected here");
    return ok ? 1 : -EDO_EJSON;
}

static int begin_level(edo_json_reader *self, edoi_json_scan *s, edo_json_token *token) {
    bool is_object = *s->at == '{';
    if (self->depth == self->opts.depth_max)
        return edoi_json_wrong(s, edoi_json_too_deep), -EDO_EJSON;
    edoi_json_enter(self->levels, self->depth++, is_object);
    s->at++;
    self->state = is_object ? NAME_OR_END : VALUE_OR_END;
    token->kind = is_object ? EDO_JSON_OBJECT : EDO_JSON_ARRAY;
    return 1;
}

static int end_level(edo_json_reader *self, edoi_json_scan *s, edo_json_token *token) {
    token->kind = *s->at++ == '}' ? EDO_JSON_OBJECT_END : EDO_JSON_ARRAY_END;
    self->depth--;
    self->state = COMMA_OR_END;
    return 1;
}

static int take_value(edo_json_reader *self, edoi_json_scan *s, edo_json_token *token) {
    int got;
    char c = edoi_json_peek(s);
    if (c == '{' || c == '[') return begin_level(self, s, token);
    if (c == '"') {
        token->kind = EDO_JSON_STRING;
        got = json_reader_take_string(self, s, token);
    } else if (c == '-' || (c >= '0' && c <= '9')) {
        got = json_reader_take_number(self, s, token);
    } else {
        got = json_scan_take_word(s, token);
    }
    if (got == 1) self->state = COMMA_OR_END;
    return got;
}

/* Passes a comma or a colon, if one has to be there. */
static int json_reader_take_separator(edo_json_reader *self, edoi_json_scan *s) {
    char c = edoi_json_peek(s);
    bool in_object = edoi_json_in_object(self->levels, self->depth);
    if (self->state == COLON) {
        if (c != ':') return edoi_json_unexpected(s, "a colon is expected here"), -EDO_EJSON;
        self->state = VALUE;
    } else if (self->state == COMMA_OR_END && c == ',' && self->depth > 0) {
        self->state = in_object ? NAME : VALUE;
    } else {
        return 0;
    }
    s->at++;
    edoi_json_space(s);
    self->at = s->at; // inv. 1
    EDO_INV("reader inv. 1", self->begin <= self->at && self->at <= self->end);
    return 0;
}

static int json_reader_take_piece(edo_json_reader *self, edoi_json_scan *s, edo_json_token *token) {
    bool in_object = edoi_json_in_object(self->levels, self->depth);
    char c = edoi_json_peek(s);
    bool may_end = self->state == VALUE_OR_END || self->state == NAME_OR_END ||
                   (self->state == COMMA_OR_END && self->depth > 0);
    if (may_end && c == (in_object ? '}' : ']')) return end_level(self, s, token);
    if (self->state == VALUE || self->state == VALUE_OR_END) return take_value(self, s, token);
    if (self->state == COMMA_OR_END && self->depth == 0) {
        if (s->at < s->end) return edoi_json_wrong(s, "more follows after the value"), -EDO_EJSON;
        return self->at_end ? 0 : MORE;
    }
    if (self->state == COMMA_OR_END)
        return edoi_json_unexpected(s, in_object ? "a comma or } is expected here"
                                                 : "a comma or ] is expected here"),
               -EDO_EJSON;
    if (c != '"') return edoi_json_unexpected(s, "a name is expected here"), -EDO_EJSON;
    token->kind = EDO_JSON_NAME;
    int got = json_reader_take_string(self, s, token);
    if (got == 1) self->state = COLON;
    return got;
}

int edo_json_reader_next(edo_json_reader *self, edo_json_token *token) {
    while (self->failed == 0) {
        edoi_json_scan s = { self->at, self->end, self->begin, NULL };
        edoi_json_space(&s);
        self->at = s.at;
        int got = json_reader_take_separator(self, &s);
        bool begins = self->state <= VALUE_OR_END && s.at < s.end;
        if (self->keeps && !self->keep && begins) self->keep = s.at;
        if (got == 0) got = json_reader_take_piece(self, &s, token);
        if (got >= 0) {
            self->at = s.at;
            return got;
        }
        if (got == -EDO_EJSON && s.reason == edoi_json_cut && !self->at_end) got = MORE;
        if (got == -EDO_EJSON) return json_reader_refuse(self, &s, got);
        if (got != MORE) return got;
        int err = json_reader_read_piece(self);
        if (err == -EDO_ETOOLONG) self->failed = err;
        if (err < 0) return err;
    }
    int err = edo_budget_consume();
    return err < 0 ? err : self->failed;
}

int edo_json_reader_skip(edo_json_reader *self, const edo_json_token *last) {
    edo_json_token token = *last;
    uint32_t until = self->depth - (last->kind == EDO_JSON_ARRAY || last->kind == EDO_JSON_OBJECT);
    if (last->kind != EDO_JSON_NAME && until == self->depth) return 0;
    do {
        int got = edo_json_reader_next(self, &token);
        if (got < 0) return got;
    } while (self->depth > until || token.kind == EDO_JSON_NAME);
    return 0;
}

/* Reads the pieces of one value: 1, or 0 at the end of the array. `keep` is where it begins. */
static int pass_value(edo_json_reader *self) {
    edo_json_token token = { 0 };
    int got = edo_json_reader_next(self, &token);
    if (got <= 0 || token.kind == EDO_JSON_ARRAY_END) return got < 0 ? got : 0;
    if (EDO_MISUSE(token.kind == EDO_JSON_NAME || token.kind == EDO_JSON_OBJECT_END,
                   "a value is decoded where none can be"))
        return -EDO_EMISUSE;
    int err = edo_json_reader_skip(self, &token);
    return err < 0 ? err : 1;
}

int edo_json_reader_decode(edo_json_reader *self, void *out, const edo_desc *desc) {
    self->keeps = true;
    int got = pass_value(self);
    edoi_json_scan s = { self->keep, self->at, self->begin, NULL };
    self->keeps = false;
    self->keep = NULL;
    if (got <= 0) return got;
    edoi_json_gone gone = { self->gone_bytes, self->gone_lines, self->gone_columns };
    edo_json_opts o = self->opts;
    o.borrows = false;
    int err = edoi_json_decode(out, desc, &s, &o, &gone);
    return err < 0 ? err : 1;
}
