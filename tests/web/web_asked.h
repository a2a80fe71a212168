/* SPDX-License-Identifier: MIT */
/* tests/web/web_asked.h: tables of requests to a router without a socket, and what is wanted. */
#ifndef EDO_TESTS_WEB_ASKED_H
#define EDO_TESTS_WEB_ASKED_H

#include "fail_alloc.h"
#include "inside.h"

#include <edo/test_web.h>

typedef struct web_asking {
    edo_method method;
    const char *target;
    const char *fields; /* of the request, each line "name: value\n"; NULL: none */
    int status;
    const char *body;          /* NULL: any */
    const char *header, *text; /* a field of the response; NULL as `text`: it is not there */
} web_asking;

/* Adds "name: value\n" lines. */
static inline int web_asking_fields(edo_headers *h, const char *lines) {
    int err = 0;
    while (err == 0 && lines && *lines) {
        const char *colon = strchr(lines, ':'), *end = strchr(lines, '\n');
        size_t skip = colon[1] == ' ' ? 2 : 1;
        err = edo_headers_append_named(h, (edo_str){ lines, (size_t)(colon - lines) },
                                       (edo_str){ colon + skip, (size_t)(end - colon) - skip });
        lines = end + 1;
    }
    return err;
}

/* Sends the request; returns 0 with the response in `*got`, or a code. */
static inline int web_asking_send(edo_oneshot *got, edo_router *r, const web_asking *a) {
    edo_headers headers;
    edo_headers_init(&headers);
    int err = web_asking_fields(&headers, a->fields);
    const edo_http_request req = { .method = a->method,
                                   .target = edo_str_of(a->target),
                                   .headers = &headers };
    if (err == 0) err = edo_web_oneshot(got, r, &req, NULL);
    edo_headers_deinit(&headers);
    return err;
}

static inline bool web_asking_is_right(const web_asking *a, const edo_oneshot *got) {
    if ((int)got->status != a->status) return false;
    if (a->body && !edo_str_equal((edo_str){ got->body.ptr, got->body.len }, edo_str_of(a->body)))
        return false;
    if (!a->header) return true;
    edo_str is = edo_headers_get_named(&got->headers, edo_str_of(a->header));
    return a->text ? is.ptr && edo_str_equal(is, edo_str_of(a->text)) : !is.ptr;
}

/* Asks each of `n`, and checks what comes. */
static inline void web_asking_each(edo_router *r, const web_asking *all, size_t n) {
    for (size_t i = 0; i < n; i++) {
        edo_oneshot got;
        edo_buf head = { 0 };
        EDO_TEST_OK(web_asking_send(&got, r, &all[i]));
        bool is_right = web_asking_is_right(&all[i], &got);
        if (!is_right) {
            EDO_TEST_OK(edo_headers_print(&got.headers, &head));
            (void)fprintf(stderr, "%s %s: %d\n%.*s\n%.*s\n", all[i].target,
                          all[i].fields ? all[i].fields : "", (int)got.status, (int)head.len,
                          head.ptr, (int)got.body.len, got.body.ptr);
        }
        CHECK(is_right);
        edo_buf_deinit(&head);
        edo_oneshot_deinit(&got);
    }
}

/* Asks with the k-th allocation failing, for each k: nothing but the right response or 500 comes.
 * The test has called fail_alloc_install(). */
static inline void web_asking_without_memory(edo_router *r, const web_asking *a) {
    bool has_failed = true;
    web_asking_each(r, a, 1); // what is kept for later is there
    for (int k = 1; has_failed; k++) {
        edo_oneshot got;
        fail_alloc_in = k;
        int err = web_asking_send(&got, r, a);
        has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(has_failed || err == 0);
        if (err < 0) continue;
        CHECK(got.status == 500 || web_asking_is_right(a, &got));
        edo_oneshot_deinit(&got);
    }
}

/* Makes a router with the k-th allocation failing, for each k: its build says so. */
static inline void web_router_without_memory(edo_router *(*make)(void)) {
    bool has_failed = true;
    for (int k = 1; has_failed; k++) {
        fail_alloc_in = k;
        edo_router *r = make();
        int err = edo_router_build(r);
        has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK_EQ(err, has_failed ? -ENOMEM : 0);
        edo_router_free(r);
    }
}

#endif
