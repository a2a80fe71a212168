/* SPDX-License-Identifier: MIT */
/* service/discover/dns.c: the addresses of a name, looked up again and again. */
#include "service/discover/discovery.h"

#include "base/memory/alloc.h"
#include "base/opts.h"
#include "records/unfinished.h"
#include "seq/seq.h"
#include "service/pause.h"

#include <edo/net.h>

#include <errno.h>
#include <string.h>

#define EVERY_LEAST edo_s(30)
#define ADDRS_MAX   64

typedef struct dns {
    edo_duration every;
    edoi_pause pause; /* before the first good lookup */
    edo_addr addrs[ADDRS_MAX];
    char name[];
} dns;

static int dns_add(edoi_endpoint_list *list, const edo_addr *addr) {
    edo_endpoint e = { .weight = 0 };
    int err = edo_addr_print(addr, e.address, sizeof e.address);
    return err < 0 ? err : edoi_endpoint_list_add(list, &e);
}

/* Looks once; returns a code that ends the task. */
static int dns_look(edoi_discovery *to, dns *self) {
    edoi_endpoint_list now = { .n = 0 };
    int n = edo_resolve(self->addrs, ADDRS_MAX, self->name);
    int err = n < 0 ? n : 0;
    for (int i = 0; i < n && err == 0; i++) err = dns_add(&now, &self->addrs[i]);
    if (err == 0) return edoi_discovery_tell(to, &now);
    edoi_free(now.at);
    return err == -EINVAL ? err : edoi_discovery_fail(to, err);
}

/* A fifth at random is added, so that programs that began together do not ask together. */
static edo_duration dns_pause(const edoi_discovery *to, dns *self) {
    uint64_t random = edoi_random();
    if (!edoi_discovery_has_told(to)) return edoi_pause_next(&self->pause);
    return edo_ns(edoi_time_after(self->every.ns, edoi_random_to(&random, self->every.ns / 5)));
}

static int dns_run(edoi_discovery *to, void *arg) {
    int err = 0;
    while (err == 0) {
        err = dns_look(to, arg);
        if (err == 0) err = edo_sleep(dns_pause(to, arg));
    }
    return err;
}

edo_seq *edo_discover_dns(const char *name, const edo_discover_dns_opts *opts) {
    static const edo_discover_dns_opts defaults = { .every = { 0 } };
    static const edoi_discovery_ops ops = { .run = dns_run,
                                            .drop = edoi_free,
                                            .name = EDOI_OWN_TASK "looks up a name again" };
    size_t bytes = strlen(name) + 1;
    if (!opts) opts = &defaults;
    if (opts->every.ns < 0 || !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved)))
        return edoi_seq_failed(-EINVAL, sizeof(edo_endpoint_change));
    dns *self = edoi_calloc(1, sizeof *self + bytes);
    if (!self) return NULL;
    self->every = opts->every.ns < EVERY_LEAST.ns ? EVERY_LEAST : opts->every;
    if (self->every.ns > edo_hours(24 * 365).ns) self->every = edo_hours(24 * 365);
    self->pause = (edoi_pause){ .min_ns = edo_s(1).ns, .max_ns = EVERY_LEAST.ns };
    memcpy(self->name, name, bytes);
    return edoi_discovery_new(&ops, self);
}
