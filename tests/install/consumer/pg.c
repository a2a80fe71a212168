/* SPDX-License-Identifier: MIT */
/* A program outside of the tree that links libedo-pg: no server is asked, and it says so. */
#include <edo/error.h>
#include <edo/pg.h>

#include <stdio.h>

int main(void) {
    edo_pg *db;
    int err = edo_pg_connect(&db, EDO_STR("postgres://nobody@127.0.0.1:1/none"), NULL);
    puts(edo_error_name(err));
    return 0;
}
