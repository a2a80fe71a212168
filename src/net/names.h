/* SPDX-License-Identifier: MIT */
/* net/names.h: looking up the addresses of a host's name, on a thread that may block.
 *
 * The names object is shared by who waits and by the job that looks up, so either may be gone
 * first. */
#ifndef EDOI_NET_NAMES_H
#define EDOI_NET_NAMES_H

#include <edo/blocking.h>
#include <edo/net.h>

#include <netdb.h>

typedef struct edoi_names edoi_names;

/* "HOST:PORT" with a name for host, which it may or may not turn out to be. Returns new in `*out`.
 * Errors: -EINVAL another form, or numeric; -ENOMEM. */
EDO_MUST_USE int edoi_names_new(edoi_names **out, const char *text);
void edoi_names_unref(edoi_names *n);

/* The future of the lookup: the number of addresses, or -ENOENT, -EAGAIN, what edo_blocking_init()
 * says. */
edo_future *edoi_names_init(edo_blocking_future *f, edoi_names *n);

/* The same, awaited. */
EDO_MUST_USE int edoi_names_wait(edoi_names *n);

/* Address number `at`; false: there are not so many. After a successful lookup. */
EDO_MUST_USE bool edoi_names_get(const edoi_names *n, uint32_t at, edo_addr *out);

/* Address number `at` behind a text that needs no lookup, where "localhost" has two. Errors:
 * -EINVAL it needs one, or makes no sense; -ENOENT there are not so many. */
EDO_MUST_USE int edoi_numeric_get(const char *text, uint32_t at, edo_addr *out);

/* For tests: what looks up instead of getaddrinfo(3) and frees what it returned; NULL: that
 * again. */
typedef int edoi_names_source_fn(const char *host, const char *service,
                                 const struct addrinfo *hints, struct addrinfo **out);
void edoi_names_use(edoi_names_source_fn *source, void (*release)(struct addrinfo *list));

#endif
