/* SPDX-License-Identifier: MIT */
/* server.h: what the server lends to all connections, of each kind. */
#ifndef CHAT_SERVER_H
#define CHAT_SERVER_H

#include "node/question.h"
#include "node/trouble.h"
#include "options.h"
#include "room/directory.h"
#include "storage/late_place.h"
#include "storage/storage.h"

#include <edo/cancel.h>
#include <edo/limiter.h>
#include <edo/net.h>
#include <edo/sem.h>
#include <edo/tracker.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#define SERVER_DESCRIPTORS 32 /* that are neither clients nor a worker's */

/* Connections of each kind have places of their own, which together are no more than the
 * descriptors allow: so no kind takes the places of another. */
typedef enum place_kind { PLACE_TERMINAL, PLACE_PAGE, PLACE_STREAM, PLACE_KINDS } place_kind;

/* A connection whose client is to go on at another server when this one ends: see leave_run(). It
 * is a part of what it belongs to. */
typedef struct leaver {
    void (*leave)(struct leaver *self); /* const; tells the client, without a wait and without
                                           taking the leaver out; called once at most */
    bool is_in;                         /* lock: leavers.lock, as the link */
    TAILQ_ENTRY(leaver) link;
} leaver;

/* All of them. */
typedef struct leavers {
    pthread_mutex_t lock; /* guards all but the token */
    TAILQ_HEAD(, leaver) waiting;
    size_t waiting_n;        /* that were not told yet */
    size_t here_n;           /* these, and those who were told and are not gone */
    bool is_over;            /* all were told; who comes is told at once */
    edo_cancel_token *begun; /* const; fires when they begin to leave */
} leavers;

/* Errors: -ENOMEM; leavers_deinit() is allowed also then. */
EDO_MUST_USE int leavers_init(leavers *self);
void leavers_deinit(leavers *self);

typedef struct server {
    const options *options;
    storage *storage; /* NULL: nothing is kept */
    directory directory;
    question question;       /* to a store that others use, too */
    struct carrier *carrier; /* see node/carrier.h; NULL: no Redis */
    edo_listener *lines_at, *secure_at, *web_at,
        *streams_at;            /* NULL: not yet, no more, or not wanted */
    bool is_public;             /* const once served: others than this machine reach `web_at` */
    struct edo_tls_server *tls; /* of the web, and of `secure_at`; NULL: clear text */
    struct edo_tls_server *streams_tls; /* of `streams_at`, with the same certificate */
    struct edo_health *health;
    struct edo_metrics *metrics;
    struct edo_http_metrics *http_metrics; /* some of them */
    struct sessions *sessions;             /* see person/people.h */
    late_people late;                      /* see person/late.h */
    trouble trouble;                       /* that people are told of */
    struct web *web;         /* see page/web.h; NULL: not yet, or nothing uses it any more */
    struct streams *streams; /* see stream/door.h; NULL likewise */
    atomic_size_t pages_n;   /* WebSockets; here, as numbers are read when `web` is gone, too */
    atomic_size_t streams_n; /* conversations by gRPC */
    atomic_uint_fast64_t full_pages_n; /* that were let go, since they did not read */

    uint32_t address_conns_max;  /* const once served; of each address */
    edo_keyed_sem *addresses;    /* a permit of its address for each connection */
    edo_keyed_limiter *arrivals; /* of each address: of terminals */
    edo_keyed_limiter *reads;    /* of each address: of the store, for terminals that come back */
    edo_keyed_limiter *speech;   /* of each address: of all who have a session; NULL: no limit */
    edo_keyed_sem *found;        /* of each address: listeners that are shown what was read */
    edo_keyed_sem *late_found;   /* of each address: pages that are late, likewise */
    edo_sem places[PLACE_KINDS]; /* a permit for each client more of the kind */
    /* const once served; connections of the web, or of gRPC, and those of one address; 0: any
     * number */
    uint32_t http_conns_max, http_address_conns_max;

    /* How the server stops: readiness is turned off, and for --pre-stop all goes on as before. With
     * --drain clients are then sent away one after the other, to other servers; what is below is
     * for those that are left. No terminal is accepted any more. `draining` fires, and each client
     * is read until it is silent for a moment. When none is `talking` any more, nothing more can be
     * said. Then the clients are cancelled, and each is shown what is left for it, and let go. Then
     * the web is stopped. */
    leavers leavers;
    edo_cancel_token *draining;
    edo_tracker talking; /* the clients that are read */
} server;

/* Of the sockets of terminals and of the web. A peer that does not read holds twice as much of the
 * kernel's memory at most, as the kernel counts it, and for that time: then the connection is
 * reset, also one that was closed and has bytes left. */
#define CHAT_SEND_BUFFER (128u << 10)
#define CHAT_UNREAD_MAX  EDO_S(60)

/* Makes what connections share. Owns: borrows the storage, NULL: there is none. Returns 0 or a
 * negative code. */
EDO_MUST_USE int server_init(server *self, const options *o, storage *kept);

/* All connections are gone. */
void server_deinit(server *self);

/* At the end: for what is left of all connections of one kind, which is work for each of them,
 * beside other work of the machine. What hangs is waited for as long. */
#define SERVER_END_EACH edo_us(500)
#define SERVER_END_MOST edo_s(4)
edo_duration server_end_max(const server *self);

/* Whether an address may say one thing more now, whoever with a session says it there. */
bool server_may_speak(const server *self, edo_str address);

/* Lets clients leave over --drain, once this task is cancelled: no new ones are let in, and one
 * after the other is told to connect again. `arg` is the server; a part of edo_drain_run(). */
int leave_run(void *arg);

/* How long that takes at most. */
edo_duration leave_end_max(const server *self);

/* The connection is one of those until leaver_remove(); one that comes when all were told is told
 * at once. Owns: borrows `l`. */
void leaver_add(server *self, leaver *l);
void leaver_remove(server *self, leaver *l);

/* Whether clients are sent away, so that none should come. */
bool server_is_leaving(const server *self);

/* Whether an address is one of this machine. */
bool address_is_own(const edo_addr *addr);

/* What one connection has taken: a place among all, and one among those of its address. */
typedef struct ticket {
    server *at;
    place_kind kind;
    bool is_proxys;               /* a proxy has come with it, and may tell its address */
    edo_keyed_permit *address;    /* of the server's `addresses`; NULL: it is not counted */
    char key[EDO_ADDR_KEY_BYTES]; /* of its address, if it is known */
} ticket;

/* Takes a place for a connection of that kind from that address; NULL: it is not counted. Returns
 * 0, -EMFILE if there is none, or -EBUSY if the address has as many as it may. */
EDO_MUST_USE int ticket_take(ticket *self, server *at, place_kind kind, const edo_addr *from);
void ticket_return(ticket *self);

/* Counts one that is not counted yet among those of its address. Returns 0, or -EBUSY as
 * ticket_take(); it keeps its place then. */
EDO_MUST_USE int ticket_count(ticket *self, const edo_addr *from);

/* The key of its address. */
edo_str ticket_key(const ticket *self);

#endif
