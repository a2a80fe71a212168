/* SPDX-License-Identifier: MIT */
/* edo/uri.h: addresses of resources: take apart, put together, resolve, encode (RFC 3986). In
 * libedo-http.
 *
 * Parts are views into the text, and as they were written: "%2F" stays "%2F". A part that is not
 * there has NULL as its pointer, an empty one has not: "http://a?" has an empty query.
 *
 * Unless a function says otherwise:
 * Threads: one at a time for `out`.   Waits: never.   Since: 0.1 */
#ifndef EDO_URI_H
#define EDO_URI_H

#include <edo/base.h>
#include <edo/bytes.h>
#include <edo/error.h>
#include <edo/http.h>

EDO_BEGIN_DECLS

#define EDO_URI_MAX        65534 /* bytes */
#define EDO_URI_SCHEME_MAX 64    /* bytes of a scheme */

/* The parts of a URI, or of a reference to one, which has no scheme. */
typedef struct edo_uri {
    edo_str scheme;
    edo_str userinfo; /* "name:password"; never to be logged */
    edo_str host;     /* an IPv6 address in its brackets; there exactly if an authority is */
    edo_str port;     /* digits, perhaps none */
    edo_str path;     /* always there, perhaps empty */
    edo_str query;
    edo_str fragment;
} edo_uri;

/** Takes a URI, or a reference to one, apart.
 * Owns:    the parts borrow `text`.
 * Errors:  -EINVAL        it breaks the grammar of RFC 3986, which is ASCII: a host with other
 *                         letters is written as the DNS has it, "xn--..."
 *          -EDO_ETOOLONG  it has more than EDO_URI_MAX bytes, or its scheme more than
 *                         EDO_URI_SCHEME_MAX
 *          In each case `*out` is untouched.
 * Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_uri_parse(edo_uri *out, edo_str text);

/** Takes the target of a request apart (RFC 9112 section 3.2): a path with a query; a URI with
 * scheme and host, as to a proxy; host and port, of CONNECT and no other method; or "*", of OPTIONS
 * and methods that edo does not know, which is then the path.
 *
 * Bytes from 0x21 to 0x7e that RFC 3986 does not allow in paths and queries are taken as they are,
 * since browsers send them. A fragment is dropped.
 * Owns: the parts borrow `target`.   Errors: as edo_uri_parse()   Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_uri_parse_target(edo_uri *out, edo_method method, edo_str target);

/** Takes a host with or without a port apart, as the Host field has it; all other parts are not
 * there.
 * Owns:    the parts borrow `text`.
 * Errors:  -EINVAL  it is none, or has a userinfo, or the host is empty: `*out` is untouched
 * Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_uri_parse_authority(edo_uri *out, edo_str text);

/** Returns the port: the one that is written, else that of the scheme http, https, ws or wss, else
 * 0. `uri->port.ptr` tells whether one was written.
 * Errors: -ERANGE  the port is above 65535   Threads: any, at once. */
EDO_API int edo_uri_port(const edo_uri *uri);

/** Puts the parts together, behind what `out` has: the builder. The parts are taken as they are.
 * Spec:    RFC 3986 section 5.3.
 * Errors:  -EINVAL  the text would be taken apart in another way: a userinfo or port without a
 *                   host, a path that does not fit, a byte that a part cannot have
 *          -ENOMEM
 *          In each case nothing has changed. */
EDO_MUST_USE EDO_API int edo_uri_print(const edo_uri *uri, edo_buf *out);

/** Appends the URI without its userinfo, for logs.
 * Errors:  as edo_uri_print() */
EDO_MUST_USE EDO_API int edo_uri_print_public(const edo_uri *uri, edo_buf *out);

/** Appends the URI to which `ref` leads from `base`, without "." and ".." in its path. Spec: RFC
 * 3986 section 5.2, strict: "http:g" stays what it is.
 * Errors:  -EINVAL  `base` has no scheme
 *          -ENOMEM
 *          In each case nothing has changed. */
EDO_MUST_USE EDO_API int edo_uri_resolve(const edo_uri *base, const edo_uri *ref, edo_buf *out);

/** Appends the URI in the one form that all its equals share: scheme and host in lower case,
 * percent sequences in upper case and only where they are needed, no "." and ".." in the path; for
 * http and https no default port, and "/" for an empty path. Spec: RFC 3986 section 6.2.
 * Errors:  -ENOMEM  nothing has changed */
EDO_MUST_USE EDO_API int edo_uri_normalize(const edo_uri *uri, edo_buf *out);

/** Appends the URL to which a link leads, such as an `href` of the page at `base`, in the one form
 * of its equals (edo_uri_normalize()), without its fragment, which is for the client alone, and
 * without its userinfo: no page has others log in. For crawlers.
 * Errors:  -EINVAL  `base` or `link` is no URI, or `base` has no scheme;  -EDO_ETOOLONG
 *          -ENOMEM; in each case nothing has changed */
EDO_MUST_USE EDO_API int edo_uri_follow(edo_buf *out, edo_str base, edo_str link);

/** Appends bytes so that they can stand in one segment of a path, or in a name or value of a query:
 * all but letters, digits and "-._~" as percent sequences.
 * Errors:  -ENOMEM  nothing has changed */
EDO_MUST_USE EDO_API int edo_uri_encode(edo_str bytes, edo_buf *out);

/** Appends the bytes that a text with percent sequences stands for: the result may have any bytes.
 * To be called once for each text, after it was cut into segments or names and values.
 * Errors:  -EINVAL  a percent sign without two hexadecimal digits
 *          -ENOMEM
 *          In each case nothing has changed. */
EDO_MUST_USE EDO_API int edo_uri_decode(edo_str text, edo_buf *out);

EDO_END_DECLS

#endif
