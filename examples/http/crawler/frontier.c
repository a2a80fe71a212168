/* SPDX-License-Identifier: MIT */
/* frontier.c: which pages are to be asked for: each once, in the order in which they were found at
 * their host. */
#include "crawler.h"

#include <stdlib.h>
#include <string.h>

static page **seen_at(crawl *c, edo_str url) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < url.len; i++) hash = (hash ^ (unsigned char)url.ptr[i]) * 16777619u;
    page **at = &c->seen[hash % SEEN_BUCKETS];
    while (*at && !edo_str_equal(str_of(&(*at)->url), url)) at = &(*at)->next_seen;
    return at;
}

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

/* The host of a URL, made if it is new; NULL: no memory. */
static host *host_of(crawl *c, const edo_uri *uri) {
    const edo_uri place = {
        .scheme = uri->scheme, .host = uri->host, .port = uri->port, .path = EDO_STR("")
    };
    edo_buf name = { 0 };
    host *h = c->hosts;
    if (edo_uri_print(&place, &name) < 0 || edo_buf_append(&name, "", 1) < 0) {
        edo_buf_deinit(&name);
        return NULL;
    }
    while (h && strcmp(h->name, name.ptr) != 0) h = h->next;
    if (!h && (h = calloc(1, sizeof *h)) != NULL) {
        *h = (host){ .next = c->hosts, .crawl = c, .name = strdup(name.ptr) };
        h->end = &h->first;
        c->hosts = h;
    }
    edo_buf_deinit(&name);
    return h && h->name ? h : NULL;
}

/* Takes `url`, which is normalized, if it is new. */
static int add_normalized(crawl *c, edo_buf *url) {
    edo_uri uri;
    page **at = seen_at(c, str_of(url));
    if (*at || edo_uri_parse(&uri, str_of(url)) < 0 || !is_in_scope(c, &uri)) return 0;
    if (c->seen_n == c->settings->pages || c->waiting_n == c->settings->queue) {
        c->left_out_n++;
        return 0;
    }
    host *h = host_of(c, &uri);
    page *p = h ? calloc(1, sizeof *p) : NULL;
    if (!p) return -ENOMEM;
    p->url = *url;
    *url = (edo_buf){ 0 };
    *at = p;
    *h->end = p;
    h->end = &p->next;
    c->seen_n++, c->waiting_n++;
    edo_notify_one(&c->changed);
    return 0;
}

int frontier_add(crawl *c, edo_str base, edo_str href) {
    edo_buf whole = { 0 }, url = { 0 };
    edo_uri from, ref, to;
    int err = edo_uri_parse(&from, base);
    if (err == 0) err = edo_uri_parse(&ref, href);
    if (err == 0) err = edo_uri_resolve(&from, &ref, &whole);
    if (err == 0) err = edo_uri_parse(&to, str_of(&whole));
    if (err == 0) {
        to.fragment = to.userinfo = (edo_str){ NULL, 0 };
        err = edo_uri_normalize(&to, &url);
    }
    if (err == 0) err = add_normalized(c, &url);
    edo_buf_deinit(&whole);
    edo_buf_deinit(&url);
    return err == -ENOMEM ? err : 0; // what is no URL leads nowhere
}

host *frontier_next(crawl *c) {
    host *h = c->hosts;
    while (h && (h->has_task || !h->first)) h = h->next;
    return h;
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
    for (size_t i = 0; i < SEEN_BUCKETS; i++)
        for (page *p = c->seen[i], *next; p; p = next) {
            next = p->next_seen;
            edo_buf_deinit(&p->url);
            free(p);
        }
    for (host *h = c->hosts, *next; h; h = next) {
        next = h->next;
        edo_buf_deinit(&h->robots.text);
        free(h->name);
        free(h);
    }
}
