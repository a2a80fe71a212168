/* SPDX-License-Identifier: MIT */
/* web/multipart/multipart.c: multipart bodies, field by field (RFC 2046 section 5.1, RFC 7578). */
#include "web/multipart/multipart.h"

#include "base/assert.h"

#include "base/opts.h"
#include "coding/charset.h"
#include "web/request/web.h"

#include <edo/http_fields.h>

#include <errno.h>
#include <string.h>

#define BYTES_MAX ((uint64_t)2 << 20)

/* ---- Life ------------------------------------------------------------------------------------ */

static int multipart_fill_in(edo_multipart_opts *o, const edo_multipart_opts *given) {
    *o = given ? *given : (edo_multipart_opts){ 0 };
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return -EINVAL;
    if (o->bytes_max == 0) o->bytes_max = BYTES_MAX;
    if (o->field_bytes_max == 0) o->field_bytes_max = UINT64_MAX;
    if (o->fields_max == 0) o->fields_max = EDO_MULTIPART_FIELDS_MAX;
    if (o->head_bytes_max == 0) o->head_bytes_max = EDO_MULTIPART_HEAD_MAX;
    return o->head_bytes_max > EDO_MULTIPART_HEAD_MAX ? -EINVAL : 0;
}

static bool is_boundary(edo_str s) {
    if (s.len == 0 || s.len > EDO_MULTIPART_BOUNDARY_MAX || s.ptr[s.len - 1] == ' ') return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool is_plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!is_plain && (c == 0 || !strchr("'()+_,-./:=? ", c))) return false;
    }
    return true;
}

/* Begins a body. A delimiter begins with a line end, so the body is read as if one stood before
 * it. */
static int multipart_begin(edo_multipart *m, const edo_media_type *type) {
    edo_str boundary = edo_header_param_get(type->params, EDO_STR("boundary"));
    if (!is_boundary(boundary)) return -EBADMSG;
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary.ptr, boundary.len);
    m->delimiter_n = 4 + boundary.len;
    memcpy(m->buf, "\r\n", 2);
    m->end = 2;
    return 0;
}

static void multipart_deinit(void *self) {
    edo_multipart *m = self;
    if (m->has_headers) edo_headers_deinit(&m->headers);
    edo_buf_deinit(&m->head);
    edo_buf_deinit(&m->name);
    edo_buf_deinit(&m->filename);
    edo_arena_deinit(&m->arena);
}

static int multipart_make(edo_multipart **out, edo_stream *in, const edo_media_type *type,
                          const edo_multipart_opts *opts) {
    edo_multipart *m = edo_rc_new(sizeof *m, multipart_deinit);
    if (!m) return -ENOMEM;
    memset(m, 0, offsetof(edo_multipart, buf));
    m->in = in;
    int err = multipart_fill_in(&m->opts, opts);
    if (err == 0) err = multipart_begin(m, type);
    if (err == 0)
        *out = m;
    else
        edo_multipart_free(m);
    return err;
}

int edo_multipart_new(edo_multipart **out, edo_stream *in, edo_str content_type,
                      const edo_multipart_opts *opts) {
    edo_media_type type;
    if (EDO_MISUSE(!in, "a stream is used that is NULL")) return -EDO_EMISUSE;
    if (edo_media_type_parse(&type, content_type) < 0) return -EINVAL;
    if (!edo_media_type_is(&type, EDO_STR("multipart"), type.subtype)) return -EINVAL;
    return multipart_make(out, in, &type, opts);
}

void edo_multipart_free(edo_multipart *m) {
    edo_rc_unref(m);
}

/* ---- Of a request ---------------------------------------------------------------------------- */

static int multipart_refuse(edo_web *w, int err) {
    switch (err) {
    case -EBADMSG:
    case -EDO_EEOF:
        return edoi_web_refuse(w, err, EDO_STATUS_BAD_REQUEST, "the form breaks its format");
    case -EILSEQ:
        return edoi_web_refuse(w, err, EDO_STATUS_BAD_REQUEST, "a text is not in its charset");
    case -ETIMEDOUT:
        return edoi_web_refuse(w, err, EDO_STATUS_REQUEST_TIMEOUT, "the body came too slowly");
    case -EMSGSIZE:
        return edoi_web_refuse(w, err, EDO_STATUS_CONTENT_TOO_LARGE, "the form is too large");
    case -ENOTSUP:
        return edoi_web_refuse(w, err, EDO_STATUS_UNSUPPORTED_MEDIA_TYPE,
                               "the charset is not known");
    default: return err;
    }
}

static const edo_ext_tag tag = { .name = "edo_multipart", .drop = edo_rc_unref };

/* Gives the reader to the request, which drops it after the response. */
static int multipart_keep(edo_multipart *m, edo_web *w) {
    m->web = w;
    int err = edo_ext_set(&w->req->ext, &tag, m);
    if (err < 0) edo_multipart_free(m);
    return err;
}

int edo_web_multipart(edo_multipart **out, edo_web *w, const edo_multipart_opts *opts) {
    edo_media_type type;
    edo_multipart *m = NULL;
    if (edo_ext_get(&w->req->ext, &tag)) return -EALREADY;
    edo_str text = edo_headers_get(&w->req->headers, EDO_HEADER_CONTENT_TYPE);
    bool is_form = text.ptr && edo_media_type_parse(&type, text) == 0 &&
                   edo_media_type_is(&type, EDO_STR("multipart"), EDO_STR("form-data"));
    if (!is_form)
        return edoi_web_refuse(w, -EINVAL, EDO_STATUS_UNSUPPORTED_MEDIA_TYPE,
                               "the content type is not multipart/form-data");
    int err = multipart_make(&m, edo_request_body(w->req), &type, opts);
    if (err == 0) err = multipart_keep(m, w);
    if (err != 0) return multipart_refuse(w, err);
    if (w->req->length >= 0 && (uint64_t)w->req->length > m->opts.bytes_max)
        return edoi_multipart_fail(m, -EMSGSIZE);
    *out = m;
    return 0;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

int edoi_multipart_fail(edo_multipart *m, int err) {
    if (err == -ECANCELED) return err; // a later call may go on
    EDO_INV("multipart inv. 2", err < 0);
    m->failure = err;
    return m->web ? multipart_refuse(m->web, err) : err;
}

/* Skips the rest of the field, or the preamble. */
static int skip_rest(edo_multipart *m) {
    int got;
    while ((got = edoi_multipart_look(m)) > 0) edoi_multipart_use(m, m->safe);
    return got;
}

int edo_multipart_next(edo_multipart *m, edo_multipart_field *out) {
    int err = edo_budget_consume();
    if (err < 0) return err;
    if (m->failure < 0) return m->failure;
    err = skip_rest(m);
    if (err == 0 && m->stage == EDOI_MULTIPART_OVER) return 0;
    if (err == 0 && m->fields_n == m->opts.fields_max) err = -EMSGSIZE;
    if (err == 0) err = edoi_multipart_read_head(m);
    if (err < 0) return edoi_multipart_fail(m, err);
    m->fields_n++;
    m->field_n = 0;
    m->stage = EDOI_MULTIPART_DATA;
    *out = m->field;
    return 1;
}

/* As edoi_multipart_look(), for a field. */
static int multipart_look(edo_multipart *m) {
    int err = edo_budget_consume();
    if (err < 0) return err;
    if (m->failure < 0) return m->failure;
    if (m->fields_n == 0) return 0; // edo_multipart_next() has to be called first
    int got = edoi_multipart_look(m);
    return got < 0 ? edoi_multipart_fail(m, got) : got;
}

int edo_multipart_read(edo_multipart *m, void *buf, size_t n) {
    int got = multipart_look(m);
    if (got <= 0) return got;
    if (n > m->safe) n = m->safe;
    memcpy(buf, m->buf + m->begin, n);
    edoi_multipart_use(m, n);
    return (int)n;
}

int edo_multipart_copy(edo_multipart *m, edo_stream *to, uint64_t *bytes) {
    uint64_t done = 0;
    int got;
    while ((got = multipart_look(m)) > 0) {
        got = edo_write_all(to, m->buf + m->begin, m->safe);
        if (got < 0) break;
        done += m->safe;
        edoi_multipart_use(m, m->safe);
    }
    if (bytes) *bytes = done;
    return got;
}

/* ---- Whole fields ---------------------------------------------------------------------------- */

static int multipart_collect(edo_multipart *m, edo_buf *out, size_t most) {
    int got;
    while ((got = multipart_look(m)) > 0) {
        if (m->safe > most - out->len) return edoi_multipart_fail(m, -EMSGSIZE);
        int err = edo_buf_append(out, m->buf + m->begin, m->safe);
        if (err < 0) return err;
        edoi_multipart_use(m, m->safe);
    }
    return got;
}

/* Copies to memory of `m`, with a NUL. */
static int multipart_give(edo_multipart *m, edo_str *out, const edo_buf *bytes) {
    char *copy = edo_arena_copy(&m->arena, bytes->ptr ? bytes->ptr : "", bytes->len);
    if (!copy) return -ENOMEM;
    *out = (edo_str){ copy, bytes->len };
    return 0;
}

int edo_multipart_bytes(edo_multipart *m, edo_str *out, size_t most) {
    edo_buf bytes = { 0 };
    int err = multipart_collect(m, &bytes, most);
    if (err == 0) err = multipart_give(m, out, &bytes);
    edo_buf_deinit(&bytes);
    return err;
}

int edo_multipart_text(edo_multipart *m, edo_str *out, size_t most) {
    edo_buf text = { 0 };
    int err = multipart_collect(m, &text, most);
    if (err == 0) {
        err = edoi_charset_to_utf8(&text, 0, m->field.type);
        if (err == -EILSEQ || err == -ENOTSUP) err = edoi_multipart_fail(m, err);
    }
    if (err == 0) err = multipart_give(m, out, &text);
    edo_buf_deinit(&text);
    return err;
}
