/* SPDX-License-Identifier: MIT */
/* Goal: whatever a server says in place of a response, a call ends with a failure within its
 * limits, its connection is not used again, and no secret goes elsewhere.
 * Method: a server in memory on the paused clock, which says what a row has, whole or again and
 * again. fetch_faults_test.c has what needs sockets. */
#include "memory_site.h"

#define HEAD    "HTTP/1.1 200 OK\r\n"
#define CHUNKED HEAD "Transfer-Encoding: chunked\r\n\r\n"
#define WHOLE   HEAD "Content-Length: 5\r\n\r\nhello"

/* Of the row that is tried. */
static const char *says, *goes_on; /* what is said once; what is said for ever behind it */

static int respond(memory_site *s, edo_stream *io) {
    int err = site_say(io, says);
    (void)s;
    while (err == 0 && goes_on) err = site_say(io, goes_on);
    return err;
}

/* Returns 0 only for "hello". */
static int fetch(edo_http_client *c) {
    edo_bytes body;
    int err = edo_fetch_bytes(&body, EDO_STR("http://site/"), &(edo_fetch_opts){ .client = c });
    if (err < 0) return err;
    CHECK(edo_str_equal(body.str, EDO_STR("hello")));
    edo_bytes_unref(&body);
    return 0;
}

/* ---- What is no response --------------------------------------------------------------------- */

static const struct {
    const char *name, *says, *goes_on;
    int result;
} rows[] = {
    // Framing.
    { "two lengths", HEAD "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", NULL, -EPROTO },
    { "two lengths in one", HEAD "Content-Length: 5, 6\r\n\r\nhello", NULL, -EPROTO },
    { "a length below 0", HEAD "Content-Length: -5\r\n\r\nhello", NULL, -EPROTO },
    { "a length beyond 2^64", HEAD "Content-Length: 18446744073709551621\r\n\r\nhello", NULL,
      -EPROTO },
    { "a length in hex", HEAD "Content-Length: 0x5\r\n\r\nhello", NULL, -EPROTO },
    { "a length and chunks",
      HEAD "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", NULL,
      -EPROTO },
    { "a chunk beyond 2^64", CHUNKED "10000000000000005\r\nhello\r\n0\r\n\r\n", NULL, -EBADMSG },
    { "a chunk without its end", CHUNKED "5\r\nhello0\r\n\r\n", NULL, -EBADMSG },
    { "a chunk that is none", CHUNKED "hello\r\n", NULL, -EBADMSG },
    { "a fold of no field", HEAD " X: a\r\nContent-Length: 5\r\n\r\nhello", NULL, -EPROTO },
    { "a blank before the colon", HEAD "Content-Length : 5\r\n\r\nhello", NULL, -EPROTO },
    { "no status", "HTTP/1.1 OK\r\n\r\n", NULL, -EPROTO },
    { "another protocol", "SSH-2.0-x\r\n", NULL, -EPROTO },
    { "HTTP/2", "HTTP/2 200 OK\r\n\r\n", NULL, -EPROTO },
    // Codings that nobody has asked for, which hide where the body ends.
    { "chunks in chunks", HEAD "Transfer-Encoding: chunked, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      NULL, -EPROTO },
    { "gzip in chunks", HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      NULL, -EPROTO },
    { "chunks that are not last", HEAD "Transfer-Encoding: chunked, gzip\r\n\r\nhello", NULL,
      -EPROTO },
    { "a coding that is unknown", HEAD "Transfer-Encoding: xchunked\r\n\r\nhello", NULL, -EPROTO },
    { "two fields of codings",
      HEAD
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      NULL, -EPROTO },
    { "an empty coding", HEAD "Transfer-Encoding: \r\n\r\nhello", NULL, -EPROTO },
    // Without an end.
    { "an endless line", "HTTP/1.1 200 ", "so it is said ", -EDO_ETOOLONG },
    { "an endless head", HEAD, "X-Field: and so on\r\n", -EDO_ETOOLONG },
    { "informational responses", "", "HTTP/1.1 103 Hints\r\n\r\n", -EDO_ETOOLONG },
    { "an endless chunk's line", CHUNKED "5;", "and so on", -EBADMSG },
    { "endless digits of a chunk", CHUNKED, "0", -EBADMSG },
    { "endless trailers", CHUNKED "0\r\n", "X-Field: and so on\r\n", -EBADMSG },
    { "endless chunks", CHUNKED, "5\r\nhello\r\n", -EMSGSIZE },
    { "an endless body", HEAD "\r\n", "hello", -EMSGSIZE },
    { "a length beyond the limit", HEAD "Content-Length: 99999999999\r\n\r\n", "hello", -EMSGSIZE },
    // An upgrade that nobody asked for.
    { "another protocol from now on",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", NULL,
      -EPROTO },
};

static int refuse_rows(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        memory_site s = { .respond = respond };
        edo_http_client *c = site_client(&s, NULL);
        says = rows[i].says;
        goes_on = rows[i].goes_on;
        int err = fetch(c);
        if (err != rows[i].result) edo_test_fail("%s: %d", rows[i].name, err);
        says = WHOLE;
        goes_on = NULL;
        EDO_TEST_OK(fetch(c));
        CHECK_EQ(s.conns_n, 2); // not the one that is spoilt
        site_end(&s, c);
    }
    return 0;
}

/* ---- Slowly ---------------------------------------------------------------------------------- */

/* A byte each 5 s, of the head, or of the body behind it: no wait is long, but all of them are. */
static const char *drips;

static int respond_slowly(memory_site *s, edo_stream *io) {
    int err = site_say(io, says);
    (void)s;
    for (const char *at = drips; err == 0; at += at[1] != 0) {
        err = edo_sleep(edo_s(5));
        if (err == 0) err = edo_write_all(io, at, 1);
    }
    return err;
}

static int end_in_time(void *arg) {
    static const struct {
        const char *says, *drips;
    } slow[] = { { "", "HTTP/1.1 200 OK\r\nX: ......................" },
                 { CHUNKED "100\r\n", "x" },
                 { HEAD "\r\n", "x" } };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(slow); i++) {
        memory_site s = { .respond = respond_slowly };
        edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .read_timeout = edo_s(10) });
        edo_instant begun = edo_now();
        says = slow[i].says;
        drips = slow[i].drips;
        CHECK_EQ(fetch(c), -ETIMEDOUT);
        CHECK_EQ(ms_since(begun), 30000);
        edo_http_client_unref(c);
        WAIT_FOR(s.open_n == 0);
    }
    return 0;
}

/* ---- Not at all ------------------------------------------------------------------------------ */

static int respond_never(memory_site *s, edo_stream *io) {
    (void)s, (void)io;
    return edo_sleep(edo_s(20));
}

static memory_site *slow_site;

/* Reads some of what is sent, each 5 s. */
static int read_slowly(void *arg) {
    edo_stream *io = arg;
    char piece[4096];
    int n = 1;
    while (n > 0) {
        n = edo_sleep(edo_s(5));
        if (n == 0) n = edo_read(io, piece, sizeof piece);
    }
    edo_close(io);
    slow_site->open_n--;
    return 0;
}

static int connect_slow_reader(void *arg, edo_stream **out, const char *address) {
    edo_stream *theirs;
    (void)address;
    slow_site = arg;
    slow_site->open_n++;
    EDO_TEST_OK(edo_duplex(out, &theirs, 4096));
    return edo_spawn_detached(read_slowly, theirs);
}

/* Sends a request, which fails. Returns after how many ms. */
static int64_t fails_after(edo_http_client_opts o, memory_site *s, edo_str data) {
    edo_http_client *c;
    edo_http_response *res;
    o.arg = s;
    EDO_TEST_OK(edo_http_client_new(&c, &o));
    edo_instant begun = edo_now();
    const edo_fetch_opts with = { .client = c, .data = data };
    CHECK_EQ(edo_fetch(&res, EDO_STR("http://site/"), &with), -ETIMEDOUT);
    int64_t ms = ms_since(begun);
    edo_http_client_unref(c);
    WAIT_FOR(s->open_n == 0);
    return ms;
}

static int wait_for_no_head(void *arg) {
    static char large[1 << 20];
    memory_site s = { .respond = respond_never };
    edo_http_client_opts o = { .connect = site_connect, .read_timeout = edo_s(10) };
    (void)arg;
    CHECK_EQ(fails_after(o, &s, EDO_STR("")), 10000);
    CHECK_EQ(fails_after(o, &s, EDO_STR("a body")), 10000);
    o.connect = connect_slow_reader; // it takes what is sent, and so slowly that it never ends
    CHECK_EQ(fails_after(o, &s, (edo_str){ large, sizeof large }), 30000);
    o.read_timeout = edo_s(4);
    CHECK_EQ(fails_after(o, &s, (edo_str){ large, sizeof large }), 4000);
    return 0;
}

static int feed_slowly(void *arg) {
    edo_stream *to = arg;
    int err = edo_sleep(edo_s(12));
    if (err == 0) err = edo_write_all(to, "a", 1);
    if (err == 0) err = edo_sleep(edo_s(12));
    if (err == 0) err = edo_write_all(to, "b", 1);
    edo_close(to);
    return err;
}

/* What the program itself has not said yet is no silence of the server. */
static int wait_for_own_body(void *arg) {
    memory_site s = { .respond = respond };
    edo_stream *body, *from;
    edo_http_response *res;
    (void)arg;
    says = WHOLE;
    goes_on = NULL;
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .read_timeout = edo_s(10) });
    EDO_TEST_OK(edo_duplex(&body, &from, 64));
    EDO_TEST_OK(edo_spawn_detached(feed_slowly, from));
    EDO_TEST_OK(
        edo_fetch(&res, EDO_STR("http://site/"), &(edo_fetch_opts){ .client = c, .body = body }));
    CHECK(strcmp(s.body, "ab") == 0);
    edo_http_response_free(res);
    edo_close(body);
    site_end(&s, c);
    return 0;
}

/* ---- Another protocol ------------------------------------------------------------------------ */

/* Says something a minute after the upgrade. */
static int respond_with_upgrade(memory_site *s, edo_stream *io) {
    int err = site_say(io, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
                           "Connection: upgrade\r\n\r\n");
    (void)s;
    if (err == 0) err = edo_sleep(edo_s(60));
    return err < 0 ? err : site_say(io, "late");
}

static int upgrade_for_long(void *arg) {
    memory_site s = { .respond = respond_with_upgrade };
    edo_headers fields;
    edo_http_response *res;
    char text[4];
    (void)arg;
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .read_timeout = edo_s(10) });
    edo_headers_init(&fields);
    EDO_TEST_OK(edo_headers_set(&fields, EDO_HEADER_CONNECTION, EDO_STR("upgrade")));
    EDO_TEST_OK(edo_headers_set(&fields, EDO_HEADER_UPGRADE, EDO_STR("x")));
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/"),
                          &(edo_fetch_opts){ .client = c, .headers = &fields }));
    CHECK(res->is_upgraded);
    EDO_TEST_OK(edo_read_exact(res->body, text, sizeof text));
    CHECK(memcmp(text, "late", 4) == 0);
    edo_http_response_free(res);
    edo_headers_deinit(&fields);
    site_end(&s, c);
    return 0;
}

static int respond_unexpected(memory_site *s, edo_stream *io) {
    bool is_asked = strcasestr(s->head, "expect: 100-continue") != NULL;
    return site_say(io, is_asked ? "HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n" : WHOLE);
}

static int send_without_expect(void *arg) {
    memory_site s = { .respond = respond_unexpected };
    edo_http_client *c = site_client(&s, NULL);
    edo_http_response *res;
    edo_http_request req = { .url = EDO_STR("http://site/"),
                             .method = EDO_METHOD_POST,
                             .data = EDO_STR("a body"),
                             .expect_continue = true };
    (void)arg;
    EDO_TEST_OK(edo_http_client_send(c, &res, &req));
    CHECK_EQ(res->status, 200);
    CHECK(s.requests_n == 2 && strcmp(s.body, "a body") == 0);
    edo_http_response_free(res);
    site_end(&s, c);
    return 0;
}

/* ---- Before it was asked --------------------------------------------------------------------- */

/* Says a response at once, which is nobody's. */
static int connect_talkative(void *arg, edo_stream **out, const char *address) {
    memory_site *s = arg;
    edo_stream *theirs;
    (void)address;
    EDO_TEST_OK(edo_duplex(out, &theirs, 65536));
    s->conns_n++;
    EDO_TEST_OK(site_say(theirs, WHOLE));
    EDO_TEST_OK(edo_shutdown(theirs));
    memory_conn *conn = malloc(sizeof *conn);
    CHECK(conn);
    *conn = (memory_conn){ s, theirs };
    s->open_n++;
    return edo_spawn_detached(site_serve, conn);
}

static int ignore_early_responses(void *arg) {
    memory_site s = { .respond = respond };
    edo_http_client *c;
    (void)arg;
    const edo_http_client_opts o = { .connect = connect_talkative, .arg = &s };
    EDO_TEST_OK(edo_http_client_new(&c, &o));
    CHECK_EQ(fetch(c), -EDO_ECLOSED); // nothing was sent
    CHECK_EQ(s.requests_n, 0);
    CHECK_EQ(s.conns_n, 3); // and not for ever
    site_end(&s, c);
    return 0;
}

/* A kept connection takes a request and ends; the next one says what is nobody's and ends. What has
 * left once has left. */
static int respond_once(memory_site *s, edo_stream *io) {
    return s->requests_n == 1 ? site_say(io, WHOLE) : -EDO_EEOF;
}

static int connect_well_first(void *arg, edo_stream **out, const char *address) {
    memory_site *s = arg;
    return s->conns_n == 0 ? site_connect(arg, out, address) : connect_talkative(arg, out, address);
}

static int lose_twice(void *arg) {
    memory_site s = { .respond = respond_once };
    edo_http_client *c;
    (void)arg;
    const edo_http_client_opts o = { .connect = connect_well_first, .arg = &s };
    EDO_TEST_OK(edo_http_client_new(&c, &o));
    EDO_TEST_OK(fetch(c));
    CHECK_EQ(fetch(c), -ECONNRESET);
    CHECK(s.requests_n == 2 && s.conns_n == 2);
    site_end(&s, c);
    return 0;
}

/* ---- Secrets --------------------------------------------------------------------------------- */

static char lead_to[60];
static bool heard_secret[8]; /* of each request */

static int lead(memory_site *s, edo_stream *io) {
    char text[200];
    CHECK(s->requests_n <= (int)EDO_COUNT(heard_secret));
    heard_secret[s->requests_n - 1] = strstr(s->head, "SECRET") != NULL;
    if (s->requests_n > 1 && strstr(s->head, " /end ")) return site_say(io, WHOLE);
    (void)snprintf(text, sizeof text,
                   "HTTP/1.1 307 Temporary\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
                   s->requests_n == 1 ? lead_to : "http://site/end");
    return site_say(io, text);
}

/* They stay behind also when a redirect leads back. */
static int keep_secrets(void *arg) {
    static const struct {
        const char *to;
        int requests_n;
        bool is_told; /* the second request */
    } places[] = { { "/end", 2, true },
                   { "http://SITE:80/end", 2, true },
                   { "http://site:81/x", 3, false },
                   { "//other/x", 3, false },
                   { "http://site.example/x", 3, false },
                   { "http://x:y@site.:80/x", 3, false } };
    static const char *const names[] = { "Authorization", "Cookie", "Proxy-Authorization",
                                         "WWW-Authenticate", "X-Key" };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(places) * EDO_COUNT(names); i++) {
        memory_site s = { .respond = lead };
        edo_headers fields;
        edo_bytes body;
        const char *name = names[i % EDO_COUNT(names)];
        size_t place = i / EDO_COUNT(names);
        (void)snprintf(lead_to, sizeof lead_to, "%s", places[place].to);
        edo_headers_init(&fields);
        EDO_TEST_OK(edo_headers_append_named(&fields, edo_str_of(name), EDO_STR("SECRET")));
        if (name[0] == 'X') (void)edo_headers_set_sensitive(&fields, edo_str_of(name));
        edo_http_client *c = site_client(&s, NULL);
        const edo_fetch_opts o = { .client = c, .headers = &fields };
        EDO_TEST_OK(edo_fetch_bytes(&body, EDO_STR("http://site/"), &o));
        edo_bytes_unref(&body);
        edo_headers_deinit(&fields);
        CHECK_EQ(s.requests_n, places[place].requests_n);
        CHECK(heard_secret[0]);
        for (int n = 1; n < s.requests_n; n++)
            if (heard_secret[n] != places[place].is_told)
                edo_test_fail("%s behind %s", name, places[place].to);
        site_end(&s, c);
    }
    return 0;
}

/* ---- All ------------------------------------------------------------------------------------- */

static void what_is_no_response_ends_its_connection(void **state) {
    (void)state;
    assert_int_equal(inside(refuse_rows, NULL), 0);
}

static void slow_servers_meet_the_limit_of_all(void **state) {
    (void)state;
    assert_int_equal(inside(end_in_time, NULL), 0);
}

static void silence_before_the_head_has_the_limit_of_reads(void **state) {
    (void)state;
    assert_int_equal(inside(wait_for_no_head, NULL), 0);
    assert_int_equal(inside(wait_for_own_body, NULL), 0);
}

static void an_upgrade_has_no_limit_of_a_response(void **state) {
    (void)state;
    assert_int_equal(inside(upgrade_for_long, NULL), 0);
}

static void a_server_that_knows_no_continue_gets_the_body_at_once(void **state) {
    (void)state;
    assert_int_equal(inside(send_without_expect, NULL), 0);
}

static void a_response_before_its_request_is_none(void **state) {
    (void)state;
    assert_int_equal(inside(ignore_early_responses, NULL), 0);
}

static void what_was_sent_once_is_not_called_unsent(void **state) {
    (void)state;
    assert_int_equal(inside(lose_twice, NULL), 0);
}

static void secrets_stay_with_their_origin(void **state) {
    (void)state;
    assert_int_equal(inside(keep_secrets, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_response_ends_its_connection),
        cmocka_unit_test(slow_servers_meet_the_limit_of_all),
        cmocka_unit_test(silence_before_the_head_has_the_limit_of_reads),
        cmocka_unit_test(an_upgrade_has_no_limit_of_a_response),
        cmocka_unit_test(a_server_that_knows_no_continue_gets_the_body_at_once),
        cmocka_unit_test(a_response_before_its_request_is_none),
        cmocka_unit_test(what_was_sent_once_is_not_called_unsent),
        cmocka_unit_test(secrets_stay_with_their_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
