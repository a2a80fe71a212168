/* SPDX-License-Identifier: MIT */
/* client/cookies/jar.c: see jar.h. */
#include "client/cookies/jar.h"

#include "base/assert.h"
#include "base/opts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a change takes out, to be given back behind the unlock. */
typedef struct jar_gone {
    edoi_jar_cookie *cookies; /* by `next` */
    edoi_table_link *sites;   /* by `next` */
} jar_gone;

static void jar_give_back(jar_gone *gone) {
    for (edoi_jar_cookie *c = gone->cookies, *next; c; c = next) {
        next = c->next;
        edo_rc_unref(c);
    }
    for (edoi_table_link *l = gone->sites, *next; l; l = next) {
        next = l->next;
        edo_rc_unref(EDO_CONTAINER_OF(l, edoi_jar_site, link));
    }
    *gone = (jar_gone){ 0 };
}

int64_t edoi_jar_now(const edo_cookie_jar *jar) {
    return jar->opts.now ? jar->opts.now(jar->opts.arg) : (int64_t)time(NULL);
}

/* ---- Sites. Called with `lock` held ---------------------------------------------------------- */

static edoi_jar_site *jar_site_at(edoi_table_link *l) {
    return EDO_CONTAINER_OF(l, edoi_jar_site, link);
}

static bool jar_site_has_name(edoi_table_link *l, const void *name) {
    return edo_str_equal(jar_site_at(l)->name, *(const edo_str *)name);
}

static uint64_t jar_hash(const edo_cookie_jar *jar, edo_str name) {
    return edoi_siphash13(&jar->secret, name.ptr, name.len);
}

static edoi_jar_site *jar_find_site(const edo_cookie_jar *jar, edo_str name) {
    edoi_table_link *l =
        edoi_table_find(&jar->sites, jar_hash(jar, name), jar_site_has_name, &name);
    return l ? jar_site_at(l) : NULL;
}

/* Takes out the cookie that `*at` points to. The site goes with its last cookie. */
static void jar_take_out(edo_cookie_jar *jar, edoi_jar_site *site, edoi_jar_cookie **at,
                         jar_gone *gone) {
    edoi_jar_cookie *c = *at;
    *at = c->next;
    c->next = gone->cookies;
    gone->cookies = c;
    site->n--;
    jar->n--;
    if (site->n > 0) return;
    edoi_table_remove(&jar->sites, &site->link);
    site->link.next = gone->sites;
    gone->sites = &site->link;
}

static bool jar_cookie_is_over(const edoi_jar_cookie *c, int64_t now) {
    return c->cookie.expires != 0 && c->cookie.expires <= now;
}

/* Takes those out whose time is over; returns how many. The site may be gone then. */
static uint32_t jar_site_expire(edo_cookie_jar *jar, edoi_jar_site *site, int64_t now,
                                jar_gone *gone) {
    uint32_t n = 0, left = site->n;
    for (edoi_jar_cookie **at = &site->first; left > 0; left--) {
        if (!jar_cookie_is_over(*at, now)) {
            at = &(*at)->next;
            continue;
        }
        n++;
        jar_take_out(jar, site, at, gone);
    }
    return n;
}

static uint32_t jar_expire(edo_cookie_jar *jar, int64_t now, jar_gone *gone) {
    uint32_t n = 0;
    for (size_t i = 0; i < EDOI_JAR_CHAINS; i++) {
        for (edoi_table_link *l = jar->chains[i], *next; l; l = next) {
            next = l->next; // the site may go
            n += jar_site_expire(jar, jar_site_at(l), now, gone);
        }
    }
    return n;
}

static void jar_take_all(edo_cookie_jar *jar, jar_gone *gone) {
    for (size_t i = 0; i < EDOI_JAR_CHAINS; i++) {
        for (edoi_table_link *l = jar->chains[i], *next; l; l = next) {
            next = l->next;
            edoi_jar_site *site = jar_site_at(l);
            for (uint32_t left = site->n; left > 0; left--)
                jar_take_out(jar, site, &site->first, gone);
        }
    }
}

static edoi_jar_cookie **jar_site_stalest(edoi_jar_site *site) {
    edoi_jar_cookie **found = &site->first;
    for (edoi_jar_cookie **at = found; *at; at = &(*at)->next)
        if ((*at)->used < (*found)->used) found = at;
    return found;
}

/* Takes out the cookie that was not used for the longest time. */
static void jar_take_stalest(edo_cookie_jar *jar, jar_gone *gone) {
    edoi_jar_site *owner = NULL;
    edoi_jar_cookie **found = NULL;
    for (size_t i = 0; i < EDOI_JAR_CHAINS; i++) {
        for (edoi_table_link *l = jar->chains[i]; l; l = l->next) {
            edoi_jar_cookie **at = jar_site_stalest(jar_site_at(l));
            if (found && (*at)->used >= (*found)->used) continue;
            found = at;
            owner = jar_site_at(l);
        }
    }
    if (found) jar_take_out(jar, owner, found, gone);
}

/* Makes room for one more cookie of a site. */
static void jar_make_room(edo_cookie_jar *jar, edo_str site_name, int64_t now, jar_gone *gone) {
    edoi_jar_site *site = jar_find_site(jar, site_name);
    if (site && site->n >= EDO_COOKIE_JAR_SITE_MAX && jar_site_expire(jar, site, now, gone) == 0)
        jar_take_out(jar, site, jar_site_stalest(site), gone);
    if (jar->n >= EDO_COOKIE_JAR_MAX && jar_expire(jar, now, gone) == 0)
        jar_take_stalest(jar, gone);
}

/* ---- Putting --------------------------------------------------------------------------------- */

/* Is there a secure cookie that the new one, which comes from an insecure place, would hide? */
static bool jar_hides_secure(const edoi_jar_site *site, const edo_cookie *c) {
    for (const edoi_jar_cookie *old = site ? site->first : NULL; old; old = old->next) {
        const edo_cookie *o = &old->cookie;
        if (!o->is_secure || !edo_str_equal(o->name, c->name)) continue;
        if (!edoi_jar_domain_has(o->domain, c->domain) &&
            !edoi_jar_domain_has(c->domain, o->domain))
            continue;
        if (edoi_jar_path_has(o->path, c->path)) return true;
    }
    return false;
}

static edo_str jar_copy(char **to, edo_str s) {
    if (s.len > 0) memcpy(*to, s.ptr, s.len);
    edo_str copy = { *to, s.len };
    *to += s.len;
    *(*to)++ = 0;
    return copy;
}

static edoi_jar_cookie *jar_cookie_new(const edo_cookie *c) {
    size_t bytes = c->name.len + c->value.len + c->domain.len + c->path.len + 4;
    edoi_jar_cookie *self = edo_rc_new(sizeof *self + bytes, NULL);
    if (!self) return NULL;
    *self = (edoi_jar_cookie){ .cookie = *c };
    char *to = self->text;
    self->cookie.name = jar_copy(&to, c->name);
    self->cookie.value = jar_copy(&to, c->value);
    self->cookie.domain = jar_copy(&to, c->domain);
    self->cookie.path = jar_copy(&to, c->path);
    return self;
}

static edoi_jar_site *jar_site_new(edo_str name) {
    edoi_jar_site *site = edo_rc_new(sizeof *site + name.len, NULL);
    if (!site) return NULL;
    *site = (edoi_jar_site){ .name = { site->text, name.len } };
    memcpy(site->text, name.ptr, name.len);
    return site;
}

/* Finds the cookie with the name, domain and path of `c`; NULL: none. */
static edoi_jar_cookie **jar_find_same(edoi_jar_site *site, const edo_cookie *c) {
    for (edoi_jar_cookie **at = site ? &site->first : NULL; at && *at; at = &(*at)->next) {
        const edo_cookie *o = &(*at)->cookie;
        if (edo_str_equal(o->name, c->name) && edo_str_equal(o->domain, c->domain) &&
            edo_str_equal(o->path, c->path) && o->is_host_only == c->is_host_only)
            return at;
    }
    return NULL;
}

/* Links a cookie, of whose kind there is none, behind the others; `*spare` becomes its site if
 * there is none. Called with `lock` held. */
static void jar_link(edo_cookie_jar *jar, edoi_jar_cookie *c, edoi_jar_site **spare, int64_t now,
                     jar_gone *gone) {
    edo_str name = (*spare)->name;
    jar_make_room(jar, name, now, gone);
    edoi_jar_site *site = jar_find_site(jar, name);
    if (!site) {
        site = *spare;
        *spare = NULL;
        edoi_table_add(&jar->sites, &site->link, jar_hash(jar, name));
    }
    edoi_jar_cookie **end = &site->first;
    while (*end) end = &(*end)->next;
    *end = c;
    site->n++;
    jar->n++;
}

/* Called with `lock` held. Takes `*fresh` and `*spare` if it needs them. */
static int jar_change(edo_cookie_jar *jar, edoi_jar_cookie **fresh, edoi_jar_site **spare,
                      bool from_insecure, int64_t now, jar_gone *gone) {
    edoi_jar_cookie *c = *fresh;
    edoi_jar_site *site = jar_find_site(jar, (*spare)->name);
    if (from_insecure && jar_hides_secure(site, &c->cookie)) return -EACCES;
    edoi_jar_cookie **old = jar_find_same(site, &c->cookie);
    if (jar_cookie_is_over(c, now)) {
        if (old) jar_take_out(jar, site, old, gone);
        return 0;
    }
    c->used = c->made = ++jar->count;
    *fresh = NULL;
    if (!old) {
        jar_link(jar, c, spare, now, gone);
        return 0;
    }
    edoi_jar_cookie *former = *old;
    c->made = former->made;
    c->next = former->next;
    *old = c;
    former->next = gone->cookies;
    gone->cookies = former;
    return 0;
}

/* Cuts the time of a cookie. */
static void jar_cut_time(edo_cookie *c, int64_t now) {
    if (c->expires > now + EDO_COOKIE_JAR_LIFETIME_MAX_S)
        c->expires = now + EDO_COOKIE_JAR_LIFETIME_MAX_S;
}

int edoi_jar_put(edo_cookie_jar *jar, const edo_cookie *c, bool from_insecure) {
    if (c->name.len + c->value.len > EDO_COOKIE_JAR_BYTES_MAX) return -EMSGSIZE;
    if (!edoi_jar_prefix_holds(c)) return -EACCES;
    int64_t now = edoi_jar_now(jar);
    jar_gone gone = { 0 };
    edoi_jar_cookie *fresh = jar_cookie_new(c);
    edoi_jar_site *spare = fresh ? jar_site_new(edoi_jar_site_of(fresh->cookie.domain.ptr)) : NULL;
    int err = -ENOMEM;
    if (spare) {
        jar_cut_time(&fresh->cookie, now);
        pthread_mutex_lock(&jar->lock);
        err = jar_change(jar, &fresh, &spare, from_insecure, now, &gone);
        pthread_mutex_unlock(&jar->lock);
    }
    edo_rc_unref(fresh);
    edo_rc_unref(spare);
    jar_give_back(&gone);
    return err;
}

/* ---- The jar --------------------------------------------------------------------------------- */

static void jar_deinit(void *self) {
    edo_cookie_jar *jar = self;
    edo_cookie_jar_clear(jar);
    pthread_mutex_destroy(&jar->lock);
}

int edo_cookie_jar_new(edo_cookie_jar **out, const edo_cookie_jar_opts *opts) {
    static const edo_cookie_jar_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    edo_cookie_jar *jar = edo_rc_new(sizeof *jar, jar_deinit);
    if (!jar) return -ENOMEM;
    memset(jar, 0, sizeof *jar);
    jar->opts = *opts;
    edoi_siphash_secret_make(&jar->secret);
    pthread_mutex_init(&jar->lock, NULL);
    edoi_table_init(&jar->sites, jar->chains, EDOI_JAR_CHAINS);
    *out = jar;
    return 0;
}

edo_cookie_jar *edo_cookie_jar_ref(edo_cookie_jar *jar) {
    return edo_rc_ref(jar);
}

void edo_cookie_jar_unref(edo_cookie_jar *jar) {
    edo_rc_unref(jar);
}

void edo_cookie_jar_clear(edo_cookie_jar *jar) {
    jar_gone gone = { 0 };
    pthread_mutex_lock(&jar->lock);
    jar_take_all(jar, &gone);
    pthread_mutex_unlock(&jar->lock);
    jar_give_back(&gone);
}

size_t edo_cookie_jar_remove_expired(edo_cookie_jar *jar) {
    jar_gone gone = { 0 };
    int64_t now = edoi_jar_now(jar);
    pthread_mutex_lock(&jar->lock);
    size_t n = jar_expire(jar, now, &gone);
    pthread_mutex_unlock(&jar->lock);
    jar_give_back(&gone);
    return n;
}

/* ---- Requests -------------------------------------------------------------------------------- */

/* Bytes in a Cookie field, with what separates it from the next one. */
static size_t jar_cookie_bytes(const edoi_jar_cookie *c) {
    return c->cookie.name.len + c->cookie.value.len + sizeof "=; " - 1;
}

/* Where not all fit: a cookie of the host alone, which no other host can have set, goes before one
 * of a domain, then that which was used last. */
static bool jar_is_wanted_more(const edoi_jar_cookie *a, const edoi_jar_cookie *b) {
    if (a->cookie.is_host_only != b->cookie.is_host_only) return a->cookie.is_host_only;
    return a->used > b->used;
}

/* Leaves those in `found` that fit into `most` bytes, the most wanted one last; returns how many.
 * What is left out counts as unused, so it is left out the next time, too. Called with `lock`
 * held. */
static size_t jar_leave_out(edoi_jar_cookie **found, size_t n, size_t most) {
    size_t left = most + sizeof "; " - 1, from = n; // behind the last one there is none
    for (size_t i = 1; i < n; i++) {
        edoi_jar_cookie *c = found[i];
        size_t at = i;
        for (; at > 0 && jar_is_wanted_more(found[at - 1], c); at--) found[at] = found[at - 1];
        found[at] = c;
    }
    for (size_t i = n; i-- > 0;) {
        size_t bytes = jar_cookie_bytes(found[i]);
        if (bytes > left) continue;
        left -= bytes;
        found[--from] = found[i];
    }
    memmove(found, found + from, (n - from) * sizeof *found);
    return n - from;
}

size_t edoi_jar_find(edo_cookie_jar *jar, const edoi_jar_place *to, size_t most,
                     edoi_jar_cookie *found[EDO_COOKIE_JAR_SITE_MAX]) {
    edo_str host = { to->host, to->host_n };
    int64_t now = edoi_jar_now(jar);
    size_t n = 0, bytes = 0;
    edo_str name = edoi_jar_site_of(to->host);
    pthread_mutex_lock(&jar->lock);
    const edoi_jar_site *site = jar_find_site(jar, name);
    for (edoi_jar_cookie *c = site ? site->first : NULL; c; c = c->next) {
        const edo_cookie *o = &c->cookie;
        if (jar_cookie_is_over(c, now) || (o->is_secure && !to->is_secure)) continue;
        if (o->is_host_only ? !edo_str_equal(o->domain, host)
                            : !edoi_jar_domain_has(o->domain, host))
            continue;
        if (!edoi_jar_path_has(o->path, to->path)) continue;
        bytes += jar_cookie_bytes(c);
        found[n++] = c;
    }
    if (bytes > most + sizeof "; " - 1) n = jar_leave_out(found, n, most);
    for (size_t i = 0; i < n; i++) {
        found[i]->used = ++jar->count;
        (void)edo_rc_ref(found[i]);
    }
    pthread_mutex_unlock(&jar->lock);
    return n;
}

/* ---- Walks ----------------------------------------------------------------------------------- */

static int jar_compare_made(const void *a, const void *b) {
    const edoi_jar_cookie *const *left = a, *const *right = b;
    return ((*left)->made > (*right)->made) - ((*left)->made < (*right)->made);
}

int edoi_jar_list(edo_cookie_jar *jar, edoi_jar_cookie ***out, size_t *n) {
    int64_t now = edoi_jar_now(jar);
    edoi_jar_cookie **list = edo_rc_new(EDO_COOKIE_JAR_MAX * sizeof(edoi_jar_cookie *), NULL);
    *n = 0;
    if (!list) return -ENOMEM;
    pthread_mutex_lock(&jar->lock);
    for (size_t i = 0; i < EDOI_JAR_CHAINS; i++)
        for (edoi_table_link *l = jar->chains[i]; l; l = l->next)
            for (edoi_jar_cookie *c = jar_site_at(l)->first; c; c = c->next)
                if (!jar_cookie_is_over(c, now)) list[(*n)++] = edo_rc_ref(c);
    pthread_mutex_unlock(&jar->lock);
    if (*n > 0) qsort(list, *n, sizeof(edoi_jar_cookie *), jar_compare_made);
    *out = list;
    return 0;
}

void edoi_jar_list_free(edoi_jar_cookie **list, size_t n) {
    for (size_t i = 0; i < n; i++) edo_rc_unref(list[i]);
    edo_rc_unref(list);
}

int edo_cookie_jar_each(edo_cookie_jar *jar, edo_cookie_fn *fn, void *arg) {
    edoi_jar_cookie **list;
    size_t n;
    int err = edoi_jar_list(jar, &list, &n);
    if (err < 0) return err;
    for (size_t i = 0; i < n && err == 0; i++) err = fn(arg, &list[i]->cookie);
    edoi_jar_list_free(list, n);
    return err;
}

void edoi_jar_check(edo_cookie_jar *jar) {
    uint32_t all = 0;
    pthread_mutex_lock(&jar->lock);
    for (size_t i = 0; i < EDOI_JAR_CHAINS; i++) {
        for (edoi_table_link *l = jar->chains[i]; l; l = l->next) {
            edoi_jar_site *site = jar_site_at(l);
            uint32_t n = 0;
            for (edoi_jar_cookie **at = &site->first; *at; at = &(*at)->next, n++)
                EDO_INV("jar inv. 1", jar_find_same(site, &(*at)->cookie) == at);
            EDO_INV("jar inv. 2", n == site->n && n > 0);
            all += n;
        }
    }
    EDO_INV("jar inv. 2", all == jar->n);
    pthread_mutex_unlock(&jar->lock);
}
