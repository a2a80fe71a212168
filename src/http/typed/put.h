/* SPDX-License-Identifier: MIT */
/* http/typed/put.h: appends the parts of a value to a buffer. The first failure stays: nothing is
 * appended after it, and the end takes all back. */
#ifndef EDOI_HTTP_TYPED_PUT_H
#define EDOI_HTTP_TYPED_PUT_H

#include <edo/http_fields.h>

typedef struct edoi_put {
    edo_buf *out;
    size_t before; /* the buffer's length at the beginning */
    int err;
} edoi_put;

edoi_put edoi_put_begin(edo_buf *out);

/* Fails with -EINVAL unless `is_good`. */
void edoi_put_check(edoi_put *self, bool is_good);

void edoi_put_str(edoi_put *self, edo_str s);

/* Appends "; " or ", ", unless the value is empty so far. */
void edoi_put_between(edoi_put *self, edo_str between);

/* Appends a token. Fails if it is none. */
void edoi_put_token(edoi_put *self, edo_str s);

void edoi_put_number(edoi_put *self, uint64_t n);

/* Appends a token as it is, and other text in quotes. Fails if it may not stand between quotes. */
void edoi_put_text(edoi_put *self, edo_str s);

/* Returns the first failure, or 0. */
int edoi_put_end(edoi_put *self);

#endif
