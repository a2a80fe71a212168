/* SPDX-License-Identifier: MIT */
/* Goal: what other encoders of HPACK have compressed is the request that they meant, to the end of
 * a connection; and what edo's server compresses a client reads as it was.
 * Method: the vectors of hpack-test-case, sent as they are to a server, which compares; and the
 * lists as fields of responses, which a client compares. Requests with a field `connection`, which
 * is most of them, HTTP/2 refuses: they count for the tables of the connection only. */
#include "h2_peer.h"
#include "hpack_vectors.h"

#include <edo/http2.h>

static h2_peer peer;

/* ---- Decoded --------------------------------------------------------------------------------- */

static const list *wanted;
static int right_n;

/* Are the fields those of the list, in its order, `host` aside? */
static bool are_wanted(const edo_request *req) {
    size_t at = 0;
    for (size_t i = 0; i < wanted->n; i++) {
        const edo_header *f;
        if (wanted->names[i].ptr[0] == ':') continue;
        f = edo_headers_at(&req->headers, at++);
        if (!f || !edo_str_equal(f->name, wanted->names[i]) ||
            !edo_str_equal(f->value, wanted->values[i]))
            return false;
    }
    return edo_headers_count(&req->headers) == at + 1;
}

static int compares(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    edo_str host = edo_headers_get(&req->headers, EDO_HEADER_HOST);
    bool is_right = edo_str_equal(req->method_name, field_of(wanted, ":method")) &&
                    edo_str_equal(req->target, field_of(wanted, ":path")) &&
                    edo_str_equal(host, field_of(wanted, ":authority")) && are_wanted(req);
    right_n += is_right;
    res->status = EDO_STATUS_NO_CONTENT;
    return 0;
}

/* Sends the next block of its connection. */
static void send_block(int32_t id, const char *hex) {
    uint8_t block[4096];
    size_t n = read_hex(hex, block, sizeof block);
    int right_before = right_n, resets_before = peer.resets;
    bool is_refused = field_of(wanted, "connection").ptr != NULL;
    h2_raw(&peer, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, id, block,
           n);
    h2_settle(&peer);
    CHECK_EQ(peer.goaways, 0);
    CHECK_EQ(right_n - right_before, !is_refused);
    CHECK_EQ(peer.resets - resets_before, is_refused);
}

static int decodes(void *arg) {
    char *text = load(VECTORS "hpack_lists.tsv"), *wires = load(VECTORS "hpack_wires.tsv");
    served s = { .handler = compares,
                 .opts.http2 = &(edo_http2_opts){ .resets_max = 1000, .header_list_max = 65536 } };
    int32_t id = 0;
    (void)arg;
    read_lists(text);
    right_n = 0;
    serve_begin(&s);
    for (char *line = wires, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        char *story = strchr(line, '\t') + 1, *number = strchr(story, '\t') + 1;
        wanted = list_of((int)strtol(story, NULL, 10), (int)strtol(number, NULL, 10));
        CHECK(wanted != NULL);
        if (wanted->number == 0) {
            if (id > 0) h2_end(&peer);
            h2_begin(&peer, client_of(&s), NULL, 0);
            h2_begin_raw(&peer);
            id = 1;
        }
        send_block(id, strchr(number, '\t') + 1);
        id += 2;
    }
    CHECK(right_n > 20);
    h2_end(&peer);
    free(text);
    free(wires);
    return serve_end(&s);
}

static void requests_of_other_encoders_are_what_they_meant(void **state) {
    (void)state;
    assert_int_equal(inside(decodes, NULL), 0);
}

/* ---- Encoded --------------------------------------------------------------------------------- */

/* The server leaves these out, or makes them itself. */
static bool is_passed_on(edo_str name) {
    static const char *const others[] = { "connection", "content-length", "transfer-encoding",
                                          "keep-alive", "date" };
    for (size_t i = 0; i < EDO_COUNT(others); i++)
        if (edo_str_equal(name, edo_str_of(others[i]))) return false;
    return name.ptr[0] != ':';
}

static int responds(edo_request *req, edo_response *res, void *arg) {
    size_t number = 0;
    (void)arg;
    for (size_t i = 1; i < req->target.len; i++)
        number = number * 10 + (size_t)(req->target.ptr[i] - '0');
    const list *l = &lists[number];
    for (size_t i = 0; i < l->n; i++)
        if (l->names[i].ptr[0] != ':')
            EDO_TEST_OK(edo_headers_append_named(&res->headers, l->names[i], l->values[i]));
    res->status = EDO_STATUS_NO_CONTENT;
    return 0;
}

static bool is_secret(edo_str name) {
    return edo_str_equal(name, EDO_STR("cookie")) || edo_str_equal(name, EDO_STR("set-cookie"));
}

static void check_response(const h2_answer *a, const list *l) {
    char text[H2_HEAD_MAX + 1];
    size_t at = (size_t)snprintf(text, sizeof text, ":status: 204\n");
    for (size_t i = 0; i < l->n; i++)
        if (is_passed_on(l->names[i]))
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%.*s: %.*s\n",
                                   is_secret(l->names[i]) ? "never " : "", (int)l->names[i].len,
                                   l->names[i].ptr, (int)l->values[i].len, l->values[i].ptr);
    CHECK(a->status == 204 && at == a->head_n && memcmp(text, a->head, at) == 0);
}

static int encodes(void *arg) {
    char *text = load(VECTORS "hpack_lists.tsv");
    served s = { .handler = responds, .opts = { .no_date = true } };
    (void)arg;
    read_lists(text);
    serve_begin(&s);
    for (size_t i = 0; i < lists_n; i++) {
        char path[32];
        bool is_first = lists[i].number % (H2_ANSWERS_MAX - 1) == 0;
        if (is_first && i > 0) h2_end(&peer);
        if (is_first) h2_begin(&peer, client_of(&s), NULL, 0);
        (void)snprintf(path, sizeof path, "/%zu", i);
        h2_answer *a = h2_ask(&peer, "GET", path, NULL);
        h2_await(&peer, a);
        check_response(a, &lists[i]);
    }
    h2_end(&peer);
    free(text);
    return serve_end(&s);
}

static void fields_of_responses_are_read_as_they_were(void **state) {
    (void)state;
    assert_int_equal(inside(encodes, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_of_other_encoders_are_what_they_meant),
        cmocka_unit_test(fields_of_responses_are_read_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
