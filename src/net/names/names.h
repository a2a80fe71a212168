/* SPDX-License-Identifier: MIT */
/* net/names/names.h: looks up the addresses of a host name, on a thread that may block.
 *
 * The waiter and the lookup job share the names object, so either may end first. */
#ifndef EDOI_NET_NAMES_NAMES_H
#define EDOI_NET_NAMES_NAMES_H

#include <edo/blocking.h>
#include <edo/net.h>

#include <netdb.h>

#define EDOI_NAMES_MAX 16u /* addresses of one name; further ones are not tried */

typedef struct edoi_names edoi_names;

/* Parses "HOST:PORT" with a host name, which need not exist. Returns a new object in `*out`.
 * Errors: -EINVAL another form, or numeric; -ENOMEM. */
EDO_MUST_USE int edoi_names_new(edoi_names **out, const char *text);
void edoi_names_unref(edoi_names *n);

/* The lookup's future: the number of addresses, or -ENOENT, -EAGAIN, or an error of
 * edo_blocking_init() or of the program's resolver. */
edo_future *edoi_names_init(edoi_lookup *l, edoi_names *n);

/* Awaits the lookup. */
EDO_MUST_USE int edoi_names_wait(edoi_names *n);

/* Address number `at`; false: there are fewer. After a successful lookup. */
EDO_MUST_USE bool edoi_names_get(const edoi_names *n, uint32_t at, edo_addr *out);

/* Address number `at` of a text that needs no lookup; "localhost" has two. Errors: -EINVAL it needs
 * a lookup, or is malformed; -ENOENT there are fewer. */
EDO_MUST_USE int edoi_numeric_get(const char *text, uint32_t at, edo_addr *out);

/* For tests: replaces getaddrinfo(3), and frees its result; NULL restores it. */
typedef int edoi_names_source_fn(const char *host, const char *service,
                                 const struct addrinfo *hints, struct addrinfo **out);
void edoi_names_use(edoi_names_source_fn *source, void (*release)(struct addrinfo *list));

#endif
