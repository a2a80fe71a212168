/* SPDX-License-Identifier: MIT */
/* ares/ares.c: the resolver: its options, whose turn it is, and what needs no lookup. */
#include <edo/ares.h>

#include "ares/cache.h"
#include "ares/lookup.h"
#include "ares/sources.h"
#include "base/opts.h"

#include <edo/sem.h>

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE   256u
#define MISSING_S 5 /* how long a missing name is cached: c-ares does not return its TTL */

struct edo_ares {
    edoi_ares_config config; /* const */
    char lookups[3];         /* const; "": the system looks up all names */
    char *search;            /* const; the text that the domains of `config` point into */
    edoi_ares_cache *cache;  /* NULL: none */
    edo_sem turns;
};

/* ---- Options --------------------------------------------------------------------------------- */

/* Cuts `text` at commas: the pieces, which borrow it, in `*out`, which the caller frees. */
static int ares_split(char ***out, int *n, char *text) {
    size_t pieces = 1;
    for (const char *at = text; *at; at++) pieces += *at == ',';
    if (pieces > INT_MAX) return -EINVAL;
    *out = calloc(pieces, sizeof **out);
    if (!*out) return -ENOMEM;
    char *rest = NULL;
    for (char *p = strtok_r(text, ",", &rest); p; p = strtok_r(NULL, ",", &rest))
        (*out)[(*n)++] = p;
    return 0;
}

static int copy_text(char **out, const char *text) {
    if (!text) return 0;
    *out = strdup(text);
    return *out ? 0 : -ENOMEM;
}

/* c-ares takes a list of none, and cuts a port to 16 bits. A bare IPv6 address has no colon before
 * so large a number. */
static int set_servers(edoi_ares_config *c, const char *servers) {
    if (!servers) return 0;
    if (servers[strspn(servers, ", ")] == '\0') return -EINVAL;
    for (const char *at = strchr(servers, ':'); at; at = strchr(at + 1, ':'))
        if (strtoul(at + 1, NULL, 10) > UINT16_MAX) return -EINVAL;
    return copy_text(&c->servers, servers);
}

static int set_search(edo_ares *self, const char *search) {
    struct ares_options *to = &self->config.opts;
    if (!search) return 0;
    self->config.mask |= ARES_OPT_DOMAINS;
    int err = copy_text(&self->search, search);
    return err < 0 ? err : ares_split(&to->domains, &to->ndomains, self->search);
}

static int set_numbers(edoi_ares_config *c, const edo_ares_opts *opts) {
    int64_t ms = opts->timeout.ns / 1000000 + (opts->timeout.ns % 1000000 > 0);
    if (opts->timeout.ns < 0 || ms > INT_MAX || opts->tries > INT_MAX) return -EINVAL;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    c->opts.timeout = (int)ms;
    c->opts.tries = (int)opts->tries;
    c->mask |= (ms > 0 ? ARES_OPT_TIMEOUTMS : 0) | (opts->tries > 0 ? ARES_OPT_TRIES : 0);
    return 0;
}

/* A file that is not named may be missing. */
static int set_sources(edo_ares *self, const edo_ares_opts *opts) {
    memcpy(self->lookups, "fb", 3);
    if (opts->nsswitch) return edoi_ares_sources(self->lookups, opts->nsswitch);
    if (opts->servers) return 0;
    int err = edoi_ares_sources(self->lookups, "/etc/nsswitch.conf");
    if (err < 0) memcpy(self->lookups, "fb", 3);
    return err == -ENOMEM ? err : 0;
}

static int ares_set_up(edo_ares *self, const edo_ares_opts *opts) {
    edoi_ares_config *c = &self->config;
    int err = set_numbers(c, opts);
    if (err == 0) err = set_sources(self, opts);
    if (err == 0) err = set_servers(c, opts->servers);
    if (err == 0) err = set_search(self, opts->search);
    if (err == 0 && opts->cached > 0) err = edoi_ares_cache_new(&self->cache, opts->cached);
    c->opts.lookups = self->lookups;
    c->mask |= ARES_OPT_LOOKUPS;
    self->turns = (edo_sem)EDO_SEM_INIT(opts->at_once > 0 ? opts->at_once : AT_ONCE);
    return err < 0 ? err : edoi_ares_check(c);
}

/* ---- The object ------------------------------------------------------------------------------ */

int edo_ares_new(edo_ares **out, const edo_ares_opts *opts) {
    static const edo_ares_opts defaults;
    int status = ares_library_init(ARES_LIB_INIT_ALL);
    if (status != ARES_SUCCESS) return edoi_ares_code(status);
    edo_ares *self = calloc(1, sizeof *self);
    int err = self ? ares_set_up(self, opts ? opts : &defaults) : -ENOMEM;
    if (err < 0) {
        if (self)
            edo_ares_free(self);
        else
            ares_library_cleanup();
        return err;
    }
    *out = self;
    return 0;
}

void edo_ares_free(edo_ares *self) {
    if (!self) return;
    edoi_ares_cache_free(self->cache);
    free(self->config.opts.domains);
    free(self->config.servers);
    free(self->search);
    free(self);
    ares_library_cleanup();
}

/* ---- Looking up ------------------------------------------------------------------------------ */

/* "127.0.0.1" and "::1" are no names. */
static bool ares_is_number(edoi_ares_addrs *out, const char *host) {
    edo_addr *addr = &out->list[0];
    *addr = (edo_addr){ 0 };
    out->n = 1;
    if (inet_pton(AF_INET, host, &addr->sock.v4.sin_addr) == 1) {
        addr->sock.v4.sin_family = AF_INET;
        addr->bytes = sizeof addr->sock.v4;
    } else if (inet_pton(AF_INET6, host, &addr->sock.v6.sin6_addr) == 1) {
        addr->sock.v6.sin6_family = AF_INET6;
        addr->bytes = sizeof addr->sock.v6;
    }
    return addr->bytes > 0;
}

static int ares_look_up(edo_ares *self, edoi_ares_addrs *out, const char *host) {
    if (self->cache && edoi_ares_cache_get(self->cache, out, host)) return out->n > 0 ? 0 : -ENOENT;
    int err = edo_sem_acquire(&self->turns, 1);
    if (err < 0) return err;
    err = edoi_ares_look_up(&self->config, out, host);
    edo_sem_release(&self->turns, 1);
    if (err == -ENOENT) *out = (edoi_ares_addrs){ .n = 0, .ttl_s = MISSING_S };
    if ((err == 0 || err == -ENOENT) && self->cache) edoi_ares_cache_put(self->cache, host, out);
    return err;
}

int edo_ares_resolve(void *arg, edo_addr *out, size_t out_max, const char *host) {
    edo_ares *self = arg;
    edoi_ares_addrs found;
    if (out_max == 0) return -EINVAL;
    if (!ares_is_number(&found, host)) {
        if (self->lookups[0] == '\0') return edo_resolver_system(NULL, out, out_max, host);
        int err = ares_look_up(self, &found, host);
        if (err < 0) return err;
    }
    size_t n = found.n < out_max ? found.n : out_max;
    memcpy(out, found.list, n * sizeof out[0]);
    return (int)n;
}
