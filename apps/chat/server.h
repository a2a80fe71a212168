/* SPDX-License-Identifier: MIT */
/* server.h: the accept loop, and what the server lends to its clients and pages. */
#ifndef CHAT_SERVER_H
#define CHAT_SERVER_H

#include "directory.h"
#include "options.h"
#include "page.h"
#include "sessions.h"
#include "storage.h"

#include <edo/cancel.h>
#include <edo/http_metrics.h>
#include <edo/sem.h>
#include <edo/tracker.h>

#include <sys/stat.h>

typedef struct server {
    const options *options;
    edo_listener *terminals; /* NULL: not yet, or no more */
    storage *storage;        /* NULL: nothing is kept */
    directory directory;
    uint32_t address_conns_max; /* const once served; of each address */
    edo_keyed_sem *addresses;   /* a permit of its address for each connection */
    edo_keyed_limiter *reads;   /* of each address: of the store, for terminals that come back */
    uint64_t places_n;          /* const once served; clients that the descriptors allow */
    edo_sem places;             /* a permit for each client more that the descriptors allow */
    bool is_full; /* the accept loop's: a client was turned away, and there was no place since */

    /* How the server stops: readiness is turned off, and for --pre-stop all goes on as before. No
     * terminal is accepted any more. `draining` fires, and each client is read until it is
     * silent for a moment. When none is `talking` any more, nothing more can be said. Then the
     * clients are cancelled, and each is shown what is left for it, and let go. Then the web is
     * stopped. */
    edo_cancel_token *draining;
    edo_tracker talking; /* the clients that are read */

    /* The web's; see web.h. */
    edo_listener *web; /* NULL: there is no web */
    sessions sessions;
    pages pages;
    edo_keyed_limiter *posts;  /* of each address; NULL: no limit */
    struct stat store_file;    /* const; if there is a storage: its file as it was opened */
    atomic_bool is_store_gone; /* its file was deleted or replaced */
    struct edo_health *health;
    edo_metrics *metrics;
    edo_http_metrics *http_metrics; /* some of them */
} server;

/* Of the sockets of terminals and of the web. A peer that does not read holds twice as much of the
 * kernel's memory at most, as the kernel counts it, and for that time: then the connection is
 * reset, also one that was closed and has bytes left. */
#define CHAT_SEND_BUFFER (128u << 10)
#define CHAT_UNREAD_MAX  EDO_S(60)

/* Serves until this task, the root of the program, is cancelled by SIGINT or SIGTERM; then ends in
 * order. `arg` is the options. Returns the exit status of a wrong address, or a negative code. */
int server_run(void *arg);

#endif
