/* SPDX-License-Identifier: MIT */
/* port_scan.c: which ports of a host accept connections? At most 200 attempts at once, each for a
 * second at most: neither descriptors nor local ports run out.
 *
 *     port_scan 127.0.0.1 1 1024 */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct probe {
    const char *host;
    uint16_t port;
    bool is_open;
} probe;

/* Returns 0 whether the port is open or not; negative: no answer is possible. */
static int try_port(void *arg) {
    probe *p = arg;
    char addr[EDO_ADDR_TEXT_MAX];
    edo_stream *s = NULL;
    edo_addr ours;
    snprintf(addr, sizeof addr, "%s:%u", p->host, p->port);
    EDO_DEADLINE(d, edo_s(1));
    int err = edo_tcp_connect(&s, addr, &(edo_tcp_opts){ .reset_on_close = true });
    err = edo_deadline_end(&d, err);
    // A socket whose local port is by chance the one it tries connects to itself.
    if (err == 0 && edo_stream_local_addr(s, &ours) == 0)
        p->is_open = edo_addr_port(&ours) != p->port;
    edo_close(s);
    return err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -EINVAL ? err : 0;
}

static int scan(probe *probes, size_t n) {
    EDO_SCOPE(s, &(edo_scope_opts){ .at_once = 200 });
    for (size_t i = 0; i < n; i++) edo_scope_spawn(&s, try_port, &probes[i]); // waits for a place
    return edo_scope_end(&s, 0);
}

static int root(void *arg) {
    char **argv = arg;
    unsigned long first = strtoul(argv[2], NULL, 10), last = strtoul(argv[3], NULL, 10);
    if (first < 1 || last > UINT16_MAX || last < first) return edo_fail(-EINVAL, "the ports");
    size_t n = last - first + 1;
    probe *probes = calloc(n, sizeof *probes);
    if (!probes) return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        probes[i] = (probe){ .host = argv[1], .port = (uint16_t)(first + i) };
    int err = scan(probes, n);
    for (size_t i = 0; i < n && err == 0; i++)
        if (probes[i].is_open) printf("%u\n", probes[i].port);
    free(probes);
    return err;
}

int main(int argc, char **argv) {
    return argc == 4 ? edo_main(root, argv) : 2;
}
