/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/web_compress.h: what is compressed and what its head says, that each
 * coding comes back as what it was, and that a hostile body costs its limit and no more.
 * Method: a server on one thread that compresses and decodes; what it has compressed is sent back
 * to it, whole, cut, doubled, nested and behind garbage. */
#include "web_server.h"

#include <edo/web_compress.h>

#define TEXT_BYTES 20000

static const char *const codings[] = { "zstd", "br", "gzip", "deflate" };

static bool has_coding(size_t i) {
    return edo_web_codings() & UINT32_C(1) << i;
}

/* ---- The server ------------------------------------------------------------------------------ */

static char text[TEXT_BYTES];
static char zeros[1u << 20];

static void fill_text(void) {
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i * i / 7 % 23);
}

static int says_text(edo_web *w) {
    EDO_TEST_OK(edo_web_set_header(w, "etag", "\"v1\""));
    EDO_TEST_OK(edo_web_set_header(w, "accept-ranges", "bytes"));
    EDO_TEST_OK(edo_web_set_header(w, "content-digest", "sha-256=:YQ==:"));
    EDO_TEST_OK(edo_web_set_header(w, "repr-digest", "sha-256=:YQ==:"));
    return edo_web_reply_bytes(w, EDO_STATUS_OK, "text/plain", (edo_str){ text, sizeof text });
}

static int says_zeros(edo_web *w) {
    return edo_web_reply_bytes(w, EDO_STATUS_OK, "text/plain", (edo_str){ zeros, sizeof zeros });
}

static int says_as_it_is(edo_web *w) {
    edo_str how = edo_web_param(w, "how");
    const char *type = "text/plain";
    edo_status status = EDO_STATUS_OK;
    size_t n = sizeof text;
    switch (how.ptr[0]) {
    case 's': n = 1023; break;
    case 'i': type = "image/png"; break;
    case 'v': type = "image/svg+xml"; break; // not as it is
    case 'e': type = "text/event-stream"; break;
    case 'g': type = "application/grpc+proto"; break;
    case 'c': EDO_TEST_OK(edo_web_set_header(w, "content-encoding", "own")); break;
    case 'r': EDO_TEST_OK(edo_web_set_header(w, "content-range", "bytes 0-9/10")); break;
    case 'n': EDO_TEST_OK(edo_web_set_header(w, "cache-control", "public, no-transform")); break;
    case 'p': status = EDO_STATUS_PARTIAL_CONTENT; break;
    case '3':
        EDO_TEST_OK(edo_web_set_header(w, "etag", "\"v1\""));
        status = EDO_STATUS_NOT_MODIFIED;
        break;
    default: return -EINVAL;
    }
    return edo_web_reply_bytes(w, status, type, (edo_str){ text, n });
}

/* Three writes, without a length or with one; "/short/" writes less than it says. */
static int streams(edo_web *w) {
    edo_str how = edo_web_param(w, "how");
    edo_response *res = edo_web_response(w);
    edo_stream *out;
    int64_t length = how.ptr[0] == 'c' || how.ptr[0] == 'w' ? -1 : TEXT_BYTES;
    EDO_TEST_OK(edo_web_set_header(w, "content-type", "text/plain"));
    EDO_TEST_OK(edo_web_set_header(w, "trailer", "x-sum"));
    EDO_TEST_OK(edo_response_stream(res, &out, length));
    size_t third = TEXT_BYTES / 3;
    CHECK_EQ(edo_write_all(out, text, third), 0);
    if (how.ptr[0] == 'w') { // until the client has read the first third
        int err = edo_sleep(edo_s(1));
        if (err < 0) return err;
    }
    if (how.ptr[0] == 's') return 0;
    CHECK_EQ(edo_write_all(out, text + third, TEXT_BYTES - third), 0);
    if (length >= 0) CHECK_EQ(edo_write(out, "x", 1), -EMSGSIZE);
    EDO_TEST_OK(edo_headers_set_named(edo_response_trailers(res), EDO_STR("x-sum"), EDO_STR("7")));
    return 0;
}

/* Reads the body; says how long it is, and whether it is the beginning of `text`. */
static int says_body(edo_web *w) {
    char piece[1000], said[80];
    edo_stream *body = edo_request_body(edo_web_request(w));
    size_t n = 0;
    bool is_text = true;
    int got;
    while ((got = edo_read(body, piece, sizeof piece)) > 0) {
        for (size_t i = 0; i < (size_t)got; i++)
            is_text = is_text && piece[i] == text[(n + i) % sizeof text];
        n += (size_t)got;
    }
    if (got < 0) return got;
    edo_headers *h = &edo_web_request(w)->headers;
    CHECK(edo_headers_get(h, EDO_HEADER_CONTENT_ENCODING).ptr == NULL);
    (void)snprintf(said, sizeof said, "%zu %s", n, is_text ? "of text" : "of else");
    return edo_web_reply_text(w, EDO_STATUS_OK, said);
}

/* As says_body(), but gives each read up that has not ended after 1 ms, and tries again. */
static int reads_impatiently(edo_web *w) {
    char piece[1000], said[80];
    edo_stream *body = edo_request_body(edo_web_request(w));
    size_t n = 0;
    int got = 1, tries = 0;
    while (got > 0) {
        edo_deadline limit;
        edo_deadline_begin(&limit, edo_ms(1));
        got = edo_deadline_end(&limit, edo_read(body, piece, sizeof piece));
        if (got > 0) n += (size_t)got;
        if (got == -ETIMEDOUT && tries++ < 100) got = 1;
    }
    if (got < 0) return got;
    (void)snprintf(said, sizeof said, "%zu in some tries", n);
    return tries < 20 ? -EIO : edo_web_reply_text(w, EDO_STATUS_OK, said);
}

static edo_router *router(void) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/text", says_text);
    edo_router_get(r, "/zeros", says_zeros);
    edo_router_get(r, "/as/{how}", says_as_it_is);
    edo_router_get(r, "/stream/{how}", streams);
    edo_router_post(r, "/body", says_body);
    edo_router_post(r, "/impatient", reads_impatiently);
    edo_router_wrap_all(r, edo_compress_layer(NULL), edo_decompress_layer(NULL));
    return r;
}

/* ---- Clients --------------------------------------------------------------------------------- */

/* Asks as HTTP/1.0, so that a body has no chunks. */
static void get(web_served *s, heard *h, const char *path, const char *accepts) {
    char request[512];
    (void)snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nhost: x\r\n%s%s%s\r\n", path,
                   accepts ? "accept-encoding: " : "", accepts ? accepts : "",
                   accepts ? "\r\n" : "");
    ask(&s->http, h, request);
}

static edo_str body_of(const heard *h) {
    const char *body = web_body(h);
    return (edo_str){ body, h->len - (size_t)(body - h->text) };
}

/* Posts a body of some codings in pieces of `piece` bytes. */
static void post(web_served *s, heard *h, const char *coding, edo_str body, size_t piece) {
    char head[256];
    edo_stream *c = client_of(&s->http);
    *h = (heard){ 0 };
    (void)snprintf(head, sizeof head,
                   "POST /body HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-encoding: %s\r\n"
                   "content-length: %zu\r\n\r\n",
                   coding, body.len);
    say(c, head);
    while (body.len > 0) {
        size_t n = body.len < piece ? body.len : piece;
        if (edo_write_all(c, body.ptr, n) < 0) break; // refused
        body = (edo_str){ body.ptr + n, body.len - n };
    }
    (void)hear_until(c, h, NULL);
    edo_close(c);
}

static const char *field(const char *name, const char *value) {
    static char line[100];
    (void)snprintf(line, sizeof line, "\r\n%s: %s\r\n", name, value);
    return line;
}

/* ---- What is compressed ---------------------------------------------------------------------- */

static int heads(void *arg) {
    static const struct {
        const char *path;
        bool is_compressed, varies;
    } cases[] = {
        { "/text", true, true },
        { "/as/small", false, false },
        { "/as/image", false, false },
        { "/as/vector", true, true },
        { "/as/events", false, false },
        { "/as/grpc", false, false },
        { "/as/coded", false, false },
        { "/as/range", false, false },
        { "/as/no-transform", false, false },
        { "/as/part", false, true }, // as its 200 does
        { "/as/304", false, true },
    };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    fill_text();
    web_begin(&s, router());
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        get(&s, &h, cases[i].path, "gzip");
        CHECK_EQ(has(&h, field("content-encoding", "gzip")), cases[i].is_compressed);
        CHECK_EQ(has(&h, field("vary", "accept-encoding")), cases[i].varies);
        get(&s, &h, cases[i].path, NULL); // a client that says nothing
        CHECK(!has(&h, field("content-encoding", "gzip")));
        CHECK_EQ(has(&h, field("vary", "accept-encoding")), cases[i].varies);
    }
    get(&s, &h, "/text", "gzip");
    CHECK(has(&h, field("etag", "W/\"v1\"")) && !has(&h, "accept-ranges"));
    CHECK(!has(&h, "-digest")); // they were of other bytes
    CHECK(has(&h, "content-length: "));
    CHECK(body_of(&h).len < TEXT_BYTES / 2);
    get(&s, &h, "/as/304", "gzip"); // the tag of what the client has, as its 200 said it
    CHECK(has(&h, field("etag", "W/\"v1\"")));
    get(&s, &h, "/as/304", NULL);
    CHECK(has(&h, field("etag", "\"v1\"")));
    get(&s, &h, "/as/304", "gzip\r\nif-none-match: W/\"v1\"");
    CHECK(has(&h, field("etag", "W/\"v1\"")));
    get(&s, &h, "/as/304", "gzip\r\nif-none-match: \"v0\", \"v1\", W/\"v1\"");
    CHECK(has(&h, field("etag", "W/\"v1\"")));
    get(&s, &h, "/as/304", "gzip\r\nif-none-match: W/\"v0\", \"v1\""); // it was sent as it was
    CHECK(has(&h, field("etag", "\"v1\"")));
    web_ask(&s, &h, "HEAD /text", "x\r\naccept-encoding: gzip", NULL);
    CHECK(has(&h, field("content-encoding", "gzip")) && has(&h, field("etag", "W/\"v1\"")));
    CHECK_EQ(times(&h, "content-length"), 0);
    web_ask(&s, &h, "GET /stream/chunks", "x\r\naccept-encoding: gzip\r\nte: trailers", NULL);
    CHECK(memmem(h.text, h.len, "\r\n0\r\nx-sum: 7\r\n", 15) != NULL);
    return web_end(&s);
}

static int choices(void *arg) {
    static const struct {
        const char *accepts, *wanted;
    } cases[] = {
        { "gzip, deflate, br, zstd", "zstd" },
        { "deflate, gzip, br", "br" },
        { "deflate, gzip", "gzip" },
        { "gzip;q=0.5, deflate", "deflate" },
        { "x-gzip", "gzip" },
        { "GZIP", "gzip" },
        { "*", "zstd" },
        { "*, zstd;q=0", "br" },
        { "gzip;q=0.2, identity", "" },
        { "gzip, identity", "gzip" },
        { "gzip;q=bad, deflate", "deflate" },
        { "compress, gzip;q=0", "" },
        { ",,,", "" },
        { "identity;q=0", "406" },
        { "*;q=0", "406" },
        { "identity;q=0, gzip", "gzip" },
        { "*;q=0, identity", "" },
    };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    fill_text();
    web_begin(&s, router());
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        get(&s, &h, "/text", cases[i].accepts);
        if (strcmp(cases[i].wanted, "406") == 0) {
            CHECK(has(&h, " 406 ") && has(&h, "vary: accept-encoding\r\n"));
        } else if (*cases[i].wanted) {
            if (!has(&h, field("content-encoding", cases[i].wanted)))
                (void)fprintf(stderr, "%s\n", cases[i].accepts);
            CHECK(has(&h, field("content-encoding", cases[i].wanted)));
        } else {
            CHECK(!has(&h, "content-encoding"));
        }
    }
    return web_end(&s);
}

/* ---- There and back -------------------------------------------------------------------------- */

static int round_trip(void *arg) {
    static const char *const paths[] = { "/text", "/stream/chunks", "/stream/length" };
    web_served s = { .opts = { .state = NULL } };
    heard h, back;
    (void)arg;
    fill_text();
    web_begin(&s, router());
    for (size_t i = 0; i < EDO_COUNT(codings); i++) {
        if (!has_coding(i)) continue;
        for (size_t j = 0; j < EDO_COUNT(paths); j++) {
            get(&s, &h, paths[j], codings[i]);
            CHECK(has(&h, field("content-encoding", codings[i])));
            post(&s, &back, codings[i], body_of(&h), j == 0 ? 7 : 100000);
            CHECK_EQ(strcmp(web_body(&back), "20000 of text"), 0);
        }
    }
    return web_end(&s);
}

/* The client reads the first third while the handler waits: so it was not held back. */
static int in_time(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    fill_text();
    web_begin(&s, router());
    for (size_t i = 0; i < EDO_COUNT(codings); i++) {
        if (!has_coding(i)) continue;
        char request[100];
        heard h = { 0 }, back;
        edo_stream *c = client_of(&s.http);
        edo_instant start = edo_now();
        (void)snprintf(request, sizeof request,
                       "GET /stream/w HTTP/1.0\r\naccept-encoding: %s\r\n\r\n", codings[i]);
        say(c, request);
        CHECK(hear_until(c, &h, "\r\n\r\n"));
        edo_deadline limit;
        edo_deadline_begin(&limit, edo_ms(500));
        CHECK(!hear_until(c, &h, NULL)); // until the deadline
        (void)edo_deadline_end(&limit, 0);
        CHECK(edo_instant_since(edo_now(), start).ns < 1000000000);
        edo_str first = body_of(&h);
        post(&s, &back, codings[i], first, 100000); // it has no end: so it is broken, but
        CHECK(has(&back, " 400 "));
        CHECK(first.len > 50);
        CHECK(hear_until(c, &h, NULL)); // the rest
        edo_close(c);
    }
    return web_end(&s);
}

static int short_stream(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h = { 0 };
    (void)arg;
    fill_text();
    web_begin(&s, router());
    edo_stream *c = client_of(&s.http);
    say(c, "GET /stream/short HTTP/1.1\r\nhost: x\r\naccept-encoding: gzip\r\n\r\n");
    (void)hear_until(c, &h, NULL);
    CHECK(!has(&h, "\r\n0\r\n"));
    edo_close(c);
    return web_end(&s);
}

/* ---- Requests -------------------------------------------------------------------------------- */

static int hostile(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h, back;
    (void)arg;
    fill_text();
    web_begin(&s, router());
    for (size_t i = 0; i < EDO_COUNT(codings); i++) {
        if (!has_coding(i)) continue;
        get(&s, &h, "/zeros", codings[i]);
        CHECK(has(&h, field("content-encoding", codings[i])));
        CHECK(body_of(&h).len < 3000);
        post(&s, &back, codings[i], body_of(&h), 100000);
        CHECK(has(&back, " 413 "));

        get(&s, &h, "/text", codings[i]);
        edo_str body = body_of(&h);
        post(&s, &back, codings[i], (edo_str){ body.ptr, body.len - 1 }, 100000);
        CHECK(has(&back, " 400 ")); // cut
        char more[16384];
        memcpy(more, body.ptr, body.len);
        memcpy(more + body.len, "garbage", 7);
        post(&s, &back, codings[i], (edo_str){ more, body.len + 7 }, 100000);
        CHECK(has(&back, " 400 "));
        memcpy(more + body.len, body.ptr, body.len);
        post(&s, &back, codings[i], (edo_str){ more, body.len * 2 }, 100000);
        bool may_follow = strcmp(codings[i], "gzip") == 0 || strcmp(codings[i], "zstd") == 0;
        CHECK_EQ(has(&back, "40000 of text"), may_follow);
        CHECK_EQ(has(&back, " 400 "), !may_follow);
        post(&s, &back, codings[i], EDO_STR("not at all"), 100000);
        CHECK(has(&back, " 400 "));
        post(&s, &back, codings[i], EDO_STR(""), 100000);
        CHECK(has(&back, "0 of text"));
    }
    post(&s, &back, "own", EDO_STR("x"), 1);
    CHECK(has(&back, " 415 ") && has(&back, "accept-encoding: zstd,br,gzip,deflate\r\n"));
    post(&s, &back, "gzip, gzip, gzip, gzip", EDO_STR("x"), 1);
    CHECK(has(&back, " 415 "));
    post(&s, &back, "identity", EDO_STR("a"), 1);
    CHECK(has(&back, " 200 "));
    return web_end(&s);
}

/* Half of a body comes, and the other half after many reads that were given up. */
static int impatient(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    char request[256], body[16384];
    (void)arg;
    fill_text();
    web_begin(&s, router());
    for (size_t i = 0; i < EDO_COUNT(codings); i++) {
        if (!has_coding(i)) continue;
        get(&s, &h, "/text", codings[i]);
        size_t n = body_of(&h).len;
        memcpy(body, body_of(&h).ptr, n);
        edo_stream *c = client_of(&s.http);
        (void)snprintf(request, sizeof request,
                       "POST /impatient HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
                       "content-encoding: %s\r\ncontent-length: %zu\r\n\r\n",
                       codings[i], n);
        say(c, request);
        CHECK_EQ(edo_write_all(c, body, n / 2), 0);
        EDO_TEST_OK(edo_sleep(edo_ms(50)));
        CHECK_EQ(edo_write_all(c, body + n / 2, n - n / 2), 0);
        h = (heard){ 0 };
        CHECK(hear_until(c, &h, NULL));
        edo_close(c);
        if (!has(&h, "20000 in some tries")) (void)fprintf(stderr, "%s\n%s", codings[i], h.text);
        CHECK(has(&h, "20000 in some tries"));
    }
    return web_end(&s);
}

static bool is_full;             /* the client has to read */
static size_t written_n;         /* by the handler */
static char squeezed[24u << 20]; /* what the client has read */

/* Writes 64 KiB that no coding makes shorter, as long as no write takes longer than `patience`. */
static int write_noise(edo_stream *out, edo_duration patience) {
    static uint32_t random = 1;
    char noise[1024];
    for (int i = 0; i < 64; i++) {
        for (size_t j = 0; j < sizeof noise; j++) {
            random = random * 1664525 + 1013904223;
            noise[j] = (char)(random >> 24);
        }
        edo_deadline limit;
        edo_deadline_begin(&limit, patience);
        int n = edo_deadline_end(&limit, edo_write(out, noise, sizeof noise));
        if (n < 0) return n;
        written_n += (size_t)n;
    }
    return 0;
}

/* Writes until a flush, or a write, does not end, gives that up, and goes on. */
static int flushes_impatiently(edo_web *w) {
    edo_stream *out;
    int err = 0;
    EDO_TEST_OK(edo_response_stream(edo_web_response(w), &out, -1));
    written_n = 0;
    while (err != -ETIMEDOUT) {
        CHECK(written_n < sizeof squeezed / 2);
        err = write_noise(out, edo_ms(1));
        CHECK(err == 0 || err == -ETIMEDOUT);
        if (err < 0) break;
        edo_deadline limit;
        edo_deadline_begin(&limit, edo_ms(1));
        err = edo_deadline_end(&limit, edo_flush(out));
        CHECK(err == 0 || err == -ETIMEDOUT);
    }
    is_full = true;
    return write_noise(out, edo_s(100));
}

static int given_up_flush(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard back;
    (void)arg;
    fill_text();
    edo_router *r = edo_router_new(), *plain = router();
    edo_router_get(r, "/flushes", flushes_impatiently);
    edo_router_wrap(r, edo_compress_layer(&(edo_compress_opts){ .gathers = true }));
    edo_router_merge(r, plain);
    web_begin(&s, r);
    for (size_t i = 0; i < EDO_COUNT(codings); i++) {
        if (!has_coding(i)) continue;
        char request[100], wanted[40];
        size_t len = 0;
        int n;
        is_full = false;
        edo_stream *c = client_of(&s.http);
        (void)snprintf(request, sizeof request,
                       "GET /flushes HTTP/1.0\r\naccept-encoding: %s\r\n\r\n", codings[i]);
        say(c, request);
        WAIT_FOR(is_full);
        while ((n = edo_read(c, squeezed + len, sizeof squeezed - len)) > 0) len += (size_t)n;
        if (n < 0) (void)fprintf(stderr, "%s\n", codings[i]);
        CHECK_EQ(n, 0);
        edo_close(c);
        const char *body = memmem(squeezed, len, "\r\n\r\n", 4);
        CHECK(body != NULL);
        body += 4;
        post(&s, &back, codings[i], (edo_str){ body, len - (size_t)(body - squeezed) }, 100000);
        (void)snprintf(wanted, sizeof wanted, "%zu of else", written_n);
        CHECK_EQ(strcmp(web_body(&back), wanted), 0);
    }
    return web_end(&s);
}

static edo_str kept; /* what "/kept" streams, which is compressed whether it shrinks or not */

static int streams_kept(edo_web *w) {
    edo_stream *out;
    EDO_TEST_OK(edo_response_stream(edo_web_response(w), &out, -1));
    CHECK_EQ(edo_write_all(out, kept.ptr, kept.len), 0);
    return 0;
}

/* Compresses what was compressed. */
static int nested(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h, back;
    char first[16384];
    (void)arg;
    fill_text();
    edo_router *r = router();
    edo_router_get(r, "/kept", streams_kept);
    web_begin(&s, r);
    for (int i = 0; i < 2; i++) {
        get(&s, &h, i == 0 ? "/text" : "/zeros", "br");
        kept = (edo_str){ first, body_of(&h).len };
        memcpy(first, body_of(&h).ptr, kept.len);
        get(&s, &h, "/kept", "gzip");
        CHECK(has(&h, field("content-encoding", "gzip")));
        post(&s, &back, "br, gzip", body_of(&h), 100);
        CHECK(has(&back, i == 0 ? "20000 of text" : " 413 "));
        post(&s, &back, "gzip, br", body_of(&h), 100);
        CHECK(has(&back, " 400 "));
    }
    return web_end(&s);
}

static bool stops;
static int turns_n, turns_before, turns_after;

/* Counts how often this task has its turn. */
static int counts(void *arg) {
    int err = 0;
    (void)arg;
    while (!stops && err == 0) {
        turns_n++;
        err = edo_yield();
    }
    return err;
}

static int note_before(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    (void)hook, (void)res, (void)head;
    turns_before = turns_n;
    return 0;
}

static int note_after(edo_response_hook *hook, edo_response *res) {
    (void)hook, (void)res;
    turns_after = turns_n;
    return 0;
}

static void note_end(edo_response_hook *hook, edo_response *res, const edo_response_end *end) {
    (void)hook, (void)res, (void)end;
    if (turns_after == 0) turns_after = turns_n; // of a whole body
}

/* The innermost hook: the head is its to see before the body is compressed. */
static void note_turns(edo_web *w) {
    static const edo_response_hook_ops ops = { .head = note_before,
                                               .finish = note_after,
                                               .done = note_end };
    edo_response_hook *h = edo_arena_alloc(edo_web_request(w)->arena, sizeof *h);
    CHECK(h != NULL);
    *h = (edo_response_hook){ .ops = &ops };
    edo_response_add_hook(edo_web_response(w), h);
    turns_after = 0;
}

static int says_noted(edo_web *w) {
    note_turns(w);
    return says_zeros(w);
}

static int streams_noted(edo_web *w) {
    edo_stream *out;
    note_turns(w);
    EDO_TEST_OK(edo_response_stream(edo_web_response(w), &out, sizeof zeros));
    return edo_write_all(out, zeros, sizeof zeros) < 0 ? -EIO : 0;
}

/* 1 MiB is compressed in 32 turns, whole or as a stream; nothing of it waits for the client, since
 * it becomes a thousand bytes. */
static int turns(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    edo_router *r = router();
    edo_router_get(r, "/whole", says_noted);
    edo_router_get(r, "/streams", streams_noted);
    web_begin(&s, r);
    for (int i = 0; i < 2; i++) {
        heard h;
        stops = false;
        edo_task *t = edo_spawn(counts, NULL);
        get(&s, &h, i == 0 ? "/whole" : "/streams", "gzip");
        stops = true;
        EDO_TEST_OK(edo_task_join(t));
        CHECK(has(&h, field("content-encoding", "gzip")));
        CHECK(turns_after - turns_before >= 31);
    }
    return web_end(&s);
}

static int reads_and_sleeps(edo_web *w) {
    char byte;
    CHECK_EQ(edo_read(edo_request_body(edo_web_request(w)), &byte, 1), -EBADMSG);
    return edo_sleep(edo_s(20));
}

/* With one place, a second body at once is sent as it is, or refused. */
static int places(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    fill_text();
    edo_router *r = edo_router_new();
    edo_router_get(r, "/stream/{how}", streams);
    edo_router_post(r, "/body", says_body);
    edo_router_post(r, "/slow", reads_and_sleeps);
    edo_router_wrap(r, edo_compress_layer(&(edo_compress_opts){ .at_once = 1 }),
                    edo_decompress_layer(&(edo_decompress_opts){ .at_once = 1 }));
    web_begin(&s, r);
    edo_stream *c = client_of(&s.http);
    heard first = { 0 };
    say(c, "GET /stream/wait HTTP/1.0\r\naccept-encoding: gzip\r\n\r\n");
    CHECK(hear_until(c, &first, "\r\n\r\n"));
    get(&s, &h, "/stream/chunks", "gzip");
    CHECK(!has(&h, "content-encoding") && has(&h, field("vary", "accept-encoding")));
    CHECK(hear_until(c, &first, NULL));
    edo_close(c);
    get(&s, &h, "/stream/chunks", "gzip");
    CHECK(has(&h, "content-encoding: gzip"));
    edo_stream *a = client_of(&s.http);
    say(a, "POST /body HTTP/1.1\r\nhost: x\r\ncontent-encoding: gzip\r\ncontent-length: 9\r\n\r\n"
           "\x1f");
    EDO_TEST_OK(edo_sleep(edo_ms(10))); // its handler reads
    post(&s, &h, "gzip", EDO_STR("x"), 1);
    CHECK(has(&h, " 503 ") && has(&h, "retry-after: 1\r\n"));
    edo_close(a);
    a = client_of(&s.http);
    say(a,
        "POST /slow HTTP/1.1\r\nhost: x\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx");
    EDO_TEST_OK(edo_sleep(edo_ms(10))); // its handler has read, and goes on
    post(&s, &h, "gzip", EDO_STR("x"), 1);
    CHECK(has(&h, " 400 ")); // by the decoder
    edo_close(a);
    return web_end(&s);
}

static void each_head_says_what_was_done(void **state) {
    (void)state;
    assert_int_equal(inside(heads, NULL), 0);
}

static void client_gets_the_coding_that_it_likes_best(void **state) {
    (void)state;
    if (edo_web_codings() != 15) {
        print_message("skipped: this build does not have all codings\n");
        skip();
    }
    assert_int_equal(inside(choices, NULL), 0);
}

static void body_comes_back_as_it_was(void **state) {
    (void)state;
    assert_int_equal(inside(round_trip, NULL), 0);
}

static void write_to_a_stream_can_be_read_at_once(void **state) {
    (void)state;
    assert_int_equal(inside(in_time, NULL), 0);
}

static void stream_that_is_too_short_has_no_end(void **state) {
    (void)state;
    assert_int_equal(inside(short_stream, NULL), 0);
}

static void bad_body_is_refused(void **state) {
    (void)state;
    if (edo_web_codings() != 15) {
        print_message("skipped: this build does not have all codings\n");
        skip();
    }
    assert_int_equal(inside(hostile, NULL), 0);
    assert_int_equal(inside(nested, NULL), 0);
}

static void read_that_is_given_up_loses_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(impatient, NULL), 0);
}

static void flush_that_is_given_up_loses_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(given_up_flush, NULL), 0);
}

static void coders_at_once_are_bounded(void **state) {
    (void)state;
    assert_int_equal(inside(places, NULL), 0);
}

static void others_have_their_turn_while_a_body_is_compressed(void **state) {
    (void)state;
    assert_int_equal(inside(turns, NULL), 0);
}

static void wrong_options_are_refused(void **state) {
    (void)state;
    const struct {
        edo_layer layer;
        int code;
    } cases[] = {
        { edo_compress_layer(&(edo_compress_opts){ .level = 10 }), -EINVAL },
        { edo_compress_layer(&(edo_compress_opts){ .codings = 16 }), -EINVAL },
        { edo_compress_layer(&(edo_compress_opts){ .reserved = { 1 } }), -EINVAL },
        { edo_decompress_layer(&(edo_decompress_opts){ .codings = 32 }), -EINVAL },
        { edo_decompress_layer(&(edo_decompress_opts){ .reserved = { 1 } }), -EINVAL },
    };
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        edo_router *r = edo_router_new();
        edo_router_post(r, "/body", says_body);
        edo_router_wrap(r, cases[i].layer);
        assert_int_equal(edo_router_build(r), cases[i].code);
        edo_router_free(r);
    }
}

/* Without libraries nothing is compressed, and each coding of a request is unknown. */
static int without(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    fill_text();
    web_begin(&s, router());
    get(&s, &h, "/text", "gzip");
    CHECK(has(&h, " 200 ") && !has(&h, "content-encoding"));
    post(&s, &h, "gzip", EDO_STR("x"), 1);
    CHECK(has(&h, " 415 "));
    return web_end(&s);
}

static void build_without_codings_works(void **state) {
    (void)state;
    assert_int_equal(inside(without, NULL), 0);
}

int main(void) {
    const struct CMUnitTest plain[] = {
        cmocka_unit_test(build_without_codings_works),
        cmocka_unit_test(wrong_options_are_refused),
    };
    if (edo_web_codings() == 0) return cmocka_run_group_tests(plain, NULL, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_head_says_what_was_done),
        cmocka_unit_test(client_gets_the_coding_that_it_likes_best),
        cmocka_unit_test(body_comes_back_as_it_was),
        cmocka_unit_test(write_to_a_stream_can_be_read_at_once),
        cmocka_unit_test(stream_that_is_too_short_has_no_end),
        cmocka_unit_test(bad_body_is_refused),
        cmocka_unit_test(read_that_is_given_up_loses_nothing),
        cmocka_unit_test(flush_that_is_given_up_loses_nothing),
        cmocka_unit_test(coders_at_once_are_bounded),
        cmocka_unit_test(others_have_their_turn_while_a_body_is_compressed),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
