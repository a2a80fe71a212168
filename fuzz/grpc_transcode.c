/* SPDX-License-Identifier: MIT */
/* fuzz/grpc_transcode.c: services over HTTP and JSON: a template of google.api.http, and a request
 * out of a path, a query and a body, which stand in lines. Properties: what a template matches is
 * in the path, in order; its route is one that matches it, too; a message that was read is bounded
 * by its request, and can be written. */
#include "fuzz.h"

#include "grpc/transcode/request.h"

#include <edo/test.h>

#include <string.h>

typedef struct node node;
struct node {
    edo_str name;
    int32_t number;
    bool yes;
    edo_str *tags;
    size_t tags_n;
    node *inner;
};
EDO_DESCRIBED_LATER(node)
EDO_DESCRIBE(node, EDO_FIELD(node, name, .number = 1, .optional = true),
             EDO_FIELD(node, number, .number = 2, .optional = true),
             EDO_FIELD(node, yes, .number = 3, .optional = true),
             EDO_FIELD_LIST(node, tags, tags_n, .number = 4, .optional = true),
             EDO_FIELD_PTR_OF(node, inner, node_desc, .number = 5, .optional = true))

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("/v1/{name=shelves/*/x/*}:lend\n/v1/shelves/a%2fb/x/2:lend\nnumber=1&inner.yes=true"),
    FUZZ_SEED("/v1/{name}/{inner.inner.tags=**}\n/v1/a/b/c\ntags=a&tags=%20+b\n{\"number\":\"5\"}"),
    FUZZ_SEED("/**\n/a/b\ninner.inner.inner.number=x\n[1]"),
    FUZZ_SEED("/{number}:y\n/12:y\n\n{\"yes\":true},\"name\":\"x\""),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static edo_str next_line(edo_str *text) {
    const char *end = text->len > 0 ? (const char *)memchr(text->ptr, '\n', text->len) : NULL;
    const size_t n = end ? (size_t)(end - text->ptr) : text->len;
    const edo_str line = { text->ptr, n };
    *text = (edo_str){ text->ptr + n + (end != NULL), text->len - n - (end != NULL) };
    return line;
}

static bool check_match(const edoi_template *t, edo_str path) {
    edo_str values[EDOI_TEMPLATE_VARIABLES_MAX];
    const char *at = path.ptr;
    edo_buf plain = { 0 };
    if (!edoi_template_match(t, path, values)) return false;
    for (uint32_t i = 0; i < t->variables_n; i++) {
        EDO_TEST_TRUE(values[i].ptr >= at && values[i].ptr + values[i].len <= path.ptr + path.len);
        EDO_TEST_TRUE(values[i].len > 0);
        at = values[i].ptr + values[i].len;
        plain.len = 0;
        if (edoi_template_decode(&plain, values[i], t->variables[i].is_long) == 0)
            EDO_TEST_TRUE(plain.len <= values[i].len);
    }
    edo_buf_deinit(&plain);
    return true;
}

/* The path "/v1/x" of "/v1/{name}" is one that the template matches: each '*' is filled in. */
static void check_route(const edoi_template *t) {
    edo_buf path = { 0 };
    edo_str values[EDOI_TEMPLATE_VARIABLES_MAX];
    for (uint32_t i = 0; i < t->n; i++) {
        const bool is_text = t->segments[i].kind == EDOI_TEMPLATE_TEXT;
        const edo_str text = is_text ? t->segments[i].text : EDO_STR("x");
        EDO_TEST_OK(edo_buf_printf(&path, "/%.*s", (int)text.len, text.ptr));
    }
    if (t->verb.len > 0) EDO_TEST_OK(edo_buf_printf(&path, ":%.*s", (int)t->verb.len, t->verb.ptr));
    EDO_TEST_TRUE(edoi_template_match(t, (edo_str){ path.ptr, path.len }, values));
    edo_buf_deinit(&path);
}

static void check_request(const edoi_template *t, edo_str path, edo_str query, edo_str body) {
    static const edo_grpc_binding bindings[] = {
        { 0, "POST", "", "*", NULL },
        { 0, "POST", "", "inner", "inner" },
        { 0, "GET", "", NULL, "tags" },
    };
    for (size_t i = 0; i < EDO_COUNT(bindings); i++) {
        edo_arena arena = { 0 };
        edo_buf out = { 0 }, picked = { 0 };
        node n;
        const edoi_transcode_request r = { &bindings[i], t, path, query, body };
        if (edoi_transcode_read(&r, &n, &node_desc, &arena) == 0) {
            EDO_TEST_TRUE(arena.bytes <= 262144 + 256 * (path.len + query.len + body.len));
            if (edo_protobuf_json_encode(&out, &n, &node_desc, NULL) == 0 &&
                bindings[i].response_body)
                EDO_TEST_OK(edoi_transcode_pick(&picked, (edo_str){ out.ptr, out.len }, &node_desc,
                                                bindings[i].response_body));
        }
        edo_buf_deinit(&out);
        edo_buf_deinit(&picked);
        edo_arena_deinit(&arena);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    edo_str text = { n > 0 ? (const char *)data : "", n };
    const edo_str first = next_line(&text), path = next_line(&text), query = next_line(&text);
    const char *why = NULL;
    edoi_template t;
    if (edoi_template_parse(&t, first, &why) < 0) {
        EDO_TEST_TRUE(why != NULL);
        return 0;
    }
    check_route(&t);
    if (check_match(&t, path)) check_request(&t, path, query, text);
    return 0;
}
