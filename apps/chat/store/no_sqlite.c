/* SPDX-License-Identifier: MIT */
/* no_sqlite.c: in the place of sqlite.c where SQLite was not found. */
#include "store/store.h"

#include <edo/error.h>

#include <errno.h>

int store_sqlite_open(store **out, const char *path) {
    (void)out;
    return edo_fail(-ENOTSUP, "opening %s: this program was built without SQLite", path);
}
