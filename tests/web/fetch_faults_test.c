/* SPDX-License-Identifier: MIT */
/* Goal: a client does not hang, uses no connection that is spoilt, sends again only what may be
 * sent again, and keeps to its limits, whatever a server does.
 * Method: a server that does by the path of a request what a row of the test says, and counts. */
#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/test.h>

#include "tcp_site.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct server {
    tcp_site at;
    char root[64];
    int conns_n, requests_n, posts_n;
    int cut_at; /* bytes of a response of "/cut" */
} server;

static server srv;

static const char whole[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
static const char chunked[] =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";

static int send_text(edo_stream *s, const char *text) {
    return edo_write_all(s, text, strlen(text));
}

#define EARLY_BYTES (4u << 20)

/* Responds before it reads the rest of the request, which must be whole nevertheless. */
static int respond_early(edo_stream *s) {
    static char piece[65536];
    int err = send_text(s, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    for (size_t n = 1; err == 0 && n < EARLY_BYTES;) {
        int got = edo_read(s, piece, sizeof piece);
        if (got <= 0) return -1;
        for (int i = 0; i < got; i++) CHECK_EQ(piece[i], 'x');
        n += (size_t)got;
    }
    return err < 0 ? err : send_text(s, "hello");
}

static int pour(edo_stream *s) {
    int err = send_text(s, "HTTP/1.1 200 OK\r\n\r\n");
    while (err == 0) err = send_text(s, "more and more and more and more");
    return err;
}

/* Responds; a negative code ends the connection. `nth`: of the connection, from 1. */
static int respond(edo_stream *s, const char *path, int nth) {
    if (strcmp(path, "/once") == 0 && nth == 1) return send_text(s, whole);
    if (strcmp(path, "/once") == 0) return -1; // a later request gets nothing
    if (strcmp(path, "/spoilt") == 0) {
        int err = send_text(s, whole);
        return err < 0 ? err : send_text(s, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    }
    if (strcmp(path, "/closes") == 0) {
        (void)send_text(s, whole);
        return -1;
    }
    if (strcmp(path, "/cut") == 0) {
        (void)edo_write_all(s, chunked, (size_t)srv.cut_at);
        return -1;
    }
    if (strcmp(path, "/endless") == 0) {
        int err = send_text(s, "HTTP/1.1 200 OK\r\n");
        while (err == 0) err = send_text(s, "X-Field: and so on and so on\r\n");
        return err;
    }
    if (strcmp(path, "/early-hints") == 0) {
        int err = 0;
        while (err == 0) err = send_text(s, "HTTP/1.1 103 Early Hints\r\n\r\n");
        return err;
    }
    if (strcmp(path, "/silent-body") == 0) {
        int err = send_text(s, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
        return err < 0 ? err : edo_sleep(edo_s(600));
    }
    if (strcmp(path, "/two-lengths") == 0)
        return send_text(s,
                         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello");
    if (strcmp(path, "/early") == 0) return respond_early(s);
    if (strcmp(path, "/pour") == 0) return pour(s);
    if (strcmp(path, "/held") == 0) {
        int err = edo_sleep(edo_ms(20));
        return err < 0 ? err : send_text(s, whole);
    }
    if (strcmp(path, "/away") == 0)
        return send_text(s, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:1/\r\n"
                            "Content-Length: 0\r\n\r\n");
    return send_text(s, whole);
}

/* Reads a head, and the body of a POST, which is one byte. */
static int read_request(edo_stream *s, char *path, size_t path_bytes) {
    char head[4096];
    size_t n = 0;
    do {
        int got = n < sizeof head - 1 ? edo_read(s, head + n, 1) : -EMSGSIZE;
        if (got <= 0) return -1;
        n++;
        head[n] = 0;
    } while (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0);
    char *from = strchr(head, ' ') + 1, *to = strchr(from, ' ');
    *to = 0;
    (void)snprintf(path, path_bytes, "%s", from);
    srv.requests_n++;
    bool is_post = head[0] == 'P';
    srv.posts_n += is_post;
    return is_post ? edo_read_exact(s, head, 1) : 0;
}

static int serve_one(void *arg) {
    edo_stream *s = arg;
    char path[100];
    int err = 0;
    srv.conns_n++;
    for (int nth = 1; err == 0; nth++) {
        err = read_request(s, path, sizeof path);
        if (err == 0) err = respond(s, path, nth);
    }
    edo_close(s);
    return 0;
}

static void server_begin(void) {
    memset(&srv, 0, sizeof srv);
    tcp_site_begin(&srv.at, serve_one);
    (void)snprintf(srv.root, sizeof srv.root, "http://127.0.0.1:%u", srv.at.port);
}

/* Fetches the body of `path` by `o`. Returns 0 only for "hello". */
static int fetch(const char *path, const edo_fetch_opts *o) {
    char url[200];
    edo_bytes body;
    (void)snprintf(url, sizeof url, "%s%s", srv.root, path);
    int err = edo_fetch_bytes(&body, edo_str_of(url), o);
    if (err < 0) return err;
    CHECK(edo_str_equal(body.str, EDO_STR("hello")));
    edo_bytes_unref(&body);
    return 0;
}

static edo_http_client *client_of(const edo_http_client_opts *o) {
    edo_http_client *c;
    EDO_TEST_OK(edo_http_client_new(&c, o));
    return c;
}

/* ---- Connections that are spoilt ------------------------------------------------------------- */

static int resend(void *arg) {
    (void)arg;
    server_begin();
    edo_http_client *c = client_of(NULL);
    const edo_fetch_opts get = { .client = c }, post = { .client = c, .data = EDO_STR("x") };
    EDO_TEST_OK(fetch("/once", &get));
    EDO_TEST_OK(fetch("/once", &get)); // its connection ends: a new one gets it again
    CHECK_EQ(srv.requests_n, 3);
    CHECK_EQ(srv.conns_n, 2);
    CHECK_EQ(fetch("/once", &post), -EDO_EEOF); // it may have been carried out
    CHECK_EQ(srv.posts_n, 1);
    edo_http_client_unref(c);
    tcp_site_end(&srv.at);
    return 0;
}

static int spoilt(void *arg) {
    (void)arg;
    server_begin();
    edo_http_client *c = client_of(NULL);
    const edo_fetch_opts get = { .client = c };
    for (int i = 0; i < 5; i++) {
        EDO_TEST_OK(fetch("/spoilt", &get));
        EDO_TEST_OK(edo_sleep(edo_ms(1))); // the bytes behind it may have come
        EDO_TEST_OK(fetch("/closes", &get));
    }
    edo_http_client_unref(c);
    tcp_site_end(&srv.at);
    return 0;
}

static int cuts(void *arg) {
    (void)arg;
    server_begin();
    edo_http_client *c = client_of(NULL);
    const edo_fetch_opts get = { .client = c };
    for (int n = 0; n < (int)sizeof chunked - 1; n++) {
        srv.cut_at = n;
        CHECK(fetch("/cut", &get) < 0);
    }
    srv.cut_at = (int)sizeof chunked - 1;
    EDO_TEST_OK(fetch("/cut", &get));
    edo_http_client_stats st;
    edo_http_client_get_stats(c, &st);
    CHECK(st.open <= 1);
    edo_http_client_unref(c);
    tcp_site_end(&srv.at);
    return 0;
}

static int floods(void *arg) {
    (void)arg;
    server_begin();
    edo_http_client *c = client_of(NULL);
    const edo_fetch_opts get = { .client = c };
    CHECK_EQ(fetch("/endless", &get), -EDO_ETOOLONG);
    CHECK_EQ(fetch("/early-hints", &get), -EDO_ETOOLONG);
    CHECK_EQ(fetch("/two-lengths", &get), -EPROTO);
    const edo_fetch_opts brief = { .client = c, .read_timeout = edo_ms(30) };
    CHECK_EQ(fetch("/silent-body", &brief), -ETIMEDOUT);
    const edo_fetch_opts all = { .client = c, .timeout = edo_ms(30) };
    CHECK_EQ(fetch("/silent-body", &all), -ETIMEDOUT);
    const edo_fetch_opts small = { .client = c, .bytes_max = 4 };
    CHECK_EQ(fetch("/", &small), -EMSGSIZE);
    edo_http_client_unref(c);
    tcp_site_end(&srv.at);
    return 0;
}

/* The memory of a request ends before its rest was sent. */
static int early(void *arg) {
    edo_http_response *res;
    edo_buf body = { 0 };
    char url[100];
    (void)arg;
    server_begin();
    char *data = malloc(EARLY_BYTES);
    CHECK(data);
    memset(data, 'x', EARLY_BYTES);
    (void)snprintf(url, sizeof url, "%s/early", srv.root);
    EDO_TEST_OK(
        edo_fetch(&res, edo_str_of(url), &(edo_fetch_opts){ .data = { data, EARLY_BYTES } }));
    memset(data, '-', EARLY_BYTES);
    free(data);
    EDO_TEST_OK(edo_http_response_collect(res, &body, 100));
    CHECK(edo_str_equal((edo_str){ body.ptr, body.len }, EDO_STR("hello")));
    edo_buf_deinit(&body);
    edo_http_response_free(res);
    tcp_site_end(&srv.at);
    return 0;
}

/* A body that never lacks bytes has the limit, too. */
static int endless(void *arg) {
    edo_http_response *res;
    static char piece[65536];
    char url[100];
    (void)arg;
    server_begin();
    (void)snprintf(url, sizeof url, "%s/pour", srv.root);
    int n;
    do // again if the head has not come within the limit
        n = edo_fetch(&res, edo_str_of(url), &(edo_fetch_opts){ .timeout = edo_ms(200) });
    while (n == -ETIMEDOUT);
    EDO_TEST_OK(n);
    while ((n = edo_read(res->body, piece, sizeof piece)) > 0) continue;
    CHECK_EQ(n, -ETIMEDOUT);
    edo_http_response_free(res);
    tcp_site_end(&srv.at);
    return 0;
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static int fetch_held(void *arg) {
    return fetch("/held", &(edo_fetch_opts){ .client = arg });
}

/* One connection for all: one task that waits is cancelled, the others get their turn. */
static int turns(void *arg) {
    edo_task *tasks[8];
    (void)arg;
    server_begin();
    edo_http_client *c = client_of(&(edo_http_client_opts){ .host_conns_max = 1 });
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) CHECK((tasks[i] = edo_spawn(fetch_held, c)));
    EDO_TEST_OK(edo_sleep(edo_ms(5)));
    edo_task_cancel(tasks[3]);
    edo_task_cancel(tasks[0]);
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) {
        int err = edo_task_join(tasks[i]);
        CHECK(err == 0 || ((i == 0 || i == 3) && err == -ECANCELED));
    }
    edo_http_client_stats st;
    edo_http_client_get_stats(c, &st);
    CHECK_EQ(st.waiting, 0);
    CHECK(st.open <= 1);
    edo_http_client_unref(c);
    tcp_site_end(&srv.at);
    return 0;
}

static int fetch_nowhere(void *arg) {
    edo_bytes body;
    return edo_fetch_bytes(&body, EDO_STR("http://127.0.0.1:1/"),
                           &(edo_fetch_opts){ .client = arg });
}

static int refused(void *arg) {
    edo_task *tasks[6];
    (void)arg;
    edo_http_client *c = client_of(&(edo_http_client_opts){ .host_conns_max = 2 });
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) CHECK((tasks[i] = edo_spawn(fetch_nowhere, c)));
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) CHECK_EQ(edo_task_join(tasks[i]), -ECONNREFUSED);
    edo_http_client_stats st;
    edo_http_client_get_stats(c, &st);
    CHECK_EQ(st.connect_failures, EDO_COUNT(tasks));
    CHECK_EQ(st.open, 0);
    edo_http_client_unref(c);
    return 0;
}

/* ---- Addresses ------------------------------------------------------------------------------- */

static bool is_first(void *arg, const edo_addr *addr) {
    (*(int *)arg)++;
    return ntohl(addr->sock.v4.sin_addr.s_addr) == 0x7f000001;
}

static bool is_none(void *arg, const edo_addr *addr) {
    (void)arg;
    (void)addr;
    return false;
}

static int look_up(void *arg, edo_addr *out, size_t out_max, const char *host) {
    (void)arg;
    CHECK(out_max >= 2 && strcmp(host, "two.example") == 0);
    EDO_TEST_OK(edo_addr_parse(&out[0], "127.0.0.2:0")); // not allowed
    EDO_TEST_OK(edo_addr_parse(&out[1], "127.0.0.1:0"));
    return 2;
}

static int addresses(void *arg) {
    int asked_n = 0;
    char name[32];
    (void)arg;
    server_begin();
    unsigned port = srv.at.port;
    edo_http_client *c = client_of(&(edo_http_client_opts){ .allow = is_none });
    CHECK_EQ(fetch("/", &(edo_fetch_opts){ .client = c }), -EACCES);
    CHECK_EQ(srv.conns_n, 0);
    edo_http_client_unref(c);
    c = client_of(&(edo_http_client_opts){ .allow = edo_http_allow_public });
    CHECK_EQ(fetch("/", &(edo_fetch_opts){ .client = c }), -EACCES);
    edo_http_client_unref(c);
    c = client_of(&(edo_http_client_opts){ .allow = is_first, .arg = &asked_n });
    CHECK_EQ(fetch("/away", &(edo_fetch_opts){ .client = c }), -EACCES); // behind the redirect
    CHECK_EQ(asked_n, 2);
    edo_http_client_unref(c);
    c = client_of(
        &(edo_http_client_opts){ .allow = is_first, .resolve = look_up, .arg = &asked_n });
    (void)snprintf(srv.root, sizeof srv.root, "http://two.example:%u", port);
    EDO_TEST_OK(fetch("/", &(edo_fetch_opts){ .client = c }));
    edo_http_client_unref(c);
    (void)snprintf(name, sizeof name, "a.example:%u", port);
    const edo_http_host hosts[] = { { name, "127.0.0.1" } };
    c = client_of(&(edo_http_client_opts){ .hosts = hosts, .hosts_n = 1 });
    (void)snprintf(srv.root, sizeof srv.root, "http://A.Example:%u", port);
    EDO_TEST_OK(fetch("/", &(edo_fetch_opts){ .client = c }));
    edo_http_client_unref(c);
    tcp_site_end(&srv.at);
    return 0;
}

static int peer(void *arg) {
    char url[100];
    edo_http_response *res;
    edo_addr addr;
    (void)arg;
    server_begin();
    (void)snprintf(url, sizeof url, "%s/", srv.root);
    EDO_TEST_OK(edo_fetch(&res, edo_str_of(url), NULL));
    EDO_TEST_OK(edo_stream_peer_addr(edo_http_response_stream(res), &addr));
    CHECK_EQ(edo_addr_port(&addr), srv.at.port);
    edo_http_response_free(res);
    EDO_TEST_OK(edo_http_response_make(&res, EDO_STATUS_OK, EDO_STR(""), EDO_STR("")));
    CHECK(!edo_http_response_stream(res));
    edo_http_response_free(res);
    tcp_site_end(&srv.at);
    return 0;
}

static int wrong_urls(void *arg) {
    static const struct {
        const char *url;
        int err;
    } rows[] = {
        { "", -ENOTSUP },           { "/path", -ENOTSUP },          { "ftp://a/", -ENOTSUP },
        { "http://", -EINVAL },     { "http://a:99999/", -EINVAL }, { "http://[::1/", -EINVAL },
        { "http://a b/", -EINVAL },
    };
    edo_bytes body;
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        CHECK_EQ(edo_fetch_bytes(&body, edo_str_of(rows[i].url), NULL), rows[i].err);
    return 0;
}

static void each_part_by_one_thread_and_some_by_several(void **state) {
    static edo_task_fn *const parts[] = { resend,    spoilt,     cuts,  floods,  turns, refused,
                                          addresses, wrong_urls, early, endless, peer };
    static const edo_runtime_opts one = { .flavor = EDO_RUNTIME_CURRENT };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(parts); i++)
        assert_int_equal(inside_with(parts[i], NULL, &one), 0);
    assert_int_equal(inside_with(refused, NULL, NULL), 0); // without the server, which has no lock
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_by_one_thread_and_some_by_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
