/* SPDX-License-Identifier: MIT */
/* main.c: a blog: articles, comments, and pages from templates, all in memory.
 *
 *     blog [HOST:PORT]        then open http://127.0.0.1:8080 */
#include "pages.h"

#include <edo/layers.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

typedef struct state {
    blog blog;
    pages pages;
} state;

/* ---- Pages ----------------------------------------------------------------------------------- */

static int show_front(edo_web *w) {
    state *s = edo_web_state(w);
    int err = edo_rwlock_read(&s->blog.lock);
    if (err < 0) return err;
    size_t n = s->blog.articles_n < FRONT_MAX ? s->blog.articles_n : FRONT_MAX;
    const front_page page = { "Notes from the event loop", blog_newest(&s->blog), n };
    err = edo_web_reply_template(w, EDO_STATUS_OK, s->pages.front, &page);
    edo_rwlock_unlock(&s->blog.lock);
    return err;
}

static int show_fault(edo_web *w, edo_status status, fault_page *page) {
    const state *s = edo_web_state(w);
    return edo_web_reply_template(w, status, s->pages.fault, page);
}

static int show_nothing(edo_web *w) {
    return show_fault(w, EDO_STATUS_NOT_FOUND,
                      &(fault_page){ "Not found", EDO_STR("There is no such page."), NULL, 0 });
}

typedef struct article_key {
    int64_t id;
} article_key;
EDO_DESCRIBE(article_key, EDO_FIELD(article_key, id, .min = 1))

static int show_article(edo_web *w) {
    state *s = edo_web_state(w);
    article_key key = { 0 };
    int err = edo_web_params(w, &key, &article_key_desc); // on failure a response has been made
    if (err == 0) err = edo_rwlock_read(&s->blog.lock);
    if (err < 0) return err;
    article_page page = { .article = blog_find(&s->blog, key.id) };
    if (page.article) {
        page.title = page.article->title;
        err = edo_web_reply_template(w, EDO_STATUS_OK, s->pages.article, &page);
    }
    edo_rwlock_unlock(&s->blog.lock);
    return page.article ? err : show_nothing(w);
}

static int show_form(edo_web *w) {
    const state *s = edo_web_state(w);
    const front_page page = { .title = "Write an article" };
    return edo_web_reply_template(w, EDO_STATUS_OK, s->pages.write, &page);
}

/* ---- Forms ----------------------------------------------------------------------------------- */

typedef struct article_form {
    edo_str title, by, text;
} article_form;
EDO_DESCRIBE(article_form, EDO_FIELD(article_form, title, .min_len = 1, .max_len = 400),
             EDO_FIELD(article_form, by, .min_len = 1, .max_len = 160),
             EDO_FIELD(article_form, text, .min_len = 1, .max_len = 200000))

typedef struct comment_form {
    edo_str by, text;
} comment_form;
EDO_DESCRIBE(comment_form, EDO_FIELD(comment_form, by, .min_len = 1, .max_len = 160),
             EDO_FIELD(comment_form, text, .min_len = 1, .max_len = 8000))

static int go_to_article(edo_web *w, int64_t id) {
    char path[40];
    (void)snprintf(path, sizeof path, "/articles/%" PRId64, id);
    return edo_web_reply_redirect(w, EDO_STATUS_SEE_OTHER, edo_str_of(path));
}

static int full(edo_web *w) {
    return show_fault(w, EDO_STATUS_INSUFFICIENT_STORAGE,
                      &(fault_page){ "Full", EDO_STR("There is no room for more."), NULL, 0 });
}

static int add_article(edo_web *w) {
    state *s = edo_web_state(w);
    article_form form = { 0 };
    int err = edo_web_form(w, &form, &article_form_desc);
    if (err == 0) err = edo_rwlock_write(&s->blog.lock);
    if (err < 0) return err;
    err = blog_add_article(&s->blog, form.title, form.by, form.text);
    int64_t id = (int64_t)s->blog.articles_n;
    edo_rwlock_unlock(&s->blog.lock);
    if (err == -ENOSPC) return full(w);
    return err < 0 ? err : go_to_article(w, id);
}

static int add_comment(edo_web *w) {
    state *s = edo_web_state(w);
    article_key key = { 0 };
    comment_form form = { 0 };
    int err = edo_web_params(w, &key, &article_key_desc);
    if (err == 0) err = edo_web_form(w, &form, &comment_form_desc);
    if (err == 0) err = edo_rwlock_write(&s->blog.lock);
    if (err < 0) return err;
    article *a = blog_find(&s->blog, key.id);
    if (a) err = blog_add_comment(&s->blog, a, form.by, form.text);
    edo_rwlock_unlock(&s->blog.lock);
    if (!a) return show_nothing(w);
    if (err == -ENOSPC) return full(w);
    return err < 0 ? err : go_to_article(w, key.id);
}

/* The refusal of an extractor is a page, too. */
static int show_rejection(edo_web *w, const edo_web_rejection *why) {
    fault_line lines[32];
    fault_page page = { .title = "That did not work", .faults = lines };
    for (; page.faults_n < why->faults_n && page.faults_n < EDO_COUNT(lines); page.faults_n++) {
        const edo_fault *f = &why->faults[page.faults_n];
        lines[page.faults_n] = (fault_line){ f->field, f->detail };
    }
    if (page.faults_n == 0) page.detail = why->detail;
    return show_fault(w, why->status, &page);
}

/* ---- The program ----------------------------------------------------------------------------- */

static edo_router *routes(void) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", show_front);
    edo_router_get(r, "/articles/{id}", show_article);
    edo_router_get(r, "/write", show_form);
    edo_router_post(r, "/articles", add_article);
    edo_router_post(r, "/articles/{id}/comments", add_comment);
    edo_router_fallback(r, show_nothing);
    edo_router_on_reject(r, show_rejection);
    edo_serve_assets(r, "/static", blog_assets, EDO_COUNT(blog_assets),
                     &(edo_static_opts){ .cache_control = "max-age=3600" });
    edo_router_wrap_all(r, edo_timeout_layer(edo_s(10)));
    return r;
}

static int begin(state *s) {
    int err = pages_open(&s->pages);
    if (err < 0) return err;
    return blog_add_article(
        &s->blog, EDO_STR("Why a loop?"), EDO_STR("Ada"),
        EDO_STR("Ten thousand people read a blog, and at any moment nearly all of them read: "
                "they want nothing from the server.\n\n"
                "A thread for each of them would be ten thousand stacks that wait. A loop asks "
                "the kernel once who wants something, and serves those."));
}

static int app(void *arg) {
    static state s = { .blog.lock = EDO_RWLOCK_INIT };
    int err = begin(&s);
    const edo_web_opts opts = { .listen = arg, .announce = true, .state = &s };
    if (err == 0) err = edo_web_serve(routes(), &opts);
    if (err == -ETIMEDOUT) return err; // a handler may still run
    pages_close(&s.pages);
    edo_arena_deinit(&s.blog.arena);
    return err;
}

int main(int argc, char **argv) {
    static char usual[] = "127.0.0.1:8080";
    return edo_main(app, argc > 1 ? argv[1] : usual);
}
