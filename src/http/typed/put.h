/* SPDX-License-Identifier: MIT */
/* http/typed/put.h: appends parts of a value to a buffer. The first failure stays, nothing is
 * appended after it, and the end takes back what was. */
#ifndef EDOI_HTTP_TYPED_PUT_H
#define EDOI_HTTP_TYPED_PUT_H

#include <edo/http_headers.h>

typedef struct edoi_put {
    edo_buf *out;
    size_t before; /* its length at the beginning */
    int err;
} edoi_put;

edoi_put edoi_put_begin(edo_buf *out);

/* Fails with -EINVAL unless `is_good`. */
void edoi_put_check(edoi_put *self, bool is_good);

void edoi_put_str(edoi_put *self, edo_str s);

/* "; " or ", ", unless the value is empty so far. */
void edoi_put_between(edoi_put *self, edo_str between);

/* Fails unless it is a token. */
void edoi_put_token(edoi_put *self, edo_str s);

void edoi_put_number(edoi_put *self, uint64_t n);

/* A token as it is, all else in quotes. Fails if it could not stand between them. */
void edoi_put_text(edoi_put *self, edo_str s);

/* Returns the first failure, or 0. */
int edoi_put_end(edoi_put *self);

#endif
