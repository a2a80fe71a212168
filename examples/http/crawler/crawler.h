/* SPDX-License-Identifier: MIT */
/* crawler.h: what the parts of the crawler share. One thread runs all of it.
 *
 * inv. 1: a URL is asked for once: `seen` has all that wait, are asked for, or were.
 * inv. 2: a host is asked by one task at a time, and not more often than its limit allows; so a
 *         host that is slow holds up no other one.
 * inv. 3: everything is bounded: pages, those that wait, bytes of a page, rules of a host. */
#ifndef CRAWLER_H
#define CRAWLER_H

#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/limiter.h>
#include <edo/map.h>
#include <edo/sem.h>
#include <edo/uri.h>

#define RULES_MAX 200

typedef struct settings {
    edo_str url;
    edo_str *hosts;
    size_t hosts_n;
    uint32_t pages, queue, at_once;
    edo_duration pause;
    bool is_private, no_robots;
} settings;

/* A page that waits, is asked for, or was. */
typedef struct page {
    struct page *next; /* of its host's queue */
    edo_str url;       /* normalized, without a fragment */
} page;

/* What robots.txt says to everybody. */
typedef struct rule {
    edo_str path;
    bool allows;
} rule;

typedef struct robots {
    edo_buf text; /* which the rules are in */
    rule rules[RULES_MAX];
    size_t rules_n;
    edo_duration pause;
    bool is_read;
    bool is_unknown; /* it could not be read: nothing is allowed, and the next task asks again */
} robots;

typedef struct host {
    struct crawl *crawl;
    edo_str name; /* "http://example.org:8080" */
    page *first, **end;
    robots robots;
} host;

typedef struct crawl {
    const settings *settings;
    edo_http_client *client;
    edo_keyed_limiter *limiter; /* by the name of a host */
    edo_sem at_once;            /* of all hosts */
    edo_task_set tasks;         /* of hosts with pages; the key is the host */
    edo_arena arena;            /* pages and hosts, until the end */
    edo_map hosts, seen;        /* a host * by its name; URLs */
    uint32_t waiting_n;
    uint32_t done_n, failed_n, forbidden_n, left_out_n; /* left out: there was no room */
} crawl;

/* main.c: starts the task of a host that has pages, and none yet. 0, or a code. */
int host_start(host *h);

/* frontier.c: adds what `href` of the page at `base` leads to, if it is in scope, new, and there is
 * room. 0, or -ENOMEM. */
int frontier_add(crawl *c, edo_str base, edo_str href);
/* Takes the next page of a host; NULL: there is none. It stays the frontier's. */
page *frontier_take(crawl *c, host *h);
void frontier_free(crawl *c);

/* robots.c: reads what a host allows: of one without such a file, all; of one that is in trouble,
 * nothing. 0, or a code that ends the crawl. */
int robots_read(const crawl *c, host *h);
bool robots_allow(const robots *r, edo_str path);

/* page.c: asks for a page, prints what came of it, and adds its links. 0, or a code that ends the
 * crawl. */
int page_visit(crawl *c, const page *p);

#endif
