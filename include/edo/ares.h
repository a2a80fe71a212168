/* SPDX-License-Identifier: MIT */
/* edo/ares.h: looks up names by c-ares, which needs no thread that blocks. In a library of its own,
 * libedo-ares (pkg-config edo-ares), beside libedo.
 *
 *     edo_ares *names;
 *     int err = edo_ares_new(&names, NULL);              // at the start of the program
 *     if (err == 0) edo_resolver_set(edo_ares_resolve, names);
 *     …edo_resolve() and edo_tcp_connect() now use it…
 *     edo_resolver_set(NULL, NULL);                      // after the last runtime has ended
 *     edo_ares_free(names);
 *
 * Each lookup has a channel of c-ares to itself, so it takes no lock, asks from a source port that
 * nobody can guess from an earlier lookup, and reads /etc/resolv.conf and /etc/hosts as they are
 * now. It opens about two descriptors, see `at_once`. c-ares measures its own timeouts, also where
 * the runtime's clock is paused.
 *
 * Unless a function says otherwise:
 * Since: 0.1 */
#ifndef EDO_ARES_H
#define EDO_ARES_H

#include <edo/net.h>

EDO_BEGIN_DECLS

typedef struct edo_ares edo_ares;

/* Options; all zero is the default: as /etc/resolv.conf and /etc/nsswitch.conf say. */
typedef struct edo_ares_opts {
    const char *servers;  /* "10.0.0.1,10.0.0.2:5353,[::1]:53", of which 8 are asked; NULL: the
                            system's */
    const char *search;   /* "corp.example,example": tried behind a name with few dots; "": none;
                            NULL: the system's */
    const char *nsswitch; /* file to read in place of /etc/nsswitch.conf */
    edo_duration timeout; /* of the first question; it doubles with each round; 0: the system's */
    uint32_t tries;       /* questions to each server; 0: the system's */
    uint32_t at_once;     /* lookups; further ones wait for their turn; 0: 256 */
    uint32_t cached;      /* names that are kept while their TTL lasts, and for 5 s those that there
                             are not, rounded up to a multiple of 4; 0: none */
    uint64_t reserved[4]; /* must be 0 */
} edo_ares_opts;

/** Makes a resolver. `opts` may be NULL.
 *
 * Where the line "hosts" of nsswitch.conf has anything else than `files` and `dns` (mdns, resolve,
 * myhostname, conditions in brackets), names go to the system's lookup, edo_resolver_system(),
 * which knows these sources. With `servers` only a file that `nsswitch` names is read. The file is
 * read once, here.
 * Owns:    copies `opts`. Returns new in `*out`: edo_ares_free().
 * Errors:  -EINVAL  a malformed option;  -EIO  c-ares cannot read the system's configuration;
 *          -ENOMEM; of a file that `nsswitch` names: what open(2) returns
 * Threads: one, while no other calls it or edo_ares_free(): at the start of the program.
 * Waits:   never. */
EDO_MUST_USE EDO_API int edo_ares_new(edo_ares **out, const edo_ares_opts *opts);

/** Ends the resolver. NULL is allowed.
 * Owns:    takes `self`, which no lookup may use: lookups without a waiter run on until they or
 *          their runtime ends.
 * Threads: as edo_ares_new().   Waits: never. */
EDO_API void edo_ares_free(edo_ares *self);

/** Looks up `host`: the edo_resolver_fn whose argument is an edo_ares. Writes at most `out_max`
 * addresses to `out`, best first (RFC 6724), with port 0, and returns their number. A number is not
 * looked up. Only 16 addresses of a name are kept.
 * Owns:    borrows `self` and `host` until return, and fills `out`.
 * Errors:  -EINVAL  `out_max` is 0, or c-ares refuses the name: a label is too long, or empty.
 *                   Other malformed names are asked for; edo_resolve() and edo_tcp_connect()
 *                   refuse them before
 *          -ENOENT  there is no such name, or it has no address
 *          -EAGAIN  no name server replied, or all that did failed or refused, or c-ares could not
 *                   open a socket (descriptors ran short): try again later
 *          -EIO     a reply is malformed, or c-ares cannot read the system's configuration
 *          -ENOMEM; -EMFILE; -ECANCELED; of the system's lookup: as edo_resolve()
 * Cancel: safe: the lookup is given up, and its descriptors are closed.   Threads: any, at once.
 * Waits:   for its turn, and for the name servers. */
EDO_MUST_USE EDO_API int edo_ares_resolve(void *self, edo_addr *out, size_t out_max,
                                          const char *host);

EDO_END_DECLS

#endif
