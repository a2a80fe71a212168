/* SPDX-License-Identifier: MIT */
/* http/typed/auth.c: credentials and challenges, and those of Basic.
 *
 * A comma stands between the challenges of one field, and between the parameters of one challenge.
 * A token that a blank and another token follow, or the end, or a comma, begins a challenge; one
 * that "=" follows is a parameter. */
#include <edo/http_fields.h>

#include "http/typed/param.h"
#include "http/types/bytes_of.h"

static size_t blanks_at(edo_str s, size_t at) {
    while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t')) at++;
    return at;
}

static size_t token_at(edo_str s, size_t at) {
    while (at < s.len && edoi_byte_is(s.ptr[at], EDOI_BYTE_TOKEN)) at++;
    return at;
}

/* Returns the bytes of the token68 at the front (letters, digits and some more, then "=", up to a
 * comma or the end), or 0. */
static size_t token68(edo_str s) {
    size_t n = 0;
    while (n < s.len && (edoi_byte_is(s.ptr[n], EDOI_BYTE_PLAIN) || edoi_is_one_of(s.ptr[n], "+/")))
        n++;
    if (n == 0) return 0;
    while (n < s.len && s.ptr[n] == '=') n++;
    size_t end = blanks_at(s, n);
    return end == s.len || s.ptr[end] == ',' ? n : 0;
}

/* Returns where the parameters at the front of `s` end: at the next challenge, or at the end.
 * Returns `s.len` + 1 if they are malformed. */
static size_t params_end(edo_str s) {
    edo_str rest = s;
    edo_header_param param;
    for (;;) {
        size_t at = 0;
        while (at < rest.len && edoi_is_one_of(rest.ptr[at], ", \t")) at++;
        size_t begin = (size_t)(rest.ptr - s.ptr) + at;
        size_t end = blanks_at(rest, token_at(rest, at));
        if (at == rest.len || end == rest.len || rest.ptr[end] != '=') return begin;
        edo_str one = edoi_after(rest, at);
        // Reads one parameter. A comma must follow it, or the end.
        if (edoi_param_next(&param, &one, EDOI_PARAM_COMMA) <= 0) return s.len + 1;
        rest = one;
    }
}

int edo_auth_next(edo_auth *out, edo_str *rest) {
    edo_auth found = { .token = { NULL, 0 } };
    size_t at = 0;
    while (at < rest->len && edoi_is_one_of(rest->ptr[at], ", \t")) at++;
    edo_str s = edoi_after(*rest, at);
    *rest = edoi_after(*rest, rest->len);
    if (s.len == 0) return 0;
    size_t n = token_at(s, 0), behind = blanks_at(s, n);
    found.scheme = (edo_str){ s.ptr, n };
    bool is_alone = behind == s.len || s.ptr[behind] == ',';
    if (n == 0 || (!is_alone && behind == n)) return -EINVAL;
    s = edoi_after(s, behind);
    size_t token = is_alone ? 0 : token68(s);
    if (token > 0) found.token = (edo_str){ s.ptr, token };
    size_t end = is_alone || token > 0 ? token : params_end(s);
    if (end > s.len || (!is_alone && end == 0)) return -EINVAL;
    if (token == 0) found.params = (edo_str){ s.ptr, end };
    while (found.params.len > 0 && edoi_is_one_of(found.params.ptr[found.params.len - 1], ", \t"))
        found.params.len--;
    *rest = edoi_after(s, end);
    *out = found;
    return 1;
}

int edo_auth_parse(edo_auth *out, edo_str text) {
    edo_auth found;
    if (edo_auth_next(&found, &text) <= 0 || edoi_trim(text).len > 0) return -EINVAL;
    *out = found;
    return 0;
}

int edo_auth_param_next(edo_header_param *out, edo_str *rest) {
    int got = edoi_param_next(out, rest, EDOI_PARAM_COMMA);
    if (got <= 0 || out->value.ptr) return got;
    *rest = edoi_after(*rest, rest->len);
    return -EINVAL;
}

int edo_auth_print(const edo_auth *self, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edo_str params = self->params;
    edo_header_param param;
    edo_str between = EDO_STR(" ");
    int got;
    edoi_put_token(&put, self->scheme);
    if (self->token.ptr) {
        edoi_put_check(&put, params.len == 0 && token68(self->token) == self->token.len &&
                                 self->token.len > 0);
        edoi_put_str(&put, EDO_STR(" "));
        edoi_put_str(&put, self->token);
        return edoi_put_end(&put);
    }
    while ((got = edo_auth_param_next(&param, &params)) > 0) {
        edoi_put_str(&put, between);
        edoi_put_str(&put, param.name);
        edoi_put_str(&put, EDO_STR("="));
        edoi_put_text(&put, param.value);
        between = EDO_STR(", ");
    }
    edoi_put_check(&put, got == 0);
    return edoi_put_end(&put);
}

/* ---- Basic ----------------------------------------------------------------------------------- */

static bool has_controls(edo_str s) {
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f) return true;
    return false;
}

int edo_basic_parse(edo_basic *out, const edo_auth *auth, edo_buf *memory) {
    size_t before = memory->len;
    if (!edoi_is_word(auth->scheme, EDO_STR("basic")) || !auth->token.ptr) return -EINVAL;
    int err = edo_base64_decode(auth->token, EDO_BASE64_STRICT, memory);
    if (err < 0) return err;
    edo_str pair = { memory->ptr + before, memory->len - before };
    const char *colon = pair.len > 0 ? memchr(pair.ptr, ':', pair.len) : NULL;
    if (!colon || has_controls(pair)) {
        memory->len = before;
        return -EINVAL;
    }
    size_t n = (size_t)(colon - pair.ptr);
    *out = (edo_basic){ { pair.ptr, n }, { colon + 1, pair.len - n - 1 } };
    return 0;
}

int edo_basic_print(const edo_basic *self, edo_buf *out) {
    bool has_colon = self->user.len > 0 && memchr(self->user.ptr, ':', self->user.len);
    edo_buf pair = { 0 };
    edoi_put plain = edoi_put_begin(&pair), put = edoi_put_begin(out);
    edoi_put_check(&plain,
                   !has_colon && !has_controls(self->user) && !has_controls(self->password));
    edoi_put_str(&plain, self->user);
    edoi_put_str(&plain, EDO_STR(":"));
    edoi_put_str(&plain, self->password);
    put.err = edoi_put_end(&plain);
    edoi_put_str(&put, EDO_STR("Basic "));
    if (put.err == 0) put.err = edo_base64_encode((edo_str){ pair.ptr, pair.len }, out);
    edo_buf_deinit(&pair);
    return edoi_put_end(&put);
}
