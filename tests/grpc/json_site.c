/* SPDX-License-Identifier: MIT */
/* tests/grpc/json_site.c: see json_site.h. */
#include "json_site.h"

static void put_fields(edo_headers *h, const char *lines) {
    while (lines && *lines) {
        const char *colon = strchr(lines, ':'), *end = strchr(lines, '\n');
        CHECK(colon && end && colon < end);
        CHECK_EQ(edo_headers_append_named(h, (edo_str){ lines, (size_t)(colon - lines) },
                                          (edo_str){ colon + 1, (size_t)(end - colon - 1) }),
                 0);
        lines = end + 1;
    }
}

void ask_site(edo_oneshot *out, edo_router *r, const asking *a) {
    edo_headers h;
    edo_headers_init(&h);
    put_fields(&h, a->fields);
    CHECK_EQ(edo_web_oneshot(out, r,
                             &(edo_http_request){ .method = a->method,
                                                  .target = edo_str_of(a->target),
                                                  .headers = &h,
                                                  .data = a->body },
                             NULL),
             0);
    edo_headers_deinit(&h);
}

void ask_site_as(edo_oneshot *out, edo_router *r, const char *target, const char *type,
                 edo_str body) {
    char fields[256];
    (void)snprintf(fields, sizeof fields, "content-type: %s\n", type);
    ask_site(
        out, r,
        &(asking){ .method = EDO_METHOD_POST, .target = target, .fields = fields, .body = body });
}

bool has_body(const edo_oneshot *o, edo_status status, edo_str body) {
    const edo_str got = { o->body.len > 0 ? o->body.ptr : "", o->body.len };
    if (o->status == status && edo_str_equal(got, body)) return true;
    (void)fprintf(stderr, "got %d: %.*s\n", (int)o->status, (int)got.len, got.ptr);
    return false;
}

edo_str field_of(const edo_oneshot *o, const char *name) {
    return edo_headers_get_named(&o->headers, edo_str_of(name));
}
