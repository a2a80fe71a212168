/* SPDX-License-Identifier: MIT */
/* Goal: a client that comes back is spared the handshake, for as long as the keys of tickets live,
 * and never where it was not let in: under another name, other rules, or after a reload that takes
 * its issuer away.
 * Method: several handshakes by one client; a paused clock; sessions offered under another name. */
#include "tls_support.h"

#include <sys/stat.h>
#include <unistd.h>

static int resumes(void *arg) {
    const edo_tls_version *version = arg;
    ends e = ends_make((edo_tls_server_opts){ .version_max = *version },
                       (edo_tls_client_opts){ .roots = NULL });
    CHECK(!comes_back(&e, HOST));
    for (int i = 0; i < 3; i++) CHECK(comes_back(&e, HOST));
    CHECK_EQ(edo_sleep(edo_hours(7)), 0);
    CHECK(comes_back(&e, HOST)); // by the key before
    CHECK_EQ(edo_sleep(edo_hours(13)), 0);
    CHECK(!comes_back(&e, HOST)); // nobody has that key any more
    CHECK(comes_back(&e, HOST));
    ends_free(&e);
    return 0;
}

static void client_that_comes_back_is_spared_the_handshake(void **state) {
    (void)state;
    static const edo_tls_version versions[] = { EDO_TLS_1_2, EDO_TLS_1_3 };
    for (size_t i = 0; i < EDO_COUNT(versions); i++)
        assert_int_equal(inside(resumes, (void *)(uintptr_t)&versions[i]), 0);
}

/* ---- Several names and processes ------------------------------------------------------------- */

static int has_a_session_for_each_name(void *arg) {
    (void)arg;
    authority ca = authority_make("test authority");
    pair_texts p[] = {
        pair_make(&(cert_opts){ .name = "a.example", .issuer = &ca.ca }),
        pair_make(&(cert_opts){ .name = "b.example", .issuer = &ca.ca }),
    };
    const edo_tls_pair pairs[] = { p[0].pair, p[1].pair };
    folder files = folder_make();
    char text[81];
    memset(text, 'k', 80);
    text[80] = '\0';
    const char *keys = folder_put(&files, "keys", text);
    ends e[2];
    for (size_t i = 0; i < 2; i++)
        CHECK_EQ(edo_tls_server_new(
                     &e[i].server,
                     &(edo_tls_server_opts){ .pairs = pairs, .pairs_n = 2, .ticket_keys = keys }),
                 0);
    CHECK_EQ(
        edo_tls_client_new(&e[0].client, &(edo_tls_client_opts){ .roots_pem = edo_str_of(ca.pem) }),
        0);
    e[1].client = edo_tls_client_ref(e[0].client);
    CHECK(!comes_back(&e[0], "a.example"));
    CHECK(!comes_back(&e[0], "b.example")); // a name of its own
    CHECK(comes_back(&e[1], "a.example"));  // another process with these keys
    CHECK(comes_back(&e[1], "b.example"));
    text[79] = '\0';
    (void)folder_put(&files, "keys", text);
    CHECK_EQ(edo_tls_server_reload(e[1].server), -EINVAL); // not whole keys
    folder_free(&files);
    for (size_t i = 0; i < 2; i++) {
        ends_free(&e[i]);
        pair_free(&p[i]);
    }
    authority_free(&ca);
    return 0;
}

static void session_is_for_one_name_and_all_processes_with_its_keys(void **state) {
    (void)state;
    assert_int_equal(inside(has_a_session_for_each_name, NULL), 0);
}

/* ---- Rules that change ----------------------------------------------------------------------- */

static int loses_its_issuer(void *arg) {
    (void)arg;
    folder files = folder_make();
    char both[16384];
    authority ca = authority_make("test authority"), robots = authority_make("robots");
    pair_texts p = pair_make(&(cert_opts){ .name = HOST, .issuer = &ca.ca });
    pair_texts robot =
        pair_make(&(cert_opts){ .name = "robot", .use = CERT_CLIENT, .issuer = &robots.ca });
    (void)snprintf(both, sizeof both, "%s%s", ca.pem, robots.pem);
    const char *roots = folder_put(&files, "roots.pem", both);
    const char *cert_file = folder_put(&files, "robot.pem", robot.cert);
    const char *key_file = folder_put(&files, "robot.key", robot.key);
    ends e;
    handshake h;
    CHECK_EQ(
        edo_tls_server_new(&e.server, &(edo_tls_server_opts){ .pairs = &p.pair,
                                                              .pairs_n = 1,
                                                              .clients = EDO_TLS_CLIENTS_REQUIRED,
                                                              .client_roots = roots }),
        0);
    CHECK_EQ(edo_tls_client_new(&e.client, &(edo_tls_client_opts){ .roots_pem = edo_str_of(ca.pem),
                                                                   .cert = cert_file,
                                                                   .key = key_file }),
             0);
    CHECK(!comes_back(&e, HOST));
    CHECK(comes_back(&e, HOST));
    CHECK_EQ(edo_tls_server_reload(e.server), 0); // nothing has changed
    CHECK(comes_back(&e, HOST));
    (void)folder_put(&files, "roots.pem", ca.pem);
    CHECK_EQ(edo_tls_server_reload(e.server), 0);
    shake(&h, &e, HOST);
    CHECK_EQ(h.server_err, -EDO_ECERT); // the ticket does not help
    CHECK(strstr(h.server_said, "issuer unknown") != NULL);
    handshake_close(&h);
    ends_free(&e);
    folder_free(&files);
    pair_free(&p);
    pair_free(&robot);
    authority_free(&ca);
    authority_free(&robots);
    return 0;
}

static void ticket_of_a_client_ends_with_the_trust_in_its_issuer(void **state) {
    (void)state;
    assert_int_equal(inside(loses_its_issuer, NULL), 0);
}

/* A client keeps at most 256 sessions, those that were used last. */
static int keeps_some(void *arg) {
    (void)arg;
    authority ca = authority_make("test authority");
    pair_texts p =
        pair_make(&(cert_opts){ .name = "x", .names = "DNS:*.test.example", .issuer = &ca.ca });
    ends e;
    char host[32];
    CHECK_EQ(
        edo_tls_server_new(&e.server, &(edo_tls_server_opts){ .pairs = &p.pair, .pairs_n = 1 }), 0);
    CHECK_EQ(
        edo_tls_client_new(&e.client, &(edo_tls_client_opts){ .roots_pem = edo_str_of(ca.pem) }),
        0);
    for (int i = 0; i <= 256; i++) {
        (void)snprintf(host, sizeof host, "h%d.test.example", i);
        CHECK(!comes_back(&e, host));
    }
    CHECK(comes_back(&e, "h256.test.example"));
    CHECK(comes_back(&e, "h1.test.example"));
    CHECK(!comes_back(&e, "h0.test.example")); // it had to go
    ends_free(&e);
    pair_free(&p);
    authority_free(&ca);
    return 0;
}

static void client_keeps_the_sessions_that_were_used_last(void **state) {
    (void)state;
    assert_int_equal(inside(keeps_some, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_that_comes_back_is_spared_the_handshake),
        cmocka_unit_test(session_is_for_one_name_and_all_processes_with_its_keys),
        cmocka_unit_test(ticket_of_a_client_ends_with_the_trust_in_its_issuer),
        cmocka_unit_test(client_keeps_the_sessions_that_were_used_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
