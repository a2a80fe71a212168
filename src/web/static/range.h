/* SPDX-License-Identifier: MIT */
/* web/static/range.h: parts of a file. */
#ifndef EDOI_WEB_STATIC_RANGE_H
#define EDOI_WEB_STATIC_RANGE_H

#include <edo/http_headers.h>
#include <edo/web_static.h>

#define EDOI_RANGES_MAX 16u

/* Makes one range of those that overlap or touch, in the place of the first of them. Returns how
 * many are left. */
size_t edoi_ranges_merge(edo_byte_range *ranges, size_t n);

/* Sends the ranges of a file, which is of `type`: one as it is, several as multipart/byteranges.
 * Returns 0 or a negative code. Spec: RFC 9110 section 14.6, 15.3.7. */
int edoi_ranges_send(edo_web *w, const edo_static_file *file, edo_str type,
                     const edo_byte_range *ranges, size_t n);

#endif
