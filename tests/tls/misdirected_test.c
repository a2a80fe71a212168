/* SPDX-License-Identifier: MIT */
/* Goal: what only clients with a certificate may ask for is not asked for over a connection that
 * was made under another name, nor after the trust in the certificate's issuer has ended.
 * Method: one server for HTTPS with two names, one of which wants certificates; requests by hand,
 * several on a connection. */
#include "tls_support.h"

#include <edo/http_server.h>
#include <edo/net.h>

typedef struct site {
    authority ca;
    folder files;
    edo_tls_server *front, *strict;
    edo_tls_client *anybody, *robot;
    edo_listener *at;
    edo_task *task;
} site;

static int chooses(void *arg, const edo_tls_hello *hello, edo_tls_server **out) {
    site *s = arg;
    if (edo_str_equal(hello->server_name, EDO_STR("strict.example")))
        *out = edo_tls_server_ref(s->strict);
    return 0;
}

static int serves_target(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    return edo_response_text(res, EDO_STATUS_OK, req->target);
}

static int serves(void *arg) {
    site *s = arg;
    return edo_http_serve(
        serves_target, s,
        &(edo_http_server_opts){ .listeners = &s->at, .listeners_n = 1, .tls = s->front });
}

/* `front` lets everybody in to all names that it has; those of `strict` are among them. */
static void site_begin(site *s, bool can_choose) {
    *s = (site){ .ca = authority_make("test authority"), .files = folder_make() };
    pair_texts front =
        pair_make(&(cert_opts){ .name = "open.example",
                                .names = "DNS:open.example,DNS:strict.example,IP:127.0.0.1,IP:::1",
                                .issuer = &s->ca.ca });
    pair_texts strict = pair_make(&(cert_opts){ .name = "strict.example", .issuer = &s->ca.ca });
    pair_texts robot =
        pair_make(&(cert_opts){ .name = "robot", .use = CERT_CLIENT, .issuer = &s->ca.ca });
    edo_tls_server_opts opts = { .pairs = &front.pair, .pairs_n = 1 };
    if (can_choose) opts.choose = chooses, opts.choose_arg = s;
    CHECK_EQ(edo_tls_server_new(&s->front, &opts), 0);
    CHECK_EQ(edo_tls_server_new(&s->strict,
                                &(edo_tls_server_opts){
                                    .pairs = &strict.pair,
                                    .pairs_n = 1,
                                    .clients = EDO_TLS_CLIENTS_REQUIRED,
                                    .client_roots = folder_put(&s->files, "roots", s->ca.pem) }),
             0);
    edo_tls_client_opts client = { .roots_pem = edo_str_of(s->ca.pem) };
    CHECK_EQ(edo_tls_client_new(&s->anybody, &client), 0);
    client.cert = folder_put(&s->files, "robot.pem", robot.cert);
    client.key = folder_put(&s->files, "robot.key", robot.key);
    CHECK_EQ(edo_tls_client_new(&s->robot, &client), 0);
    CHECK_EQ(edo_tcp_listen(&s->at, "127.0.0.1:0", NULL), 0);
    s->task = edo_spawn(serves, s);
    pair_free(&front);
    pair_free(&strict);
    pair_free(&robot);
}

static void site_end(site *s) {
    edo_task_cancel(s->task);
    CHECK_EQ(edo_task_join(s->task), 0);
    edo_listener_close(s->at);
    edo_tls_server_unref(s->front);
    edo_tls_server_unref(s->strict);
    edo_tls_client_unref(s->anybody);
    edo_tls_client_unref(s->robot);
    authority_free(&s->ca);
    folder_free(&s->files);
}

static int visit(site *s, edo_stream **out, edo_tls_client *as, const char *name) {
    char address[32];
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)edo_listener_port(s->at));
    return edo_tls_connect(out, address, as, &(edo_tls_connect_opts){ .name = name });
}

/* Sends a request; returns the status of the response, or what the read returned. */
static int ask(edo_stream *c, const char *target, const char *host) {
    char got[2048];
    size_t n = 0;
    CHECK_EQ(edo_printf(c, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, host), 0);
    for (;;) {
        int more = edo_read(c, got + n, sizeof got - 1 - n);
        if (more <= 0) return more;
        n += (size_t)more;
        got[n] = '\0';
        const char *body = strstr(got, "\r\n\r\n"),
                   *length = strcasestr(got, "\r\ncontent-length: ");
        if (!body) continue;
        CHECK(length != NULL);
        if (strlen(body) >= 4 + strtoul(length + 18, NULL, 10))
            return (int)strtol(got + 9, NULL, 10);
    }
}

typedef struct request {
    const char *name; /* of the handshake */
    const char *target, *host;
    int status, status_alone; /* with, and without a choice */
} request;

static const request requests[] = {
    { "open.example", "/a", "open.example", 200, 200 },
    { "open.example", "/a", "OPEN.Example.:443", 200, 200 },
    { "open.example", "/a", "strict.example", 421, 200 },
    { "open.example", "/a", "strict.example:8443", 421, 200 },
    { "open.example", "/a", "127.0.0.1", 421, 200 },
    { "open.example", "https://open.example/a", "strict.example", 200, 200 },
    { "open.example", "https://strict.example/a", "open.example", 421, 200 },
    { "open.example", "/a", "", 200, 200 },
    { "Open.EXAMPLE", "/a", "open.example", 200, 200 },
    { "127.0.0.1", "/a", "127.0.0.1", 200, 200 }, // no name
    { "127.0.0.1", "/a", "[::1]:443", 200, 200 },
    { "127.0.0.1", "/a", "strict.example", 421, 200 },
    { "127.0.0.1", "/a", "open.example", 421, 200 },
};

static int directs(void *arg) {
    (void)arg;
    for (int can_choose = 0; can_choose < 2; can_choose++) {
        site s;
        site_begin(&s, can_choose);
        for (size_t i = 0; i < EDO_COUNT(requests); i++) {
            const request *r = &requests[i];
            edo_stream *c;
            CHECK_EQ(visit(&s, &c, s.anybody, r->name), 0);
            int want = can_choose ? r->status : r->status_alone;
            int status = ask(c, r->target, r->host);
            if (status != want) edo_test_fail("request %zu: %d, not %d", i, status, want);
            edo_close(c);
        }
        site_end(&s);
    }
    return 0;
}

static void request_for_another_name_is_misdirected_where_names_have_rules(void **state) {
    (void)state;
    assert_int_equal(inside_with(directs, NULL, &kinds[2]), 0);
}

/* A client that was let in under one name gets no further; one that has lost trust gets in no
 * more. */
static int keeps_rules(void *arg) {
    (void)arg;
    site s;
    edo_stream *robot, *anybody;
    char byte;
    site_begin(&s, true);
    CHECK_EQ(visit(&s, &robot, s.robot, "strict.example"), 0);
    CHECK_EQ(ask(robot, "/a", "strict.example"), 200);
    CHECK_EQ(visit(&s, &anybody, s.anybody, "open.example"), 0);
    CHECK_EQ(ask(anybody, "/a", "open.example"), 200);
    CHECK_EQ(ask(anybody, "/a", "strict.example"), 421);
    CHECK_EQ(edo_read(anybody, &byte, 1), 0); // it ends with that
    edo_close(anybody);
    int err = visit(&s, &anybody, s.anybody, "STRICT.example"); // the same name
    if (err == 0) {
        err = ask(anybody, "/a", "strict.example");
        edo_close(anybody);
    }
    CHECK(err < 0);

    authority other = authority_make("other authority");
    (void)folder_put(&s.files, "roots", other.pem);
    authority_free(&other);
    CHECK_EQ(edo_tls_server_reload(s.strict), 0);
    CHECK_EQ(ask(robot, "/b", "strict.example"), 200); // a connection goes on as it began
    edo_close(robot);
    err = visit(&s, &robot, s.robot, "strict.example"); // with a ticket
    if (err == 0) {                                     // TLS 1.3: it is told by the first read
        err = ask(robot, "/c", "strict.example");
        edo_close(robot);
    }
    CHECK(err < 0);
    CHECK_EQ(visit(&s, &robot, s.robot, "open.example"), 0); // which wants none
    CHECK_EQ(ask(robot, "/d", "strict.example"), 421);
    edo_close(robot);
    site_end(&s);
    return 0;
}

static void rules_of_a_name_hold_after_a_reload_and_for_connections_of_others(void **state) {
    (void)state;
    assert_int_equal(inside_with(keeps_rules, NULL, &kinds[2]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_for_another_name_is_misdirected_where_names_have_rules),
        cmocka_unit_test(rules_of_a_name_hold_after_a_reload_and_for_connections_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
