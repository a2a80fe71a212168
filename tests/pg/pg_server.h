/* SPDX-License-Identifier: MIT */
/* pg/pg_server.h: a PostgreSQL of the test's own, in a folder under /tmp, on a Unix socket and a
 * port of this machine. */
#ifndef EDO_TESTS_PG_SERVER_H
#define EDO_TESTS_PG_SERVER_H

#include <edo/bytes.h>

#include <stdbool.h>
#include <sys/types.h>

typedef struct pg_server {
    char folder[64], bin[256];
    int port_fd; /* bound to the port, which nobody else gets */
    int port;
    pid_t pid;     /* of postmaster; 0: it does not run */
    char url[256]; /* by the Unix socket */
    char tcp[256]; /* by 127.0.0.1 */
} pg_server;

/* Is a server installed? */
bool pg_is_installed(void);

/* Makes a cluster whose user is "edo" and whose database "postgres", and starts it; ends the
 * program if that fails. `settings` (may be NULL) are lines of postgresql.conf. */
void pg_server_start(pg_server *s, const char *settings);

/* Ends it at once, as a crash would; and starts it again, on the same port. */
void pg_server_kill(pg_server *s);
void pg_server_restart(pg_server *s);

/* Runs another program as the user of the server, with its log; it ends with this one. */
pid_t pg_server_run(const pg_server *s, const char *file, const char *const argv[]);

/* Stops all of its processes, as SIGSTOP does, and lets them go on. */
void pg_server_pause(pg_server *s);
void pg_server_go_on(pg_server *s);

/* Ends it and removes its folder. */
void pg_server_end(pg_server *s);

/* Writes a file of the folder, readable for the server alone. */
void pg_server_put(const pg_server *s, const char *name, const char *text);

/* The server of a test program: set up by pg_setup(), removed by pg_teardown(). */
extern pg_server the_server;
int pg_setup(void **state);
int pg_teardown(void **state);

/* Its two URLs. */
edo_str pg_url(void);
edo_str pg_tcp_url(void);

#endif
