/* SPDX-License-Identifier: MIT */
/* http/types/version.h: the number of a version of HTTP, as Via and metrics have it. */
#ifndef EDOI_HTTP_TYPES_VERSION_H
#define EDOI_HTTP_TYPES_VERSION_H

#include <edo/http.h>

/* "1.0", "1.1", "2": static bytes, with a NUL behind them; none for an unknown version. */
EDOI_INLINE edo_str edoi_http_version_number(edo_http_version version) {
    edo_str name = edo_http_version_name(version);
    const size_t prefix = sizeof "HTTP/" - 1;
    return name.len < prefix ? name : (edo_str){ name.ptr + prefix, name.len - prefix };
}

#endif
