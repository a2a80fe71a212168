/* SPDX-License-Identifier: MIT */
/* Goal: both ends agree on a version, a protocol and a certificate, and can say on which; a reload
 * changes what later handshakes get.
 * Method: handshakes over memory with options of both sides; files that the test replaces. */
#include "tls_support.h"

#include <sys/stat.h>
#include <unistd.h>

/* ---- Versions and protocols ------------------------------------------------------------------ */

typedef struct agreement {
    edo_tls_version server_min, server_max, client_min, client_max;
    const char *server_alpn, *client_alpn;
    edo_tls_version version; /* EDO_TLS_ANY: the handshake fails */
    const char *alpn;
    const char *said; /* by the server */
} agreement;

static const agreement agreements[] = {
    { 0, 0, 0, 0, NULL, NULL, EDO_TLS_1_3, "", NULL },
    { 0, EDO_TLS_1_2, 0, 0, "h2,http/1.1", "http/1.1,h2", EDO_TLS_1_2, "h2", NULL },
    { 0, 0, 0, EDO_TLS_1_2, "http/1.1", "h2,http/1.1", EDO_TLS_1_2, "http/1.1", NULL },
    { 0, 0, 0, 0, NULL, "h2", EDO_TLS_1_3, "", NULL },
    { 0, 0, 0, 0, "h2", NULL, EDO_TLS_1_3, "", NULL },
    { 0, 0, 0, 0, "h2", "http/1.1", EDO_TLS_ANY, "", "no protocol (ALPN) in common" },
    { EDO_TLS_1_3, 0, 0, EDO_TLS_1_2, NULL, NULL, EDO_TLS_ANY, "",
      "no version of TLS that is allowed" },
    { 0, EDO_TLS_1_2, EDO_TLS_1_3, 0, NULL, NULL, EDO_TLS_ANY, "",
      "no version of TLS that is allowed" },
};

static void check_info(edo_stream *s, const agreement *row) {
    edo_tls_info info;
    CHECK_EQ(edo_tls_get_info(s, &info), 0);
    CHECK_EQ(info.version, row->version);
    CHECK(edo_str_equal(info.alpn, edo_str_of(row->alpn)));
    CHECK(edo_str_equal(info.server_name, EDO_STR(HOST)));
    CHECK(!info.is_resumed);
    CHECK(strstr(info.suite, "GCM") || strstr(info.suite, "CHACHA20"));
}

static void check_secret(const handshake *h) {
    char a[32], b[32], c[32];
    edo_str label = EDO_STR("EXPORTER-Channel-Binding");
    CHECK_EQ(edo_tls_export(h->server, a, sizeof a, label, EDO_STR("")), 0);
    CHECK_EQ(edo_tls_export(h->client, b, sizeof b, label, EDO_STR("")), 0);
    CHECK_EQ(edo_tls_export(h->client, c, sizeof c, label, EDO_STR("other")), 0);
    CHECK_EQ(memcmp(a, b, sizeof a), 0);
    CHECK(memcmp(a, c, sizeof a) != 0);
}

static int agrees(void *arg) {
    const agreement *row = arg;
    ends e = ends_make((edo_tls_server_opts){ .version_min = row->server_min,
                                              .version_max = row->server_max,
                                              .alpn = row->server_alpn },
                       (edo_tls_client_opts){ .version_min = row->client_min,
                                              .version_max = row->client_max,
                                              .alpn = row->client_alpn });
    handshake h;
    shake(&h, &e, HOST);
    if (row->version == EDO_TLS_ANY) {
        CHECK_EQ(h.server_err, -EDO_ETLS);
        CHECK_EQ(h.client_err, -EDO_ETLS);
        if (!strstr(h.server_said, row->said)) edo_test_fail("said: %s", h.server_said);
    } else {
        CHECK_EQ(h.server_err, 0);
        CHECK_EQ(h.client_err, 0);
        check_info(h.server, row);
        check_info(h.client, row);
        check_secret(&h);
    }
    handshake_close(&h);
    ends_free(&e);
    return 0;
}

static void ends_agree_on_version_and_protocol(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(agreements); i++)
        assert_int_equal(inside(agrees, (void *)(uintptr_t)&agreements[i]), 0);
}

static int asks_other_streams(void *arg) {
    edo_stream *a, *b;
    edo_tls_info info;
    edo_tls_peer peer;
    char secret[4];
    (void)arg;
    CHECK_EQ(edo_duplex(&a, &b, 64), 0);
    CHECK_EQ(edo_tls_get_info(a, &info), -ENOTSUP);
    CHECK_EQ(edo_tls_get_peer(a, &peer), -ENOTSUP);
    CHECK_EQ(edo_tls_export(a, secret, 4, EDO_STR("x"), EDO_STR("")), -ENOTSUP);
    edo_close(a);
    edo_close(b);
    return 0;
}

static void stream_without_tls_has_nothing_to_say(void **state) {
    (void)state;
    assert_int_equal(inside(asks_other_streams, NULL), 0);
}

/* ---- Several certificates -------------------------------------------------------------------- */

/* A client that asks for `host` gets the certificate whose common name is `subject`. */
static void check_served(edo_tls_server *server, const authority *ca, const char *host,
                         const char *subject) {
    ends e = { .server = server };
    edo_tls_peer peer;
    handshake h;
    CHECK_EQ(
        edo_tls_client_new(&e.client, &(edo_tls_client_opts){ .roots_pem = edo_str_of(ca->pem) }),
        0);
    shake(&h, &e, host);
    if (h.client_err < 0) edo_test_fail("%s: %s", host, h.client_said);
    CHECK_EQ(edo_tls_get_peer(h.client, &peer), 0);
    char want[64];
    (void)snprintf(want, sizeof want, "CN=%s", subject);
    if (!edo_str_equal(peer.subject, edo_str_of(want)))
        edo_test_fail("%s got %.*s", host, (int)peer.subject.len, peer.subject.ptr);
    handshake_close(&h);
    edo_tls_client_unref(e.client);
}

static int serves_names(void *arg) {
    (void)arg;
    authority ca = authority_make("test authority");
    pair_texts p[] = {
        pair_make(&(cert_opts){
            .name = "one", .names = "DNS:one.example,DNS:both.example", .issuer = &ca.ca }),
        pair_make(&(cert_opts){
            .name = "two", .names = "DNS:two.example,DNS:*.two.example", .issuer = &ca.ca }),
        pair_make(&(cert_opts){ .name = "both", .names = "DNS:both.example", .issuer = &ca.ca }),
    };
    const edo_tls_pair pairs[] = { p[0].pair, p[1].pair, p[2].pair };
    edo_tls_server *server;
    CHECK_EQ(edo_tls_server_new(&server, &(edo_tls_server_opts){ .pairs = pairs, .pairs_n = 3 }),
             0);
    check_served(server, &ca, "one.example", "one");
    check_served(server, &ca, "two.example", "two");
    check_served(server, &ca, "x.two.example", "two");
    check_served(server, &ca, "both.example", "one"); // the first that has it
    ends e = { .server = server };
    handshake h;
    CHECK_EQ(
        edo_tls_client_new(&e.client, &(edo_tls_client_opts){ .roots_pem = edo_str_of(ca.pem) }),
        0);
    shake(&h, &e, "three.example"); // the first of all
    CHECK_EQ(h.client_err, -EDO_ECERT);
    CHECK(strstr(h.client_said, "got one.example, both.example") != NULL);
    handshake_close(&h);
    edo_tls_client_unref(e.client);
    edo_tls_server_unref(server);
    for (size_t i = 0; i < EDO_COUNT(p); i++) pair_free(&p[i]);
    authority_free(&ca);
    return 0;
}

static void client_gets_the_certificate_of_the_name_that_it_wants(void **state) {
    (void)state;
    assert_int_equal(inside(serves_names, NULL), 0);
}

/* ---- Reload ---------------------------------------------------------------------------------- */

/* Returns both files as a pair of options. */
static edo_tls_pair put_pair(folder *files, const pair_texts *p) {
    return (edo_tls_pair){ .cert = folder_put(files, "cert.pem", p->cert),
                           .key = folder_put(files, "key.pem", p->key) };
}

static int reloads(void *arg) {
    (void)arg;
    authority ca = authority_make("test authority");
    folder files = folder_make();
    pair_texts first =
        pair_make(&(cert_opts){ .name = "first", .names = "DNS:" HOST, .issuer = &ca.ca });
    pair_texts second =
        pair_make(&(cert_opts){ .name = "second", .names = "DNS:" HOST, .issuer = &ca.ca });
    const edo_tls_pair at = put_pair(&files, &first);
    ends e;
    handshake old;
    edo_tls_peer peer;
    CHECK_EQ(
        edo_tls_server_new(&e.server, &(edo_tls_server_opts){ .cert = at.cert, .key = at.key }), 0);
    CHECK_EQ(
        edo_tls_client_new(&e.client, &(edo_tls_client_opts){ .roots_pem = edo_str_of(ca.pem) }),
        0);
    shake(&old, &e, HOST);
    CHECK_EQ(old.client_err, 0);

    (void)folder_put(&files, "cert.pem", second.cert); // the key is still the first's
    CHECK_EQ(edo_tls_server_reload(e.server), -EDO_ECERT);
    char said[512];
    (void)edo_trail_print_text(said, sizeof said, -EDO_ECERT, EDO_TRAIL_LINE);
    CHECK(strstr(said, at.cert) && strstr(said, "the key belongs to another certificate"));
    check_served(e.server, &ca, HOST, "first");
    (void)put_pair(&files, &second);
    CHECK_EQ(edo_tls_server_reload(e.server), 0);
    check_served(e.server, &ca, HOST, "second");

    CHECK_EQ(edo_tls_get_peer(old.client, &peer), 0); // it goes on as it began
    CHECK(edo_str_equal(peer.subject, EDO_STR("CN=first")));
    CHECK_EQ(edo_write_all(old.client, "x", 1), 0);
    char byte;
    CHECK_EQ(edo_read(old.server, &byte, 1), 1);
    handshake_close(&old);

    (void)remove(at.cert);
    CHECK_EQ(edo_tls_server_reload(e.server), -ENOENT);
    folder_free(&files);
    ends_free(&e);
    pair_free(&first);
    pair_free(&second);
    authority_free(&ca);
    return 0;
}

static void reload_changes_later_handshakes_only(void **state) {
    (void)state;
    assert_int_equal(inside(reloads, NULL), 0);
}

/* ---- Watch ----------------------------------------------------------------------------------- */

static int watches(void *arg) {
    return edo_tls_server_watch(arg);
}

/* A folder as tools that renew certificates leave it: `live` leads to one of several. */
static void point_at(const char *dir, const char *version) {
    char from[256], to[256];
    (void)snprintf(from, sizeof from, "%s/next", dir);
    (void)snprintf(to, sizeof to, "%s/live", dir);
    CHECK_EQ(symlink(version, from), 0);
    CHECK_EQ(rename(from, to), 0);
}

static void put_version(const char *dir, const char *version, const char *chain, const char *key) {
    char path[256], sub[256];
    (void)snprintf(sub, sizeof sub, "%s/%s", dir, version);
    CHECK_EQ(mkdir(sub, 0700), 0);
    cert_save(path, sub, "cert.pem", chain);
    cert_save(path, sub, "key.pem", key);
}

static void remove_version(const char *dir, size_t version) {
    static const char *const names[] = { "/cert.pem", "/key.pem", "" };
    char path[256];
    for (size_t i = 0; i < EDO_COUNT(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%zu%s", dir, version, names[i]);
        CHECK_EQ(remove(path), 0);
    }
}

static int follows_changes(void *arg) {
    (void)arg;
    authority ca = authority_make("test authority");
    folder at = folder_make();
    char cert_file[256], key_file[256];
    const char *names[] = { "first", "second", "third" };
    pair_texts p[3];
    for (size_t i = 0; i < 3; i++)
        p[i] = pair_make(&(cert_opts){ .name = names[i], .names = "DNS:" HOST, .issuer = &ca.ca });
    put_version(at.dir, "1", p[0].cert, p[0].key);
    put_version(at.dir, "2", p[1].cert, p[1].key);
    put_version(at.dir, "3", p[2].cert, p[1].key); // the key of another
    point_at(at.dir, "1");
    (void)snprintf(cert_file, sizeof cert_file, "%s/live/cert.pem", at.dir);
    (void)snprintf(key_file, sizeof key_file, "%s/live/key.pem", at.dir);
    edo_tls_server *server;
    CHECK_EQ(
        edo_tls_server_new(&server, &(edo_tls_server_opts){ .cert = cert_file, .key = key_file }),
        0);
    edo_task *t = edo_spawn(watches, server);
    CHECK_EQ(edo_sleep(edo_s(5)), 0);
    check_served(server, &ca, HOST, "first");
    point_at(at.dir, "2");
    CHECK_EQ(edo_sleep(edo_s(4)), 0);
    check_served(server, &ca, HOST, "second");
    point_at(at.dir, "3");
    CHECK_EQ(edo_sleep(edo_s(4)), 0);
    check_served(server, &ca, HOST, "second"); // the third is refused
    char path[256], sub[256];
    (void)snprintf(sub, sizeof sub, "%s/3", at.dir);
    cert_save(path, sub, "key.pem", p[2].key);
    CHECK_EQ(edo_sleep(edo_s(4)), 0);
    check_served(server, &ca, HOST, "third"); // it was mended
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    edo_tls_server_unref(server);
    for (size_t i = 0; i < 3; i++) {
        remove_version(at.dir, i + 1);
        pair_free(&p[i]);
    }
    (void)snprintf(sub, sizeof sub, "%s/live", at.dir);
    (void)remove(sub);
    folder_free(&at);
    authority_free(&ca);
    return 0;
}

static void files_that_have_changed_are_loaded(void **state) {
    (void)state;
    assert_int_equal(inside(follows_changes, NULL), 0);
}

/* ---- Options --------------------------------------------------------------------------------- */

static void option_that_cannot_be_is_refused(void **state) {
    (void)state;
    edo_tls_server *server;
    edo_tls_client *client;
    const edo_tls_server_opts servers[] = {
        { .cert = NULL },
        { .cert = "x", .reserved = { 1 } },
        { .cert = "x", .clients = EDO_TLS_CLIENTS_REQUIRED },
        { .cert = "x", .client_roots = "x" }, // nobody would be asked
        { .cert = "x", .client_crl = "x" },
        { .key = "x", .pairs = &(edo_tls_pair){ .cert = "x" }, .pairs_n = 1 },
        { .cert = "x", .version_min = EDO_TLS_1_3, .version_max = EDO_TLS_1_2 },
        { .cert = "x", .version_min = (edo_tls_version)0x0301 },
        { .cert = "x", .alpn = "h2,,http/1.1" },
    };
    for (size_t i = 0; i < EDO_COUNT(servers); i++)
        assert_int_equal(edo_tls_server_new(&server, &servers[i]), -EINVAL);
    assert_int_equal(edo_tls_server_new(&server, NULL), -EINVAL);
    assert_int_equal(edo_tls_server_new(&server, &(edo_tls_server_opts){ .cert = "/nowhere/x" }),
                     -ENOENT);
    assert_int_equal(edo_tls_server_new(&server, &(edo_tls_server_opts){ .cert = "/dev/null" }),
                     -EINVAL); // no file
    const edo_tls_client_opts clients[] = {
        { .reserved = { 1 } },
        { .key = "x" },
        { .alpn = "" },
        { .version_max = (edo_tls_version)1 },
        { .crl = "x", .dangerous_no_verify = true },
    };
    for (size_t i = 0; i < EDO_COUNT(clients); i++)
        assert_int_equal(edo_tls_client_new(&client, &clients[i]), -EINVAL);
    assert_int_equal(edo_tls_client_new(&client, &(edo_tls_client_opts){ .roots = "/dev/null" }),
                     -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_agree_on_version_and_protocol),
        cmocka_unit_test(stream_without_tls_has_nothing_to_say),
        cmocka_unit_test(client_gets_the_certificate_of_the_name_that_it_wants),
        cmocka_unit_test(reload_changes_later_handshakes_only),
        cmocka_unit_test(files_that_have_changed_are_loaded),
        cmocka_unit_test(option_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
