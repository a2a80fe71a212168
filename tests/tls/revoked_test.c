/* SPDX-License-Identifier: MIT */
/* Goal: a certificate that was revoked, and one of which nobody can say whether it was, is refused
 * in words that say which; of the whole chain, and at both ends.
 * Method: a root, an authority below it and a leaf; a file with lists of both, with one thing wrong
 * each; handshakes over memory. */
#include "tls_support.h"

#define DAY (24L * 3600)

/* A root, an authority that it has signed, and a leaf of that. */
typedef struct lineage {
    authority root;
    cert between, leaf;
    char *chain, *key; /* of the leaf, with the authority between */
} lineage;

static lineage lineage_make(const cert_opts *leaf) {
    lineage l = { .root = authority_make("root") };
    cert_opts opts = *leaf;
    l.between = cert_make(&(cert_opts){ .name = "between", .use = CERT_CA, .issuer = &l.root.ca });
    opts.issuer = &l.between;
    l.leaf = cert_make(&opts);
    l.chain = cert_pem((const cert *const[]){ &l.leaf, &l.between }, 2);
    l.key = cert_key_pem(&l.leaf);
    return l;
}

static void lineage_free(lineage *l) {
    authority_free(&l->root);
    cert_free(&l->between);
    cert_free(&l->leaf);
    free(l->chain);
    free(l->key);
}

typedef enum list_state { NO_LIST, CLEAN, REVOKES, EXPIRED, EARLY, FORGED } list_state;

typedef struct revocation {
    list_state between, root; /* the lists of both */
    const char *said;         /* NULL: the certificate is taken */
} revocation;

static const revocation revocations[] = {
    { CLEAN, CLEAN, NULL },
    { CLEAN, NO_LIST, NULL }, // an issuer above may have none
    { REVOKES, CLEAN, "certificate of leaf.example was revoked" },
    { REVOKES, NO_LIST, "certificate of leaf.example was revoked" },
    { EXPIRED, CLEAN, "the list of revoked certificates for leaf.example has expired" },
    { EARLY, CLEAN, "the list of revoked certificates for leaf.example is not valid yet" },
    { FORGED, CLEAN, "the list of revoked certificates for leaf.example is signed by another" },
    { NO_LIST, CLEAN, "no list of revoked certificates is there for leaf.example" },
    { CLEAN, REVOKES, "certificate of between was revoked" },
    { CLEAN, EXPIRED, "the list of revoked certificates for between has expired" },
};

static void add_list(char *text, size_t room, list_state state, const cert *issuer,
                     const cert *below) {
    if (state == NO_LIST) return;
    char name[64];
    (void)X509_NAME_get_text_by_NID(X509_get_subject_name(issuer->x509), NID_commonName, name,
                                    sizeof name);
    cert other = cert_make(&(cert_opts){ .name = name, .use = CERT_CA });
    crl_opts opts = { .issuer = state == FORGED ? &other : issuer };
    if (state == REVOKES) opts.revoked = below;
    if (state == EXPIRED) opts.from_s = -9 * DAY, opts.to_s = -DAY;
    if (state == EARLY) opts.from_s = DAY, opts.to_s = 9 * DAY;
    char *pem = cert_crl_pem(&opts);
    size_t n = strlen(text);
    CHECK(n + strlen(pem) < room);
    memcpy(text + n, pem, strlen(pem) + 1);
    free(pem);
    cert_free(&other);
}

/* Writes the lists of a row to a file; returns its path. */
static const char *put_lists(folder *files, const lineage *l, const revocation *row) {
    char text[8192] = "";
    add_list(text, sizeof text, row->between, &l->between, &l->leaf);
    add_list(text, sizeof text, row->root, &l->root.ca, &l->between);
    return folder_put(files, "lists.pem", text);
}

static void check_said(const revocation *row, int err, const char *said) {
    if (err != (row->said ? -EDO_ECERT : 0) || (row->said && !strstr(said, row->said)))
        edo_test_fail("%s: %d, %s", row->said ? row->said : "taken", err, said);
}

/* ---- Clients --------------------------------------------------------------------------------- */

/* A client with a certificate of the lineage, and what a server that demands one is made with. */
typedef struct demand {
    folder files;
    lineage lineage;
    pair_texts pair;
    edo_tls_server_opts opts; /* without lists */
    edo_tls_client *client;
} demand;

static void demand_begin(demand *d) {
    *d = (demand){ .files = folder_make(),
                   .lineage =
                       lineage_make(&(cert_opts){ .name = "leaf.example", .use = CERT_CLIENT }) };
    d->pair = pair_make(&(cert_opts){ .name = HOST, .issuer = &d->lineage.root.ca });
    const char *roots = folder_put(&d->files, "roots.pem", d->lineage.root.pem);
    d->opts = (edo_tls_server_opts){ .pairs = &d->pair.pair,
                                     .pairs_n = 1,
                                     .clients = EDO_TLS_CLIENTS_REQUIRED,
                                     .client_roots = roots };
    const edo_tls_client_opts client = { .roots = roots,
                                         .cert =
                                             folder_put(&d->files, "leaf.pem", d->lineage.chain),
                                         .key = folder_put(&d->files, "leaf.key", d->lineage.key) };
    CHECK_EQ(edo_tls_client_new(&d->client, &client), 0);
}

static void demand_end(demand *d) {
    edo_tls_client_unref(d->client);
    pair_free(&d->pair);
    lineage_free(&d->lineage);
    folder_free(&d->files);
}

/* Makes a server with the lists of a row. */
static edo_tls_server *demand_serve(demand *d, const revocation *row) {
    edo_tls_server *server;
    d->opts.client_crl = put_lists(&d->files, &d->lineage, row);
    CHECK_EQ(edo_tls_server_new(&server, &d->opts), 0);
    return server;
}

static void check_demanded(const ends *e, const revocation *row) {
    handshake h;
    shake(&h, e, HOST);
    check_said(row, h.server_err, h.server_said);
    if (h.server_err < 0) CHECK(strstr(h.server_said, "client certificate: ") != NULL);
    handshake_close(&h);
}

static int refuses_clients(void *arg) {
    (void)arg;
    demand d;
    demand_begin(&d);
    for (size_t i = 0; i < EDO_COUNT(revocations); i++) {
        const ends e = { demand_serve(&d, &revocations[i]), d.client };
        check_demanded(&e, &revocations[i]);
        edo_tls_server_unref(e.server);
    }
    demand_end(&d);
    return 0;
}

static void client_that_was_revoked_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside(refuses_clients, NULL), 0);
}

/* A list that comes by a reload ends the session that a client had, too. */
static int ends_with_the_list(void *arg) {
    (void)arg;
    demand d;
    demand_begin(&d);
    const ends e = { demand_serve(&d, &revocations[0]), d.client };
    CHECK(!comes_back(&e, HOST));
    CHECK(comes_back(&e, HOST));
    (void)put_lists(&d.files, &d.lineage, &revocations[2]);
    CHECK_EQ(edo_tls_server_reload(e.server), 0);
    check_demanded(&e, &revocations[2]);
    edo_tls_server_unref(e.server);
    demand_end(&d);
    return 0;
}

static void list_that_was_loaded_later_ends_a_session_too(void **state) {
    (void)state;
    assert_int_equal(inside(ends_with_the_list, NULL), 0);
}

/* ---- Servers --------------------------------------------------------------------------------- */

static int refuses_servers(void *arg) {
    (void)arg;
    folder files = folder_make();
    lineage l = lineage_make(&(cert_opts){ .name = "leaf.example" });
    const edo_tls_pair pair = { .cert_pem = edo_str_of(l.chain), .key_pem = edo_str_of(l.key) };
    ends e = { NULL, NULL };
    CHECK_EQ(edo_tls_server_new(&e.server, &(edo_tls_server_opts){ .pairs = &pair, .pairs_n = 1 }),
             0);
    for (size_t i = 0; i < EDO_COUNT(revocations); i++) {
        handshake h;
        edo_tls_client_opts client = { .roots_pem = edo_str_of(l.root.pem),
                                       .crl = put_lists(&files, &l, &revocations[i]) };
        CHECK_EQ(edo_tls_client_new(&e.client, &client), 0);
        shake(&h, &e, "leaf.example");
        check_said(&revocations[i], h.client_err, h.client_said);
        handshake_close(&h);
        edo_tls_client_unref(e.client);
    }
    edo_tls_server_unref(e.server);
    lineage_free(&l);
    folder_free(&files);
    return 0;
}

static void server_that_was_revoked_is_refused(void **state) {
    (void)state;
    assert_int_equal(inside(refuses_servers, NULL), 0);
}

/* ---- Files ----------------------------------------------------------------------------------- */

static void file_without_a_list_is_refused(void **state) {
    (void)state;
    folder files = folder_make();
    authority ca = authority_make("root");
    edo_tls_client *client;
    const char *const texts[] = { "", "no list\n", ca.pem,
                                  "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n" };
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        const char *path = folder_put(&files, "lists.pem", texts[i]);
        char said[1024];
        int err = edo_tls_client_new(&client, &(edo_tls_client_opts){ .crl = path });
        assert_int_equal(err, -EDO_ECERT);
        (void)edo_trail_print_text(said, sizeof said, err, EDO_TRAIL_LINE);
        assert_non_null(strstr(said, path));
    }
    assert_int_equal(edo_tls_client_new(&client, &(edo_tls_client_opts){ .crl = "/nowhere/x" }),
                     -ENOENT);
    edo_trail_clear();
    authority_free(&ca);
    folder_free(&files);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_that_was_revoked_is_refused),
        cmocka_unit_test(list_that_was_loaded_later_ends_a_session_too),
        cmocka_unit_test(server_that_was_revoked_is_refused),
        cmocka_unit_test(file_without_a_list_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
