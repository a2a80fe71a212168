/* SPDX-License-Identifier: MIT */
/* link_check.c: fetches a page and looks whether its links lead anywhere: at most eight hosts at
 * once, and the links of one host one after the other, with a pause. Prints those that are broken;
 * the status is 1 if there is one.
 *
 *     link_check [--private] URL
 *
 * Without --private it connects to public addresses only, so that a page cannot have it knock at
 * machines of this network. Links are what stands in href="…", with no entity but "&amp;". */
#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/map.h>
#include <edo/uri.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define HOSTS_AT_ONCE 8
#define PAUSE         edo_ms(100)
#define PAGE_MAX      (4u << 20)

typedef struct link {
    struct link *next;
    edo_str url; /* normalized, without a fragment */
} link;

/* A host with its links, oldest first. */
typedef struct site {
    struct site *next;
    struct checker *checker;
    link *links, **end;
} site;

typedef struct checker {
    const char *url;
    bool is_private;
    edo_http_client *client;
    edo_arena arena; /* sites and links */
    edo_map urls;    /* of all links */
    site *sites;
    unsigned broken_n; // the program has one thread
} checker;

/* ---- Links of the page ----------------------------------------------------------------------- */

static bool is_same_host(const edo_uri *a, const link *l) {
    edo_uri b;
    return edo_uri_parse(&b, l->url) == 0 && edo_str_equal(a->scheme, b.scheme) &&
           edo_str_equal(a->host, b.host) && edo_str_equal(a->port, b.port);
}

/* Finds the site of a URL, or makes it; NULL: no memory. */
static site *site_of(checker *c, const edo_uri *uri) {
    for (site *s = c->sites; s; s = s->next)
        if (is_same_host(uri, s->links)) return s;
    site *s = edo_arena_alloc(&c->arena, sizeof *s);
    if (!s) return NULL;
    *s = (site){ .next = c->sites, .checker = c };
    s->end = &s->links;
    c->sites = s;
    return s;
}

/* Adds a normalized URL, unless it is there. */
static int site_add(checker *c, edo_str url) {
    edo_uri uri;
    int err = edo_uri_parse(&uri, url);
    bool is_http = err == 0 && (edo_str_equal(uri.scheme, EDO_STR("http")) ||
                                edo_str_equal(uri.scheme, EDO_STR("https")));
    if (!is_http || edo_map_has(&c->urls, url)) return err;
    link *l = edo_arena_alloc(&c->arena, sizeof *l);
    site *s = l ? site_of(c, &uri) : NULL;
    if (!s) return -ENOMEM;
    *l = (link){ .url = { edo_arena_copy(&c->arena, url.ptr, url.len), url.len } };
    if (!l->url.ptr || edo_map_put(&c->urls, l->url, NULL) < 0) return -ENOMEM;
    *s->end = l;
    s->end = &l->next;
    return 0;
}

/* What is no URL at all is a broken link, too. */
static int add_link(checker *c, edo_str base, edo_str href) {
    edo_buf text = { 0 }, url = { 0 };
    int err = 0;
    for (edo_str rest = href; err == 0 && rest.len > 0;) {
        edo_str part = edo_str_cut_at(&rest, EDO_STR("&amp;"));
        err = edo_buf_append(&text, part.ptr, part.len);
        if (err == 0 && rest.ptr) err = edo_buf_append(&text, "&", 1);
    }
    if (err == 0) err = edo_uri_follow(&url, base, edo_buf_str(&text));
    if (err == 0) err = site_add(c, edo_buf_str(&url));
    edo_buf_deinit(&text);
    edo_buf_deinit(&url);
    if (err == 0 || err == -ENOMEM) return err;
    printf("%.*s: is no URL\n", (int)href.len, href.ptr);
    c->broken_n++;
    return 0;
}

static int find_links(checker *c, edo_str base, edo_str page) {
    int err = 0;
    while (err == 0 && page.ptr) {
        (void)edo_str_cut_at(&page, EDO_STR("href=\""));
        edo_str href = edo_str_cut(&page, '"');
        if (page.ptr) err = add_link(c, base, href);
    }
    return err;
}

static int read_page(checker *c) {
    edo_http_response *res;
    edo_buf page = { 0 };
    int err = edo_fetch(&res, edo_str_of(c->url), &(edo_fetch_opts){ .client = c->client });
    if (err < 0) return err;
    err = edo_http_response_collect(res, &page, PAGE_MAX);
    // Behind redirects: links are relative to where the page came from.
    if (err == 0) err = find_links(c, edo_http_response_url(res), edo_buf_str(&page));
    edo_http_response_free(res);
    edo_buf_deinit(&page);
    return err;
}

/* ---- Where they lead ------------------------------------------------------------------------- */

/* Returns the status of a URL: of HEAD, or of GET where the server knows no HEAD. */
static int ask(edo_http_client *client, edo_str url) {
    int status = 0;
    for (int i = 0; i < 2 && (i == 0 || status == 405 || status == 501); i++) {
        edo_http_response *res;
        const edo_fetch_opts o = { .client = client,
                                   .method = i == 0 ? EDO_METHOD_HEAD : EDO_METHOD_GET,
                                   .any_status = true,
                                   .attempts = 2 };
        int err = edo_fetch(&res, url, &o);
        if (err < 0) return err;
        status = (int)res->status;
        edo_http_response_free(res);
    }
    return status;
}

static int check_site(void *arg) {
    const site *s = arg;
    checker *c = s->checker;
    for (const link *l = s->links; l; l = l->next) {
        int err = l == s->links ? 0 : edo_sleep(PAUSE);
        int status = err < 0 ? err : ask(c->client, l->url);
        if (status == -ECANCELED || status == -ENOMEM) return status;
        if (status >= 0 && status < 400) continue;
        c->broken_n++;
        if (status < 0)
            printf("%.*s: %s\n", (int)l->url.len, l->url.ptr, edo_strerror(status));
        else
            printf("%.*s: status %d\n", (int)l->url.len, l->url.ptr, status);
        edo_trail_clear();
    }
    return 0;
}

static int check_all(checker *c) {
    EDO_SCOPE(all, &(edo_scope_opts){ .at_once = HOSTS_AT_ONCE });
    for (site *s = c->sites; s; s = s->next) (void)edo_scope_spawn(&all, check_site, s);
    return edo_scope_end(&all, 0);
}

static int root(void *arg) {
    checker *c = arg;
    // A proxy would connect where it likes: it is for --private only.
    const edo_http_client_opts opts = { .allow = c->is_private ? NULL : edo_http_allow_public,
                                        .proxy = c->is_private ? NULL : "" };
    int err = edo_http_client_new(&c->client, &opts);
    if (err == 0) err = read_page(c);
    if (err == 0) err = check_all(c);
    if (err == 0) printf("%zu links, %u broken\n", c->urls.len, c->broken_n);
    edo_map_deinit(&c->urls);
    edo_arena_deinit(&c->arena);
    edo_http_client_unref(c->client);
    return err;
}

int main(int argc, char **argv) {
    bool is_private = argc == 3 && strcmp(argv[1], "--private") == 0;
    if (argc != 2 && !is_private) return 2;
    checker c = { .url = argv[argc - 1], .is_private = is_private };
    int status = edo_main_with(root, &c, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
    return status != 0 ? status : c.broken_n > 0;
}
