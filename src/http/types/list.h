/* SPDX-License-Identifier: MIT */
/* http/types/list.h: values that are lists with commas (RFC 9110 section 5.6.1). */
#ifndef EDOI_HTTP_TYPES_LIST_H
#define EDOI_HTTP_TYPES_LIST_H

#include "http/types/bytes_of.h"

/* Takes the next element that is not empty off `*rest`, without blanks at its ends. Returns false
 * at the end. A comma in a quoted string ends no element. */
EDOI_INLINE bool edoi_list_next(edo_str *rest, edo_str *element) {
    while (rest->ptr && rest->len > 0) {
        bool is_quoted = false;
        size_t n = 0;
        for (; n < rest->len && (is_quoted || rest->ptr[n] != ','); n++) {
            if (rest->ptr[n] == '"') is_quoted = !is_quoted;
            if (is_quoted && rest->ptr[n] == '\\' && n + 1 < rest->len) n++;
        }
        *element = edoi_trim((edo_str){ rest->ptr, n });
        size_t gone = n < rest->len ? n + 1 : n;
        *rest = (edo_str){ rest->ptr + gone, rest->len - gone };
        if (element->len > 0) return true;
    }
    return false;
}

#endif
