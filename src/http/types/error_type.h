/* SPDX-License-Identifier: MIT */
/* http/types/error_type.h: the status of a response as the fields of a span. */
#ifndef EDOI_HTTP_TYPES_ERROR_TYPE_H
#define EDOI_HTTP_TYPES_ERROR_TYPE_H

#include "log/span/note.h"

#include <edo/http.h>

#include <stdio.h>

#define EDOI_STATUS_TEXT 12 /* bytes of a status as text, with its NUL */

/* The field error.type of a status that is `least` or more; otherwise none. Its value is in
 * `text`. */
EDOI_INLINE edo_kv edoi_status_kv_error(char text[EDOI_STATUS_TEXT], edo_status status,
                                        edo_status least) {
    if (status < least) return edoi_kv_none();
    int n = snprintf(text, EDOI_STATUS_TEXT, "%u", (unsigned)status);
    return edoi_kv_str("error.type", text, (size_t)n);
}

EDOI_INLINE edo_kv edoi_status_kv(edo_status status) {
    return edoi_kv_above_0("http.response.status_code", (int64_t)status);
}

#endif
