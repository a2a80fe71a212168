/* SPDX-License-Identifier: MIT */
/* support/typed_through.h: values of fields, read and printed again, by one function for each type:
 * what is read, printed, and read again must be the same. */
#ifndef EDO_TESTS_TYPED_THROUGH_H
#define EDO_TESTS_TYPED_THROUGH_H

#include <edo/http_fields.h>

#define THROUGH_NOW INT64_C(1700000000) /* in 2023 */

/* Reads `text`, and appends what it was understood as. Returns 0, or the code of the parser or the
 * printer. */
typedef int through_fn(edo_str text, edo_buf *out);

/* Of a type with one value. */
#define THROUGH_ONE(type)                                                                          \
    static inline int through_##type(edo_str text, edo_buf *out) {                                 \
        edo_##type value;                                                                          \
        int err = edo_##type##_parse(&value, text);                                                \
        return err < 0 ? err : edo_##type##_print(&value, out);                                    \
    }

/* Of one with a list of values. */
#define THROUGH_LIST(type, next, print)                                                            \
    static inline int through_##type(edo_str text, edo_buf *out) {                                 \
        edo_##type value;                                                                          \
        int got;                                                                                   \
        while ((got = next(&value, &text)) > 0)                                                    \
            if ((got = print(&value, out)) < 0) return got;                                        \
        return got;                                                                                \
    }

THROUGH_ONE(media_type)
THROUGH_ONE(disposition)
THROUGH_ONE(content_range)
THROUGH_ONE(cache_control)
THROUGH_ONE(sts)
THROUGH_ONE(auth)
THROUGH_ONE(etag)
THROUGH_ONE(set_cookie)
THROUGH_LIST(product, edo_product_next, edo_product_print)
THROUGH_LIST(forwarded, edo_forwarded_next, edo_forwarded_print)
THROUGH_LIST(via, edo_via_next, edo_via_print)
THROUGH_LIST(link, edo_link_next, edo_link_print)
THROUGH_LIST(preference, edo_accept_next, edo_preference_print)
THROUGH_LIST(header_param, edo_header_param_next, edo_header_param_print)

static inline int through_cookie(edo_str text, edo_buf *out) {
    edo_str name, value;
    int err = 0;
    while (err == 0 && edo_cookie_next(&name, &value, &text))
        err = edo_cookie_print(name, value, out);
    return err;
}

/* Of the longest body, so that each range stays what it is. */
static inline int through_range(edo_str text, edo_buf *out) {
    edo_byte_range ranges[8];
    int n = edo_ranges_parse(ranges, EDO_COUNT(ranges), text, UINT64_C(1) << 63);
    return n < 0 ? n : edo_ranges_print(ranges, (size_t)n, out);
}

static inline int through_basic(edo_str text, edo_buf *out) {
    edo_buf memory = { 0 };
    edo_auth auth;
    edo_basic basic;
    int err = edo_auth_parse(&auth, text);
    if (err == 0) err = edo_basic_parse(&basic, &auth, &memory);
    if (err == 0) err = edo_basic_print(&basic, out);
    edo_buf_deinit(&memory);
    return err;
}

static inline int through_challenges(edo_str text, edo_buf *out) {
    edo_auth auth;
    int got;
    size_t n = 0;
    while ((got = edo_auth_next(&auth, &text)) > 0) {
        int err = n++ > 0 ? edo_buf_append(out, ", ", 2) : 0;
        if (err == 0) err = edo_auth_print(&auth, out);
        if (err < 0) return err;
    }
    return got;
}

static inline int through_date(edo_str text, edo_buf *out) {
    char date[EDO_HTTP_DATE_BYTES];
    int64_t seconds;
    int err = edo_http_date_parse(&seconds, text, THROUGH_NOW);
    if (err == 0) err = edo_http_date_print(seconds, date);
    return err < 0 ? err : edo_buf_append(out, date, sizeof date - 1);
}

static inline int through_filename(edo_str text, edo_buf *out) {
    edo_buf name = { 0 };
    edo_disposition d;
    int err = edo_disposition_parse(&d, text);
    if (err == 0) err = edo_disposition_filename(&d, &name);
    if (err == 0) err = edo_disposition_print_file(d.type, (edo_str){ name.ptr, name.len }, out);
    edo_buf_deinit(&name);
    return err;
}

#define THROUGH_ALL(X)                                                                             \
    X(media_type)                                                                                  \
    X(disposition)                                                                                 \
    X(content_range)                                                                               \
    X(cache_control)                                                                               \
    X(sts)                                                                                         \
    X(auth)                                                                                        \
    X(etag)                                                                                        \
    X(product)                                                                                     \
    X(forwarded)                                                                                   \
    X(via)                                                                                         \
    X(link)                                                                                        \
    X(preference)                                                                                  \
    X(header_param)                                                                                \
    X(set_cookie)                                                                                  \
    X(cookie)                                                                                      \
    X(range)                                                                                       \
    X(basic)                                                                                       \
    X(challenges)                                                                                  \
    X(date)                                                                                        \
    X(filename)

#endif
