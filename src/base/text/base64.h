/* SPDX-License-Identifier: MIT */
/* base/text/base64.h: bytes as text (RFC 4648, section 4: +, / and padding; no line ends). */
#ifndef EDOI_BASE_TEXT_BASE64_H
#define EDOI_BASE_TEXT_BASE64_H

#include <edo/bytes.h>

/* The length of the text of `n` bytes; the room that reading `n` bytes of text needs at most. */
#define EDOI_BASE64_TEXT(n)  (((n) + 2) / 3 * 4)
#define EDOI_BASE64_BYTES(n) ((n) / 4 * 3)

/* Writes EDOI_BASE64_TEXT(n) bytes. */
void edoi_base64_print(char *out, const void *bytes, size_t n);

/* Writes what the text means to `out` and returns its length; -EDO_EVALUE if it is no base64, also
 * if bits are set that no byte has. `out` may be the text itself. */
int64_t edoi_base64_parse(char *out, edo_str text);

#endif
