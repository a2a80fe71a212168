/* SPDX-License-Identifier: MIT */
/* ares/ares_support.h: a resolver that asks the name server of the test. */
#ifndef EDO_TESTS_ARES_SUPPORT_H
#define EDO_TESTS_ARES_SUPPORT_H

#include "inside.h"
#include "name_server.h"

#include <edo/ares.h>

#include <dirent.h>
#include <errno.h>
#include <string.h>

/* With the server's address, and a timeout that never comes unless `opts` has another. */
static inline edo_ares *resolver_for(const name_server *s, edo_ares_opts opts) {
    edo_ares *names;
    opts.servers = s->addr;
    if (opts.timeout.ns == 0) opts.timeout = edo_s(1000);
    if (!opts.search) opts.search = "";
    CHECK_EQ(edo_ares_new(&names, &opts), 0);
    return names;
}

/* Looks up `host`; the number of addresses, or an error. */
static inline int look_up(edo_ares *names, const char *host) {
    edo_addr out[20];
    return edo_ares_resolve(names, out, EDO_COUNT(out), host);
}

/* Lets others run until the server has counted `want` questions. */
static inline void await_count(const _Atomic int *count, int want) {
    edo_instant start = edo_now();
    while (*count < want) {
        CHECK_EQ(edo_yield(), 0);
        if (ms_since(start) >= 30000) edo_test_fail("%d of %d after 30 s", (int)*count, want);
    }
}

static inline int open_fds(void) {
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    CHECK(dir);
    while (readdir(dir)) n++;
    (void)closedir(dir);
    return n;
}

#endif
