/* SPDX-License-Identifier: MIT */
/* http/typed/comment.h: comments, in parentheses that nest (RFC 9110 section 5.6.5). */
#ifndef EDOI_HTTP_TYPED_COMMENT_H
#define EDOI_HTTP_TYPED_COMMENT_H

#include "http/typed/put.h"

/* Takes a comment off the front of `*rest`, which begins with its parenthesis; `*out` is without
 * the outer ones. Returns false if the comment has no end, or a byte that no field may have. */
bool edoi_comment_take(edo_str *out, edo_str *rest);

/* Appends a comment in parentheses. Fails if it could not be read back. */
void edoi_put_comment(edoi_put *self, edo_str comment);

#endif
