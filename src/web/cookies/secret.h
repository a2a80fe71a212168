/* SPDX-License-Identifier: MIT */
/* web/cookies/secret.h: values of cookies that only the server can write.
 *
 *     signed    base64(HMAC-SHA256(sign key, name "=" value)) value
 *     private   base64(nonce ciphertext tag), AES-256-GCM, whose additional data are the name
 *
 * A name is a token, so it has no "=": no other pair of name and value has the digest. */
#ifndef EDOI_WEB_COOKIES_SECRET_H
#define EDOI_WEB_COOKIES_SECRET_H

#include <edo/cookies.h>

#define EDOI_COOKIE_MAC_TEXT 44u /* base64 of 32 bytes */

/* Append the value that the client gets, made with the first key. Return 0 or a negative code. */
int edoi_cookie_sign(edo_buf *out, const edo_cookie_keys *keys, edo_str name, edo_str value);
int edoi_cookie_seal(edo_buf *out, const edo_cookie_keys *keys, edo_str name, edo_str value);

/* Write what was signed to `*out`, a view into `text`; append what was sealed to `out`. Return 0,
 * -EBADMSG if `text` was not made with one of the keys for this name, or -ENOMEM. */
int edoi_cookie_verify(edo_str *out, const edo_cookie_keys *keys, edo_str name, edo_str text);
int edoi_cookie_unseal(edo_buf *out, const edo_cookie_keys *keys, edo_str name, edo_str text);

#endif
