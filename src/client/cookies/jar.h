/* SPDX-License-Identifier: MIT */
/* client/cookies/jar.h: the cookies of a jar, by site.
 *
 *     sites: table by name -> jar_site -> jar_cookie -> …    in the order in which they came
 *
 * A request looks at the cookies of its site only, 180 at most.
 *
 * inv. 1: no two cookies of a site have one name, domain and path, and are both host-only or both
 *         not.
 * inv. 2: a site counts its cookies, and has at least one; the jar counts them all.
 *
 * Lock order: under `lock` no other lock is taken; memory is asked for outside. */
#ifndef EDOI_CLIENT_COOKIES_JAR_H
#define EDOI_CLIENT_COOKIES_JAR_H

#include "base/siphash.h"
#include "base/table.h"

#include <edo/cookie_jar.h>
#include <edo/uri.h>

#include <pthread.h>

#define EDOI_JAR_CHAINS 512u /* a power of two */

/* Counted by edo_rc: a walk over a jar shares them. */
typedef struct edoi_jar_cookie {
    struct edoi_jar_cookie *next; /* of its site; lock */
    uint64_t used;                /* when it was sent or set, by the jar's count; lock */
    uint64_t made;                /* when the first one that it has replaced came; lock */
    edo_cookie cookie;            /* const; its texts lie in `text`, but for `same_site` */
    char text[];
} edoi_jar_cookie;

/* The cookies of one domain. The jar owns it, and it owns them. */
typedef struct edoi_jar_site {
    edoi_table_link link;
    edoi_jar_cookie *first;
    uint32_t n;
    edo_str name; /* in `text` */
    char text[];
} edoi_jar_site;

struct edo_cookie_jar {
    edo_cookie_jar_opts opts;   /* const */
    edoi_siphash_secret secret; /* const */
    pthread_mutex_t lock;
    edoi_table sites; /* lock */
    uint64_t count;   /* goes up with each use; lock */
    uint32_t n;       /* lock */
    edoi_table_link *chains[EDOI_JAR_CHAINS];
};

/* Where a request goes, or a response comes from. */
typedef struct edoi_jar_place {
    char host[256]; /* in lower case, without a last dot, with a NUL */
    size_t host_n;
    edo_str path; /* of the URL; empty: "/" */
    bool is_secure;
} edoi_jar_place;

/* Reads a URL. Returns 0 or -EINVAL. The path borrows it. */
EDO_MUST_USE int edoi_jar_read_url(edoi_jar_place *out, edo_str url);

int64_t edoi_jar_now(const edo_cookie_jar *jar);

/* Puts a cookie into the jar. The caller has checked its parts, except its length, and its time,
 * which is shortened if too long. An expired cookie removes the one that it replaces. With
 * `from_insecure` it is refused if it would replace a secure one. Returns 0, -EMSGSIZE, -EACCES or
 * -ENOMEM. */
EDO_MUST_USE int edoi_jar_put(edo_cookie_jar *jar, const edo_cookie *c, bool from_insecure);

/* Finds the cookies for a request that fit into a field of `most` bytes, and notes their use.
 * Returns how many; a reference to each is in `found`. */
size_t edoi_jar_find(edo_cookie_jar *jar, const edoi_jar_place *to, size_t most,
                     edoi_jar_cookie *found[EDO_COOKIE_JAR_SITE_MAX]);

/* As edo_cookie_jar_print(), of `most` bytes if that is less. */
EDO_MUST_USE int edoi_jar_print(edo_cookie_jar *jar, edo_str url, size_t most, edo_buf *out);

/* Do the attributes agree with the prefix of the name? */
bool edoi_jar_prefix_holds(const edo_cookie *c);

/* Is `host` the domain, or a name below it? */
bool edoi_jar_domain_has(edo_str domain, edo_str host);

/* RFC 6265bis section 5.1.4. */
bool edoi_jar_path_has(edo_str path, edo_str wanted);

/* Takes and lists all cookies whose time is not over, in the order in which they came; a reference
 * to each. Returns -ENOMEM, or 0: `*n` of them in `*out`, which is counted memory. */
EDO_MUST_USE int edoi_jar_list(edo_cookie_jar *jar, edoi_jar_cookie ***out, size_t *n);
void edoi_jar_list_free(edoi_jar_cookie **list, size_t n);

/* ---- Public suffixes ------------------------------------------------------------------------- */

/* Returns the site of a host: an end of it, or all of it. */
edo_str edoi_jar_site_of(const char *host);

/* May cookies of `domain` be for names below it: is it no public suffix, and no address? */
bool edoi_jar_may_span(const char *domain);

/* Walks the jar and asserts its invariants; takes `lock`. For tests. */
void edoi_jar_check(edo_cookie_jar *jar);

#endif
