/* SPDX-License-Identifier: MIT */
/* coding/charset.h: texts of others as UTF-8. */
#ifndef EDOI_CODING_CHARSET_H
#define EDOI_CODING_CHARSET_H

#include <edo/bytes.h>

/* Makes the bytes of `text` behind the first `from` UTF-8, by the `charset` of a Content-Type
 * (NULL, or without one: UTF-8): UTF-8, US-ASCII, ISO-8859-1. Returns 0; -EILSEQ: it is not that;
 * -ENOTSUP: another charset; -ENOMEM. */
EDO_API int edoi_charset_to_utf8(edo_buf *text, size_t from, edo_str content_type);

#endif
