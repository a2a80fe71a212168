/* SPDX-License-Identifier: MIT */
/* http/types/status.c: status codes, their reason phrases, and the names of versions. */
#include <edo/http.h>

#include "http/types/bytes_of.h"

int edo_status_parse(edo_status *out, edo_str text) {
    if (text.len != 3 || !edoi_bytes_are(text, EDOI_BYTE_DIGIT) || text.ptr[0] == '0')
        return -EINVAL;
    *out = (edo_status)((text.ptr[0] - '0') * 100 + (text.ptr[1] - '0') * 10 + (text.ptr[2] - '0'));
    return 0;
}

int edo_status_class(edo_status status) {
    if (status < 100 || status > 999) return 0;
    return status < 600 ? status / 100 : EDO_STATUS_CLASS_SERVER_ERROR;
}

edo_str edo_status_reason(edo_status status) {
#define REASON(name, code, reason)                                                                 \
    case code: return EDO_STR(reason);
    switch (status) {
        EDO_STATUSES(REASON)
    default: return EDO_STR("");
    }
#undef REASON
}

bool edo_status_reason_is_valid(edo_str reason) {
    return edoi_bytes_are(reason, EDOI_BYTE_VALUE);
}

edo_str edo_http_version_name(edo_http_version version) {
    switch (version) {
    case EDO_HTTP_09: return EDO_STR("HTTP/0.9");
    case EDO_HTTP_10: return EDO_STR("HTTP/1.0");
    case EDO_HTTP_11: return EDO_STR("HTTP/1.1");
    case EDO_HTTP_2: return EDO_STR("HTTP/2");
    case EDO_HTTP_3: return EDO_STR("HTTP/3");
    }
    return EDO_STR("");
}
