/* SPDX-License-Identifier: MIT */
/* redis/real_server.h: a redis-server of a test's own, on a Unix socket in a folder of its own,
 * with the password "secret"; a main() that skips its tests where there is none:
 *
 *     if (!real_server_exists()) return REAL_SERVER_SKIPPED;
 *     return cmocka_run_group_tests(tests, real_server_setup, real_server_teardown); */
#ifndef EDO_TESTS_REDIS_REAL_SERVER_H
#define EDO_TESTS_REDIS_REAL_SERVER_H

#include "inside.h"

#include <edo/process.h>
#include <edo/redis.h>

#include <stdlib.h>
#include <unistd.h>

#define REAL_SERVER_SKIPPED 77
#define REAL_SERVER_ARGS    24

static char real_server_folder[] = "/tmp/edo-redis-XXXXXX";
static char real_server_socket[64], real_server_url[96];

/* Starts one, with further arguments, which end with NULL. `more` may be NULL. */
static inline edo_process *real_server_start_with(const char *const *more) {
    const char *argv[REAL_SERVER_ARGS] = { "redis-server", "--port",        "0",     "--unixsocket",
                                           NULL,           "--save",        "",      "--dir",
                                           NULL,           "--requirepass", "secret" };
    size_t n = 11;
    argv[4] = real_server_socket;
    argv[8] = real_server_folder;
    while (more && *more) {
        CHECK(n + 1 < REAL_SERVER_ARGS);
        argv[n++] = *more++;
    }
    edo_process *p;
    CHECK_EQ(edo_process_spawn(&p, argv,
                               &(edo_process_opts){ .out = EDO_STDIO_NULL,
                                                    .err = EDO_STDIO_NULL,
                                                    .kill_on_unref = true }),
             0);
    return p;
}

static inline edo_process *real_server_start(void) {
    return real_server_start_with(NULL);
}

static inline void real_server_kill(edo_process *p) {
    (void)edo_process_kill(p);
    edo_process_unref(p);
}

/* Waits until the server has its socket. */
static inline edo_redis *real_server_client(void) {
    edo_redis *r = NULL;
    WAIT_FOR(edo_redis_connect(&r, edo_str_of(real_server_url), NULL) == 0);
    edo_trail_clear();
    return r;
}

static inline bool real_server_exists(void) {
    const char *const places[] = { "/usr/bin/redis-server", "/usr/local/bin/redis-server",
                                   "/bin/redis-server" };
    for (size_t i = 0; i < EDO_COUNT(places); i++)
        if (access(places[i], X_OK) == 0) return true;
    return false;
}

static inline int real_server_setup(void **state) {
    (void)state;
    if (!mkdtemp(real_server_folder)) return -1;
    (void)snprintf(real_server_socket, sizeof real_server_socket, "%s/socket", real_server_folder);
    (void)snprintf(real_server_url, sizeof real_server_url, "unix://:secret@%s",
                   real_server_socket);
    return 0;
}

static inline int real_server_teardown(void **state) {
    (void)state;
    (void)unlink(real_server_socket);
    return rmdir(real_server_folder);
}

#endif
