/* SPDX-License-Identifier: MIT */
/* edo/http_fields.h: values of header fields with a form of their own (RFC 9110 and others). In
 * libedo-http.
 *
 *     Accept, Accept-Charset, -Encoding, -Language, TE     edo_accept_next, edo_accept_weight
 *     Allow, Connection, Vary, Trailer, Transfer-Encoding,
 *     Content-Encoding, Content-Language, Accept-Ranges,
 *     Expect, Sec-WebSocket-Protocol                       edo_header_next, edo_header_has
 *     Content-Length, Age, Max-Forwards,
 *     Access-Control-Max-Age, Sec-WebSocket-Version        edo_header_number_parse
 *     Date, Expires, Last-Modified, If-Modified-Since,
 *     If-Unmodified-Since                                  edo_http_date_parse
 *     ETag, If-Match, If-None-Match                        edo_etag_parse, edo_etag_in_list
 *     If-Range, Retry-After                                edo_if_range_parse, edo_retry_after_parse
 *     Authorization, WWW-Authenticate, and Proxy-          edo_auth_parse, edo_auth_next, edo_basic_*
 *     Cache-Control                                        edo_cache_control_parse
 *     Content-Disposition, Content-Type                    edo_disposition_parse, edo_media_type_parse
 *     Range, Content-Range                                 edo_ranges_parse, edo_content_range_parse
 *     Forwarded, Link, Via                                 edo_forwarded_next, edo_link_next, edo_via_next
 *     Cookie, Set-Cookie                                   edo_cookie_next, edo_set_cookie_parse
 *     Strict-Transport-Security                            edo_sts_parse
 *     Server, User-Agent, Upgrade                          edo_product_next
 *     Sec-WebSocket-Extensions                             edo_header_next, edo_header_param_next
 *     Host, Origin                                         edo_uri_parse_authority, edo_origin_parse
 *     Location, Content-Location, Referer                  edo_uri_parse
 *     Priority, Cache-Status, RateLimit, Sec-Fetch-*       edo/http_sfv.h
 *
 * Whatever is read is a view into the value, or a number; nothing is allocated. A text that stood
 * in quotes is the bytes between them, in which a backslash protects the byte behind it, whatever
 * that is: edo_header_unquote() removes these backslashes, and edo_header_quote() puts them before
 * quotes and backslashes, which need one. Printers take texts in this form too, and put quotes
 * around those that need them. They append to a buffer, and on failure leave it as it was. A text
 * with NULL as its pointer is not there.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_HTTP_FIELDS_H
#define EDO_HTTP_FIELDS_H

#include <edo/base.h>
#include <edo/bytes.h>
#include <edo/error.h>
#include <edo/uri.h>

EDO_BEGIN_DECLS

/* ---- Dates ----------------------------------------------------------------------------------- */

#define EDO_HTTP_DATE_BYTES 30 /* of a date and its NUL */

/** Reads a date: "Sun, 06 Nov 1994 08:49:37 GMT", or one of the two older forms "Sunday, 06-Nov-94
 * 08:49:37 GMT" and "Sun Nov  6 08:49:37 1994". `*out` is in seconds since 1970. The day of the
 * week is not compared with the date. Of a year with two digits the century is the one that is at
 * most 50 years after `now`, which is in seconds since 1970. Spec: RFC 9110 section 5.6.7.
 * Errors:  -EINVAL  it is none: `*out` is untouched */
EDO_MUST_USE EDO_API int edo_http_date_parse(int64_t *out, edo_str text, int64_t now);

/** Writes a date in the first form, with a NUL behind it.
 * Errors:  -ERANGE  the year is not from 1601 to 9999: `text` is untouched */
EDO_MUST_USE EDO_API int edo_http_date_print(int64_t seconds, char text[EDO_HTTP_DATE_BYTES]);

/* ---- Preferences ----------------------------------------------------------------------------- */

/* One element of Accept, Accept-Charset, Accept-Encoding, Accept-Language or TE. */
typedef struct edo_preference {
    edo_str value;   /* "text/html", "gzip", "*" */
    edo_str params;  /* what follows the value, up to its weight: ";level=1" */
    uint16_t weight; /* q in thousandths: 1000 without one, 0: refused; ".2" is read, too */
} edo_preference;

/** Takes the next element off `*rest`, which is the value of a field at first. Elements are in the
 * order of the sender; a higher weight is liked better. Spec: RFC 9110 section 12.4.2.
 *
 *     edo_preference a;
 *     int got;
 *     for (edo_str rest = edo_headers_get(h, EDO_HEADER_ACCEPT); (got = edo_accept_next(&a, &rest))
 *     > 0;) …
 * Owns:    the element borrows the value.
 * Errors:  returns 1, or 0 at the end, or
 *          -EINVAL  an element has a weight that is none; `*rest` is behind it */
EDO_MUST_USE EDO_API int edo_accept_next(edo_preference *out, edo_str *rest);

/** Returns the weight, from 0 to 1000, that a field of this kind gives to `offered`: that of the
 * element of this name, in any case, else that of "*", else 0. A field that is not there (NULL)
 * gives 1000. Elements that cannot be read are passed over. "identity" is not special here; without
 * a word about it a server may send it. Spec: RFC 9110 section 12.5. */
EDO_API int edo_accept_weight(edo_str field, edo_str offered);

/** As edo_accept_weight(), of Accept: `offered` is a type such as "text/html", without parameters.
 * "text/html" counts before "text/ *", and that before "* / *" (without the blanks), or "*" as old
 * clients of Java send it. An element with parameters other than charset=utf-8 is passed over.
 * Spec: RFC 9110 section 12.5.1. */
EDO_API int edo_accept_media_weight(edo_str field, edo_str offered);

/** Appends an element, behind ", " if the buffer is not empty: "text/html;level=1;q=0.5".
 * Errors:  -EINVAL  the value or the parameters could not be read back, or the weight is above 1000
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_preference_print(const edo_preference *self, edo_buf *out);

/* ---- Entity tags ----------------------------------------------------------------------------- */

/* The tag of a version of a resource: of ETag, If-Match, If-None-Match, If-Range. */
typedef struct edo_etag {
    edo_str opaque; /* without quotes */
    bool is_weak;
} edo_etag;

/** Reads one tag. Spec: RFC 9110 section 8.8.3.
 * Owns: `*out` borrows `text`.   Errors: -EINVAL  it is none: `*out` is untouched */
EDO_MUST_USE EDO_API int edo_etag_parse(edo_etag *out, edo_str text);

/** Returns whether the tags are of versions that are the same byte for byte: both strong and
 * equal. */
EDO_API bool edo_etag_equal_strong(const edo_etag *a, const edo_etag *b);

/** Returns whether the tags are of versions that mean the same, whether they are weak or not. */
EDO_API bool edo_etag_equal_weak(const edo_etag *a, const edo_etag *b);

/** Returns whether a tag of the list, or "*", is the weak equal of `tag`: the question of
 * If-None-Match. An element that is no tag equals nothing. */
EDO_API bool edo_etag_in_list(const edo_etag *tag, edo_str list);

/** As edo_etag_in_list(), with strong equals: the question of If-Match. */
EDO_API bool edo_etag_in_list_strong(const edo_etag *tag, edo_str list);

/** Appends a tag, in its quotes.
 * Errors:  -EINVAL  a byte may not be in one
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_etag_print(const edo_etag *self, edo_buf *out);

/* Of If-Range: a tag or a date. */
typedef struct edo_if_range {
    bool is_date;
    edo_etag etag;
    int64_t date; /* seconds since 1970 */
} edo_if_range;

/** Reads If-Range; `now` as for edo_http_date_parse(). Spec: RFC 9110 section 13.1.5.
 * Owns: a tag borrows `text`.   Errors: -EINVAL  it is neither: `*out` is untouched */
EDO_MUST_USE EDO_API int edo_if_range_parse(edo_if_range *out, edo_str text, int64_t now);

/** Returns whether the range may be sent of a resource with this tag (may be NULL) and this time
 * of its last change (seconds since 1970, negative: not known, or not strong): the strong equal, or
 * the same second. A date is strong if the resource cannot have changed twice in that second, for
 * one client may have got what was replaced in it: edo's files take dates that are a minute old.
 * Spec: RFC 9110 section 13.1.5, 8.8.2.2. */
EDO_API bool edo_if_range_holds(const edo_if_range *self, const edo_etag *tag, int64_t changed);

/* ---- Cookies --------------------------------------------------------------------------------- */

/** Takes the next pair off `*rest`, which is the value of a Cookie field at first. Pairs without a
 * name or "=" are passed over; quotes around a value are part of it. Spec: RFC 6265 section 5.4.
 * Owns: name and value borrow the field's value.   Errors: returns whether there was one. */
EDO_API bool edo_cookie_next(edo_str *name, edo_str *value, edo_str *rest);

/** Appends a pair to the value of a Cookie field, behind "; " if the buffer is not empty.
 * Errors:  -EINVAL  the name is no token, or the value has a byte that may not be in one
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_cookie_print(edo_str name, edo_str value, edo_buf *out);

/* A number, or seconds since 1970, that a field may have. All zero: it has none. */
typedef struct edo_header_number {
    bool is_there;
    int64_t n;
} edo_header_number;

/* Set-Cookie. */
typedef struct edo_set_cookie {
    edo_str name, value;
    edo_str domain, path;
    edo_str same_site;         /* "Strict", "Lax" or "None", as it was written */
    edo_header_number expires; /* seconds since 1970 */
    edo_header_number max_age; /* seconds; 0 or less: the cookie is to be removed */
    bool is_secure, is_http_only, is_partitioned;
} edo_set_cookie;

/** Reads Set-Cookie as a browser does: attributes that are unknown or wrong are passed over, and of
 * several the last one counts. Spec: RFC 6265 section 5.2.
 * Owns:    `*out` borrows `text`.
 * Errors:  -EINVAL  there is no name, or no "=" behind it: `*out` is untouched */
EDO_MUST_USE EDO_API int edo_set_cookie_parse(edo_set_cookie *out, edo_str text);

/** Appends the value of Set-Cookie. Spec: RFC 6265 section 4.1.
 * Errors:  -EINVAL  a part has a byte that may not be there; `same_site` is none of its three, or
 *                   "None" of a cookie that is not secure; or the name begins with __Secure- or
 *                   __Host- and the attributes are not as it says: secure, and for __Host- also
 *                   without a domain, and with the path "/"
 *          -ERANGE  the date cannot be written
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_set_cookie_print(const edo_set_cookie *self, edo_buf *out);

/* ---- Lists, parameters, numbers -------------------------------------------------------------- */

/** Takes the next element off a list with commas; `*rest` is the value of the field at first. Empty
 * elements are passed over. A comma in quotes ends no element. Spec: RFC 9110 section 5.6.1.
 * Owns: the element borrows the value.   Errors: returns whether there was one. */
EDO_API bool edo_header_next(edo_str *element, edo_str *rest);

/** Returns whether an element of the list is `word`, in any case.
 *
 *     bool varies = edo_header_has(edo_headers_get(h, EDO_HEADER_VARY), EDO_STR("accept-encoding"));
 */
EDO_API bool edo_header_has(edo_str list, edo_str word);

/* One of ";charset=utf-8". */
typedef struct edo_header_param {
    edo_str name;
    edo_str value; /* NULL: it has none, and no "=" */
} edo_header_param;

/** Takes the next parameter off `*rest`: those of a media type, a coding, an extension, a
 * directive. Empty ones are passed over. Spec: RFC 9110 section 5.6.6.
 * Owns:    name and value borrow the text.
 * Errors:  returns 1, or 0 at the end, or
 *          -EINVAL  it is no parameter: `*rest` is empty */
EDO_MUST_USE EDO_API int edo_header_param_next(edo_header_param *out, edo_str *rest);

/** Returns the value of the first parameter of this name, in any case, no bytes if it has none, and
 * NULL as the pointer if it is not there, or something before it is no parameter. */
EDO_API edo_str edo_header_param_get(edo_str params, edo_str name);

/** Appends ";name=value", the value in quotes if it needs them; ";name" if it is NULL.
 * Errors:  -EINVAL  the name is no token, or the value could not stand between quotes
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_header_param_print(const edo_header_param *self, edo_buf *out);

/** Appends a text that stood between quotes without the backslashes that protect a byte.
 * One at the end, which protects nothing, stays.
 * Errors:  -ENOMEM */
EDO_MUST_USE EDO_API int edo_header_unquote(edo_str text, edo_buf *out);

/** Appends a text as it may stand between quotes, which are not appended.
 * Errors:  -EINVAL  a byte may not be in a field
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_header_quote(edo_str text, edo_buf *out);

/** Reads a number without a sign: Content-Length, Age, Max-Forwards, Access-Control-Max-Age,
 * Sec-WebSocket-Version.
 * Errors:  -EINVAL  it has another byte than digits, or none
 *          -ERANGE  it is above 2^63-1
 *          In each case `*out` is untouched. */
EDO_MUST_USE EDO_API int edo_header_number_parse(int64_t *out, edo_str text);

/** Reads Retry-After: in how many seconds from `now`, which is in seconds since 1970; 0 of a date
 * that is over. Spec: RFC 9110 section 10.2.3.
 * Errors:  -EINVAL  it is neither seconds nor a date: `*out` is untouched */
EDO_MUST_USE EDO_API int edo_retry_after_parse(int64_t *out, edo_str text, int64_t now);

/* ---- Types of content ------------------------------------------------------------------------ */

/* Content-Type. */
typedef struct edo_media_type {
    edo_str type, subtype; /* "text", "html"; "*" both, or the second one, in Accept */
    edo_str params;        /* ";charset=utf-8": edo_header_param_next() */
} edo_media_type;

/** Reads a media type. All parameters have a value. Spec: RFC 9110 section 8.3.1.
 * Owns: `*out` borrows `text`.   Errors: -EINVAL  it is none: `*out` is untouched */
EDO_MUST_USE EDO_API int edo_media_type_parse(edo_media_type *out, edo_str text);

/** Returns whether type and subtype are these, in any case. */
EDO_API bool edo_media_type_is(const edo_media_type *self, edo_str type, edo_str subtype);

/** Returns the content type for a file's name by its extension, in any case, with the charset of
 * text; "application/octet-stream" if that is not known.
 * Owns: static. */
EDO_API edo_str edo_content_type_of(edo_str name);

/** Appends a media type, its parameters with ";" between them and values in quotes where they need
 * them.
 * Errors:  -EINVAL  it could not be read back
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_media_type_print(const edo_media_type *self, edo_buf *out);

/* Content-Disposition. */
typedef struct edo_disposition {
    edo_str type;          /* "inline", "attachment", "form-data" */
    edo_str name;          /* of a field of a form */
    edo_str filename;      /* what a program without the next one shows */
    edo_str filename_long; /* filename*: "UTF-8''na%C3%AFve.txt" */
} edo_disposition;

/** Reads Content-Disposition. Unknown parameters are passed over. Spec: RFC 6266, RFC 7578.
 * Owns:    `*out` borrows `text`.
 * Errors:  -EINVAL  it is none, or has a parameter twice: `*out` is untouched */
EDO_MUST_USE EDO_API int edo_disposition_parse(edo_disposition *out, edo_str text);

/** Appends the name of the file: filename* in UTF-8, if it can be read and has no control
 * characters, else filename, of which nobody says what bytes above 0x7f mean. It is as the peer
 * wrote it: a "/" or ".." in it is yours to refuse. Spec: RFC 8187.
 * Errors:  -ENOENT  there is neither
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_disposition_filename(const edo_disposition *self, edo_buf *out);

/** Appends Content-Disposition.
 * Errors:  -EINVAL  it could not be read back
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_disposition_print(const edo_disposition *self, edo_buf *out);

/** Appends Content-Disposition of a file whose name is UTF-8: with filename, in which "_" stands for
 * what some programs do not take for itself (beyond ASCII, a quote, a backslash, the % of a percent
 * sequence), and filename* if there is any of that. Spec: RFC 6266 appendix D.
 * Errors:  -EINVAL  `type` is no token, or the name is not UTF-8, or has a control character
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_disposition_print_file(edo_str type, edo_str filename, edo_buf *out);

/* ---- Ranges ---------------------------------------------------------------------------------- */

/* Bytes `first` to `last`, both included. */
typedef struct edo_byte_range {
    uint64_t first, last;
} edo_byte_range;

/** Reads Range, of a body of `size` bytes. Ranges that begin behind its end are left out, others
 * end at its end; they stay in their order, and may overlap. Spec: RFC 9110 section 14.2.
 * Errors:  returns how many there are, at most `max`; 0: the last bytes of an empty body, which is
 *          sent whole (200), since no Content-Range can tell of it (section 14.1.2); or
 *          -EINVAL  it is none, or its unit is not "bytes": the field is to be ignored
 *          -E2BIG   there are more than `max`: likewise
 *          -ERANGE  there is none in the body: 416 */
EDO_MUST_USE EDO_API int edo_ranges_parse(edo_byte_range *out, size_t max, edo_str text,
                                          uint64_t size);

/** Appends the value of Range. `last` UINT64_MAX: up to the end.
 * Errors:  -EINVAL  there is none, or one ends before it begins
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_ranges_print(const edo_byte_range *ranges, size_t n, edo_buf *out);

/* Content-Range, in bytes. */
typedef struct edo_content_range {
    bool is_refused; /* of status 416: only `size` is there */
    edo_byte_range range;
    edo_header_number size; /* of the whole */
} edo_content_range;

/** Reads Content-Range. Spec: RFC 9110 section 14.4.
 * Errors:  -EINVAL  it is none, or its unit is not "bytes": `*out` is untouched */
EDO_MUST_USE EDO_API int edo_content_range_parse(edo_content_range *out, edo_str text);

/** Appends Content-Range.
 * Errors:  -EINVAL  it could not be read back
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_content_range_print(const edo_content_range *self, edo_buf *out);

/* ---- Caches, safety -------------------------------------------------------------------------- */

/* Cache-Control. Numbers are seconds, at most 2^31. */
typedef struct edo_cache_control {
    edo_header_number max_age, s_maxage, min_fresh;
    edo_header_number max_stale; /* INT64_MAX: any age */
    edo_header_number stale_while_revalidate, stale_if_error;
    edo_str no_cache_of, private_of; /* the fields that no-cache or private is about; NULL: all */
    bool no_cache, no_store, no_transform, only_if_cached;
    bool must_revalidate, must_understand, proxy_revalidate;
    bool is_private, is_public, is_immutable;
} edo_cache_control;

/** Reads Cache-Control, of a request or a response. Unknown directives are passed over; of several
 * with one name the first counts. Spec: RFC 9111 section 5.2, RFC 5861, RFC 8246.
 * Owns:    `*out` borrows `text`.
 * Errors:  -EINVAL  it cannot be read: `*out` is untouched; take the response for stale */
EDO_MUST_USE EDO_API int edo_cache_control_parse(edo_cache_control *out, edo_str text);

/** Appends Cache-Control.
 * Errors:  -EINVAL  a number is negative, or a text could not stand between quotes
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_cache_control_print(const edo_cache_control *self, edo_buf *out);

/* Strict-Transport-Security. */
typedef struct edo_sts {
    edo_header_number max_age; /* seconds, at most 2^31; always there */
    bool include_subdomains, preload;
} edo_sts;

/** Reads Strict-Transport-Security. Spec: RFC 6797 section 6.1.
 * Errors:  -EINVAL  it is none, or max-age is not there, or a directive is there twice: `*out` is
 *                   untouched */
EDO_MUST_USE EDO_API int edo_sts_parse(edo_sts *out, edo_str text);

/** Appends Strict-Transport-Security.
 * Errors:  -EINVAL  there is no max-age, or it is negative
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_sts_print(const edo_sts *self, edo_buf *out);

/* Origin. */
typedef struct edo_origin {
    bool is_null; /* it is "null": nothing else is there */
    edo_uri uri;  /* scheme, host, perhaps a port */
} edo_origin;

/** Reads Origin. Spec: RFC 6454 section 7.
 * Owns: `*out` borrows `text`.   Errors: -EINVAL  it is none: `*out` is untouched */
EDO_MUST_USE EDO_API int edo_origin_parse(edo_origin *out, edo_str text);

/* ---- Names and programs --------------------------------------------------------------------- */

/* Credentials of Authorization, or a challenge of WWW-Authenticate. */
typedef struct edo_auth {
    edo_str scheme; /* "Basic", "Bearer", "Digest" */
    edo_str token;  /* what follows in one piece, as of Basic and Bearer; NULL: none */
    edo_str params; /* `realm="a", charset="UTF-8"`: edo_auth_param_next() */
} edo_auth;

/** Reads Authorization. Spec: RFC 9110 section 11.4.
 * Owns: `*out` borrows `text`.   Errors: -EINVAL  it is none: `*out` is untouched */
EDO_MUST_USE EDO_API int edo_auth_parse(edo_auth *out, edo_str text);

/** Takes the next challenge off `*rest`, which is the value of WWW-Authenticate at first.
 * Owns:    `*out` borrows the value.
 * Errors:  returns 1, or 0 at the end, or
 *          -EINVAL  it is none: `*rest` is empty */
EDO_MUST_USE EDO_API int edo_auth_next(edo_auth *out, edo_str *rest);

/** As edo_header_param_next(), of the parameters of an edo_auth, between which are commas. */
EDO_MUST_USE EDO_API int edo_auth_param_next(edo_header_param *out, edo_str *rest);

/** Appends credentials, or a challenge.
 * Errors:  -EINVAL  it could not be read back
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_auth_print(const edo_auth *self, edo_buf *out);

/* Name and password. */
typedef struct edo_basic {
    edo_str user, password;
} edo_basic;

/** Reads the token of Basic credentials into `memory`. Spec: RFC 7617.
 * Owns:    `*out` borrows what is appended to `memory`, until that changes.
 * Errors:  -EINVAL  the scheme is another, the token no base64, or has no ":" or a control character
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_basic_parse(edo_basic *out, const edo_auth *auth, edo_buf *memory);

/** Appends the value of Authorization: "Basic dXNlcjpwYXNz".
 * Errors:  -EINVAL  the name has a ":", or one of them a control character
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_basic_print(const edo_basic *self, edo_buf *out);

/* A program, or a protocol, of User-Agent, Server, Upgrade: "edo/1.0". */
typedef struct edo_product {
    edo_str name, version; /* NULL: not there */
    edo_str comment;       /* of a comment, which has neither: without the outer parentheses */
} edo_product;

/** Takes the next product or comment off `*rest`. Elements of Upgrade, which has commas, come from
 * edo_header_next() first. Spec: RFC 9110 section 10.1.5.
 * Owns:    `*out` borrows the value.
 * Errors:  returns 1, or 0 at the end, or
 *          -EINVAL  it is neither: `*rest` is empty */
EDO_MUST_USE EDO_API int edo_product_next(edo_product *out, edo_str *rest);

/** Appends a product or a comment, behind a blank if the buffer is not empty.
 * Errors:  -EINVAL  it could not be read back
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_product_print(const edo_product *self, edo_buf *out);

/* ---- The way --------------------------------------------------------------------------------- */

/* One proxy of Forwarded. */
typedef struct edo_forwarded {
    edo_str by, client; /* nodes: `192.0.2.43`, `"[2001:db8::1]:4711"` without quotes, `_hidden` */
    edo_str host, proto;
} edo_forwarded;

/** Takes the next element off `*rest`, which is the value of Forwarded at first; the client's own
 * proxy comes first. Unknown parameters are passed over. Spec: RFC 7239.
 * Owns:    `*out` borrows the value.
 * Errors:  returns 1, or 0 at the end, or
 *          -EINVAL  it is none, or has a parameter twice: `*rest` is behind it */
EDO_MUST_USE EDO_API int edo_forwarded_next(edo_forwarded *out, edo_str *rest);

/** Appends an element, behind ", " if the buffer is not empty.
 * Errors:  -EINVAL  nothing is there, or a text could not stand between quotes
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_forwarded_print(const edo_forwarded *self, edo_buf *out);

/* One recipient of Via. */
typedef struct edo_via {
    edo_str protocol; /* NULL: it is HTTP */
    edo_str version;  /* "1.1" */
    edo_str by;       /* a host, perhaps with a port, or a name */
    edo_str comment;  /* without the parentheses; NULL: none */
} edo_via;

/** Takes the next element off `*rest`, which is the value of Via at first. Spec: RFC 9110 section
 * 7.6.3.
 * Owns:    `*out` borrows the value.
 * Errors:  returns 1, or 0 at the end, or
 *          -EINVAL  it is none: `*rest` is empty */
EDO_MUST_USE EDO_API int edo_via_next(edo_via *out, edo_str *rest);

/** Appends an element, behind ", " if the buffer is not empty.
 * Errors:  -EINVAL  it could not be read back
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_via_print(const edo_via *self, edo_buf *out);

/* One link of Link. */
typedef struct edo_link {
    edo_str target; /* a reference: edo_uri_parse(), edo_uri_resolve() */
    edo_str rel;    /* relations with blanks between them */
    edo_str anchor, media, hreflang, type, title;
    edo_str title_long; /* title*: as edo_disposition.filename_long */
    edo_str as;         /* of a preload: "style", "script" */
    edo_str params;     /* all parameters: edo_header_param_next() */
} edo_link;

/** Takes the next link off `*rest`, which is the value of Link at first. Of several parameters with
 * one name the first counts. Spec: RFC 8288.
 * Owns:    `*out` borrows the value.
 * Errors:  returns 1, or 0 at the end, or
 *          -EINVAL  it is none: `*rest` is empty */
EDO_MUST_USE EDO_API int edo_link_next(edo_link *out, edo_str *rest);

/** Appends a link without its `params`, behind ", " if the buffer is not empty.
 * Errors:  -EINVAL  it could not be read back
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_link_print(const edo_link *self, edo_buf *out);

EDO_END_DECLS

#endif
