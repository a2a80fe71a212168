/* SPDX-License-Identifier: MIT */
/* http/typed/way.c: Forwarded, Via, Link: elements of lists; and Origin. */
#include <edo/http_fields.h>

#include "http/typed/comment.h"
#include "http/typed/param.h"
#include "http/types/list.h"

/* ---- Forwarded ------------------------------------------------------------------------------- */

#define AT(field) offsetof(edo_forwarded, field)

static const edoi_param_row forwarded_rows[] = {
    { "for", EDOI_PARAM_TEXT, AT(client), 0 },
    { "by", EDOI_PARAM_TEXT, AT(by), 0 },
    { "host", EDOI_PARAM_TEXT, AT(host), 0 },
    { "proto", EDOI_PARAM_TEXT, AT(proto), 0 },
};
static const edoi_params forwarded =
    EDOI_PARAMS(forwarded_rows, EDOI_PARAM_STRICT, EDOI_REFUSE_TWICE, false);

int edo_forwarded_next(edo_forwarded *out, edo_str *rest) {
    edo_str element;
    edo_forwarded found = { .by = { NULL, 0 } };
    if (!edoi_list_next(rest, &element)) return 0;
    if (edoi_params_read(&forwarded, &found, element, 0) < 0) return -EINVAL;
    *out = found;
    return 1;
}

int edo_forwarded_print(const edo_forwarded *self, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_check(&put, self->by.ptr || self->client.ptr || self->host.ptr || self->proto.ptr);
    edoi_put_between(&put, EDO_STR(", "));
    size_t before = put.before;
    put.before = out->len; // nothing stands before the first parameter
    edoi_params_put(&forwarded, self, &put);
    put.before = before;
    return edoi_put_end(&put);
}

#undef AT

/* ---- Via ------------------------------------------------------------------------------------- */

/* Takes the bytes up to a blank, a comma or a parenthesis off the front. */
static edo_str take_host(edo_str *rest) {
    size_t n = 0;
    while (n < rest->len && !edoi_is_one_of(rest->ptr[n], " \t,(")) n++;
    edo_str host = { rest->ptr, n };
    *rest = edoi_after(*rest, n);
    return host;
}

static bool way_is_host(edo_str s) {
    edo_uri uri;
    return edoi_is_token(s) || edo_uri_parse_authority(&uri, s) == 0;
}

/* Takes "HTTP/1.1" or "1.1" off the front. */
static bool via_take_protocol(edo_via *v, edo_str *rest) {
    edo_str word = take_host(rest);
    const char *slash = word.len > 0 ? memchr(word.ptr, '/', word.len) : NULL;
    size_t n = slash ? (size_t)(slash - word.ptr) : 0;
    if (slash) v->protocol = (edo_str){ word.ptr, n };
    v->version = slash ? edoi_after(word, n + 1) : word;
    return edoi_is_token(v->version) && (!slash || edoi_is_token(v->protocol));
}

static bool read_via(edo_via *v, edo_str *rest) {
    if (!via_take_protocol(v, rest)) return false;
    size_t before = rest->len;
    edoi_skip(rest, " \t");
    if (rest->len == before) return false;
    v->by = take_host(rest);
    if (!way_is_host(v->by)) return false;
    before = rest->len;
    edoi_skip(rest, " \t");
    if (rest->len > 0 && rest->ptr[0] == '(') {
        if (rest->len == before || !edoi_comment_take(&v->comment, rest)) return false;
        edoi_skip(rest, " \t");
    }
    return rest->len == 0 || rest->ptr[0] == ',';
}

int edo_via_next(edo_via *out, edo_str *rest) {
    edo_via found = { .comment = { NULL, 0 } };
    edoi_skip(rest, ", \t");
    if (rest->len == 0) return 0;
    if (!read_via(&found, rest)) {
        *rest = edoi_after(*rest, rest->len);
        return -EINVAL;
    }
    *out = found;
    return 1;
}

int edo_via_print(const edo_via *self, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_between(&put, EDO_STR(", "));
    if (self->protocol.ptr) {
        edoi_put_token(&put, self->protocol);
        edoi_put_str(&put, EDO_STR("/"));
    }
    edoi_put_token(&put, self->version);
    edoi_put_str(&put, EDO_STR(" "));
    edoi_put_check(&put, way_is_host(self->by));
    edoi_put_str(&put, self->by);
    if (self->comment.ptr) {
        edoi_put_str(&put, EDO_STR(" "));
        edoi_put_comment(&put, self->comment);
    }
    return edoi_put_end(&put);
}

/* ---- Link ------------------------------------------------------------------------------------ */

#define AT(field) offsetof(edo_link, field)

static const edoi_param_row link_rows[] = {
    { "rel", EDOI_PARAM_TEXT, AT(rel), 0 },
    { "anchor", EDOI_PARAM_TEXT, AT(anchor), 0 },
    { "hreflang", EDOI_PARAM_TEXT, AT(hreflang), 0 },
    { "media", EDOI_PARAM_TEXT, AT(media), 0 },
    { "title", EDOI_PARAM_TEXT, AT(title), 0 },
    { "title*", EDOI_PARAM_TEXT, AT(title_long), 0 },
    { "type", EDOI_PARAM_TEXT, AT(type), 0 },
    { "as", EDOI_PARAM_TEXT, AT(as), 0 },
};
static const edoi_params links = EDOI_PARAMS(link_rows, EDOI_PARAM_LINK, EDOI_FIRST_COUNTS, false);

/* Returns the bytes of the parameters at the front, up to a comma that is not between quotes. */
static size_t link_params(edo_str s) {
    bool is_quoted = false;
    size_t n = 0;
    for (; n < s.len && (is_quoted || s.ptr[n] != ','); n++) {
        if (s.ptr[n] == '"') is_quoted = !is_quoted;
        if (is_quoted && s.ptr[n] == '\\' && n + 1 < s.len) n++;
    }
    return n;
}

static bool read_link(edo_link *l, edo_str *rest) {
    const char *end = memchr(rest->ptr, '>', rest->len);
    if (rest->ptr[0] != '<' || !end) return false;
    edo_uri uri;
    l->target = (edo_str){ rest->ptr + 1, (size_t)(end - rest->ptr) - 1 };
    if (edo_uri_parse(&uri, l->target) < 0) return false;
    *rest = edoi_after(*rest, l->target.len + 2);
    l->params = edoi_trim((edo_str){ rest->ptr, link_params(*rest) });
    *rest = edoi_after(*rest, link_params(*rest));
    if (l->params.len > 0 && l->params.ptr[0] != ';') return false;
    return edoi_params_read(&links, l, l->params, 0) == 0;
}

int edo_link_next(edo_link *out, edo_str *rest) {
    edo_link found = { .rel = { NULL, 0 } };
    edoi_skip(rest, ", \t");
    if (rest->len == 0) return 0;
    if (!read_link(&found, rest)) {
        *rest = edoi_after(*rest, rest->len);
        return -EINVAL;
    }
    *out = found;
    return 1;
}

int edo_link_print(const edo_link *self, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edo_uri uri;
    edoi_put_between(&put, EDO_STR(", "));
    edoi_put_check(&put, edo_uri_parse(&uri, self->target) == 0);
    edoi_put_check(&put, !self->title_long.ptr || edoi_is_token(self->title_long));
    edoi_put_str(&put, EDO_STR("<"));
    edoi_put_str(&put, self->target);
    edoi_put_str(&put, EDO_STR(">"));
    edoi_params_put(&links, self, &put);
    return edoi_put_end(&put);
}

/* ---- Origin ---------------------------------------------------------------------------------- */

int edo_origin_parse(edo_origin *out, edo_str text) {
    edo_origin found = { .is_null = edo_str_equal(text, EDO_STR("null")) };
    if (!found.is_null) {
        int err = edo_uri_parse(&found.uri, text);
        const edo_uri *u = &found.uri;
        if (err < 0 || !u->scheme.ptr || !u->host.ptr || u->host.len == 0 || u->userinfo.ptr ||
            u->path.len > 0 || u->query.ptr || u->fragment.ptr)
            return -EINVAL;
    }
    *out = found;
    return 0;
}
