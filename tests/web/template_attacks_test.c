/* SPDX-License-Identifier: MIT */
/* Goal: no template that compiles lets a value out of its place, however its text hides where that
 * is; and what is right compiles.
 * Method: rows of templates, each with the way in which a value would get out, that are refused
 * with why; and of those that look alike and are not. */
#include "web_server.h"

#include <edo/template.h>

#include <errno.h>
#include <stdlib.h>

typedef struct item {
    edo_str name;
} item;
EDO_DESCRIBE(item, EDO_FIELD(item, name))

typedef struct secret {
    int kind;
    int number;
} secret;
EDO_DESCRIBE_UNION(secret, kind, EDO_UNIT(0, "none"),
                   EDO_FIELD(secret, number, .tag = 1, .secret = true))

typedef struct page {
    edo_str a, b;
    bool yes, no;
    int64_t n;
    double f;
    edo_bytes pic;
    item *items;
    size_t items_n;
    secret token;
} page;
EDO_DESCRIBE(page, EDO_FIELD(page, a), EDO_FIELD(page, b), EDO_FIELD(page, yes),
             EDO_FIELD(page, no), EDO_FIELD(page, n), EDO_FIELD(page, f), EDO_FIELD(page, pic),
             EDO_FIELD_LIST_OF(page, items, items_n, item_desc),
             EDO_FIELD_OF(page, token, secret_desc))

#define LITERAL(text)                                                                              \
    { "" text, sizeof(text) - 1 }

static const edo_template_partial partials[] = {
    { "value", LITERAL("{{a}}") },
    { "attribute", LITERAL(" title=\"{{a}}\"") },
    { "typed", LITERAL(" type=\"text/javascript\"") },
    { "equiv", LITERAL(" http-equiv=refresh") },
    { "hides", LITERAL("<!--") },
    { "empty", LITERAL("") },
    { "slash", LITERAL("/") },
    { "letter", LITERAL("a") },
    { "amp", LITERAL("&") },
    { "colon", LITERAL(":") },
    { "feed", LITERAL("feed:a") },
    { "escape", LITERAL("&bsol") },
    { "lines", LITERAL("<p>\n<p") },
};
#define OPTIONS                                                                                    \
    &(edo_template_opts) {                                                                         \
        .name = "p", .partials = partials, .partials_n = EDO_COUNT(partials)                       \
    }

typedef struct refused_row {
    const char *text, *why;
} refused_row;

static void check_refused(const refused_row *rows, size_t n) {
    for (size_t i = 0; i < n; i++) {
        edo_template *t = NULL;
        char said[512] = "it compiles";
        edo_trail_clear();
        int err = edo_template_new(&t, edo_str_of(rows[i].text), &page_desc, OPTIONS);
        if (err < 0) (void)edo_trail_print_text(said, sizeof said, err, 0);
        if (err != -EINVAL || !strstr(said, rows[i].why)) fail_msg("%s: %s", rows[i].text, said);
    }
    edo_trail_clear();
}

#define CODE      "an attribute with code takes no value"
#define GAP       "in a tag a space, / or > stands behind a section"
#define OPEN      "another part of HTML is open"
#define SCHEME    "behind a section that decides the scheme of an address : and & are refused"
#define TEXT_AND  "behind a value or a section an address has & as &amp;, or as in &page="
#define VALUE_AND "in an address & stands before a value as &amp;, or as in &page=: \""
#define TORN      "in an address & and what it begins stand in one text"
#define PART      "a value cannot be a part of a tag"
#define SCRIPT    "a script takes a value only as {{@name}}"
#define TAGS_ONLY "in noscript < begins tags only"
#define RAW_ONLY  "may be open, where < in a script, style or title is a tag: move it before"
#define STRICT    "in svg, math, select and noscript a script or style takes no value"
#define EITHER    "a section decides whose script this is: write the whole address into it"
#define ORIGIN    "has its origin in the template"

static void entities_make_no_scheme(void **state) {
    static const refused_row rows[] = {
        { "<a href=\"{{a}}&{{b}}\">", VALUE_AND },
        { "<a href=\"{{a}}&amp{{b}}\">", VALUE_AND },
        { "<a href=\"{{a}}&amp{{@n}}\">", VALUE_AND },
        { "<a href=\"&{{b}}\">", VALUE_AND },
        { "<a href=\"{{a}}&#58;alert(1)\">", TEXT_AND },
        { "<a href=\"{{a}}&colon;alert(1)\">", TEXT_AND },
        { "<a href=\"{{a}}&Tab;:alert(1)\">", TEXT_AND },
        { "<a href=\"{{a}}&NewLine;:alert(1)\">", TEXT_AND },
        { "<a href=\"{{a}}&amp&colon;alert(1)\">", TEXT_AND },
        { "<a href=\"{{a}}&am{{#no}}p{{/no}};alert(1)\">", TORN },
        { "<a href=\"{{a}}&{{#no}}a{{/no}}#58;alert(1)\">", TORN },
        { "<a href=\"{{a}}{{#yes}}&{{/yes}}#58;alert(1)\">", TORN },
        { "<a href=\"{{a}}{{#yes}}&{{/yes}}{{^yes}}&a{{/yes}}#58;alert(1)\">", TORN },
        { "<a href=\"{{a}}&{{#yes}}{{/yes}}#58;alert(1)\">", TEXT_AND },
        { "<a href=\"{{a}}&{{>empty}}#58;alert(1)\">", TEXT_AND },
        { "<a href=\"{{a}}&{{>slash}}#58;alert(1)\">", TEXT_AND },
        { "<a href=\"{{a}}&{{>letter}}#58;alert(1)\">", TEXT_AND },
        { "<a href=\"{{a}}{{>amp}}#58;alert(1)\">", TORN },
        { "<a href=\"&#106;avascript:{{a}}\">", CODE },
        { "<a href=\"javascript&colon;{{a}}\">", CODE },
        { "<a href=\"java&Tab;{{a}}\">", CODE },
        { "<a href=\"{{#no}}a{{/no}}&{{b}}\">", VALUE_AND },
        { "<a href=\"{{>value}}&{{b}}\">", VALUE_AND },
        { "<script src='a&amp;b={{n}}'></script>", CODE },
        { "<a href=\"{{>value}}:{{b}}\">", "a value cannot be the scheme of an address" },
        { "<a href=\"{{#no}}/{{/no}}javascript:{{b}}\">", "cannot be the scheme of an address" },
        { "<a href=\"{{#no}}x{{/no}}javascript:{{b}}\">", CODE },
        { "<a href=\"java{{#no}}x{{/no}}script:{{b}}\">", CODE },
        { "<a href=\"{{#items}}java{{/items}}{{#items}}script{{/items}}:{{b}}\">", CODE },
        { "<a href=\"feed:{{b}}\">", CODE },
        { "<a href=\"{{^no}}{{a}}{{/no}}{{#no}}feed:{{/no}}{{^no}}s:{{/no}}\">", SCHEME },
        { "<img src=\"{{^no}}data:image/a{{/no}}{{#no}}{{a}}{{/no}}s:\">", SCHEME },
        { "<img src=\"{{#no}}{{a}}{{/no}}{{^no}}data:image/a{{/no}}&#58;\">", SCHEME },
        { "<img src=\"{{#no}}{{a}}{{/no}}{{^no}}data:image/a{{/no}}{{n}}\">", CODE },
        { "<img src=\"{{#no}}{{a}}{{/no}}{{^no}}data:image/a{{/no}}{{>colon}}\">", SCHEME },
        { "<a href=\"{{#no}}{{a}}{{/no}}{{^no}}feed:{{/no}}{{#no}}/{{/no}}:\">", SCHEME },
        { "<a href=\"{{>feed}}\">", "it decides the scheme of an address" },
    };
    (void)state;
    check_refused(rows, EDO_COUNT(rows));
}

static void comments_take_no_value(void **state) {
    static const refused_row rows[] = {
        { "<!--{{a}}-->", "{{! }} leaves a comment out: \"a\"" },
        { "<!-- {{a}} -->", "a comment takes no value" },
        { "<!-- {{n}} -->", "a comment takes no value" },
        { "<!-- {{@a}} -->", "a comment takes no value" },
        { "<!-- -{{a}}> -->", "a comment takes no value" },
        { "<!-{{a}}", PART },
        { "<!{{a}}>", PART },
        { "<?{{a}}>", PART },
        { "<![CDATA[{{a}}]]>", "HTML has no CDATA" },
    };
    (void)state;
    check_refused(rows, EDO_COUNT(rows));
}

static void section_is_checked_for_where_it_may_begin_again(void **state) {
    static const refused_row rows[] = {
        { "<a href=\"{{#items}}:{{name}}{{/items}}\">", "cannot be the scheme of an address" },
        { "<a href=\"java{{#items}}script:{{name}}x{{/items}}\">", CODE },
        { "<s{{#items}}cript {{/items}}>", OPEN },
        { "<b{{#items}} x{{/items}}a>", GAP },
        { "<b{{#items}}x{{/items}}>", GAP },
        { "<p {{#items}}a{{/items}}>", GAP },
        { "<p {{#items}}a=\"{{name}}\"b{{/items}}>", GAP },
        { "<script {{#items}}type='a+json'{{/items}}>{{@a}}</script>", SCRIPT },
        { "<meta {{#items}}content='{{name}}' http-equiv=refresh{{/items}}>",
          "http-equiv stands before content" },
        { "<meta{{#items}} content='{{name}}'{{/items}} http-equiv=refresh>",
          "http-equiv stands before content" },
        { "<a href=\"{{#items}}{{#items}}{{name}}{{/items}}:{{/items}}\">",
          "cannot be the scheme of an address" },
    };
    (void)state;
    check_refused(rows, EDO_COUNT(rows));
}

static void name_of_a_tag_is_not_hidden(void **state) {
    static const refused_row rows[] = {
        { "<s{{#no}} a{{/no}}cript>{{a}}</script>", GAP },
        { "<s{{>attribute}}cript>{{a}}</script>", GAP },
        { "<p{{#no}} a{{/no}}='{{a}}'>", GAP },
        { "<p on{{#no}} a{{/no}}click='{{a}}'>", GAP },
        { "<p on{{#no}} {{/no}}click='{{a}}'>", GAP },
        { "<p onclick{{#no}} a{{/no}} ='{{a}}'>", "the name of an attribute is missing" },
        { "<p onclick/{{#no}}a{{/no}} ='{{a}}'>", "the name of an attribute is missing" },
        { "<p a=b{{#no}} c{{/no}}onclick='{{a}}'>", GAP },
        { "<p a={{#no}}b{{/no}} onclick='{{a}}'>", OPEN },
    };
    (void)state;
    check_refused(rows, EDO_COUNT(rows));
}

static void text_is_read_over_tags_of_the_template(void **state) {
    static const refused_row rows[] = {
        { "<textarea></text{{! c }}area><p title={{a}}>", "an attribute needs quotes around" },
        { "<textarea></text{{#no}}{{/no}}area><p title={{a}}>", "needs quotes around" },
        { "<script><!-{{! c }}-<scr{{! c }}ipt></script>{{a}}", "hides where it ends" },
        { "<textarea><{{a}}", PART },
        { "<textarea></text{{a}}", PART },
        { "<scr{{! c }}ipt>{{a}}</script>", SCRIPT },
        { "<p on{{! c }}click='{{a}}'>", CODE },
        { "<a href='java{{! c }}script:{{a}}'>", CODE },
        { "<!{{! c }}-{{! c }}-{{a}}", "a comment takes no value" },
        { "<!-- -{{! c }}-{{! c }}><p title={{a}}>", "needs quotes around" },
        { "<title><a href='</title><p title={{a}}>", "needs quotes around" },
        { "<script type=application/json><!-{{@n}}</script>", PART },
        { "<script type=application/json>{{>hides}}</script>", OPEN },
    };
    (void)state;
    check_refused(rows, EDO_COUNT(rows));
}

static void first_of_two_attributes_counts(void **state) {
    static const refused_row rows[] = {
        { "<script type=\"text/javascript\" type=\"application/json\">{{@a}}</script>", SCRIPT },
        { "<script type type=\"application/json\">{{@a}}</script>", SCRIPT },
        { "<script type= type=\"application/json\">{{@a}}</script>", SCRIPT },
        { "<script type=\"\" type=\"application/json\">{{@a}}</script>", SCRIPT },
        { "<script type{{#no}} a{{/no}} type=\"application/json\">{{@a}}</script>", SCRIPT },
        { "<script {{#no}}type=\"module\"{{/no}} type=\"application/json\">{{@a}}</script>",
          SCRIPT },
        { "<script{{>typed}} type=\"application/json\">{{@a}}</script>", SCRIPT },
        { "<script type=\"text/javascript;a+json\">{{@a}}</script>", SCRIPT },
        { "<script type=\"json\">{{@a}}</script>", SCRIPT },
        { "<script type=\"{{a}}/json\"></script>", CODE },
        { "<script type=\"{{>value}}\"></script>", CODE },
        { "<script{{#no}} type=\"module\"{{/no}} type=\"{{a}}\"></script>", CODE },
        { "<script type=\"{{#no}}text/{{/no}}json\">{{@a}}</script>", SCRIPT },
        { "<script type=\"importmap\">{{@a}}</script>", SCRIPT },
        { "<a href=\"/\" href=\"javascript:{{a}}\">", CODE },
    };
    (void)state;
    check_refused(rows, EDO_COUNT(rows));
}

static void foreign_content_is_read_in_both_ways(void **state) {
    static const refused_row rows[] = {
        { "<svg><style>{{n}}</style>", STRICT },
        { "<svg><style><a title='</style>{{a}}", RAW_ONLY },
        { "<svg><title><a title='</title>{{a}}", RAW_ONLY },
        { "<math><xmp><a title='</xmp>{{a}}", RAW_ONLY },
        { "<svg><p><math></svg><style><a title=</style>{{a}}>", RAW_ONLY },
        { "<math><p><svg></math><style><a title=</style>{{a}}>", RAW_ONLY },
        { "<svg><foreignObject><p>a</p></foreignObject></svg><script>if (a<b) c()</script>",
          RAW_ONLY },
        { "<svg><script type='application/json'>{{@a}}</script>", STRICT },
        { "<select><style>{{n}}</style>", STRICT },
        { "<select><title><a title='</title>{{a}}", RAW_ONLY },
        { "<noscript><p title='</noscript>'>", TAGS_ONLY },
        { "<noscript><!-- </noscript> -->", TAGS_ONLY },
        { "<noscript><p </noscript>", TAGS_ONLY },
        { "<noscript></</noscript>", TAGS_ONLY },
        { "<svg><foreignObject><p></svg></p></foreignObject><style>{{n}}</style>", STRICT },
        { "<svg><desc><p></svg></desc><style>{{n}}</style>", STRICT },
        { "<svg><desc></svg><style>{{n}}</style>", STRICT },
        { "<svg><desc></g><p></desc></svg><style>{{n}}</style>", STRICT },
        { "<svg></math><style>{{n}}</style>", STRICT },
        { "<svg><svg></svg><style>{{n}}</style>", STRICT },
        { "<svg /{{#no}}a{{/no}}><style>{{n}}</style>", STRICT },
        { "<svg {{#no}}a=b{{/no}}/></svg><style>{{n}}</style>", STRICT },
        { "<svg{{#no}} a=b{{/no}}/></svg><style>{{n}}</style>", STRICT },
        { "<svg a=b/><style>{{n}}</style>", STRICT },
        { "<svg / ><style>{{n}}</style>", STRICT },
        { "<svg /{{>empty}}></svg><style>{{n}}</style>", STRICT },
        { "<svg{{>slash}}></svg><style>{{n}}</style>", OPEN },
        { "<svg/><math></svg><style>{{n}}</style>", STRICT },
        { "<svg><desc></svg/><style>{{n}}</style>", STRICT },
        { "<noscript><svg></noscript><style>{{n}}</style>", STRICT },
        { "<noscript><svg></noscript></svg><style>{{n}}</style>", STRICT },
        { "<noscript><select></noscript><style>{{n}}</style>", STRICT },
        { "<svg><noscript></svg></noscript><style>{{n}}</style>", STRICT },
        { "<noscript><svg><style>{{n}}</style></svg></noscript>", STRICT },
        { "<select><noscript></select></noscript><style>{{n}}</style>", STRICT },
        { "<select><template></select></template><style>{{n}}</style>", STRICT },
        { "<template><col><style>{{n}}</style>", STRICT },
        { "<template><col><template></template><style>{{n}}</style>", STRICT },
        { "<template>{{#no}}<col>{{/no}}<style>{{n}}</style>", STRICT },
        { "<template><col><template><col></template><style>{{n}}</style>", STRICT },
        { "<frameset><style>{{n}}</style>", STRICT },
        { "{{#yes}}<svg>{{/yes}}<style>{{n}}</style>", OPEN },
        { "<svg><![CDATA[ > <p title=' ]]>{{a}}", "HTML has no CDATA" },
    };
    (void)state;
    check_refused(rows, EDO_COUNT(rows));
}

static void code_is_found_where_it_is_rare(void **state) {
    static const refused_row rows[] = {
        { "<svg><a href='#'><animate attributeName=href to='{{a}}'/></a></svg>", CODE },
        { "<svg><SET from='{{a}}'/>", CODE },
        { "<svg><animate values='#;{{a}}'/>", CODE },
        { "<svg><animateTransform by='{{a}}'/>", CODE },
        { "<svg><animate attributeName='{{a}}' to='javascript:x'/>", CODE },
        { "<meta http-equiv=refresh content='0;url={{a}}'>", CODE },
        { "<meta content='0;url={{a}}' http-equiv=refresh>", "http-equiv stands before content" },
        { "<meta http-equiv='{{a}}' content='0;url=/'>", CODE },
        { "<meta charset='{{a}}'>", CODE },
        { "<meta{{>equiv}} content='{{a}}'>", OPEN },
        { "<link rel='{{a}}' href='/'>", CODE },
        { "<p onclick='go(&#{{n}};)'>", CODE },
        { "<p style='a: \\{{n}}'>", CODE },
        { "<p onclick='a<!-{{n}}'>", CODE },
        { "<p style='a: &bsol;{{n}}'>", CODE },
        { "<p onclick='a<!&#45;{{n}}'>", CODE },
        { "<p style='a: &amp;&#92;3{{n}}'>", CODE },
        { "<p style='a: {{#no}}&bsol{{/no}};{{n}}'>", CODE },
        { "<p style='a: {{#no}}&bsol{{/no}}quot;{{n}}'>", CODE },
        { "<p style='a: {{>escape}};{{n}}'>", CODE },
        { "<p onclick='go({{@n}})'>", CODE },
        { "<p onclick='go({{pic}})'>", CODE },
        { "<a href='javascript:go(\"%{{n}}\")'>", CODE },
        { "<style>a { b: \\{{n}} }</style>", "a style takes no value but a number" },
        { "<style>p { content: '<\\{{n}}' }</style>", "a style takes no value but a number" },
        { "<style>p { content: '</\\{{n}}' }</style>", "a style takes no value but a number" },
        { "<style>p { content: '<a\\{{n}}' }</style>", "a style takes no value but a number" },
        { "<style>p { content: '<!\\{{n}}' }</style>", "a style takes no value but a number" },
        { "<iframe sandbox='{{a}}'>", CODE },
        { "<iframe allow='camera {{a}}'>", CODE },
        { "<object type='{{a}}'>", CODE },
        { "<embed type='{{a}}' src='/'>", CODE },
        { "<style>a { b: {{pic}} }</style>", "a style takes no value but a number" },
        { "<a href='data:image/png;base64,{{pic}}'>", CODE },
        { "<img src='data:text/html;base64,{{pic}}'>", "data: takes only the bytes of an image" },
        { "<img src='data:image/png;base64,{{a}}'>", "data: takes only the bytes of an image" },
    };
    (void)state;
    check_refused(rows, EDO_COUNT(rows));
}

static void origin_of_a_script_is_the_templates(void **state) {
    static const refused_row rows[] = {
        { "<script src='{{a}}'></script>", ORIGIN },
        { "<script src='/{{a}}'></script>", ORIGIN },
        { "<script src='/\t{{a}}'></script>", ORIGIN },
        { "<script src='//{{a}}'></script>", ORIGIN },
        { "<script src='//h{{a}}'></script>", ORIGIN },
        { "<script src='/\\h{{a}}'></script>", ORIGIN },
        { "<script src='https://{{a}}'></script>", ORIGIN },
        { "<script src='https://h{{a}}'></script>", ORIGIN },
        { "<script src='https:/{{a}}'></script>", ORIGIN },
        { "<script src='js{{a}}'></script>", ORIGIN },
        { "<script src='{{>value}}'></script>", "value:1:1: the address of a script" },
        { "<script src='{{>value}}/js/{{b}}'></script>", CODE },
        { "<script src='/js/{{#no}}a{{/no}}{{a}}' src='{{a}}'></script>", ORIGIN },
        { "<script src='{{#no}}/js/{{/no}}{{a}}'></script>", EITHER },
        { "<script src='{{#no}}https://h{{/no}}/js/a.js?v={{n}}'></script>", EITHER },
        { "<script src='{{#no}}/js/{{/no}}{{^no}}h{{/no}}/{{a}}'></script>", EITHER },
        { "<script src='{{#no}}/js/{{/no}}{{^no}}{{/no}}a:/b/c?{{a}}'></script>", EITHER },
        { "<script src='{{#no}}/{{/no}}{{>value}}'></script>", "a section decides whose script" },
        { "<script src='&#47;&#47;{{a}}'></script>", CODE },
        { "<svg><script href='{{a}}'></script>", ORIGIN },
        { "<svg><script xlink:href='{{a}}'></script>", ORIGIN },
        { "<base href='{{a}}'>", ORIGIN },
    };
    (void)state;
    check_refused(rows, EDO_COUNT(rows));
}

static void end_of_a_partial_has_its_line(void **state) {
    static const refused_row rows[] = {
        { "{{>lines}}", "lines:2:3: where it ends another part of HTML is open" },
    };
    (void)state;
    check_refused(rows, EDO_COUNT(rows));
}

/* ---- Right ones ------------------------------------------------------------------------------ */

static item items[] = { { LITERAL("c") }, { LITERAL("<d>") } };

static page value(void) {
    return (page){ .a = EDO_STR("javascript:\"<a"),
                   .b = EDO_STR(":alert(1)"),
                   .yes = true,
                   .n = -7,
                   .f = 1.5,
                   .pic = { .str = EDO_STR("PNG") },
                   .items = items,
                   .items_n = 2,
                   .token = { 1, 42 } };
}

static void check_page(const char *text, const char *want) {
    const page v = value();
    edo_template *t = NULL;
    edo_buf out = { 0 };
    int err = edo_template_new(&t, edo_str_of(text), &page_desc, OPTIONS);
    if (err < 0) {
        char said[512];
        (void)edo_trail_print_text(said, sizeof said, err, 0);
        fail_msg("%s: %s", text, said);
    }
    assert_int_equal(edo_template_render(t, &v, &out), 0);
    assert_int_equal(edo_buf_append(&out, "", 1), 0);
    assert_string_equal(out.ptr, want);
    edo_template_free(t);
    edo_buf_deinit(&out);
}

#define A "javascript:&quot;&lt;a"

static void what_is_right_compiles(void **state) {
    static const char *const rows[][2] = {
        { "<option value=1{{#yes}} selected{{/yes}}>{{a}}", "<option value=1 selected>" A },
        { "<input{{#yes}} checked{{/yes}}/>{{a}}", "<input checked/>" A },
        { "<input {{#yes}}checked {{/yes}}name=\"{{a}}\">", "<input checked name=\"" A "\">" },
        { "<h{{#yes}}1{{/yes}}>{{a}}</h1>", "<h1>" A "</h1>" },
        { "<p{{#items}} data-a=\"{{name}}\"{{/items}}>", "<p data-a=\"c\" data-a=\"&lt;d&gt;\">" },
        { "<p class=\"{{#items}}{{name}} {{/items}}\">", "<p class=\"c &lt;d&gt; \">" },
        { "<a href=\"http{{#yes}}s{{/yes}}://host/{{b}}\">",
          "<a href=\"https://host/:alert(1)\">" },
        { "<a href=\"{{#yes}}https{{/yes}}{{#no}}http{{/no}}://{{b}}\">",
          "<a href=\"https://:alert(1)\">" },
        { "<a href=\"{{#items}}/{{name}}{{/items}}\">", "<a href=\"/c/&lt;d&gt;\">" },
        { "<a href=\"{{n}}{{a}}{{b}}\">", "<a href=\"-7#:alert(1)\">" },
        { "<a href=\"java{{b}}\">", "<a href=\"java#\">" },
        { "<a href='{{n}}&amp;page={{n}}'><a href='{{n}}&page={{n}}&amp;a[]={{a}}'>",
          "<a href='-7&amp;page=-7'><a href='-7&page=-7&amp;a[]=" A "'>" },
        { "<a href='{{a}}&amp;{{b}}'><a href='a&amp;{{a}}'><a href='{{n}}&'>",
          "<a href='#&amp;:alert(1)'><a href='a&amp;" A "'><a href='-7&'>" },
        { "<a href='{{n}}{{#yes}}&amp;p={{n}}{{/yes}}{{#yes}}&q={{b}}{{/yes}}'>",
          "<a href='-7&amp;p=-7&q=:alert(1)'>" },
        { "<a href='{{n}}&{{! c }}am{{>empty}}p;{{a}}'>", "<a href='-7&am"
                                                          "p;" A "'>" },
        { "<a href=\"m&#97;ilto:a@b\">{{a}}", "<a href=\"m&#97;ilto:a@b\">" A },
        { "<script>a<!--b; if (c<d) e(\"<scripts\")\n--></script>{{a}}",
          "<script>a<!--b; if (c<d) e(\"<scripts\")\n--></script>" A },
        { "<p style=\"width: {{n}}px; left: {{f}}%\" onclick=\"go({{n}}, {{yes}})\">",
          "<p style=\"width: -7px; left: 1.5%\" onclick=\"go(-7, true)\">" },
        { "<style>p { width: {{n}}px }</style>", "<style>p { width: -7px }</style>" },
        { "<a onclick=\"go(&quot;{{n}}&quot;, &#39;{{n}}&#39;); "
          "a&lt;{{n}}&amp;{{n}}&amp;&amp;{{n}}\">",
          "<a onclick=\"go(&quot;-7&quot;, &#39;-7&#39;); a&lt;-7&amp;-7&amp;&amp;-7\">" },
        { "<img src=\"{{#n}}{{a}}{{/n}}{{^n}}data:image/gif;base64,R0lG{{/n}}\">",
          "<img src=\"#\">" },
        { "<a href=\"{{^no}}javascript:void(0){{/no}}{{#no}}{{a}}{{/no}}\">{{a}}",
          "<a href=\"javascript:void(0)\">" A },
        { "<template><table><colgroup><col></colgroup></table></template><style>p{{n}}{}</style>",
          "<template><table><colgroup><col></colgroup></table></template><style>p-7{}</style>" },
        { "<img src=\"data:image/png;base64,{{pic}}\">",
          "<img src=\"data:image/png;base64,UE5H\">" },
        { "<script type=\"application/manifest+json\">{{@n}}</script>",
          "<script type=\"application/manifest+json\">-7</script>" },
        { "<script type='application/ld+json; charset=utf-8'{{>attribute}}>{{@n}}</script>",
          "<script type='application/ld+json; charset=utf-8' title=\"" A "\">-7</script>" },
        { "<script type=application/json type=module>{{@n}}</script>",
          "<script type=application/json type=module>-7</script>" },
        { "<p icon=\"{{a}}\" action=\"{{a}}\" data=\"{{a}}\" data-action=\"{{a}}\">",
          "<p icon=\"" A "\" action=\"" A "\" data=\"" A "\" data-action=\"" A "\">" },
        { "<form action=\"{{a}}\"><object data=\"{{a}}\">",
          "<form action=\"#\"><object data=\"#\">" },
        { "<meta name=description content=\"{{a}}\"><meta http-equiv=refresh content=\"{{n}}\">",
          "<meta name=description content=\"" A "\"><meta http-equiv=refresh content=\"-7\">" },
        { "<script src=\"/app-{{a}}.js\"></script><script src=\"https://h/{{b}}\"></script>",
          "<script src=\"/app-" A ".js\"></script><script src=\"https://h/:alert(1)\"></script>" },
        { "<script src='{{#no}}https://h/a?v={{n}}{{/no}}{{^no}}/a?v={{n}}{{/no}}&amp;b={{a}}'>"
          "</script>",
          "<script src='/a?v=-7&amp;b=" A "'></script>" },
        { "<script src=\"js/{{n}}\"></script><script src=\"/a.js?{{a}}\"></script>",
          "<script src=\"js/-7\"></script><script src=\"/a.js?" A "\"></script>" },
        { "<textarea>\n{{a}}</textarea><title>{{a}}</title>",
          "<textarea>\n" A "</textarea><title>" A "</title>" },
        { "<![if IE]><p><![endif]>{{a}}", "<![if IE]><p><![endif]>" A },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) check_page(rows[i][0], rows[i][1]);
}

/* svg, math, select and noscript, and what is behind them. */
static void what_is_read_in_two_ways_takes_what_is_the_same_in_both(void **state) {
    static const char *const rows[][2] = {
        { "<svg viewBox=\"0 0 {{n}} 1\"><title>{{a}}</title><desc>{{a}}</desc><g to=\"{{a}}\"/>"
          "</svg><style>p{{n}}{}</style>",
          "<svg viewBox=\"0 0 -7 1\"><title>" A "</title><desc>" A "</desc><g to=\"" A "\"/>"
          "</svg><style>p-7{}</style>" },
        { "<svg><animate to=\"{{n}}\"/><style>a > b {}</style></svg>",
          "<svg><animate to=\"-7\"/><style>a > b {}</style></svg>" },
        { "<select><!-- <option>old</option> --><option title='a < b'>{{a}}</select>",
          "<select><!-- <option>old</option> --><option title='a < b'>" A "</select>" },
        { "<svg><!-- <g> --><a href='/{{a}}' title='<g>'></svg>{{a}}",
          "<svg><!-- <g> --><a href='/" A "' title='<g>'></svg>" A },
        { "<svg><foreignObject><p>a</p></foreignObject></svg><a title='a < b'><!-- <p> -->{{a}}",
          "<svg><foreignObject><p>a</p></foreignObject></svg><a title='a < b'><!-- <p> -->" A },
        { "<svg/><svg viewBox='0'/><svg><g/><desc/><svg/></svg><style>p{{n}}{}</style>",
          "<svg/><svg viewBox='0'/><svg><g/><desc/><svg/></svg><style>p-7{}</style>" },
        { "<br{{>slash}}><p {{#yes}}/{{/yes}}>{{a}}", "<br/><p />" A },
        { "<noscript><svg><g/></svg><select><option>a</select></noscript><style>p{{n}}{}</style>",
          "<noscript><svg><g/></svg><select><option>a</select></noscript><style>p-7{}</style>" },
        { "<math><mi>{{a}}</mi></math><script type=\"application/json\">{{@n}}</script>",
          "<math><mi>" A "</mi></math><script type=\"application/json\">-7</script>" },
        { "<select><option>{{a}}</select><noscript><p>{{a}}</noscript><script>a<b</script>",
          "<select><option>" A "</select><noscript><p>" A "</noscript><script>a<b</script>" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) check_page(rows[i][0], rows[i][1]);
}

static size_t asked_most; /* bytes of the largest block of memory */

static void *alloc_asked(void *arg, size_t n) {
    (void)arg;
    if (n > asked_most) asked_most = n;
    return malloc(n);
}

static void *realloc_asked(void *arg, void *old, size_t n) {
    (void)arg;
    if (n > asked_most) asked_most = n;
    return realloc(old, n);
}

static void free_asked(void *arg, void *memory) {
    (void)arg;
    free(memory);
}

static void union_whose_value_is_a_secret_is_null(void **state) {
    (void)state;
    check_page("{{@token}}", "null");
}

static void json_ends_where_the_page_would(void **state) {
    static item many[20000];
    const page v = { .items = many, .items_n = EDO_COUNT(many) };
    edo_template *t = NULL;
    edo_buf out = { 0 };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(many); i++) many[i].name = EDO_STR("name");
    assert_int_equal(edo_template_new(&t, EDO_STR("{{@items}}"), &page_desc,
                                      &(edo_template_opts){ .bytes_max = 1000 }),
                     0);
    asked_most = 0;
    assert_int_equal(edo_template_render(t, &v, &out), -EMSGSIZE);
    assert_in_range(asked_most, 1, 16384);
    assert_int_equal(out.len, 0);
    edo_buf_deinit(&out);
    edo_template_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entities_make_no_scheme),
        cmocka_unit_test(comments_take_no_value),
        cmocka_unit_test(section_is_checked_for_where_it_may_begin_again),
        cmocka_unit_test(name_of_a_tag_is_not_hidden),
        cmocka_unit_test(text_is_read_over_tags_of_the_template),
        cmocka_unit_test(first_of_two_attributes_counts),
        cmocka_unit_test(foreign_content_is_read_in_both_ways),
        cmocka_unit_test(code_is_found_where_it_is_rare),
        cmocka_unit_test(origin_of_a_script_is_the_templates),
        cmocka_unit_test(end_of_a_partial_has_its_line),
        cmocka_unit_test(what_is_right_compiles),
        cmocka_unit_test(what_is_read_in_two_ways_takes_what_is_the_same_in_both),
        cmocka_unit_test(union_whose_value_is_a_secret_is_null),
        cmocka_unit_test(json_ends_where_the_page_would),
    };
    static const edo_allocator asked = { .alloc = alloc_asked,
                                         .realloc = realloc_asked,
                                         .free = free_asked };
    assert_int_equal(edo_set_allocator(&asked), 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
