/* SPDX-License-Identifier: MIT */
/* edo/cookie_jar.h: the cookies of a client: what servers have set, and what they get back. In
 * libedo-client.
 *
 *     edo_cookie_jar *jar;
 *     int err = edo_cookie_jar_new(&jar, NULL);
 *     (void)edo_cookie_jar_store(jar, url, set_cookie);    // each Set-Cookie field of a response
 *     edo_buf cookie = { 0 };
 *     if (err == 0) err = edo_cookie_jar_print(jar, url, &cookie);   // the Cookie of a request
 *
 * The rules are those of RFC 6265bis (draft-ietf-httpbis-rfc6265bis), of a client that has no pages
 * of other sites: all requests are of the same site, and no script reads cookies. Secure cookies
 * are set and sent by https and wss alone, also to this machine. A cookie without a name is
 * refused.
 *
 * A cookie lives for 400 days at most, and one that names no time as long as the jar. A site has at
 * most EDO_COOKIE_JAR_SITE_MAX cookies, the jar EDO_COOKIE_JAR_MAX: beyond, those go whose time is
 * over, then the one that was not used for the longest time. A site is a name that can be bought,
 * with all names below it, by the list of public suffixes that libpsl has; no cookie goes beyond
 * its site. In a build without libpsl each host is a site of its own, and a cookie with another
 * Domain than its host is refused. An IPv6 address in another zone, "[fe80::1%25eth0]", is
 * another host.
 *
 * The jar is in memory. A program that keeps it writes what edo_cookie_jar_save() prints to a file.
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_COOKIE_JAR_H
#define EDO_COOKIE_JAR_H

#include <edo/base.h>
#include <edo/bytes.h>

EDO_BEGIN_DECLS

#define EDO_COOKIE_JAR_MAX            3000u
#define EDO_COOKIE_JAR_SITE_MAX       180u
#define EDO_COOKIE_JAR_BYTES_MAX      4096u /* of name and value */
#define EDO_COOKIE_JAR_ATTRIBUTE_MAX  1024u /* bytes of a domain or a path */
#define EDO_COOKIE_JAR_FIELD_MAX      8190u /* of the Cookie of a request: servers refuse more */
#define EDO_COOKIE_JAR_LIFETIME_MAX_S (400ll * 24 * 60 * 60)

typedef struct edo_cookie_jar edo_cookie_jar;

/* Options; all zero is the default. */
typedef struct edo_cookie_jar_opts {
    int64_t (*now)(void *arg); /* seconds since 1970, 0 or more; NULL: the system's clock. It is
                                  called on any thread, at once */
    void *arg;
    uint64_t reserved[4]; /* must be 0 */
} edo_cookie_jar_opts;

/** Makes an empty jar.
 * Owns:    returns new in `*out`: edo_cookie_jar_unref(). Copies `opts` (may be NULL), and borrows
 *          its `arg` for the life of the jar.
 * Errors:  -EINVAL  a reserved field is not 0;  -ENOMEM */
EDO_MUST_USE EDO_API int edo_cookie_jar_new(edo_cookie_jar **out, const edo_cookie_jar_opts *opts);

/** Returns one more reference to the jar.
 * Owns: shares `jar`. */
EDO_API edo_cookie_jar *edo_cookie_jar_ref(edo_cookie_jar *jar);

/** Gives a reference back; the last one frees the jar. NULL is allowed.
 * Owns: takes the reference. */
EDO_API void edo_cookie_jar_unref(edo_cookie_jar *jar);

/* ---- Requests and responses ------------------------------------------------------------------ */

/** Keeps what a Set-Cookie field of a response from `url` says: a new cookie, one in the place of
 * another with its name, domain and path, or, if its time is over, no longer one. A client goes on
 * after each of these errors.
 * Spec:    RFC 6265bis section 5.7.
 * Owns:    copies all.
 * Errors:  -EINVAL   `url` is none of http, https, ws or wss with a host
 *          -EBADMSG  the field is no cookie: no name, or a control character
 *          -EMSGSIZE  name and value have more than EDO_COOKIE_JAR_BYTES_MAX
 *          -EACCES   this URL may not set it: the domain is another, or a public suffix; it is
 *                    secure, or there is a secure one that it would hide, and the URL is not; its
 *                    name begins with __Host- or __Secure- and it is not as that says
 *          -ENOMEM   the jar has not changed */
EDO_MUST_USE EDO_API int edo_cookie_jar_store(edo_cookie_jar *jar, edo_str url, edo_str field);

/** Appends the value of the Cookie field for a request to `url`: nothing if there is no cookie for
 * it. Longer paths come first, and of equally long ones the older cookie. It is of
 * EDO_COOKIE_JAR_FIELD_MAX bytes at most: beyond, cookies of a whole domain are left out before
 * those of the host alone, and of each kind those that were not used for the longest time. So no
 * server can set that many that the next request is refused. A client has them take no more than
 * the other fields of a request leave, either.
 * Spec:    RFC 6265bis section 5.8.3.
 * Errors:  -EINVAL  as edo_cookie_jar_store();  -ENOMEM  nothing has changed */
EDO_MUST_USE EDO_API int edo_cookie_jar_print(edo_cookie_jar *jar, edo_str url, edo_buf *out);

/* ---- The cookies themselves ------------------------------------------------------------------ */

/* A cookie. */
typedef struct edo_cookie {
    edo_str name, value;
    edo_str domain;    /* in lower case, without a dot in front; an IPv6 address in brackets */
    edo_str path;      /* no bytes: "/" */
    edo_str same_site; /* "Strict", "Lax", "None"; NULL as its pointer: not said */
    int64_t expires;   /* seconds since 1970; 0: the jar's end */
    bool is_host_only; /* `domain` alone gets it, not the names below it */
    bool is_secure, is_http_only;
    uint64_t reserved[4]; /* must be 0 */
} edo_cookie;

/** Adds a cookie of the program's own, or puts it in the place of another.
 * Owns:    copies all.
 * Errors:  -EINVAL   it has no name, a byte that a cookie cannot have, no domain, or a path that
 *                    does not begin with "/"; a reserved field is not 0
 *          -EMSGSIZE, -EACCES, -ENOMEM  as edo_cookie_jar_store() */
EDO_MUST_USE EDO_API int edo_cookie_jar_add(edo_cookie_jar *jar, const edo_cookie *cookie);

/* Is called for a cookie, which is borrowed until it returns. A value that is not 0 ends the walk,
 * which returns it. It may call the jar. */
typedef int edo_cookie_fn(void *arg, const edo_cookie *cookie);

/** Calls `fn(arg, …)` for each cookie whose time is not over, as they are at the call, in the order
 * in which they came.
 * Errors:  -ENOMEM; else what `fn` returns
 * Waits: as `fn`. */
EDO_MUST_USE EDO_API int edo_cookie_jar_each(edo_cookie_jar *jar, edo_cookie_fn *fn, void *arg);

/** Removes all cookies. */
EDO_API void edo_cookie_jar_clear(edo_cookie_jar *jar);

/** Removes the cookies whose time is over, and returns how many those were. No other call needs
 * this: such cookies are sent no more. */
EDO_API size_t edo_cookie_jar_remove_expired(edo_cookie_jar *jar);

/* ---- Files ----------------------------------------------------------------------------------- */

/** Appends the cookies as a cookies.txt, as Netscape, curl and wget have it. Those that name no
 * time are in it, with the time 0. Not in it are cookies with a tab, for which the format has no
 * place, and what a cookie says of SameSite.
 * Errors:  -ENOMEM  nothing has changed */
EDO_MUST_USE EDO_API int edo_cookie_jar_save(edo_cookie_jar *jar, edo_buf *out);

/** Adds the cookies of a cookies.txt. Lines that are no cookie, or one that edo_cookie_jar_add()
 * refuses, are passed over; `*passed_over` (may be NULL) is how many. Comments and cookies whose
 * time is over are not counted.
 * Errors:  -ENOMEM  the lines in front are added */
EDO_MUST_USE EDO_API int edo_cookie_jar_load(edo_cookie_jar *jar, edo_str text,
                                             size_t *passed_over);

EDO_END_DECLS

#endif
