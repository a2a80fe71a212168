/* SPDX-License-Identifier: MIT */
/* fuzz/template.c: templates, of which the part behind a NUL is a partial that both may include.
 * Properties: what is refused has its place in the trail; a page never outgrows its bound, and is
 * the same when it is made again; HTML has no '<' that the plain page has not; {{!}} in the middle
 * of a text changes nothing. */
#include "fuzz.h"

#include <edo/error.h>
#include <edo/template.h>
#include <edo/test.h>

#include <errno.h>
#include <string.h>

#define BYTES_MAX 65536u

typedef struct node {
    edo_str name;
    struct node *below;
    size_t below_n;
} node;
EDO_DESCRIBED(node)
EDO_DESCRIBE_SHARED(node, EDO_FIELD(node, name), EDO_FIELD_LIST_OF(node, below, below_n, node_desc))

typedef struct shape {
    int kind;
    int radius;
} shape;
EDO_DESCRIBE_UNION(shape, kind, EDO_UNIT(0, "point"), EDO_FIELD(shape, radius, .tag = 1))

typedef struct page {
    edo_str t;
    bool y, n;
    int i;
    const char *w[2];
    node *tree;
    shape s;
} page;
EDO_DESCRIBE(page, EDO_FIELD(page, t), EDO_FIELD(page, y), EDO_FIELD(page, n), EDO_FIELD(page, i),
             EDO_FIELD_FIXED(page, w), EDO_FIELD_PTR_OF(page, tree, node_desc),
             EDO_FIELD_OF(page, s, shape_desc))

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("{{#tree}}{{>p}}{{/tree}}\0{{name}}({{#below}}{{>p}}{{/below}})"),
    FUZZ_SEED("{{t}} {{{t}}} {{&t}} {{i}}{{! no }}\n  {{#y}}\r\n{{w}}{{/y}}\n"),
    FUZZ_SEED("{{#w}}{{.}},{{/w}}{{^n}}{{tree.name}}{{/n}}{{#n}}x{{/n}}{{>p}}\0{{>p}}"),
    FUZZ_SEED("{{#s}}{{#radius}}{{.}}{{/radius}}{{^point}}{{i}}{{/point}}{{/s}}{{s.radius}}"),
    FUZZ_SEED("{{s}}"),
    FUZZ_SEED("{{=<% %>=}}{{<b}}{{}}"),
    FUZZ_SEED("{{#y}}{{#y}}{{>p}}{{>p}}{{/y}}{{/y}}\0{{#y}}{{>p}}a{{/y}}"),
    FUZZ_SEED("<a href=\"{{t}}/{{i}}\" title='{{t}}'{{#y}} id=a{{/y}}>{{t}}</a><!-- a "
              "--><textarea>{{t}}</textarea>{{>p}}\0<b>{{t}}</b>"),
    FUZZ_SEED("<script type=\"application/json\">{{@tree}}</script><style>a{}</style><p "
              "data-a=\"{{@w}}{{@s}}\">{{@y}}"),
    FUZZ_SEED(
        "<script type=a+json>{{@i}}</script><p style=\"a: {{i}}\" onclick='{{y}}'{{#w}} a{{/w}}"
        "/><a href=\"http{{#y}}s{{/y}}:{{t}}\"><svg><title>{{t}}</title></svg>"),
    FUZZ_SEED("<meta http-equiv=a content='{{i}}'><noscript><a href='{{t}}{{>p}}{{t}}'></noscript>"
              "<select><style></style></select><script><!--<b></script>\0/{{t}}"),
    FUZZ_SEED(
        "<a href='{{#y}}{{t}}{{/y}}{{^y}}a:{{/y}}&amp;a={{t}}'><a href='{{t}}&a={{>p}}'><svg/>"
        "<noscript><svg></svg></noscript><style>a{b:{{i}}}</style>\0{{t}}"),
    FUZZ_SEED("<script src='{{#y}}https://a/?{{t}}{{/y}}{{^y}}/a{{/y}}{{t}}'></script><svg "
              "{{#y}}/{{/y}}><select><!-- < --><p title='<'>"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

#define LITERAL(text)                                                                              \
    { "" text, sizeof(text) - 1 }

static node leaves[] = { { LITERAL("c"), NULL, 0 }, { LITERAL("<d"), NULL, 0 } };
static node top = { LITERAL("top"), leaves, 2 };
static const page value = { .t = LITERAL("a & <b> 'c' \"d\""),
                            .y = true,
                            .i = -3,
                            .w = { "one", "t&o" },
                            .tree = &top,
                            .s = { 1, 9 } };

static int make(edo_buf *out, edo_str text, edo_str partial, bool is_plain) {
    const edo_template_partial partials[] = { { "p", partial } };
    edo_template *t = NULL;
    int err = edo_template_new(
        &t, text, &page_desc,
        &(edo_template_opts){
            .partials = partials, .partials_n = 1, .bytes_max = BYTES_MAX, .is_plain = is_plain });
    if (err < 0) {
        EDO_TEST_EQ(err, -EINVAL);
        EDO_TEST_TRUE(t == NULL && edo_trail_find(err) != NULL);
        return err;
    }
    err = edo_template_render(t, &value, out);
    EDO_TEST_TRUE(err == 0 || err == -EMSGSIZE || err == -EDO_EVALUE || err == -ENOTSUP);
    EDO_TEST_TRUE(out->len <= BYTES_MAX && (err == 0 || out->len == 0));
    edo_template_free(t);
    return err;
}

static size_t count(const edo_buf *in, char c) {
    size_t n = 0;
    for (size_t i = 0; i < in->len; i++) n += in->ptr[i] == c;
    return n;
}

/* The text up to the first brace, and a value: what is made of it is the same if it is cut. */
static void check_cut(edo_str text) {
    size_t n = 0, cut = text.len / 2;
    while (n < text.len && text.ptr[n] != '{' && text.ptr[n] != '\n') n++;
    if (n < 2 || cut >= n) return;
    edo_buf whole = { 0 }, parts = { 0 }, first = { 0 }, again = { 0 };
    EDO_TEST_OK(edo_buf_append(&whole, text.ptr, n));
    EDO_TEST_OK(edo_buf_append(&whole, "{{t}}", 5));
    EDO_TEST_OK(edo_buf_append(&parts, text.ptr, cut));
    EDO_TEST_OK(edo_buf_append(&parts, "{{!}}", 5));
    EDO_TEST_OK(edo_buf_append(&parts, whole.ptr + cut, whole.len - cut));
    const edo_str none = { NULL, 0 };
    int err = make(&first, (edo_str){ whole.ptr, whole.len }, none, false);
    EDO_TEST_EQ(make(&again, (edo_str){ parts.ptr, parts.len }, none, false), err);
    EDO_TEST_EQ(first.len, again.len);
    if (first.len > 0 && first.len == again.len)
        EDO_TEST_TRUE(memcmp(first.ptr, again.ptr, first.len) == 0);
    edo_buf_deinit(&whole);
    edo_buf_deinit(&parts);
    edo_buf_deinit(&first);
    edo_buf_deinit(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    const char *bytes = (const char *)data;
    size_t text_n = n > 0 ? strnlen(bytes, n) : 0;
    edo_str text = { bytes, text_n }, partial = { NULL, 0 };
    if (text_n < n) partial = (edo_str){ bytes + text_n + 1, n - text_n - 1 };
    edo_buf html = { 0 }, again = { 0 }, plain = { 0 };
    int err = make(&html, text, partial, false);
    EDO_TEST_EQ(make(&again, text, partial, false), err);
    EDO_TEST_EQ(html.len, again.len);
    if (html.len > 0 && again.len == html.len)
        EDO_TEST_TRUE(memcmp(html.ptr, again.ptr, html.len) == 0);
    if (err == 0) {
        EDO_TEST_OK(make(&plain, text, partial, true)); // it is never the longer one
        EDO_TEST_TRUE(plain.len <= html.len && count(&html, '<') <= count(&plain, '<'));
    }
    edo_buf_deinit(&html);
    edo_buf_deinit(&again);
    edo_buf_deinit(&plain);
    check_cut(text);
    edo_trail_clear();
    return 0;
}
