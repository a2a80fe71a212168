/* SPDX-License-Identifier: MIT */
/* Goal: the document says of each route what the router and the descriptions say, and of each kind
 * of field what JSON Schema has for it.
 * Method: a router with all that can be said; rows of a path into the document, and what is there.
 * openapi_validator_test.sh shows that the document as a whole is one of OpenAPI 3.1, and
 * examples/web/web_openapi.sh that responses fit it. */
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/json.h>
#include <edo/openapi.h>
#include <edo/web_guard.h>
#include <edo/web_layers.h>
#include <edo/web_static.h>

typedef enum color { RED, BLUE } color;
EDO_DESCRIBE_ENUM(color, EDO_UNIT(RED, "red"), EDO_UNIT(BLUE, "blue"))

typedef struct node {
    edo_str name;
    struct node *children;
    size_t children_n;
} node;
EDO_DESCRIBE(node, EDO_FIELD(node, name), EDO_FIELD_LIST_OF(node, children, children_n, node_desc))

typedef struct shape {
    int kind;
    union {
        node circle;
        int64_t side;
    } u;
} shape;
EDO_DESCRIBE_UNION(shape, kind, EDO_UNIT(0, "point"), EDO_UNIT(3, "line"),
                   EDO_FIELD_OF(shape, u.circle, node_desc, EDO_AS("circle"), .tag = 1),
                   EDO_FIELD(shape, u.side, EDO_AS("side"), .tag = 2, .min = 1, .max = 0))

typedef struct price {
    edo_str name;
    double price;
} price;
EDO_DESCRIBE(price, EDO_FIELD(price, name), EDO_FIELD(price, price, .max = 1000))

typedef struct all {
    bool yes;
    int8_t i8;
    int64_t i64;
    uint8_t u8, small;
    uint64_t u64;
    float f32;
    edo_str text;
    char chars[8], code[8];
    edo_bytes bytes;
    edo_duration pause;
    edo_wall since;
    edo_wall *seen;
    size_t seen_n;
    edo_str password;
    color hue;
    node *ptr;
    int32_t *list;
    size_t list_n;
    uint16_t fixed[3];
    char upto[4][5];
    size_t upto_n;
    price *prices;
    size_t prices_n;
    shape form;
    int skipped;
} all;
EDO_DESCRIBE(all, EDO_FIELD(all, yes, .preset = "true"), EDO_FIELD(all, i8),
             EDO_FIELD(all, i64, .min = -5, .max = -6), EDO_FIELD(all, u8, .min = 3, .max = 9),
             EDO_FIELD(all, small, .min = 3, .max = 9, .optional = true), EDO_FIELD(all, u64),
             EDO_FIELD(all, f32, .preset = "0.5"),
             EDO_FIELD(all, text, .min_len = 5, .max_len = 9, .doc = "a \"text\"",
                       .preset = "abcdef"),
             EDO_FIELD(all, chars, .pattern = ".[]x[]+[^]\\s-]\\s\\D]"),
             EDO_FIELD(all, code, .pattern = "a(b)?|[^c]\\d\\-\\q$"), EDO_FIELD(all, bytes),
             EDO_FIELD(all, pause, .preset = "1m30s"),
             EDO_FIELD(all, since, .preset = "2026-11-27T16:04:05+01:00"),
             EDO_FIELD_LIST(all, seen, seen_n), EDO_FIELD(all, password, .secret = true),
             EDO_FIELD_OF(all, hue, color_desc),
             EDO_FIELD_PTR_OF(all, ptr, node_desc, .optional = true, .doc = "or nothing"),
             EDO_FIELD_LIST(all, list, list_n, .min_len = 1, .max_len = 5, .max = 7),
             EDO_FIELD_FIXED(all, fixed), EDO_FIELD_UPTO(all, upto, upto_n),
             EDO_FIELD_LIST_OF(all, prices, prices_n, price_desc, .map = true),
             EDO_FIELD_OF(all, form, shape_desc), EDO_FIELD(all, skipped, .skip = true))

typedef struct input {
    int64_t id;
    bool dry_run;
    int32_t *n;
    size_t n_n;
    edo_str x_tenant, session;
    node body;
} input;
EDO_DESCRIBE(input, EDO_FIELD(input, id, .in = EDO_IN_PATH, .min = 1, .max = 9),
             EDO_FIELD(input, dry_run), EDO_FIELD_LIST(input, n, n_n),
             EDO_FIELD(input, x_tenant, .in = EDO_IN_HEADER, .optional = true, .doc = "whose"),
             EDO_FIELD(input, session, .in = EDO_IN_COOKIE),
             EDO_FIELD_OF(input, body, node_desc, .in = EDO_IN_BODY))

typedef struct upload {
    edo_str title, note;
} upload;
EDO_DESCRIBE(upload, EDO_FIELD(upload, title, .in = EDO_IN_FORM),
             EDO_FIELD(upload, note, .in = EDO_IN_FORM, .optional = true))

typedef struct filter {
    edo_str word;
    bool is_exact, has_page;
    int64_t page;
    int64_t *tags;
    size_t tags_n;
} filter;
EDO_DESCRIBE(filter, EDO_FIELD(filter, word, .in = EDO_IN_FORM, .optional = true),
             EDO_FIELD(filter, is_exact, .in = EDO_IN_FORM),
             EDO_FIELD(filter, page, .in = EDO_IN_FORM, EDO_HAS(filter, has_page)),
             EDO_FIELD_LIST(filter, tags, tags_n, .in = EDO_IN_FORM))

typedef struct raw {
    edo_bytes body;
} raw;
EDO_DESCRIBE(raw, EDO_FIELD(raw, body, .in = EDO_IN_BODY))

typedef struct letter {
    edo_str text;
} letter;
EDO_DESCRIBE(letter, EDO_FIELD(letter, text, .in = EDO_IN_BODY))

/* Two fields that are the body; a form beside one; a list, which no body is. */
typedef struct doubled {
    edo_str text, more;
} doubled;
EDO_DESCRIBE(doubled, EDO_FIELD(doubled, text, .in = EDO_IN_BODY),
             EDO_FIELD(doubled, more, .in = EDO_IN_BODY, .preset = "x"))
typedef struct mixed {
    edo_str text, more;
} mixed;
EDO_DESCRIBE(mixed, EDO_FIELD(mixed, text, .in = EDO_IN_FORM),
             EDO_FIELD(mixed, more, .in = EDO_IN_BODY))
typedef struct listed {
    int64_t *n;
    size_t n_n;
} listed;
EDO_DESCRIBE(listed, EDO_FIELD_LIST(listed, n, n_n, .in = EDO_IN_BODY))

static int nothing(edo_web *w) {
    return edo_web_reply_status(w, EDO_STATUS_NO_CONTENT);
}

/* A second type of one name. */
static const edo_desc *other_node(void) {
    static const edo_field fields[] = { EDO_FIELD(price, price) };
    static edo_atomic_u32 names[4];
    static const edo_desc desc = {
        .name = "node", .fields = fields, .fields_n = 1, .size = sizeof(price), .names = names
    };
    return &desc;
}

static edo_router *router(void) {
    static const edo_asset files[] = { { .name = "index.html" } };
    const edo_route_reply others[] = { { .status = EDO_STATUS_NOT_FOUND, .doc = "gone" },
                                       { .status = EDO_STATUS_CONFLICT, .body = other_node() } };
    edo_router *r = edo_router_new(), *inner = edo_router_new();
    edo_router_get(r, "/all", nothing);
    edo_router_doc(r, &(edo_route_doc){ .summary = "All",
                                        .doc = "All \"kinds\".",
                                        .id = "getAll",
                                        .tag = "kinds",
                                        .reply = &all_desc,
                                        .replies = others,
                                        .replies_n = 2 });
    edo_router_post(r, "/all", nothing);
    edo_router_doc(r, &(edo_route_doc){ .body = &all_desc,
                                        .form = &price_desc,
                                        .query = &price_desc,
                                        .status = EDO_STATUS_CREATED,
                                        .deprecated = true });
    edo_router_put(inner, "/{id}/img-{n}.png", nothing);
    edo_router_doc(inner, &(edo_route_doc){ .input = &input_desc });
    edo_router_get(inner, "/{*rest}", nothing);
    edo_router_nest(r, "/in/{tenant}", inner);
    edo_router_post(r, "/form", nothing);
    edo_router_doc(r, &(edo_route_doc){ .input = &upload_desc });
    edo_router_put(r, "/form", nothing);
    edo_router_doc(r, &(edo_route_doc){ .input = &filter_desc });
    edo_router_post(r, "/raw", nothing);
    edo_router_doc(r, &(edo_route_doc){ .input = &raw_desc });
    edo_router_post(r, "/letter", nothing);
    edo_router_doc(r, &(edo_route_doc){ .input = &letter_desc });
    edo_router_get(r, "/", nothing);
    edo_router_get(r, "/hidden", nothing);
    edo_router_doc(r, &(edo_route_doc){ .hidden = true });
    edo_serve_assets(r, "/files", files, EDO_COUNT(files), NULL);
    edo_serve_file(r, "/terms", "/terms.pdf", NULL);
    edo_router_doc(r, &(edo_route_doc){ .summary = "The terms of use" });
    edo_openapi_routes(r, &(edo_openapi_opts){ .title = "T", .version = "1", .server = "/v1" });
    return r;
}

/* ---- The document ---------------------------------------------------------------------------- */

/* Goes along the names of a path, which are between blanks; "#0" is the first element. */
static const edo_json_value *follow(const edo_json_value *v, const char *path) {
    while (v && *path) {
        size_t n = strcspn(path, " ");
        if (*path == '#') {
            long i = strtol(path + 1, NULL, 10);
            for (v = edo_json_value_first(v); v && i > 0; i--) v = edo_json_value_next(v);
        } else {
            v = edo_json_value_get(v, (edo_str){ path, n });
        }
        path += n + (path[n] == ' ');
    }
    return v;
}

static void check_at(const edo_json_value *doc, const char *path, const char *wanted) {
    const edo_json_value *v = follow(doc, path);
    edo_json_writer json;
    edo_buf text = { 0 };
    if (v) {
        assert_int_equal(edo_json_writer_init(&json, &text, NULL), 0);
        assert_int_equal(edo_json_writer_value(&json, v), 0);
    }
    assert_int_equal(edo_buf_append(&text, "", 1), 0);
    if (strcmp(text.ptr, wanted) != 0) print_error("at %s:\n", path);
    assert_string_equal(text.ptr, wanted);
    edo_buf_deinit(&text);
}

static edo_json_value *document(const edo_router *r, const edo_openapi_opts *opts) {
    edo_buf text = { 0 };
    edo_json_value *doc;
    assert_int_equal(edo_openapi_print(r, opts, &text), 0);
    assert_int_equal(edo_json_value_parse(&doc, (edo_str){ text.ptr, text.len }, NULL), 0);
    edo_buf_deinit(&text);
    return doc;
}

#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"
#define NODE      "components schemas all properties "

/* Where, and what is there; "" for nothing. */
static const char *const rows[][2] = {
    { "openapi", "\"3.1.0\"" },
    { "info", "{\"title\":\"T\",\"version\":\"1\",\"description\":\"D\"}" },
    { "servers #0 url", "\"/v1\"" },
    { "paths /all get summary", "\"All\"" },
    { "paths /all get description", "\"All \\\"kinds\\\".\"" },
    { "paths /all get operationId", "\"getAll\"" },
    { "paths /all get tags", "[\"kinds\"]" },
    { "paths /all get parameters", "[]" },
    { "paths /all get requestBody", "" },
    { "paths /all get deprecated", "" },
    { "paths /all get responses 200 description", "\"OK\"" },
    { "paths /all get responses 200 content application/json schema", REF("all_reply") },
    { "paths /all get responses 404", "{\"description\":\"gone\"}" },
    { "paths /all get responses 409 content application/json schema", REF("node") },
    { "paths /all get responses default", "{\"$ref\":\"#/components/responses/problem\"}" },
    { "paths /all post deprecated", "true" },
    { "paths /all post responses 201", "{\"description\":\"Created\"}" },
    { "paths /all post requestBody content application/json schema", REF("all") },
    { "paths /all post requestBody content application/x-www-form-urlencoded schema",
      REF("price") },
    { "paths /all post parameters #1",
      "{\"name\":\"price\",\"in\":\"query\",\"required\":true,\"schema\":{\"type\":\"number\","
      "\"minimum\":0,\"maximum\":1000}}" },
    // of a nested router, by all parts
    { "paths /in/{tenant}/{id}/img-{n}.png put parameters #0",
      "{\"name\":\"tenant\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}"
      "}" },
    { "paths /in/{tenant}/{id}/img-{n}.png put parameters #1",
      "{\"name\":\"id\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"integer\","
      "\"minimum\":1,\"maximum\":9}}" },
    { "paths /in/{tenant}/{id}/img-{n}.png put parameters #2 schema", "{\"type\":\"string\"}" },
    { "paths /in/{tenant}/{id}/img-{n}.png put parameters #3 name", "\"dry_run\"" },
    { "paths /in/{tenant}/{id}/img-{n}.png put parameters #4",
      "{\"name\":\"n\",\"in\":\"query\",\"required\":false,\"schema\":{\"type\":\"array\","
      "\"items\":{\"type\":\"integer\",\"minimum\":-2147483648,\"maximum\":2147483647}}}" },
    { "paths /in/{tenant}/{id}/img-{n}.png put parameters #5",
      "{\"name\":\"x-tenant\",\"in\":\"header\",\"description\":\"whose\",\"required\":false,"
      "\"schema\":{\"type\":\"string\",\"description\":\"whose\"}}" },
    { "paths /in/{tenant}/{id}/img-{n}.png put parameters #6 in", "\"cookie\"" },
    { "paths /in/{tenant}/{id}/img-{n}.png put parameters #7", "" },
    { "paths /in/{tenant}/{id}/img-{n}.png put requestBody",
      "{\"required\":true,\"content\":{\"application/json\":{\"schema\":{\"allOf\":[" REF(
          "node_2") "]}}}}" },
    { "paths /in/{tenant}/{rest} get parameters #1 name", "\"rest\"" },
    { "paths /form post requestBody content application/x-www-form-urlencoded schema",
      "{\"type\":\"object\",\"properties\":{\"title\":{\"type\":\"string\"},"
      "\"note\":{\"type\":\"string\"}},\"required\":[\"title\"]}" },
    { "paths /form post requestBody required", "true" },
    { "paths /form put requestBody required", "false" },
    { "paths /form put requestBody content application/x-www-form-urlencoded schema required", "" },
    { "paths /raw post requestBody content", "{\"application/octet-stream\":{}}" },
    { "paths /letter post requestBody content",
      "{\"text/plain\":{\"schema\":{\"type\":\"string\"}}}" },
    { "paths / get responses 200", "{\"description\":\"OK\"}" },
    { "paths /hidden", "" },
    { "paths /files", "" }, // files are no part of an API, unless they are described
    { "paths /files/", "" },
    { "paths /files/{edo_static_path}", "" },
    { "paths /terms get summary", "\"The terms of use\"" },
    { "paths /openapi.json", "" },
    { "paths /docs", "" },
    // kinds of fields
    { NODE "yes", "{\"type\":\"boolean\",\"default\":true}" },
    { NODE "i8", "{\"type\":\"integer\",\"minimum\":-128,\"maximum\":127}" },
    { NODE "i64", "{\"type\":\"integer\",\"minimum\":-5}" },
    { NODE "u8", "{\"type\":\"integer\",\"minimum\":3,\"maximum\":9}" },
    { NODE "small", "{\"type\":\"integer\",\"minimum\":0,\"maximum\":9}" }, // 0: not there
    { NODE "u64", "{\"type\":\"integer\",\"minimum\":0}" },
    { NODE "f32", "{\"type\":\"number\",\"default\":0.5}" },
    { NODE "text", "{\"type\":\"string\",\"minLength\":2,\"maxLength\":9,\"description\":\"a "
                   "\\\"text\\\"\",\"default\":\"abcdef\"}" },
    { NODE "chars",
      "{\"type\":\"string\",\"maxLength\":7,\"pattern\":\"^(?:[\\\\s\\\\S][\\\\]x\\\\[]+"
      "[^\\\\] \\\\t-\\\\r-][ \\\\t-\\\\r]D\\\\])$\"}" },
    { NODE "code",
      "{\"type\":\"string\",\"maxLength\":7,\"pattern\":\"^(?:a\\\\(b\\\\)?|[^c]\\\\d-q"
      "\\\\$)$\"}" },
    { NODE "bytes", "{\"type\":\"string\",\"contentEncoding\":\"base64\"}" },
    { NODE "pause", "{\"type\":\"string\",\"format\":\"duration\",\"default\":\"PT1M30S\"}" },
    { NODE "since", "{\"type\":\"string\",\"format\":\"date-time\","
                    "\"default\":\"2026-11-27T16:04:05+01:00\"}" },
    { NODE "seen",
      "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"format\":\"date-time\"}}" },
    { NODE "password", "{\"type\":\"string\",\"format\":\"password\",\"writeOnly\":true}" },
    { NODE "hue", "{\"allOf\":[" REF("color") "]}" },
    { NODE "ptr", "{\"allOf\":[" REF("node_2") "],\"description\":\"or nothing\"}" },
    { NODE "list",
      "{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":7},"
      "\"minItems\":1,\"maxItems\":5}" },
    { NODE "fixed minItems", "3" },
    { NODE "fixed maxItems", "3" },
    { NODE "upto", "{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"maxItems\":4}" },
    { NODE "prices",
      "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"number\",\"minimum\":0,"
      "\"maximum\":1000}}" },
    { NODE "skipped", "" },
    { "components schemas all required", "[\"i8\",\"i64\",\"u8\",\"u64\",\"chars\",\"code\","
                                         "\"bytes\",\"seen\",\"password\",\"hue\",\"list"
                                         "\",\"fixed\",\"upto\",\"prices\",\"form\"]" },
    { "components schemas all_reply required",
      "[\"i8\",\"i64\",\"u8\",\"u64\",\"chars\",\"code\",\"bytes\",\"seen\",\"hue\",\"list\","
      "\"fixed\",\"upto\",\"prices\",\"form\"]" },
    { "components schemas all_reply properties password", "" },
    { "components schemas color", "{\"type\":\"string\",\"enum\":[\"red\",\"blue\"]}" },
    { "components schemas node_2 properties children items", REF("node_2") },
    { "components schemas shape oneOf #0",
      "{\"type\":\"object\",\"properties\":{\"circle\":{\"allOf\":[" REF(
          "node_2") "]}},\"required\":[\"circle\"],\"additionalProperties\":false}" },
    { "components schemas shape oneOf #1 properties side", "{\"type\":\"integer\",\"minimum\":1}" },
    { "components schemas shape oneOf #2", "{\"type\":\"string\",\"enum\":[\"point\",\"line\"]}" },
    { "components schemas node properties price", "{\"type\":\"number\"}" },
    { "components responses problem content application/problem+json schema", REF("problem") },
};

static void document_says_what_routes_and_descriptions_say(void **state) {
    (void)state;
    edo_router *r = router();
    edo_json_value *doc = document(
        r, &(edo_openapi_opts){ .title = "T", .version = "1", .doc = "D", .server = "/v1" });
    for (size_t i = 0; i < EDO_COUNT(rows); i++) check_at(doc, rows[i][0], rows[i][1]);
    edo_json_value_free(doc);
    assert_int_equal(edo_router_build(r), 0);
    doc = document(r, NULL); // of a router that is complete, too
    check_at(doc, "info", "{\"title\":\"API\",\"version\":\"0\"}");
    check_at(doc, "servers", "");
    check_at(doc, "paths /all get operationId", "\"getAll\"");
    edo_json_value_free(doc);
    edo_router_free(r);
}

static void methods_that_openapi_has_not_are_left_out(void **state) {
    (void)state;
    edo_router *r = edo_router_new();
    edo_router_any(r, "/any", nothing);
    edo_router_add(r, EDO_METHOD_BIT(EDO_METHOD_CONNECT), "/connect", nothing);
    edo_json_value *doc = document(r, NULL);
    check_at(doc, "paths /connect", "");
    assert_int_equal(edo_json_value_count(follow(doc, "paths /any")), 8);
    edo_json_value_free(doc);
    edo_router_free(r);
}

static void bad_descriptions_are_kept_as_failures(void **state) {
    static const edo_route_reply odd_reply = { .reserved = { 1 } };
    static const edo_route_doc odd[] = { { .summary = "before any route" },
                                         { .reserved = { 1 } },
                                         { .replies_n = 1, .replies = &odd_reply },
                                         { .input = &doubled_desc },
                                         { .input = &mixed_desc },
                                         { .input = &listed_desc } };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(odd); i++) {
        edo_router *r = edo_router_new();
        if (i > 0) edo_router_get(r, "/path", nothing);
        edo_router_doc(r, &odd[i]);
        assert_int_equal(edo_router_build(r), -EINVAL);
        assert_non_null(strstr(edo_trail_find(-EINVAL)->text, i > 0 ? "/path" : "before any"));
        edo_router_free(r);
    }
    edo_router_doc(NULL, &odd[0]);
    edo_openapi_routes(NULL, NULL);
    edo_buf text = { 0 };
    edo_router *r = edo_router_new();
    assert_int_equal(edo_openapi_print(NULL, NULL, &text), -ENOMEM);
    assert_int_equal(edo_openapi_print(r, &(edo_openapi_opts){ .reserved = { 1 } }, &text),
                     -EINVAL);
    edo_router_free(r);
}

/* ---- Served ---------------------------------------------------------------------------------- */

static int serves(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h;
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router_nest(r, "/api", router()); // the document is of all that is served
    web_begin(&s, r);
    web_ask(&s, &h, "GET /api/openapi.json", NULL, NULL);
    CHECK(has(&h, " 200 ") && has(&h, "content-type: application/json\r\n"));
    CHECK(has(&h, "\"/api/all\":{\"get\":") && has(&h, "\"url\":\"/v1\""));
    heard again;
    web_ask(&s, &again, "GET /api/openapi.json", NULL, NULL);
    CHECK_EQ(strcmp(web_body(&again), web_body(&h)), 0);
    web_ask(&s, &h, "GET /api/docs", NULL, NULL);
    CHECK(has(&h, "content-type: text/html; charset=utf-8\r\n"));
    CHECK(has(&h, "content-security-policy: default-src 'none'; script-src 'self';"));
    web_ask(&s, &h, "GET /api/docs/script.js", NULL, NULL);
    CHECK(has(&h, "content-type: text/javascript; charset=utf-8\r\n"));
    web_ask(&s, &h, "GET /api/docs/style.css", NULL, NULL);
    CHECK(has(&h, "content-type: text/css; charset=utf-8\r\n"));
    return web_end(&s);
}

static void document_and_page_are_served_behind_any_prefix(void **state) {
    (void)state;
    assert_int_equal(inside(serves, NULL), 0);
}

static void document_without_memory_says_so(void **state) {
    int err = -ENOMEM, k = 1;
    (void)state;
    for (; err < 0; k++) {
        edo_buf text = { 0 };
        fail_alloc_in = k;
        edo_router *r = router();
        err = edo_openapi_print(r, NULL, &text);
        if (err == 0) err = edo_router_build(r);
        bool has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        assert_int_equal(err, has_failed ? -ENOMEM : 0);
        edo_buf_deinit(&text);
        edo_router_free(r);
    }
    assert_true(k > 10);
}

/* ---- Ids ------------------------------------------------------------------------------------- */

static void route_with_id(edo_router *r, uint32_t methods, const char *path, const char *id) {
    edo_router_add(r, methods, path, nothing);
    edo_router_doc(r, &(edo_route_doc){ .id = id });
}

static void an_id_is_of_one_operation(void **state) {
    static const struct {
        uint32_t methods;
        const char *path;
        const char *told; /* in the trail; NULL: it is taken */
    } ids[] = {
        { EDO_METHOD_BIT(EDO_METHOD_POST), "/b", "\"list\" is that of get /a/{id} and of post /b" },
        { EDO_METHOD_BIT(EDO_METHOD_POST), "/a/{id}", "of get /a/{id} and of post /a/{id}" },
        { EDO_METHOD_BIT(EDO_METHOD_CONNECT), "/b", NULL }, // which OpenAPI has not
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(ids); i++) {
        edo_router *r = edo_router_new(), *inner = edo_router_new();
        edo_buf text = { 0 };
        char told[300];
        route_with_id(r, EDO_METHOD_BIT(EDO_METHOD_GET), "/a/{id}", "list");
        route_with_id(inner, ids[i].methods, ids[i].path, "list");
        edo_router_merge(r, inner);
        int err = edo_openapi_print(r, NULL, &text);
        assert_int_equal(err, ids[i].told ? -EINVAL : 0);
        (void)edo_trail_print_text(told, sizeof told, err, EDO_TRAIL_LINE);
        if (ids[i].told) assert_non_null(strstr(told, ids[i].told));
        edo_trail_clear();
        edo_buf_deinit(&text);
        edo_router_free(r);
    }
    edo_router *r = edo_router_new();
    edo_buf text = { 0 };
    route_with_id(r, EDO_METHOD_BIT(EDO_METHOD_GET) | EDO_METHOD_BIT(EDO_METHOD_PUT), "/a", "one");
    assert_int_equal(edo_openapi_print(r, NULL, &text), -EINVAL); // it would be of two
    edo_trail_clear();
    edo_buf_deinit(&text);
    edo_router_free(r);
}

/* ---- Credentials ----------------------------------------------------------------------------- */

static edo_router *guarded_router(void) {
    static const char *const tokens[] = { "t" };
    static const edo_auth_user users[] = { { "ann", "pw" } };
    const edo_auth_opts both = { .tokens = tokens, .tokens_n = 1, .users = users, .users_n = 1 };
    const edo_auth_opts bearer = { .tokens = tokens, .tokens_n = 1 };
    edo_router *r = edo_router_new(), *api = edo_router_new(), *inner = edo_router_new();
    edo_router_get(inner, "/deep", nothing);
    edo_router_doc(inner, &(edo_route_doc){ .scheme = "key" });
    edo_router_get(api, "/both", nothing);
    edo_router_nest(api, "/in", inner);
    edo_router_wrap_all(api, edo_security_headers_layer(NULL), edo_auth_layer(&both));
    edo_router_get(r, "/bearer", nothing);
    edo_router_wrap(r, edo_auth_layer(&bearer), edo_security_headers_layer(NULL));
    edo_router_merge(r, api);
    edo_router_get(r, "/key", nothing);
    edo_router_doc(r, &(edo_route_doc){ .scheme = "key" });
    edo_router_get(r, "/free", nothing);
    return r;
}

static void credentials_that_routes_want_are_told(void **state) {
    static const edo_openapi_scheme key = { .name = "key", .in = "header", .key = "x-api-key" },
                                    bad[] = { { .name = "key", .in = "body", .key = "x" },
                                              { .name = "basic", .in = "header", .key = "x" } };
    static const char *const wanted[][2] = {
        { "paths /bearer get security", "[{\"bearer\":[]}]" },
        { "paths /both get security", "[{\"basic\":[]},{\"bearer\":[]}]" },
        { "paths /in/deep get security", "[{\"basic\":[],\"key\":[]},{\"bearer\":[],\"key\":[]}]" },
        { "paths /key get security", "[{\"key\":[]}]" },
        { "paths /free get security", "" },
        { "components securitySchemes",
          "{\"basic\":{\"type\":\"http\",\"scheme\":\"basic\"},"
          "\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
          "\"key\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"x-api-key\"}}" },
    };
    const edo_openapi_opts opts = { .schemes = &key, .schemes_n = 1 };
    edo_router *r = guarded_router();
    edo_buf text = { 0 };
    (void)state;
    for (int built = 0; built < 2; built++) {
        edo_json_value *doc = document(r, &opts);
        for (size_t i = 0; i < EDO_COUNT(wanted); i++) check_at(doc, wanted[i][0], wanted[i][1]);
        edo_json_value_free(doc);
        assert_int_equal(edo_router_build(r), 0);
    }
    assert_int_equal(edo_openapi_print(r, NULL, &text), -EINVAL); // no scheme "key"
    edo_router_free(r);
    r = edo_router_new();
    assert_int_equal(edo_openapi_print(r, &opts, &text), 0);
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        const edo_openapi_opts wrong = { .schemes = &bad[i], .schemes_n = 1 };
        assert_int_equal(edo_openapi_print(r, &wrong, &text), -EINVAL);
    }
    edo_buf_deinit(&text);
    edo_router_free(r);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credentials_that_routes_want_are_told),
        cmocka_unit_test(document_says_what_routes_and_descriptions_say),
        cmocka_unit_test(methods_that_openapi_has_not_are_left_out),
        cmocka_unit_test(bad_descriptions_are_kept_as_failures),
        cmocka_unit_test(document_and_page_are_served_behind_any_prefix),
        cmocka_unit_test(document_without_memory_says_so),
        cmocka_unit_test(an_id_is_of_one_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
