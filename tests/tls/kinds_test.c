/* SPDX-License-Identifier: MIT */
/* Goal: of certificates with the same names a client gets one whose signature it can check; two of
 * one kind are no choice, and are refused.
 * Method: `openssl s_client` with the signatures and suites that it says it knows. */
#include "others.h"

typedef struct offer {
    const char *version, *option, *value;
    const char *shown; /* NULL: there is no handshake */
} offer;

static const offer offers[] = {
    { "-tls1_3", "-sigalgs", "rsa_pss_rsae_sha256", "signature type: RSA-PSS" },
    { "-tls1_3", "-sigalgs", "ecdsa_secp256r1_sha256", "signature type: ECDSA" },
    { "-tls1_3", "-sigalgs", "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256",
      "signature type: ECDSA" },
    { "-tls1_3", "-sigalgs", "rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256",
      "signature type: ECDSA" }, // which is the server's choice
    { "-tls1_3", "-sigalgs", "ed25519", NULL },
    { "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA" },
    { "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA" },
    { "-tls1_2", "-sigalgs", "RSA+SHA256", "ECDHE-RSA" },
    { "-tls1_2", "-sigalgs", "ECDSA+SHA256", "ECDHE-ECDSA" },
};

static void check_offer(const echo_server *at, const char *ca, const offer *o) {
    static char out[RUN_OUT_MAX];
    const char *const more[] = { o->version, o->option, o->value, NULL };
    int status = run_s_client(out, at, ca, more);
    CHECK((status == 0) == (o->shown != NULL));
    if (o->shown && !strstr(out, o->shown)) edo_test_fail("%s: %.2000s", o->value, out);
}

static int shows_what_is_known(void *arg) {
    const bool *rsa_first = arg;
    authority ca = authority_make("test authority");
    folder files = folder_make();
    const char *roots = folder_put(&files, "ca.pem", ca.pem);
    pair_texts ecdsa = pair_make(&(cert_opts){ .name = HOST, .issuer = &ca.ca });
    pair_texts rsa = pair_make(&(cert_opts){ .name = HOST, .issuer = &ca.ca, .rsa_bits = 2048 });
    const edo_tls_pair pairs[] = { *rsa_first ? rsa.pair : ecdsa.pair,
                                   *rsa_first ? ecdsa.pair : rsa.pair };
    edo_tls_server *server;
    echo_server at;
    CHECK_EQ(edo_tls_server_new(&server, &(edo_tls_server_opts){ .pairs = pairs, .pairs_n = 2 }),
             0);
    echo_begin(&at, server);
    for (size_t i = 0; i < EDO_COUNT(offers); i++) check_offer(&at, roots, &offers[i]);
    CHECK_EQ(at.last_err, -EDO_ETLS);
    CHECK(strstr(at.said, "OpenSSL: no suitable signature algorithm") != NULL);
    echo_end(&at);
    edo_tls_server_unref(server);
    pair_free(&ecdsa);
    pair_free(&rsa);
    folder_free(&files);
    authority_free(&ca);
    return 0;
}

static void client_gets_a_certificate_that_it_can_check(void **state) {
    (void)state;
    bool rsa_first[] = { false, true };
    for (size_t i = 0; i < EDO_COUNT(rsa_first); i++)
        assert_int_equal(inside_now(shows_what_is_known, &rsa_first[i]), 0);
}

static void second_pair_of_a_kind_is_refused(void **state) {
    (void)state;
    static const int bits[][3] = { { 0, 0 }, { 0, 2048, 0 }, { 0, 2048, 3072 }, { 2048, 2048 } };
    static const size_t bits_n[] = { 2, 3, 3, 2 };
    for (size_t i = 0; i < EDO_COUNT(bits); i++) {
        edo_tls_pair pairs[3];
        pair_texts texts[3];
        edo_tls_server *server;
        folder files = folder_make();
        for (size_t k = 0; k < bits_n[i]; k++) {
            texts[k] = pair_make(&(cert_opts){ .name = HOST, .rsa_bits = bits[i][k] });
            pairs[k] = texts[k].pair;
        }
        const char *last = folder_put(&files, "last.pem", texts[bits_n[i] - 1].cert);
        pairs[bits_n[i] - 1].cert = last;
        pairs[bits_n[i] - 1].cert_pem = EDO_STR("");
        char said[1024];
        edo_tls_server_opts opts = { .pairs = pairs, .pairs_n = bits_n[i] };
        int err = edo_tls_server_new(&server, &opts);
        assert_int_equal(err, -EDO_ECERT);
        (void)edo_trail_print_text(said, sizeof said, err, EDO_TRAIL_LINE);
        edo_trail_clear();
        assert_non_null(strstr(said, last));
        assert_non_null(strstr(said, "a pair before it has the same names and kind of key"));
        opts.pairs_n--; // without it all is in order
        assert_int_equal(edo_tls_server_new(&server, &opts), 0);
        edo_tls_server_unref(server);
        for (size_t k = 0; k < bits_n[i]; k++) pair_free(&texts[k]);
        folder_free(&files);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_gets_a_certificate_that_it_can_check),
        cmocka_unit_test(second_pair_of_a_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
