/* SPDX-License-Identifier: MIT */
/* client/service/life.c: the life of a client; and the one of a runtime, which is made when it is
 * first asked for and ends with it. */
#include "client/client.h"
#include "http/headers/map.h"

#include "base/atomic.h"
#include "base/opts.h"
#include "client/send/send.h"

#include <edo/http_fields.h>
#include <edo/runtime.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define TEXT_OF_(x) #x
#define TEXT_OF(x)  TEXT_OF_(x)
#define USER_AGENT  "edo/" TEXT_OF(EDO_VERSION_MAJOR) "." TEXT_OF(EDO_VERSION_MINOR)

#define RATIO_MAX     1100u /* more than deflate can do */
#define REDIRECTS_MAX 10u
#define CODERS_MAX    1024u /* bodies that are decoded at once */

/* ---- A client -------------------------------------------------------------------------------- */

static void http_client_deinit(void *arg) {
    edo_http_client *c = arg;
    if (c->pool) edoi_client_pool_close(c->pool);
    edo_rc_unref(c->pool);
    edo_service_unref(c->service);
    edo_cookie_jar_unref(c->jar);
    edoi_retry_opts_deinit(&c->retry);
    edo_headers_deinit(&c->headers);
    edo_headers_deinit(&c->deadline);
    edoi_coders_deinit(&c->coders);
    free(c->baggage_hosts);
}

/* Adds a field unless it is there. */
static int client_add_usual(edo_http_client *c, edo_header_id id, edo_str value) {
    return edo_headers_get(&c->headers, id).ptr ? 0 : edo_headers_append(&c->headers, id, value);
}

static int client_copy_headers(edo_http_client *c, const edo_http_client_opts *o) {
    int err = edoi_headers_append_all(&c->headers, o->headers);
    edo_str agent = edo_str_of(o->user_agent ? o->user_agent : USER_AGENT);
    if (err == 0 && agent.len > 0) err = client_add_usual(c, EDO_HEADER_USER_AGENT, agent);
    if (err == 0 && o->deadline_field)
        err = edo_headers_append_named(&c->deadline, edo_str_of(o->deadline_field), EDO_STR(""));
    return err < 0 ? err : client_add_usual(c, EDO_HEADER_ACCEPT, EDO_STR("*/*"));
}

int edo_http_client_new(edo_http_client **out, const edo_http_client_opts *opts) {
    static const edo_http_client_opts defaults = { 0 };
    const edo_http_client_opts *o = opts ? opts : &defaults;
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return -EINVAL;
    edo_http_client *c = edo_rc_new(sizeof *c, http_client_deinit);
    if (!c) return -ENOMEM;
    *c =
        (edo_http_client){ .timeout = edoi_limit_or(o->timeout, EDOI_CLIENT_TIMEOUT),
                           .read_timeout =
                               edoi_limit_or(o->read_timeout, (edo_duration){ EDO_FOREVER_NS }),
                           .decoded_max = o->decoded_max > 0 ? o->decoded_max : UINT64_MAX,
                           .ratio_max = o->ratio_max > 0 ? o->ratio_max : RATIO_MAX,
                           .redirects_max = o->redirects_max > 0 ? o->redirects_max : REDIRECTS_MAX,
                           .redirect = o->redirect,
                           .no_decode = o->no_decode,
                           .https_only = o->https_only,
                           .no_context = o->no_context };
    if (o->jar) c->jar = edo_cookie_jar_ref(o->jar);
    edo_headers_init(&c->headers);
    edo_headers_init(&c->deadline);
    edoi_client_name_codings(c);
    edoi_coders_init(&c->coders, true, 0, CODERS_MAX);
    int err = client_copy_headers(c, o);
    if (err == 0) err = edoi_client_pool_new(&c->pool, o);
    if (err == 0) err = edoi_retry_opts_init(&c->retry, o->retry);
    if (err == 0) err = edoi_client_set_baggage(c, o->baggage_hosts);
    if (err == 0) err = edoi_client_make_service(c, o->layers);
    if (err < 0) {
        edo_rc_unref(c);
        return err;
    }
    c->pool->dial.drop = o->drop;
    *out = c;
    return 0;
}

edo_http_client *edo_http_client_ref(edo_http_client *c) {
    return edo_rc_ref(c);
}

void edo_http_client_unref(edo_http_client *c) {
    edo_rc_unref(c);
}

void edo_http_client_close_idle(edo_http_client *c) {
    edoi_client_pool_close_kept(c->pool);
}

void edo_http_client_get_stats(edo_http_client *c, edo_http_client_stats *out) {
    edoi_client_pool *pool = c->pool;
    *out = (edo_http_client_stats){ .resends = edoi_load_rlx_u64(&c->resends), // relaxed: client.h
                                    .redirects = edoi_load_rlx_u64(&c->redirects), // relaxed
                                    .retries = edoi_load_rlx_u64(&c->retries) };   // relaxed
    (void)pthread_mutex_lock(&pool->mu);
    out->connects = pool->connects;
    out->connect_failures = pool->failures;
    out->reuses = pool->reuses;
    out->open = pool->open_n;
    out->idle = pool->kept_n;
    out->waiting = pool->waiting_n;
    (void)pthread_mutex_unlock(&pool->mu);
}

/* ---- The runtime's own ----------------------------------------------------------------------- */

typedef struct own_client {
    edo_runtime_ending ending;
    uint64_t runtime; /* its number */
    edo_http_client *client;
    struct own_client *next;
} own_client;

static pthread_mutex_t own_mu = PTHREAD_MUTEX_INITIALIZER;
static own_client *own_clients; /* lock: own_mu; one for each runtime that has asked */

static void own_client_end(void *arg) {
    own_client *self = arg, **at = &own_clients;
    (void)pthread_mutex_lock(&own_mu);
    while (*at != self) at = &(*at)->next;
    *at = self->next;
    (void)pthread_mutex_unlock(&own_mu);
    edo_http_client_unref(self->client);
    free(self);
}

static own_client *own_client_find(uint64_t runtime) {
    own_client *o = own_clients;
    while (o && o->runtime != runtime) o = o->next;
    return o;
}

/* Called with `own_mu` held. */
static int own_client_new(own_client **out, edo_runtime *rt) {
    own_client *o = malloc(sizeof *o);
    if (!o) return -ENOMEM;
    *o = (own_client){ .ending = { .fn = own_client_end, .arg = o },
                       .runtime = edo_runtime_id(rt),
                       .next = own_clients };
    int err = edo_http_client_new(&o->client, NULL);
    if (err < 0) {
        free(o);
        return err;
    }
    own_clients = o;
    edo_runtime_at_end(rt, &o->ending);
    *out = o;
    return 0;
}

int edoi_client_own(edo_http_client **out) {
    edo_runtime *rt = edo_runtime_current();
    int err = 0;
    if (!rt) return -EDO_ENORUNTIME;
    (void)pthread_mutex_lock(&own_mu);
    own_client *o = own_client_find(edo_runtime_id(rt));
    if (!o) err = own_client_new(&o, rt);
    (void)pthread_mutex_unlock(&own_mu);
    if (err == 0) *out = o->client;
    return err;
}

/* ---- Upgrades -------------------------------------------------------------------------------- */

int edoi_client_host_of_upgrade(edoi_client_pool_host **out, edo_http_client *c,
                                const edo_uri *uri) {
    edoi_client_pool_host *host = NULL;
    int err = c ? 0 : edoi_client_own(&c);
    if (err == 0) err = edoi_client_pool_host_of_upgrade(&host, c->pool, uri);
    if (err < 0) return err;
    if (c->https_only && !host->is_tls) {
        edoi_client_pool_host_unref(host);
        return edo_fail(-EACCES, "only TLS is allowed, by https_only");
    }
    *out = host;
    return 0;
}
