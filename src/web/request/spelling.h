/* SPDX-License-Identifier: MIT */
/* web/request/spelling.h: one spelling for equal paths. RFC 3986, section 6.2.2: "%7e", "%7E" and
 * "~" are one character, while "%2F" is none of the slashes between segments. */
#ifndef EDOI_WEB_REQUEST_SPELLING_H
#define EDOI_WEB_REQUEST_SPELLING_H

#include <stddef.h>

/* Decodes unreserved characters in the `n` bytes at `text`, and puts the digits of other percent
 * encodings into capitals, up to a '%' that is no percent encoding: from there on all stays.
 * Returns how many bytes are left. */
size_t edoi_path_respell(char *text, size_t n);

#endif
