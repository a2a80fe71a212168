/* SPDX-License-Identifier: MIT */
/* edo/http_headers.h: values of header fields with a form of their own: dates, preferences, entity
 * tags, cookies (RFC 9110, RFC 6265).
 *
 * It belongs to libedo-http. Whatever is read is a view into the value, or a number. */
#ifndef EDO_HTTP_HEADERS_H
#define EDO_HTTP_HEADERS_H

#include <edo/base.h>
#include <edo/bytes.h>
#include <edo/error.h>

EDO_BEGIN_DECLS

/* ---- Dates ----------------------------------------------------------------------------------- */

#define EDO_HTTP_DATE_BYTES 30 /* of a date and its NUL */

/**
 * Reads a date: "Sun, 06 Nov 1994 08:49:37 GMT", or one of the two older forms "Sunday, 06-Nov-94
 * 08:49:37 GMT" and "Sun Nov  6 08:49:37 1994". `*out` is in seconds since 1970. The day of the
 * week is not compared with the date. Of a year with two digits the century is the one that is at
 * most 50 years after `now`, which is in seconds since 1970. Spec: RFC 9110 section 5.6.7.
 *
 * Errors:  -EINVAL  it is none: `*out` is untouched
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_http_date_parse(int64_t *out, edo_str text, int64_t now);

/**
 * Writes a date in the first form, with a NUL behind it.
 *
 * Errors:  -ERANGE  the year is not from 1601 to 9999: `text` is untouched
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_http_date_print(int64_t seconds, char text[EDO_HTTP_DATE_BYTES]);

/* ---- Preferences ----------------------------------------------------------------------------- */

/* One element of Accept, Accept-Charset, Accept-Encoding, Accept-Language or TE. */
typedef struct edo_preference {
    edo_str value;   /* "text/html", "gzip", "*" */
    edo_str params;  /* what follows the value, up to its weight: ";level=1" */
    uint16_t weight; /* q in thousandths: 1000 without one, 0: refused */
} edo_preference;

/**
 * Takes the next element off `*rest`, which is the value of a field at first. Elements are in the
 * order of the sender; a higher weight is liked better. Spec: RFC 9110 section 12.4.2.
 *
 *     edo_preference a;
 *     int got;
 *     for (edo_str rest = edo_headers_get(h, EDO_HEADER_ACCEPT); (got = edo_accept_next(&a, &rest))
 *     > 0;) …
 *
 * Owns:    the element borrows the value.
 * Errors:  returns 1, or 0 at the end, or
 *          -EINVAL  an element has a weight that is none; `*rest` is behind it
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_accept_next(edo_preference *out, edo_str *rest);

/* ---- Entity tags ----------------------------------------------------------------------------- */

/* The tag of a version of a resource: of ETag, If-Match, If-None-Match, If-Range. */
typedef struct edo_etag {
    edo_str opaque; /* without quotes */
    bool is_weak;
} edo_etag;

/**
 * Reads one tag. Spec: RFC 9110 section 8.8.3.
 *
 * Owns:    `*out` borrows `text`.
 * Errors:  -EINVAL  it is none: `*out` is untouched
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_etag_parse(edo_etag *out, edo_str text);

/**
 * Returns whether the tags are of versions that are the same byte for byte: both strong and equal.
 *
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API bool edo_etag_equal_strong(const edo_etag *a, const edo_etag *b);

/**
 * Returns whether the tags are of versions that mean the same, whether they are weak or not.
 *
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API bool edo_etag_equal_weak(const edo_etag *a, const edo_etag *b);

/**
 * Returns whether a tag of the list, or "*", is the weak equal of `tag`: the question of
 * If-None-Match. An element that is no tag equals nothing.
 *
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API bool edo_etag_in_list(const edo_etag *tag, edo_str list);

/* ---- Cookies --------------------------------------------------------------------------------- */

/**
 * Takes the next pair off `*rest`, which is the value of a Cookie field at first. Pairs without a
 * name or "=" are passed over; quotes around a value are part of it. Spec: RFC 6265 section 5.4.
 *
 * Owns:    name and value borrow the field's value.
 * Errors:  returns whether there was one.
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API bool edo_cookie_next(edo_str *name, edo_str *value, edo_str *rest);

EDO_END_DECLS

#endif
