/* SPDX-License-Identifier: MIT */
/* http/server/exchange/length.c: see length.h. */
#include "http/server/exchange/length.h"

#include "base/text/decimal.h"

#include <edo/error.h>
#include <edo/http_fields.h>

#include <errno.h>

/* Is the handler's Content-Length no number, or one that no client reads? */
static EDOI_NOINLINE bool has_bad_length(const edo_headers *h) {
    int64_t n;
    edo_str given = edo_headers_get(h, EDO_HEADER_CONTENT_LENGTH);
    return given.ptr && edo_header_number_parse(&n, given) < 0;
}

static edo_str length_print(uint64_t n, char *digits) {
    int len = edoi_decimal_digits(n);
    (void)edoi_decimal_print_fixed(digits, n, len);
    return (edo_str){ digits, (size_t)len };
}

static edo_str length_of_absent(const edoi_http_exchange *x, uint64_t length, char *digits) {
    edo_status s = x->res.status;
    if (s < EDO_STATUS_OK || s == EDO_STATUS_NO_CONTENT || edoi_http_is_tunnel(x))
        return (edo_str){ 0 };
    if (s == EDO_STATUS_RESET_CONTENT) return EDO_STR("0");
    edo_str given = edo_headers_get(&x->res.headers, EDO_HEADER_CONTENT_LENGTH);
    bool is_made = !given.ptr && x->req.method == EDO_METHOD_HEAD && (int64_t)length > 0;
    return is_made ? length_print(length, digits) : given;
}

int edoi_http_length_text(const edoi_http_exchange *x, edoi_framing framing, uint64_t length,
                          char *digits, edo_str *out) {
    *out = (edo_str){ 0 };
    if (EDOI_LIKELY(framing == EDOI_FRAMING_LENGTH)) *out = length_print(length, digits);
    if (EDOI_LIKELY(framing != EDOI_FRAMING_FORBIDDEN)) return 0;
    if (EDO_MISUSE(has_bad_length(&x->res.headers), "a Content-Length that is no number"))
        return -EDO_EMISUSE;
    *out = length_of_absent(x, length, digits);
    return 0;
}
