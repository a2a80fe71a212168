/* SPDX-License-Identifier: MIT */
/* http/uri/follow.c: where a link leads. */
#include <edo/uri.h>

int edo_uri_follow(edo_buf *out, edo_str base, edo_str link) {
    edo_buf whole = { 0 };
    edo_uri from, ref, to;
    int err = edo_uri_parse(&from, base);
    if (err == 0) err = edo_uri_parse(&ref, link);
    if (err == 0) err = edo_uri_resolve(&from, &ref, &whole);
    if (err == 0) err = edo_uri_parse(&to, edo_buf_str(&whole));
    if (err == 0) {
        to.fragment = to.userinfo = (edo_str){ NULL, 0 };
        err = edo_uri_normalize(&to, out);
    }
    edo_buf_deinit(&whole);
    return err;
}
