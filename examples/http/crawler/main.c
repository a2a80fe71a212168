/* SPDX-License-Identifier: MIT */
/* main.c: a crawler that is a good guest: it asks for the pages of a host one after the other with
 * a pause between, does what robots.txt says, stays in its scope, and asks for each URL once.
 *
 *     crawler https://example.org/                            pages of that host
 *     crawler --host docs.example.org --pages 200 https://example.org/
 *
 * Without --private it connects to public addresses only, so that no page can have it knock at
 * machines of this network. */
#include "crawler.h"

#include <edo/config.h>

#include <stdio.h>

EDO_DESCRIBE(settings, EDO_FIELD(settings, url, .positional = true, .doc = "where to begin"),
             EDO_FIELD_LIST(settings, hosts, hosts_n, EDO_AS("host"), .value = "HOST[:PORT]",
                            .doc = "its pages are in scope, too; once for each"),
             EDO_FIELD(settings, pages, .preset = "1000", .min = 1, .max = 1000000,
                       .doc = "pages at most"),
             EDO_FIELD(settings, queue, .preset = "10000", .min = 1, .max = 1000000,
                       .doc = "pages that may wait; what is found beyond is left out"),
             EDO_FIELD(settings, at_once, .preset = "16", .min = 1, .max = 1000,
                       .doc = "hosts that are asked at once"),
             EDO_FIELD(settings, pause, .preset = "500ms", .min = 1000000,
                       .doc = "between two requests to a host, at least"),
             EDO_FIELD(settings, is_private, EDO_AS("private"), .doc = "private addresses, too"),
             EDO_FIELD(settings, no_robots, .doc = "do not ask for robots.txt"))

/* Waits until the host may be asked: for its limit first, so that who pauses has no place. */
static int turn_begin(const host *h) {
    int err = edo_keyed_limiter_wait(h->crawl->limiter, h->name, 1, NULL);
    return err < 0 ? err : edo_sem_acquire(&h->crawl->at_once, 1);
}

static int read_robots(host *h) {
    int err = turn_begin(h);
    if (err < 0) return err;
    err = robots_read(h->crawl, h);
    edo_sem_release(&h->crawl->at_once, 1);
    return err;
}

static int visit(const host *h, const page *p) {
    crawl *c = h->crawl;
    edo_uri uri;
    if (edo_uri_parse(&uri, p->url) == 0 && !robots_allow(&h->robots, uri.path)) {
        c->forbidden_n++;
        return 0;
    }
    int err = turn_begin(h);
    if (err < 0) return err;
    err = page_visit(c, p);
    edo_sem_release(&c->at_once, 1);
    if (err == 0 && h->robots.pause.ns > 0) err = edo_sleep(h->robots.pause);
    return err;
}

/* The task of a host, until it has no page left. */
static int host_run(void *arg) {
    host *h = arg;
    crawl *c = h->crawl;
    const page *p;
    int err = h->robots.is_read || c->settings->no_robots ? 0 : read_robots(h);
    while (err == 0 && (p = frontier_take(c, h))) err = visit(h, p);
    return err;
}

int host_start(host *h) {
    edo_task_set *tasks = &h->crawl->tasks;
    uint64_t key = (uint64_t)(uintptr_t)h;
    if (!h->first || edo_task_set_has(tasks, key)) return 0;
    return edo_task_set_spawn_keyed(tasks, key, host_run, h);
}

static int crawl_all(crawl *c) {
    edo_task_ended ended;
    int err;
    while ((err = edo_task_set_join_next(&c->tasks, &ended)) > 0) {
        err = ended.result < 0 ? ended.result : host_start(ended.arg); // a page came meanwhile
        if (err < 0) break;
    }
    EDO_SHIELD(s, edo_ns(-1)); // until they have ended: they use what `c` has
    int end = edo_shield_end(&s, edo_task_set_shutdown(&c->tasks));
    return err < 0 ? err : end;
}

static int root(void *arg) {
    const settings *s = arg;
    // A proxy would connect where it likes: it is for --private only.
    const edo_http_client_opts opts = { .allow = s->is_private ? NULL : edo_http_allow_public,
                                        .proxy = s->is_private ? NULL : "",
                                        .redirects_max = EDO_HTTP_NO_REDIRECTS };
    crawl c = { .settings = s, .hosts = { .value_size = sizeof(host *) } };
    edo_sem_init(&c.at_once, s->at_once);
    int err = edo_http_client_new(&c.client, &opts);
    if (err == 0)
        err = edo_keyed_limiter_new(
            &c.limiter,
            &(edo_keyed_limiter_opts){ .limit = { .num = 1, .per = s->pause, .burst = 1 },
                                       .keys_max = s->pages });
    if (err == 0) err = frontier_add(&c, s->url, s->url);
    if (err == 0 && c.seen.len == 0) err = edo_fail(-EINVAL, "the URL is none of http");
    if (err == 0) err = crawl_all(&c);
    if (err == 0)
        printf("%u pages, %u failed, %u forbidden, %u left out\n", c.done_n, c.failed_n,
               c.forbidden_n, c.left_out_n);
    frontier_free(&c);
    edo_keyed_limiter_free(c.limiter);
    edo_http_client_unref(c.client);
    return err;
}

int main(int argc, char **argv) {
    settings s;
    const edo_config_opts opts = { .about = "Follows the links of pages, as a good guest." };
    const edo_runtime_opts one = { .flavor = EDO_RUNTIME_CURRENT };
    return edo_config_main(root, &s, &settings_desc, argc, argv, &opts, &one);
}
