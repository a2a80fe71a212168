/* SPDX-License-Identifier: MIT */
/* Goal: a certificate that must not be trusted is refused, by the right end, in words that say what
 * is wrong; one that may be is taken.
 * Method: certificates made by the test, with one thing wrong each; handshakes over memory. */
#include "tls_support.h"

#include <openssl/x509v3.h>

typedef struct refusal {
    const char *what; /* of the test */
    const char *said; /* in the client's trail */
    cert_opts opts;   /* `issuer` is the authority, unless `other` or `self` */
    bool other;       /* an authority that the client does not know */
    bool self;
    bool through; /* an intermediate that the server does not show */
} refusal;

#define DAY (24L * 3600)

static const refusal refusals[] = {
    { "expired",
      "certificate of server.example expired 3 days ago",
      { .name = HOST, .from_s = -9 * DAY, .to_s = -3 * DAY - 60 },
      .self = false },
    { "not yet valid",
      "certificate of server.example is not valid yet, but in 2 days",
      { .name = HOST, .from_s = 2 * DAY + 60, .to_s = 9 * DAY },
      .self = false },
    { "unknown issuer",
      "issuer unknown: other authority, which signed the certificate of",
      { .name = HOST },
      .other = true },
    { "signed by itself",
      "issuer unknown: the certificate of server.example is signed by itself",
      { .name = HOST },
      .self = true },
    { "intermediate missing",
      "issuer unknown: intermediate, which signed the certificate of",
      { .name = HOST },
      .through = true },
    { "wrong name",
      "name does not fit: got a.example, b.example, not server.example",
      { .name = HOST, .names = "DNS:a.example,DNS:b.example" },
      .self = false },
    { "common name only",
      "name does not fit: got only the common name server.example, not server.example",
      { .name = HOST, .names = "" },
      .self = false },
    { "address",
      "name does not fit: got a.example, IP 127.0.0.1, IP ::1, not server.example",
      { .name = HOST, .names = "DNS:a.example,IP:127.0.0.1,URI:x:y,IP:::1" },
      .self = false },
    { "wrong use",
      "certificate of server.example is not for this use",
      { .name = HOST, .use = CERT_CLIENT },
      .self = false },
};

/* Makes a server that has a certificate which its own checks would refuse: it was good once. */
static int refuses(void *arg) {
    const refusal *r = arg;
    authority ca = authority_make("test authority"), other = authority_make("other authority");
    cert between =
        cert_make(&(cert_opts){ .name = "intermediate", .use = CERT_CA, .issuer = &ca.ca });
    cert_opts opts = r->opts;
    opts.issuer = r->self ? NULL : r->other ? &other.ca : r->through ? &between : &ca.ca;
    pair_texts p = pair_make(&opts);
    ends e = { NULL, NULL };
    handshake h;
    int err =
        edo_tls_server_new(&e.server, &(edo_tls_server_opts){ .pairs = &p.pair, .pairs_n = 1 });
    if (opts.to_s < 0) {
        CHECK_EQ(err, -EDO_ECERT); // the server does not even begin with it
        char said[512];
        (void)edo_trail_print_text(said, sizeof said, err, EDO_TRAIL_LINE);
        if (!strstr(said, r->said)) edo_test_fail("%s: %s", r->what, said);
    } else {
        CHECK_EQ(err, 0);
        CHECK_EQ(edo_tls_client_new(&e.client,
                                    &(edo_tls_client_opts){ .roots_pem = edo_str_of(ca.pem) }),
                 0);
        shake(&h, &e, HOST);
        if (h.client_err != -EDO_ECERT || !strstr(h.client_said, r->said))
            edo_test_fail("%s: %d, %s", r->what, h.client_err, h.client_said);
        CHECK(strstr(h.client_said, "OpenSSL: ") != NULL);
        CHECK(h.client == NULL);
        CHECK(h.server_err == -EDO_ETLS);
        handshake_close(&h);
    }
    ends_free(&e);
    pair_free(&p);
    cert_free(&between);
    authority_free(&ca);
    authority_free(&other);
    return 0;
}

static void bad_certificate_of_a_server_is_refused_in_plain_words(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(refusals); i++)
        assert_int_equal(inside(refuses, (void *)(uintptr_t)&refusals[i]), 0);
}

/* ---- Names ----------------------------------------------------------------------------------- */

typedef struct fit {
    const char *names; /* of the certificate, whose common name is b.example */
    const char *host;
    const char *said; /* NULL: it fits */
} fit;

#define SEVERAL "DNS:a.example,DNS:*.wild.example,IP:127.0.0.1,IP:::1"
#define OTHER   "name does not fit"
#define NO_NAME "the name of a TLS server"

static const fit fits[] = {
    { SEVERAL, "a.example", NULL },
    { SEVERAL, "A.Example", NULL },
    { SEVERAL, "a.example.", NULL },
    { SEVERAL, "a.example..", OTHER },
    { SEVERAL, "b.example", OTHER }, // the common name counts for nothing
    { SEVERAL, "a.example:443", OTHER },
    { SEVERAL, ".example", NO_NAME }, // for OpenSSL all names below it
    { SEVERAL, "a.example\n", NO_NAME },
    { SEVERAL, "", NO_NAME },
    { SEVERAL, "x.wild.example", NULL },
    { SEVERAL, "xn--bcher-kva.wild.example", NULL },
    { SEVERAL,
      "b\xc3\xbc"
      "cher.wild.example",
      NO_NAME }, // who asks has to encode it
    { SEVERAL, "wild.example", OTHER },
    { SEVERAL, "x.y.wild.example", OTHER },
    { "DNS:f*.wild.example", "foo.wild.example", OTHER },
    { "DNS:www.*.example", "www.wild.example", OTHER },
    { "DNS:*.example", "foo.example", OTHER },
    { "DNS:*", "localhost", OTHER },
    { "email:x@a.example,URI:https://a.example", "a.example", OTHER },
    { SEVERAL, "127.0.0.1", NULL },
    { SEVERAL, "127.0.0.2",
      "got a.example, *.wild.example, IP 127.0.0.1, IP ::1, not IP 127.0.0.2" },
    { SEVERAL, "127.1", OTHER },
    { SEVERAL, "::ffff:127.0.0.1", OTHER },
    { SEVERAL, "::1", NULL },
    { SEVERAL, "0:0:0:0:0:0:0:1", NULL },
    { SEVERAL, "[::1]", NO_NAME },
    { SEVERAL, "::1%lo", NULL }, // a zone is of this machine
    { SEVERAL, "::2%lo", "not IP ::2" },
    { SEVERAL, "a.example%lo", NO_NAME },
    { "DNS:127.0.0.1", "127.0.0.1", "name does not fit: got 127.0.0.1, not IP 127.0.0.1" },
    { "IP:10.0.0.1", "10.0.0.2", "name does not fit: got IP 10.0.0.1, not IP 10.0.0.2" },
};

static int fits_name(void *arg) {
    const fit *f = arg;
    authority ca = authority_make("test authority");
    pair_texts p =
        pair_make(&(cert_opts){ .name = "b.example", .names = f->names, .issuer = &ca.ca });
    ends e;
    handshake h;
    CHECK_EQ(
        edo_tls_server_new(&e.server, &(edo_tls_server_opts){ .pairs = &p.pair, .pairs_n = 1 }), 0);
    CHECK_EQ(
        edo_tls_client_new(&e.client, &(edo_tls_client_opts){ .roots_pem = edo_str_of(ca.pem) }),
        0);
    shake(&h, &e, f->host);
    if ((h.client_err == 0) != !f->said || !strstr(h.client_said, f->said ? f->said : ""))
        edo_test_fail("%s: %d, %s", f->host, h.client_err, h.client_said);
    handshake_close(&h);
    ends_free(&e);
    pair_free(&p);
    authority_free(&ca);
    return 0;
}

static void name_is_checked_against_alternative_names_only(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(fits); i++)
        assert_int_equal(inside(fits_name, (void *)(uintptr_t)&fits[i]), 0);
}

/* A certificate for these bytes as a DNS name, which an authority should never sign. */
static pair_texts pair_for_bytes(const authority *ca, const char *bytes, int n) {
    cert c = cert_make(&(cert_opts){ .name = "evil", .names = "", .issuer = &ca->ca });
    GENERAL_NAMES *all = GENERAL_NAMES_new();
    GENERAL_NAME *one = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    CHECK_EQ(ASN1_STRING_set(text, bytes, n), 1);
    GENERAL_NAME_set0_value(one, GEN_DNS, text);
    CHECK(sk_GENERAL_NAME_push(all, one) > 0);
    CHECK_EQ(X509_add1_ext_i2d(c.x509, NID_subject_alt_name, all, 0, X509V3_ADD_DEFAULT), 1);
    CHECK(X509_sign(c.x509, ca->ca.key, EVP_sha256()) > 0);
    GENERAL_NAMES_free(all);
    pair_texts p = { .cert = cert_pem((const cert *const[]){ &c }, 1), .key = cert_key_pem(&c) };
    p.pair = (edo_tls_pair){ .cert_pem = edo_str_of(p.cert), .key_pem = edo_str_of(p.key) };
    cert_free(&c);
    return p;
}

static int fits_whole_bytes(void *arg) {
    static const struct {
        const char *bytes;
        int n;
        const char *said; /* control bytes do not reach a terminal */
    } rows[] = {
        { HOST "\0.evil.example", sizeof HOST + 13, "got " HOST "\\0..., not " HOST },
        { HOST "\0", sizeof HOST, "got " HOST "\\0..., not " HOST },
        { "\x1b[31m\n" HOST, sizeof HOST + 5, "got \\x1b[31m\\n" HOST ", not " HOST },
        { " " HOST, sizeof HOST, "got  " HOST ", not" },
        { "", 0, "got only the common name evil, not" },
    };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        authority ca = authority_make("test authority");
        pair_texts p = pair_for_bytes(&ca, rows[i].bytes, rows[i].n);
        ends e;
        handshake h;
        const edo_tls_client_opts client = { .roots_pem = edo_str_of(ca.pem) };
        CHECK_EQ(
            edo_tls_server_new(&e.server, &(edo_tls_server_opts){ .pairs = &p.pair, .pairs_n = 1 }),
            0);
        CHECK_EQ(edo_tls_client_new(&e.client, &client), 0);
        shake(&h, &e, HOST);
        CHECK_EQ(h.client_err, -EDO_ECERT);
        if (!strstr(h.client_said, rows[i].said)) edo_test_fail("%zu: %s", i, h.client_said);
        handshake_close(&h);
        ends_free(&e);
        pair_free(&p);
        authority_free(&ca);
        edo_trail_clear();
    }
    return 0;
}

static void name_fits_by_all_its_bytes(void **state) {
    (void)state;
    assert_int_equal(inside(fits_whole_bytes, NULL), 0);
}

static int takes_any(void *arg) {
    (void)arg;
    ends e =
        ends_make((edo_tls_server_opts){ .cert = NULL }, (edo_tls_client_opts){ .roots = NULL });
    edo_tls_client_unref(e.client);
    CHECK_EQ(edo_tls_client_new(&e.client, &(edo_tls_client_opts){ .dangerous_no_verify = true }),
             0);
    handshake h;
    shake(&h, &e, "whatever.example");
    CHECK_EQ(h.client_err, 0);
    CHECK_EQ(h.server_err, 0);
    handshake_close(&h);
    edo_tls_client_unref(e.client);
    CHECK_EQ(edo_tls_client_new(&e.client, NULL), 0); // the system's roots
    shake(&h, &e, HOST);
    CHECK_EQ(h.client_err, -EDO_ECERT);
    handshake_close(&h);
    ends_free(&e);
    return 0;
}

static void only_a_dangerous_switch_trusts_anybody(void **state) {
    (void)state;
    assert_int_equal(inside(takes_any, NULL), 0);
}

/* ---- Roots of the system --------------------------------------------------------------------- */

static int is_trusted(void *arg) {
    const pair_texts *p = arg;
    ends e;
    handshake h;
    CHECK_EQ(
        edo_tls_server_new(&e.server, &(edo_tls_server_opts){ .pairs = &p->pair, .pairs_n = 1 }),
        0);
    CHECK_EQ(edo_tls_client_new(&e.client, NULL), 0);
    shake(&h, &e, HOST);
    int err = h.client_err;
    handshake_close(&h);
    ends_free(&e);
    return err;
}

/* A folder has a name for each certificate, which is a sum of its subject. */
static void environment_names_the_roots_of_the_system(void **state) {
    (void)state;
    authority ca = authority_make("test authority");
    pair_texts p = pair_make(&(cert_opts){ .name = HOST, .issuer = &ca.ca });
    folder files = folder_make();
    char name[32];
    (void)snprintf(name, sizeof name, "%08lx.0", X509_subject_name_hash(ca.ca.x509));
    const char *file = folder_put(&files, name, ca.pem);
    assert_int_equal(inside(is_trusted, &p), -EDO_ECERT);
    assert_int_equal(setenv("SSL_CERT_FILE", file, 1), 0);
    assert_int_equal(inside(is_trusted, &p), 0);
    assert_int_equal(unsetenv("SSL_CERT_FILE"), 0);
    assert_int_equal(setenv("SSL_CERT_DIR", files.dir, 1), 0);
    assert_int_equal(inside(is_trusted, &p), 0);
    assert_int_equal(unsetenv("SSL_CERT_DIR"), 0);
    assert_int_equal(inside(is_trusted, &p), -EDO_ECERT);
    folder_free(&files);
    pair_free(&p);
    authority_free(&ca);
}

/* ---- Clients --------------------------------------------------------------------------------- */

typedef struct client_row {
    edo_tls_clients mode;
    int shows; /* 0 none, 1 of the authority, 2 of another, 3 that of a server */
    edo_tls_version version;
    int server_err;
    const char *said;        /* in the server's trail */
    const char *client_said; /* in the client's */
} client_row;

static const client_row client_rows[] = {
    { EDO_TLS_CLIENTS_NONE, 1, EDO_TLS_1_3, 0, NULL, NULL },
    { EDO_TLS_CLIENTS_OPTIONAL, 0, EDO_TLS_1_3, 0, NULL, NULL },
    { EDO_TLS_CLIENTS_OPTIONAL, 1, EDO_TLS_1_3, 0, NULL, NULL },
    { EDO_TLS_CLIENTS_OPTIONAL, 2, EDO_TLS_1_3, -EDO_ECERT, "client certificate: issuer unknown",
      "the other end does not know the issuer of this end's certificate" },
    { EDO_TLS_CLIENTS_OPTIONAL, 3, EDO_TLS_1_3, -EDO_ECERT,
      "client certificate: certificate of robot is not for this use",
      "the other end says that this end's certificate is not for this use" },
    { EDO_TLS_CLIENTS_REQUIRED, 0, EDO_TLS_1_3, -EDO_ECERT, "the client has shown no certificate",
      "the other end wants a certificate of this end" },
    { EDO_TLS_CLIENTS_REQUIRED, 0, EDO_TLS_1_2, -EDO_ECERT, "the client has shown no certificate",
      "the other end found no parameters in common" },
    { EDO_TLS_CLIENTS_REQUIRED, 1, EDO_TLS_1_2, 0, NULL, NULL },
    { EDO_TLS_CLIENTS_REQUIRED, 1, EDO_TLS_1_3, 0, NULL, NULL },
    { EDO_TLS_CLIENTS_REQUIRED, 2, EDO_TLS_1_3, -EDO_ECERT, "client certificate: issuer unknown",
      "the other end does not know the issuer of this end's certificate" },
};

static void check_peer(edo_stream *server, const client_row *row) {
    edo_tls_peer who;
    bool is_known = row->mode != EDO_TLS_CLIENTS_NONE && row->shows > 0;
    CHECK_EQ(edo_tls_get_peer(server, &who), is_known ? 0 : -ENOENT);
    if (!is_known) return;
    CHECK(edo_str_equal(who.subject, EDO_STR("CN=robot")));
    CHECK(edo_str_equal(who.issuer, EDO_STR("CN=test authority")));
    CHECK_EQ(who.names_n, 2);
    CHECK(edo_str_equal(who.names[0], EDO_STR("URI:spiffe://example/robot")));
    CHECK(edo_str_equal(who.names[1], EDO_STR("email:robot@example")));
}

static int shows_itself(void *arg) {
    const client_row *row = arg;
    folder files = folder_make();
    authority ca = authority_make("test authority"), other = authority_make("other authority");
    pair_texts p = pair_make(&(cert_opts){ .name = HOST, .issuer = &ca.ca });
    pair_texts robot =
        pair_make(&(cert_opts){ .name = "robot",
                                .names = "URI:spiffe://example/robot,email:robot@example",
                                .use = row->shows == 3 ? CERT_SERVER : CERT_CLIENT,
                                .issuer = row->shows == 2 ? &other.ca : &ca.ca });
    const char *roots = folder_put(&files, "roots.pem", ca.pem);
    edo_tls_server_opts server = { .pairs = &p.pair, .pairs_n = 1, .clients = row->mode };
    if (row->mode != EDO_TLS_CLIENTS_NONE) server.client_roots = roots;
    edo_tls_client_opts client = { .roots = roots, .version_max = row->version };
    if (row->shows > 0) {
        client.cert = folder_put(&files, "robot.pem", robot.cert);
        client.key = folder_put(&files, "robot.key", robot.key);
    }
    ends e;
    handshake h;
    CHECK_EQ(edo_tls_server_new(&e.server, &server), 0);
    CHECK_EQ(edo_tls_client_new(&e.client, &client), 0);
    shake(&h, &e, HOST);
    CHECK_EQ(h.server_err, row->server_err);
    if (row->said && !strstr(h.server_said, row->said)) edo_test_fail("said: %s", h.server_said);
    if (h.server) check_peer(h.server, row);
    if (h.client && row->server_err < 0) { // with TLS 1.3 the client is told by its first read
        char byte;
        CHECK_EQ(edo_read(h.client, &byte, 1), -EDO_ETLS);
        (void)edo_trail_print_text(h.client_said, sizeof h.client_said, -EDO_ETLS, EDO_TRAIL_LINE);
    }
    if (row->client_said && !strstr(h.client_said, row->client_said))
        edo_test_fail("the client said: %s", h.client_said);
    handshake_close(&h);
    ends_free(&e);
    folder_free(&files);
    pair_free(&p);
    pair_free(&robot);
    authority_free(&ca);
    authority_free(&other);
    return 0;
}

static void client_is_asked_for_its_certificate(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(client_rows); i++)
        assert_int_equal(inside(shows_itself, (void *)(uintptr_t)&client_rows[i]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_certificate_of_a_server_is_refused_in_plain_words),
        cmocka_unit_test(name_is_checked_against_alternative_names_only),
        cmocka_unit_test(name_fits_by_all_its_bytes),
        cmocka_unit_test(only_a_dangerous_switch_trusts_anybody),
        cmocka_unit_test(environment_names_the_roots_of_the_system),
        cmocka_unit_test(client_is_asked_for_its_certificate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
