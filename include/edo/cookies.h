/* SPDX-License-Identifier: MIT */
/* edo/cookies.h: cookies of the requests and responses of edo/web.h: plain, signed, and private. In
 * libedo-web.
 *
 *     edo_str theme = edo_cookies_get(w, "theme");
 *     int err = edo_cookies_set(w, "theme", EDO_STR("dark"), NULL);
 *
 *     edo_cookie_keys *keys;         // once, at the start
 *     const edo_cookie_key key = { .secret = master, .is_master = true };
 *     int err = edo_cookie_keys_new(&keys, &key, 1);
 *     ...
 *     err = edo_cookies_set_signed(w, keys, "user", EDO_STR("17"), NULL);
 *     err = edo_cookies_get_signed(w, keys, "user", &user);      // -EBADMSG: another one wrote it
 *
 * A cookie that was set is in the response, as one Set-Cookie field for each cookie that has
 * changed, and is what the functions that get return from then on. Set cookies before the
 * response's head is sent: later they say nothing to the client.
 *
 * A signed cookie can be read by everybody and written by nobody else: HMAC-SHA256 over its name
 * and its value, so it is no other cookie's value either. A private one can be read by nobody else,
 * too: AES-256-GCM, to which the name belongs. Both need a build with libcrypto. Neither has a
 * time: a client may send an old value again, so put a date into those for which that matters.
 *
 * Unless a function says otherwise:
 * Threads: the handler's.   Waits: never.   Since: 0.1 */
#ifndef EDO_COOKIES_H
#define EDO_COOKIES_H

#include <edo/time.h>
#include <edo/web.h>

EDO_BEGIN_DECLS

/* When a browser sends a cookie along with a request that another site has begun. */
typedef enum edo_same_site {
    EDO_SAME_SITE_LAX, /* when a link is followed */
    EDO_SAME_SITE_STRICT,
    EDO_SAME_SITE_NONE /* always; needs Secure */
} edo_same_site;

/* Attributes of a cookie; all zero is the default, which is the safe one. */
typedef struct edo_cookie_opts {
    const char *path;     /* NULL: "/" */
    const char *domain;   /* also its subdomains get the cookie; NULL: this host alone */
    edo_duration max_age; /* rounded up to seconds; 0: until the browser ends */
    edo_same_site same_site;
    bool for_scripts;     /* without HttpOnly: the page's scripts may read it */
    bool plain_http;      /* without Secure: for servers without TLS in front of them */
    bool is_partitioned;  /* one for each site that the page is embedded in */
    uint64_t reserved[4]; /* must be 0 */
} edo_cookie_opts;

#define EDO_COOKIE_BYTES_MAX 4096u /* of name and value: browsers drop longer ones */

/** Returns the value of a cookie: as this request has set it, else as the client sent it (the first
 * one of the name, which has the longest path); NULL as its pointer if there is none, or if this
 * request has removed it. It is what the client says: anybody may have written it.
 * Owns:    borrows from the request and the response until the handler returns. */
EDO_API edo_str edo_cookies_get(edo_web *w, const char *name);

/** Sets a cookie, in the place of one of its name that this request has set. `opts` may be NULL.
 * Owns:    copies all.
 * Errors:  -EINVAL   the name is no token, the value has another byte than those of RFC 6265
 *                    section 4.1.1 (no blank, quote, comma, semicolon, backslash, nor one beyond
 *                    ASCII), an attribute is bad, or the name begins with __Host- (no domain, the
 *                    path "/", Secure) or __Secure- (Secure) and the attributes are not so
 *          -EMSGSIZE  more than EDO_COOKIE_BYTES_MAX
 *          -ENOMEM   cookies that were set may be lost */
EDO_MUST_USE EDO_API int edo_cookies_set(edo_web *w, const char *name, edo_str value,
                                         const edo_cookie_opts *opts);

/** Removes a cookie, whose path and domain have to be those with which it was set. If the client
 * has sent none of the name the response says nothing. `opts` may be NULL.
 * Owns: copies all.   Errors: as edo_cookies_set() */
EDO_MUST_USE EDO_API int edo_cookies_remove(edo_web *w, const char *name,
                                            const edo_cookie_opts *opts);

/* ---- Keys ------------------------------------------------------------------------------------ */

/* Keys for signed and private cookies. */
typedef struct edo_cookie_keys edo_cookie_keys;

#define EDO_COOKIE_KEY_BYTES    64u /* at least, of a key */
#define EDO_COOKIE_MASTER_BYTES 32u /* at least, of a master */
#define EDO_COOKIE_KEYS_MAX     16u
#define EDO_COOKIE_TRIES_MAX    16u /* cookies of one name that are tried */

/* One key: random bytes, of which the first 32 sign and the next 32 encrypt, or a master, from
 * which HKDF-SHA256 derives these (RFC 5869; no salt, info "edo cookies"). */
typedef struct edo_cookie_key {
    edo_str secret;
    bool is_master;
} edo_cookie_key;

/** Makes a list of keys. The first one is for new cookies, all are tried for those that come: to
 * change a key put the new one in front, and take the old one away once its cookies are gone.
 * Owns:    returns new in `*out`: edo_cookie_keys_unref(). Copies the keys.
 * Errors:  -EINVAL  none, more than EDO_COOKIE_KEYS_MAX, or one is too short
 *          -ENOTSUP  built without libcrypto;  -ENOMEM
 * Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_cookie_keys_new(edo_cookie_keys **out, const edo_cookie_key *keys,
                                             size_t n);

/** Returns one more reference to the keys.
 * Owns: shares `keys`.   Threads: any, at once. */
EDO_API edo_cookie_keys *edo_cookie_keys_ref(edo_cookie_keys *keys);

/** Gives a reference back; the last one overwrites the keys and frees them. NULL is allowed.
 * Owns: takes the reference.   Threads: any, at once. */
EDO_API void edo_cookie_keys_unref(edo_cookie_keys *keys);

/* ---- Signed and private ---------------------------------------------------------------------- */

/** Write the value of a signed, or of a private, cookie to `*out`. Of several of the name it is the
 * first one that was made with one of the keys, among EDO_COOKIE_TRIES_MAX of them.
 * Owns:    `*out` lives as long as the request.
 * Errors:  -ENOENT  there is none
 *          -EBADMSG  there is, but it was made with another key, for another name, or changed: that
 *                    is no line at WARN if the handler returns it; one that goes on without the
 *                    cookie calls edo_trail_clear()
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_cookies_get_signed(edo_web *w, const edo_cookie_keys *keys,
                                                const char *name, edo_str *out);
EDO_MUST_USE EDO_API int edo_cookies_get_private(edo_web *w, const edo_cookie_keys *keys,
                                                 const char *name, edo_str *out);

/** As edo_cookies_set(), signed (44 bytes longer) or private (of any bytes; 38 bytes longer, and by
 * a third).
 * Owns:    copies all.
 * Errors:  as edo_cookies_set(); -EIO  libcrypto failed;  those of
 *          edo_random() */
EDO_MUST_USE EDO_API int edo_cookies_set_signed(edo_web *w, const edo_cookie_keys *keys,
                                                const char *name, edo_str value,
                                                const edo_cookie_opts *opts);
EDO_MUST_USE EDO_API int edo_cookies_set_private(edo_web *w, const edo_cookie_keys *keys,
                                                 const char *name, edo_str value,
                                                 const edo_cookie_opts *opts);

EDO_END_DECLS

#endif
