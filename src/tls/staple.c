/* SPDX-License-Identifier: MIT */
/* tls/staple.c: see staple.h. */
#include "tls/staple.h"

#include "tls/setup.h"
#include "tls/stream/fault.h"

#include <errno.h>
#include <openssl/ocsp.h>
#include <string.h>

#define CLOCKS_DIFFER_S 300 /* a response may be that young */

static int staple_fault(const char *file, const char *what) {
    return edo_fail(-EDO_ECERT, "%s: %s", file, what);
}

/* ---- Checks ---------------------------------------------------------------------------------- */

/* Is the answer for this certificate? Without its issuer by the number alone. */
static bool staple_is_for(const OCSP_CERTID *id, const X509 *leaf, const X509 *issuer) {
    ASN1_OBJECT *digest = NULL;
    ASN1_INTEGER *serial = NULL;
    (void)OCSP_id_get0_info(NULL, &digest, NULL, &serial, (OCSP_CERTID *)(uintptr_t)id);
    if (!issuer) return ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(leaf)) == 0;
    const EVP_MD *md = EVP_get_digestbyobj(digest);
    OCSP_CERTID *ours = md ? OCSP_cert_to_id(md, leaf, issuer) : NULL;
    bool is_for = ours && OCSP_id_cmp(ours, id) == 0;
    OCSP_CERTID_free(ours);
    return is_for;
}

static OCSP_SINGLERESP *staple_find(OCSP_BASICRESP *basic, const X509 *leaf, const X509 *issuer) {
    for (int i = 0; i < OCSP_resp_count(basic); i++) {
        OCSP_SINGLERESP *one = OCSP_resp_get0(basic, i);
        if (staple_is_for(OCSP_SINGLERESP_get0_id(one), leaf, issuer)) return one;
    }
    return NULL;
}

static int staple_fail_old(const char *file, const ASN1_GENERALIZEDTIME *next) {
    char ago[40];
    edoi_tls_distance_print(ago, sizeof ago, next);
    return edo_fail(-EDO_ECERT, "%s: the OCSP response expired %s ago", file, ago);
}

/* What it says, and for how long. */
static int staple_check_answer(edoi_tls_staple *self, OCSP_SINGLERESP *one, const char *file) {
    ASN1_GENERALIZEDTIME *from = NULL, *next = NULL;
    int state = OCSP_single_get0_status(one, NULL, NULL, &from, &next);
    if (state == V_OCSP_CERTSTATUS_REVOKED)
        return staple_fault(file, "the OCSP response says that the certificate was revoked");
    if (state != V_OCSP_CERTSTATUS_GOOD)
        return staple_fault(file, "the OCSP response says that the certificate is unknown");
    if (OCSP_check_validity(from, NULL, CLOCKS_DIFFER_S, -1) != 1)
        return staple_fault(file, "the OCSP response is not valid yet");
    self->until_s = INT64_MAX;
    if (!next) return 0;
    if (!edoi_tls_wall_of(&self->until_s, next))
        return staple_fault(file, "the OCSP response has no time that can be read");
    return self->until_s <= edoi_tls_wall_s() ? staple_fail_old(file, next) : 0;
}

/* By the issuer, or by one that it has entrusted with that. */
static int staple_check_signature(OCSP_BASICRESP *basic, X509 *issuer, const char *file) {
    X509_STORE *store = X509_STORE_new();
    bool is_set = store && X509_STORE_add_cert(store, issuer) == 1 &&
                  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1;
    STACK_OF(X509) *alone = is_set ? sk_X509_new_null() : NULL;
    int err = alone && sk_X509_push(alone, issuer) > 0 ? 0 : -ENOMEM;
    if (err == 0 && OCSP_basic_verify(basic, alone, store, OCSP_NOEXPLICIT) != 1)
        err = edoi_tls_setup_fault(-EDO_ECERT, "the OCSP response is signed by somebody else");
    if (err == -EDO_ECERT) (void)edo_fail(err, "%s", file);
    sk_X509_free(alone);
    X509_STORE_free(store);
    return err;
}

static X509 *staple_issuer(X509 *leaf, const STACK_OF(X509) * chain) {
    for (int i = 0; i < sk_X509_num(chain); i++)
        if (X509_check_issued(sk_X509_value(chain, i), leaf) == X509_V_OK)
            return sk_X509_value(chain, i);
    return X509_check_issued(leaf, leaf) == X509_V_OK ? leaf : NULL;
}

static int staple_check(edoi_tls_staple *self, OCSP_RESPONSE *response, X509 *issuer,
                        const char *file) {
    int state = OCSP_response_status(response);
    if (state != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        return edo_fail(-EDO_ECERT, "%s: the OCSP responder had no answer: %s", file,
                        OCSP_response_status_str(state));
    OCSP_BASICRESP *basic = OCSP_response_get1_basic(response);
    if (!basic) return staple_fault(file, "not an OCSP response in DER");
    OCSP_SINGLERESP *one = staple_find(basic, self->leaf, issuer);
    int err = one ? staple_check_answer(self, one, file)
                  : staple_fault(file, "the OCSP response is for another certificate");
    if (err == 0 && issuer) err = staple_check_signature(basic, issuer, file);
    OCSP_BASICRESP_free(basic);
    return err;
}

/* ---- A staple -------------------------------------------------------------------------------- */

int edoi_tls_staple_load(edoi_tls_staple *out, const char *file, X509 *leaf,
                         STACK_OF(X509) * chain) {
    edoi_tls_staple self = { .leaf = leaf };
    int err = edoi_tls_read_file(&self.der, file);
    if (err < 0) return err;
    ERR_clear_error();
    const unsigned char *at = (const unsigned char *)self.der.ptr;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)self.der.len);
    err = response ? staple_check(&self, response, staple_issuer(leaf, chain), file)
                   : staple_fault(file, "not an OCSP response in DER");
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    if (err < 0) {
        edo_buf_deinit(&self.der);
        return err;
    }
    (void)X509_up_ref(leaf);
    *out = self;
    return 0;
}

int edoi_tls_staple_verify(SSL *ssl, int64_t *until_s) {
    static const char by_server[] = "of the server";
    const STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
    const unsigned char *der = NULL;
    long n = SSL_get_tlsext_status_ocsp_resp(ssl, &der);
    if (!der || n <= 0)
        return edo_fail(-EDO_ECERT, "the server shows no OCSP response, which is required");
    X509 *leaf = sk_X509_value(chain, 0), *issuer = sk_X509_value(chain, 1);
    if (!leaf) return staple_fault(by_server, "a certificate that was not verified");
    edoi_tls_staple self = { .leaf = leaf };
    if (!issuer) issuer = leaf; // it is a root itself
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &der, n);
    int err = response ? staple_check(&self, response, issuer, by_server)
                       : staple_fault(by_server, "not an OCSP response in DER");
    OCSP_RESPONSE_free(response);
    if (err == 0 && self.until_s == INT64_MAX) // it could be shown again once the key is stolen
        err = staple_fault(by_server, "the OCSP response does not say until when it holds");
    if (err == 0) *until_s = self.until_s;
    return err;
}

void edoi_tls_staple_deinit(edoi_tls_staple *self) {
    X509_free(self->leaf);
    edo_buf_deinit(&self->der);
}

int edoi_tls_staple_show(SSL *ssl, const edoi_tls_staple *all, size_t n) {
    const X509 *leaf = SSL_get_certificate(ssl);
    size_t i = 0;
    while (i < n && (!leaf || X509_cmp(all[i].leaf, leaf) != 0)) i++;
    if (i == n || all[i].until_s <= edoi_tls_wall_s()) return SSL_TLSEXT_ERR_NOACK;
    unsigned char *copy = OPENSSL_memdup(all[i].der.ptr, all[i].der.len);
    if (!copy) return SSL_TLSEXT_ERR_NOACK; // a handshake is worth more than this
    (void)SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)all[i].der.len); // takes it
    return SSL_TLSEXT_ERR_OK;
}
