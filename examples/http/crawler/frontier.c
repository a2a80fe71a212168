/* SPDX-License-Identifier: MIT */
/* frontier.c: which pages are to be asked for: each once, in the order in which they were found at
 * their host. */
#include "crawler.h"

static bool is_in_scope(const crawl *c, const edo_uri *uri) {
    edo_uri start;
    if (!edo_str_equal(uri->scheme, EDO_STR("http")) &&
        !edo_str_equal(uri->scheme, EDO_STR("https")))
        return false;
    if (edo_uri_parse(&start, c->settings->url) == 0 && edo_str_equal(start.host, uri->host) &&
        edo_uri_port(&start) == edo_uri_port(uri))
        return true;
    for (size_t i = 0; i < c->settings->hosts_n; i++) {
        edo_uri also; // a port that is not named is any
        if (edo_uri_parse_authority(&also, c->settings->hosts[i]) == 0 &&
            edo_str_equal(also.host, uri->host) &&
            (!also.port.ptr || edo_str_equal(also.port, uri->port)))
            return true;
    }
    return false;
}

static host *host_new(crawl *c, edo_str name) {
    host *h = edo_arena_alloc(&c->arena, sizeof *h);
    if (!h) return NULL;
    *h = (host){ .crawl = c, .name = { edo_arena_copy(&c->arena, name.ptr, name.len), name.len } };
    h->end = &h->first;
    return h->name.ptr && edo_map_put(&c->hosts, h->name, &h) >= 0 ? h : NULL;
}

/* The host of a URL, made if it is new; NULL: no memory. */
static host *host_of(crawl *c, const edo_uri *uri) {
    const edo_uri place = {
        .scheme = uri->scheme, .host = uri->host, .port = uri->port, .path = EDO_STR("")
    };
    edo_buf name = { 0 };
    host *h = NULL;
    if (edo_uri_print(&place, &name) == 0) {
        h = edo_map_get_ptr(&c->hosts, edo_buf_str(&name));
        if (!h) h = host_new(c, edo_buf_str(&name));
    }
    edo_buf_deinit(&name);
    return h;
}

/* Adds `url`, which is normalized, if it is new. */
static int add_normalized(crawl *c, edo_str url) {
    edo_uri uri;
    if (edo_map_has(&c->seen, url) || edo_uri_parse(&uri, url) < 0 || !is_in_scope(c, &uri))
        return 0;
    if (c->seen.len == c->settings->pages || c->waiting_n == c->settings->queue) {
        c->left_out_n++;
        return 0;
    }
    host *h = host_of(c, &uri);
    page *p = h ? edo_arena_alloc(&c->arena, sizeof *p) : NULL;
    if (!p) return -ENOMEM;
    *p = (page){ .url = { edo_arena_copy(&c->arena, url.ptr, url.len), url.len } };
    if (!p->url.ptr || edo_map_put(&c->seen, p->url, NULL) < 0) return -ENOMEM;
    *h->end = p;
    h->end = &p->next;
    c->waiting_n++;
    return host_start(h);
}

int frontier_add(crawl *c, edo_str base, edo_str href) {
    edo_buf url = { 0 };
    int err = edo_uri_follow(&url, base, href);
    if (err == 0) err = add_normalized(c, edo_buf_str(&url));
    edo_buf_deinit(&url);
    return err == -ENOMEM ? err : 0; // what is no URL leads nowhere
}

page *frontier_take(crawl *c, host *h) {
    page *p = h->first;
    if (!p) return NULL;
    h->first = p->next;
    if (!h->first) h->end = &h->first;
    c->waiting_n--;
    return p;
}

void frontier_free(crawl *c) {
    for (edo_map_at at = { 0 }; edo_map_next(&c->hosts, &at);)
        edo_buf_deinit(&(*(host **)at.value)->robots.text);
    edo_map_deinit(&c->hosts);
    edo_map_deinit(&c->seen);
    edo_arena_deinit(&c->arena);
}
