/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/web_static.h: what is served under which path, conditions, ranges,
 * variants; that no path leads out of the directory; that the end of memory loses nothing.
 * Method: a directory of its own, and clients that send bytes. */
#include "../fs/fs_support.h"
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/web_layers.h>
#include <edo/web_static.h>

static void put(const char *path, const char *text, int64_t s) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    CHECK(fd >= 0);
    CHECK_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    struct timespec times[2] = { { .tv_sec = s }, { .tv_sec = s } };
    CHECK_EQ(futimens(fd, times), 0);
    CHECK_EQ(close(fd), 0);
}

#define LARGE_BYTES 300000u /* more than the cache takes */
#define SEP11_2001  1000212360

static void put_large(void) {
    char *text = malloc(LARGE_BYTES + 1);
    CHECK(text != NULL);
    for (size_t i = 0; i < LARGE_BYTES; i++) text[i] = (char)('a' + i % 26);
    text[LARGE_BYTES] = 0;
    put("www/large.bin", text, SEP11_2001);
    free(text);
}

static void make_site(void) {
    CHECK_EQ(mkdir("www", 0755), 0);
    CHECK_EQ(mkdir("www/docs", 0755), 0);
    CHECK_EQ(mkdir("www/empty", 0755), 0);
    CHECK_EQ(mkdir("www/.git", 0755), 0);
    put("secret", "top secret", SEP11_2001);
    put("www/.git/config", "top secret", SEP11_2001);
    put("www/.env", "top secret", SEP11_2001);
    put("www/index.html", "<p>home", SEP11_2001);
    put("www/docs/index.html", "<p>docs", SEP11_2001);
    put("www/about.html", "<p>about", SEP11_2001);
    put("www/ten.txt", "0123456789", SEP11_2001);
    put("www/a b.txt", "blank", SEP11_2001);
    put("www/none.txt", "", SEP11_2001);
    put("www/app-3f9a1c20.js", "plain", SEP11_2001);
    put("www/app-3f9a1c20.js.br", "as br", SEP11_2001);
    put("www/app-3f9a1c20.js.gz", "as gzip", SEP11_2001);
    put("www/closed", "top secret", SEP11_2001);
    CHECK_EQ(chmod("www/closed", 0), 0);
    CHECK_EQ(symlink("../secret", "www/out"), 0);
    CHECK_EQ(symlink("/etc", "www/etc"), 0);
    CHECK_EQ(symlink("ten.txt", "www/link.txt"), 0);
    CHECK_EQ(mkfifo("www/fifo", 0644), 0);
    put_large();
}

/* A GET, or what `line` says, with more fields. */
static void get(web_served *s, heard *h, const char *line, const char *fields) {
    char request[2048];
    (void)snprintf(request, sizeof request, "%s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n%s\r\n",
                   line, fields ? fields : "");
    ask(&s->http, h, request);
}

/* The value of a field, copied to `out`; "" if there is none. */
static void field(const heard *h, const char *name, char out[128]) {
    char line[64];
    (void)snprintf(line, sizeof line, "\r\n%s: ", name);
    const char *at = strstr(h->text, line);
    size_t n = 0;
    if (at)
        for (at += strlen(line); at[n] != '\r' && n < 127; n++) out[n] = at[n];
    out[n] = 0;
}

static bool is_body(const heard *h, const char *text) {
    return strcmp(web_body(h), text) == 0;
}

static int says_lost(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_NOT_FOUND, "lost");
}

static const edo_asset page[] = {
    { .name = "index.html", .bytes = { "<p>page", 7 } },
    { .name = "js/app.js", .bytes = { "let ab", 6 } },
    { .name = "js/app.js.gz", .bytes = { "zipped", 6 } },
    { .name = "raw", .bytes = { "\1\2", 2 }, .type = "x/raw" },
};

static edo_router *site(void) {
    edo_router *r = edo_router_new(), *inner = edo_router_new();
    edo_serve_dir(r, "/static", "www", NULL);
    edo_serve_dir(r, "/fast/", "www",
                  &(edo_static_opts){ .precompressed = true,
                                      .hashed_names = true,
                                      .cache_control = "no-cache",
                                      .not_found = says_lost });
    edo_serve_dir(r, "/bare", "www",
                  &(edo_static_opts){ .index = "", .exact_names = true, .shows_hidden = true });
    edo_serve_file(r, "/icon", "www/ten.txt", NULL);
    edo_serve_file(r, "/gone", "www/nothing", NULL);
    edo_serve_assets(inner, "/page", page, EDO_COUNT(page),
                     &(edo_static_opts){ .precompressed = true });
    edo_router_nest(r, "/in/{user}", inner);
    return r;
}

static int at_home(edo_task_fn *body) {
    int result = 0;
    assert_int_equal(mkdir("dir", 0777), 0);
    assert_int_equal(chdir("dir"), 0);
    make_site();
    result = inside_with(body, NULL, &(edo_runtime_opts){ .workers = 1, .watchdog = EDO_OFF });
    assert_int_equal(chdir(home), 0);
    assert_int_equal(edo_fs_remove_dir_all("dir"), 0);
    return result;
}

/* ---- Paths ----------------------------------------------------------------------------------- */

static int paths(void *arg) {
    static const struct {
        const char *line;
        const char *wanted; /* in the head or as the body */
    } cases[] = {
        { "GET /static/", "<p>home" },
        { "GET /static/index.html", "<p>home" },
        { "GET /static/docs/", "<p>docs" },
        { "GET /static/about", "<p>about" },
        { "GET /static/about.html", "content-type: text/html; charset=utf-8\r\n" },
        { "GET /static/ten.txt", "0123456789" },
        { "GET /static/ten.txt?x=1", "content-type: text/plain; charset=utf-8\r\n" },
        { "GET /static/a%20b.txt", "blank" },
        { "GET /static/link.txt", "0123456789" },
        { "GET /static/none.txt", "content-length: 0\r\n" },
        { "HEAD /static/ten.txt", "content-length: 10\r\n" },
        { "HEAD /static/large.bin", "content-length: 300000\r\n" },
        { "GET /static", "location: ./static/\r\n" },
        { "GET /static/docs", "location: ./docs/\r\n" },
        { "GET /static/docs?a=b", "location: ./docs/?a=b\r\n" },
        { "GET /static/docs?a[]={b|c}%41", "location: ./docs/?a%5B%5D=%7Bb%7Cc%7D%41\r\n" },
        { "GET /static/docs?%4", "location: ./docs/?%254\r\n" },
        { "GET /static/docs?%zz\"", "location: ./docs/?%25zz%22\r\n" },
        { "GET /static/docs", " 307 " },
        { "GET /static/empty/", " 404 " },
        { "GET /static/ten.txt/", " 404 " },
        { "GET /static/nothing", " 404 " },
        { "GET /static/closed", " 404 " },
        { "GET /static/fifo", " 404 " },
        { "POST /static/ten.txt", " 405 " },
        { "POST /static/ten.txt", "allow: GET, HEAD\r\n" },
        { "GET /fast/nothing", "lost" },
        { "GET /fast/../secret", "lost" },
        { "GET /bare/", " 404 " },
        { "GET /bare/about", " 404 " },
        { "GET /bare/.env", "top secret" },
        { "GET /icon", "0123456789" },
        { "GET /gone", " 404 " },
        { "GET /in/ann/page/", "<p>page" },
        { "GET /in/ann/page", "location: ./page/\r\n" },
        { "GET /in/ann/page/js", "location: ./js/\r\n" },
        { "GET /in/ann/page/js/app.js", "let ab" },
        { "GET /in/ann/page/raw", "content-type: x/raw\r\n" },
        { "GET /in/ann/page/nothing", " 404 " },
    };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    web_begin(&s, site());
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        if (strstr(cases[i].line, "closed") && geteuid() == 0) {
            print_message("root may read all: %s is not tested\n", cases[i].line);
            continue;
        }
        get(&s, &h, cases[i].line, NULL);
        if (!has(&h, cases[i].wanted)) (void)fprintf(stderr, "%s: %s\n", cases[i].line, h.text);
        CHECK(has(&h, cases[i].wanted));
    }
    return web_end(&s);
}

static void file_is_served_under_its_path(void **state) {
    (void)state;
    assert_int_equal(at_home(paths), 0);
}

/* A path with a slash at its end is a directory, whatever the router makes of that end. */
static int slashes(void *arg) {
    static const struct {
        const char *line, *wanted;
    } cases[] = {
        { "GET /static/", "<p>home" },
        { "GET /static/docs/", "<p>docs" },
        { "GET /static", "location: ./static/\r\n" },
        { "GET /static/docs/?a=b/", "<p>docs" },
        { "GET /in/ann/page/", "<p>page" },
        { "GET /in/ann/page", "location: ./page/\r\n" },
        { "GET /static/docs", "location: ./docs/\r\n" },
        { "GET /static/docs?a=b/", "location: ./docs/?a=b/\r\n" },
        { "GET /static/ten.txt", "0123456789" },
        { "GET /static/about", "<p>about" },
        { "GET /static/ten.txt/", " 404 " },
        { "GET /static/about/", " 404 " },
        { "GET /static/empty/", " 404 " },
        { "GET http://x/static/docs/", "<p>docs" },
        { "GET http://x/static/docs", "location: ./docs/\r\n" },
    };
    heard h;
    (void)arg;
    for (edo_path_slash how = EDO_PATH_SLASH_KEPT; how <= EDO_PATH_SLASH_APPENDED; how++) {
        web_served s = { .opts = { .state = NULL } };
        edo_router *r = site();
        edo_router_normalize_path(r, how);
        web_begin(&s, r);
        for (size_t i = 0; i < EDO_COUNT(cases); i++) {
            get(&s, &h, cases[i].line, NULL);
            if (!has(&h, cases[i].wanted))
                (void)fprintf(stderr, "%d %s: %s\n", (int)how, cases[i].line, h.text);
            CHECK(has(&h, cases[i].wanted));
        }
        EDO_TEST_OK(web_end(&s));
    }
    return 0;
}

static void directory_has_a_slash_whatever_the_router_makes_of_it(void **state) {
    (void)state;
    assert_int_equal(at_home(slashes), 0);
}

static const char *const targets[] = { "/static/../secret",
                                       "/static/..%2fsecret",
                                       "/static/%2e%2e/secret",
                                       "/static/%2e%2e%2fsecret",
                                       "/static/..%5csecret",
                                       "/static/..\\secret",
                                       "/static//etc/passwd",
                                       "/static/%2fetc/passwd",
                                       "/static/docs/../../secret",
                                       "/static/docs/%2e%2e/%2e%2e/secret",
                                       "/static/./ten.txt",
                                       "/static/ten.txt%00",
                                       "/static/ten.txt%00.html",
                                       "/static/out",
                                       "/static/etc/passwd",
                                       "/static/.env",
                                       "/static/.git/config",
                                       "/static/%2eenv",
                                       "/static/docs//index.html",
                                       "/static/....//secret",
                                       "/static/%252e%252e/secret",
                                       "/static/..;/secret",
                                       "/static/%c0%ae%c0%ae/secret",
                                       "/static/%u002e%u002e/secret",
                                       "/static/.%2e/secret",
                                       "/static/%2e./secret",
                                       "/static/%2E%2E/secret",
                                       "/static/..",
                                       "/static/..%2f",
                                       "/static/%2e%2e%5csecret",
                                       "/static/%2f..%2fsecret",
                                       "/static/docs/..%2f..%2fsecret",
                                       "/static/%25%32%65%25%32%65/secret",
                                       "/static/..%252fsecret",
                                       "/static/%e0%80%ae%e0%80%ae/secret",
                                       "/static/%ef%bc%8e%ef%bc%8e/secret",
                                       "/static/..%c0%afsecret",
                                       "/static/..%00/secret",
                                       "/static/..%20/secret",
                                       "/static/.../secret",
                                       "/static;/../secret",
                                       "//static/../secret",
                                       "http://x/static/../secret",
                                       "http://x/static/%2e%2e%2fsecret",
                                       "/static/con",
                                       "/static/C:/x",
                                       "/static/ten.txt%0d%0ax-own:1",
                                       "/static/ten.txt/../../secret",
                                       "/bare/../secret",
                                       "/bare/%2e%2e/secret",
                                       "/bare/out",
                                       "/bare/etc/passwd",
                                       "/in/ann/page/../../x" };

static int hostile(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    web_begin(&s, site());
    for (size_t i = 0; i < EDO_COUNT(targets); i++) {
        char line[128];
        (void)snprintf(line, sizeof line, "GET %s", targets[i]);
        get(&s, &h, line, NULL);
        bool is_fine = (has(&h, " 404 ") || has(&h, " 400 ")) && !has(&h, "secret\"") &&
                       !has(&h, "top secret") && !has(&h, "root:") && !has(&h, "x-own");
        if (!is_fine) (void)fprintf(stderr, "%s: %s\n", targets[i], h.text);
        CHECK(is_fine);
    }
    char longest[2000]; // a name that no file system takes
    int n = snprintf(longest, sizeof longest, "GET /static/");
    memset(longest + n, 'x', sizeof longest - (size_t)n);
    longest[sizeof longest - 100] = 0;
    get(&s, &h, longest, NULL);
    CHECK(has(&h, " 404 "));
    return web_end(&s);
}

static void no_path_leads_out_of_the_directory_or_to_what_is_hidden(void **state) {
    (void)state;
    assert_int_equal(at_home(hostile), 0);
}

/* ---- Conditions ------------------------------------------------------------------------------ */

#define BEFORE "Mon, 10 Sep 2001 00:00:00 GMT"
#define THEN   "Tue, 11 Sep 2001 12:46:00 GMT"
#define AFTER  "Wed, 12 Sep 2001 00:00:00 GMT"

static int conditions(void *arg) {
    // TAG stands for the file's tag
    static const struct {
        const char *fields;
        int status;
    } cases[] = {
        { "if-match: TAG\r\n", 200 },
        { "if-match: *\r\n", 200 },
        { "if-match: \"x\", TAG\r\n", 200 },
        { "if-match: \"x\"\r\nif-match: TAG\r\n", 200 },
        { "if-match: \"x\"\r\n", 412 },
        { "if-match: W/TAG\r\n", 412 },
        { "if-match: TAG\r\nif-unmodified-since: " BEFORE "\r\n", 200 }, // the tag counts
        { "if-unmodified-since: " BEFORE "\r\n", 412 },
        { "if-unmodified-since: " THEN "\r\n", 200 },
        { "if-unmodified-since: yesterday\r\n", 200 },
        { "if-none-match: TAG\r\n", 304 },
        { "if-none-match: W/TAG\r\n", 304 },
        { "if-none-match: *\r\n", 304 },
        { "if-none-match: \"x\"\r\n", 200 },
        { "if-none-match: \"x\"\r\nif-modified-since: " AFTER "\r\n", 200 }, // the tag counts
        { "if-none-match: TAG\r\nif-modified-since: " BEFORE "\r\n", 304 },
        { "if-modified-since: " THEN "\r\n", 304 },
        { "if-modified-since: " AFTER "\r\n", 304 },
        { "if-modified-since: " BEFORE "\r\n", 200 },
        { "if-match: \"x\"\r\nif-none-match: TAG\r\n", 412 },
        { "if-match: TAG\r\nif-none-match: TAG\r\n", 304 },
        { "range: bytes=0-1\r\nif-range: TAG\r\n", 206 },
        { "range: bytes=0-1\r\nif-range: W/TAG\r\n", 200 },
        { "range: bytes=0-1\r\nif-range: TAG\r\nif-range: \"x\"\r\n", 200 },
        { "range: bytes=0-1\r\nrange: bytes=2-3\r\n", 200 },
        { "range: bytes=0-1\r\nif-range: \"x\"\r\n", 200 },
        { "range: bytes=0-1\r\nif-range: " THEN "\r\n", 206 },
        { "range: bytes=0-1\r\nif-range: " AFTER "\r\n", 200 },
        { "range: bytes=0-1\r\nif-none-match: TAG\r\n", 304 },
        { "range: bytes=90-\r\nif-match: \"x\"\r\n", 412 },
    };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    char tag[128], date[128];
    (void)arg;
    web_begin(&s, site());
    get(&s, &h, "GET /static/ten.txt", NULL);
    field(&h, "etag", tag);
    field(&h, "last-modified", date);
    CHECK(tag[0] == '"' && strcmp(date, THEN) == 0 && has(&h, "accept-ranges: bytes\r\n"));
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        char fields[512] = "", wanted[16];
        const char *from = cases[i].fields, *at;
        while ((at = strstr(from, "TAG"))) {
            size_t n = strlen(fields);
            (void)snprintf(fields + n, sizeof fields - n, "%.*s%s", (int)(at - from), from, tag);
            from = at + 3;
        }
        (void)snprintf(fields + strlen(fields), sizeof fields - strlen(fields), "%s", from);
        get(&s, &h, "GET /static/ten.txt", fields);
        (void)snprintf(wanted, sizeof wanted, " %d ", cases[i].status);
        if (!has(&h, wanted)) (void)fprintf(stderr, "%s: %s\n", fields, h.text);
        CHECK(has(&h, wanted) && has(&h, tag));
        if (cases[i].status == 304) CHECK(*web_body(&h) == 0 && !has(&h, "\r\ncontent-type"));
    }
    get(&s, &h, "HEAD /static/ten.txt", "range: bytes=0-1\r\n"); // ranges are of GET only
    CHECK(has(&h, " 200 ") && has(&h, "content-length: 10\r\n"));
    get(&s, &h, "GET /in/ann/page/", NULL);
    CHECK(has(&h, "etag: \"") && !has(&h, "last-modified"));
    return web_end(&s);
}

static void conditions_count_in_the_order_of_rfc_9110(void **state) {
    (void)state;
    assert_int_equal(at_home(conditions), 0);
}

/* A refusal has no field that says how long it may be kept: with one a cache would keep it, and a
 * client whose condition does not hold would take the file from all others. */
static int refusals(void *arg) {
    static const struct {
        const char *fields;
        int status;
        bool is_kept;
    } cases[] = {
        { "", 200, true },
        { "if-none-match: *\r\n", 304, true },
        { "range: bytes=0-1\r\n", 206, true },
        { "if-match: \"x\"\r\n", 412, false },
        { "range: bytes=99-\r\n", 416, false },
    };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    char status[16];
    (void)arg;
    web_begin(&s, site());
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        (void)snprintf(status, sizeof status, " %d ", cases[i].status);
        get(&s, &h, "GET /fast/app-3f9a1c20.js", cases[i].fields);
        CHECK(has(&h, status));
        CHECK_EQ(has(&h, "cache-control: public, max-age=31536000, immutable\r\n"),
                 cases[i].is_kept);
        get(&s, &h, "GET /fast/ten.txt", cases[i].fields);
        CHECK(has(&h, status));
        CHECK_EQ(has(&h, "cache-control: "), cases[i].is_kept);
    }
    return web_end(&s);
}

static void refusal_is_not_kept_by_caches(void **state) {
    (void)state;
    assert_int_equal(at_home(refusals), 0);
}

static int replaced(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    heard h;
    char before[128], after[128];
    (void)arg;
    edo_serve_dir(r, "/", "www", NULL);
    web_begin(&s, r);
    get(&s, &h, "GET /ten.txt", NULL);
    field(&h, "etag", before);
    put("www/new", "9876543210", SEP11_2001); // size and time are those of the old one
    CHECK_EQ(rename("www/new", "www/ten.txt"), 0);
    get(&s, &h, "GET /ten.txt", NULL);
    field(&h, "etag", after);
    CHECK(is_body(&h, "9876543210") && strcmp(before, after) != 0);
    return web_end(&s);
}

static void replaced_file_is_served_at_once_with_another_tag(void **state) {
    (void)state;
    assert_int_equal(at_home(replaced), 0);
}

/* ---- Ranges ---------------------------------------------------------------------------------- */

static int ranges(void *arg) {
    static const struct {
        const char *range, *content_range, *body;
        int status;
    } cases[] = {
        { "bytes=0-0", "bytes 0-0/10", "0", 206 },
        { "bytes=2-5", "bytes 2-5/10", "2345", 206 },
        { "bytes=7-", "bytes 7-9/10", "789", 206 },
        { "bytes=7-99", "bytes 7-9/10", "789", 206 },
        { "bytes=-3", "bytes 7-9/10", "789", 206 },
        { "bytes=-99", "bytes 0-9/10", "0123456789", 206 },
        { "bytes=0-3,2-6", "bytes 0-6/10", "0123456", 206 }, // merged
        { "bytes=4-5,0-1,2-3", "bytes 0-5/10", "012345", 206 },
        { "bytes=0-1,20-", "bytes 0-1/10", "01", 206 },
        { "bytes=10-", "bytes */10", NULL, 416 },
        { "bytes=-0", "bytes */10", NULL, 416 },
        { "bytes=5-2", "", "0123456789", 200 },
        { "lines=0-1", "", "0123456789", 200 },
        { "bytes=", "", "0123456789", 200 },
        { "bytes=0-0,2-2,4-4,6-6,8-8,0-0,2-2,4-4,6-6,8-8,0-0,2-2,4-4,6-6,8-8,0-0,2-2", "",
          "0123456789", 200 }, // 17
    };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    char got[128], status[16], fields[256];
    (void)arg;
    web_begin(&s, site());
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        (void)snprintf(fields, sizeof fields, "range: %s\r\n", cases[i].range);
        (void)snprintf(status, sizeof status, " %d ", cases[i].status);
        get(&s, &h, "GET /static/ten.txt", fields);
        field(&h, "content-range", got);
        bool is_fine = has(&h, status) && strcmp(got, cases[i].content_range) == 0 &&
                       (!cases[i].body || is_body(&h, cases[i].body));
        if (!is_fine) (void)fprintf(stderr, "%s: %s\n", cases[i].range, h.text);
        CHECK(is_fine);
    }
    get(&s, &h, "GET /static/none.txt", "range: bytes=0-\r\n");
    CHECK(has(&h, " 416 ") && has(&h, "content-range: bytes */0\r\n"));
    get(&s, &h, "GET /static/large.bin", "range: bytes=26-30\r\n");
    CHECK(has(&h, "content-range: bytes 26-30/300000\r\n") && is_body(&h, "abcde"));
    get(&s, &h, "GET /in/ann/page/js/app.js", "range: bytes=-1\r\n");
    CHECK(has(&h, "content-range: bytes 5-5/6\r\n") && is_body(&h, "b"));
    return web_end(&s);
}

static void range_is_that_of_the_request(void **state) {
    (void)state;
    assert_int_equal(at_home(ranges), 0);
}

/* The body that several ranges should be. */
static void check_parts(web_served *s, const char *path, const char *type, const char *size,
                        const char *first, const char *second) {
    heard h;
    char got[128], wanted[1024], line[128];
    (void)snprintf(line, sizeof line, "GET %s", path);
    get(s, &h, line, "range: bytes=0-2,-2\r\n");
    field(&h, "content-type", got);
    const char *boundary = strstr(got, "boundary=");
    CHECK(has(&h, " 206 ") && boundary && strncmp(got, "multipart/byteranges;", 21) == 0);
    boundary += 9;
    (void)snprintf(wanted, sizeof wanted,
                   "--%s\r\ncontent-type: %s\r\ncontent-range: bytes 0-2/%s\r\n\r\n%s\r\n"
                   "--%s\r\ncontent-type: %s\r\ncontent-range: bytes %ld-%ld/%s\r\n\r\n%s\r\n"
                   "--%s--\r\n",
                   boundary, type, size, first, boundary, type, strtol(size, NULL, 10) - 2,
                   strtol(size, NULL, 10) - 1, size, second, boundary);
    if (!is_body(&h, wanted)) (void)fprintf(stderr, "%s\nnot:\n%s\n", h.text, wanted);
    CHECK(is_body(&h, wanted));
    field(&h, "content-length", got);
    CHECK_EQ(strtol(got, NULL, 10), (long)strlen(wanted));
    CHECK(!has(&h, "\r\ncontent-range: bytes 0-2/\r\n"));
}

static int several(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    web_begin(&s, site());
    check_parts(&s, "/static/ten.txt", "text/plain; charset=utf-8", "10", "012", "89");
    check_parts(&s, "/static/large.bin", "application/octet-stream", "300000", "abc",
                (char[]){ 'a' + 299998 % 26, 'a' + 299999 % 26, 0 });
    check_parts(&s, "/in/ann/page/js/app.js", "text/javascript; charset=utf-8", "6", "let", "ab");
    return web_end(&s);
}

static void several_ranges_are_a_multipart_of_known_length(void **state) {
    (void)state;
    assert_int_equal(at_home(several), 0);
}

/* ---- Variants -------------------------------------------------------------------------------- */

static int variants(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    char plain[128], coded[128];
    (void)arg;
    web_begin(&s, site());
    get(&s, &h, "GET /fast/app-3f9a1c20.js", NULL);
    CHECK(is_body(&h, "plain") && has(&h, "vary: accept-encoding\r\n"));
    CHECK(has(&h, "cache-control: public, max-age=31536000, immutable\r\n"));
    CHECK(!has(&h, "content-encoding"));
    field(&h, "etag", plain);
    get(&s, &h, "GET /fast/app-3f9a1c20.js", "accept-encoding: gzip, zstd, br\r\n");
    CHECK(is_body(&h, "as br") && has(&h, "content-encoding: br\r\n"));
    CHECK(has(&h, "content-type: text/javascript; charset=utf-8\r\n"));
    CHECK(has(&h, "vary: accept-encoding\r\n"));
    field(&h, "etag", coded);
    CHECK(strcmp(plain, coded) != 0);
    get(&s, &h, "GET /fast/app-3f9a1c20.js", "accept-encoding: zstd, gzip\r\nrange: bytes=-4\r\n");
    CHECK(has(&h, " 206 ") && is_body(&h, "gzip") && has(&h, "content-encoding: gzip\r\n"));
    get(&s, &h, "GET /fast/app-3f9a1c20.js", "accept-encoding: X-Gzip\r\n"); // RFC 9110: gzip
    CHECK(is_body(&h, "as gzip") && has(&h, "content-encoding: gzip\r\n"));
    char fields[256];
    (void)snprintf(fields, sizeof fields, "accept-encoding: br\r\nif-none-match: %s\r\n", coded);
    get(&s, &h, "GET /fast/app-3f9a1c20.js", fields);
    CHECK(has(&h, " 304 ") && has(&h, "vary: ") && has(&h, coded));
    CHECK(!has(&h, "content-encoding"));
    get(&s, &h, "GET /fast/ten.txt", "accept-encoding: br\r\n");
    CHECK(is_body(&h, "0123456789") && has(&h, "cache-control: no-cache\r\n"));
    get(&s, &h, "GET /static/app-3f9a1c20.js", "accept-encoding: br\r\n"); // off
    CHECK(is_body(&h, "plain") && !has(&h, "vary") && !has(&h, "cache-control"));
    get(&s, &h, "GET /in/ann/page/js/app.js", "accept-encoding: gzip\r\n");
    CHECK(is_body(&h, "zipped") && has(&h, "content-encoding: gzip\r\n"));
    return web_end(&s);
}

static void compressed_file_beside_is_sent_to_clients_that_accept_it(void **state) {
    (void)state;
    assert_int_equal(at_home(variants), 0);
}

/* ---- Backends, options, memory --------------------------------------------------------------- */

typedef struct broken {
    int fails_with, frees;
} broken;

static int broken_open(void *self, edo_static_file *out, const char *path) {
    (void)out, (void)path;
    return ((broken *)self)->fails_with;
}

static void broken_free(void *self) {
    ((broken *)self)->frees++;
}

static const edo_static_backend_ops broken_ops = { .name = "broken",
                                                   .open = broken_open,
                                                   .free = broken_free };

static int backends(void *arg) {
    broken b = { .fails_with = -EIO };
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    heard h;
    (void)arg;
    edo_serve_backend(r, "/", &broken_ops, &b, NULL);
    web_begin(&s, r);
    get(&s, &h, "GET /x", NULL);
    CHECK(has(&h, " 500 "));
    b.fails_with = -EACCES;
    get(&s, &h, "GET /x", NULL);
    CHECK(has(&h, " 404 "));
    int result = web_end(&s);
    CHECK_EQ(b.frees, 1);
    edo_serve_backend(NULL, "/", &broken_ops, &b, NULL);
    CHECK_EQ(b.frees, 2);
    const edo_static_opts bad[] = { { .reserved = { 0, 1 } }, { .cache_control = "a\nb" } };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        r = edo_router_new();
        edo_serve_backend(r, "/", &broken_ops, &b, &bad[i]);
        CHECK_EQ(b.frees, 3 + (int)i);
        CHECK_EQ(edo_router_build(r), -EINVAL);
        edo_router_free(r);
    }
    r = edo_router_new();
    edo_serve_dir(r, "/", "www",
                  &(edo_static_opts){ .cache = &(edo_file_cache_opts){ .beneath = "x" } });
    CHECK_EQ(edo_router_build(r), -EINVAL);
    edo_router_free(r);
    return result;
}

static void backend_ends_once_and_its_failures_have_a_status(void **state) {
    (void)state;
    assert_int_equal(at_home(backends), 0);
}

/* Has the plain file "x", and counts what it is asked for. */
typedef struct plain_only {
    int opens;
} plain_only;

static int plain_open(void *self, edo_static_file *out, const char *path) {
    ((plain_only *)self)->opens++;
    if (strcmp(path, "x") != 0) return -ENOENT;
    out->bytes = edo_bytes_from_static(EDO_STR("plain"));
    return 0;
}

static const edo_static_backend_ops plain_ops = { .name = "plain_only", .open = plain_open };

static int absent(void *arg) {
    plain_only p = { .opens = 0 };
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    heard h;
    (void)arg;
    edo_serve_backend(r, "/", &plain_ops, &p, &(edo_static_opts){ .precompressed = true });
    web_begin(&s, r);
    for (int i = 0; i < 3; i++) {
        get(&s, &h, "GET /x", "accept-encoding: gzip, br\r\n");
        CHECK(is_body(&h, "plain"));
        CHECK_EQ(p.opens, 3 + i); // the two variants once
    }
    CHECK_EQ(edo_sleep(edo_s(3)), 0);
    get(&s, &h, "GET /x", "accept-encoding: gzip, br\r\n");
    CHECK_EQ(p.opens, 8);
    get(&s, &h, "GET /y.txt", "accept-encoding: gzip, br\r\n");
    CHECK(has(&h, " 404 "));
    CHECK_EQ(p.opens, 11); // variants may lie there alone
    return web_end(&s);
}

static void absent_variant_is_looked_for_now_and_then(void **state) {
    (void)state;
    assert_int_equal(inside(absent, NULL), 0);
}

static void router_without_memory_says_so(void **state) {
    int err = -ENOMEM, k = 1;
    (void)state;
    for (; err < 0; k++) {
        fail_alloc_in = k;
        edo_router *r = site();
        err = edo_router_build(r);
        bool has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        assert_int_equal(err, has_failed ? -ENOMEM : 0);
        edo_router_free(r);
    }
    assert_true(k > 20);
}

static bool ask_without(web_served *s, int k, heard *h, const char *request) {
    *h = (heard){ 0 };
    edo_stream *c = client_of(&s->http);
    CHECK_EQ(edo_yield(), 0);
    fail_alloc_in = k;
    say(c, request);
    (void)hear_until(c, h, NULL);
    bool has_failed = fail_alloc_in == 0;
    fail_alloc_in = 0;
    edo_close(c);
    return has_failed;
}

static int without_memory(void *arg) {
    static const char *const cases[][2] = {
        { "GET /static/docs?x", "location: ./docs/?x" },
        { "GET /static/about", "<p>about" },
        { "GET /static/large.bin", "content-range: bytes 1-2/300000" },
        { "GET /in/ann/page/", "content-range: bytes 3-4/7" },
    };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    char request[256];
    (void)arg;
    web_begin(&s, site());
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        const char *range = i == 2 ? "bytes=1-2" : "bytes=0-0,3-4";
        (void)snprintf(request, sizeof request,
                       "%s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n%s%s\r\n\r\n", cases[i][0],
                       i >= 2 ? "range: " : "x-y: ", range);
        for (int k = 1; ask_without(&s, k, &h, request); k++) {
            bool is_fine = has(&h, cases[i][1]) || has_no_memory(&h);
            if (!is_fine) (void)fprintf(stderr, "%s %d: %s\n", cases[i][0], k, h.text);
            CHECK(is_fine);
        }
        CHECK(has(&h, cases[i][1]));
    }
    return web_end(&s);
}

static void request_without_memory_has_its_response_or_a_500(void **state) {
    (void)state;
    assert_int_equal(at_home(without_memory), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_is_served_under_its_path),
        cmocka_unit_test(no_path_leads_out_of_the_directory_or_to_what_is_hidden),
        cmocka_unit_test(conditions_count_in_the_order_of_rfc_9110),
        cmocka_unit_test(refusal_is_not_kept_by_caches),
        cmocka_unit_test(replaced_file_is_served_at_once_with_another_tag),
        cmocka_unit_test(directory_has_a_slash_whatever_the_router_makes_of_it),
        cmocka_unit_test(range_is_that_of_the_request),
        cmocka_unit_test(several_ranges_are_a_multipart_of_known_length),
        cmocka_unit_test(compressed_file_beside_is_sent_to_clients_that_accept_it),
        cmocka_unit_test(absent_variant_is_looked_for_now_and_then),
        cmocka_unit_test(backend_ends_once_and_its_failures_have_a_status),
        cmocka_unit_test(router_without_memory_says_so),
        cmocka_unit_test(request_without_memory_has_its_response_or_a_500),
    };
    return cmocka_run_group_tests(tests, enter_home, leave_home);
}
