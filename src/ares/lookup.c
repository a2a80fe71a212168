/* SPDX-License-Identifier: MIT */
/* ares/lookup.c: see lookup.h.
 *
 * c-ares reports which of its sockets it wants to read or write. The lookup's task waits for all of
 * them and for the next timeout, and then lets c-ares work on the socket that is ready. */
#include "ares/lookup.h"

#include <edo/fd.h>
#include <edo/task.h>
#include <edo/time.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SOCKETS_MAX (2 * EDOI_ARES_SERVERS_MAX)

typedef struct watched {
    edo_fd *fd;       /* NULL: the place is free */
    ares_socket_t of; /* c-ares's */
    uint32_t what;    /* EDO_IO_READ, EDO_IO_WRITE */
} watched;

typedef struct lookup {
    ares_channel channel;
    watched sockets[SOCKETS_MAX];
    edo_fd_ready_future ready[SOCKETS_MAX]; /* of the socket at this place, while it is awaited */
    bool ended;                             /* the callback has been called: */
    int status;                             /* with this */
    int watch_err;                          /* a socket could not be watched */
    edoi_ares_addrs *out;
} lookup;

int edoi_ares_code(int status) {
    switch (status) {
    case ARES_SUCCESS: return 0;
    case ARES_ENOMEM: return -ENOMEM;
    case ARES_ENODATA:
    case ARES_ENOTFOUND: return -ENOENT;
    case ARES_EBADNAME:
    case ARES_EBADSTR: return -EINVAL;
    case ARES_ESERVFAIL: // some versions return these, others ECONNREFUSED, once all servers failed
    case ARES_EREFUSED:
    case ARES_ENOTIMP:
    case ARES_ECONNREFUSED:
    case ARES_ETIMEOUT: return -EAGAIN;
    default: return -EIO;
    }
}

/* ---- Sockets --------------------------------------------------------------------------------- */

static watched *lookup_place_of(lookup *l, ares_socket_t s) {
    watched *free_place = NULL;
    for (size_t i = 0; i < SOCKETS_MAX; i++) {
        if (l->sockets[i].fd && l->sockets[i].of == s) return &l->sockets[i];
        if (!l->sockets[i].fd && !free_place) free_place = &l->sockets[i];
    }
    return free_place;
}

/* c-ares calls it whenever its interest in a socket changes, with neither before it closes one. */
static void on_socket(void *arg, ares_socket_t s, int reads, int writes) {
    lookup *l = arg;
    watched *w = lookup_place_of(l, s);
    if (!w) {
        l->watch_err = -EMFILE;
        return;
    }
    w->what = (reads ? EDO_IO_READ : 0) | (writes ? EDO_IO_WRITE : 0);
    if (w->fd && w->what == 0) {
        edo_fd_close(w->fd);
        w->fd = NULL;
    } else if (!w->fd && w->what != 0) {
        w->of = s;
        int err = edo_fd_open(&w->fd, s, NULL);
        if (err < 0) l->watch_err = err;
    }
}

/* Waits until a socket is ready, at most `limit` (negative: for ever). Returns its place in
 * `sockets` with what holds in `*ready`, -ETIMEDOUT, or an error. */
static int lookup_wait(lookup *l, uint32_t *ready, edo_duration limit) {
    edo_future *branches[SOCKETS_MAX] = { NULL };
    edo_select_future any;
    edo_timeout_future timeout;
    for (size_t i = 0; i < SOCKETS_MAX; i++) {
        const watched *w = &l->sockets[i];
        if (w->fd) branches[i] = edo_fd_ready_init(&l->ready[i], w->fd, w->what);
    }
    edo_future *f = edo_select_init(&any, branches, SOCKETS_MAX, 0);
    int place = edo_await(limit.ns < 0 ? f : edo_timeout_init(&timeout, f, limit));
    if (place < 0) return place;
    int holds = edo_result(&l->ready[place]);
    *ready = holds < 0 ? 0 : (uint32_t)holds;
    return holds < 0 ? holds : place;
}

static edo_duration until_timeout(const lookup *l) {
    struct timeval tv;
    if (!ares_timeout(l->channel, NULL, &tv)) return edo_ns(-1);
    return edo_ns((int64_t)tv.tv_sec * 1000000000 + (int64_t)tv.tv_usec * 1000);
}

/* One wait, and what c-ares does after it: with a socket, and with what has timed out. */
static int lookup_turn(lookup *l) {
    uint32_t ready = 0;
    ares_socket_t reads = ARES_SOCKET_BAD, writes = ARES_SOCKET_BAD;
    int place = lookup_wait(l, &ready, until_timeout(l));
    if (place < 0 && place != -ETIMEDOUT) return place;
    if (ready & EDO_IO_READ) reads = l->sockets[place].of;
    if (ready & EDO_IO_WRITE) writes = l->sockets[place].of;
    ares_process_fd(l->channel, reads, writes);
    return l->watch_err;
}

/* ---- The channel ----------------------------------------------------------------------------- */

/* Drops the servers for whose sockets there is no room. */
static int limit_servers(ares_channel channel) {
    struct ares_addr_port_node *all, *last, *rest;
    int status = ares_get_servers_ports(channel, &all);
    if (status != ARES_SUCCESS) return edoi_ares_code(status);
    last = all;
    for (size_t n = 1; last && n < EDOI_ARES_SERVERS_MAX; n++) last = last->next;
    if (last && last->next) {
        rest = last->next;
        last->next = NULL;
        status = ares_set_servers_ports(channel, all);
        last->next = rest;
    }
    ares_free_data(all);
    return edoi_ares_code(status);
}

/* Leaves no channel behind if it fails. */
static int open_channel(lookup *l, const edoi_ares_config *config) {
    struct ares_options opts = config->opts;
    opts.sock_state_cb = on_socket;
    opts.sock_state_cb_data = l;
    int status = ares_init_options(&l->channel, &opts, config->mask | ARES_OPT_SOCK_STATE_CB);
    if (status != ARES_SUCCESS) return edoi_ares_code(status);
    if (config->servers) status = ares_set_servers_ports_csv(l->channel, config->servers);
    int err = status == ARES_SUCCESS ? limit_servers(l->channel) : edoi_ares_code(status);
    if (err < 0) ares_destroy(l->channel);
    return err;
}

int edoi_ares_check(const edoi_ares_config *config) {
    lookup *l = calloc(1, sizeof *l);
    if (!l) return -ENOMEM;
    int err = open_channel(l, config);
    if (err == 0) ares_destroy(l->channel);
    free(l);
    return err;
}

static void lookup_keep(edoi_ares_addrs *out, const struct ares_addrinfo_node *node) {
    edo_addr addr = { .bytes = (uint32_t)node->ai_addrlen };
    if (node->ai_family == AF_INET && addr.bytes == sizeof addr.sock.v4) {
        memcpy(&addr.sock.v4, node->ai_addr, sizeof addr.sock.v4);
    } else if (node->ai_family == AF_INET6 && addr.bytes == sizeof addr.sock.v6) {
        memcpy(&addr.sock.v6, node->ai_addr, sizeof addr.sock.v6);
    } else {
        return;
    }
    if (out->n == 0 || node->ai_ttl < out->ttl_s) out->ttl_s = node->ai_ttl;
    out->list[out->n++] = addr;
}

/* c-ares calls it once for each lookup, at the latest when the channel is destroyed. */
static void on_end(void *arg, int status, int timeouts, struct ares_addrinfo *found) {
    lookup *l = arg;
    (void)timeouts;
    l->ended = true;
    l->status = status;
    if (!found) return;
    const struct ares_addrinfo_node *node = found->nodes;
    for (; node && l->out->n < EDOI_ARES_ADDRS_MAX; node = node->ai_next) lookup_keep(l->out, node);
    const struct ares_addrinfo_cname *alias = found->cnames;
    for (; alias; alias = alias->next)
        if (alias->ttl < l->out->ttl_s) l->out->ttl_s = alias->ttl;
    ares_freeaddrinfo(found);
}

int edoi_ares_look_up(const edoi_ares_config *config, edoi_ares_addrs *out, const char *host) {
    static const struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC,
                                                      .ai_socktype = SOCK_STREAM };
    lookup *l = calloc(1, sizeof *l);
    if (!l) return -ENOMEM;
    l->out = out;
    out->n = 0;
    out->ttl_s = 0;
    int err = open_channel(l, config);
    if (err == 0) {
        ares_getaddrinfo(l->channel, host, NULL, &hints, on_end, l);
        err = l->watch_err;
        while (err == 0 && !l->ended) err = lookup_turn(l);
        int status = l->status;
        bool ended = l->ended;
        ares_destroy(l->channel);
        if (ended) err = edoi_ares_code(status);
        // c-ares also returns this for a name that is in no file, if it may not ask servers
        if (err == -EAGAIN && !strchr(config->opts.lookups, 'b')) err = -ENOENT;
    }
    free(l);
    return err == 0 && out->n == 0 ? -ENOENT : err;
}
