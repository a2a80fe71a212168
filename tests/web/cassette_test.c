/* SPDX-License-Identifier: MIT */
/* Goal: a client whose exchanges were recorded gets them again without the service; what was not
 * recorded fails and says so; secrets are not in the file.
 * Method: a server in memory is recorded, then played with its connections refused. */
#include "memory_site.h"

#include <edo/fs.h>
#include <edo/test_client.h>

#include <unistd.h>

static char path[64];

static int respond(memory_site *s, edo_stream *io) {
    char text[200];
    if (strstr(s->head, "/bytes"))
        return edo_write_all(io, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\xff\x00\x01\xfe",
                             42);
    if (strstr(s->head, "/busy"))
        return site_say(io, s->requests_n % 2 ? "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
                                              : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    (void)snprintf(text, sizeof text,
                   "HTTP/1.1 200 OK\r\nX-Number: %d\r\nSet-Cookie: secret=1\r\n"
                   "Content-Length: %zu\r\n\r\ngot %.9s",
                   s->requests_n, 4 + s->body_n, s->body);
    return site_say(io, text);
}

typedef struct player {
    memory_site site;
    edo_test_cassette *tape;
    edo_http_client *client;
} player;

static void player_begin(player *p, bool records) {
    const edo_test_cassette_opts opts = { .records = records };
    edo_stack around;
    *p = (player){ .site = { .respond = respond, .refuses_n = records ? 0 : 100 } };
    EDO_TEST_OK(edo_test_cassette_new(&p->tape, path, &opts));
    edo_stack_init(&around);
    edo_stack_push(&around, edo_test_cassette_layer(p->tape));
    p->client = site_client(&p->site, &(edo_http_client_opts){ .layers = &around });
    edo_stack_deinit(&around);
}

static void player_end(player *p) {
    EDO_TEST_OK(edo_test_cassette_save(p->tape));
    site_end(&p->site, p->client);
    edo_test_cassette_free(p->tape);
}

/* The body that a call gets; "" and its code in `*err` if it fails. */
static const char *text_of(player *p, const char *url, const edo_fetch_opts *o, int *err) {
    static char text[200];
    edo_bytes body;
    edo_fetch_opts opts = { 0 };
    if (o) opts = *o;
    opts.client = p->client;
    text[0] = 0;
    *err = edo_fetch_bytes(&body, edo_str_of(url), &opts);
    if (*err < 0) return text;
    (void)snprintf(text, sizeof text, "%.*s", (int)body.str.len, body.str.ptr);
    edo_bytes_unref(&body);
    return text;
}

/* What a program does, both times. */
static void use_service(player *p) {
    const edo_fetch_opts post = { .data = EDO_STR("one"), .bearer = EDO_STR("hush") };
    edo_http_response *res;
    edo_buf body = { 0 };
    int err;
    CHECK(strcmp(text_of(p, "http://me:pw@site/a", NULL, &err), "got ") == 0);
    CHECK(strcmp(text_of(p, "http://site/a", &post, &err), "got one") == 0);
    const edo_fetch_opts more = { .attempts = 2 };
    (void)text_of(p, "http://site/busy", &more, &err); // each attempt is an exchange
    EDO_TEST_OK(err);
    const edo_fetch_opts o = { .client = p->client };
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/bytes"), &o));
    EDO_TEST_OK(edo_http_response_collect(res, &body, 100));
    CHECK(body.len == 4 && memcmp(body.ptr, "\xff\x00\x01\xfe", 4) == 0);
    edo_buf_deinit(&body);
    edo_http_response_free(res);
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/a"), &o));
    CHECK(edo_str_equal(edo_headers_get_named(&res->headers, EDO_STR("x-number")), EDO_STR("6")));
    CHECK(!edo_headers_get(&res->headers, EDO_HEADER_SET_COOKIE).ptr);
    edo_http_response_free(res);
}

static int record_and_play(void *arg) {
    player p;
    edo_bytes file;
    int err;
    (void)arg;
    player_begin(&p, true);
    use_service(&p);
    CHECK_EQ(p.site.requests_n, 6);
    CHECK_EQ(edo_test_cassette_left(p.tape), 0);
    player_end(&p);
    EDO_TEST_OK(edo_fs_read_to_string(&file, path));
    CHECK(memmem(file.str.ptr, file.str.len, "http://site/a", 13));
    CHECK(!memmem(file.str.ptr, file.str.len, "hush", 4));
    CHECK(!memmem(file.str.ptr, file.str.len, "pw@", 3));
    CHECK(!memmem(file.str.ptr, file.str.len, "secret", 6));
    edo_bytes_unref(&file);
    player_begin(&p, false);
    CHECK_EQ(edo_test_cassette_left(p.tape), 6);
    use_service(&p);
    CHECK_EQ(edo_test_cassette_left(p.tape), 0);
    CHECK_EQ(p.site.conns_n, 0);
    (void)text_of(&p, "http://site/a", NULL, &err);
    CHECK_EQ(err, -ENOENT); // each is there once
    player_end(&p);
    return 0;
}

static void says(player *p, const char *url, const edo_fetch_opts *o, const char *wanted) {
    char text[500];
    int err;
    edo_trail_clear();
    (void)text_of(p, url, o, &err);
    CHECK_EQ(err, -ENOENT);
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    if (!strstr(text, wanted)) edo_test_fail("not in it: %s: %s", wanted, text);
}

static int say_what_is_missing(void *arg) {
    player p;
    edo_test_cassette *none;
    const edo_fetch_opts two = { .data = EDO_STR("two") };
    (void)arg;
    player_begin(&p, false);
    says(&p, "http://me:pw@site/b", NULL, "GET http://site/b is not on the cassette /tmp/");
    says(&p, "http://site/b", NULL, "nothing of that place");
    says(&p, "http://site/a", &two, "that with another body");
    int err;
    (void)text_of(&p, "http://site/bytes", NULL, &err);
    EDO_TEST_OK(err);
    says(&p, "http://site/bytes", NULL, "no more of that");
    CHECK_EQ(edo_test_cassette_left(p.tape), 5);
    player_end(&p);
    CHECK_EQ(edo_test_cassette_new(&none, "/tmp/no/such/tape.json", NULL), -ENOENT);
    EDO_TEST_OK(edo_fs_write_all(path, "{}", 2));
    CHECK(edo_test_cassette_new(&none, path, NULL) < 0);
    CHECK_EQ(edo_test_cassette_new(&none, path, &(edo_test_cassette_opts){ .reserved = { 1 } }),
             -EINVAL);
    return 0;
}

static void exchanges_are_recorded_and_played(void **state) {
    (void)state;
    (void)snprintf(path, sizeof path, "/tmp/edo-cassette-%d.json", (int)getpid());
    assert_int_equal(inside(record_and_play, NULL), 0);
    assert_int_equal(inside(say_what_is_missing, NULL), 0);
    assert_int_equal(unlink(path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exchanges_are_recorded_and_played),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
