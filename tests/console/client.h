/* SPDX-License-Identifier: MIT */
/* tests/console/client.h: a client of tokio-console's protocol, as strict as tokio-console's own:
 * it keeps what it was told, and ends the program where that one would panic or pass over a row. */
#ifndef EDO_TESTS_CONSOLE_CLIENT_H
#define EDO_TESTS_CONSOLE_CLIENT_H

#include "inside.h"

#include "rs/tokio/console/instrument.edo.h"

#include <edo/console.h>

#define SEEN_MAX 512u

/* What the client knows of a task. Times in ns of the system's clock; 0: none was told. */
typedef struct seen_task {
    uint64_t id, shown_id;
    bool has_kind;
    char name[128], file[128];
    uint32_t line;
    int64_t born_ns, ended_ns, woken_ns, began_ns, paused_ns, busy_ns, waited_ns;
    uint64_t polls_n, wakes_n, self_wakes_n, wakers_n;
} seen_task;

typedef struct seen_resource {
    uint64_t id, waiting_n;
    char kind[64];
    int64_t born_ns;
} seen_resource;

typedef struct seen_wait {
    uint64_t id, task_id, resource_id;
    char source[64];
    int64_t born_ns, ended_ns;
} seen_wait;

typedef struct client {
    edo_grpc_channel *channel;
    edo_grpc_call *updates;
    bool knows_metadata[8];
    seen_task tasks[SEEN_MAX];
    seen_resource resources[SEEN_MAX];
    seen_wait waits[SEEN_MAX];
    size_t tasks_n, resources_n, waits_n, updates_n;
    size_t told_n; /* statistics of the last update */
    uint64_t dropped_n;
    int64_t now_ns; /* of the last update */
} client;

/* Connects to the console of this process, and asks for updates. In a task. */
void client_begin(client *c);
void client_end(client *c);

/* Takes the next update in. */
void client_next(client *c);

/* Takes updates in until that is true. */
#define CLIENT_UNTIL(c, cond)                                                                      \
    do {                                                                                           \
        for (const int64_t client_since_s = patience_now_s(); !(cond); client_next(c))             \
            patience_check(client_since_s, #cond, __FILE__, __LINE__);                             \
    } while (0)

/* Takes updates in until one tells of a poll: from then on the program's worker records all that
 * its tasks do. It begins with a turn of its own after the first update. */
void client_until_recorded(client *c);

/* How many tasks of that name are known; the latest of them, or NULL. */
size_t client_count(const client *c, const char *name);
size_t client_count_ended(const client *c, const char *name);
const seen_task *client_find(const client *c, const char *name);

/* The latest wait of the task of that name; NULL: there is none. */
const seen_wait *client_find_wait(const client *c, const char *name);
const seen_resource *client_find_resource(const client *c, uint64_t id);

#endif
