/* SPDX-License-Identifier: MIT */
/* web/cookies/crypto.h: the functions of libcrypto that cookies need. Without it none of them can
 * be reached, as no keys can be made. */
#ifndef EDOI_WEB_COOKIES_CRYPTO_H
#define EDOI_WEB_COOKIES_CRYPTO_H

#include <edo/bytes.h>

#define EDOI_MAC_BYTES   32u /* HMAC-SHA256 */
#define EDOI_KEY_BYTES   32u /* of each kind */
#define EDOI_NONCE_BYTES 12u
#define EDOI_TAG_BYTES   16u

/* Is there a libcrypto? */
bool edoi_crypto_is_there(void);

/* HMAC-SHA256 (RFC 2104). Returns 0 or -EIO. */
int edoi_hmac_sha256(unsigned char out[EDOI_MAC_BYTES], edo_str key, edo_str text);

/* Derives 64 bytes by HKDF-SHA256 without a salt (RFC 5869). Returns 0 or -EIO. */
int edoi_hkdf_sha256(unsigned char out[2 * EDOI_MAC_BYTES], edo_str secret, edo_str info);

/* AES-256-GCM (NIST SP 800-38D): `to` has room for the text, and a tag goes behind it. Returns 0 or
 * -EIO. */
int edoi_gcm_seal(unsigned char *to, const unsigned char key[EDOI_KEY_BYTES],
                  const unsigned char nonce[EDOI_NONCE_BYTES], edo_str ad, edo_str text);

/* The reverse: `sealed` has a tag at its end. Returns 0, -EBADMSG or -EIO. */
int edoi_gcm_open(unsigned char *to, const unsigned char key[EDOI_KEY_BYTES],
                  const unsigned char nonce[EDOI_NONCE_BYTES], edo_str ad, edo_str sealed);

/* Are the bytes equal? Takes a time that does not tell where they differ. */
bool edoi_is_equal_secret(const void *a, const void *b, size_t n);

#endif
