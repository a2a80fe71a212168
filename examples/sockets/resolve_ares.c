/* SPDX-License-Identifier: MIT */
/* resolve_ares.c: the addresses of many names at once, by c-ares: no thread waits for a name
 * server. Built where c-ares is there; linked with libedo-ares beside libedo.
 *
 *     resolve_ares - debian.org kernel.org         by the system's name servers
 *     resolve_ares 127.0.0.1:5353 debian.org       by this one */
#include <edo/ares.h>
#include <edo/edo.h>

#include <stdio.h>
#include <string.h>

enum { ADDRS = 8 };

typedef struct name {
    const char *host;
    edo_addr addrs[ADDRS];
    int n; /* of them, or an error */
} name;

static int look_up(void *arg) {
    name *self = arg;
    char text[300];
    snprintf(text, sizeof text, "%s:443", self->host);
    EDO_DEADLINE(d, edo_s(5));
    self->n = edo_deadline_end(&d, edo_resolve(self->addrs, ADDRS, text));
    return 0; // one name that fails does not stop the others
}

static void print(const name *self) {
    char text[EDO_ADDR_TEXT_MAX];
    if (self->n < 0) printf("%s: %s\n", self->host, edo_strerror(self->n));
    for (int i = 0; i < self->n; i++) {
        edo_addr_print(&self->addrs[i], text, sizeof text);
        printf("%s: %s\n", self->host, text);
    }
}

static int root(void *arg) {
    char **hosts = arg;
    static name names[100];
    size_t n = 0;
    EDO_SCOPE(s, NULL);
    for (; n < EDO_COUNT(names) && hosts[n]; n++) {
        names[n] = (name){ .host = hosts[n] };
        edo_scope_spawn(&s, look_up, &names[n]);
    }
    int err = edo_scope_end(&s, 0);
    for (size_t i = 0; i < n && err == 0; i++) print(&names[i]);
    return err;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    edo_ares *names;
    edo_ares_opts opts = { .servers = strcmp(argv[1], "-") == 0 ? NULL : argv[1], .cached = 1000 };
    int err = edo_ares_new(&names, &opts);
    if (err < 0) {
        fprintf(stderr, "%s: %s\n", argv[1], edo_strerror(err));
        return 1;
    }
    edo_resolver_set(edo_ares_resolve, names); // for edo_resolve() and edo_tcp_connect()
    int status = edo_main(root, argv + 2);
    edo_ares_free(names);
    return status;
}
