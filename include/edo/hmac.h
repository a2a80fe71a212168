/* SPDX-License-Identifier: MIT */
/* edo/hmac.h: HMAC-SHA-256, the code of a text that only the holders of a key can make: signatures
 * of webhooks, of links, of requests to a cloud. In libedo-web.
 *
 *     uint8_t mac[EDO_HMAC_SHA256_BYTES];
 *     int err = edo_hmac_sha256(mac, key, body);
 *     edo_str right = { (const char *)mac, sizeof mac };
 *     if (err == 0 && !edo_str_equal_secret(given, right)) err = -EACCES;
 *
 * A code that came from elsewhere is compared by edo_str_equal_secret(), of edo/bytes.h: the time
 * of edo_str_equal() would tell how much of a guess is right. Signed and sealed cookies are made by
 * edo/cookies.h, hashes of passwords by edo/password.h. */
#ifndef EDO_HMAC_H
#define EDO_HMAC_H

#include <edo/bytes.h>

EDO_BEGIN_DECLS

#define EDO_HMAC_SHA256_BYTES 32 /* of a code */

/** Computes the code of `text` by `key`, which may have any length; fewer than 32 bytes are weak.
 * Owns:    borrows `key` and `text` until it returns. `mac` is as it was after a failure.
 * Errors:  -EINVAL   a key of more than INT_MAX bytes
 *          -ENOTSUP  the library was built without libcrypto
 *          -EIO      libcrypto does not do it: it has no memory, or is set up to refuse such a key
 * Threads: any, at once.   Waits: never.   Since: 0.1   Spec: RFC 2104, RFC 6234 */
EDO_MUST_USE EDO_API int edo_hmac_sha256(uint8_t mac[EDO_HMAC_SHA256_BYTES], edo_str key,
                                         edo_str text);

EDO_END_DECLS

#endif
