/* SPDX-License-Identifier: MIT */
/* http/typed/cookie/cookie_date.h: dates as browsers read them in cookies (RFC 6265 section
 * 5.1.1). */
#ifndef EDOI_HTTP_TYPED_COOKIE_COOKIE_DATE_H
#define EDOI_HTTP_TYPED_COOKIE_COOKIE_DATE_H

#include <edo/http_fields.h>

/* Finds a day, a month, a year and a time, in any order and between any words. `*out` is in seconds
 * since 1970. Returns 0 or -EINVAL. */
int edoi_cookie_date_parse(int64_t *out, edo_str text);

#endif
