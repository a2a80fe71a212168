/* SPDX-License-Identifier: MIT */
/* Goal: a template gives the page that it says, refuses what no value could fill, and meets every
 * bound.
 * Method: rows of a template and its page over one value that has all kinds of fields. */
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/streams.h>
#include <edo/template.h>
#include <edo/test_web.h>

typedef enum mood { CALM, LOUD } mood;
EDO_DESCRIBE_ENUM(mood, EDO_UNIT(CALM, "calm"), EDO_UNIT(LOUD, "loud & clear"))

typedef struct circle {
    int32_t radius;
} circle;
EDO_DESCRIBE(circle, EDO_FIELD(circle, radius))

typedef struct shape {
    uint8_t kind;
    union {
        circle round;
    } u;
} shape;
EDO_DESCRIBE_UNION(shape, kind, EDO_UNIT(0, "point"),
                   EDO_FIELD_OF(shape, u.round, circle_desc, EDO_AS("circle"), .tag = 1))

typedef struct node {
    edo_str name;
    struct node *below;
    size_t below_n;
} node;
EDO_DESCRIBED(node)
EDO_DESCRIBE_SHARED(node, EDO_FIELD(node, name), EDO_FIELD_LIST_OF(node, below, below_n, node_desc))

typedef struct label {
    edo_str name;
    int64_t count;
} label;
EDO_DESCRIBE(label, EDO_FIELD(label, name), EDO_FIELD(label, count))

typedef struct page {
    edo_str title, none, link;
    char *text;
    char chars[8];
    const char *words[2];
    int64_t n, zero;
    double d, d0;
    bool yes, no, has_opt;
    edo_duration t;
    edo_wall at, never;
    edo_bytes b;
    mood mood, other_mood;
    shape dot, ring;
    node *tree, *no_tree;
    label *labels;
    size_t labels_n;
    node *nodes;
    size_t nodes_n;
    edo_str *empty;
    size_t empty_n;
    int32_t opt;
    uint8_t upto[3];
    size_t upto_n;
    edo_str password;
} page;
EDO_DESCRIBE(page, EDO_FIELD(page, title), EDO_FIELD(page, none), EDO_FIELD(page, link),
             EDO_FIELD(page, text), EDO_FIELD(page, chars), EDO_FIELD_FIXED(page, words),
             EDO_FIELD(page, n), EDO_FIELD(page, zero), EDO_FIELD(page, d), EDO_FIELD(page, d0),
             EDO_FIELD(page, yes), EDO_FIELD(page, no), EDO_FIELD(page, t), EDO_FIELD(page, at),
             EDO_FIELD(page, never), EDO_FIELD(page, b), EDO_FIELD_OF(page, mood, mood_desc),
             EDO_FIELD_OF(page, other_mood, mood_desc), EDO_FIELD_OF(page, dot, shape_desc),
             EDO_FIELD_OF(page, ring, shape_desc),
             EDO_FIELD_PTR_OF(page, tree, node_desc, .optional = true),
             EDO_FIELD_PTR_OF(page, no_tree, node_desc, .optional = true),
             EDO_FIELD_LIST_OF(page, labels, labels_n, label_desc, .map = true),
             EDO_FIELD_LIST_OF(page, nodes, nodes_n, node_desc),
             EDO_FIELD_LIST(page, empty, empty_n),
             EDO_FIELD(page, opt, .optional = true, EDO_HAS(page, has_opt)),
             EDO_FIELD_UPTO(page, upto, upto_n), EDO_FIELD(page, password, .secret = true))

#define LITERAL(text)                                                                              \
    { "" text, sizeof(text) - 1 }

static node leaves[] = { { .name = LITERAL("c") }, { .name = LITERAL("d") } };
static node nodes[] = { { LITERAL("a"), leaves, 2 }, { .name = LITERAL("<b>") } };
static node top = { LITERAL("top"), nodes, 2 };
static label labels[] = { { LITERAL("x"), 1 }, { LITERAL("y"), 2 } };
static char hello[] = "it's";

static page value(void) {
    return (page){ .title = EDO_STR("<a href=\"x\">'&'</a>"),
                   .link = EDO_STR("http://a/"),
                   .text = hello,
                   .chars = "1 > 0",
                   .words = { "one", "two" },
                   .n = -7,
                   .d = 1.5,
                   .yes = true,
                   .t = edo_ms(1500),
                   .at = { 1795791845, 0 },
                   .b = { .str = EDO_STR("hi") },
                   .mood = LOUD,
                   .ring = { .kind = 1, .u.round.radius = 9 },
                   .tree = &top,
                   .labels = labels,
                   .labels_n = 2,
                   .nodes = nodes,
                   .nodes_n = 2,
                   .upto = { 4, 0, 6 },
                   .upto_n = 3,
                   .password = EDO_STR("secret") };
}

static const edo_template_partial partials[] = {
    { "hi", LITERAL("Hi {{text}}\n") },
    { "node", LITERAL("({{name}}{{#below}}{{>node}}{{/below}} of {{n}})") },
    { "for ever", LITERAL("{{>for ever}}") },
    { "bad", LITERAL("one\n  {{nothing}}") },
    { "empty", { NULL, 0 } },
};
#define PARTIALS .partials = partials, .partials_n = EDO_COUNT(partials)

/* The text of the trail of -EINVAL. */
static const char *trail(void) {
    static char text[1024];
    (void)edo_trail_print_text(text, sizeof text, -EINVAL, 0);
    return text;
}

typedef struct row {
    const char *text, *page;
} row;

static void check_rows(const row *rows, size_t n, const edo_template_opts *opts) {
    const page v = value();
    for (size_t i = 0; i < n; i++) {
        edo_template *t;
        edo_buf out = { 0 };
        int err = edo_template_new(&t, edo_str_of(rows[i].text), &page_desc, opts);
        if (err < 0) print_message("%s: %s\n", rows[i].text, trail());
        assert_int_equal(err, 0);
        assert_int_equal(edo_buf_append(&out, "<", 1), 0);
        assert_int_equal(edo_template_render(t, &v, &out), 0);
        assert_int_equal(edo_buf_append(&out, "", 1), 0);
        assert_string_equal(out.ptr + 1, rows[i].page);
        edo_buf_deinit(&out);
        edo_template_free(t);
    }
}

static void values_are_escaped_as_text(void **state) {
    static const row rows[] = {
        { "", "" },
        { "plain } }} { text", "plain } }} { text" },
        { "{{title}}", "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;" },
        { "{{{title}}}", "<a href=\"x\">'&'</a>" },
        { "{{& title }}", "<a href=\"x\">'&'</a>" },
        { "[{{none}}]", "[]" },
        { "{{text}} {{ chars }}", "it&#39;s 1 &gt; 0" },
        { "{{\n n\t}} {{zero}} {{d}} {{yes}} {{no}} {{t}} {{b}} {{at}}",
          "-7 0 1.5 true false 1s500ms aGk= 2026-11-27T15:04:05Z" },
        { "{{mood}} {{{mood}}} {{other_mood}}", "loud &amp; clear loud & clear calm" },
        { "{{dot}} {{ring.circle.radius}}{{dot.circle.radius}}", "point 9" },
        { "[{{opt}}] {{tree.name}}{{no_tree.name}}", "[] top" },
        { "{{!{{n}} }} }}", " }} }}" },
    };
    (void)state;
    check_rows(rows, EDO_COUNT(rows), NULL);
}

static const char *naive_entity(char c) {
    static const char *const entities[] = { "&&amp;", "<&lt;", ">&gt;", "\"&quot;", "'&#39;" };
    for (size_t i = 0; i < EDO_COUNT(entities); i++)
        if (c == entities[i][0]) return entities[i] + 1;
    return NULL;
}

static void each_byte_is_escaped_wherever_it_stands(void **state) {
    edo_template *t;
    edo_buf out = { 0 };
    page v = value();
    (void)state;
    assert_int_equal(edo_template_new(&t, EDO_STR("{{title}}"), &page_desc, NULL), 0);
    for (size_t i = 0; i < 256 * 20; i++) {
        char text[20], want[32];
        size_t n = i % 20, at = 0;
        for (size_t k = 0; k < sizeof text; k++) text[k] = (char)('a' + i % 7 * k);
        text[n] = (char)(i / 20);
        for (size_t k = 0; k < sizeof text; k++) {
            const char *instead = k == n ? naive_entity(text[k]) : NULL;
            if (k != n && naive_entity(text[k])) text[k] = 'x';
            size_t len = instead ? strlen(instead) : 1;
            memcpy(want + at, instead ? instead : &text[k], len);
            at += len;
        }
        v.title = (edo_str){ text, sizeof text };
        out.len = 0;
        assert_int_equal(edo_template_render(t, &v, &out), 0);
        assert_int_equal(out.len, at);
        assert_memory_equal(out.ptr, want, at);
    }
    edo_buf_deinit(&out);
    edo_template_free(t);
}

static void sections_follow_the_value(void **state) {
    static const row rows[] = {
        { "{{#yes}}a{{/yes}}{{#no}}b{{/no}}{{^yes}}c{{/yes}}{{^no}}d{{/no}}", "ad" },
        { "{{#n}}a{{/n}}{{#zero}}b{{/zero}}{{#d}}c{{/d}}{{#d0}}e{{/d0}}{{#t}}f{{/t}}", "acf" },
        { "{{#at}}a{{/at}}{{#never}}b{{/never}}{{^never}}c{{/never}}", "ac" },
        { "{{#title}}a{{/title}}{{#none}}b{{/none}}{{#chars}}c{{/chars}}{{#b}}d{{/b}}", "acd" },
        { "{{#opt}}a{{/opt}}{{^opt}}b{{/opt}}{{#tree}}{{name}}{{/tree}}{{^no_tree}}c{{/no_tree}}",
          "btopc" },
        { "{{#words}}{{.}},{{/words}}{{#upto}}{{.}}{{#.}}!{{/.}}{{/upto}}", "one,two,4!06!" },
        { "{{#empty}}a{{/empty}}{{^empty}}b{{/empty}}", "b" },
        { "{{#nodes}}{{name}}{{#below}}-{{name}}{{/below}}{{^below}}!{{/below}};{{/nodes}}",
          "a-c-d;&lt;b&gt;!;" },
        { "{{#labels}}{{name}}={{count}} {{/labels}}", "x=1 y=2 " },
        { "{{#nodes}}{{n}}{{#below}}{{text}}{{/below}}{{/nodes}}", "-7it&#39;sit&#39;s-7" },
        { "{{#mood.calm}}a{{/mood.calm}}{{^mood.calm}}b{{/mood.calm}}"
          "{{#other_mood}}{{#calm}}c{{/calm}}{{/other_mood}}",
          "bc" },
        { "{{#ring}}{{#circle}}{{radius}}{{/circle}}{{#point}}p{{/point}}{{/ring}}"
          "{{#dot}}{{#circle}}{{radius}}{{/circle}}{{#point}}p{{/point}}{{/dot}}",
          "9p" },
        { "{{^no}}{{#tree.below}}{{^below}}{{name}}{{n}}{{/below}}{{/tree.below}}{{/no}}",
          "&lt;b&gt;-7" },
    };
    (void)state;
    check_rows(rows, EDO_COUNT(rows), NULL);
}

static void line_of_a_tag_alone_is_left_out(void **state) {
    static const row rows[] = {
        { "a\n  {{#yes}}  \n  b\n{{/yes}}\nc", "a\n  b\nc" },
        { "{{! c }}\r\na\r\n\t{{! c\n d }}", "a\r\n" },
        { "a {{! c }}\nb", "a \nb" },
        { "{{! c }} {{! d }}\nb", " \nb" },
        { "  {{n}}\n  {{&n}}\n", "  -7\n  -7\n" },
        { "a\n  {{>hi}}\nb", "a\nHi it&#39;s\nb" },
        { "{{#yes}}\n{{#yes}}\n{{/yes}}\n{{/yes}}\n", "" },
    };
    (void)state;
    check_rows(rows, EDO_COUNT(rows), &(edo_template_opts){ PARTIALS });
}

static void partials_see_their_element_and_the_whole(void **state) {
    static const row rows[] = {
        { "{{>hi}}{{#nodes}}{{>hi}}{{/nodes}}{{>empty}}",
          "Hi it&#39;s\nHi it&#39;s\nHi it&#39;s\n" },
        { "{{#tree}}{{>node}}{{/tree}}",
          "(top(a(c of -7)(d of -7) of -7)(&lt;b&gt; of -7) of -7)" },
        { "{{#words}}{{#tree}}{{>node}}{{/tree}}{{/words}}",
          "(top(a(c of -7)(d of -7) of -7)(&lt;b&gt; of -7) of -7)"
          "(top(a(c of -7)(d of -7) of -7)(&lt;b&gt; of -7) of -7)" },
    };
    (void)state;
    check_rows(rows, EDO_COUNT(rows), &(edo_template_opts){ PARTIALS });
}

static void plain_template_escapes_nothing(void **state) {
    static const row rows[] = { { "{{title}} {{mood}}", "<a href=\"x\">'&'</a> loud & clear" } };
    (void)state;
    check_rows(rows, EDO_COUNT(rows), &(edo_template_opts){ .is_plain = true });
}

static void what_no_value_could_fill_is_refused_with_its_place(void **state) {
    static const row rows[] = {
        { "{{titel}}", "p.html:1:1: there is no \"titel\"" },
        { "a\n\xc3\xa9\xe2\x82\xac {{ titel }}", "p.html:2:4: there is no \"titel\"" },
        { "{{tree.nam}}", "p.html:1:1: there is no \"tree.nam\"" },
        { "{{title.a}}", "p.html:1:1: there is no \"title.a\"" },
        { "{{nodes.name}}", "p.html:1:1: a list is not the last part of \"nodes.name\"" },
        { "{{nodes}}", "p.html:1:1: only a section has the elements of the list \"nodes\"" },
        { "{{tree}}", "p.html:1:1: only a section has the fields of the struct \"tree\"" },
        { "{{.}}", "p.html:1:1: only a section has the fields of the struct \".\"" },
        { "{{#.}}{{/.}}", "p.html:1:1: the whole value is no section: \".\"" },
        { "x{{", "p.html:1:2: the tag has no end" },
        { "x{{{n}}", "p.html:1:2: the tag has no end" },
        { "{{}}", "p.html:1:1: a tag without a name" },
        { "{{# }}", "p.html:1:1: a tag without a name" },
        { "{{..}}", "p.html:1:1: there is no \"..\"" },
        { "{{n.}}", "p.html:1:1: there is no \"n.\"" },
        { "a{{#yes}}\n{{#n}}{{/n}}", "p.html:1:2: the section has no end: \"yes\"" },
        { "{{#yes}}{{#n}}{{/yes}}", "p.html:1:15: another section is open here: \"yes\"" },
        { "{{/yes}}", "p.html:1:1: no section is open here: \"yes\"" },
        { "{{=<% %>=}}", "p.html:1:1: the braces cannot be changed" },
        { "{{<base}}{{/base}}", "p.html:1:1: templates do not inherit: use partials" },
        { "{{>nobody}}", "p.html:1:1: there is no partial \"nobody\"" },
        { "{{>bad}}", "bad:2:3: there is no \"nothing\"" },
        { "{{password}}", "p.html:1:1: a secret is not for templates: \"password\"" },
        { "{{#password}}{{/password}}", "p.html:1:1: a secret is not for templates: \"password\"" },
        { "{{tree.name}}{{tree.below.below.below}}",
          "p.html:1:14: a list is not the last part of \"tree.below.below.below\"" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_template *t = NULL;
        const edo_template_opts opts = { .name = "p.html", PARTIALS };
        edo_trail_clear();
        int err = edo_template_new(&t, edo_str_of(rows[i].text), &page_desc, &opts);
        assert_int_equal(err, -EINVAL);
        assert_null(t);
        if (!strstr(trail(), rows[i].page)) fail_msg("%s: %s", rows[i].text, trail());
    }
    edo_trail_clear();
}

/* ---- Bounds ---------------------------------------------------------------------------------- */

static char many[1000];

static int new_of_many(const char *part, size_t n, const char *end) {
    size_t len = 0;
    for (size_t i = 0; i < 2 * n; i++) {
        const char *piece = i < n ? part : end;
        memcpy(many + len, piece, strlen(piece));
        len += strlen(piece);
    }
    edo_template *t = NULL;
    int err = edo_template_new(&t, (edo_str){ many, len }, &page_desc, NULL);
    edo_template_free(t);
    edo_trail_clear();
    return err;
}

static void too_deep_or_long_templates_are_refused(void **state) {
    static char huge[EDO_TEMPLATE_TEXT_MAX + 1];
    edo_template *t = NULL;
    (void)state;
    assert_int_equal(new_of_many("{{#yes}}", EDO_TEMPLATE_NEST_MAX, "{{/yes}}"), 0);
    assert_int_equal(new_of_many("{{#yes}}", EDO_TEMPLATE_NEST_MAX + 1, "{{/yes}}"), -EINVAL);
    memset(huge, 'a', sizeof huge);
    edo_str text = { huge, sizeof huge };
    assert_int_equal(edo_template_new(&t, text, &page_desc, NULL), -EINVAL);
    text.len--;
    assert_int_equal(edo_template_new(&t, text, &page_desc, NULL), 0);
    edo_template_free(t);
    for (size_t i = 0; i + 5 <= sizeof huge; i += 5) memcpy(huge + i, "{{n}}", 5);
    assert_int_equal(edo_template_new(&t, text, &page_desc, NULL), -EINVAL);
    edo_trail_clear();
}

static int render_code(const char *text, const edo_template_opts *opts, size_t *len) {
    const page v = value();
    edo_template *t;
    edo_buf out = { 0 };
    assert_int_equal(edo_template_new(&t, edo_str_of(text), &page_desc, opts), 0);
    assert_int_equal(edo_buf_append(&out, "before", 6), 0);
    int err = edo_template_render(t, &v, &out);
    *len = out.len - 6;
    edo_buf_deinit(&out);
    edo_template_free(t);
    edo_trail_clear();
    return err;
}

static void page_beyond_its_bounds_is_refused_and_leaves_nothing(void **state) {
    size_t len;
    (void)state;
    assert_int_equal(render_code("abcdef", &(edo_template_opts){ .bytes_max = 7 }, &len), 0);
    assert_int_equal(len, 6);
    assert_int_equal(render_code("abcdef", &(edo_template_opts){ .bytes_max = 6 }, &len),
                     -EMSGSIZE);
    assert_int_equal(len, 0);
    assert_int_equal(render_code("abc{{n}}", &(edo_template_opts){ .bytes_max = 6 }, &len),
                     -EMSGSIZE);
    assert_int_equal(len, 0);
    assert_int_equal(render_code("a{{>for ever}}", &(edo_template_opts){ PARTIALS }, &len),
                     -EDO_EVALUE);
    assert_int_equal(len, 0);
    assert_int_equal(render_code("a{{ring}}", NULL, &len), -ENOTSUP);
    assert_int_equal(len, 0);
}

static void reserved_options_are_refused(void **state) {
    edo_template *t = NULL;
    (void)state;
    assert_int_equal(edo_template_new(&t, EDO_STR("a"), &page_desc,
                                      &(edo_template_opts){ .reserved = { 0, 1 } }),
                     -EINVAL);
    edo_template_free(NULL);
}

static void rendering_into_room_allocates_nothing(void **state) {
    static const char text[] =
        "{{title}}{{n}}{{d}}{{t}}{{at}}{{b}}{{mood}}{{#labels}}{{count}}{{/labels}}"
        "{{#tree}}{{>node}}{{/tree}}{{>hi}}";
    const page v = value();
    edo_template *t;
    edo_buf out = { 0 };
    (void)state;
    assert_int_equal(
        edo_template_new(&t, edo_str_of(text), &page_desc, &(edo_template_opts){ PARTIALS }), 0);
    assert_int_equal(edo_buf_reserve(&out, 4096), 0);
    fail_alloc_in = 1;
    assert_int_equal(edo_template_render(t, &v, &out), 0);
    assert_int_equal(fail_alloc_in, 1);
    fail_alloc_in = 0;
    assert_true(out.len > 100);
    edo_buf_deinit(&out);
    edo_template_free(t);
}

static void template_without_memory_says_so(void **state) {
    static const char text[] =
        "{{title}}{{#tree}}{{>node}}{{/tree}}{{#nodes}}{{name}}{{>hi}}{{/nodes}}{{n}}{{d}}";
    const page v = value();
    int err = -ENOMEM, k = 1;
    (void)state;
    for (; err < 0; k++) {
        edo_template *t = NULL;
        edo_buf out = { 0 };
        fail_alloc_in = k;
        err = edo_template_new(&t, edo_str_of(text), &page_desc, &(edo_template_opts){ PARTIALS });
        if (err == 0) err = edo_template_render(t, &v, &out);
        bool has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        assert_int_equal(err, has_failed ? -ENOMEM : 0);
        edo_buf_deinit(&out);
        edo_template_free(t);
    }
    assert_true(k > 4);
}

/* ---- Responses and streams ------------------------------------------------------------------- */

static edo_template *shown;

static int shows(edo_web *w) {
    const page v = value();
    return edo_web_reply_template(w, EDO_STATUS_CREATED, shown, &v);
}

static int streams(edo_web *w) {
    const page v = value();
    edo_stream *to;
    int err = edo_response_stream(edo_web_response(w), &to, -1);
    if (err == 0) err = edo_template_write(shown, &v, to);
    return err;
}

/* Far longer than what is gathered for one write. */
static edo_template *long_page;

static int streams_long(edo_web *w) {
    const page v = value();
    edo_stream *to;
    int err = edo_response_stream(edo_web_response(w), &to, -1);
    return err < 0 ? err : edo_template_write(long_page, &v, to);
}

static int asks_long(void *arg) {
    edo_oneshot got;
    edo_buf want = { 0 };
    const page v = value();
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_get(r, "/", streams_long);
    EDO_TEST_OK(edo_template_render(long_page, &v, &want));
    EDO_TEST_OK(edo_web_oneshot(&got, r, &(edo_http_request){ .target = EDO_STR("/") }, NULL));
    CHECK(want.len > 15000 && got.body.len == want.len);
    CHECK(memcmp(got.body.ptr, want.ptr, want.len) == 0);
    edo_oneshot_deinit(&got);
    edo_buf_deinit(&want);
    edo_router_free(r);
    return 0;
}

static void long_page_comes_whole_in_pieces(void **state) {
    static char text[3000];
    (void)state;
    for (size_t i = 0; i + 9 < sizeof text; i += 9) memcpy(text + i, "{{title}}", 9);
    edo_str whole = { text, sizeof text / 9 * 9 };
    assert_int_equal(edo_template_new(&long_page, whole, &page_desc, NULL), 0);
    assert_int_equal(inside(asks_long, NULL), 0);
    edo_template_free(long_page);
}

/* The pieces end before, within and behind the addresses. */
static void address_is_the_same_in_whatever_pieces_it_comes(void **state) {
    static const char one[] = "<a href='{{#no}}{{title}}{{/no}}{{#yes}}/{{/yes}}{{link}}'>"
                              "<a href='{{#no}}/{{/no}}{{none}}{{link}}'>"
                              "<a href='{{#yes}}{{mood}}{{/yes}}{{link}}'>";
    static char text[64 + 300 * (sizeof one - 1)];
    (void)state;
    memset(text, '.', 64);
    for (size_t i = 64; i < sizeof text; i += sizeof one - 1) memcpy(text + i, one, sizeof one - 1);
    for (size_t i = 0; i < 64; i++) {
        edo_str whole = { text + i, sizeof text - i };
        assert_int_equal(edo_template_new(&long_page, whole, &page_desc, NULL), 0);
        assert_int_equal(inside(asks_long, NULL), 0);
        edo_template_free(long_page);
    }
}

static int breaks_off(void *arg) {
    const page v = value();
    edo_stream *ours, *theirs;
    (void)arg;
    EDO_TEST_OK(edo_duplex(&ours, &theirs, 64));
    edo_close(theirs);
    CHECK_EQ(edo_template_write(long_page, &v, ours), -EPIPE);
    edo_close(ours);
    return 0;
}

static void stream_that_fails_ends_the_page(void **state) {
    (void)state;
    assert_int_equal(edo_template_new(&long_page, EDO_STR("{{title}}"), &page_desc, NULL), 0);
    assert_int_equal(inside(breaks_off, NULL), 0);
    edo_template_free(long_page);
}

static int asks(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h = { 0 };
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_get(r, "/", shows);
    edo_router_get(r, "/stream", streams);
    web_begin(&s, r);
    web_ask(&s, &h, "GET /", NULL, NULL);
    CHECK(has(&h, " 201 "));
    CHECK(has(&h, "\r\ncontent-type: text/html; charset=utf-8\r\n"));
    CHECK(strcmp(web_body(&h), "-7 it&#39;s") == 0);
    h = (heard){ 0 };
    web_ask(&s, &h, "GET /stream", NULL, NULL);
    CHECK(has(&h, " 200 "));
    CHECK(has(&h, "-7 it&#39;s"));
    return web_end(&s);
}

static void page_is_the_response_or_a_stream(void **state) {
    (void)state;
    assert_int_equal(edo_template_new(&shown, EDO_STR("{{n}} {{text}}"), &page_desc, NULL), 0);
    assert_int_equal(inside(asks, NULL), 0);
    edo_template_free(shown);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_escaped_as_text),
        cmocka_unit_test(each_byte_is_escaped_wherever_it_stands),
        cmocka_unit_test(sections_follow_the_value),
        cmocka_unit_test(line_of_a_tag_alone_is_left_out),
        cmocka_unit_test(partials_see_their_element_and_the_whole),
        cmocka_unit_test(plain_template_escapes_nothing),
        cmocka_unit_test(what_no_value_could_fill_is_refused_with_its_place),
        cmocka_unit_test(too_deep_or_long_templates_are_refused),
        cmocka_unit_test(page_beyond_its_bounds_is_refused_and_leaves_nothing),
        cmocka_unit_test(reserved_options_are_refused),
        cmocka_unit_test(rendering_into_room_allocates_nothing),
        cmocka_unit_test(template_without_memory_says_so),
        cmocka_unit_test(page_is_the_response_or_a_stream),
        cmocka_unit_test(long_page_comes_whole_in_pieces),
        cmocka_unit_test(address_is_the_same_in_whatever_pieces_it_comes),
        cmocka_unit_test(stream_that_fails_ends_the_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
