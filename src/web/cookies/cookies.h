/* SPDX-License-Identifier: MIT */
/* web/cookies/cookies.h: cookies for other parts of libedo-web, and values that only the server can
 * make:
 *
 *     signed    base64(HMAC-SHA256(sign key, name "=" value)) value
 *     private   base64(nonce ciphertext tag), AES-256-GCM, whose additional data are the name
 *
 * A name is a token, so it has no "=": no other pair of name and value has the same digest. */
#ifndef EDOI_WEB_COOKIES_COOKIES_H
#define EDOI_WEB_COOKIES_COOKIES_H

#include <edo/cookies.h>

/* Would edo_cookies_set() take the name and the attributes? Returns 0 or the code of its
 * failure. */
int edoi_cookie_check(const char *name, const edo_cookie_opts *opts);

#define EDOI_COOKIE_MAC_TEXT 44u /* base64 of 32 bytes */

/* Append the value for the client, made with the first key. Return 0 or a negative code. */
int edoi_cookie_sign(edo_buf *out, const edo_cookie_keys *keys, edo_str name, edo_str value);
int edoi_cookie_seal(edo_buf *out, const edo_cookie_keys *keys, edo_str name, edo_str value);

/* The first sets `*out` to the signed value, a view into `text`; the second appends the value that
 * was sealed to `out`. Return 0, -EBADMSG if `text` was not made with one of the keys for this
 * name, or -ENOMEM. */
int edoi_cookie_verify(edo_str *out, const edo_cookie_keys *keys, edo_str name, edo_str text);
int edoi_cookie_unseal(edo_buf *out, const edo_cookie_keys *keys, edo_str name, edo_str text);

#endif
