/* SPDX-License-Identifier: MIT */
/* Goal: a client that has pinned keys takes only servers with one of them, whatever else is in
 * order; a program's own check has the last word, may wait, and is told who the server is.
 * Method: pins of the leaf, of its authority and of others; a check that sleeps, refuses, or lasts
 * for longer than a handshake may. */
#include "tls_support.h"

#include <edo/bytes.h>
#include <edo/time.h>

/* Prints the pin of a certificate's key behind what is there. */
static void add_pin(edo_buf *text, const cert *c) {
    unsigned char *der = NULL, hash[32];
    int n = i2d_PUBKEY(c->key, &der);
    CHECK(n > 0);
    CHECK_EQ(EVP_Digest(der, (size_t)n, hash, NULL, EVP_sha256(), NULL), 1);
    OPENSSL_free(der);
    CHECK_EQ(edo_buf_printf(text, "%ssha256//", text->len > 0 ? ";" : ""), 0);
    CHECK_EQ(edo_base64_encode((edo_str){ (const char *)hash, sizeof hash }, text), 0);
}

/* A server with the certificate `leaf` of the authority `ca`; `other` is of that, too. */
typedef struct pinned {
    authority ca, stranger;
    cert leaf, other;
    char *chain, *key;
    ends ends;
} pinned;

static void pinned_begin(pinned *p) {
    *p = (pinned){ .ca = authority_make("test authority"), .stranger = authority_make("stranger") };
    p->leaf = cert_make(&(cert_opts){ .name = HOST, .issuer = &p->ca.ca });
    p->other = cert_make(&(cert_opts){ .name = HOST, .issuer = &p->ca.ca });
    // it shows one more that has nothing to do with it, and whose key anybody may know
    p->chain = cert_pem((const cert *const[]){ &p->leaf, &p->stranger.ca }, 2);
    p->key = cert_key_pem(&p->leaf);
    const edo_tls_pair pair = { .cert_pem = edo_str_of(p->chain), .key_pem = edo_str_of(p->key) };
    CHECK_EQ(
        edo_tls_server_new(&p->ends.server, &(edo_tls_server_opts){ .pairs = &pair, .pairs_n = 1 }),
        0);
}

static void pinned_end(pinned *p) {
    edo_tls_server_unref(p->ends.server);
    authority_free(&p->ca);
    authority_free(&p->stranger);
    cert_free(&p->leaf);
    cert_free(&p->other);
    free(p->chain);
    free(p->key);
}

/* A handshake by a client with these options. */
static void shake_as(pinned *p, handshake *h, edo_tls_client_opts opts) {
    if (!opts.dangerous_no_verify) opts.roots_pem = edo_str_of(p->ca.pem);
    CHECK_EQ(edo_tls_client_new(&p->ends.client, &opts), 0);
    shake(h, &p->ends, HOST);
    edo_tls_client_unref(p->ends.client);
}

/* ---- Pins ------------------------------------------------------------------------------------ */

static void check_pins(pinned *p, const edo_buf *pins, bool no_verify, bool fits) {
    handshake h;
    char text[512];
    CHECK(pins->len < sizeof text);
    (void)snprintf(text, sizeof text, "%.*s", (int)pins->len, pins->ptr);
    shake_as(p, &h, (edo_tls_client_opts){ .pins = text, .dangerous_no_verify = no_verify });
    if (h.client_err != (fits ? 0 : -EDO_ECERT)) edo_test_fail("%s: %s", text, h.client_said);
    if (!fits) {
        CHECK(strstr(h.client_said, "no key in the chain of " HOST " is pinned") != NULL);
        CHECK_EQ(h.server_err, -EDO_ETLS);
    }
    handshake_close(&h);
}

static int takes_pinned_keys(void *arg) {
    (void)arg;
    pinned p;
    pinned_begin(&p);
    const struct {
        const cert *pins[2];
        bool fits, fits_unchecked;
    } rows[] = {
        { { &p.leaf }, true, true },          { { &p.other, &p.leaf }, true, true },
        { { &p.ca.ca }, true, false },        { { &p.other }, false, false },
        { { &p.stranger.ca }, false, false },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_buf text = { 0 };
        for (size_t k = 0; k < 2 && rows[i].pins[k]; k++) add_pin(&text, rows[i].pins[k]);
        check_pins(&p, &text, false, rows[i].fits);
        check_pins(&p, &text, true, rows[i].fits_unchecked);
        edo_buf_deinit(&text);
    }
    pinned_end(&p);
    return 0;
}

static void only_a_key_that_is_pinned_is_taken(void **state) {
    (void)state;
    assert_int_equal(inside(takes_pinned_keys, NULL), 0);
}

/* A pin is one more check, in the place of none. */
static int is_still_checked(void *arg) {
    (void)arg;
    pinned p;
    handshake h;
    edo_buf text = { 0 };
    pinned_begin(&p);
    add_pin(&text, &p.leaf);
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    CHECK_EQ(edo_tls_client_new(&p.ends.client,
                                &(edo_tls_client_opts){ .pins = text.ptr,
                                                        .roots_pem = edo_str_of(p.stranger.pem) }),
             0);
    shake(&h, &p.ends, HOST);
    CHECK_EQ(h.client_err, -EDO_ECERT);
    CHECK(strstr(h.client_said, "issuer unknown") != NULL);
    handshake_close(&h);
    edo_tls_client_unref(p.ends.client);
    edo_buf_deinit(&text);
    pinned_end(&p);
    return 0;
}

static void key_that_is_pinned_needs_its_chain_and_name_too(void **state) {
    (void)state;
    assert_int_equal(inside(is_still_checked, NULL), 0);
}

#define PIN43 "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void text_that_is_no_pin_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        ";",
        "sha256//",
        "sha256//AAAA",
        PIN43,
        PIN43 "=;",
        PIN43 "=,x",
        "md5",
        "sha1//"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        " " PIN43 "=",
        PIN43 "=" PIN43 "=",
    };
    edo_tls_client *client;
    for (size_t i = 0; i < EDO_COUNT(texts); i++)
        assert_int_equal(edo_tls_client_new(&client, &(edo_tls_client_opts){ .pins = texts[i] }),
                         -EINVAL);
    assert_int_equal(edo_tls_client_new(&client, &(edo_tls_client_opts){ .pins = PIN43 "=" }), 0);
    edo_tls_client_unref(client);
    edo_trail_clear();
}

/* ---- The program's check --------------------------------------------------------------------- */

typedef struct check {
    edo_duration lasts;
    int says;
    int calls;
    char seen[128];
} check;

static int checks(void *arg, const edo_tls_peer *peer, const char *host) {
    check *c = arg;
    c->calls++;
    (void)snprintf(c->seen, sizeof c->seen, "%s %.*s by %.*s, %zu", host, (int)peer->subject.len,
                   peer->subject.ptr, (int)peer->issuer.len, peer->issuer.ptr, peer->names_n);
    int err = edo_sleep(c->lasts);
    return err < 0 ? err : c->says;
}

static int has_the_last_word(void *arg) {
    const edo_tls_version *version = arg;
    pinned p;
    pinned_begin(&p);
    static const struct {
        int says;
        bool no_verify;
        int64_t s;
        int err;
        const char *said;
    } rows[] = {
        { 0, false, 1, 0, NULL },
        { 7, true, 0, 0, NULL },
        { -EPERM, false, 1, -EPERM, "the program refused the certificate of " HOST },
        { -EDO_ECERT, true, 0, -EDO_ECERT, "the program refused the certificate of " HOST },
        { 0, false, 60, -ETIMEDOUT, NULL },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        handshake h;
        check c = { .lasts = edo_s(rows[i].s), .says = rows[i].says };
        shake_as(&p, &h,
                 (edo_tls_client_opts){ .verify = checks,
                                        .verify_arg = &c,
                                        .version_max = *version,
                                        .dangerous_no_verify = rows[i].no_verify });
        if (h.client_err != rows[i].err || (rows[i].said && !strstr(h.client_said, rows[i].said)))
            edo_test_fail("row %zu: %d, %s", i, h.client_err, h.client_said);
        CHECK_EQ(c.calls, 1);
        CHECK_EQ(strcmp(c.seen, HOST " CN=" HOST " by CN=test authority, 1"), 0);
        CHECK((h.server_err == 0) == (rows[i].err == 0));
        handshake_close(&h);
    }
    pinned_end(&p);
    return 0;
}

static void check_of_the_program_has_the_last_word(void **state) {
    (void)state;
    static const edo_tls_version versions[] = { EDO_TLS_1_2, EDO_TLS_1_3 };
    for (size_t i = 0; i < EDO_COUNT(versions); i++)
        assert_int_equal(inside(has_the_last_word, (void *)(uintptr_t)&versions[i]), 0);
}

/* What is not in order never gets to the program, and who was refused is no session. */
static int is_asked_in_order(void *arg) {
    (void)arg;
    pinned p;
    handshake h;
    check c = { .says = -EPERM };
    pinned_begin(&p);
    edo_tls_client_opts opts = { .verify = checks, .verify_arg = &c };
    opts.roots_pem = edo_str_of(p.ca.pem);
    CHECK_EQ(edo_tls_client_new(&p.ends.client, &opts), 0);
    shake(&h, &p.ends, "other.example");
    CHECK_EQ(h.client_err, -EDO_ECERT);
    CHECK(strstr(h.client_said, "name does not fit") != NULL);
    CHECK_EQ(c.calls, 0);
    handshake_close(&h);
    for (int i = 1; i <= 2; i++) {
        shake(&h, &p.ends, HOST);
        CHECK_EQ(h.client_err, -EPERM);
        CHECK_EQ(c.calls, i);
        handshake_close(&h);
    }
    c.says = 0;
    CHECK(!comes_back(&p.ends, HOST));
    CHECK(comes_back(&p.ends, HOST)); // which was taken already
    CHECK_EQ(c.calls, 3);
    edo_tls_client_unref(p.ends.client);
    pinned_end(&p);
    return 0;
}

static void program_is_asked_last_and_once_for_a_session(void **state) {
    (void)state;
    assert_int_equal(inside(is_asked_in_order, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_key_that_is_pinned_is_taken),
        cmocka_unit_test(key_that_is_pinned_needs_its_chain_and_name_too),
        cmocka_unit_test(text_that_is_no_pin_is_refused),
        cmocka_unit_test(check_of_the_program_has_the_last_word),
        cmocka_unit_test(program_is_asked_last_and_once_for_a_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
