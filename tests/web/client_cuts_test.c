/* SPDX-License-Identifier: MIT */
/* Goal: a server that ends connections at whatever byte of an exchange makes no GET fail that has
 * attempts, and gets no POST twice.
 * Method: tasks on several threads share a client. A server ends the connection of the first
 * exchange of each id at the next byte of request and response, also behind the last one; the
 * second one is whole. It looks at requests before it takes them, so it knows what came, also of
 * those of which it takes nothing. */
#include <edo/edo.h>
#include <edo/http_client.h>

#include "rounds.h"
#include "tcp_site.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#define TASKS   16
#define IDS_MAX 20000u

static const char response[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
#define RESPONSE_BYTES (sizeof response - 1)

static struct {
    tcp_site at;
    edo_http_client *client;
    uint32_t ids_n;
    _Atomic uint32_t next_id, gets_n, posts_n, posts_failed_n;
    _Atomic uint8_t seen[IDS_MAX]; /* requests of which something has come, by id */
} all;

/* ---- The server ------------------------------------------------------------------------------ */

/* Looks at the next request until it is there as a whole; returns its length, or a negative code. A
 * POST has one byte. */
static int look_at_request(edo_stream *s, char *text, size_t most) {
    for (;;) {
        int n = edo_peek(s, text, most - 1);
        if (n <= 0) return n < 0 ? n : -EDO_EEOF;
        text[n] = 0;
        const char *end = strstr(text, "\r\n\r\n");
        size_t whole = end ? (size_t)(end - text) + 4 + (text[0] == 'P') : SIZE_MAX;
        if ((size_t)n >= whole) return (int)whole;
        int err = edo_sleep(edo_ms(1)); // a part of it is still on its way
        if (err < 0) return err;
    }
}

/* Returns 0 if the connection goes on. */
static int serve_exchange(edo_stream *s) {
    char text[2048];
    int n = look_at_request(s, text, sizeof text);
    if (n < 0) return n;
    uint32_t id = (uint32_t)strtoul(strchr(text, '/') + 1, NULL, 10);
    bool is_first = atomic_fetch_add(&all.seen[id], 1) == 0;
    size_t request_n = (size_t)n, whole = request_n + RESPONSE_BYTES;
    size_t cut_at = is_first ? id / 2 % (whole + 1) : whole;
    size_t taken = cut_at < request_n ? cut_at : request_n;
    int err = taken > 0 ? edo_read_exact(s, text, taken) : 0;
    if (err == 0 && cut_at > request_n) err = edo_write_all(s, response, cut_at - request_n);
    return err == 0 && is_first ? -EDO_EEOF : err;
}

static int serve_one(void *arg) {
    while (serve_exchange(arg) == 0) continue;
    edo_close(arg);
    return 0;
}

/* ---- Clients --------------------------------------------------------------------------------- */

static int fetch_id(uint32_t id) {
    char url[80];
    edo_bytes body;
    edo_fetch_opts o = { .client = all.client };
    if (id % 2) o.data = EDO_STR("x");
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/%u", all.at.port, (unsigned)id);
    int err = edo_fetch_bytes(&body, edo_str_of(url), &o);
    if (err < 0) return err;
    CHECK(edo_str_equal(body.str, EDO_STR("hello")));
    edo_bytes_unref(&body);
    return 0;
}

static int fetch_ids(void *arg) {
    uint32_t id;
    (void)arg;
    while ((id = atomic_fetch_add(&all.next_id, 1)) < all.ids_n) {
        int err = fetch_id(id);
        if (id % 2 == 0 && err < 0) edo_test_fail("GET %u: %d", (unsigned)id, err);
        if (id % 2) atomic_fetch_add(err < 0 ? &all.posts_failed_n : &all.posts_n, 1);
        edo_trail_clear();
    }
    return 0;
}

/* ---- Both ------------------------------------------------------------------------------------ */

static int cut_everywhere(void *arg) {
    const edo_http_retry_opts retry = {
        .backoff = { .kind = EDO_BACKOFF_FIXED, .pause_min = edo_ns(1) }, .no_budget = true
    };
    edo_http_client_stats st;
    edo_scope tasks;
    (void)arg;
    tcp_site_begin(&all.at, serve_one);
    EDO_TEST_OK(edo_http_client_new(&all.client, &(edo_http_client_opts){ .retry = &retry }));
    edo_scope_begin(&tasks, NULL);
    for (int i = 0; i < TASKS; i++) EDO_TEST_OK(edo_scope_spawn(&tasks, fetch_ids, NULL));
    EDO_TEST_OK(edo_scope_end(&tasks, 0));
    for (uint32_t id = 0; id < all.ids_n; id++) {
        CHECK(id % 2 == 0 || all.seen[id] <= 1); // a POST
        CHECK(id % 2 != 0 || all.seen[id] >= 1);
    }
    CHECK_EQ(all.posts_n + all.posts_failed_n, all.ids_n / 2);
    CHECK(all.posts_n > 0 && all.posts_failed_n > 0);
    edo_http_client_get_stats(all.client, &st);
    CHECK(st.waiting == 0 && st.open == st.idle);
    edo_http_client_unref(all.client);
    tcp_site_end(&all.at);
    return 0;
}

static void no_get_fails_and_no_post_is_sent_twice(void **state) {
    (void)state;
    all.ids_n = test_rounds(800, IDS_MAX); // each byte of a GET and of a POST, and 10,000 of each
    assert_int_equal(inside_with(cut_everywhere, NULL, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_get_fails_and_no_post_is_sent_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
