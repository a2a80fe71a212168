/* SPDX-License-Identifier: MIT */
/* http/h1/framing.h: how long the body of a message is (RFC 9112 section 6), by Content-Length and
 * Transfer-Encoding. A message is refused where two programs, one in front of the other, could read
 * the two fields in different ways: that is how requests are smuggled. */
#ifndef EDOI_HTTP_H1_FRAMING_H
#define EDOI_HTTP_H1_FRAMING_H

#include "http/h1/parsed_head.h"

/* Notes a Content-Length. Returns 0, or the code of edoi_h1_refuse(). */
int edoi_h1_content_length(edoi_h1_head *h, edo_str value);

/* Notes a Transfer-Encoding, or more of it. */
void edoi_h1_transfer_encoding(edoi_h1_head *h, edo_str value);

/* Decides on the framing, once all fields were noted, and that the connection ends where both
 * fields are there and that is allowed. Returns as edoi_h1_content_length() does. */
int edoi_h1_framing_end(edoi_h1_head *h);

/* Returns the framing of the response to a request of `method` (section 6.3). */
edoi_h1_framing edoi_h1_response_framing(const edoi_h1_head *h, edo_method method);

#endif
