/* SPDX-License-Identifier: MIT */
/* edo/discover.h: where the endpoints of a service are: sequences of changes of a set.
 *
 *     edo_seq *shops = edo_discover_dns("shop.internal:8080", NULL);
 *     int err = edo_balance_new(&b, shops, &ops, arg, NULL); // edo/balance.h reads the changes
 *
 * A source is a sequence whose items are edo_endpoint_change: an endpoint has come, or has gone. A
 * failed item says that the source could not look: the set stays as it was. After the end of the
 * sequence the set stays for good. A program that finds its endpoints itself sends changes over a
 * channel: edo_seq_from_mpsc().
 *
 * Endpoints are told apart by their key, which is their address if they have none. One that comes
 * with a key that is there already replaces the other one.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any.   Waits: never.   Since: 0.1 */
#ifndef EDO_DISCOVER_H
#define EDO_DISCOVER_H

#include <edo/seq.h>

EDO_BEGIN_DECLS

#define EDO_ENDPOINT_ADDRESS_MAX 272  /* bytes of an address, with its NUL */
#define EDO_ENDPOINT_KEY_MAX     64   /* bytes of a key, with its NUL */
#define EDO_DISCOVER_MAX         1000 /* endpoints of one lookup or one file */

/* An endpoint, as plain bytes: copy it as you like. */
typedef struct edo_endpoint {
    char address[EDO_ENDPOINT_ADDRESS_MAX]; /* "10.0.0.7:8080", or whatever the program that
                                               connects to it understands */
    char key[EDO_ENDPOINT_KEY_MAX];         /* tells it from others; "": the address does */
    uint32_t weight;                        /* its share, relative to the others; 0: 1 */
} edo_endpoint;

/** Fills in an endpoint. `key` may be NULL: none.
 * Owns:    fills `*out`; copies the texts.
 * Errors:  -EINVAL  the address is empty;  -ENAMETOOLONG  a text is too long */
EDO_MUST_USE EDO_API int edo_endpoint_init(edo_endpoint *out, const char *address, const char *key,
                                           uint32_t weight);

typedef enum edo_endpoint_what {
    EDO_ENDPOINT_ADDED,   /* it has come, or another one with its key, which it replaces */
    EDO_ENDPOINT_REMOVED, /* it has gone; only the key matters, or the address if it has none */
} edo_endpoint_what;

/* The item of a source. */
typedef struct edo_endpoint_change {
    edo_endpoint_what what;
    edo_endpoint endpoint;
} edo_endpoint_change;

/** The `n` endpoints, in order, then the end.
 * Owns:    returns new: edo_seq_free(). Copies `endpoints`.
 * Errors:  NULL without memory. */
EDO_MUST_USE EDO_API edo_seq *edo_discover_list(const edo_endpoint *endpoints, size_t n);

/* Options of edo_discover_dns(); all zero is the default. */
typedef struct edo_discover_dns_opts {
    edo_duration every;   /* from one lookup to the next; below 30 s: 30 s */
    uint64_t reserved[4]; /* must be 0 */
} edo_discover_dns_opts;

/** The addresses of "HOST:PORT", as edo_resolve() finds them: looked up with the first read, and
 * again every 30 s, so that machines that come get calls without a restart; at most 64.
 *
 * How long an address counts is the resolver's to know: with the option `cached` of edo_ares_new()
 * a lookup is free while the TTL lasts, and asks the name servers after it. A resolver without a
 * cache asks each time.
 *
 * A lookup that fails (also: the name has no address any more) is a failed item, and the addresses
 * of the last good one stay. Until the first good one lookups follow after 1 s, 1.6 s and so on, to
 * 30 s; each pause is shortened or lengthened by up to a fifth, as the 30 s are.
 * Owns:    returns new: edo_seq_shutdown() or edo_seq_free(). Copies `name` and `opts` (may be
 *          NULL).
 * Errors:  NULL without memory. Reading: those of edo_resolve();  -EDO_ENORUNTIME; -ENOMEM
 *          -EINVAL  options, or no such name can be: then the sequence ends
 * Threads: any; read inside a runtime, in which a task looks up. */
EDO_MUST_USE EDO_API edo_seq *edo_discover_dns(const char *name, const edo_discover_dns_opts *opts);

/** The endpoints that a file lists: read with the first read, and again when it is written or
 * replaced, a tenth of a second later. A line is an address, and behind blanks its weight and its
 * key, if it has them; empty lines, and what follows a '#', do not count:
 *
 *     10.0.0.7:8080
 *     10.0.0.8:8080   2   shop-b    # twice the share
 *
 * The directory of the file is watched, so the file may be replaced by a rename, also one of a link
 * to a directory in it. It is not read between a write and the close of its descriptor. If it is
 * malformed, missing or empty of bytes, an item failed and the endpoints of the last good one stay;
 * a file with comments only lists none. Each line ends with a newline, the last one, too: one that
 * was cut off may be half an address. A watch that fails is begun again after 1 s, 1.6 s and so on,
 * to 30 s.
 * Owns:    returns new: edo_seq_shutdown() or edo_seq_free(). Copies `path`.
 * Errors:  NULL without memory. Reading:
 *          -EINVAL  a line is malformed or cut off, or the file is empty;  -E2BIG  too many
 *                   endpoints
 *          those of edo_fs_read_all() and edo_fs_watch_add();  -EDO_ENORUNTIME; -ENOMEM
 * Threads: any; read inside a runtime, in which a task watches. */
EDO_MUST_USE EDO_API edo_seq *edo_discover_file(const char *path);

EDO_END_DECLS

#endif
