/* SPDX-License-Identifier: MIT */
/* no_postgres.c: in the place of store_pg/ where libpq was not found. */
#include "store/store.h"

#include <edo/error.h>

#include <errno.h>

int store_pg_open(store **out, const char *url, const char *node) {
    (void)out, (void)url, (void)node;
    return edo_fail(-ENOTSUP, "opening the database: this program was built without PostgreSQL");
}

int store_copy_to_pg(store *from, store *to, store_copied *done) {
    (void)from, (void)to, (void)done;
    return -ENOTSUP; // there is none to copy to
}
