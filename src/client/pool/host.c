/* SPDX-License-Identifier: MIT */
/* client/pool/host.c: the pool and its table of hosts. */
#include "http/client/host.h"
#include "base/assert.h"
#include "base/opts.h"
#include "base/text/decimal.h"
#include "client/pool/pool.h"
#include "http/client/http2_ops.h"
#include "http/headers/map.h"
#include "http/types/bytes_of.h"
#include "tls/ops.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAINS        16u /* of the table, at least */
#define HOST_IDLE_MAX 32u
#define LOOK_MAX      1000u /* connections of one host that are listed one by one */
#define IDLE_MAX      512u
#define HOST_MAX      255u /* bytes of a host's name */

/* ---- The pool -------------------------------------------------------------------------------- */

static void dial_opts_deinit(edoi_dial_opts *d) {
    edo_rc_unref(d->tls);
    edo_rc_unref(d->proxies);
    edo_headers_deinit(&d->proxy_headers);
    free(d->unix_path);
    for (size_t i = 0; i < d->hosts_n; i++) {
        free((char *)(uintptr_t)d->hosts[i].name);
        free((char *)(uintptr_t)d->hosts[i].address);
    }
    free(d->hosts);
}

/* ---- For the list of what is open ------------------------------------------------------------ */

static void host_look_add(const edoi_client_pool_host *h, edoi_open_table *to, const char *state,
                          uint64_t n) {
    edoi_open_row row = { .kind = "client connection", .by = " to", .state = state, .n = n };
    edoi_open_text(&row, "%s", h->address);
    if (n > 0) edoi_open_add(to, &row);
}

/* Adds one that a task has or waits for. */
static void host_look_add_user(const edoi_client_pool_host *h, edoi_open_table *to, const char *how,
                               const edoi_client_pool_user *user) {
    edoi_open_row row = { .kind = "client connection", .by = " to", .n = 1 };
    edoi_open_text(&row, "%s, %s %s", h->address, how, user->task);
    row.since_ns = user->since.ns;
    edoi_open_add(to, &row);
}

/* Adds all lent connections to the list; returns how many they are. For HTTP/2 it adds the number
 * of requests, since many tasks may share a connection. Called with `mu` held. */
static uint32_t host_look_at_lent(const edoi_client_pool_host *h, edoi_open_table *to) {
    const edoi_client_pool_conn *c;
    uint32_t shared_n = 0, lent_n = 0;
    uint64_t requests_n = 0;
    LIST_FOREACH(c, &h->all, of_all) {
        if (c->users_n > 0) {
            shared_n++;
            requests_n += c->users_n;
        } else if (c->user.task) {
            if (lent_n++ < LOOK_MAX) host_look_add_user(h, to, "lent to", &c->user);
        }
    }
    edoi_open_row row = { .kind = "client request", .by = " to", .state = "HTTP/2" };
    row.n = requests_n;
    edoi_open_text(&row, "%s", h->address);
    if (requests_n > 0) edoi_open_add(to, &row);
    host_look_add(h, to, "HTTP/2 with requests", shared_n);
    return lent_n + shared_n;
}

/* Called with `mu` held. */
static void host_look(const edoi_client_pool_host *h, edoi_open_table *to) {
    const edoi_client_pool_waiter *w;
    uint32_t waiting_n = 0;
    TAILQ_FOREACH(w, &h->waiters, next)
    if (waiting_n++ < LOOK_MAX) host_look_add_user(h, to, "waited for by", &w->user);
    const uint32_t lent_n = host_look_at_lent(h, to);
    host_look_add(h, to, "kept", h->kept_n);
    host_look_add(h, to, "being made or closed", h->open_n - h->kept_n - lent_n);
}

static void client_pool_look(edoi_open_thing *thing, edoi_open_table *to) {
    edoi_client_pool *pool = EDO_CONTAINER_OF(thing, edoi_client_pool, open);
    (void)pthread_mutex_lock(&pool->mu);
    for (size_t i = 0; i < pool->hosts.chains_n; i++)
        for (edoi_table_link *l = pool->hosts.chains[i]; l; l = l->next)
            host_look(EDO_CONTAINER_OF(l, edoi_client_pool_host, link), to);
    (void)pthread_mutex_unlock(&pool->mu);
}

/* ---- Begin and end --------------------------------------------------------------------------- */

static void pool_deinit(void *arg) {
    edoi_client_pool *pool = arg;
    edoi_open_strike(&pool->open);
    EDO_INV("pool inv. 1", pool->hosts.links_n == 0 && pool->open_n == 0);
    dial_opts_deinit(&pool->dial);
    edoi_client_counts_deinit(&pool->counts);
    free(pool->hosts.chains);
    (void)pthread_mutex_destroy(&pool->mu);
    edo_rc_unref(edo_once_get(&pool->tls));
    if (pool->dial.drop) pool->dial.drop(pool->dial.arg);
}

static int dial_copy_hosts(edoi_dial_opts *d, const edo_http_client_opts *o) {
    if (o->hosts_n == 0) return 0;
    d->hosts = calloc(o->hosts_n, sizeof *d->hosts);
    if (!d->hosts) return -ENOMEM;
    for (; d->hosts_n < o->hosts_n; d->hosts_n++) {
        const edo_http_host *from = &o->hosts[d->hosts_n];
        if (!from->name || !from->address) return -EINVAL;
        edo_http_host copy = { strdup(from->name), strdup(from->address) };
        d->hosts[d->hosts_n] = copy;
        if (copy.name && copy.address) continue;
        d->hosts_n++;
        return -ENOMEM;
    }
    return 0;
}

static int dial_set_proxies(edoi_dial_opts *d, const edo_http_client_opts *o) {
    if (!o->proxy && !o->unix_path && !o->connect)
        return edoi_proxy_list_from_environment(&d->proxies, o->no_proxy);
    const edoi_proxy_list_opts opts = { .all = o->proxy, .no_proxy = o->no_proxy };
    return edoi_proxy_list_new(&d->proxies, &opts);
}

/* Refuses two options that both say where connections lead: one would win silently. */
static int dial_check_path(const edo_http_client_opts *o) {
    if (!o->unix_path) return 0;
    if (o->connect) return edo_fail(-EINVAL, "`unix_path` beside `connect`: one of both");
    if (o->proxy && *o->proxy) return edo_fail(-EINVAL, "`unix_path` beside `proxy`: one of both");
    return o->allow ? edo_fail(-EINVAL, "`unix_path` has no address that `allow` could see") : 0;
}

static int pool_copy_dial(edoi_client_pool *pool, const edo_http_client_opts *o) {
    static const edo_tcp_opts usual = { .keepalive = EDO_S(15),
                                        .keepalive_interval = EDO_S(15),
                                        .keepalive_probes = 3,
                                        .user_timeout = EDO_S(30) };
    edoi_dial_opts *d = &pool->dial;
    int err = dial_check_path(o);
    if (err < 0) return err;
    pool->tcp = o->tcp ? *o->tcp : usual;
    d->tcp = &pool->tcp;
    d->allow = o->allow;
    d->resolve = o->resolve;
    d->connect = o->connect;
    d->arg = o->arg;
    d->timeout = edoi_limit_or(o->connect_timeout, edo_s(10));
    if (o->tls) d->tls = edo_rc_ref(o->tls);
    if (o->unix_path && !(d->unix_path = strdup(o->unix_path))) return -ENOMEM;
    err = dial_set_proxies(d, o);
    if (err == 0) err = edoi_headers_append_all(&d->proxy_headers, o->proxy_headers);
    return err < 0 ? err : dial_copy_hosts(d, o);
}

static int pool_set_http2(edoi_client_pool *pool, const edo_http_client_opts *o) {
    bool is_wanted = o->http2 || o->prior_knowledge;
    if (is_wanted && !&edoi_http2_client)
        return edo_fail(-EINVAL, "HTTP/2: the program is not linked with libedo-http2");
    if (is_wanted && o->no_http2)
        return edo_fail(-EINVAL, "`prior_knowledge` or `http2` beside `no_http2`: one of both");
    if (o->http2) pool->http2 = *o->http2;
    pool->http2.host = NULL; // the caller's, as is the next one
    pool->http2.tcp = NULL;
    return 0;
}

int edoi_client_pool_new(edoi_client_pool **out, const edo_http_client_opts *o) {
    edoi_table_link **chains = calloc(CHAINS, sizeof *chains);
    edoi_client_pool *pool = chains ? edo_rc_new(sizeof *pool, pool_deinit) : NULL;
    if (!pool) {
        free(chains);
        return -ENOMEM;
    }
    *pool = (edoi_client_pool){ .idle_timeout = edoi_limit_or(o->idle_timeout, edo_s(90)),
                                .conn_age_max = edoi_limit_or(o->conn_age_max, edo_minutes(10)),
                                .host_conns_max = o->host_conns_max,
                                .host_idle_max =
                                    o->host_idle_max > 0 ? o->host_idle_max : HOST_IDLE_MAX,
                                .idle_max = o->idle_max > 0 ? o->idle_max : IDLE_MAX };
    pool->http2_conns_max = o->http2_conns_max > 0 ? o->http2_conns_max : 1;
    pool->no_http2 = o->no_http2;
    pool->prior_knowledge = o->prior_knowledge;
    edo_headers_init(&pool->dial.proxy_headers);
    TAILQ_INIT(&pool->kept);
    edoi_table_init(&pool->hosts, chains, CHAINS);
    edoi_siphash_secret_make(&pool->secret);
    (void)pthread_mutex_init(&pool->mu, NULL); // this never fails without attributes
    int err = pool_set_http2(pool, o);
    if (err == 0) err = edoi_client_counts_init(&pool->counts, o->metrics);
    if (err == 0) err = pool_copy_dial(pool, o);
    if (err < 0) {
        edo_rc_unref(pool);
        return err;
    }
    edoi_open_enlist(&pool->open, client_pool_look, NULL);
    *out = pool;
    return 0;
}

/* ---- A host ---------------------------------------------------------------------------------- */

/* What names a host. */
typedef struct host_key {
    uint32_t bytes, address_bytes; /* of `text`; without the proxy */
    bool is_tls, is_upgrade, is_forward, no_cert, no_http2;
    uint16_t port;
    const edoi_proxy *proxy; /* borrowed */
    /* "https://name:port", the name in lower case; "!" if `no_cert`, "^" if `no_http2`; then a blank
     * and the key of the proxy. It is not cleared. */
    char text[EDOI_CLIENT_POOL_KEY_MAX + EDOI_PROXY_KEY_MAX];
} host_key;

static void key_init(host_key *key, bool is_upgrade) {
    memset(key, 0, offsetof(host_key, text));
    key->is_upgrade = is_upgrade;
}

static int key_scheme(host_key *key, edo_str scheme) {
    static const struct {
        edo_str name;
        bool is_tls, is_upgrade;
    } known[] = { { { "http", 4 }, false, false },
                  { { "https", 5 }, true, false },
                  { { "ws", 2 }, false, true },
                  { { "wss", 3 }, true, true } };
    for (size_t i = 0; i < EDO_COUNT(known); i++) {
        if (known[i].is_upgrade && !key->is_upgrade) continue;
        if (!edoi_is_word(scheme, known[i].name)) continue;
        key->is_tls = known[i].is_tls;
        return 0;
    }
    return edo_fail(-ENOTSUP, "the scheme of a URL is neither http nor https");
}

static int key_make(host_key *key, const edo_uri *uri) {
    int port = edo_uri_port(uri), err = key_scheme(key, uri->scheme);
    if (err < 0) return err;
    if (uri->host.len == 0 || uri->host.len > HOST_MAX || port <= 0) return -EINVAL;
    key->port = (uint16_t)port;
    char *to = stpcpy(key->text, key->is_tls ? "https://" : "http://");
    edo_str zone = edoi_zone_of(uri->host); // names of interfaces have capitals of their own
    for (size_t i = 0; i < uri->host.len; i++) {
        const char *c = uri->host.ptr + i;
        bool is_lower = zone.len == 0 || c < zone.ptr;
        *to++ = is_lower ? edoi_lower(*c) : *c;
    }
    *to++ = ':';
    to = edoi_decimal_print(to, key->port);
    key->bytes = key->address_bytes = (uint32_t)(to - key->text);
    return 0;
}

/* Only a client that has a certificate has two kinds of connections to a host. */
static void key_add_no_cert(host_key *key, const edo_tls_client *tls) {
    if (!key->is_tls || !tls || !edoi_tls_client_ops_of(tls)->has_cert(tls)) return;
    key->no_cert = true;
    key->text[key->bytes++] = '!';
}

/* What leaves HTTP cannot share a connection with requests. */
static void key_add_no_http2(host_key *key) {
    key->no_http2 = true;
    key->text[key->bytes++] = '^';
}

/* Names the proxy, too. A proxy that gets plain requests has one host for all. */
static int key_add_proxy(host_key *key, const edoi_proxy *p) {
    if (!p) return 0;
    if (p->key.len > EDOI_PROXY_KEY_MAX - 2) return -EINVAL;
    key->proxy = p;
    key->is_forward = !key->is_tls && !key->is_upgrade &&
                      (p->kind == EDOI_PROXY_HTTP || p->kind == EDOI_PROXY_HTTPS);
    if (key->is_forward) key->bytes = key->address_bytes = 0;
    key->text[key->bytes++] = ' ';
    memcpy(key->text + key->bytes, p->key.ptr, p->key.len);
    key->bytes += (uint32_t)p->key.len;
    return 0;
}

/* Reads an address, also in the forms that resolvers take for one: "0x7f.1", "2130706433". */
static bool host_read_number(edo_addr *out, edo_str host, uint16_t port) {
    char text[HOST_MAX + 1];
    *out = (edo_addr){ .sock.v4.sin_family = AF_INET, .bytes = sizeof out->sock.v4 };
    memcpy(text, host.ptr, host.len); // key_make() has looked at its length
    text[host.len] = 0;
    bool is_v4 = inet_aton(text, &out->sock.v4.sin_addr) != 0;
    if (!is_v4 && !edoi_proxy_read_address(out, host)) return false;
    if (out->sock.any.sa_family == AF_INET6)
        out->sock.v6.sin6_port = htons(port);
    else
        out->sock.v4.sin_port = htons(port);
    return true;
}

/* A proxy that looks names up is not asked for a number that is not allowed. One of SOCKS5 gets
 * addresses, each of which is looked at when it does. */
static int host_check_number(const edoi_client_pool *pool, const host_key *key, edo_str host) {
    const edoi_dial_opts *d = &pool->dial;
    edo_addr addr;
    if (!key->proxy || !d->allow || key->proxy->kind == EDOI_PROXY_SOCKS5) return 0;
    if (!host_read_number(&addr, host, key->port) || d->allow(d->arg, &addr)) return 0;
    return edo_fail(-EACCES, "the address of the URL is not allowed");
}

static bool host_has_key(edoi_table_link *l, const void *arg) {
    const host_key *key = arg;
    const edoi_client_pool_host *h = EDO_CONTAINER_OF(l, edoi_client_pool_host, link);
    return h->key_bytes == key->bytes && memcmp(h->key, key->text, key->bytes) == 0;
}

/* Writes the texts behind the key. */
static void host_print_texts(edoi_client_pool_host *h, size_t address_bytes) {
    char *address = h->key + h->key_bytes + 1;
    size_t scheme_n = h->is_tls ? sizeof "https://" - 1 : sizeof "http://" - 1;
    size_t n = address_bytes - scheme_n;
    char *field = address + n + 1, *name = field + n + 1;
    memcpy(address, h->key + scheme_n, n);
    address[n] = 0;
    memcpy(field, address, n + 1);
    edoi_zone_drop(field);
    edoi_zone_decode(address);
    char *colon = strrchr(field, ':');
    size_t name_n = (size_t)(colon - field), brackets = *address == '[';
    memcpy(name, address + brackets, name_n - 2 * brackets);
    name[name_n - 2 * brackets] = 0;
    if (h->port == (h->is_tls ? 443 : 80)) *colon = 0;
    h->address = address;
    h->field = field;
    h->name = name;
}

static edoi_client_pool_host *host_new(edoi_client_pool *pool, const host_key *key) {
    edoi_client_pool_host *h = malloc(sizeof *h + 4 * ((size_t)key->bytes + 1));
    if (!h) return NULL;
    *h = (edoi_client_pool_host){ .pool = edo_rc_ref(pool),
                                  .is_tls = key->is_tls,
                                  .is_forward = key->is_forward,
                                  .no_cert = key->no_cert,
                                  .no_http2 = key->no_http2,
                                  .port = key->port,
                                  .key_bytes = key->bytes };
    if (key->proxy) h->proxy = edo_rc_ref((edoi_proxy *)(uintptr_t)key->proxy);
    memcpy(h->key, key->text, key->bytes);
    h->key[key->bytes] = 0;
    TAILQ_INIT(&h->kept);
    TAILQ_INIT(&h->shared);
    TAILQ_INIT(&h->waiters);
    if (h->is_forward && h->proxy) {
        h->address = h->proxy->address;
    } else {
        host_print_texts(h, key->address_bytes);
    }
    return h;
}

/* Gives the table more chains, if there is memory. Called with `mu` held. */
static void pool_grow(edoi_client_pool *pool) {
    if (!edoi_table_is_full(&pool->hosts)) return;
    size_t n = pool->hosts.chains_n * 2;
    edoi_table_link **more = calloc(n, sizeof *more);
    if (more) free(edoi_table_move(&pool->hosts, more, n));
}

static int host_of(edoi_client_pool_host **out, edoi_client_pool *pool, const edo_uri *uri,
                   bool is_upgrade, bool no_cert, bool no_http2) {
    host_key key;
    key_init(&key, is_upgrade);
    int err = key_make(&key, uri);
    if (err == 0 && no_cert) key_add_no_cert(&key, pool->dial.tls);
    if (err == 0 && no_http2) key_add_no_http2(&key);
    if (err == 0)
        err = key_add_proxy(
            &key, edoi_proxy_list_find(pool->dial.proxies, uri->scheme, uri->host, key.port));
    if (err == 0) err = host_check_number(pool, &key, uri->host);
    if (err < 0) return err;
    uint64_t hash = edoi_siphash_of(&pool->secret, key.text, key.bytes, false);
    (void)pthread_mutex_lock(&pool->mu);
    edoi_table_link *l = edoi_table_find(&pool->hosts, hash, host_has_key, &key);
    edoi_client_pool_host *h =
        l ? EDO_CONTAINER_OF(l, edoi_client_pool_host, link) : host_new(pool, &key);
    if (h) h->refs++;
    if (h && !l) {
        edoi_table_add(&pool->hosts, &h->link, hash);
        pool_grow(pool);
    }
    (void)pthread_mutex_unlock(&pool->mu);
    if (!h) return -ENOMEM;
    *out = h;
    return 0;
}

/* ---- A host as a URL has it ------------------------------------------------------------------ */

/* Is the text the key of the host, and is it reached as it says? */
static bool host_is_written(edoi_table_link *l, const void *arg) {
    const edo_str *text = arg;
    const edoi_client_pool_host *h = EDO_CONTAINER_OF(l, edoi_client_pool_host, link);
    bool is_plain = !h->proxy && !h->no_cert && !h->no_http2;
    return is_plain && h->key_bytes == text->len && memcmp(h->key, text->ptr, text->len) == 0;
}

/* The bytes of a URL in front of its path: "https://name:port". None: it has no path, or one that
 * begins with "//", which would be a host by itself. */
static edo_str url_origin(edo_str url) {
    const size_t least = sizeof "https://" - 1; // of "http://" it is a byte of the name, too
    const char *slash = url.len > least ? memchr(url.ptr + least, '/', url.len - least) : NULL;
    if (!slash) return (edo_str){ NULL, 0 };
    size_t n = (size_t)(slash - url.ptr);
    bool is_doubled = n + 1 < url.len && slash[1] == '/';
    return is_doubled ? (edo_str){ NULL, 0 } : (edo_str){ url.ptr, n };
}

/* Cuts an origin that is the key of a host. */
static void uri_set_origin(edo_uri *uri, edo_str origin, const edoi_client_pool_host *h) {
    const char *name = origin.ptr + (h->is_tls ? sizeof "https://" : sizeof "http://") - 1;
    const char *colon = memrchr(origin.ptr, ':', origin.len), *end = origin.ptr + origin.len;
    uri->scheme = (edo_str){ origin.ptr, h->is_tls ? 5 : 4 };
    uri->host = (edo_str){ name, (size_t)(colon - name) };
    uri->port = (edo_str){ colon + 1, (size_t)(end - colon) - 1 };
}

edoi_client_pool_host *edoi_client_pool_find_host(edo_uri *uri, edoi_client_pool *pool,
                                                  edo_str url) {
    edo_uri found;
    edo_str origin = url_origin(url);
    if (origin.len == 0 || url.len > EDO_URI_MAX || !edoi_proxy_list_is_empty(pool->dial.proxies))
        return NULL;
    if (edo_uri_parse(&found, (edo_str){ url.ptr + origin.len, url.len - origin.len }) < 0)
        return NULL;
    uint64_t hash = edoi_siphash_of(&pool->secret, origin.ptr, origin.len, false);
    (void)pthread_mutex_lock(&pool->mu);
    edoi_table_link *l = edoi_table_find(&pool->hosts, hash, host_is_written, &origin);
    edoi_client_pool_host *h = l ? EDO_CONTAINER_OF(l, edoi_client_pool_host, link) : NULL;
    if (h) h->refs++;
    (void)pthread_mutex_unlock(&pool->mu);
    if (!h) return NULL;
    uri_set_origin(&found, origin, h);
    *uri = found;
    return h;
}

/* ---- A host of a parsed URL ------------------------------------------------------------------ */

int edoi_client_pool_host_of(edoi_client_pool_host **out, edoi_client_pool *pool,
                             const edo_uri *uri, bool no_cert) {
    return host_of(out, pool, uri, false, no_cert, false);
}

int edoi_client_pool_host_of_upgrade(edoi_client_pool_host **out, edoi_client_pool *pool,
                                     const edo_uri *uri) {
    return host_of(out, pool, uri, true, false, false);
}

int edoi_client_pool_host_of_http1(edoi_client_pool_host **out, edoi_client_pool *pool,
                                   const edo_uri *uri, bool no_cert) {
    return host_of(out, pool, uri, true, no_cert, true);
}

edoi_client_pool_host *edoi_client_pool_host_ref(edoi_client_pool_host *h) {
    (void)pthread_mutex_lock(&h->pool->mu);
    h->refs++;
    (void)pthread_mutex_unlock(&h->pool->mu);
    return h;
}

void edoi_client_pool_host_unref(edoi_client_pool_host *h) {
    edoi_client_pool *pool = h->pool;
    (void)pthread_mutex_lock(&pool->mu);
    bool is_last = --h->refs == 0;
    if (is_last) edoi_table_remove(&pool->hosts, &h->link);
    (void)pthread_mutex_unlock(&pool->mu);
    if (!is_last) return;
    edo_rc_unref(h->proxy);
    edoi_kept_series_deinit(&h->series);
    free(h);
    edo_rc_unref(pool);
}

void edoi_client_pool_check(edoi_client_pool *pool) {
    uint32_t kept_n = 0, open_n = 0;
    (void)pthread_mutex_lock(&pool->mu);
    for (size_t i = 0; i < pool->hosts.chains_n; i++) {
        for (edoi_table_link *l = pool->hosts.chains[i]; l; l = l->next) {
            const edoi_client_pool_host *h = EDO_CONTAINER_OF(l, edoi_client_pool_host, link);
            uint32_t n = 0, conns_n = 0;
            const edoi_client_pool_conn *c;
            TAILQ_FOREACH(c, &h->kept, of_host) {
                EDO_INV("pool inv. 2", c->host == h);
                n++;
            }
            EDO_INV("pool inv. 2", n == h->kept_n);
            EDO_INV("pool inv. 1", h->open_n >= h->conns_n && h->conns_n >= n);
            LIST_FOREACH(c, &h->all, of_all) conns_n++;
            EDO_INV("pool inv. 1", h->conns_n == conns_n);
            TAILQ_FOREACH(c, &h->shared, of_host) EDO_INV("pool inv. 4", c->users_n > 0);
            const edoi_client_pool_waiter *w;
            TAILQ_FOREACH(w, &h->waiters, next)
            EDO_INV("pool inv. 3", w->wants_new || h->kept_n == 0);
            kept_n += n;
            open_n += h->open_n;
        }
    }
    EDO_INV("pool inv. 2", kept_n == pool->kept_n);
    EDO_INV("pool inv. 1", open_n == pool->open_n);
    (void)pthread_mutex_unlock(&pool->mu);
}
