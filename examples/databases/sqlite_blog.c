/* SPDX-License-Identifier: MIT */
/* sqlite_blog.c: a blog in a file of SQLite, with a cache in front of it: an article and its
 * comments are read once, for all who look at it, until somebody says something.
 *
 *     sqlite_blog FILE [HOST:PORT]        then open http://127.0.0.1:8080 */
#include <edo/cache.h>
#include <edo/edo.h>
#include <edo/layers.h>
#include <edo/sqlite.h>
#include <edo/template.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct blog {
    edo_sqlite *db;
    edo_cache *pages; /* of articles, by id */
    edo_template *front, *article;
} blog;

/* ---- What a page shows ----------------------------------------------------------------------- */

typedef struct head {
    int64_t id;
    edo_str title, author;
} head;
EDO_DESCRIBE(head, EDO_FIELD(head, id), EDO_FIELD(head, title), EDO_FIELD(head, author))

typedef struct front {
    head *articles;
    size_t articles_n;
} front;
EDO_DESCRIBE(front, EDO_FIELD_LIST_OF(front, articles, articles_n, head_desc))

typedef struct comment {
    edo_str author, text;
} comment;
EDO_DESCRIBE(comment, EDO_FIELD(comment, author, .min_len = 1, .max_len = 160),
             EDO_FIELD(comment, text, .min_len = 1, .max_len = 8000))

typedef struct article {
    int64_t id;
    edo_str title, author, text;
} article;
EDO_DESCRIBE(article, EDO_FIELD(article, id, .optional = true, .doc = "given by the blog"),
             EDO_FIELD(article, title, .min_len = 1, .max_len = 400),
             EDO_FIELD(article, author, .min_len = 1, .max_len = 160),
             EDO_FIELD(article, text, .min_len = 1, .max_len = 200000))

typedef struct page {
    article article;
    comment *comments;
    size_t comments_n;
} page;
EDO_DESCRIBE(page, EDO_FIELD_OF(page, article, article_desc),
             EDO_FIELD_LIST_OF(page, comments, comments_n, comment_desc))

static const char front_text[] =
    "<!doctype html>\n<html lang=\"en\">\n<title>Notes</title>\n<h1>Notes</h1>\n"
    "{{#articles}}\n"
    "<p><a href=\"/articles/{{id}}\">{{title}}</a>, by {{author}}</p>\n"
    "{{/articles}}\n"
    "<form method=\"post\" action=\"/articles\">\n"
    "<input name=\"title\" placeholder=\"Title\" required>\n"
    "<input name=\"author\" placeholder=\"Your name\" required>\n"
    "<textarea name=\"text\" required></textarea> <button>Publish</button>\n"
    "</form>\n</html>\n";

static const char article_text[] =
    "<!doctype html>\n<html lang=\"en\">\n{{#article}}\n<title>{{title}}</title>\n"
    "<h1>{{title}}</h1>\n<p>by {{author}}</p>\n<p>{{text}}</p>\n{{/article}}\n"
    "{{#comments}}\n"
    "<blockquote>{{text}} ({{author}})</blockquote>\n"
    "{{/comments}}\n"
    "<form method=\"post\" action=\"/articles/{{article.id}}/comments\">\n"
    "<input name=\"author\" placeholder=\"Your name\" required>\n"
    "<textarea name=\"text\" required></textarea> <button>Say it</button>\n"
    "</form>\n</html>\n";

/* ---- From the database ----------------------------------------------------------------------- */

static void page_deinit(void *self) {
    edo_value_deinit(self, &page_desc);
}

static size_t page_bytes(const void *value) {
    const page *p = value;
    size_t n = sizeof *p + p->article.title.len + p->article.author.len + p->article.text.len;
    for (size_t i = 0; i < p->comments_n; i++)
        n += sizeof *p->comments + p->comments[i].author.len + p->comments[i].text.len;
    return n;
}

/* For one reader; others that want this article wait for it. */
static int load_page(void **value, edo_str key, void *arg) {
    const blog *b = arg;
    int64_t id;
    page *p = edo_rc_new(sizeof *p, page_deinit);
    if (!p) return -ENOMEM;
    memset(p, 0, sizeof *p);
    memcpy(&id, key.ptr, sizeof id);
    int err = edo_sqlite_query_one(b->db, &p->article, &article_desc,
                                   "select id, title, author, text from article where id = ?1",
                                   EDO_SQL(id));
    if (err == 0)
        err = edo_sqlite_query_all(b->db, p, &page_desc, NULL,
                                   "select author, text from comment where article = ?1"
                                   " order by id limit 200",
                                   EDO_SQL(id));
    if (err < 0) {
        edo_rc_unref(p);
        return err;
    }
    *value = p;
    return 0;
}

static edo_str key_of(const int64_t *id) {
    return (edo_str){ (const char *)id, sizeof *id };
}

/* ---- Handlers -------------------------------------------------------------------------------- */

static int show_front(edo_web *w) {
    const blog *b = edo_web_state(w);
    front f = { 0 };
    int err = edo_sqlite_query_all(
        b->db, &f, &front_desc, edo_web_request(w)->arena,
        "select id, title, author from article order by id desc limit 20", EDO_SQL_NONE);
    return err < 0 ? err : edo_web_reply_template(w, EDO_STATUS_OK, b->front, &f);
}

typedef struct article_key {
    int64_t id;
} article_key;
EDO_DESCRIBE(article_key, EDO_FIELD(article_key, id, .min = 1))

static int no_article(edo_web *w) {
    return edo_web_reject(w, -EDO_ENOROW, EDO_STATUS_NOT_FOUND, "no such article");
}

static int show_article(edo_web *w) {
    blog *b = edo_web_state(w);
    article_key key = { 0 };
    void *p = NULL;
    int err = edo_web_params(w, &key, &article_key_desc); // on failure a response has been made
    if (err == 0) err = edo_cache_get_or_load(b->pages, &p, key_of(&key.id), load_page, b);
    if (err == -EDO_ENOROW) return no_article(w);
    if (err < 0) return err;
    err = edo_web_reply_template(w, EDO_STATUS_OK, b->article, p);
    edo_rc_unref(p);
    return err;
}

static int go_to_article(edo_web *w, int64_t id) {
    char path[40];
    (void)snprintf(path, sizeof path, "/articles/%" PRId64, id);
    return edo_web_reply_redirect(w, EDO_STATUS_SEE_OTHER, edo_str_of(path));
}

static int add_article(edo_web *w) {
    const blog *b = edo_web_state(w);
    article form = { 0 };
    article_key added = { 0 };
    int err = edo_web_form(w, &form, &article_desc);
    if (err == 0)
        err = edo_sqlite_query_one(
            b->db, &added, &article_key_desc,
            "insert into article (title, author, text) values (?1, ?2, ?3) returning id",
            EDO_SQL(form.title, form.author, form.text));
    return err < 0 ? err : go_to_article(w, added.id);
}

static int add_comment(edo_web *w) {
    blog *b = edo_web_state(w);
    article_key key = { 0 };
    comment form = { 0 };
    int n = edo_web_params(w, &key, &article_key_desc);
    if (n == 0) n = edo_web_form(w, &form, &comment_desc);
    if (n < 0) return n;
    n = edo_sqlite_exec(b->db,
                        "insert into comment (article, author, text)"
                        " select id, ?2, ?3 from article where id = ?1",
                        EDO_SQL(key.id, form.author, form.text));
    if (n == 0) return no_article(w);
    // behind the commit: a load that has read what was before is not kept either. Also where the
    // statement has failed, since a commit that was cut short may have been done
    (void)edo_cache_remove(b->pages, key_of(&key.id));
    return n < 0 ? n : go_to_article(w, key.id);
}

typedef struct numbers {
    uint64_t loads, hits;
} numbers;
EDO_DESCRIBE(numbers, EDO_FIELD(numbers, loads), EDO_FIELD(numbers, hits))

static int show_numbers(edo_web *w) {
    const blog *b = edo_web_state(w);
    const edo_cache_stats s = edo_cache_get_stats(b->pages);
    const numbers n = { s.loads_n, s.hits_n };
    return edo_web_reply_json(w, EDO_STATUS_OK, &n, &numbers_desc);
}

/* ---- The program ----------------------------------------------------------------------------- */

static edo_router *routes(void) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", show_front);
    edo_router_get(r, "/articles/{id}", show_article);
    edo_router_post(r, "/articles", add_article);
    edo_router_post(r, "/articles/{id}/comments", add_comment);
    edo_router_get(r, "/numbers", show_numbers);
    edo_router_wrap(r, edo_timeout_layer(edo_s(10)));
    return r;
}

static int blog_open(blog *b, const char *file) {
    static const edo_migration migrations[] = {
        { 1, "articles",
          "create table article (id integer primary key autoincrement, title text not null,"
          " author text not null, text text not null);"
          "create table comment (id integer primary key, article integer not null"
          " references article, author text not null, text text not null);"
          "create index comment_article on comment (article)" },
    };
    int err = edo_template_new(&b->front, edo_str_of(front_text), &front_desc, NULL);
    if (err == 0) err = edo_template_new(&b->article, edo_str_of(article_text), &page_desc, NULL);
    if (err == 0)
        err = edo_cache_new(
            &b->pages,
            &(edo_cache_opts){ .name = "pages", .ttl = edo_minutes(10), .bytes_of = page_bytes });
    if (err == 0) err = edo_sqlite_open(&b->db, file, NULL);
    return err < 0 ? err : edo_sqlite_migrate(b->db, migrations, EDO_COUNT(migrations), NULL);
}

static int app(void *arg) {
    static blog b;
    char **args = arg;
    int err = blog_open(&b, args[0]);
    const edo_web_opts opts = { .listen = args[1] ? args[1] : "127.0.0.1:8080",
                                .announce = true,
                                .state = &b };
    if (err >= 0) err = edo_web_serve(routes(), &opts);
    if (err == -ETIMEDOUT) return err; // a handler may still run
    edo_sqlite_close(b.db);
    edo_cache_unref(b.pages);
    edo_template_free(b.front);
    edo_template_free(b.article);
    return err;
}

int main(int argc, char **argv) {
    if (argc > 1) return edo_main(app, argv + 1);
    (void)fprintf(stderr, "sqlite_blog FILE [HOST:PORT]\n");
    return 2;
}
