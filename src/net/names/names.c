/* SPDX-License-Identifier: MIT */
/* net/names/names.c: see names.h; and edo_resolve(). */
#include "net/names/names.h"

#include "base/atomic.h"
#include "base/held.h"
#include "base/memory/alloc.h"
#include "base/text/ascii.h"

#include <edo/error.h>
#include <edo/task.h>

#include <errno.h>
#include <string.h>

#define HOST_MAX 253u /* bytes of a name, RFC 1035 section 2.3.4 */

struct edoi_names {
    edo_atomic_u32 refs; /* atomic: NM1; of the waiter and of the job */
    uint32_t n;          /* this and `list`: the job's until it has ended */
    edo_addr list[EDOI_NAMES_MAX];
    in_port_t port;          /* const */
    char host[HOST_MAX + 1]; /* const */
};

static edoi_names_source_fn *source = getaddrinfo; /* const but for tests */
static void (*release_list)(struct addrinfo *list) = freeaddrinfo;

void edoi_names_use(edoi_names_source_fn *other, void (*release)(struct addrinfo *list)) {
    source = other ? other : getaddrinfo;
    release_list = other ? release : freeaddrinfo;
}

static edo_resolver_fn *resolver; /* const while names are looked up; NULL: the system's */
static void *resolver_arg;        /* as that */

void edo_resolver_set(edo_resolver_fn *resolve, void *arg) {
    resolver = resolve == edo_resolver_system ? NULL : resolve;
    resolver_arg = arg;
}

/* ---- Text ------------------------------------------------------------------------------------ */

static bool names_is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || names_is_digit(c) || c == '-' ||
           c == '_' || c == '.';
}

/* Is the last label a number, as the parser behind getaddrinfo(3) and the URL standard of browsers
 * have it: decimal, octal, or hexadecimal ("0x" alone, too)? Such a name is a malformed number,
 * "10.0.0.300", or an old form of IPv4, "127.1" or "0x7f000001", by which a stranger would reach
 * this machine past a check of the text. */
static bool ends_in_number(const char *host, size_t n) {
    size_t at = n;
    while (at > 0 && host[at - 1] != '.') at--;
    bool is_hex = n - at >= 2 && host[at] == '0' && (host[at + 1] == 'x' || host[at + 1] == 'X');
    for (at += is_hex ? 2 : 0; at < n; at++)
        if (!(is_hex ? edoi_hex_digit(host[at]) >= 0 : names_is_digit(host[at]))) return false;
    return true;
}

static bool names_is_name(const char *host, size_t n) {
    if (n == 0 || n > HOST_MAX || host[0] == '.' || host[0] == '-') return false;
    for (size_t i = 0; i < n; i++) {
        if (!is_name_char(host[i]) || (host[i] == '.' && i > 0 && host[i - 1] == '.')) return false;
    }
    return !ends_in_number(host, host[n - 1] == '.' ? n - 1 : n);
}

/* An internationalised name has another form in the DNS, which no function here makes. */
static int refuse_host(const char *host, size_t n) {
    static const char words[] = "the host has letters beyond ASCII: write the name that it has in "
                                "the DNS, \"xn--...\", as the program idn2 prints it";
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)host[i] >= 0x80) return edo_fail(-EINVAL, words);
    return -EINVAL;
}

static bool names_is_localhost(const char *text) {
    static const char name[] = "localhost:";
    return strncmp(text, name, sizeof name - 1) == 0;
}

int edoi_numeric_get(const char *text, uint32_t at, edo_addr *out) {
    if (at > 1 || (at == 1 && !names_is_localhost(text))) return -ENOENT;
    edo_addr addr;
    int err = edo_addr_parse(&addr, text);
    if (err < 0) return err;
    if (at == 1) {
        in_port_t port = addr.sock.v4.sin_port;
        addr = (edo_addr){ .bytes = sizeof addr.sock.v6 };
        addr.sock.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
                                              .sin6_port = port,
                                              .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    }
    *out = addr;
    return 0;
}

/* ---- The object ------------------------------------------------------------------------------ */

static int new_of(edoi_names **out, const char *host, size_t host_bytes, in_port_t port) {
    if (!names_is_name(host, host_bytes)) return refuse_host(host, host_bytes);
    edoi_names *n = edoi_calloc(1, sizeof *n);
    if (!n) return -ENOMEM;
    edoi_store_rlx_u32(&n->refs, 1); // relaxed: no other thread knows it
    memcpy(n->host, host, host_bytes);
    n->port = port;
    *out = n;
    return 0;
}

int edoi_names_new(edoi_names **out, const char *text) {
    edo_addr local; // the port is parsed like an address's
    const char *colon = strrchr(text, ':');
    if (!colon) return -EINVAL;
    char with_port[] = "localhost:65535";
    size_t at = sizeof "localhost" - 1, tail_bytes = strlen(colon) + 1;
    if (tail_bytes > sizeof with_port - at) return -EINVAL;
    memcpy(with_port + at, colon, tail_bytes);
    int err = edo_addr_parse(&local, with_port);
    return err < 0 ? err : new_of(out, text, (size_t)(colon - text), local.sock.v4.sin_port);
}

void edoi_names_unref(edoi_names *n) {
    edoi_held_check("a list of names is given back");
    // NM1: pairs with NM1: the other owner's accesses happen before the end
    if (n && edoi_sub_acqrel_u32(&n->refs, 1) == 1) edoi_free(n);
}

bool edoi_names_get(const edoi_names *n, uint32_t at, edo_addr *out) {
    if (at >= n->n) return false;
    *out = n->list[at];
    return true;
}

/* ---- The lookup ------------------------------------------------------------------------------ */

static int names_code_of(int eai, int err) {
    switch (eai) {
    case EAI_AGAIN: return -EAGAIN;
    case EAI_MEMORY: return -ENOMEM;
    case EAI_SYSTEM: return err > 0 ? -err : -EIO;
    case EAI_FAIL: return -EIO;
    default: return -ENOENT; // no such name, or no address
    }
}

static void names_keep(edoi_names *n, const void *sock, size_t bytes, int family) {
    edo_addr addr = { .bytes = (uint32_t)bytes };
    if (family == AF_INET && bytes == sizeof addr.sock.v4) {
        memcpy(&addr.sock.v4, sock, sizeof addr.sock.v4);
        addr.sock.v4.sin_port = n->port;
    } else if (family == AF_INET6 && bytes == sizeof addr.sock.v6) {
        memcpy(&addr.sock.v6, sock, sizeof addr.sock.v6);
        addr.sock.v6.sin6_port = n->port;
    } else {
        return;
    }
    n->list[n->n++] = addr;
}

/* The job; releases its reference. */
static int names_look_up(void *arg) {
    edoi_names *n = arg;
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    int eai = source(n->host, NULL, &hints, &list);
    int result = eai == 0 ? 0 : names_code_of(eai, errno);
    for (const struct addrinfo *i = list; i && n->n < EDOI_NAMES_MAX; i = i->ai_next)
        names_keep(n, i->ai_addr, i->ai_addrlen, i->ai_family);
    if (list) release_list(list);
    if (result == 0) result = n->n > 0 ? (int)n->n : -ENOENT;
    edoi_names_unref(n);
    return result;
}

static void look_up_dropped(void *arg) {
    edoi_names_unref(arg);
}

static edoi_names *shared(edoi_names *n) {
    (void)edoi_add_rlx_u32(&n->refs, 1); // relaxed: the caller holds one
    return n;
}

/* The task that calls the program's resolver; releases its reference. */
static int look_up_by_program(void *arg) {
    edoi_names *n = arg;
    int result = resolver(resolver_arg, n->list, EDOI_NAMES_MAX, n->host);
    for (int i = 0; i < result && i < (int)EDOI_NAMES_MAX; i++) {
        const edo_addr addr = n->list[i];
        names_keep(n, &addr.sock, addr.bytes, addr.sock.any.sa_family);
    }
    if (result >= 0) result = n->n > 0 ? (int)n->n : -ENOENT;
    edoi_names_unref(n);
    return result;
}

edo_future *edoi_names_init(edoi_lookup *l, edoi_names *n) {
    static const edo_blocking_opts opts = { .drop = look_up_dropped };
    if (!resolver) return edo_blocking_init(&l->job, names_look_up, shared(n), &opts);
    edo_task *t = edo_spawn(look_up_by_program, shared(n));
    if (!t) edoi_names_unref(n); // the join returns why
    return edo_task_join_init(&l->task, t);
}

static int wait_for_system(edoi_names *n) {
    static const edo_blocking_opts opts = { .abandon = true, .drop = look_up_dropped };
    return edo_blocking_with(names_look_up, shared(n), &opts);
}

int edoi_names_wait(edoi_names *n) {
    return resolver ? look_up_by_program(shared(n)) : wait_for_system(n);
}

/* ---- edo_resolve ----------------------------------------------------------------------------- */

/* Steps. While LOOKING `names` and `lookup` are alive. */
enum { FRESH, LOOKING };

/* For texts that need no lookup: the number of addresses, or an error. */
static int resolve_numeric(edo_addr *out, size_t out_max, const char *text) {
    uint32_t n = 0;
    int err = 0;
    for (edo_addr addr; n < out_max && (err = edoi_numeric_get(text, n, &addr)) == 0; n++)
        out[n] = addr;
    return err == -EINVAL ? err : (int)n;
}

static int names_copy_out(const edoi_names *names, edo_addr *out, size_t out_max) {
    uint32_t n = 0;
    for (edo_addr addr; n < out_max && edoi_names_get(names, n, &addr); n++) out[n] = addr;
    return (int)n;
}

static int resolve_begin(edo_resolve_future *f) {
    if (f->out_max == 0) return -EINVAL;
    int n = resolve_numeric(f->out, f->out_max, f->text);
    if (n != -EINVAL) return n;
    int err = edoi_names_new(&f->names, f->text);
    if (err < 0) return err;
    (void)edoi_names_init(&f->lookup, f->names);
    edo_future_next_step(&f->base, LOOKING);
    return 0;
}

static edo_polled resolve_poll(edo_future *base, edo_cx *cx) {
    edo_resolve_future *f = (edo_resolve_future *)(void *)base;
    if (edo_future_step(base) == FRESH) {
        if (!edo_budget_take(cx)) return EDO_PENDING;
        int n = resolve_begin(f);
        if (n != 0) return edo_future_finish(base, n);
        edo_budget_refund(cx); // the lookup takes its own
    }
    if (edo_poll(&f->lookup.base, cx) == EDO_PENDING) return EDO_PENDING;
    int n = edo_result(&f->lookup);
    if (n > 0) n = names_copy_out(f->names, f->out, f->out_max);
    edoi_names_unref(f->names);
    return edo_future_finish(base, n);
}

static void resolve_drop(edo_future *base) {
    edo_resolve_future *f = (edo_resolve_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == LOOKING) {
        edo_drop(&f->lookup.base);
        edoi_names_unref(f->names);
    }
    edo_future_retire(base);
}

edo_future *edo_resolve_init(edo_resolve_future *f, edo_addr *out, size_t out_max,
                             const char *text) {
    static const edo_future_ops ops = { .poll = resolve_poll,
                                        .drop = resolve_drop,
                                        .name = "edo_resolve",
                                        .size = sizeof(edo_resolve_future) };
    f->out = out;
    f->out_max = out_max;
    f->text = text;
    return edo_future_init(&f->base, &ops);
}

int edo_resolve(edo_addr *out, size_t out_max, const char *text) {
    if (out_max == 0) return -EINVAL;
    int n = resolve_numeric(out, out_max, text);
    if (n != -EINVAL) return n;
    edoi_names *names;
    int err = edoi_names_new(&names, text);
    if (err < 0) return err;
    n = edoi_names_wait(names);
    if (n > 0) n = names_copy_out(names, out, out_max);
    edoi_names_unref(names);
    return n;
}

int edo_resolver_system(void *arg, edo_addr *out, size_t out_max, const char *host) {
    edoi_names *names;
    (void)arg;
    if (out_max == 0) return -EINVAL;
    int n = new_of(&names, host, strlen(host), 0);
    if (n < 0) return n;
    n = wait_for_system(names);
    if (n > 0) n = names_copy_out(names, out, out_max);
    edoi_names_unref(names);
    return n;
}
