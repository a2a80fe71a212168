/* SPDX-License-Identifier: MIT */
/* Goal: a server shows clients that ask what the authority says of its certificate, as long as that
 * holds; what does not hold, or is of another certificate, it does not begin with.
 * Method: a response by `openssl ocsp`, seen by `openssl s_client`; others that the test makes with
 * one thing wrong each; a wall clock that the test moves. */
#include "others.h"

#include <openssl/ocsp.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DAY (24L * 3600)

static atomic_long ahead_s; /* of the wall clock */

int clock_gettime(clockid_t clock, struct timespec *out) {
    int err = (int)syscall(SYS_clock_gettime, clock, out);
    if (clock == CLOCK_REALTIME) out->tv_sec += atomic_load(&ahead_s);
    return err;
}

typedef struct stapled {
    folder files;
    cert ca, leaf, rsa;
    char *ca_pem;
    const char *chain, *key, *ca_file, *ca_key;
} stapled;

static void stapled_begin(stapled *s) {
    *s = (stapled){ .files = folder_make(),
                    .ca = cert_make(&(cert_opts){ .name = "test authority", .use = CERT_CA }) };
    s->leaf = cert_make(&(cert_opts){ .name = HOST, .issuer = &s->ca });
    s->rsa = cert_make(&(cert_opts){ .name = HOST, .issuer = &s->ca, .rsa_bits = 2048 });
    char *chain = cert_pem((const cert *const[]){ &s->leaf, &s->ca }, 2);
    char *key = cert_key_pem(&s->leaf), *ca_key = cert_key_pem(&s->ca);
    s->ca_pem = cert_pem((const cert *const[]){ &s->ca }, 1);
    s->chain = folder_put(&s->files, "chain.pem", chain);
    s->key = folder_put(&s->files, "key.pem", key);
    s->ca_file = folder_put(&s->files, "ca.pem", s->ca_pem);
    s->ca_key = folder_put(&s->files, "ca.key", ca_key);
    free(chain), free(key), free(ca_key);
}

static void stapled_end(stapled *s) {
    cert_free(&s->ca);
    cert_free(&s->leaf);
    cert_free(&s->rsa);
    free(s->ca_pem);
    folder_free(&s->files);
}

/* ---- Responses ------------------------------------------------------------------------------- */

typedef struct response {
    const cert *by, *issuer, *of;
    int state;
    long from_s, to_s; /* from now; `to_s` 0: none is said */
} response;

/* Writes it to the file; the name was given to the folder before. */
static void put_response(const char *path, const response *r) {
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    ASN1_TIME *from = X509_gmtime_adj(NULL, r->from_s);
    ASN1_TIME *to = r->to_s != 0 ? X509_gmtime_adj(NULL, r->to_s) : NULL;
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), r->of->x509, r->issuer->x509);
    ASN1_TIME *at = r->state == V_OCSP_CERTSTATUS_REVOKED ? from : NULL;
    CHECK(OCSP_basic_add1_status(basic, id, r->state, 0, at, from, to) != NULL);
    CHECK_EQ(OCSP_basic_sign(basic, r->by->x509, r->by->key, EVP_sha256(), NULL, 0), 1);
    OCSP_RESPONSE *all = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    BIO *file = BIO_new_file(path, "wb");
    CHECK(file && all);
    unsigned char *der = NULL;
    int n = i2d_OCSP_RESPONSE(all, &der);
    CHECK(n > 0);
    CHECK_EQ(BIO_write(file, der, n), n);
    OPENSSL_free(der);
    BIO_free(file);
    OCSP_RESPONSE_free(all);
    OCSP_CERTID_free(id);
    OCSP_BASICRESP_free(basic);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
}

static int load(const stapled *s, const char *file, char said[1024]) {
    edo_tls_server *server;
    const edo_tls_pair pair = { .cert = s->chain, .key = s->key, .ocsp = file };
    int err = edo_tls_server_new(&server, &(edo_tls_server_opts){ .pairs = &pair, .pairs_n = 1 });
    if (err == 0) edo_tls_server_unref(server);
    if (err < 0) (void)edo_trail_print_text(said, 1024, err, EDO_TRAIL_LINE);
    edo_trail_clear();
    return err;
}

static void response_that_does_not_hold_is_refused(void **state) {
    (void)state;
    stapled s;
    stapled_begin(&s);
    cert other = cert_make(&(cert_opts){ .name = "other.example", .issuer = &s.ca });
    cert twin = cert_make(&(cert_opts){ .name = "test authority", .use = CERT_CA });
    const struct {
        response r;
        const char *said; /* NULL: it is taken */
    } rows[] = {
        { { &s.ca, &s.ca, &s.leaf, V_OCSP_CERTSTATUS_GOOD, -DAY, DAY }, NULL },
        { { &s.ca, &s.ca, &s.leaf, V_OCSP_CERTSTATUS_GOOD, -DAY, 0 }, NULL },
        { { &s.ca, &s.ca, &s.leaf, V_OCSP_CERTSTATUS_GOOD, -9 * DAY, -2 * DAY - 60 },
          "the OCSP response expired 2 days ago" },
        { { &s.ca, &s.ca, &s.leaf, V_OCSP_CERTSTATUS_GOOD, DAY, 2 * DAY },
          "the OCSP response is not valid yet" },
        { { &s.ca, &s.ca, &s.leaf, V_OCSP_CERTSTATUS_REVOKED, -DAY, DAY },
          "says that the certificate was revoked" },
        { { &s.ca, &s.ca, &s.leaf, V_OCSP_CERTSTATUS_UNKNOWN, -DAY, DAY },
          "says that the certificate is unknown" },
        { { &s.ca, &s.ca, &other, V_OCSP_CERTSTATUS_GOOD, -DAY, DAY },
          "the OCSP response is for another certificate" },
        { { &twin, &s.ca, &s.leaf, V_OCSP_CERTSTATUS_GOOD, -DAY, DAY },
          "the OCSP response is signed by somebody else" },
        { { &twin, &twin, &s.leaf, V_OCSP_CERTSTATUS_GOOD, -DAY, DAY },
          "the OCSP response is for another certificate" },
        { { &other, &s.ca, &s.leaf, V_OCSP_CERTSTATUS_GOOD, -DAY, DAY },
          "the OCSP response is signed by somebody else" }, // no responder
    };
    const char *path = folder_put(&s.files, "ocsp.der", "");
    char said[1024];
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        put_response(path, &rows[i].r);
        int err = load(&s, path, said);
        if (err != (rows[i].said ? -EDO_ECERT : 0)) edo_test_fail("row %zu: %d %s", i, err, said);
        if (rows[i].said && (!strstr(said, rows[i].said) || !strstr(said, path)))
            edo_test_fail("row %zu: %s", i, said);
    }
    cert_free(&other);
    cert_free(&twin);
    (void)folder_put(&s.files, "ocsp.der", "-----BEGIN OCSP-----");
    assert_int_equal(load(&s, path, said), -EDO_ECERT);
    assert_non_null(strstr(said, "not an OCSP response in DER"));
    (void)folder_put(&s.files, "ocsp.der", "\x30\x03\x0a\x01\x03"); // try later
    assert_int_equal(load(&s, path, said), -EDO_ECERT);
    assert_non_null(strstr(said, "the OCSP responder had no answer: trylater"));
    assert_int_equal(load(&s, "/nowhere/x", said), -ENOENT);
    stapled_end(&s);
}

/* ---- Stapling -------------------------------------------------------------------------------- */

/* What `openssl s_client` is shown; `sigalgs` may be NULL. */
static void ask(char out[RUN_OUT_MAX], const echo_server *at, const char *ca, const char *version,
                const char *sigalgs) {
    const char *const more[] = { "-status", version, sigalgs ? "-sigalgs" : NULL, sigalgs, NULL };
    CHECK_EQ(run_s_client(out, at, ca, more), 0);
}

static void check_stapled(const echo_server *at, const char *ca, bool is_stapled) {
    static const char *const versions[] = { "-tls1_2", "-tls1_3" };
    static char out[RUN_OUT_MAX];
    for (size_t i = 0; i < EDO_COUNT(versions); i++) {
        ask(out, at, ca, versions[i], NULL);
        const char *want =
            is_stapled ? "OCSP Response Status: successful" : "OCSP response: no response sent";
        if (!strstr(out, want)) edo_test_fail("%s: %.2000s", versions[i], out);
    }
}

/* The authority's own program makes the response, by a list of what it has signed. */
static const char *respond_by_openssl(stapled *s, const char *path) {
    static char out[RUN_OUT_MAX], index[512];
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(s->leaf.x509), NULL);
    char *serial = BN_bn2hex(number);
    (void)snprintf(index, sizeof index, "V\t491231235959Z\t\t%s\tunknown\t/CN=%s\n", serial, HOST);
    OPENSSL_free(serial);
    BN_free(number);
    const char *list = folder_put(&s->files, "index", index);
    const char *const argv[] = { "openssl",  "ocsp",      "-index",   list,     "-CA",
                                 s->ca_file, "-rsigner",  s->ca_file, "-rkey",  s->ca_key,
                                 "-issuer",  s->ca_file,  "-cert",    s->chain, "-ndays",
                                 "1",        "-no_nonce", "-respout", path,     NULL };
    if (run_program(out, argv, "") != 0) edo_test_fail("%s", out);
    return path;
}

static int is_shown(void *arg) {
    (void)arg;
    stapled s;
    echo_server at;
    edo_tls_server *server;
    stapled_begin(&s);
    const char *path = folder_put(&s.files, "ocsp.der", "");
    edo_tls_pair pair = { .cert = s.chain, .key = s.key };
    CHECK_EQ(edo_tls_server_new(&server, &(edo_tls_server_opts){ .pairs = &pair, .pairs_n = 1 }),
             0);
    echo_begin(&at, server);
    check_stapled(&at, s.ca_file, false);
    echo_end(&at);
    edo_tls_server_unref(server);

    pair.ocsp = respond_by_openssl(&s, path);
    CHECK_EQ(edo_tls_server_new(&server, &(edo_tls_server_opts){ .pairs = &pair, .pairs_n = 1 }),
             0);
    echo_begin(&at, server);
    check_stapled(&at, s.ca_file, true);
    atomic_store(&ahead_s, DAY - 3600);
    check_stapled(&at, s.ca_file, true);
    atomic_store(&ahead_s, DAY + 3600);
    check_stapled(&at, s.ca_file, false); // it has expired
    atomic_store(&ahead_s, 0);

    put_response(path, &(response){ &s.ca, &s.ca, &s.leaf, V_OCSP_CERTSTATUS_REVOKED, -DAY, DAY });
    CHECK_EQ(edo_tls_server_reload(server), -EDO_ECERT);
    check_stapled(&at, s.ca_file, true); // that of before
    put_response(path, &(response){ &s.ca, &s.ca, &s.leaf, V_OCSP_CERTSTATUS_GOOD, -DAY, 0 });
    CHECK_EQ(edo_tls_server_reload(server), 0);
    atomic_store(&ahead_s, DAY + 3600);
    check_stapled(&at, s.ca_file, true); // the new one has no end
    atomic_store(&ahead_s, 0);
    echo_end(&at);
    edo_tls_server_unref(server);
    stapled_end(&s);
    return 0;
}

static void response_is_shown_to_clients_that_ask_until_it_expires(void **state) {
    (void)state;
    assert_int_equal(inside_now(is_shown, NULL), 0);
}

/* Of two certificates with the same names each has its own, or none. */
static int is_of_its_own_certificate(void *arg) {
    (void)arg;
    static char out[RUN_OUT_MAX];
    stapled s;
    echo_server at;
    edo_tls_server *server;
    stapled_begin(&s);
    const char *path = folder_put(&s.files, "ocsp.der", "");
    char *rsa = cert_pem((const cert *const[]){ &s.rsa }, 1), *rsa_key = cert_key_pem(&s.rsa);
    put_response(path, &(response){ &s.ca, &s.ca, &s.rsa, V_OCSP_CERTSTATUS_GOOD, -DAY, DAY });
    const edo_tls_pair pairs[] = {
        { .cert = s.chain, .key = s.key },
        { .cert_pem = edo_str_of(rsa), .key_pem = edo_str_of(rsa_key), .ocsp = path },
    };
    CHECK_EQ(edo_tls_server_new(&server, &(edo_tls_server_opts){ .pairs = pairs, .pairs_n = 2 }),
             0);
    echo_begin(&at, server);
    ask(out, &at, s.ca_file, "-tls1_3", "rsa_pss_rsae_sha256");
    CHECK(strstr(out, "OCSP Response Status: successful") != NULL);
    ask(out, &at, s.ca_file, "-tls1_3", "ecdsa_secp256r1_sha256");
    CHECK(strstr(out, "OCSP response: no response sent") != NULL);
    echo_end(&at);
    edo_tls_server_unref(server);
    free(rsa), free(rsa_key);
    stapled_end(&s);
    return 0;
}

static void response_is_shown_with_its_own_certificate_only(void **state) {
    (void)state;
    assert_int_equal(inside_now(is_of_its_own_certificate, NULL), 0);
}

/* ---- A client that requires one -------------------------------------------------------------- */

/* Connects by each version; each must end with `wanted`, and say `said` (NULL: nothing). */
static void check_required(const stapled *s, const edo_tls_pair *pair, int wanted,
                           const char *said) {
    static const edo_tls_version versions[] = { EDO_TLS_1_2, EDO_TLS_1_3 };
    edo_tls_server *server;
    echo_server at;
    char text[1024];
    CHECK_EQ(edo_tls_server_new(&server, &(edo_tls_server_opts){ .pairs = pair, .pairs_n = 1 }), 0);
    echo_begin(&at, server);
    for (size_t i = 0; i < EDO_COUNT(versions); i++) {
        edo_tls_client *client;
        edo_stream *io;
        const edo_tls_client_opts opts = { .roots_pem = edo_str_of(s->ca_pem),
                                           .version_min = versions[i],
                                           .version_max = versions[i],
                                           .require_staple = true };
        CHECK_EQ(edo_tls_client_new(&client, &opts), 0);
        const edo_tls_connect_opts to = { .name = HOST };
        for (int again = 0; again < 2; again++) { // the second is resumed, if it may
            int err = edo_tls_connect(&io, at.address, client, &to);
            if (err != wanted) edo_test_fail("version %zu: %d", i, err);
            if (err < 0) (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
            if (err < 0 && !strstr(text, said)) edo_test_fail("%s", text);
            edo_trail_clear();
            if (err == 0) edo_close(io);
        }
        edo_tls_client_unref(client);
    }
    echo_end(&at);
    edo_tls_server_unref(server);
}

static int is_required(void *arg) {
    (void)arg;
    stapled s;
    stapled_begin(&s);
    edo_tls_client *none;
    cert twin = cert_make(&(cert_opts){ .name = "test authority", .use = CERT_CA });
    const char *path = folder_put(&s.files, "ocsp.der", "");
    char *alone = cert_pem((const cert *const[]){ &s.leaf }, 1);
    edo_tls_pair pair = { .cert = s.chain, .key = s.key };
    check_required(&s, &pair, -EDO_ECERT, "the server shows no OCSP response, which is required");
    pair.ocsp = path;
    put_response(path, &(response){ &s.ca, &s.ca, &s.leaf, V_OCSP_CERTSTATUS_GOOD, -DAY, DAY });
    check_required(&s, &pair, 0, NULL);
    put_response(path, &(response){ &s.ca, &s.ca, &s.leaf, V_OCSP_CERTSTATUS_GOOD, -DAY, 0 });
    check_required(&s, &pair, -EDO_ECERT, "the OCSP response does not say until when it holds");
    put_response(path, &(response){ &s.ca, &s.ca, &s.leaf, V_OCSP_CERTSTATUS_GOOD, -DAY, DAY });
    // without its issuer a server cannot see who has signed; the client can
    pair = (edo_tls_pair){ .cert_pem = edo_str_of(alone), .key = s.key, .ocsp = path };
    check_required(&s, &pair, 0, NULL);
    put_response(path, &(response){ &twin, &s.ca, &s.leaf, V_OCSP_CERTSTATUS_GOOD, -DAY, DAY });
    check_required(&s, &pair, -EDO_ECERT, "the OCSP response is signed by somebody else");
    const edo_tls_client_opts both = { .require_staple = true, .dangerous_no_verify = true };
    CHECK_EQ(edo_tls_client_new(&none, &both), -EINVAL);
    free(alone);
    cert_free(&twin);
    stapled_end(&s);
    return 0;
}

static void client_that_requires_a_response_refuses_a_server_without(void **state) {
    (void)state;
    assert_int_equal(inside_now(is_required, NULL), 0);
}

/* ---- Sessions -------------------------------------------------------------------------------- */

/* Connects, and says whether a session was resumed. Returns 0, or the code of a failure, told in
 * `said`. */
static int visit_server(const echo_server *at, edo_tls_client *client, bool *resumed,
                        char said[1024]) {
    edo_tls_info info = { .is_resumed = false };
    edo_stream *io;
    char byte;
    int err = edo_tls_connect(&io, at->address, client, &(edo_tls_connect_opts){ .name = HOST });
    if (err < 0) (void)edo_trail_print_text(said, 1024, err, EDO_TRAIL_LINE);
    edo_trail_clear();
    if (err < 0) return err;
    CHECK_EQ(edo_write_all(io, "x", 1), 0); // what comes back has the tickets before it
    CHECK_EQ(edo_read_exact(io, &byte, 1), 0);
    CHECK_EQ(edo_tls_get_info(io, &info), 0);
    *resumed = info.is_resumed;
    edo_close(io);
    return 0;
}

/* Visits a server twice, and again when `days` have passed: then the session is not resumed any
 * more, and the full handshake ends with `wanted`. */
static void check_session_end(const edo_tls_pair *pair, const edo_tls_client_opts *opts, int days,
                              int wanted, const char *wanted_said) {
    static const edo_tls_version versions[] = { EDO_TLS_1_2, EDO_TLS_1_3 };
    edo_tls_server *server;
    echo_server at;
    CHECK_EQ(edo_tls_server_new(&server, &(edo_tls_server_opts){ .pairs = pair, .pairs_n = 1 }), 0);
    echo_begin(&at, server);
    for (size_t i = 0; i < EDO_COUNT(versions); i++) {
        edo_tls_client_opts with = *opts;
        edo_tls_client *client;
        bool resumed = true;
        char said[1024] = "";
        with.version_min = with.version_max = versions[i];
        CHECK_EQ(edo_tls_client_new(&client, &with), 0);
        CHECK(visit_server(&at, client, &resumed, said) == 0 && !resumed);
        for (int again = 0; again < 2; again++) // the second has the ticket of the first
            if (visit_server(&at, client, &resumed, said) != 0 || !resumed)
                edo_test_fail("version %zu, %d: %s", i, again, said);
        atomic_store(&ahead_s, days * DAY);
        CHECK_EQ(visit_server(&at, client, &resumed, said), wanted);
        if (wanted == 0) CHECK(!resumed);
        if (wanted < 0 && !strstr(said, wanted_said)) edo_test_fail("%s", said);
        atomic_store(&ahead_s, 0);
        edo_tls_client_unref(client);
    }
    echo_end(&at);
    edo_tls_server_unref(server);
}

static int sessions_end(void *arg) {
    (void)arg;
    stapled s;
    stapled_begin(&s);
    cert brief = cert_make(&(cert_opts){ .name = HOST, .issuer = &s.ca, .to_s = 2 * DAY });
    const char *path = folder_put(&s.files, "ocsp.der", "");
    put_response(path, &(response){ &s.ca, &s.ca, &s.leaf, V_OCSP_CERTSTATUS_GOOD, -DAY, DAY });
    edo_tls_pair pair = { .cert = s.chain, .key = s.key, .ocsp = path };
    edo_tls_client_opts opts = { .roots_pem = edo_str_of(s.ca_pem), .require_staple = true };
    check_session_end(&pair, &opts, 2, -EDO_ECERT, "the server shows no OCSP response");
    char *chain = cert_pem((const cert *const[]){ &brief, &s.ca }, 2), *key = cert_key_pem(&brief);
    pair = (edo_tls_pair){ .cert_pem = edo_str_of(chain), .key_pem = edo_str_of(key) };
    opts.require_staple = false;
    check_session_end(&pair, &opts, 3, 0, NULL); // OpenSSL has a clock of its own
    free(chain), free(key);
    cert_free(&brief);
    stapled_end(&s);
    return 0;
}

static void session_ends_with_what_its_server_was_checked_by(void **state) {
    (void)state;
    assert_int_equal(inside_now(sessions_end, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(response_that_does_not_hold_is_refused),
        cmocka_unit_test(response_is_shown_to_clients_that_ask_until_it_expires),
        cmocka_unit_test(response_is_shown_with_its_own_certificate_only),
        cmocka_unit_test(client_that_requires_a_response_refuses_a_server_without),
        cmocka_unit_test(session_ends_with_what_its_server_was_checked_by),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
