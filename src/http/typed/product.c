/* SPDX-License-Identifier: MIT */
/* http/typed/product.c: User-Agent, Server, Upgrade; comments. */
#include <edo/http_fields.h>

#include "http/typed/comment.h"
#include "http/types/bytes_of.h"

/* Returns where the comment at the front of `s` ends, behind its parenthesis; `s.len` if it has
 * none. */
static size_t comment_end(edo_str s) {
    size_t depth = 1, n = 0;
    for (; n < s.len; n++) {
        if (s.ptr[n] == '\\' && n + 1 < s.len)
            n++;
        else if (s.ptr[n] == '(')
            depth++;
        else if (s.ptr[n] == ')' && --depth == 0)
            break;
        if (!edoi_byte_is(s.ptr[n], EDOI_BYTE_VALUE)) return s.len;
    }
    return n;
}

bool edoi_comment_take(edo_str *out, edo_str *rest) {
    edo_str inner = edoi_after(*rest, 1);
    size_t n = comment_end(inner);
    if (n == inner.len) return false;
    *out = (edo_str){ inner.ptr, n };
    *rest = edoi_after(inner, n + 1);
    return true;
}

/* Do its parentheses close, and none more than they open? */
static bool is_comment(edo_str s) {
    size_t depth = 0;
    for (size_t n = 0; n < s.len; n++) {
        if (s.ptr[n] == '\\') {
            if (++n == s.len) return false;
        } else if (s.ptr[n] == '(') {
            depth++;
        } else if (s.ptr[n] == ')' && depth-- == 0) {
            return false;
        }
        if (!edoi_byte_is(s.ptr[n], EDOI_BYTE_VALUE)) return false;
    }
    return depth == 0;
}

void edoi_put_comment(edoi_put *self, edo_str comment) {
    edoi_put_check(self, is_comment(comment));
    edoi_put_str(self, EDO_STR("("));
    edoi_put_str(self, comment);
    edoi_put_str(self, EDO_STR(")"));
}

static bool read_product(edo_product *p, edo_str *rest) {
    if (rest->ptr[0] == '(') return edoi_comment_take(&p->comment, rest);
    size_t n = 0;
    while (n < rest->len && !edoi_is_one_of(rest->ptr[n], " \t")) n++;
    edo_str word = { rest->ptr, n };
    const char *slash = memchr(word.ptr, '/', n);
    p->name = (edo_str){ word.ptr, slash ? (size_t)(slash - word.ptr) : n };
    if (slash) p->version = edoi_after(word, p->name.len + 1);
    *rest = edoi_after(*rest, n);
    return edoi_is_token(p->name) && (!slash || edoi_is_token(p->version));
}

int edo_product_next(edo_product *out, edo_str *rest) {
    edo_product found = { .name = { NULL, 0 } };
    *rest = edoi_trim(*rest);
    if (rest->len == 0) return 0;
    bool is_good = read_product(&found, rest);
    if (!is_good || (rest->len > 0 && !edoi_is_one_of(rest->ptr[0], " \t"))) {
        *rest = edoi_after(*rest, rest->len);
        return -EINVAL;
    }
    *out = found;
    return 1;
}

int edo_product_print(const edo_product *self, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_between(&put, EDO_STR(" "));
    edoi_put_check(&put, !self->name.ptr == (self->comment.ptr != NULL));
    edoi_put_check(&put, self->name.ptr || !self->version.ptr);
    if (self->name.ptr) edoi_put_token(&put, self->name);
    if (self->version.ptr) {
        edoi_put_str(&put, EDO_STR("/"));
        edoi_put_token(&put, self->version);
    }
    if (self->comment.ptr) edoi_put_comment(&put, self->comment);
    return edoi_put_end(&put);
}
