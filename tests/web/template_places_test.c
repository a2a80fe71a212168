/* SPDX-License-Identifier: MIT */
/* Goal: what a value is in HTML is what the template says, whatever the value has: where it would
 * become code, a tag, or the scheme of an address, the template is refused, or the value says
 * nothing.
 * Method: rows of templates, with the pages that they give for hostile values, or with why they are
 * refused. */
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/template.h>

typedef struct item {
    edo_str name;
    int64_t count;
    edo_str token;
} item;
EDO_DESCRIBE(item, EDO_FIELD(item, name), EDO_FIELD(item, count),
             EDO_FIELD(item, token, .secret = true))

typedef struct page {
    edo_str x, url, tail;
    bool yes, no, has_note;
    int64_t n;
    edo_str note;
    item *items;
    size_t items_n;
    item one;
} page;
EDO_DESCRIBE(page, EDO_FIELD(page, x), EDO_FIELD(page, url), EDO_FIELD(page, tail),
             EDO_FIELD(page, yes), EDO_FIELD(page, no), EDO_FIELD(page, n),
             EDO_FIELD(page, note, .optional = true, EDO_HAS(page, has_note)),
             EDO_FIELD_LIST_OF(page, items, items_n, item_desc), EDO_FIELD_OF(page, one, item_desc))

#define LITERAL(text)                                                                              \
    { "" text, sizeof(text) - 1 }

static const edo_template_partial partials[] = {
    { "value", LITERAL("{{x}}") },
    { "open", LITERAL("<a href=\"") },
    { "attribute", LITERAL(" title=\"{{x}}\"") },
    { "again", LITERAL("<b>{{#no}}{{>again}}{{/no}}</b>") },
};
#define OPTIONS                                                                                    \
    &(edo_template_opts) {                                                                         \
        .name = "p", .partials = partials, .partials_n = EDO_COUNT(partials)                       \
    }

static item items[] = { { LITERAL("</script>&"), 1, LITERAL("s3cret") },
                        { LITERAL("b"), 2, LITERAL("s3cret") } };

static page value(void) {
    return (page){ .x = EDO_STR("\"> <b>'"),
                   .url = EDO_STR("javascript:alert(1)"),
                   .tail = EDO_STR("script:alert(1)"),
                   .yes = true,
                   .n = 7,
                   .items = items,
                   .items_n = 2,
                   .one = items[1] };
}

static void render(edo_buf *out, const char *text, const page *v) {
    edo_template *t = NULL;
    int err = edo_template_new(&t, edo_str_of(text), &page_desc, OPTIONS);
    if (err < 0) {
        char said[512];
        (void)edo_trail_print_text(said, sizeof said, err, 0);
        fail_msg("%s: %s", text, said);
    }
    assert_int_equal(edo_template_render(t, v, out), 0);
    assert_int_equal(edo_buf_append(out, "", 1), 0);
    edo_template_free(t);
}

static void check_page(const char *text, const page *v, const char *want) {
    edo_buf out = { 0 };
    render(&out, text, v);
    assert_string_equal(out.ptr, want);
    edo_buf_deinit(&out);
}

static void check_refused(const char *const rows[][2], size_t n) {
    for (size_t i = 0; i < n; i++) {
        edo_template *t = NULL;
        char said[512];
        edo_trail_clear();
        if (edo_template_new(&t, edo_str_of(rows[i][0]), &page_desc, OPTIONS) != -EINVAL)
            fail_msg("%s compiles", rows[i][0]);
        (void)edo_trail_print_text(said, sizeof said, -EINVAL, 0);
        if (!strstr(said, rows[i][1])) fail_msg("%s: %s", rows[i][0], said);
    }
    edo_trail_clear();
}

#define X "&quot;&gt; &lt;b&gt;&#39;"

static void values_stay_values_where_they_stand(void **state) {
    static const char *const rows[][2] = {
        { "<p title=\"{{x}}\">{{x}}</p>", "<p title=\"" X "\">" X "</p>" },
        { "<p title = '{{x}}' id=a>{{x}}", "<p title = '" X "' id=a>" X },
        { "<title>{{x}}</title><textarea>{{x}}</textarea>{{x}}",
          "<title>" X "</title><textarea>" X "</textarea>" X },
        { "<textarea><a href=</textarea>{{x}}", "<textarea><a href=</textarea>" X },
        { "<!-- <a href= {{#yes}}a{{/yes}} -->{{x}}<!-->{{x}}<!--->{{x}}<!-- - -- --! --!>{{x}}",
          "<!-- <a href= a -->" X "<!-->" X "<!--->" X "<!-- - -- --! --!>" X },
        { "a < {{x}} 1<2 {{x}} </> {{x}} <? {{! c }} > <!doctype html> {{&x}}",
          "a < " X " 1<2 " X " </> " X " <?  > <!doctype html> \"> <b>'" },
        { "<script>if (a<b) c(\"</scripts>\")</script >{{x}}",
          "<script>if (a<b) c(\"</scripts>\")</script >" X },
        { "<STYLE>b{}</style\n>{{x}}<script src=a.js></SCRIPT/>{{x}}",
          "<STYLE>b{}</style\n>" X "<script src=a.js></SCRIPT/>" X },
        { "<option{{#yes}} selected{{/yes}}>{{x}}", "<option selected>" X },
        { "<a {{#yes}}title=\"{{x}}\"{{/yes}} id=b>{{x}}", "<a title=\"" X "\" id=b>" X },
        { "<p class=\"a{{#yes}} b{{/yes}}{{^yes}} c{{/yes}}\">{{x}}", "<p class=\"a b\">" X },
        { "<p{{>attribute}}>{{>value}}", "<p title=\"" X "\">" X },
        { "<p>{{>again}}{{x}}", "<p><b></b>" X },
        { "<input value=\"{{x}}\"/><br/>{{x}}<a/b='{{x}}'>",
          "<input value=\"" X "\"/><br/>" X "<a/b='" X "'>" },
        { "<img srcset='{{url}} 480w, {{url}} 800w'><link imagesrcset='{{url}}, a:b{{n}}.png 2x'>",
          "<img srcset='javascript:alert(1) 480w, javascript:alert(1) 800w'>"
          "<link imagesrcset='javascript:alert(1), a:b7.png 2x'>" },
        { "<img srcset='{{#items}}https://{{count}}.png {{count}}x, {{/items}}'>",
          "<img srcset='https://1.png 1x, https://2.png 2x, '>" },
        { "<a ping='{{url}} https://b/{{n}}' archive='{{url}} {{x}}'>{{x}}",
          "<a ping='javascript:alert(1) https://b/7' archive='javascript:alert(1) " X "'>" X },
        { "<input type=\"{{x}}\" data-href=\"{{url}}\" onward>{{x}}",
          "<input type=\"" X "\" data-href=\"javascript:alert(1)\" onward>" X },
    };
    const page v = value();
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) check_page(rows[i][0], &v, rows[i][1]);
}

static void where_a_value_would_be_more_the_template_is_refused(void **state) {
    static const char *const rows[][2] = {
        { "<p title={{x}}>", "p:1:10: an attribute needs quotes around \"x\"" },
        { "<p\n title= a{{x}}>", "p:2:10: an attribute needs quotes around \"x\"" },
        { "<{{x}}>", "p:1:2: a value cannot be a part of a tag: \"x\"" },
        { "</{{x}}>", "a value cannot be a part of a tag" },
        { "<p{{x}}>", "a value cannot be a part of a tag" },
        { "<p {{x}}>", "a value cannot be a part of a tag" },
        { "<p data-{{x}}=\"a\">", "a value cannot be a part of a tag" },
        { "<p title {{x}}>", "a value cannot be a part of a tag" },
        { "<!doctype {{x}}>", "a value cannot be a part of a tag" },
        { "<p onclick=\"go('{{x}}')\">",
          "an attribute with code takes no value but a number: \"x\"" },
        { "<p STYLE='{{x}}'>", "an attribute with code takes no value but a number: \"x\"" },
        { "<iframe srcdoc=\"{{x}}\">", "an attribute with code takes no value: \"x\"" },
        { "<a href=\"javascript:go('{{x}}')\">", "an attribute with code takes no value: \"x\"" },
        { "<a href=\" Java\tScript :{{x}}\">", "an attribute with code takes no value: \"x\"" },
        { "<img src=\"data:text/html,{{x}}\">", "data: takes only the bytes of an image" },
        { "<iframe src=\"data:text/html,{{x}}\">", "an attribute with code takes no value: \"x\"" },
        { "<p on{{#yes}}click{{/yes}}=\"{{x}}\">", "in a tag a space, / or > stands behind" },
        { "<a href=\"{{url}}:{{x}}\">", "p:1:17: a value cannot be the scheme of an address" },
        { "<p title=\"{{{x}}}\">", "an attribute takes only what is escaped: \"x\"" },
        { "<!-- {{&x}} -->", "a comment takes no value" },
        { "<textarea>{{&x}}</textarea>",
          "only text between tags takes what is not escaped: \"x\"" },
        { "<style>p { color: {{x}} }</style>", "a style takes no value but a number: \"x\"" },
        { "<script>var a = '{{x}}'</script>",
          "a script takes a value only as {{@name}}, of type application/json: \"x\"" },
        { "<script>var a = {{@x}}</script>", "a script takes a value only as {{@name}}" },
        { "<script type=\"application/json\">{{x}}</script>",
          "a script takes a value only as {{@name}}" },
        { "<script{{#yes}} type=\"application/json\"{{/yes}}>{{@x}}</script>",
          "a script takes a value only as {{@name}}" },
        { "<script type=\"{{x}}json\">{{@x}}</script>",
          "an attribute with code takes no value: \"x\"" },
        { "<script>a<!-- <script> </script>{{x}}",
          "p:1:22: in a script <script behind <!-- hides where it ends" },
        { "{{#yes}}<p title=\"{{/yes}}",
          "p:1:19: where it ends another part of HTML is open than where it begins: \"yes\"" },
        { "<p title=\"{{#yes}}\">{{/yes}}", "another part of HTML is open" },
        { "<h{{#yes}}1{{/yes}}{{#no}}2{{/no}}>", "in a tag a space, / or > stands behind" },
        { "{{>open}}", "open:1:10: where it ends another part of HTML is open" },
        { "<p title={{>value}}>", "value:1:1: an attribute needs quotes around \"x\"" },
    };
    (void)state;
    check_refused(rows, EDO_COUNT(rows));
}

static void plain_text_has_no_such_places(void **state) {
    edo_template *t;
    edo_buf out = { 0 };
    const page v = value();
    (void)state;
    assert_int_equal(edo_template_new(&t, EDO_STR("<a href={{x}} {{@one}}"), &page_desc,
                                      &(edo_template_opts){ .is_plain = true }),
                     0);
    assert_int_equal(edo_template_render(t, &v, &out), 0);
    assert_int_equal(edo_buf_append(&out, "", 1), 0);
    assert_string_equal(out.ptr, "<a href=\"> <b>' {\"name\":\"b\",\"count\":2}");
    edo_buf_deinit(&out);
    edo_template_free(t);
}

static void scheme_of_an_address_is_one_of_three(void **state) {
    static const struct row {
        const char *url, *page;
    } rows[] = {
        { "javascript:alert(1)", "#" },
        { "JavaScript:alert(1)", "#" },
        { "java\nscript:alert(1)", "#" },
        { " \x01javascript:alert(1)", "#" },
        { "data:text/html,x", "#" },
        { "vbscript:x", "#" },
        { "file:x", "#" },
        { ":x", "#" },
        { "http://a/", "http://a/" },
        { "HTTPS://a/?b=c:d", "HTTPS://a/?b=c:d" },
        { "mailto:a@b", "mailto:a@b" },
        { "/a:b", "/a:b" },
        { "a/b:c", "a/b:c" },
        { "?a=javascript:b", "?a=javascript:b" },
        { "#a:b", "#a:b" },
        { "", "" },
        { "a b", "a b" },
    };
    page v = value();
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char want[128];
        v.url = edo_str_of(rows[i].url);
        (void)snprintf(want, sizeof want, "<a href='%s'>", rows[i].page);
        check_page("<a href='{{url}}'>", &v, want);
    }
}

static void address_whose_beginning_is_a_text_is_a_path(void **state) {
    static const char *const rows[][2] = {
        { "<a HREF=\"/a/{{url}}\">", "<a HREF=\"/a/javascript:alert(1)\">" },
        { "<a href=\"?q={{url}}&amp;n={{n}}\">", "<a href=\"?q=javascript:alert(1)&amp;n=7\">" },
        { "<a href=\"tel:{{n}}\">", "<a href=\"tel:7\">" },
        { "<form action='{{url}}'><img src=\"{{n}}.png\"><button formaction=\"{{url}}\">",
          "<form action='#'><img src=\"7.png\"><button formaction=\"#\">" },
        { "<a href=\"java{{tail}}\">", "<a href=\"java#\">" },
        { "<a href=\"{{n}}{{url}}\">", "<a href=\"7#\">" },
        { "<a href=\"{{#no}}/{{/no}}{{url}}\">", "<a href=\"#\">" },
        { "<a href=\"{{#yes}}/{{/yes}}{{url}}\">", "<a href=\"/javascript:alert(1)\">" },
        { "<a href=\"{{>value}}{{url}}\">", "<a href=\"" X "javascript:alert(1)\">" },
    };
    const page v = value();
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) check_page(rows[i][0], &v, rows[i][1]);
}

/* An address is there or another one: neither takes anything from the other. */
static void address_that_is_good_is_printed_whatever_sections_stand_before(void **state) {
    static const char *const rows[][2] = {
        { "{{#note}}/p/{{note}}{{/note}}{{^note}}{{url}}{{/note}}", "https://e.com/q" },
        { "{{^note}}{{url}}{{/note}}{{#note}}/p/{{note}}{{/note}}", "https://e.com/q" },
        { "{{#yes}}{{url}}{{/yes}}{{^yes}}{{url}}{{/yes}}", "https://e.com/q" },
        { "{{#no}}{{url}}{{/no}}{{! c }}{{^no}}{{url}}{{/no}}", "https://e.com/q" },
        { "{{#no}}#{{/no}}{{^no}}{{url}}{{/no}}", "https://e.com/q" },
        { "{{#yes}}#{{/yes}}{{^yes}}{{url}}{{/yes}}", "#" },
        { "{{#no}}{{x}}{{/no}}{{url}}", "https://e.com/q" },
        { "{{#no}}{{x}}{{/no}} {{#no}}/{{/no}}{{url}}", " https://e.com/q" },
        { "{{#no}}{{x}}{{/no}}{{#yes}}{{url}}{{/yes}}", "https://e.com/q" },
        { "{{tail}}{{url}}", "https://e.com/q" },
        { "{{#yes}}/to?{{/yes}}{{url}}", "/to?https://e.com/q" },
        { "{{n}}{{#yes}}/{{/yes}}{{url}}", "7/https://e.com/q" },
        { "{{x}}{{url}}", X "https://e.com/q" },
        { "{{n}}{{url}}", "7#" },
        { "{{#items}}{{url}} {{/items}}", "https://e.com/q https://e.com/q " },
        { "{{>value}}{{url}}", X "https://e.com/q" },
        { "{{#no}}{{>value}}{{/no}}{{url}}", "https://e.com/q" },
        { "{{#no}}https://a/{{n}}{{/no}}{{^no}}http://b/{{n}}{{/no}}", "http://b/7" },
        { "{{#items}}{{name}}/{{/items}}{{^items}}https://b/{{n}}{{/items}}",
          "&lt;/script&gt;&amp;/b/" },
        { "{{^items}}https://b/{{n}}{{/items}}{{#items}}a{{count}}{{/items}}", "a1a2" },
        { "{{^items}}{{#yes}}a{{/yes}}{{/items}}{{^yes}}/{{/yes}}{{url}}", "https://e.com/q" },
    };
    page v = value();
    (void)state;
    v.url = EDO_STR("https://e.com/q");
    v.tail = EDO_STR("");
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char text[256], want[256];
        (void)snprintf(text, sizeof text, "<a href='%s'>{{n}}", rows[i][0]);
        (void)snprintf(want, sizeof want, "<a href='%s'>7", rows[i][1]);
        check_page(text, &v, want);
    }
}

/* Neither of two sections directly behind each other, of which one is there, begins where the
 * other has ended; but a third one does. */
static void else_begins_where_its_section_begins(void **state) {
    static const char *const rows[][2] = {
        { "<h{{#yes}}1{{/yes}}{{^yes}}2{{/yes}}>{{n}}", "<h1>7" },
        { "<p {{#no}}id=a{{/no}}{{^no}}title='{{n}}'{{/no}}>", "<p title='7'>" },
        { "<p style='a: {{#yes}}\\{{/yes}}{{^yes}}{{n}}{{/yes}}'>", "<p style='a: \\'>" },
    };
    static const char *const refused[][2] = {
        { "<a href='{{#yes}}{{x}}{{/yes}}{{^yes}}a{{/yes}}{{#yes}}:{{/yes}}'>",
          "cannot be the scheme of an address" },
        { "<a href='{{#yes}}{{x}}{{/yes}}{{^no}}:{{/no}}'>", "cannot be the scheme of an address" },
        { "<a href='{{#yes}}{{x}}{{/yes}}{{n}}{{^yes}}:{{/yes}}'>",
          "cannot be the scheme of an address" },
        { "<a href='{{#items}}{{#name}}{{x}}{{/name}}{{/items}}{{^yes}}:{{/yes}}'>",
          "cannot be the scheme of an address" },
        { "<a href='{{#one.name}}{{x}}{{/one.name}}{{^one.count}}:{{/one.count}}'>",
          "cannot be the scheme of an address" },
        { "<p style='a: {{#yes}}\\{{/yes}}{{^yes}}{{n}}{{/yes}}{{#yes}}{{n}}{{/yes}}'>",
          "an attribute with code takes no value" },
        { "{{#yes}}a{{/yes}}{{^yes}}<p title='{{/yes}}", "another part of HTML is open" },
    };
    const page v = value();
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) check_page(rows[i][0], &v, rows[i][1]);
    check_refused(refused, EDO_COUNT(refused));
}

static void value_as_json_stays_one(void **state) {
    static const char *const rows[][2] = {
        { "<script type=\"application/json\">{{@items}}</script>{{x}}",
          "<script "
          "type=\"application/json\">[{\"name\":\"\\u003c/script\\u003e\\u0026\",\"count\":1},"
          "{\"name\":\"b\",\"count\":2}]</script>" X },
        { "<script id=a type='application/ld+json' async>{\"a\": {{@one}}, \"b\": {{@note}}, "
          "\"c\": {{@n}}}</script>",
          "<script id=a type='application/ld+json' async>{\"a\": {\"name\":\"b\",\"count\":2}, "
          "\"b\": null, \"c\": 7}</script>" },
        { "<p data-one=\"{{@one}}\">{{@yes}} {{@x}}",
          "<p data-one=\"{&quot;name&quot;:&quot;b&quot;,&quot;count&quot;:2}\">true "
          "&quot;\\&quot;&gt; &lt;b&gt;&#39;&quot;" },
        { "{{#items}}{{@.}};{{/items}}", "{&quot;name&quot;:&quot;&lt;/"
                                         "script&gt;&amp;&quot;,&quot;count&quot;:1};{&quot;name&"
                                         "quot;:&quot;b&quot;,&quot;count&quot;:2};" },
    };
    const page v = value();
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) check_page(rows[i][0], &v, rows[i][1]);
}

static void json_that_finds_no_memory_leaves_the_page_as_it_was(void **state) {
    static char large[256u << 10];
    page v = value();
    edo_template *t;
    edo_buf out = { 0 };
    (void)state;
    memset(large, 'a', sizeof large);
    v.one.name = (edo_str){ large, sizeof large };
    assert_int_equal(edo_template_new(&t, EDO_STR("a{{@one}}"), &page_desc, NULL), 0);
    assert_int_equal(edo_buf_reserve(&out, 2 * sizeof large), 0);
    fail_alloc_in = 1;
    assert_int_equal(edo_template_render(t, &v, &out), -ENOMEM);
    fail_alloc_in = 0;
    assert_int_equal(out.len, 0);
    assert_int_equal(edo_template_render(t, &v, &out), 0);
    assert_true(out.len > sizeof large);
    edo_buf_deinit(&out);
    edo_template_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stay_values_where_they_stand),
        cmocka_unit_test(where_a_value_would_be_more_the_template_is_refused),
        cmocka_unit_test(plain_text_has_no_such_places),
        cmocka_unit_test(scheme_of_an_address_is_one_of_three),
        cmocka_unit_test(address_whose_beginning_is_a_text_is_a_path),
        cmocka_unit_test(address_that_is_good_is_printed_whatever_sections_stand_before),
        cmocka_unit_test(else_begins_where_its_section_begins),
        cmocka_unit_test(value_as_json_stays_one),
        cmocka_unit_test(json_that_finds_no_memory_leaves_the_page_as_it_was),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
