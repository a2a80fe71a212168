/* SPDX-License-Identifier: MIT */
/* web/multipart/head.c: parses the head of a field. */
#include "web/multipart/multipart.h"

#include <edo/http_fields.h>

#include <errno.h>
#include <string.h>

/* ---- Reading --------------------------------------------------------------------------------- */

/* Reads the head and its empty line into m->head. A head without fields is the empty line alone. */
static int part_head_collect(edo_multipart *m) {
    size_t looked_at = 0;
    for (;;) {
        const char *at = m->buf + m->begin;
        size_t n = m->end - m->begin;
        bool is_empty = n >= 2 && memcmp(at, "\r\n", 2) == 0;
        size_t from = looked_at > 3 ? looked_at - 3 : 0;
        const char *end = n > from ? memmem(at + from, n - from, "\r\n\r\n", 4) : NULL;
        // without an end the head has at least n - 1 bytes: three bytes of the end may be there
        size_t len = is_empty || n == 0 ? 0 : end ? (size_t)(end - at) + 2 : n - 1;
        if (len > m->opts.head_bytes_max) return -EMSGSIZE;
        if (is_empty || end) {
            int err = edo_buf_append(&m->head, at, len);
            m->begin += len + 2;
            return err;
        }
        looked_at = n;
        int err = edoi_multipart_fill(m);
        if (err < 0) return err;
    }
}

static edo_str part_head_trimmed(edo_str s) {
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) s.ptr++, s.len--;
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t')) s.len--;
    return s;
}

/* Adds a line, without its CR LF. Names and values that are not valid are refused, and so are
 * folded lines and a bare CR or LF. */
static int add_line(edo_multipart *m, edo_str line) {
    const char *colon = memchr(line.ptr, ':', line.len);
    if (!colon) return -EBADMSG;
    size_t n = (size_t)(colon - line.ptr);
    edo_header field = { .name = { line.ptr, n },
                         .value = part_head_trimmed((edo_str){ colon + 1, line.len - n - 1 }) };
    int err = edo_headers_add(&m->headers, &field);
    return err == -EINVAL ? -EBADMSG : err;
}

static int multipart_parse(edo_multipart *m) {
    edo_str rest = { m->head.ptr, m->head.len };
    int err = 0;
    while (err == 0 && rest.len > 0) {
        const char *end = memmem(rest.ptr, rest.len, "\r\n", 2);
        if (!end) return -EBADMSG;
        size_t n = (size_t)(end - rest.ptr);
        err = add_line(m, (edo_str){ rest.ptr, n });
        rest = (edo_str){ end + 2, rest.len - n - 2 };
    }
    return err;
}

/* ---- What it says ---------------------------------------------------------------------------- */

/* Does the quote at the front of `s` end its parameter? */
static bool is_last_quote(edo_str s) {
    size_t n = 1;
    while (n < s.len && (s.ptr[n] == ' ' || s.ptr[n] == '\t')) n++;
    return n == s.len || s.ptr[n] == ';';
}

/* Appends the disposition of a form as HTTP would write it. In a form's quotes a backslash means
 * itself, also before the last quote (HTML, section 4.10.21.8), but in HTTP's two of them do. One
 * before a quote that does not end the text is left: browsers never send that, and older clients
 * mean HTTP's escape by it. */
static int double_backslashes(edo_buf *out, edo_str text) {
    bool is_quoted = false;
    int err = 0;
    for (size_t i = 0; i < text.len && err == 0; i++) {
        edo_str rest = { text.ptr + i + 1, text.len - i - 1 };
        bool is_backslash = is_quoted && text.ptr[i] == '\\';
        bool is_escape = is_backslash && rest.len > 0 && rest.ptr[0] == '"' && !is_last_quote(rest);
        if (is_backslash && !is_escape) err = edo_buf_append(out, "\\", 1);
        if (err == 0) err = edo_buf_append(out, text.ptr + i, is_escape ? 2 : 1);
        if (is_escape)
            i++; // its quote belongs to the text
        else if (text.ptr[i] == '"')
            is_quoted = !is_quoted;
    }
    return err;
}

/* Decodes the first `n` of the escapes that browsers write for a quote, CR and LF of a name (HTML,
 * section 4.10.21.8). */
static void decode_browser_escapes(edo_buf *text, size_t n) {
    static const struct {
        const char *escaped;
        char byte;
    } escapes[] = { { "%22", '"' }, { "%0D", '\r' }, { "%0A", '\n' } };
    size_t to = 0;
    for (size_t at = 0; at < text->len; to++) {
        text->ptr[to] = text->ptr[at];
        size_t step = 1;
        for (size_t i = 0; i < n && at + 3 <= text->len; i++)
            if (memcmp(text->ptr + at, escapes[i].escaped, 3) == 0) {
                text->ptr[to] = escapes[i].byte;
                step = 3;
                break;
            }
        at += step;
    }
    text->len = to;
}

/* Reads the file's name. `filename*` is not allowed in a form (RFC 7578 section 4.2), so it does
 * not replace the name, which a filter may have checked. The escapes of line breaks stay: a file's
 * name has none. */
static int read_filename(edo_multipart *m, edo_disposition d) {
    if (d.filename.ptr) d.filename_long = (edo_str){ 0 };
    int err = edo_disposition_filename(&d, &m->filename);
    if (err < 0) return err == -ENOENT ? 0 : err;
    if (!d.filename_long.ptr) decode_browser_escapes(&m->filename, 1);
    return 0;
}

static int read_names(edo_multipart *m, const edo_disposition *d) {
    int err = 0;
    if (d->name.ptr) {
        err = edo_header_unquote(d->name, &m->name);
        if (err == 0) decode_browser_escapes(&m->name, 3);
    }
    bool has_filename = d->filename.ptr || d->filename_long.ptr;
    return err == 0 && has_filename ? read_filename(m, *d) : err;
}

static edo_str view(const edo_buf *b, bool is_there) {
    if (!is_there) return (edo_str){ 0 };
    return (edo_str){ b->ptr ? b->ptr : "", b->len };
}

/* Checks a field of a form: it has one disposition, with a name. */
static int check_form(const edo_multipart *m, const edo_disposition *d) {
    const edo_header *first = edo_headers_next(&m->headers, NULL, EDO_HEADER_CONTENT_DISPOSITION);
    bool is_one = first && !edo_headers_next(&m->headers, first, EDO_HEADER_CONTENT_DISPOSITION);
    bool is_form = edo_header_has(d->type, EDO_STR("form-data"));
    return is_one && is_form && d->name.ptr ? 0 : -EBADMSG;
}

static void multipart_forget(edo_multipart *m) {
    if (m->has_headers) edo_headers_deinit(&m->headers);
    edo_headers_init(&m->headers);
    m->has_headers = true;
    m->head.len = m->name.len = m->filename.len = 0;
}

/* Is it a form's, so that its quotes are those of a form? */
static bool is_of_form(edo_str text) {
    const char *end = memchr(text.ptr, ';', text.len);
    size_t n = end ? (size_t)(end - text.ptr) : text.len;
    return edo_header_has((edo_str){ text.ptr, n }, EDO_STR("form-data"));
}

static int read_disposition(edo_multipart *m) {
    edo_str text = edo_headers_get(&m->headers, EDO_HEADER_CONTENT_DISPOSITION);
    edo_disposition d = { 0 };
    edo_buf doubled = { 0 };
    int err = 0;
    if (text.len > 0 && memchr(text.ptr, '\\', text.len) && is_of_form(text)) {
        err = double_backslashes(&doubled, text);
        text = (edo_str){ doubled.ptr, doubled.len };
    }
    if (err == 0 && text.ptr && edo_disposition_parse(&d, text) < 0) err = -EBADMSG;
    if (err == 0 && m->web) err = check_form(m, &d);
    if (err == 0) err = read_names(m, &d);
    edo_buf_deinit(&doubled);
    if (err < 0) return err;
    m->field.name = view(&m->name, d.name.ptr);
    m->field.filename = view(&m->filename, d.filename.ptr || d.filename_long.ptr);
    return 0;
}

int edoi_multipart_read_head(edo_multipart *m) {
    multipart_forget(m);
    int err = part_head_collect(m);
    if (err == 0) err = multipart_parse(m);
    if (err == 0) err = read_disposition(m);
    if (err < 0) return err;
    m->field.type = edo_headers_get(&m->headers, EDO_HEADER_CONTENT_TYPE);
    m->field.headers = &m->headers;
    return 0;
}
