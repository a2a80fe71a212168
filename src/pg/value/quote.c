/* SPDX-License-Identifier: MIT */
/* pg/value/quote.c: see quote.h. */
#include "pg/value/quote.h"

#include <edo/error.h>

int edoi_pg_quote_name(char out[EDOI_PG_QUOTED_BYTES], edo_str name) {
    char *at = out;
    if (name.len == 0 || name.len > EDOI_PG_NAME_BYTES_MAX)
        return edo_fail(-EINVAL, "a name has 1 to %d bytes", EDOI_PG_NAME_BYTES_MAX);
    if (memchr(name.ptr, '\0', name.len)) return edo_fail(-EINVAL, "a name has a NUL");
    *at++ = '"';
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"') *at++ = '"';
        *at++ = name.ptr[i];
    }
    *at++ = '"';
    *at = '\0';
    return 0;
}
