/* SPDX-License-Identifier: MIT */
/* http/h1/head.c: heads, line by line.
 *
 * inv. 1: the lines before `line` were taken in; `scanned` is in the line that begins there, and no
 *         byte of it before `scanned` ends it.
 * inv. 2: the bytes are looked at in their order, and limits are positions in them: so an error
 *         does not depend on the pieces in which they come.
 * inv. 2 is not asserted: it compares a parse with others. The tests and the fuzzer cut heads at
 * each byte. */
#include "http/h1/head.h"

#include "base/assert.h"

#include "http/h1/fields.h"
#include "http/headers/map.h"
#include "http/types/bytes_of.h"

#include <edo/uri.h>

#include <string.h>

#define WHOLE 1 /* result of the functions for one line: the head ends here */

static int h1_head_bad(edoi_h1_head *h, const char *why) {
    return edoi_h1_refuse(h, EDO_STATUS_BAD_REQUEST, why);
}

void edoi_h1_head_init(edoi_h1_head *h, edoi_h1_kind kind, edo_headers *headers,
                       const edoi_h1_opts *opts) {
    *h = (edoi_h1_head){ .headers = headers, .kind = kind };
    if (opts) h->opts = *opts;
    if (h->opts.head_bytes_max == 0) h->opts.head_bytes_max = EDOI_H1_HEAD_BYTES;
    if (h->opts.target_bytes_max == 0) h->opts.target_bytes_max = EDOI_H1_TARGET_BYTES;
    if (h->opts.headers_max == 0) h->opts.headers_max = EDOI_H1_HEADERS;
    if (!h->opts.scan) h->opts.scan = edoi_scan_best();
    h->opts.unfolds |= kind == EDOI_H1_RESPONSE;
    h->is_in_fields = kind == EDOI_H1_TRAILERS;
}

/* ---- The first line -------------------------------------------------------------------------- */

static int version(edoi_h1_head *h, edo_str s) {
    if (s.len != 8 || memcmp(s.ptr, "HTTP/", 5) != 0 || s.ptr[6] != '.' ||
        !edoi_byte_is(s.ptr[5], EDOI_BYTE_DIGIT) || !edoi_byte_is(s.ptr[7], EDOI_BYTE_DIGIT))
        return h1_head_bad(h, "the version is not HTTP/ and two digits");
    if (s.ptr[5] != '1')
        return edoi_h1_refuse(h, EDO_STATUS_VERSION_NOT_SUPPORTED, "the version is not 1.0 or 1.1");
    // 1.1 describes all higher minor versions, too (RFC 9110 section 2.5)
    h->version = s.ptr[7] == '0' ? EDO_HTTP_10 : EDO_HTTP_11;
    return 0;
}

static const char *skip_spaces(const edoi_h1_head *h, const char *p, const char *stop) {
    if (h->opts.lenient & EDO_HTTP_LENIENT_MANY_SPACES)
        while (p < stop && *p == ' ') p++;
    return p;
}

static int target(edoi_h1_head *h) {
    if (h->target.len > h->opts.target_bytes_max)
        return edoi_h1_refuse(h, EDO_STATUS_URI_TOO_LONG, "the target is too long");
    if (h->target.ptr[0] == '/' && h->method != EDO_METHOD_CONNECT) return 0;
    edo_uri uri;
    if (edo_uri_parse_target(&uri, h->method, h->target) < 0)
        return h1_head_bad(h, "the target has no known form");
    return 0;
}

static int request_line(edoi_h1_head *h, edo_str line, const char *end) {
    const edoi_scan *scan = h->opts.scan;
    const char *stop = line.ptr + line.len; // not `end`: there the line's end is
    const char *p = scan->token_end(line.ptr, end);
    if (p == line.ptr || *p != ' ')
        return h1_head_bad(h, "the method is no token, or no space follows it");
    h->method_name = (edo_str){ line.ptr, (size_t)(p - line.ptr) };
    (void)edo_method_parse(&h->method, h->method_name); // it is a token
    const char *begin = skip_spaces(h, p + 1, stop);
    p = scan->target_end(begin, end);
    if (p == begin || *p != ' ')
        return h1_head_bad(h, "the target has another byte, or no space follows it");
    h->target = (edo_str){ begin, (size_t)(p - begin) };
    p = skip_spaces(h, p + 1, stop);
    int err = version(h, (edo_str){ p, (size_t)(stop - p) });
    return err < 0 ? err : target(h);
}

static int status_line(edoi_h1_head *h, edo_str line) {
    if (line.len < 12 || line.ptr[8] != ' ') return h1_head_bad(h, "the status line is too short");
    int err = version(h, (edo_str){ line.ptr, 8 });
    if (err < 0) return err;
    if (edo_status_parse(&h->status, (edo_str){ line.ptr + 9, 3 }) < 0)
        return h1_head_bad(h, "the status is not from 100 to 999");
    // Some senders leave out the space before a missing reason, too.
    if (line.len > 12 && line.ptr[12] != ' ')
        return h1_head_bad(h, "the status has more than three digits");
    h->reason = line.len > 13 ? (edo_str){ line.ptr + 13, line.len - 13 } : EDO_STR("");
    return 0;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

/* Puts a name into lower case: a standard one is taken from the table, others change in the
 * buffer. */
static void lower_name(edo_header *f, char *buf) {
    if (f->id != EDO_HEADER_OTHER) {
        f->name = edoi_header_names[f->id];
        return;
    }
    char *name = buf + (f->name.ptr - buf);
    for (size_t i = 0; i < f->name.len; i++) name[i] = edoi_lower(name[i]);
}

/* Refuses a line that is no field, unless the option lets it pass. */
static int no_field(edoi_h1_head *h, const char *why) {
    return h->opts.lenient & EDO_HTTP_LENIENT_BAD_FIELDS ? 0 : h1_head_bad(h, why);
}

static int h1_head_field(edoi_h1_head *h, char *buf, edo_str line, const char *end) {
    const char *stop = line.ptr + line.len;
    if (*line.ptr == ' ' || *line.ptr == '\t') return h1_head_bad(h, "a field is folded");
    const char *name_end = h->opts.scan->token_end(line.ptr, end), *colon = name_end;
    if (h->opts.lenient & EDO_HTTP_LENIENT_SPACE_AFTER_NAME)
        while (*colon == ' ' || *colon == '\t') colon++;
    if (name_end == line.ptr || *colon != ':')
        return no_field(h, "a name is no token, or no colon follows it");
    edo_header f = { .name = { line.ptr, (size_t)(name_end - line.ptr) },
                     .value = edoi_trim((edo_str){ colon + 1, (size_t)(stop - colon - 1) }) };
    if (f.name.len > UINT16_MAX || h->headers->n >= h->opts.headers_max)
        return edoi_h1_refuse(h, EDO_STATUS_HEADERS_TOO_LARGE,
                              "too many fields, or a name too long");
    f.id = (uint16_t)edoi_header_id_of_token(f.name);
    if (!h->opts.keep_case) lower_name(&f, buf);
    int err = edoi_headers_push(h->headers, &f);
    if (err == -ENOSPC) return edoi_h1_refuse(h, EDO_STATUS_HEADERS_TOO_LARGE, "too many fields");
    if (err < 0 || h->kind == EDOI_H1_TRAILERS) return err;
    return edoi_h1_field(h, (edo_header_id)f.id, f.value);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* Takes a line in. Its CR or LF stands behind it, before `end`. */
static int take_line(edoi_h1_head *h, char *buf, edo_str line, const char *end) {
    if (!h->is_in_fields) {
        if (line.len == 0) return 0; // the body before left it behind (RFC 9112 section 2.2)
        h->is_in_fields = true;
        return h->kind == EDOI_H1_REQUEST ? request_line(h, line, end) : status_line(h, line);
    }
    if (line.len > 0) return h1_head_field(h, buf, line, end);
    int err = h->kind == EDOI_H1_TRAILERS ? 0 : edoi_h1_fields_end(h);
    return err < 0 ? err : WHOLE;
}

static int more_wanted(edoi_h1_head *h, size_t n) {
    if (n < h->opts.head_bytes_max) return 0;
    bool is_target = h->kind == EDOI_H1_REQUEST && !h->is_in_fields;
    return edoi_h1_refuse(h, is_target ? EDO_STATUS_URI_TOO_LONG : EDO_STATUS_HEADERS_TOO_LARGE,
                          "the head is too long");
}

/* Returns how many bytes the line's end at `stop` has; 0 if it has not arrived as a whole; or an
 * error. */
static int h1_head_line_end(edoi_h1_head *h, const char *stop, const char *end) {
    if (*stop == '\n')
        return h->opts.lenient & EDO_HTTP_LENIENT_BARE_LF ? 1 : h1_head_bad(h, "LF without CR");
    if (*stop != '\r') return h1_head_bad(h, "a control byte");
    if (stop + 1 == end) return 0;
    return stop[1] == '\n' ? 2 : h1_head_bad(h, "CR without LF");
}

/* ---- Folds ----------------------------------------------------------------------------------- */

/* A field of a response may go on in the next line, which then begins with a blank: the line's end
 * and the blanks around it are made spaces (RFC 9112 section 5.2), before the line is taken in. So
 * nothing behind this knows of folds. In a request they are refused. */

static bool h1_head_is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* May the line that ends at `stop` go on in the next one? The first, and an empty one, may not. */
static bool may_fold(const edoi_h1_head *h, const char *buf, const char *stop) {
    return h->opts.unfolds && h->is_in_fields && stop > buf + h->line;
}

/* Begins a fold whose line's end lies between `stop` and `next`. */
static void fold_begin(edoi_h1_head *h, char *buf, size_t stop, size_t next) {
    size_t from = stop, least = h->folded > h->line ? h->folded : h->line;
    while (from > least && h1_head_is_blank(buf[from - 1])) from--;
    memset(buf + from, ' ', next - from);
    h->scanned = next;
    h->is_in_fold = true;
}

/* Passes the blanks of a fold that have arrived. */
static void fold_pass(edoi_h1_head *h, char *buf, const char *end) {
    while (buf + h->scanned < end && h1_head_is_blank(buf[h->scanned])) buf[h->scanned++] = ' ';
    h->folded = h->scanned;
    h->is_in_fold = buf + h->scanned == end;
}

/* ---- All ------------------------------------------------------------------------------------- */

static void follow(edoi_h1_head *h, const char *buf) {
    edo_str *views[] = { &h->method_name, &h->target, &h->reason, &h->host };
    for (size_t i = 0; h->base && i < EDO_COUNT(views); i++)
        if (views[i]->len > 0) views[i]->ptr = buf + (views[i]->ptr - h->base);
    if (h->base) edoi_headers_rebase(h->headers, h->base, h->line, buf);
    h->base = buf;
}

int edoi_h1_head_parse(edoi_h1_head *h, char *buf, size_t n) {
    if (h->base != buf) follow(h, buf);
    const char *end = buf + (n < h->opts.head_bytes_max ? n : h->opts.head_bytes_max);
    for (;;) {
        EDO_INV("head inv. 1", h->line <= h->scanned && h->scanned <= n);
        if (h->is_in_fold) fold_pass(h, buf, end);
        const char *stop = h->opts.scan->line_end(buf + h->scanned, end);
        h->scanned = (size_t)(stop - buf);
        if (stop == end) return more_wanted(h, n);
        int ends = h1_head_line_end(h, stop, end);
        if (ends <= 0) return ends < 0 ? ends : more_wanted(h, n);
        if (may_fold(h, buf, stop)) {
            const char *next = stop + ends;
            if (next == end) return more_wanted(h, n);
            if (h1_head_is_blank(*next)) {
                fold_begin(h, buf, h->scanned, h->scanned + (size_t)ends);
                continue;
            }
        }
        edo_str line = { buf + h->line, (size_t)(stop - buf) - h->line };
        h->line = h->scanned = h->scanned + (size_t)ends;
        int err = take_line(h, buf, line, end);
        if (err == WHOLE) return (int)h->line;
        if (err < 0) return err;
    }
}
