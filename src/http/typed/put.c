/* SPDX-License-Identifier: MIT */
/* http/typed/put.c: see put.h. */
#include "http/typed/put.h"

#include "base/assert.h"
#include "base/text/decimal.h"
#include "http/typed/param.h"
#include "http/types/bytes_of.h"

edoi_put edoi_put_begin(edo_buf *out) {
    return (edoi_put){ .out = out, .before = out->len };
}

void edoi_put_check(edoi_put *self, bool is_good) {
    if (self->err == 0 && !is_good) self->err = -EINVAL;
}

void edoi_put_str(edoi_put *self, edo_str s) {
    if (self->err == 0 && s.len > 0) self->err = edo_buf_append(self->out, s.ptr, s.len);
}

void edoi_put_between(edoi_put *self, edo_str between) {
    if (self->out->len > 0) edoi_put_str(self, between);
}

void edoi_put_token(edoi_put *self, edo_str s) {
    edoi_put_check(self, edoi_is_token(s));
    edoi_put_str(self, s);
}

void edoi_put_number(edoi_put *self, uint64_t n) {
    char digits[EDOI_DECIMAL_ROOM];
    const char *end = edoi_decimal_print(digits, n);
    edoi_put_str(self, (edo_str){ digits, (size_t)(end - digits) });
}

void edoi_put_text(edoi_put *self, edo_str s) {
    if (edoi_is_token(s)) {
        edoi_put_str(self, s);
        return;
    }
    edoi_put_check(self, edoi_is_quotable(s));
    edoi_put_str(self, EDO_STR("\""));
    edoi_put_str(self, s);
    edoi_put_str(self, EDO_STR("\""));
}

int edoi_put_end(edoi_put *self) {
    EDO_ASSERT(self->out->len >= self->before);
    if (self->err < 0) self->out->len = self->before;
    return self->err;
}
