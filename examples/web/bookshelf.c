/* SPDX-License-Identifier: MIT */
/* bookshelf.c: a resource whose form the client chooses, links made from routes, and a host of its
 * own for the staff. Requests go through the router without a socket. */
#include <edo/edo.h>
#include <edo/test_web.h>
#include <edo/web_layers.h>
#include <edo/web_routes.h>

#include <stdio.h>

/* ---- Books ----------------------------------------------------------------------------------- */

typedef struct book {
    int64_t id;
    const char *title;
} book;
EDO_DESCRIBE(book, EDO_FIELD(book, id), EDO_FIELD(book, title))

static const book books[] = { { 1, "Compilers" }, { 2, "Sketches" } };

typedef struct book_key {
    int64_t id;
} book_key;
EDO_DESCRIBE(book_key, EDO_FIELD(book_key, id, .min = 1))

static const char book_path[] = "/books/{id}";

static int list_books(edo_web *w) {
    edo_buf links = { 0 };
    int err = 0;
    for (size_t i = 0; i < EDO_COUNT(books) && err == 0; i++) {
        err = edo_web_print_path(&links, book_path, &(book_key){ books[i].id }, &book_key_desc);
        if (err == 0) err = edo_buf_append(&links, "\n", 1);
    }
    if (err == 0) err = edo_web_reply_buf(w, EDO_STATUS_OK, "text/plain; charset=utf-8", &links);
    edo_buf_deinit(&links);
    return err;
}

static int show_book(edo_web *w) {
    static const char *const types[] = { "application/json", "text/plain" };
    book_key key;
    int err = edo_web_params(w, &key, &book_key_desc);
    if (err < 0) return err;
    if (key.id > (int64_t)EDO_COUNT(books))
        return edo_web_reply_problem(w, EDO_STATUS_NOT_FOUND, "no such book");
    const book *b = &books[key.id - 1];
    int kind = edo_web_negotiate(w, types, EDO_COUNT(types));
    if (kind < 0) return kind; // 406, which names both
    return kind == 0 ? edo_web_reply_json(w, EDO_STATUS_OK, b, &book_desc)
                     : edo_web_reply_text(w, EDO_STATUS_OK, b->title);
}

/* ---- Routes ---------------------------------------------------------------------------------- */

static int count_books(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "two books");
}

static edo_router *staff(void) {
    edo_router *r = edo_router_new();
    edo_router_guard(r, &(edo_route_guard){ .host = "staff.example" });
    edo_router_get(r, "/books", count_books);
    return r;
}

static edo_router *routes(void) {
    edo_router *r = edo_router_new();
    edo_router_resource(r, "/books", &(edo_resource){ .index = list_books, .show = show_book });
    edo_router_merge(r, staff());
    edo_router_normalize_path(r, EDO_PATH_SLASH_REDIRECTED);
    return r;
}

/* ---- Requests -------------------------------------------------------------------------------- */

static int ask(edo_router *r, const char *target, const char *name, const char *value) {
    edo_oneshot got;
    edo_headers headers;
    edo_headers_init(&headers);
    int err = edo_headers_append_named(&headers, edo_str_of(name), edo_str_of(value));
    const edo_http_request req = { .target = edo_str_of(target), .headers = &headers };
    if (err == 0) err = edo_web_oneshot(&got, r, &req, NULL);
    edo_headers_deinit(&headers);
    if (err != 0) return err;
    edo_str to = edo_headers_get(&got.headers, EDO_HEADER_LOCATION);
    printf("%s (%s: %s): %d %.*s%.*s\n", target, name, value, (int)got.status,
           to.ptr ? (int)to.len : 0, to.ptr ? to.ptr : "", (int)got.body.len,
           got.body.ptr ? got.body.ptr : "");
    edo_oneshot_deinit(&got);
    return 0;
}

static int app(void *arg) {
    edo_router *r = routes();
    (void)arg;
    int err = ask(r, "/books", "accept", "*/*");
    if (err == 0) err = ask(r, "/books/1", "accept", "text/*;q=0.5, application/json");
    if (err == 0) err = ask(r, "/books/1", "accept", "text/plain");
    if (err == 0) err = ask(r, "/books/1", "accept", "image/png");
    if (err == 0) err = ask(r, "/books/2/?from=mail", "accept", "*/*");
    if (err == 0) err = ask(r, "/books", "host", "staff.example");
    edo_router_free(r);
    return err;
}

int main(void) {
    return edo_main(app, NULL);
}
