/* SPDX-License-Identifier: MIT */
/* Goal: what the options of a call say is what the server gets as the body: files, items, forms
 * with files; and a response is read as text, or as items.
 * Method: a server in memory that keeps what came, and responds with what a test wants. */
#include "memory_site.h"

#include <edo/fs.h>
#include <edo/multipart.h>
#include <edo/seq.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

static int respond(memory_site *s, edo_stream *io) {
    (void)s;
    return site_say(io, response);
}

static int send_it(edo_http_client *c, const edo_fetch_opts *o) {
    edo_fetch_opts opts = *o;
    edo_bytes body;
    opts.client = c;
    int err = edo_fetch_bytes(&body, EDO_STR("http://site/"), &opts);
    if (err == 0) edo_bytes_unref(&body);
    return err;
}

/* ---- Files ----------------------------------------------------------------------------------- */

static char file_path[64];

static void file_begin(const char *text) {
    (void)snprintf(file_path, sizeof file_path, "/tmp/edo-bodies-%d.html", (int)getpid());
    EDO_TEST_OK(edo_fs_write_all(file_path, text, strlen(text)));
}

static int send_file(void *arg) {
    memory_site s = { .respond = respond };
    (void)arg;
    edo_http_client *c = site_client(&s, NULL);
    file_begin("<p>of a file</p>");
    EDO_TEST_OK(send_it(c, &(edo_fetch_opts){ .file = file_path }));
    CHECK(strncmp(s.head, "POST ", 5) == 0);
    CHECK(strcmp(s.body, "<p>of a file</p>") == 0);
    CHECK(strcasestr(s.head, "\r\ncontent-length: 16\r\n"));
    CHECK(strcasestr(s.head, "\r\ncontent-type: text/html; charset=utf-8\r\n"));
    const edo_fetch_opts put = { .file = file_path,
                                 .method = EDO_METHOD_PUT,
                                 .type = EDO_STR("x/y") };
    EDO_TEST_OK(send_it(c, &put));
    CHECK(strncmp(s.head, "PUT ", 4) == 0 && strcasestr(s.head, "\r\ncontent-type: x/y\r\n"));
    CHECK_EQ(send_it(c, &(edo_fetch_opts){ .file = "/tmp/no/such/file" }), -ENOENT);
    CHECK_EQ(send_it(c, &(edo_fetch_opts){ .file = "/tmp" }), -EISDIR);
    CHECK_EQ(s.requests_n, 2);
    EDO_TEST_OK(edo_fs_remove_file(file_path));
    site_end(&s, c);
    return 0;
}

/* A FIFO has nobody at its other end. */
static int send_no_file(void *arg) {
    memory_site s = { .respond = respond };
    char path[64];
    (void)arg;
    edo_http_client *c = site_client(&s, NULL);
    (void)snprintf(path, sizeof path, "/tmp/edo-bodies-%d.fifo", (int)getpid());
    CHECK_EQ(mkfifo(path, 0600), 0);
    const char *paths[] = { path, "/dev/null" };
    for (size_t i = 0; i < EDO_COUNT(paths); i++) {
        const edo_fetch_part parts[] = { { .name = EDO_STR("f"), .file = paths[i] } };
        CHECK_EQ(send_it(c, &(edo_fetch_opts){ .file = paths[i] }), -EINVAL);
        CHECK_EQ(send_it(c, &(edo_fetch_opts){ .parts = parts, .parts_n = 1 }), -EINVAL);
        CHECK_EQ(s.requests_n, 0);
    }
    const edo_fetch_opts opts = { .client = c };
    CHECK_EQ(edo_fetch_file(path, EDO_STR("http://site/"), &opts), -EINVAL);
    CHECK_EQ(unlink(path), 0);
    site_end(&s, c);
    return 0;
}

/* A pipe that has `text`, as that of a shell's <(...), and its path. Returns the end to read. */
static int pipe_begin(char path[32], const char *text) {
    int ends[2];
    CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
    CHECK_EQ(write(ends[1], text, strlen(text)), strlen(text));
    CHECK_EQ(close(ends[1]), 0);
    (void)snprintf(path, 32, "/dev/fd/%d", ends[0]);
    return ends[0];
}

static int send_pipes(void *arg) {
    memory_site s = { .respond = respond };
    char path[32];
    (void)arg;
    edo_http_client *c = site_client(&s, NULL);
    int fd = pipe_begin(path, "of a pipe");
    EDO_TEST_OK(send_it(c, &(edo_fetch_opts){ .file = path }));
    CHECK(strstr(s.body, "of a pipe") && strcasestr(s.head, "\r\ntransfer-encoding: chunked\r\n"));
    CHECK_EQ(close(fd), 0);
    fd = pipe_begin(path, "of a part");
    const edo_fetch_part part = { .name = EDO_STR("f"), .file = path };
    EDO_TEST_OK(send_it(c, &(edo_fetch_opts){ .parts = &part, .parts_n = 1 }));
    CHECK(strstr(s.body, "of a part"));
    CHECK_EQ(send_it(c, &(edo_fetch_opts){ .file = path }), -EINVAL); // it was read, and is empty
    CHECK_EQ(close(fd), 0);
    site_end(&s, c);
    return 0;
}

static int save_to_pipes(void *arg) {
    memory_site s = { .respond = respond };
    char path[32], got[8] = "";
    int ends[2];
    (void)arg;
    edo_http_client *c = site_client(&s, NULL);
    const edo_fetch_opts opts = { .client = c };
    CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
    EDO_TEST_OK(edo_fetch_file(path, EDO_STR("http://site/"), &opts));
    CHECK_EQ(read(ends[0], got, sizeof got), 2);
    CHECK(strcmp(got, "ok") == 0);
    EDO_TEST_OK(edo_fetch_file("/dev/null", EDO_STR("http://site/"), &opts));
    CHECK_EQ(close(ends[0]) | close(ends[1]), 0);
    site_end(&s, c);
    return 0;
}

/* An empty file has a length, too; one of the kernel's says 0 and has bytes. */
static int send_empty_file(void *arg) {
    memory_site s = { .respond = respond };
    (void)arg;
    edo_http_client *c = site_client(&s, NULL);
    file_begin("");
    EDO_TEST_OK(send_it(c, &(edo_fetch_opts){ .file = file_path }));
    CHECK(strcasestr(s.head, "\r\ncontent-length: 0\r\n"));
    CHECK(!strcasestr(s.head, "transfer-encoding"));
    const edo_fetch_part parts[] = { { .name = EDO_STR("f"), .file = file_path } };
    EDO_TEST_OK(send_it(c, &(edo_fetch_opts){ .parts = parts, .parts_n = 1 }));
    CHECK(strcasestr(s.head, "\r\ncontent-length: "));
    EDO_TEST_OK(send_it(c, &(edo_fetch_opts){ .file = "/proc/self/stat" }));
    CHECK(strcasestr(s.head, "\r\ntransfer-encoding: chunked\r\n") && s.body_n > 10);
    EDO_TEST_OK(edo_fs_remove_file(file_path));
    site_end(&s, c);
    return 0;
}

/* ---- Items ----------------------------------------------------------------------------------- */

static int make_piece(void *state, void *item) {
    int *left = state;
    if (*left == 0) return 0;
    edo_bytes *out = item;
    int err = edo_bytes_copy(out, "piece ", 6);
    if (err < 0) return err;
    --*left;
    return 1;
}

static int send_items(void *arg) {
    memory_site s = { .respond = respond };
    int left = 3;
    (void)arg;
    edo_http_client *c = site_client(&s, NULL);
    edo_seq *seq = edo_seq_unfold(sizeof(edo_bytes), make_piece, &left);
    EDO_TEST_OK(send_it(c, &(edo_fetch_opts){ .seq = seq, .type = EDO_STR("text/plain") }));
    CHECK(strcmp(s.body, "piece piece piece ") == 0);
    CHECK(strcasestr(s.head, "\r\ntransfer-encoding: chunked\r\n"));
    CHECK(strcasestr(s.head, "\r\ncontent-type: text/plain\r\n"));
    left = 2;
    seq = edo_seq_unfold(sizeof(edo_bytes), make_piece, &left);
    EDO_TEST_OK(send_it(c, &(edo_fetch_opts){ .seq = seq, .body_length = 12 }));
    CHECK(strcmp(s.body, "piece piece ") == 0);
    CHECK(strcasestr(s.head, "\r\ncontent-length: 12\r\n"));
    // it is taken in any case
    seq = edo_seq_unfold(sizeof(edo_bytes), make_piece, &left);
    CHECK_EQ(send_it(c, &(edo_fetch_opts){ .seq = seq, .data = EDO_STR("x") }), -EINVAL);
    seq = edo_seq_empty(4);
    CHECK_EQ(send_it(c, &(edo_fetch_opts){ .seq = seq }), -EINVAL);
    seq = edo_seq_unfold(sizeof(edo_bytes), make_piece, &left);
    CHECK_EQ(send_it(c, &(edo_fetch_opts){ .seq = seq, .reserved = { 1 } }), -EINVAL);
    site_end(&s, c);
    return 0;
}

/* ---- A response before the end of the body --------------------------------------------------- */

/* Says at once what it thinks, and then reads the rest. */
static int respond_early(memory_site *s, edo_stream *io) {
    static const char rest[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    int err = site_say(io, rest);
    if (err == 0) err = site_read_body(s, io);
    return err < 0 ? err : site_say(io, "hello");
}

static int serve_early(void *arg) {
    memory_conn *c = arg;
    size_t n = 0;
    do n += (size_t)site_read_line(c->io, c->site->head + n, sizeof c->site->head - n);
    while (n < 4 || memcmp(c->site->head + n - 4, "\r\n\r\n", 4) != 0);
    int err = respond_early(c->site, c->io);
    edo_close(c->io);
    return err;
}

static int connect_early(void *arg, edo_stream **out, const char *address) {
    static memory_conn c;
    (void)address;
    c.site = arg;
    EDO_TEST_OK(edo_duplex(out, &c.io, 16)); // little room: most is sent while the body is read
    return edo_spawn_detached(serve_early, &c);
}

/* What is being sent lives until the response is freed. */
static int send_on(void *arg) {
    memory_site s = { .requests_n = 0 };
    edo_http_client *c;
    edo_http_response *res;
    edo_buf body = { 0 };
    (void)arg;
    file_begin("0123456789012345678901234567890123456789");
    EDO_TEST_OK(
        edo_http_client_new(&c, &(edo_http_client_opts){ .connect = connect_early, .arg = &s }));
    const edo_fetch_part parts[] = { { .name = EDO_STR("a"), .data = EDO_STR("of memory") },
                                     { .name = EDO_STR("f"), .file = file_path } };
    const edo_fetch_opts o = { .client = c, .parts = parts, .parts_n = 2 };
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/"), &o));
    EDO_TEST_OK(edo_http_response_collect(res, &body, 100));
    CHECK(edo_str_equal((edo_str){ body.ptr, body.len }, EDO_STR("hello")));
    CHECK(strstr(s.body, "of memory") && strstr(s.body, "\r\n0123456789012345678901234567890123"));
    edo_buf_deinit(&body);
    edo_http_response_free(res);
    EDO_TEST_OK(edo_fs_remove_file(file_path));
    edo_http_client_unref(c);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    return 0;
}

/* ---- Trailers -------------------------------------------------------------------------------- */

static char last_lines[100]; /* behind the last chunk */

/* Says the head of its response at once, and the body behind the request's. */
static int serve_trailers(void *arg) {
    static const char early[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    memory_conn *c = arg;
    char line[100] = "";
    while (strcmp(line, "\r\n") != 0) CHECK(site_read_line(c->io, line, sizeof line) > 0);
    EDO_TEST_OK(site_say(c->io, early));
    while (strcmp(line, "0\r\n") != 0) CHECK(site_read_line(c->io, line, sizeof line) > 0);
    size_t n = 0;
    do n += (size_t)site_read_line(c->io, last_lines + n, sizeof last_lines - n);
    while (n < 2 || (n > 2 && strcmp(last_lines + n - 4, "\r\n\r\n") != 0));
    EDO_TEST_OK(site_say(c->io, "ok"));
    edo_close(c->io);
    return 0;
}

static int connect_trailers(void *arg, edo_stream **out, const char *address) {
    static memory_conn c;
    (void)address;
    c.site = arg;
    EDO_TEST_OK(edo_duplex(out, &c.io, 1000));
    return edo_spawn_detached(serve_trailers, &c);
}

/* What stands behind a body is known at its end, when the head of the response is there. */
static int send_trailers(void *arg) {
    memory_site s = { .requests_n = 0 };
    edo_http_client *c;
    edo_http_response *res;
    edo_stream *mine, *body;
    edo_buf got = { 0 };
    edo_headers head, last;
    (void)arg;
    edo_headers_init(&head);
    edo_headers_init(&last);
    EDO_TEST_OK(edo_headers_append_named(&head, EDO_STR("Trailer"), EDO_STR("X-Sum")));
    EDO_TEST_OK(
        edo_http_client_new(&c, &(edo_http_client_opts){ .connect = connect_trailers, .arg = &s }));
    EDO_TEST_OK(edo_duplex(&mine, &body, 100));
    const edo_http_request req = { .method = EDO_METHOD_POST,
                                   .url = EDO_STR("http://site/"),
                                   .headers = &head,
                                   .body = body,
                                   .length = -1,
                                   .trailers = &last };
    EDO_TEST_OK(edo_http_client_send(c, &res, &req));
    EDO_TEST_OK(edo_write_all(mine, "abc", 3));
    EDO_TEST_OK(edo_headers_append_named(&last, EDO_STR("X-Sum"), EDO_STR("294")));
    EDO_TEST_OK(edo_headers_append_named(&last, EDO_STR("X-Other"), EDO_STR("is not named")));
    edo_close(mine);
    EDO_TEST_OK(edo_http_response_collect(res, &got, 100));
    CHECK(edo_str_equal((edo_str){ got.ptr, got.len }, EDO_STR("ok")));
    CHECK(strcasecmp(last_lines, "x-sum: 294\r\n\r\n") == 0);
    edo_buf_deinit(&got);
    edo_http_response_free(res);
    edo_close(body);
    edo_headers_deinit(&head);
    edo_headers_deinit(&last);
    edo_http_client_unref(c);
    return 0;
}

/* ---- Forms ----------------------------------------------------------------------------------- */

/* The fields of the form that came, one a line: "name|filename|type|value". */
static void print_form(const memory_site *s, char *to, size_t room) {
    edo_stream *in;
    edo_multipart *m;
    edo_multipart_field f;
    edo_str value;
    const char *at = strcasestr(s->head, "\r\ncontent-type: ");
    CHECK(at);
    at += 16;
    EDO_TEST_OK(edo_stream_mem(&in, s->body, s->body_n));
    const edo_str type = { at, strcspn(at, "\r") };
    EDO_TEST_OK(edo_multipart_new(&m, in, type, NULL));
    *to = 0;
    int more;
    while ((more = edo_multipart_next(m, &f)) == 1) {
        EDO_TEST_OK(edo_multipart_bytes(m, &value, 1000));
        size_t n = strlen(to);
        (void)snprintf(to + n, room - n, "%.*s|%.*s|%.*s|%.*s\n", (int)f.name.len, f.name.ptr,
                       (int)f.filename.len, f.filename.len ? f.filename.ptr : "", (int)f.type.len,
                       f.type.len ? f.type.ptr : "", (int)value.len, value.ptr);
    }
    EDO_TEST_OK(more);
    edo_multipart_free(m);
    edo_close(in);
}

static int send_parts(void *arg) {
    memory_site s = { .respond = respond };
    char got[1000], wanted[1000];
    (void)arg;
    edo_http_client *c = site_client(&s, NULL);
    file_begin("a file");
    const edo_fetch_part parts[] = {
        { .name = EDO_STR("first"), .file = file_path },
        { .name = EDO_STR("title"), .data = EDO_STR("two\r\nlines") },
        { .name = EDO_STR("none") },
        { .name = EDO_STR("second"),
          .file = file_path,
          .filename = EDO_STR("b.bin"),
          .type = EDO_STR("x/y") },
        { .name = EDO_STR("last"), .data = EDO_STR("5"), .filename = EDO_STR("c") },
    };
    (void)snprintf(wanted, sizeof wanted,
                   "first|%s|text/html; charset=utf-8|a file\ntitle|||two\r\nlines\nnone|||\n"
                   "second|b.bin|x/y|a file\nlast|c||5\n",
                   file_path + 5);
    EDO_TEST_OK(send_it(c, &(edo_fetch_opts){ .parts = parts, .parts_n = EDO_COUNT(parts) }));
    print_form(&s, got, sizeof got);
    CHECK(strcmp(got, wanted) == 0);
    CHECK(strcasestr(s.head, "\r\ncontent-length: "));
    EDO_TEST_OK(send_it(c, &(edo_fetch_opts){ .parts = parts + 1, .parts_n = 1 }));
    print_form(&s, got, sizeof got);
    CHECK(strcmp(got, "title|||two\r\nlines\n") == 0);
    const edo_fetch_part bad[] = {
        { .data = EDO_STR("no name") },
        { .name = EDO_STR("both"), .file = file_path, .data = EDO_STR("x") },
        { .name = EDO_STR("type"), .type = EDO_STR("a\r\nb") },
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        CHECK_EQ(send_it(c, &(edo_fetch_opts){ .parts = &bad[i], .parts_n = 1 }), -EINVAL);
    EDO_TEST_OK(edo_fs_remove_file(file_path));
    CHECK_EQ(send_it(c, &(edo_fetch_opts){ .parts = parts, .parts_n = 1 }), -ENOENT);
    site_end(&s, c);
    return 0;
}

/* A form in memory goes through redirects that keep the body; one with files does not. */
static int lead_on(memory_site *s, edo_stream *io) {
    return site_say(io, strstr(s->head, " / ") ? "HTTP/1.1 307 Temporary Redirect\r\n"
                                                 "Location: /on\r\nContent-Length: 0\r\n\r\n"
                                               : response);
}

static int send_again(void *arg) {
    memory_site s = { .respond = lead_on };
    (void)arg;
    edo_http_client *c = site_client(&s, NULL);
    file_begin("x");
    const edo_fetch_part parts[] = { { .name = EDO_STR("a"), .data = EDO_STR("b") },
                                     { .name = EDO_STR("f"), .file = file_path } };
    EDO_TEST_OK(send_it(c, &(edo_fetch_opts){ .parts = parts, .parts_n = 1 }));
    CHECK_EQ(s.requests_n, 2);
    CHECK(strstr(s.body, "\r\n\r\nb\r\n"));
    EDO_TEST_OK(send_it(c, &(edo_fetch_opts){ .parts = parts, .parts_n = 2 }));
    CHECK_EQ(s.requests_n, 3); // the redirect was the response
    EDO_TEST_OK(edo_fs_remove_file(file_path));
    site_end(&s, c);
    return 0;
}

/* ---- Responses ------------------------------------------------------------------------------- */

#define TYPED(type, length, body)                                                                  \
    "HTTP/1.1 200 OK\r\n" type "Content-Length: " length "\r\n\r\n" body

static int read_text(void *arg) {
    static const struct {
        const char *response;
        int err;
        const char *text;
    } rows[] = {
        { TYPED("", "2", "\xc3\xa4"), 0, ">\xc3\xa4" },
        { TYPED("Content-Type: text/plain; charset=UTF-8\r\n", "2", "\xc3\xa4"), 0, ">\xc3\xa4" },
        { TYPED("Content-Type: text/plain; charset=\"iso-8859-1\"\r\n", "2", "a\xe4"), 0,
          ">a\xc3\xa4" },
        { TYPED("Content-Type: text/plain; charset=us-ascii\r\n", "1", "a"), 0, ">a" },
        { TYPED("Content-Type: text/plain; charset=us-ascii\r\n", "1", "\xe4"), -EILSEQ, NULL },
        { TYPED("", "1", "\xe4"), -EILSEQ, NULL },
        { TYPED("Content-Type: text/plain; charset=koi8-r\r\n", "1", "a"), -ENOTSUP, NULL },
        { TYPED("", "101", ""), -EMSGSIZE, NULL },
        { TYPED("", "0", ""), 0, ">" },
    };
    memory_site s = { .respond = respond };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_http_client *c = site_client(&s, NULL);
        edo_http_response *res;
        edo_buf text = { 0 };
        const char *usual = response;
        response = rows[i].response;
        EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/"), &(edo_fetch_opts){ .client = c }));
        EDO_TEST_OK(edo_buf_append(&text, ">", 1));
        CHECK_EQ(edo_http_response_text(res, &text, 100), rows[i].err);
        if (rows[i].text)
            CHECK(edo_str_equal((edo_str){ text.ptr, text.len }, edo_str_of(rows[i].text)));
        edo_buf_deinit(&text);
        edo_http_response_free(res);
        response = usual;
        site_end(&s, c);
    }
    return 0;
}

static int read_items(void *arg) {
    memory_site s = { .respond = respond };
    edo_http_response *res;
    edo_bytes item;
    size_t n = 0;
    (void)arg;
    edo_http_client *c = site_client(&s, NULL);
    const char *usual = response;
    response =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n";
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/"), &(edo_fetch_opts){ .client = c }));
    edo_seq *items = edo_seq_from_stream(res->body, 0);
    int more;
    while ((more = edo_seq_next(items, &item)) == 1) {
        CHECK(memcmp(item.str.ptr, &"abcdefg"[n], item.str.len) == 0);
        n += item.str.len;
        edo_bytes_unref(&item);
    }
    CHECK(more == 0 && n == 7);
    edo_seq_free(items);
    edo_http_response_free(res);
    response = usual;
    site_end(&s, c);
    return 0;
}

/* The length of a body that does not come is no reason to refuse it. */
static int read_nothing(void *arg) {
    static const struct {
        const char *response;
        edo_method method;
        int err;
    } rows[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", EDO_METHOD_HEAD, 0 },
        { "HTTP/1.1 304 Not Modified\r\nContent-Length: 99999999999\r\n\r\n", EDO_METHOD_GET, 0 },
        { "HTTP/1.1 204 No Content\r\nContent-Length: 99999999999\r\n\r\n", EDO_METHOD_GET, 0 },
        { "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx", EDO_METHOD_GET, -EMSGSIZE },
    };
    const char *usual = response;
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        memory_site s = { .respond = respond };
        edo_http_client *c = site_client(&s, NULL);
        response = rows[i].response;
        const edo_fetch_opts o = { .method = rows[i].method, .any_status = true };
        CHECK_EQ(send_it(c, &o), rows[i].err);
        site_end(&s, c);
    }
    response = usual;
    return 0;
}

/* ---- All ------------------------------------------------------------------------------------- */

static void each_part_in_memory(void **state) {
    static edo_task_fn *const parts[] = { send_file,       send_no_file, send_pipes, save_to_pipes,
                                          send_empty_file, send_items,   send_on,    send_parts,
                                          send_trailers,   send_again,   read_text,  read_items,
                                          read_nothing };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(parts); i++) assert_int_equal(inside(parts[i], NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
