/* SPDX-License-Identifier: MIT */
/* web/cookies/secret.c: see cookies.h. */
#include "base/assert.h"
#include "web/cookies/cookies.h"

#include "web/cookies/crypto.h"

#include <edo/random.h>

#include <errno.h>

typedef struct key {
    unsigned char sign[EDOI_KEY_BYTES], seal[EDOI_KEY_BYTES];
} key;

struct edo_cookie_keys {
    size_t n;
    key keys[]; /* const after edo_cookie_keys_new() */
};

/* ---- Keys ------------------------------------------------------------------------------------ */

static void secret_deinit(void *self) {
    edo_cookie_keys *k = self;
    explicit_bzero(k->keys, k->n * sizeof(key));
}

static int secret_take_key(key *out, const edo_cookie_key *given) {
    unsigned char bytes[sizeof(key)];
    edo_str s = given->secret;
    if (s.len < (given->is_master ? EDO_COOKIE_MASTER_BYTES : EDO_COOKIE_KEY_BYTES)) return -EINVAL;
    int err = 0;
    if (given->is_master)
        err = edoi_hkdf_sha256(bytes, s, EDO_STR("edo cookies"));
    else
        memcpy(bytes, s.ptr, sizeof bytes);
    memcpy(out->sign, bytes, sizeof out->sign);
    memcpy(out->seal, bytes + sizeof out->sign, sizeof out->seal);
    explicit_bzero(bytes, sizeof bytes);
    return err;
}

int edo_cookie_keys_new(edo_cookie_keys **out, const edo_cookie_key *keys, size_t n) {
    if (n == 0 || n > EDO_COOKIE_KEYS_MAX) return -EINVAL;
    if (!edoi_crypto_is_there()) return -ENOTSUP;
    edo_cookie_keys *k = edo_rc_new(sizeof *k + n * sizeof(key), secret_deinit);
    if (!k) return -ENOMEM;
    k->n = n;
    int err = 0;
    for (size_t i = 0; i < n && err == 0; i++) err = secret_take_key(&k->keys[i], &keys[i]);
    if (err < 0)
        edo_cookie_keys_unref(k);
    else
        *out = k;
    return err;
}

edo_cookie_keys *edo_cookie_keys_ref(edo_cookie_keys *keys) {
    return edo_rc_ref(keys);
}

void edo_cookie_keys_unref(edo_cookie_keys *keys) {
    edo_rc_unref(keys);
}

/* ---- Signed ---------------------------------------------------------------------------------- */

static edo_str secret_text_of(const void *bytes, size_t n) {
    return (edo_str){ bytes, n };
}

/* Computes the digest of a name and a value. */
static int mac_of(unsigned char mac[EDO_HMAC_SHA256_BYTES], const key *k, edo_str name,
                  edo_str value) {
    edo_buf text = { 0 };
    int err = edo_buf_append(&text, name.ptr, name.len);
    if (err == 0) err = edo_buf_append(&text, "=", 1);
    if (err == 0) err = edo_buf_append(&text, value.ptr, value.len);
    if (err == 0)
        err = edo_hmac_sha256(mac, secret_text_of(k->sign, sizeof k->sign),
                              secret_text_of(text.ptr, text.len));
    edo_buf_deinit(&text);
    return err;
}

int edoi_cookie_sign(edo_buf *out, const edo_cookie_keys *keys, edo_str name, edo_str value) {
    unsigned char mac[EDO_HMAC_SHA256_BYTES];
    int err = mac_of(mac, &keys->keys[0], name, value);
    if (err == 0) err = edo_base64_encode(secret_text_of(mac, sizeof mac), out);
    return err < 0 ? err : edo_buf_append(out, value.ptr, value.len);
}

static int verify(edo_str *out, const edo_cookie_keys *keys, edo_str name, edo_str value,
                  const edo_buf *given) {
    for (size_t i = 0; i < keys->n; i++) {
        unsigned char mac[EDO_HMAC_SHA256_BYTES];
        int err = mac_of(mac, &keys->keys[i], name, value);
        if (err < 0) return err;
        if (!edo_str_equal_secret(edo_buf_str(given), secret_text_of(mac, sizeof mac))) continue;
        *out = value;
        return 0;
    }
    return -EBADMSG;
}

int edoi_cookie_verify(edo_str *out, const edo_cookie_keys *keys, edo_str name, edo_str text) {
    edo_buf given = { 0 };
    if (text.len < EDOI_COOKIE_MAC_TEXT) return -EBADMSG;
    edo_str value = { text.ptr + EDOI_COOKIE_MAC_TEXT, text.len - EDOI_COOKIE_MAC_TEXT };
    int err = edo_base64_decode(secret_text_of(text.ptr, EDOI_COOKIE_MAC_TEXT), EDO_BASE64_STRICT,
                                &given);
    if (err == -EINVAL || (err == 0 && given.len != EDO_HMAC_SHA256_BYTES)) err = -EBADMSG;
    if (err == 0) err = verify(out, keys, name, value, &given);
    edo_buf_deinit(&given);
    return err;
}

/* ---- Private --------------------------------------------------------------------------------- */

/* Seals a value. A nonce has 96 random bits: after 2^32 cookies of a key two are equal with a
 * probability of 2^-32 (NIST SP 800-38D section 8.3). */
int edoi_cookie_seal(edo_buf *out, const edo_cookie_keys *keys, edo_str name, edo_str value) {
    edo_buf sealed = { 0 };
    int err = edo_buf_reserve(&sealed, EDOI_NONCE_BYTES + value.len + EDOI_TAG_BYTES);
    unsigned char *to = (unsigned char *)sealed.ptr;
    if (err == 0) err = edo_random(to, EDOI_NONCE_BYTES);
    if (err == 0) err = edoi_gcm_seal(to + EDOI_NONCE_BYTES, keys->keys[0].seal, to, name, value);
    if (err == 0)
        err = edo_base64_encode(secret_text_of(to, EDOI_NONCE_BYTES + value.len + EDOI_TAG_BYTES),
                                out);
    edo_buf_deinit(&sealed);
    return err;
}

/* Unseals with the first key that fits. */
static int unseal(edo_buf *out, const edo_cookie_keys *keys, edo_str name, edo_str sealed) {
    const unsigned char *nonce = (const unsigned char *)sealed.ptr;
    EDO_ASSERT(sealed.len >= EDOI_NONCE_BYTES + EDOI_TAG_BYTES);
    edo_str rest = { sealed.ptr + EDOI_NONCE_BYTES, sealed.len - EDOI_NONCE_BYTES };
    int err = edo_buf_reserve(out, rest.len);
    unsigned char *to = err < 0 ? NULL : (unsigned char *)out->ptr + out->len;
    if (err == 0) err = -EBADMSG;
    for (size_t i = 0; i < keys->n && err == -EBADMSG; i++)
        err = edoi_gcm_open(to, keys->keys[i].seal, nonce, name, rest);
    if (err == 0) out->len += rest.len - EDOI_TAG_BYTES;
    return err;
}

int edoi_cookie_unseal(edo_buf *out, const edo_cookie_keys *keys, edo_str name, edo_str text) {
    edo_buf sealed = { 0 };
    int err = edo_base64_decode(text, EDO_BASE64_STRICT, &sealed);
    if (err == -EINVAL) err = -EBADMSG;
    if (err == 0 && sealed.len < EDOI_NONCE_BYTES + EDOI_TAG_BYTES) err = -EBADMSG;
    if (err == 0) err = unseal(out, keys, name, secret_text_of(sealed.ptr, sealed.len));
    edo_buf_deinit(&sealed);
    return err;
}
