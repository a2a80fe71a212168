/* SPDX-License-Identifier: MIT */
/* tls/pins.c: see pins.h. */
#include "tls/pins.h"

#include <edo/bytes.h>

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#define KIND "sha256//"

static int pin_add(edoi_tls_pins *self, edo_str pin) {
    size_t before = self->keys.len, kind = strlen(KIND);
    int err = pin.len > kind && memcmp(pin.ptr, KIND, kind) == 0 ? 0 : -EINVAL;
    if (err == 0)
        err = edo_base64_decode((edo_str){ pin.ptr + kind, pin.len - kind }, EDO_BASE64_STRICT,
                                &self->keys);
    if (err == -ENOMEM || (err == 0 && self->keys.len - before == EDOI_TLS_PIN_BYTES)) return err;
    return edo_fail(-EINVAL, "a pin is sha256// and 44 characters of base64, not %.*s",
                    pin.len < 80 ? (int)pin.len : 80, pin.ptr);
}

int edoi_tls_pins_parse(edoi_tls_pins *out, const char *text) {
    edoi_tls_pins pins = { 0 };
    int err = 0;
    for (size_t n; text && err == 0; text = text[n] ? text + n + 1 : NULL) {
        n = strcspn(text, ";");
        err = pin_add(&pins, (edo_str){ text, n });
    }
    if (err < 0) {
        edo_buf_deinit(&pins.keys);
        return err;
    }
    *out = pins;
    return 0;
}

void edoi_tls_pins_deinit(edoi_tls_pins *self) {
    edo_buf_deinit(&self->keys);
}

/* Is the key of this certificate pinned? Returns 1, 0 or -ENOMEM. */
static int pins_fit_cert(const edoi_tls_pins *self, const X509 *cert) {
    unsigned char *der = NULL, key[EVP_MAX_MD_SIZE];
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    if (n <= 0) return -ENOMEM;
    int ok = EVP_Digest(der, (size_t)n, key, NULL, EVP_sha256(), NULL);
    OPENSSL_free(der);
    if (ok != 1) return -ENOMEM;
    for (size_t at = 0; at < self->keys.len; at += EDOI_TLS_PIN_BYTES)
        if (memcmp(self->keys.ptr + at, key, EDOI_TLS_PIN_BYTES) == 0) return 1;
    return 0;
}

int edoi_tls_pins_fit(const edoi_tls_pins *self, const STACK_OF(X509) * chain) {
    int fits = 0;
    for (int i = 0; i < sk_X509_num(chain) && fits == 0; i++)
        fits = pins_fit_cert(self, sk_X509_value(chain, i));
    return fits;
}
