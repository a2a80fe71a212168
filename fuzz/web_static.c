/* SPDX-License-Identifier: MIT */
/* fuzz/web_static.c: files that are asked for. The input is lines: a target, then the values of
 * Range, If-Range and If-None-Match. Properties: no name that a backend is asked for leads out of
 * it, or is hidden; a body is the file or the part that Content-Range names; a redirection adds a
 * slash to the path. */
#include "fuzz.h"

#include <edo/http_fields.h>
#include <edo/runtime.h>
#include <edo/test.h>
#include <edo/test_web.h>
#include <edo/web_static.h>

#include <errno.h>
#include <string.h>

#define FILE_TEXT "abcdefghijklmnopqrstuvwxyz"
#define FILE_N    (sizeof FILE_TEXT - 1)

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("/f/a.txt\nbytes=0-4"),
    FUZZ_SEED("/f/dir\n\n\n"),
    FUZZ_SEED("/f/a%2e%2e/%2E./..%5cb%00%2fetc/passwd"),
    FUZZ_SEED("/f//a/./.b/../con?x=1"),
    FUZZ_SEED("/f/a-0123abcd.js\nbytes=-3,1-2,20-\n\"tag\"\n\"x\", W/\"tag\""),
    FUZZ_SEED("/f/dir/%e2%80%ae%ff\nbytes=30-\n\n*"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

/* ---- The files: each name with an 'a' is one, "dir" a directory ------------------------------ */

static void check_segment(const char *s, size_t n) {
    EDO_TEST_TRUE(n > 0 && s[0] != '.'); // neither "." nor ".." nor hidden
    for (size_t i = 0; i < n; i++)
        EDO_TEST_TRUE((unsigned char)s[i] >= ' ' && s[i] != 0x7f && s[i] != '\\');
}

static int open_file(void *self, edo_static_file *out, const char *path) {
    (void)self;
    for (const char *at = path;; at++) {
        size_t n = strcspn(at, "/");
        check_segment(at, n);
        at += n;
        if (!*at) break;
    }
    if (strcmp(path, "dir") == 0) return -EISDIR;
    if (!strchr(path, 'a')) return -ENOENT;
    out->bytes = edo_bytes_from_static(EDO_STR(FILE_TEXT));
    out->modified_s = 1000000000;
    memcpy(out->tag, "tag", sizeof "tag");
    return 0;
}

/* ---- What comes back ------------------------------------------------------------------------- */

static void check_part(const edo_oneshot *got) {
    edo_str field = edo_headers_get(&got->headers, EDO_HEADER_CONTENT_RANGE);
    edo_content_range part;
    if (field.len == 0) return; // several
    EDO_TEST_OK(edo_content_range_parse(&part, field));
    EDO_TEST_TRUE(!part.is_refused && part.range.last < FILE_N);
    EDO_TEST_EQ(got->body.len, part.range.last - part.range.first + 1);
    EDO_TEST_TRUE(memcmp(got->body.ptr, &FILE_TEXT[part.range.first], got->body.len) == 0);
}

/* "./", the last segment, a slash, and the query: no other path, host or scheme. */
static void check_redirection(edo_str to) {
    EDO_TEST_TRUE(to.len > 2 && memcmp(to.ptr, "./", 2) == 0 && !memchr(to.ptr, '\\', to.len));
    const char *slash = memchr(to.ptr + 2, '/', to.len - 2);
    EDO_TEST_TRUE(slash && slash > to.ptr + 2);
    EDO_TEST_TRUE(slash + 1 == to.ptr + to.len || slash[1] == '?');
}

static void check(const edo_oneshot *got) {
    edo_str to = edo_headers_get(&got->headers, EDO_HEADER_LOCATION);
    switch (got->status) {
    case EDO_STATUS_OK:
        EDO_TEST_EQ(got->body.len, FILE_N);
        EDO_TEST_TRUE(memcmp(got->body.ptr, FILE_TEXT, FILE_N) == 0);
        break;
    case EDO_STATUS_PARTIAL_CONTENT: check_part(got); break;
    case EDO_STATUS_TEMPORARY_REDIRECT: check_redirection(to); break;
    case EDO_STATUS_NOT_MODIFIED: EDO_TEST_EQ(got->body.len, 0); break;
    case EDO_STATUS_RANGE_NOT_SATISFIABLE:
    case EDO_STATUS_NOT_FOUND:
    case EDO_STATUS_BAD_REQUEST:
    case EDO_STATUS_URI_TOO_LONG:
    case EDO_STATUS_HEADERS_TOO_LARGE: break;
    default: EDO_TEST_EQ(got->status, EDO_STATUS_OK);
    }
}

static edo_str next_line(edo_str *rest) {
    const char *end = rest->len > 0 ? memchr(rest->ptr, '\n', rest->len) : NULL;
    edo_str line = { rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len };
    size_t taken = line.len + (end != NULL);
    *rest = (edo_str){ rest->ptr + taken, rest->len - taken };
    return line;
}

static int ask(void *arg) {
    static const edo_static_backend_ops ops = { .name = "letters", .open = open_file };
    static const edo_header_id fields[] = { EDO_HEADER_RANGE, EDO_HEADER_IF_RANGE,
                                            EDO_HEADER_IF_NONE_MATCH };
    edo_str rest = *(const edo_str *)arg;
    edo_headers headers;
    edo_oneshot got;
    edo_router *r = edo_router_new();
    edo_serve_backend(r, "/f", &ops, NULL, NULL);
    edo_serve_backend(r, "/", &ops, NULL, NULL);
    edo_headers_init(&headers);
    edo_http_request request = { .target = next_line(&rest), .headers = &headers };
    for (size_t i = 0; i < EDO_COUNT(fields); i++) {
        edo_str value = next_line(&rest);
        if (value.len > 0) (void)edo_headers_append(&headers, fields[i], value); // or it is none
    }
    if (edo_web_oneshot(&got, r, &request, NULL) == 0) { // or it is no target
        check(&got);
        edo_oneshot_deinit(&got);
    }
    edo_headers_deinit(&headers);
    edo_router_free(r);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static edo_runtime *rt; // for all inputs
    edo_str text = { (const char *)data, n };
    if (!rt)
        EDO_TEST_OK(
            edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true, .watchdog = EDO_OFF }));
    EDO_TEST_OK(edo_run(rt, ask, &text));
    return 0;
}
