/* SPDX-License-Identifier: MIT */
/* http/sfv/text.h: texts of structured fields: which bytes they may have, and what they mean. */
#ifndef EDOI_HTTP_SFV_TEXT_H
#define EDOI_HTTP_SFV_TEXT_H

#include <edo/http_sfv.h>

bool edoi_sfv_is_key(edo_str s);

/* May it stand between the delimiters of the kind, which has a text? */
bool edoi_sfv_is_text(edo_sfv_kind kind, edo_str s);

/* Returns the bytes of a key, or of a token, at the front of `s`; 0 if there is none. */
size_t edoi_sfv_key_n(edo_str s);
size_t edoi_sfv_token_n(edo_str s);

#endif
