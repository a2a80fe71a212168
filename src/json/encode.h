/* SPDX-License-Identifier: MIT */
/* json/encode.h: a field alone as JSON. */
#ifndef EDOI_JSON_ENCODE_H
#define EDOI_JSON_ENCODE_H

#include <edo/json.h>

/* Appends the value of a field that has `n` elements, the first at `at` (edo_field_elements());
 * null if it has none and is no list, or is a union whose value is a secret. Secrets in it are left
 * out. Errors: as edo_json_encode_reply(); -EMSGSIZE if more than `bytes_max` is found to be there
 * before all is: what is a little more may be appended. Also for libedo-web. */
EDO_MUST_USE EDO_API int edoi_json_encode_field(edo_buf *out, const void *at, size_t n,
                                                const edo_field *f, size_t bytes_max);

#endif
