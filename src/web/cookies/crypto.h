/* SPDX-License-Identifier: MIT */
/* web/cookies/crypto.h: the functions of libcrypto that cookies and passwords need. Without
 * libcrypto none of them is called, since no keys can be made, nor hashes. */
#ifndef EDOI_WEB_COOKIES_CRYPTO_H
#define EDOI_WEB_COOKIES_CRYPTO_H

#include <edo/bytes.h>
#include <edo/hmac.h>

#define EDOI_KEY_BYTES   32u /* bytes of each of the two keys */
#define EDOI_NONCE_BYTES 12u
#define EDOI_TAG_BYTES   16u

/* Is there a libcrypto? */
bool edoi_crypto_is_there(void);

/* Derives 64 bytes by HKDF-SHA256 without a salt (RFC 5869). Returns 0 or -EIO. */
int edoi_hkdf_sha256(unsigned char out[2 * EDO_HMAC_SHA256_BYTES], edo_str secret, edo_str info);

/* Encrypts with AES-256-GCM (NIST SP 800-38D). `to` has room for the text and the tag behind it.
 * Returns 0 or -EIO. */
int edoi_gcm_seal(unsigned char *to, const unsigned char key[EDOI_KEY_BYTES],
                  const unsigned char nonce[EDOI_NONCE_BYTES], edo_str ad, edo_str text);

/* Decrypts `sealed`, which ends with the tag. Returns 0, -EBADMSG or -EIO. */
int edoi_gcm_open(unsigned char *to, const unsigned char key[EDOI_KEY_BYTES],
                  const unsigned char nonce[EDOI_NONCE_BYTES], edo_str ad, edo_str sealed);

/* Fills `out` by scrypt (RFC 7914) with N = 2^log2_n. Returns 0, or -ENOMEM, as for nothing else it
 * fails with costs that are good. Computes for long: not for a worker's thread. */
int edoi_scrypt(unsigned char *out, size_t n, edo_str password, edo_str salt, uint32_t log2_n,
                uint32_t r, uint32_t p);

#endif
