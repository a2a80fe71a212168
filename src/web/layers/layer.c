/* SPDX-License-Identifier: MIT */
/* web/layers/layer.c: see layer.h. */
#include "web/layers/layer.h"

#include <edo/http_headers.h>

int edoi_vary(edo_headers *h, edo_str name) {
    const edo_header *f = NULL;
    while ((f = edo_headers_next(h, f, EDO_HEADER_VARY)))
        if (edo_header_has(f->value, name) || edo_header_has(f->value, EDO_STR("*"))) return 0;
    return edo_headers_append(h, EDO_HEADER_VARY, name);
}
