/* SPDX-License-Identifier: MIT */
/* web/cookies/crypto.c: see crypto.h. */
#include "web/cookies/crypto.h"

#include <errno.h>
#include <limits.h>

#ifdef EDOI_HAVE_CRYPTO
#    include <openssl/evp.h>
#    include <openssl/hmac.h>

bool edoi_crypto_is_there(void) {
    return true;
}

static const unsigned char *crypto_bytes_of(edo_str s) {
    return (const unsigned char *)s.ptr;
}

int edo_hmac_sha256(uint8_t mac[EDO_HMAC_SHA256_BYTES], edo_str key, edo_str text) {
    unsigned char out[EDO_HMAC_SHA256_BYTES];
    unsigned n;
    if (key.len > INT_MAX) return -EINVAL;
    const void *key_bytes = key.len > 0 ? key.ptr : ""; // not all versions take NULL for none
    if (!HMAC(EVP_sha256(), key_bytes, (int)key.len, crypto_bytes_of(text), text.len, out, &n))
        return -EIO;
    memcpy(mac, out, sizeof out);
    return 0;
}

#    define INFO_MAX 64

/* Computes T(1) = HMAC(PRK, info 1) and T(2) = HMAC(PRK, T(1) info 2). */
int edoi_hkdf_sha256(unsigned char out[2 * EDO_HMAC_SHA256_BYTES], edo_str secret, edo_str info) {
    static const char no_salt[EDO_HMAC_SHA256_BYTES] = { 0 };
    unsigned char prk[EDO_HMAC_SHA256_BYTES], text[EDO_HMAC_SHA256_BYTES + INFO_MAX + 1];
    if (info.len > INFO_MAX) return -EIO;
    int err = edo_hmac_sha256(prk, (edo_str){ no_salt, sizeof no_salt }, secret);
    edo_str key = { (const char *)prk, sizeof prk };
    memcpy(text + EDO_HMAC_SHA256_BYTES, info.ptr, info.len);
    text[EDO_HMAC_SHA256_BYTES + info.len] = 1;
    edo_str first = { (const char *)text + EDO_HMAC_SHA256_BYTES, info.len + 1 };
    if (err == 0) err = edo_hmac_sha256(out, key, first);
    if (err == 0) {
        memcpy(text, out, EDO_HMAC_SHA256_BYTES);
        text[EDO_HMAC_SHA256_BYTES + info.len] = 2;
        edo_str second = { (const char *)text, EDO_HMAC_SHA256_BYTES + info.len + 1 };
        err = edo_hmac_sha256(out + EDO_HMAC_SHA256_BYTES, key, second);
    }
    explicit_bzero(prk, sizeof prk);
    explicit_bzero(text, sizeof text);
    return err;
}

static bool seal(EVP_CIPHER_CTX *c, unsigned char *to, const unsigned char *key,
                 const unsigned char *nonce, edo_str ad, edo_str text) {
    int n = 0, last;
    return EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
           EVP_EncryptUpdate(c, NULL, &n, crypto_bytes_of(ad), (int)ad.len) == 1 &&
           EVP_EncryptUpdate(c, to, &n, crypto_bytes_of(text), (int)text.len) == 1 &&
           EVP_EncryptFinal_ex(c, to + n, &last) == 1 &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, EDOI_TAG_BYTES, to + text.len) == 1;
}

int edoi_gcm_seal(unsigned char *to, const unsigned char key[EDOI_KEY_BYTES],
                  const unsigned char nonce[EDOI_NONCE_BYTES], edo_str ad, edo_str text) {
    if (ad.len > INT_MAX || text.len > INT_MAX) return -EIO;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool is_done = c && seal(c, to, key, nonce, ad, text);
    EVP_CIPHER_CTX_free(c);
    return is_done ? 0 : -EIO;
}

/* Decrypts and verifies. Returns 0, -EBADMSG or -EIO. */
static int open_sealed(EVP_CIPHER_CTX *c, unsigned char *to, const unsigned char *key,
                       const unsigned char *nonce, edo_str ad, edo_str sealed) {
    int n = 0, last, len = (int)sealed.len - (int)EDOI_TAG_BYTES;
    unsigned char tag[EDOI_TAG_BYTES];
    memcpy(tag, sealed.ptr + len, sizeof tag);
    bool is_read = EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
                   EVP_DecryptUpdate(c, NULL, &n, crypto_bytes_of(ad), (int)ad.len) == 1 &&
                   EVP_DecryptUpdate(c, to, &n, crypto_bytes_of(sealed), len) == 1 &&
                   EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, EDOI_TAG_BYTES, tag) == 1;
    if (!is_read) return -EIO;
    return EVP_DecryptFinal_ex(c, to + n, &last) == 1 ? 0 : -EBADMSG;
}

int edoi_gcm_open(unsigned char *to, const unsigned char key[EDOI_KEY_BYTES],
                  const unsigned char nonce[EDOI_NONCE_BYTES], edo_str ad, edo_str sealed) {
    if (sealed.len < EDOI_TAG_BYTES) return -EBADMSG;
    if (ad.len > INT_MAX || sealed.len > INT_MAX) return -EIO;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int err = c ? open_sealed(c, to, key, nonce, ad, sealed) : -EIO;
    EVP_CIPHER_CTX_free(c);
    return err;
}
int edoi_scrypt(unsigned char *out, size_t n, edo_str password, edo_str salt, uint32_t log2_n,
                uint32_t r, uint32_t p) {
    const uint64_t bytes_max = UINT64_C(1) << 30; // the caller has a limit of its own
    return EVP_PBE_scrypt(password.ptr, password.len, crypto_bytes_of(salt), salt.len,
                          UINT64_C(1) << log2_n, r, p, bytes_max, out, n) == 1
               ? 0
               : -ENOMEM;
}

#else
bool edoi_crypto_is_there(void) {
    return false;
}

int edo_hmac_sha256(uint8_t mac[EDO_HMAC_SHA256_BYTES], edo_str key, edo_str text) {
    (void)mac, (void)key, (void)text;
    return -ENOTSUP;
}

int edoi_hkdf_sha256(unsigned char out[2 * EDO_HMAC_SHA256_BYTES], edo_str secret, edo_str info) {
    (void)out, (void)secret, (void)info;
    return -ENOTSUP;
}

int edoi_gcm_seal(unsigned char *to, const unsigned char key[EDOI_KEY_BYTES],
                  const unsigned char nonce[EDOI_NONCE_BYTES], edo_str ad, edo_str text) {
    (void)to, (void)key, (void)nonce, (void)ad, (void)text;
    return -ENOTSUP;
}

int edoi_gcm_open(unsigned char *to, const unsigned char key[EDOI_KEY_BYTES],
                  const unsigned char nonce[EDOI_NONCE_BYTES], edo_str ad, edo_str sealed) {
    (void)to, (void)key, (void)nonce, (void)ad, (void)sealed;
    return -ENOTSUP;
}

int edoi_scrypt(unsigned char *out, size_t n, edo_str password, edo_str salt, uint32_t log2_n,
                uint32_t r, uint32_t p) {
    (void)out, (void)n, (void)password, (void)salt, (void)log2_n, (void)r, (void)p;
    return -ENOTSUP;
}
#endif
