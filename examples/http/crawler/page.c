/* SPDX-License-Identifier: MIT */
/* page.c: one page: asked for, told, and its links. Links are what stands in href="…", with no
 * entity but "&amp;". A redirect is a link like any other: so it is in scope or not, and new or
 * not. */
#include "crawler.h"

#include <stdio.h>

#define PAGE_MAX (1u << 20)

static int add_link(crawl *c, edo_str base, edo_str href) {
    edo_buf text = { 0 };
    int err = 0;
    while (err == 0 && href.len > 0) {
        edo_str part = edo_str_cut_at(&href, EDO_STR("&amp;"));
        err = edo_buf_append(&text, part.ptr, part.len);
        if (err == 0 && href.ptr) err = edo_buf_append(&text, "&", 1);
    }
    if (err == 0) err = frontier_add(c, base, edo_buf_str(&text));
    edo_buf_deinit(&text);
    return err;
}

static int add_links(crawl *c, edo_str base, edo_str html) {
    int err = 0;
    while (err == 0 && html.ptr) {
        (void)edo_str_cut_at(&html, EDO_STR("href=\""));
        edo_str href = edo_str_cut(&html, '"');
        if (html.ptr) err = add_link(c, base, href);
    }
    return err;
}

static bool is_html(const edo_http_response *res) {
    edo_str type = edo_headers_get(&res->headers, EDO_HEADER_CONTENT_TYPE);
    return edo_str_begins(type, EDO_STR("text/html"));
}

static int read_page(crawl *c, edo_http_response *res, edo_str url) {
    edo_buf html = { 0 };
    edo_str to = edo_headers_get(&res->headers, EDO_HEADER_LOCATION);
    if (res->status >= 300 && res->status < 400) return to.len > 0 ? frontier_add(c, url, to) : 0;
    if (res->status != EDO_STATUS_OK || !is_html(res)) return 0;
    int err = edo_http_response_collect(res, &html, PAGE_MAX);
    if (err == 0) err = add_links(c, url, edo_buf_str(&html));
    edo_buf_deinit(&html);
    return err;
}

int page_visit(crawl *c, const page *p) {
    edo_http_response *res;
    const edo_str url = p->url;
    int status = 0;
    int err = edo_fetch(&res, url, &(edo_fetch_opts){ .client = c->client, .any_status = true });
    if (err == 0) {
        status = (int)res->status;
        err = read_page(c, res, url);
        edo_http_response_free(res);
    }
    if (err == -ECANCELED || err == -ENOMEM) return err;
    c->done_n++;
    if (err < 0 || status >= 400) c->failed_n++;
    if (err < 0)
        printf("%.*s: %s\n", (int)url.len, url.ptr, edo_strerror(err));
    else
        printf("%.*s: %d\n", (int)url.len, url.ptr, status);
    edo_trail_clear();
    return 0;
}
