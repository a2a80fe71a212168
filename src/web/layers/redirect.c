/* SPDX-License-Identifier: MIT */
/* web/layers/redirect.c: edo_web_redirect_https(). */
#include "web/request/reply/location.h"

#include <edo/web_layers.h>

#include <errno.h>

int edo_web_redirect_https(edo_web *w) {
    edo_str host = edo_web_host(w), path = edo_web_path(w), query = edo_web_query_text(w);
    edo_buf to = { 0 };
    if (host.len == 0)
        return edo_web_reject(w, -EINVAL, EDO_STATUS_BAD_REQUEST, "the request names no host");
    if (path.len == 0 || path.ptr[0] != '/') path = EDO_STR("/"); // of OPTIONS *, or CONNECT
    int err = edo_buf_printf(&to, "https://%.*s", (int)host.len, host.ptr);
    if (err >= 0) err = edoi_location_append(&to, path);
    if (err == 0) err = edoi_location_append_query(&to, query);
    if (err == 0)
        err = edo_headers_set(&edo_web_response(w)->headers, EDO_HEADER_LOCATION,
                              (edo_str){ to.ptr, to.len });
    edo_buf_deinit(&to);
    return err < 0 ? err : edo_web_reply_status(w, EDO_STATUS_PERMANENT_REDIRECT);
}
