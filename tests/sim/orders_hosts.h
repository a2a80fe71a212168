/* SPDX-License-Identifier: MIT */
/* sim/orders_hosts.h: the examples `orders`, over a store in a file, and `orders_partner`, as
 * functions of hosts. */
#ifndef EDO_TESTS_SIM_ORDERS_HOSTS_H
#define EDO_TESTS_SIM_ORDERS_HOSTS_H

typedef struct orders_site {
    const char *file;    /* of the database */
    const char *partner; /* its URL */
    const char *listen;
} orders_site;

/* Opens the store, and serves. `options` is an orders_site. */
int orders_on_sqlite_run(void *options);

/* `options` are the arguments of the program, from its name on, with a NULL at the end. */
int partner_run(void *options);

#endif
