/* SPDX-License-Identifier: MIT */
/* Goal: a program sees what a client says first, may take its time, and chooses whose rules hold;
 * what they are for one name lets nobody in under another.
 * Method: a server that chooses by name between one that knows everybody and one that wants client
 * certificates; a paused clock. */
#include "tls_support.h"

#include <edo/time.h>

typedef struct houses {
    authority ca;
    folder files;
    pair_texts strict_pair, open_pair;
    edo_tls_server *strict, *open;
    const char *roots, *robot, *robot_key;
} houses;

/* A server that lets nobody in without a certificate, and one that does. */
static void houses_begin(houses *s, const char *ticket_keys) {
    *s = (houses){ .ca = authority_make("test authority"), .files = folder_make() };
    s->strict_pair = pair_make(&(cert_opts){ .name = "strict.example", .issuer = &s->ca.ca });
    s->open_pair = pair_make(&(cert_opts){ .name = "open.example",
                                           .names = "DNS:open.example,DNS:strict.example",
                                           .issuer = &s->ca.ca });
    pair_texts robot =
        pair_make(&(cert_opts){ .name = "robot", .use = CERT_CLIENT, .issuer = &s->ca.ca });
    s->roots = folder_put(&s->files, "roots.pem", s->ca.pem);
    s->robot = folder_put(&s->files, "robot.pem", robot.cert);
    s->robot_key = folder_put(&s->files, "robot.key", robot.key);
    pair_free(&robot);
    if (ticket_keys) ticket_keys = folder_put(&s->files, "tickets", ticket_keys);
    CHECK_EQ(
        edo_tls_server_new(&s->strict, &(edo_tls_server_opts){ .pairs = &s->strict_pair.pair,
                                                               .pairs_n = 1,
                                                               .clients = EDO_TLS_CLIENTS_REQUIRED,
                                                               .client_roots = s->roots,
                                                               .alpn = "strict",
                                                               .version_max = EDO_TLS_1_2,
                                                               .ticket_keys = ticket_keys }),
        0);
    CHECK_EQ(edo_tls_server_new(&s->open, &(edo_tls_server_opts){ .pairs = &s->open_pair.pair,
                                                                  .pairs_n = 1,
                                                                  .ticket_keys = ticket_keys }),
             0);
}

static void houses_end(houses *s) {
    edo_tls_server_unref(s->strict);
    edo_tls_server_unref(s->open);
    pair_free(&s->strict_pair);
    pair_free(&s->open_pair);
    authority_free(&s->ca);
    folder_free(&s->files);
}

/* What the program does, and has seen. */
typedef struct porter {
    houses *houses;
    edo_duration takes;
    int says;
    bool all_to_open; /* whatever name a client asks for */
    int calls;
    char seen[256];
} porter;

static int chooses(void *arg, const edo_tls_hello *hello, edo_tls_server **out) {
    porter *p = arg;
    CHECK(*out == NULL);
    p->calls++;
    size_t n =
        (size_t)snprintf(p->seen, sizeof p->seen, "%.*s %d%d %d%d%d", (int)hello->server_name.len,
                         hello->server_name.ptr, hello->has_1_2, hello->has_1_3, hello->knows_rsa,
                         hello->knows_ecdsa, hello->knows_ed25519);
    for (size_t i = 0; i < hello->alpn_n; i++)
        n += (size_t)snprintf(p->seen + n, sizeof p->seen - n, " %.*s", (int)hello->alpn[i].len,
                              hello->alpn[i].ptr);
    int err = edo_sleep(p->takes);
    if (err < 0) return err;
    bool is_strict = edo_str_equal(hello->server_name, EDO_STR("strict.example"));
    if (is_strict && !p->all_to_open) *out = edo_tls_server_ref(p->houses->strict);
    if (edo_str_equal(hello->server_name, EDO_STR("open.example")) || p->all_to_open)
        *out = edo_tls_server_ref(p->houses->open);
    return p->says;
}

/* A server with a certificate for "front.example" that asks the porter, and a client. */
static ends ends_at(porter *p, edo_tls_client_opts client) {
    ends e;
    pair_texts front =
        pair_make(&(cert_opts){ .name = "front.example", .issuer = &p->houses->ca.ca });
    CHECK_EQ(edo_tls_server_new(&e.server, &(edo_tls_server_opts){ .pairs = &front.pair,
                                                                   .pairs_n = 1,
                                                                   .alpn = "front",
                                                                   .choose = chooses,
                                                                   .choose_arg = p }),
             0);
    pair_free(&front);
    client.roots_pem = edo_str_of(p->houses->ca.pem);
    CHECK_EQ(edo_tls_client_new(&e.client, &client), 0);
    return e;
}

/* ---- Choosing -------------------------------------------------------------------------------- */

typedef struct visit {
    const char *host;
    bool has_robot;
    const char *alpn;
    edo_tls_version client_max;
    int server_err, client_err;
    edo_tls_version version; /* agreed on */
    const char *seen;
} visit;

static const visit visits[] = {
    { "open.example", false, "a,b", 0, 0, 0, EDO_TLS_1_3, "open.example 11 111 a b" },
    { "strict.example", true, "b,strict", 0, 0, 0, EDO_TLS_1_2, "strict.example 11 111 b strict" },
    { "strict.example", false, NULL, 0, -EDO_ECERT, -EDO_ETLS, 0, "strict.example 11 111" },
    { "STRICT.Example", false, NULL, 0, -EDO_ECERT, -EDO_ETLS, 0, "strict.example 11 111" },
    { "STRICT.example", true, "strict", 0, 0, 0, EDO_TLS_1_2, "strict.example 11 111 strict" },
    { "strict.example", true, "open", 0, -EDO_ETLS, -EDO_ETLS, 0, "strict.example 11 111 open" },
    { "front.example", false, "front", EDO_TLS_1_2, 0, 0, EDO_TLS_1_2,
      "front.example 10 111 front" },
    { "other.example", false, NULL, 0, -EDO_ETLS, -EDO_ECERT, 0, "other.example 11 111" },
};

static int visits_by_name(void *arg) {
    (void)arg;
    houses s;
    houses_begin(&s, NULL);
    for (size_t i = 0; i < EDO_COUNT(visits); i++) {
        const visit *v = &visits[i];
        porter p = { .houses = &s, .takes = edo_s(2) };
        edo_tls_client_opts client = { .alpn = v->alpn, .version_max = v->client_max };
        if (v->has_robot) client.cert = s.robot, client.key = s.robot_key;
        ends e = ends_at(&p, client);
        handshake h;
        edo_tls_info info;
        edo_tls_peer peer;
        shake(&h, &e, v->host);
        if (h.server_err != v->server_err || h.client_err != v->client_err)
            edo_test_fail("visit %zu: %d %s, %d %s", i, h.server_err, h.server_said, h.client_err,
                          h.client_said);
        CHECK_EQ(p.calls, 1);
        if (strcmp(p.seen, v->seen) != 0) edo_test_fail("visit %zu: %s", i, p.seen);
        if (h.server) {
            CHECK_EQ(edo_tls_get_info(h.server, &info), 0);
            CHECK_EQ(info.version, v->version);
            CHECK(edo_str_equal(info.server_name, edo_str_of(v->host)));
            CHECK_EQ(edo_tls_get_peer(h.server, &peer), v->has_robot ? 0 : -ENOENT);
        }
        handshake_close(&h);
        ends_free(&e);
    }
    houses_end(&s);
    return 0;
}

static void server_that_was_chosen_is_whose_rules_hold(void **state) {
    (void)state;
    assert_int_equal(inside(visits_by_name, NULL), 0);
}

/* Without a name, which a client has not for an address. */
static int visits_without_name(void *arg) {
    (void)arg;
    houses s;
    houses_begin(&s, NULL);
    porter p = { .houses = &s };
    ends e = ends_at(&p, (edo_tls_client_opts){ .version_min = EDO_TLS_1_3 });
    handshake h;
    shake(&h, &e, "127.0.0.1");
    CHECK_EQ(h.client_err, -EDO_ECERT); // the certificate is for front.example
    CHECK_EQ(strcmp(p.seen, " 01 111"), 0);
    handshake_close(&h);
    ends_free(&e);
    houses_end(&s);
    return 0;
}

static void hello_may_have_no_name(void **state) {
    (void)state;
    assert_int_equal(inside(visits_without_name, NULL), 0);
}

/* ---- Refusing -------------------------------------------------------------------------------- */

static int refuses(void *arg) {
    (void)arg;
    static const struct {
        int64_t takes_s;
        int says, err;
        const char *server_said, *client_said;
    } rows[] = {
        { 0, -EPERM, -EPERM, "the program refused a client that asks for open.example",
          "the other end does not know this name" },
        { 1, -EDO_ECERT, -EDO_ECERT, "the program refused", "does not know this name" },
        { 60, 0, -ETIMEDOUT, "the program was asked about a client that asks for open.example",
          "" },
    };
    houses s;
    houses_begin(&s, NULL);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        porter p = { .houses = &s, .takes = edo_s(rows[i].takes_s), .says = rows[i].says };
        ends e = ends_at(&p, (edo_tls_client_opts){ .handshake = edo_s(-1) });
        handshake h;
        shake(&h, &e, "open.example"); // which the porter names, and refuses all the same
        CHECK_EQ(h.server_err, rows[i].err);
        if (!strstr(h.server_said, rows[i].server_said)) edo_test_fail("said: %s", h.server_said);
        CHECK(h.client_err < 0);
        if (!strstr(h.client_said, rows[i].client_said)) edo_test_fail("said: %s", h.client_said);
        handshake_close(&h);
        ends_free(&e);
    }
    houses_end(&s);
    return 0;
}

static void program_may_refuse_and_must_not_take_too_long(void **state) {
    (void)state;
    assert_int_equal(inside(refuses, NULL), 0);
}

/* ---- Sessions -------------------------------------------------------------------------------- */

/* A client that was let in for a name while that was open to all comes back by its ticket, whose
 * key both servers have. */
static int comes_back_elsewhere(void *arg) {
    (void)arg;
    char keys[81];
    houses s;
    memset(keys, 'k', 80);
    keys[80] = '\0';
    houses_begin(&s, keys);
    porter p = { .houses = &s, .all_to_open = true };
    ends e = ends_at(&p, (edo_tls_client_opts){ .version_max = EDO_TLS_1_2 });
    handshake h;
    CHECK(!comes_back(&e, "strict.example"));
    CHECK(comes_back(&e, "strict.example"));
    p.all_to_open = false;
    shake(&h, &e, "strict.example");
    CHECK_EQ(h.server_err, -EDO_ECERT);
    CHECK(strstr(h.server_said, "the client has shown no certificate") != NULL);
    handshake_close(&h);
    ends_free(&e);

    ends robot = ends_at(&p, (edo_tls_client_opts){ .cert = s.robot, .key = s.robot_key });
    CHECK(!comes_back(&robot, "strict.example"));
    CHECK(comes_back(&robot, "strict.example")); // under the rules that it was made with
    p.all_to_open = true;
    CHECK(!comes_back(&robot, "strict.example"));
    ends_free(&robot);
    houses_end(&s);
    return 0;
}

static void session_of_one_server_is_not_resumed_with_another(void **state) {
    (void)state;
    assert_int_equal(inside(comes_back_elsewhere, NULL), 0);
}

/* What was chosen is what that server is at the time: after a reload, the new one. */
static int chooses_what_was_reloaded(void *arg) {
    (void)arg;
    houses s;
    houses_begin(&s, NULL);
    porter p = { .houses = &s };
    ends e = ends_at(&p, (edo_tls_client_opts){ .cert = s.robot, .key = s.robot_key });
    handshake h, old;
    shake(&old, &e, "strict.example");
    CHECK_EQ(old.server_err, 0);
    authority other = authority_make("other authority");
    (void)folder_put(&s.files, "roots.pem", other.pem);
    CHECK_EQ(edo_tls_server_reload(s.strict), 0);
    shake(&h, &e, "strict.example");
    CHECK_EQ(h.server_err, -EDO_ECERT);
    handshake_close(&h);
    char byte;
    CHECK_EQ(edo_write_all(old.client, "x", 1), 0); // it goes on as it began
    CHECK_EQ(edo_read(old.server, &byte, 1), 1);
    handshake_close(&old);
    authority_free(&other);
    ends_free(&e);
    houses_end(&s);
    return 0;
}

static void server_that_is_chosen_is_the_one_after_its_reload(void **state) {
    (void)state;
    assert_int_equal(inside(chooses_what_was_reloaded, NULL), 0);
}

/* ---- A second hello -------------------------------------------------------------------------- */

typedef struct hello_text {
    unsigned char bytes[512];
    size_t n;
} hello_text;

static void add(hello_text *h, const void *bytes, size_t n) {
    CHECK(h->n + n <= sizeof h->bytes);
    if (n > 0) memcpy(h->bytes + h->n, bytes, n);
    h->n += n;
}

static void add_u16(hello_text *h, size_t number) {
    const unsigned char bytes[] = { (unsigned char)(number >> 8), (unsigned char)number };
    add(h, bytes, 2);
}

/* A hello of TLS 1.3 for `name`, in a record. Without a key for the group that it knows the server
 * asks for another hello (RFC 8446, 4.1.4). */
static hello_text hello_make(const char *name, bool has_key) {
    static const unsigned char head[] = { 3, 3, 'r', 'a', 'n', 'd', 'o', 'm' };
    static const unsigned char suite[] = { 0, 0, 2, 0x13, 0x01, 1, 0 };
    static const unsigned char known[] = { 0,  43, 0,  3, 2, 3, 4, 0,    10, 0,    4, 0, 2, 0,
                                           29, 0,  13, 0, 6, 0, 4, 0x04, 3,  0x08, 4, 0, 51 };
    unsigned char rest[26] = { 0 }, key[32] = { 9 };
    hello_text exts = { .n = 0 }, body = { .n = 0 }, all = { .n = 0 };
    size_t n = strlen(name);
    add_u16(&exts, 0);
    add_u16(&exts, n + 5);
    add_u16(&exts, n + 3);
    add(&exts, "", 1);
    add_u16(&exts, n);
    add(&exts, name, n);
    add(&exts, known, sizeof known);
    add_u16(&exts, has_key ? 38 : 2);
    add_u16(&exts, has_key ? 36 : 0);
    if (has_key) add_u16(&exts, 29);
    if (has_key) add_u16(&exts, sizeof key);
    add(&exts, key, has_key ? sizeof key : 0);
    add(&body, head, sizeof head);
    add(&body, rest, sizeof rest);
    add(&body, suite, sizeof suite);
    add_u16(&body, exts.n);
    add(&body, exts.bytes, exts.n);
    add(&all, "\x16\x03\x01", 3);
    add_u16(&all, body.n + 4);
    add(&all, "\x01\0", 2);
    add_u16(&all, body.n);
    add(&all, body.bytes, body.n);
    return all;
}

/* Reads a record; returns its first byte of content, of an alert the second one. */
static int read_record(edo_stream *c, int *kind) {
    unsigned char head[5], body[4096] = { 0 };
    CHECK_EQ(edo_read_exact(c, head, sizeof head), 0);
    size_t n = (size_t)head[3] << 8 | head[4];
    CHECK(n >= 1 && n <= sizeof body);
    CHECK_EQ(edo_read_exact(c, body, n), 0);
    *kind = head[0];
    return body[head[0] == 21 ? 1 : 0];
}

typedef struct two_hellos {
    const char *first, *second;
    bool is_same; /* the second is for the name of the first */
    const char *seen;
} two_hellos;

static const two_hellos hellos[] = {
    { "open.example", "open.example", true, "open.example " },
    { "open.example", "strict.example", false, "open.example " },
    { "open.example", "front.example", false, "open.example " },
    { "open.example", "open.example.example", false, "open.example " },
    { "Open.Example.", "OPEN.example", true, "open.example " }, // RFC 6066, 3: no dot at its end
};

static int says_hello_twice(void *arg) {
    const two_hellos *both = arg;
    bool is_same = both->is_same;
    houses s;
    houses_begin(&s, NULL);
    porter p = { .houses = &s };
    ends e = ends_at(&p, (edo_tls_client_opts){ .roots = NULL });
    edo_stream *a, *b;
    int kind;
    CHECK_EQ(edo_duplex(&a, &b, 65536), 0);
    acceptance acc = { .server = e.server, .below = a };
    edo_task *t = edo_spawn(accepts_tls, &acc);
    hello_text first = hello_make(both->first, false), second = hello_make(both->second, true);
    CHECK_EQ(edo_write_all(b, first.bytes, first.n), 0);
    CHECK_EQ(read_record(b, &kind), 2); // a server's hello, which asks for another
    CHECK_EQ(kind, 22);
    CHECK_EQ(edo_write_all(b, second.bytes, second.n), 0);
    int what = read_record(b, &kind);
    while (kind == 20) what = read_record(b, &kind); // change_cipher_spec, which means nothing
    CHECK_EQ(kind, is_same ? 22 : 21);
    CHECK_EQ(what, is_same ? 2 : 47); // illegal_parameter
    edo_close(b);
    CHECK_EQ(edo_task_join(t), is_same ? -EDO_ETRUNCATED : -EDO_ETLS);
    CHECK_EQ(p.calls, 1);
    if (strncmp(p.seen, both->seen, strlen(both->seen)) != 0) edo_test_fail("%s", p.seen);
    ends_free(&e);
    houses_end(&s);
    return 0;
}

static void second_hello_asks_for_the_same_name(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(hellos); i++)
        assert_int_equal(inside(says_hello_twice, (void *)(uintptr_t)&hellos[i]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_that_was_chosen_is_whose_rules_hold),
        cmocka_unit_test(hello_may_have_no_name),
        cmocka_unit_test(program_may_refuse_and_must_not_take_too_long),
        cmocka_unit_test(session_of_one_server_is_not_resumed_with_another),
        cmocka_unit_test(server_that_is_chosen_is_the_one_after_its_reload),
        cmocka_unit_test(second_hello_asks_for_the_same_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
