/* SPDX-License-Identifier: MIT */
/* Goal: a pool lends each connection to one task, keeps to its limits, gives places in order, loses
 * none when tasks are cancelled, and its walker names what is broken.
 * Method: tasks that get, hold and give back connections to a listener that accepts all. */
#include "client/pool/pool.h"

#include <edo/net.h>
#include <edo/scope.h>
#include <edo/task.h>
#include <edo/test.h>

#include "broken.h"
#include "inside.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>

#define TASKS 24
#define TURNS 20

static edo_listener *at;

static int accept_all(void *arg) {
    edo_stream *s;
    (void)arg;
    int err;
    while ((err = edo_accept(at, &s)) == 0) { // the other end closes it
        char byte;
        if (edo_try_read(s, &byte, 1) == 0)
            edo_close(s);
        else
            edo_stream_unref(s);
    }
    return err;
}

static edoi_client_pool *pool;
static edoi_client_pool_host *host;

static void begin(uint32_t conns_max) {
    char url[64];
    edo_uri uri;
    const edo_http_client_opts opts = { .host_conns_max = conns_max, .proxy = "" };
    EDO_TEST_OK(edo_tcp_listen(&at, "127.0.0.1:0", NULL));
    EDO_TEST_OK(edoi_client_pool_new(&pool, &opts));
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/", (unsigned)edo_listener_port(at));
    EDO_TEST_OK(edo_uri_parse(&uri, edo_str_of(url)));
    EDO_TEST_OK(edoi_client_pool_host_of(&host, pool, &uri, false));
}

static uint32_t open_n(void) {
    (void)pthread_mutex_lock(&pool->mu);
    uint32_t n = pool->open_n;
    (void)pthread_mutex_unlock(&pool->mu);
    return n;
}

/* Dials of tasks that were cancelled end by themselves. */
static void end(void) {
    edoi_client_pool_close(pool);
    WAIT_FOR(open_n() == 0);
    edoi_client_pool_check(pool);
    CHECK_EQ(pool->waiting_n, 0);
    edoi_client_pool_host_unref(host);
    edo_rc_unref(pool);
    edo_listener_close(at);
}

/* ---- Tasks that share ------------------------------------------------------------------------ */

static atomic_uint lent_n, most_n;

static void note_lent(void) {
    unsigned n = atomic_fetch_add(&lent_n, 1) + 1, most = atomic_load(&most_n);
    while (n > most && !atomic_compare_exchange_weak(&most_n, &most, n)) continue;
}

static int borrow(void *arg) {
    bool is_new = arg != NULL;
    for (int i = 0; i < TURNS; i++) {
        edoi_client_pool_conn *c;
        int err = edoi_client_pool_get(&c, host, is_new && i % 4 == 0);
        if (err < 0) return err;
        note_lent();
        err = edo_yield();
        (void)atomic_fetch_sub(&lent_n, 1);
        if (i % 5 == 4) {
            edoi_client_pool_drop(c);
        } else {
            edoi_client_pool_put(c);
        }
        if (err < 0) return err;
    }
    return 0;
}

static int share(void *arg) {
    edo_task *tasks[TASKS];
    uint32_t most = *(uint32_t *)arg;
    begin(most);
    edo_task *accepts = edo_spawn(accept_all, NULL);
    for (int i = 0; i < TASKS; i++)
        CHECK((tasks[i] = edo_spawn_with(borrow, i % 3 == 0 ? &tasks[i] : NULL,
                                         &(edo_spawn_opts){ .spread = true })));
    for (int i = 0; i < TASKS; i += 4) {
        EDO_TEST_OK(edo_yield());
        edoi_client_pool_check(pool);
        edo_task_cancel(tasks[i]);
    }
    for (int i = 0; i < TASKS; i++) {
        int err = edo_task_join(tasks[i]);
        CHECK(err == 0 || (i % 4 == 0 && err == -ECANCELED));
        edoi_client_pool_check(pool);
    }
    if (most > 0) CHECK(atomic_load(&most_n) <= most);
    edo_task_cancel(accepts);
    (void)edo_task_join(accepts);
    end();
    return 0;
}

static void tasks_share_connections_within_the_limit(void **state) {
    static const edo_runtime_opts one = { .flavor = EDO_RUNTIME_CURRENT };
    static uint32_t limits[] = { 1, 3, 0 };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(limits); i++) {
        for (int k = 0; k < 3; k++) {
            atomic_store(&most_n, 0);
            assert_int_equal(inside_with(share, &limits[i], k == 0 ? &one : NULL), 0);
        }
    }
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static void hosts_are_told_apart_by_scheme_name_and_port(void **state) {
    static const struct {
        const char *url, *address, *field, *name;
    } rows[] = {
        { "http://a.example/x", "a.example:80", "a.example", "a.example" },
        { "HTTP://A.Example:80/y", "a.example:80", "a.example", "a.example" },
        { "https://a.example/", "a.example:443", "a.example", "a.example" },
        { "https://a.example:80/", "a.example:80", "a.example:80", "a.example" },
        { "http://[::1]:8080/", "[::1]:8080", "[::1]:8080", "::1" },
        { "https://[2001:db8::1]/", "[2001:db8::1]:443", "[2001:db8::1]", "2001:db8::1" },
        { "http://[FE80::1%25Eth0]:81/", "[fe80::1%Eth0]:81", "[fe80::1]:81", "fe80::1" },
        { "http://[fe80::1%25eth1]:81/", "[fe80::1%eth1]:81", "[fe80::1]:81", "fe80::1" },
    };
    edoi_client_pool_host *hosts[EDO_COUNT(rows)];
    (void)state;
    assert_int_equal(edoi_client_pool_new(&pool, &(edo_http_client_opts){ .proxy = "" }), 0);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_uri uri;
        assert_int_equal(edo_uri_parse(&uri, edo_str_of(rows[i].url)), 0);
        assert_int_equal(edoi_client_pool_host_of(&hosts[i], pool, &uri, false), 0);
        assert_string_equal(hosts[i]->address, rows[i].address);
        assert_string_equal(hosts[i]->field, rows[i].field);
        assert_string_equal(hosts[i]->name, rows[i].name);
    }
    assert_ptr_equal(hosts[0], hosts[1]);
    assert_int_equal(pool->hosts.links_n, EDO_COUNT(rows) - 1);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) edoi_client_pool_host_unref(hosts[i]);
    assert_int_equal(pool->hosts.links_n, 0);
    edo_rc_unref(pool);
}

/* ---- The walker ------------------------------------------------------------------------------ */

static int break_count(void *arg) {
    edo_uri uri;
    int what = *(int *)arg;
    edoi_client_pool_conn conn = { 0 }, shared = { 0 };
    edoi_client_pool_waiter w = { .is_listed = true };
    if (edoi_client_pool_new(&pool, &(edo_http_client_opts){ .proxy = "" }) < 0) return 1;
    if (edo_uri_parse(&uri, EDO_STR("http://a.example/")) < 0) return 1;
    if (edoi_client_pool_host_of(&host, pool, &uri, false) < 0) return 1;
    conn.host = host;
    TAILQ_INSERT_HEAD(&host->kept, &conn, of_host);
    LIST_INSERT_HEAD(&host->all, &conn, of_all);
    host->kept_n = pool->kept_n = what == 2 ? 2 : 1;
    host->open_n = pool->open_n = host->conns_n = what == 1 ? 0 : 1;
    if (what == 4) TAILQ_INSERT_HEAD(&host->shared, &shared, of_host);
    if (what == 3) TAILQ_INSERT_HEAD(&host->waiters, &w, next);
    edoi_client_pool_check(pool);
    return 0;
}

static void the_walker_names_what_is_broken(void **state) {
    int rows[] = { 1, 2, 3, 4 };
    (void)state;
    assert_broken("pool inv. 1", break_count, &rows[0]);
    assert_broken("pool inv. 2", break_count, &rows[1]);
    assert_broken("pool inv. 3", break_count, &rows[2]);
    assert_broken("pool inv. 4", break_count, &rows[3]);
}

/* ---- Hosts as URLs have them ----------------------------------------------------------------- */

static edoi_client_pool *pool_of(const char *proxy) {
    edoi_client_pool *p;
    EDO_TEST_OK(
        edoi_client_pool_new(&p, &(edo_http_client_opts){ .proxy = proxy, .no_proxy = "" }));
    return p;
}

static edoi_client_pool_host *host_of_url(edoi_client_pool *p, const char *url) {
    edoi_client_pool_host *h;
    edo_uri uri;
    EDO_TEST_OK(edo_uri_parse(&uri, edo_str_of(url)));
    EDO_TEST_OK(edoi_client_pool_host_of(&h, p, &uri, false));
    return h;
}

static bool is_same_part(edo_str a, edo_str b) {
    return a.ptr == b.ptr && a.len == b.len;
}

/* Whatever is found without parsing is what parsing finds. Returns whether it was found. */
static bool finds(edoi_client_pool *p, const char *text) {
    edo_str url = edo_str_of(text);
    edo_uri uri, parsed;
    edoi_client_pool_host *h = edoi_client_pool_find_host(&uri, p, url), *wanted;
    if (!h) return false;
    CHECK_EQ(edo_uri_parse(&parsed, url), 0);
    CHECK_EQ(edoi_client_pool_host_of(&wanted, p, &parsed, false), 0);
    CHECK(h == wanted);
    CHECK(is_same_part(uri.scheme, parsed.scheme) && is_same_part(uri.host, parsed.host));
    CHECK(is_same_part(uri.port, parsed.port) && is_same_part(uri.path, parsed.path));
    CHECK(is_same_part(uri.query, parsed.query) && is_same_part(uri.fragment, parsed.fragment));
    CHECK(is_same_part(uri.userinfo, parsed.userinfo));
    edoi_client_pool_host_unref(wanted);
    edoi_client_pool_host_unref(h);
    return true;
}

static void a_host_is_found_by_a_url_that_begins_with_its_key(void **state) {
    static const char *const kept[] = { "http://site:80/", "https://site:443/",
                                        "http://[::1]:8080/", "http://a:1/" };
    static const char *const found[] = { "http://site:80/", "http://site:80/a/b?c=/d?#e",
                                         "https://site:443/x", "http://[::1]:8080/x?",
                                         "http://a:1/a//b:c@d/%41" };
    static const char *const others[] = {
        "http://site/",     "http://Site:80/",    "HTTP://site:80/",   "http://site:80",
        "http://site:80?x", "http://site:80//a",  "http://site:80#/",  "http://b@site:80/",
        "http://site:81/",  "http://site:080/",   "https://site:80/",  "http://a:1!/",
        "http://a:1^/",     "http://site:80/a b", "http://site:80/%4", "http:///",
        "http://",          "/http://site:80/",   "http://:80/",       "",
        "ws://site:80/",    "http://site:80:80/", "http://a:1 /"
    };
    edoi_client_pool_host *hosts[EDO_COUNT(kept)];
    edo_uri uri;
    (void)state;
    edoi_client_pool *p = pool_of("");
    assert_false(finds(p, found[0])); // not yet
    for (size_t i = 0; i < EDO_COUNT(kept); i++) hosts[i] = host_of_url(p, kept[i]);
    for (size_t i = 0; i < EDO_COUNT(found); i++) assert_true(finds(p, found[i]));
    for (size_t i = 0; i < EDO_COUNT(others); i++) assert_false(finds(p, others[i]));
    for (size_t i = 0; i < EDO_COUNT(kept); i++) edoi_client_pool_host_unref(hosts[i]);
    assert_null(edoi_client_pool_find_host(&uri, p, EDO_STR("http://site:80/"))); // they are gone
    edoi_client_pool_close(p);
    edo_rc_unref(p);
}

/* Its key says less than the connections do: those for an upgrade speak HTTP/1.1, those for other
 * schemes may have a proxy. */
static void a_host_for_a_kind_of_its_own_is_not_found(void **state) {
    edoi_client_pool_host *h;
    edo_uri uri;
    (void)state;
    edoi_client_pool *p = pool_of("");
    assert_int_equal(edo_uri_parse(&uri, EDO_STR("http://site:80/")), 0);
    assert_int_equal(edoi_client_pool_host_of_http1(&h, p, &uri, false), 0);
    assert_false(finds(p, "http://site:80/"));
    assert_false(finds(p, "http://site:80^/"));
    edoi_client_pool_host_unref(h);
    edo_rc_unref(p);
    p = pool_of("http://proxy:3128");
    h = host_of_url(p, "https://site:443/");
    assert_false(finds(p, "https://site:443/"));
    edoi_client_pool_host_unref(h);
    edo_rc_unref(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
        cmocka_unit_test(hosts_are_told_apart_by_scheme_name_and_port),
        cmocka_unit_test(a_host_is_found_by_a_url_that_begins_with_its_key),
        cmocka_unit_test(a_host_for_a_kind_of_its_own_is_not_found),
        cmocka_unit_test(tasks_share_connections_within_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
