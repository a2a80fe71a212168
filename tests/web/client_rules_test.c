/* SPDX-License-Identifier: MIT */
/* Goal: a client keeps to what its options forbid and bound: redirects that the program refuses,
 * clear text, connections that are old, bodies that would fill the memory.
 * Method: a server in memory on the paused clock. */
#include "memory_site.h"

#include <edo/http_fields.h>

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static int status_of(edo_http_client *c, const char *url) {
    edo_http_response *res;
    const edo_fetch_opts o = { .client = c, .any_status = true };
    int err = edo_fetch(&res, edo_str_of(url), &o);
    if (err < 0) return err;
    int status = (int)res->status;
    edo_http_response_free(res);
    return status;
}

/* ---- Redirects ------------------------------------------------------------------------------- */

/* From /1 to /2 and so on, up to /4; "/out" leads elsewhere. */
static int lead_on(memory_site *s, edo_stream *io) {
    char text[200];
    const char *at = strstr(s->head, " /") + 2;
    if (*at == '4') return site_say(io, OK);
    (void)snprintf(text, sizeof text,
                   "HTTP/1.1 302 Found\r\nLocation: %s%d\r\nContent-Length: 0\r\n\r\n",
                   *at == 'o' ? "http://elsewhere/" : "/", *at == 'o' ? 4 : *at - '0' + 1);
    return site_say(io, text);
}

static char seen_urls[500];
static int seen_n;

/* Only three places of one host, and never elsewhere. */
static int stay_here(void *arg, const edo_http_redirect *r) {
    const memory_site *s = arg;
    size_t n = 0;
    CHECK(s->requests_n > 0 && r->response->status == 302);
    seen_n++;
    for (size_t i = 0; i < r->urls_n; i++)
        n += (size_t)snprintf(seen_urls + n, sizeof seen_urls - n, "%.*s ", (int)r->urls[i].len,
                              r->urls[i].ptr);
    (void)snprintf(seen_urls + n, sizeof seen_urls - n, "-> %.*s", (int)r->to.len, r->to.ptr);
    if (memmem(r->to.ptr, r->to.len, "elsewhere", 9)) return -EACCES;
    return r->urls_n < 3;
}

static int ask_at_redirects(void *arg) {
    memory_site s = { .respond = lead_on };
    edo_http_response *res;
    (void)arg;
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .redirect = stay_here });
    const edo_fetch_opts o = { .client = c };
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/2"), &o));
    CHECK_EQ(res->status, 200);
    edo_http_response_free(res);
    CHECK(strcmp(seen_urls, "http://site/2 http://site/3 -> http://site/4") == 0);
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/1"), &o)); // the third is not followed
    CHECK_EQ(res->status, 302);
    CHECK(edo_str_equal(edo_http_response_url(res), EDO_STR("http://site/3")));
    edo_http_response_free(res);
    CHECK_EQ(status_of(c, "http://site/out"), -EACCES);
    CHECK(strcmp(seen_urls, "http://site/out -> http://elsewhere/4") == 0);
    CHECK_EQ(seen_n, 2 + 3 + 1);
    site_end(&s, c);
    return 0;
}

/* ---- Connections ----------------------------------------------------------------------------- */

static int respond(memory_site *s, edo_stream *io) {
    (void)s;
    return site_say(io, OK);
}

static int end_old_connections(void *arg) {
    memory_site s = { .respond = respond };
    (void)arg;
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .conn_age_max = edo_s(100) });
    for (int i = 0; i < 9; i++) { // up to the second 80
        CHECK_EQ(status_of(c, "http://site/"), 200);
        EDO_TEST_OK(edo_sleep(edo_s(10)));
    }
    CHECK_EQ(s.conns_n, 1);
    EDO_TEST_OK(edo_sleep(edo_s(21))); // 111: a tenth more is over, and it is not yet idle for long
    CHECK_EQ(status_of(c, "http://site/"), 200);
    CHECK_EQ(s.conns_n, 2);
    CHECK_EQ(s.open_n, 1);
    site_end(&s, c);
    c = site_client(&s, &(edo_http_client_opts){ .conn_age_max = EDO_OFF });
    for (int i = 0; i < 90; i++) {
        CHECK_EQ(status_of(c, "http://site/"), 200);
        EDO_TEST_OK(edo_sleep(edo_s(60)));
    }
    CHECK_EQ(s.conns_n, 3);
    site_end(&s, c);
    return 0;
}

/* One that is old when it is given back is not kept. */
static int drop_old_at_return(void *arg) {
    memory_site s = { .respond = respond };
    edo_http_client_stats st;
    edo_http_response *res;
    (void)arg;
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .conn_age_max = edo_s(10) });
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/"), &(edo_fetch_opts){ .client = c }));
    EDO_TEST_OK(edo_sleep(edo_s(12)));
    edo_http_response_free(res);
    edo_http_client_get_stats(c, &st);
    CHECK_EQ(st.open, 0);
    site_end(&s, c);
    return 0;
}

/* Nobody uses the client when they end. */
static int end_idle_connections(void *arg) {
    memory_site s = { .respond = respond };
    edo_http_client_stats st;
    (void)arg;
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .idle_timeout = edo_s(5) });
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(status_of(c, "http://site/"), 200);
        EDO_TEST_OK(edo_sleep(edo_s(3)));
        CHECK_EQ(status_of(c, "http://other/"), 200);
        EDO_TEST_OK(edo_sleep(edo_s(3)));
        CHECK_EQ(s.open_n, 1); // each has its own time
        EDO_TEST_OK(edo_sleep(edo_s(3)));
        CHECK_EQ(s.open_n, 0);
        edo_http_client_get_stats(c, &st);
        CHECK_EQ(st.open, 0);
    }
    CHECK_EQ(s.conns_n, 4);
    site_end(&s, c);
    return 0;
}

static const char *keeps; /* the server's Keep-Alive */

static int respond_keeping(memory_site *s, edo_stream *io) {
    char text[200];
    (void)s;
    (void)snprintf(text, sizeof text,
                   "HTTP/1.1 200 OK\r\nKeep-Alive: %s\r\nContent-Length: 2\r\n\r\nok", keeps);
    return site_say(io, text);
}

/* A connection that its server is about to close is not used. */
static int heed_keep_alive(void *arg) {
    static const struct {
        const char *keeps;
        int64_t ms; /* without use */
        bool is_new;
    } rows[] = {
        { "timeout=5, max=100", 3900, false },
        { "timeout=5, max=100", 4100, true },
        { "max=100,Timeout=\"5\"", 3900, false },
        { "TIMEOUT=1", 400, false },
        { "timeout=1", 600, true },
        { "timeout=0", 0, true },
        { "timeout=600", 80000, false },
        { "timeout=600", 95000, true },
        { "timeout=-1", 80000, false },
        { "timeout", 80000, false },
        { "timeout=99999999999999999999", 80000, false },
    };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        memory_site s = { .respond = respond_keeping };
        edo_http_client *c = site_client(&s, NULL);
        keeps = rows[i].keeps;
        CHECK_EQ(status_of(c, "http://site/"), 200);
        EDO_TEST_OK(edo_sleep(edo_ms(rows[i].ms)));
        CHECK_EQ(status_of(c, "http://site/"), 200);
        CHECK_EQ(s.conns_n, rows[i].is_new ? 2 : 1);
        site_end(&s, c);
    }
    return 0;
}

static memory_site lasting;
static edo_http_client *lasting_client;

/* The runtime ends while the client keeps a connection. */
static int leave_idle_connection(void *arg) {
    (void)arg;
    CHECK_EQ(status_of(lasting_client, "http://site/"), 200);
    return 0;
}

/* ---- Clear text ------------------------------------------------------------------------------ */

static int lead_to_clear(memory_site *s, edo_stream *io) {
    (void)s;
    return site_say(io, "HTTP/1.1 302 Found\r\nLocation: http://site/\r\n"
                        "Content-Length: 0\r\n\r\n");
}

static int https_only(void *arg) {
    memory_site s = { .respond = lead_to_clear };
    (void)arg;
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .https_only = true });
    CHECK_EQ(status_of(c, "http://site/"), -EACCES);
    CHECK_EQ(s.conns_n, 0); // nothing was connected to
    site_end(&s, c);
    return 0;
}

/* ---- Bombs ----------------------------------------------------------------------------------- */

static char bomb[1200];
static size_t bomb_n;

static void put_bits(uint32_t bits, int n, int *at) {
    for (int i = 0; i < n; i++, ++*at)
        if (bits >> i & 1) bomb[*at / 8] = (char)(bomb[*at / 8] | 1 << *at % 8);
}

/* Makes a deflate stream with a fixed code: a zero, then `times` matches of 258 bytes at the
 * distance 1. Spec: RFC 1951 section 3.2.6. */
static void make_bomb(int times) {
    static const char head[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03";
    memset(bomb, 0, sizeof bomb);
    memcpy(bomb, head, 10);
    int at = 80;
    put_bits(3, 3, &at);    // the last block, fixed code
    put_bits(0x0c, 8, &at); // the literal 0: 00110000, from its first bit on
    for (int i = 0; i < times; i++) {
        put_bits(0xa3, 8, &at); // the length 258: code 285, 11000101
        put_bits(0, 5, &at);    // the distance 1
    }
    bomb_n = (size_t)at / 8 + 1;
}

static int respond_bomb(memory_site *s, edo_stream *io) {
    (void)s;
    int err = site_say(io, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n");
    char size[16];
    (void)snprintf(size, sizeof size, "%zx\r\n", bomb_n);
    if (err == 0) err = site_say(io, size);
    if (err == 0) err = edo_write_all(io, bomb, bomb_n);
    return err < 0 ? err : site_say(io, "\r\n0\r\n\r\n");
}

/* Reads the body; returns how many bytes came, and the failure at last. */
static size_t read_bomb(edo_http_client *c, int *err) {
    static char piece[16384];
    edo_http_response *res;
    size_t all = 0;
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/"), &(edo_fetch_opts){ .client = c }));
    while ((*err = edo_read(res->body, piece, sizeof piece)) > 0) all += (size_t)*err;
    edo_http_response_free(res);
    return all;
}

static int bound_bombs(void *arg) {
    memory_site s = { .respond = respond_bomb };
    int err;
    (void)arg;
    make_bomb(500); // 129,001 bytes in about 824: 156 for one
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .decoded_max = 100000 });
    size_t got = read_bomb(c, &err);
    CHECK_EQ(err, -EMSGSIZE);
    CHECK(got <= 100000);
    site_end(&s, c);
    c = site_client(&s, &(edo_http_client_opts){ .ratio_max = 100 });
    got = read_bomb(c, &err);
    CHECK_EQ(err, -EMSGSIZE);
    CHECK(got >= 65536 && got < 129001); // it counts after 64 KiB
    site_end(&s, c);
    c = site_client(&s, NULL); // by default it is no bomb: its trailer is missing
    got = read_bomb(c, &err);
    CHECK_EQ(got, 129001);
    CHECK(err < 0 && err != -EMSGSIZE);
    site_end(&s, c);
    return 0;
}

/* Who chooses the coding gets what was sent. */
static int leave_codings(void *arg) {
    static const struct {
        edo_header_id id;
        const char *value;
        bool is_left;
    } fields[] = { { EDO_HEADER_ACCEPT, "text/plain", false },
                   { EDO_HEADER_ACCEPT_ENCODING, "gzip", true },
                   { EDO_HEADER_RANGE, "bytes=0-", true } };
    (void)arg;
    make_bomb(1);
    for (size_t i = 0; i < 2 * EDO_COUNT(fields); i++) {
        memory_site s = { .respond = respond_bomb };
        bool by_client = i >= EDO_COUNT(fields);
        size_t n = i % EDO_COUNT(fields);
        edo_headers h;
        edo_http_response *res;
        if (by_client && fields[n].id == EDO_HEADER_RANGE) continue; // of one call only
        edo_headers_init(&h);
        EDO_TEST_OK(edo_headers_append(&h, fields[n].id, edo_str_of(fields[n].value)));
        edo_http_client *c =
            site_client(&s, &(edo_http_client_opts){ .headers = by_client ? &h : NULL });
        const edo_fetch_opts o = { .client = c, .headers = by_client ? NULL : &h };
        EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/"), &o));
        bool is_coded = edo_headers_get(&res->headers, EDO_HEADER_CONTENT_ENCODING).ptr != NULL;
        CHECK_EQ(is_coded, fields[n].is_left);
        edo_http_response_free(res);
        edo_headers_deinit(&h);
        site_end(&s, c);
    }
    return 0;
}

/* ---- The end of `arg` ------------------------------------------------------------------------ */

static struct {
    bool connects;
    int dropped_n;
} slow_end;

/* Takes its time, whatever becomes of the call. */
static int connect_slowly(void *arg, edo_stream **out, const char *address) {
    (void)out, (void)address;
    slow_end.connects = true;
    edo_shield shield;
    edo_shield_begin(&shield, edo_s(10));
    EDO_TEST_OK(edo_sleep(edo_s(5)));
    (void)edo_shield_end(&shield, 0);
    CHECK_EQ(slow_end.dropped_n, 0);
    CHECK(arg == &slow_end);
    slow_end.connects = false;
    return -ECONNREFUSED;
}

static void count_drop(void *arg) {
    CHECK(arg == &slow_end && !slow_end.connects);
    slow_end.dropped_n++;
}

/* A call that was given up, and the end of its client, leave a connection that is being made. */
static int drop_after_dials(void *arg) {
    edo_http_client *c;
    edo_metrics *m;
    (void)arg;
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    slow_end.dropped_n = 0;
    const edo_http_client_opts o = {
        .connect = connect_slowly, .arg = &slow_end, .drop = count_drop, .metrics = m
    };
    EDO_TEST_OK(edo_http_client_new(&c, &o));
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    CHECK_EQ(edo_deadline_end(&d, status_of(c, "http://site/")), -ETIMEDOUT);
    edo_http_client_unref(c);
    CHECK(slow_end.connects && slow_end.dropped_n == 0);
    EDO_TEST_OK(edo_sleep(edo_s(5)));
    CHECK_EQ(slow_end.dropped_n, 1);
    edo_metrics_free(m); // which nothing counts in any more
    return 0;
}

/* ---- All ------------------------------------------------------------------------------------- */

static void each_part_on_the_paused_clock(void **state) {
    static edo_task_fn *const parts[] = { ask_at_redirects,     end_old_connections,
                                          drop_old_at_return,   https_only,
                                          end_idle_connections, bound_bombs,
                                          heed_keep_alive,      leave_codings,
                                          drop_after_dials };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(parts); i++) assert_int_equal(inside(parts[i], NULL), 0);
}

static void idle_connection_holds_no_runtime(void **state) {
    (void)state;
    lasting = (memory_site){ .respond = respond };
    lasting_client = site_client(&lasting, NULL);
    assert_int_equal(inside(leave_idle_connection, NULL), 0); // which checks its end
    edo_http_client_unref(lasting_client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_on_the_paused_clock),
        cmocka_unit_test(idle_connection_holds_no_runtime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
