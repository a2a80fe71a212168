/* SPDX-License-Identifier: MIT */
/* pages.c: the templates of the blog, and its style. */
#include "pages.h"

EDO_DESCRIBE(comment, EDO_FIELD(comment, by), EDO_FIELD(comment, text), EDO_FIELD(comment, at))
EDO_DESCRIBE(article, EDO_FIELD(article, id), EDO_FIELD(article, title), EDO_FIELD(article, by),
             EDO_FIELD(article, at), EDO_FIELD_LIST(article, paragraphs, paragraphs_n),
             EDO_FIELD_LIST_OF(article, comments, comments_n, comment_desc),
             EDO_FIELD(article, comments_n, EDO_AS("comments_n")))
EDO_DESCRIBE(front_page, EDO_FIELD(front_page, title),
             EDO_FIELD_LIST_OF(front_page, articles, articles_n, article_desc))
EDO_DESCRIBE(article_page, EDO_FIELD(article_page, title),
             EDO_FIELD_PTR_OF(article_page, article, article_desc))
EDO_DESCRIBE(fault_line, EDO_FIELD(fault_line, field), EDO_FIELD(fault_line, detail))
EDO_DESCRIBE(fault_page, EDO_FIELD(fault_page, title), EDO_FIELD(fault_page, detail),
             EDO_FIELD_LIST_OF(fault_page, faults, faults_n, fault_line_desc))

#define LITERAL(text)                                                                              \
    { "" text, sizeof(text) - 1 }

static const edo_template_partial partials[] = {
    { "head", LITERAL("<!doctype html>\n"
                      "<html lang=\"en\">\n"
                      "<meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width\">\n"
                      "<title>{{title}}</title>\n"
                      "<link rel=\"stylesheet\" href=\"/static/style.css\">\n"
                      "<header><a href=\"/\">Notes from the event loop</a>"
                      " <a class=\"button\" href=\"/write\">Write</a></header>\n"
                      "<main>\n") },
    { "foot", LITERAL("</main>\n"
                      "<footer>Served by edo.</footer>\n"
                      "</html>\n") },
    { "byline", LITERAL("<p class=\"byline\">{{by}}, <time>{{at}}</time></p>\n") },
};

static const char front[] =
    "{{>head}}\n"
    "{{#articles}}\n"
    "<article>\n"
    "<h2><a href=\"/articles/{{id}}\">{{title}}</a></h2>\n"
    "{{>byline}}\n"
    "<p>{{#comments_n}}Comments: {{.}}{{/comments_n}}{{^comments_n}}No comments yet{{/comments_n}}"
    "</p>\n"
    "</article>\n"
    "{{/articles}}\n"
    "{{^articles}}\n"
    "<p>Nothing was written yet.</p>\n"
    "{{/articles}}\n"
    "{{>foot}}\n";

static const char article_text[] =
    "{{>head}}\n"
    "{{#article}}\n"
    "<article>\n"
    "<h1>{{title}}</h1>\n"
    "{{>byline}}\n"
    "{{#paragraphs}}\n"
    "<p>{{.}}</p>\n"
    "{{/paragraphs}}\n"
    "</article>\n"
    "<section>\n"
    "<h2>Comments</h2>\n"
    "{{#comments}}\n"
    "<article class=\"comment\">\n"
    "<p>{{text}}</p>\n"
    "{{>byline}}\n"
    "</article>\n"
    "{{/comments}}\n"
    "<form method=\"post\" action=\"/articles/{{id}}/comments\">\n"
    "<label>Your name <input name=\"by\" maxlength=\"40\" required></label>\n"
    "<label>Your comment <textarea name=\"text\" rows=\"3\" maxlength=\"2000\" required>"
    "</textarea></label>\n"
    "<button>Say it</button>\n"
    "</form>\n"
    "</section>\n"
    "{{/article}}\n"
    "{{>foot}}\n";

static const char write_text[] =
    "{{>head}}\n"
    "<h1>{{title}}</h1>\n"
    "<form method=\"post\" action=\"/articles\">\n"
    "<label>Title <input name=\"title\" maxlength=\"120\" required></label>\n"
    "<label>Your name <input name=\"by\" maxlength=\"40\" required></label>\n"
    "<label>Text <textarea name=\"text\" rows=\"12\" maxlength=\"50000\" required>"
    "</textarea></label>\n"
    "<button>Publish</button>\n"
    "</form>\n"
    "{{>foot}}\n";

static const char fault_text[] = "{{>head}}\n"
                                 "<h1>{{title}}</h1>\n"
                                 "<p>{{detail}}</p>\n"
                                 "{{#faults}}\n"
                                 "<p><strong>{{field}}</strong> {{detail}}</p>\n"
                                 "{{/faults}}\n"
                                 "{{>foot}}\n";

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1c1e21;--soft:#5f6670;--paper:#fdfcfa;--line:#e2ded6;"
    "--mark:#0b5c8a}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8e6e1;--soft:#9aa0a8;--paper:#17191c;"
    "--line:#33373d;--mark:#7cc4ee}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:42rem;padding:0 1.25rem 4rem;color:var(--ink);"
    "background:var(--paper);font:1.0625rem/1.65 Georgia,'Times New Roman',serif}\n"
    "header{display:flex;justify-content:space-between;align-items:center;gap:1rem;"
    "padding:1.5rem 0;border-bottom:1px solid var(--line);font-family:system-ui,sans-serif}\n"
    "header a:first-child{font-weight:650;color:inherit}\n"
    "a{color:var(--mark);text-decoration:none}a:hover{text-decoration:underline}\n"
    "h1,h2{line-height:1.25;margin:2.5rem 0 .25rem;overflow-wrap:anywhere}\n"
    "article p{white-space:pre-line;overflow-wrap:anywhere}\n"
    ".byline,article h2~p,footer{color:var(--soft);font:.875rem/1.5 system-ui,sans-serif;"
    "margin:.25rem 0}\n"
    "main>article+article{border-top:1px solid var(--line);margin-top:2rem}\n"
    ".comment{border-left:3px solid var(--line);padding:.1rem 0 .1rem 1rem;margin:1.25rem 0}\n"
    ".comment p{margin:.25rem 0}\n"
    "form{display:grid;gap:1rem;margin:2rem 0}\n"
    "label{display:grid;gap:.25rem;font:.875rem/1.5 system-ui,sans-serif;color:var(--soft)}\n"
    "input,textarea{font:inherit;font-size:1rem;color:var(--ink);background:transparent;"
    "border:1px solid var(--line);border-radius:.5rem;padding:.55rem .75rem}\n"
    "button,.button{justify-self:start;font:600 .9375rem/1 system-ui,sans-serif;"
    "color:var(--paper);background:var(--mark);border:0;border-radius:.5rem;"
    "padding:.7rem 1.1rem;cursor:pointer}\n"
    ":focus-visible{outline:2px solid var(--mark);outline-offset:2px}\n"
    "footer{margin-top:4rem;padding-top:1rem;border-top:1px solid var(--line)}\n";

const edo_asset blog_assets[] = { { "style.css", { style, sizeof style - 1 }, NULL } };

static int compile(edo_template **out, const char *name, const char *text, const edo_desc *desc) {
    const edo_template_opts opts = { .name = name,
                                     .partials = partials,
                                     .partials_n = EDO_COUNT(partials) };
    return edo_template_new(out, edo_str_of(text), desc, &opts);
}

int pages_open(pages *p) {
    int err = compile(&p->front, "front", front, &front_page_desc);
    if (err == 0) err = compile(&p->article, "article", article_text, &article_page_desc);
    if (err == 0) err = compile(&p->write, "write", write_text, &front_page_desc);
    if (err == 0) err = compile(&p->fault, "fault", fault_text, &fault_page_desc);
    return err;
}

void pages_close(pages *p) {
    edo_template_free(p->front);
    edo_template_free(p->article);
    edo_template_free(p->write);
    edo_template_free(p->fault);
}
