/* SPDX-License-Identifier: MIT */
/* Goal: a client gets the type and the language that it likes best of those that there are, by all
 * lines of its fields together, and 406 if it takes none of the types.
 * Method: tables of requests to a router; one allocation after the other fails. */
#include "fail_alloc.h"
#include "web_asked.h"

#include <edo/web_guard.h>

static int says_kind(edo_web *w) {
    static const char *const types[] = { "application/json", "text/html", "text/plain" };
    int kind = edo_web_negotiate(w, types, EDO_COUNT(types));
    return kind < 0 ? kind : edo_web_reply_text(w, EDO_STATUS_OK, types[kind]);
}

static int has_no_types(edo_web *w) {
    static const char *const bad[] = { "text/html", "text/html;q=1" };
    CHECK_EQ(edo_web_negotiate(w, NULL, 0), -EINVAL);
    CHECK_EQ(edo_web_negotiate(w, (const char *const[]){ NULL }, 1), -EINVAL);
    CHECK_EQ(edo_web_negotiate(w, (const char *const[]){ "html" }, 1), -EINVAL);
    return edo_web_negotiate(w, bad, EDO_COUNT(bad));
}

/* A refusal is one as those of extractors, so the router's hook meets it. */
static int says_why(edo_web *w, const edo_web_rejection *why) {
    CHECK_EQ(why->code, -ENOTSUP);
    CHECK_EQ(why->status, EDO_STATUS_NOT_ACCEPTABLE);
    return edo_web_reply_text(w, why->status, "hook");
}

static edo_router *router(void) {
    edo_router *r = edo_router_new(), *hooked = edo_router_new();
    edo_router_get(hooked, "/hooked", says_kind);
    edo_router_on_reject(hooked, says_why);
    edo_router_get(r, "/", says_kind);
    edo_router_get(r, "/bad", has_no_types);
    edo_router_get(r, "/json", says_kind);
    edo_router_merge(r, hooked);
    return r;
}

#define BROWSER "accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\n"

static const web_asking cases[] = {
    { .target = "/",
      .status = 200,
      .body = "application/json",
      .header = "vary",
      .text = "accept" },
    { .target = "/", .fields = "accept:\n", .status = 200, .body = "application/json" },
    { .target = "/", .fields = "accept: , ,\n", .status = 200, .body = "application/json" },
    { .target = "/", .fields = BROWSER, .status = 200, .body = "text/html" },
    { .target = "/", .fields = "accept: */*\n", .status = 200, .body = "application/json" },
    { .target = "/", .fields = "accept: text/*\n", .status = 200, .body = "text/html" },
    { .target = "/", .fields = "accept: TEXT/Plain\n", .status = 200, .body = "text/plain" },
    { .target = "/",
      .fields = "accept: text/html;q=0.5, text/plain;q=0.501, application/json;q=0.5\n",
      .status = 200,
      .body = "text/plain" },
    { .target = "/",
      .fields = "accept: text/*, text/html;q=0\n", // the nearer range counts, whatever its weight
      .status = 200,
      .body = "text/plain" },
    // lines are one list: what one of them says of a type, no other one takes back
    { .target = "/",
      .fields = "accept: application/json;q=0\naccept: */*\n",
      .status = 200,
      .body = "text/html" },
    { .target = "/",
      .fields = "accept: text/plain;q=0.2\naccept: */*;q=0.1\naccept: text/html;q=0.3\n",
      .status = 200,
      .body = "text/html" },
    { .target = "/", .fields = "accept: text/html;q=x, image/png\n", .status = 406 },
    { .target = "/", .fields = "accept: text/html;level=1\n", .status = 406 },
    { .target = "/",
      .fields = "accept: text/html;charset=utf-8\n",
      .status = 200,
      .body = "text/html" },
    { .target = "/",
      .fields = "accept: image/gif, *; q=.2, */*; q=.2\n",
      .status = 200,
      .body = "application/json" },
    { .target = "/",
      .fields = "accept: image/png\n",
      .status = 406,
      .body = "{\"title\":\"Not Acceptable\",\"status\":406,"
              "\"detail\":\"only application/json, text/html, text/plain is here\"}",
      .header = "vary",
      .text = "accept" },
    { .target = "/", .fields = "accept: */*;q=0\n", .status = 406 },
    { .target = "/hooked", .fields = "accept: image/png\n", .status = 406, .body = "hook" },
    { .target = "/bad", .status = 500 },
};

static int each_case(void *arg) {
    edo_router *r = router();
    (void)arg;
    web_asking_each(r, cases, EDO_COUNT(cases));
    edo_router_free(r);
    return 0;
}

static void client_gets_what_it_likes_best_of_what_there_is(void **state) {
    (void)state;
    assert_int_equal(inside(each_case, NULL), 0);
}

/* ---- Languages ------------------------------------------------------------------------------- */

static int says_language(edo_web *w) {
    static const char *const languages[] = { "en", "de", "pt-BR", "zh-Hant-TW" };
    int i = edo_web_negotiate_language(w, languages, EDO_COUNT(languages));
    CHECK_EQ(edo_web_negotiate_language(w, languages, 0), -EINVAL);
    return i < 0 ? i : edo_web_reply_text(w, EDO_STATUS_OK, languages[i]);
}

#define LIKES(wish, got)                                                                           \
    { .target = "/", .fields = "accept-language: " wish "\n", .status = 200, .body = (got) }

static const web_asking wishes[] = {
    { .target = "/", .status = 200, .body = "en", .header = "vary", .text = "accept-language" },
    LIKES("", "en"),
    LIKES("fr", "en"),
    LIKES("fr, *;q=0.1", "en"),
    LIKES("de", "de"),
    LIKES("DE-at, en;q=0.9", "de"),
    LIKES("de;q=0.5, en-GB;q=0.6", "en"),
    LIKES("pt", "pt-BR"),
    LIKES("pt-PT, de;q=0.2", "de"),
    LIKES("zh-Hant", "zh-Hant-TW"),
    LIKES("zh-Han", "en"),
    LIKES("d, dee", "en"),
    LIKES("en;q=0, *;q=0.5", "de"),
    LIKES("*, en;q=0", "de"),
    LIKES("en-GB;q=0, en;q=0.5, de;q=0.4", "en"), // one region is refused, not the language
    LIKES("en;q=0", "en"),                        // nothing is left, so the first one
    LIKES("de;q=2, pt", "pt-BR"),
    LIKES("fr\naccept-language: de;q=0.5\naccept-language: pt-br;q=0.6", "pt-BR"),
};

static int each_language(void *arg) {
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_get(r, "/", says_language);
    web_asking_each(r, wishes, EDO_COUNT(wishes));
    edo_router_free(r);
    return 0;
}

static void client_gets_the_language_that_it_likes_best(void **state) {
    (void)state;
    assert_int_equal(inside(each_language, NULL), 0);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

static int without_memory(void *arg) {
    static const web_asking two_lines = {
        .target = "/",
        .fields = "accept: text/plain;q=0.5\naccept: text/html\n",
        .status = 200,
        .body = "text/html",
    };
    edo_router *r = router();
    (void)arg;
    web_asking_without_memory(r, &two_lines);
    edo_router_free(r);
    return 0;
}

static void without_memory_nothing_else_is_sent(void **state) {
    (void)state;
    assert_int_equal(inside(without_memory, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_gets_what_it_likes_best_of_what_there_is),
        cmocka_unit_test(client_gets_the_language_that_it_likes_best),
        cmocka_unit_test(without_memory_nothing_else_is_sent),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
