/* SPDX-License-Identifier: MIT */
/* pg/conn/target.c: see target.h. */
#include "pg/conn/target.h"

#include "base/memory/alloc.h"
#include "base/text/c_locale.h"

#include <edo/error.h>

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT         "5432"
#define HOSTS_MAX    64
#define ROOTS        "/etc/ssl/certs/ca-certificates.crt"
#define SECONDS_MOST 3600

/* ---- Words ----------------------------------------------------------------------------------- */

static PQconninfoOption *target_word(const edoi_pg_target *t, const char *word) {
    PQconninfoOption *w = t->words;
    while (w->keyword && strcmp(w->keyword, word) != 0) w++;
    return w->keyword ? w : NULL;
}

const char *edoi_pg_target_get(const edoi_pg_target *t, const char *word) {
    const PQconninfoOption *w = target_word(t, word);
    return w && w->val && *w->val ? w->val : NULL;
}

/* What libpq says of a string that it cannot read, without what it quotes: all from the first to
 * the last quotation mark, since a password may have some, and ends of lines, too. */
static int refuse_string(char *message) {
    const char *text = message ? message : "it cannot be read";
    const char *first = strchr(text, '"'), *last = strrchr(text, '"');
    int head = (int)(first ? (size_t)(first - text) : strcspn(text, "\n"));
    const char *tail = first ? last + 1 : "";
    int err = edo_fail(-EINVAL, "the connection string: %.*s%s%.*s", head, text,
                       first ? "\"…\"" : "", (int)strcspn(tail, "\n"), tail);
    if (message) PQfreemem(message);
    return err;
}

static int refuse_at_sign(void) {
    return edo_fail(-EINVAL, "an '@' that ends no login: in a password that is %%40");
}

/* What stands behind the prefix of a URL that libpq takes for one; NULL: it is none. */
static const char *url_behind_prefix(const char *text) {
    static const char *const prefixes[] = { "postgres://", "postgresql://" };
    for (size_t i = 0; i < EDO_COUNT(prefixes); i++)
        if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0) return text + strlen(prefixes[i]);
    return NULL;
}

/* libpq ends a login at the first '@', and finds no login if a '/' comes before it. The rest of a
 * password with such a character would be taken for a host or database, and shown in failures. */
static int check_login(const char *text) {
    const char *at = url_behind_prefix(text);
    if (!at) return 0;
    const size_t login_n = strcspn(at, "@/");
    if (at[login_n] == '@') at += login_n + 1;
    return at[strcspn(at, "@?")] == '@' ? refuse_at_sign() : 0;
}

static int target_parse(edoi_pg_target *t, const char *text) {
    char *message = NULL;
    int err = check_login(text);
    if (err < 0) return err;
    locale_t before = edoi_c_locale_begin(); // in which it quotes by these marks
    t->words = PQconninfoParse(text, &message);
    edoi_c_locale_end(before);
    return t->words ? 0 : refuse_string(message);
}

static int read_words(edoi_pg_target *t, edo_str url) {
    if (url.len && memchr(url.ptr, '\0', url.len)) return refuse_string(NULL);
    char *text = edoi_alloc(url.len + 1);
    if (!text) return -ENOMEM;
    if (url.len) memcpy(text, url.ptr, url.len);
    text[url.len] = '\0';
    int err = target_parse(t, text);
    edoi_free(text);
    return err;
}

static const char *target_env(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* ---- Hosts ----------------------------------------------------------------------------------- */

static size_t target_len(const char *list) {
    size_t n = 1;
    if (!list) return 0;
    for (; *list; list++) n += *list == ',';
    return n;
}

/* Takes the next part off a list, whose commas become NULs; NULL if it is empty. */
static const char *target_next_of(char **list) {
    char *part = *list;
    if (!part) return NULL;
    char *comma = strchr(part, ',');
    if (comma) *comma = '\0';
    *list = comma ? comma + 1 : NULL;
    return *part ? part : NULL;
}

static char *target_copy(char **to, const char *list) {
    if (!list) return NULL;
    size_t n = strlen(list) + 1;
    char *copy = memcpy(*to, list, n);
    *to += n;
    return copy;
}

static bool port_is_valid(const char *port) {
    char *end;
    unsigned long n = strtoul(port, &end, 10);
    return *port >= '0' && *port <= '9' && *end == '\0' && n >= 1 && n <= 65535;
}

static int split_hosts(edoi_pg_target *t) {
    const char *host = edoi_pg_target_get(t, "host"), *addr = edoi_pg_target_get(t, "hostaddr");
    const char *port = edoi_pg_target_get(t, "port");
    if (!host && !addr) host = target_env("PGHOST");
    if (!port) port = target_env("PGPORT");
    size_t n = target_len(host ? host : addr), ports_n = target_len(port);
    if (n == 0) return 0;
    if (n > HOSTS_MAX) return edo_fail(-EINVAL, "more than %d hosts", HOSTS_MAX);
    if (host && addr && target_len(addr) != n)
        return edo_fail(-EINVAL, "there are not as many hostaddrs as hosts");
    if (ports_n > 1 && ports_n != n)
        return edo_fail(-EINVAL, "there are not as many ports as hosts");
    size_t bytes = (host ? strlen(host) + 1 : 0) + (addr ? strlen(addr) + 1 : 0) +
                   (port ? strlen(port) + 1 : 0);
    t->lists = edoi_alloc(bytes);
    t->hosts = edoi_calloc(n, sizeof *t->hosts);
    if (!t->lists || !t->hosts) return -ENOMEM;
    char *at = t->lists;
    char *hosts = target_copy(&at, host), *addrs = target_copy(&at, addr),
         *ports = target_copy(&at, port);
    const char *one_port = ports_n == 1 ? target_next_of(&ports) : NULL;
    for (size_t i = 0; i < n; i++) {
        edoi_pg_host *h = &t->hosts[i];
        h->host = target_next_of(&hosts);
        h->hostaddr = target_next_of(&addrs);
        h->port = ports_n > 1 ? target_next_of(&ports) : one_port;
        if (!h->port) h->port = PORT;
        if (h->host && *h->host != '/' && strchr(h->host + 1, '@')) return refuse_at_sign();
        if (!port_is_valid(h->port)) return edo_fail(-EINVAL, "a port is 1 to 65535");
        if (!h->host && !h->hostaddr) return edo_fail(-EINVAL, "a host is empty");
    }
    t->hosts_n = n;
    return 0;
}

/* ---- The target ------------------------------------------------------------------------------ */

/* What spans have of it. */
static void target_name(edoi_pg_target *t) {
    t->database = edoi_pg_target_get(t, "dbname");
    if (!t->database && !target_env("PGDATABASE")) t->database = edoi_pg_target_get(t, "user");
    if (t->hosts_n != 1) return;
    t->server = t->hosts->host ? t->hosts->host : t->hosts->hostaddr;
    t->port = (int)strtol(t->hosts->port, NULL, 10);
}

static int read_timeout(edoi_pg_target *t) {
    const char *text = edoi_pg_target_get(t, "connect_timeout");
    if (!text) return 0;
    char *end;
    long seconds = strtol(text, &end, 10);
    if (*end || seconds < 0 || seconds > SECONDS_MOST)
        return edo_fail(-EINVAL, "connect_timeout must be 0 to %d", SECONDS_MOST);
    t->connect_timeout = edo_s(seconds);
    return 0;
}

static void target_read_wanted(edoi_pg_target *t) {
    const char *wanted = edoi_pg_target_get(t, "target_session_attrs");
    if (!wanted) return;
    t->prefers_standby = strcmp(wanted, "prefer-standby") == 0;
    t->wants_writes = strcmp(wanted, "read-write") == 0;
    t->wants_primary = strcmp(wanted, "primary") == 0;
    t->wants_reads = strcmp(wanted, "read-only") == 0;
    t->wants_standby = strcmp(wanted, "standby") == 0;
}

/* A word with a fixed list of values. libpq checks it only while it connects, and reports a wrong
 * value in the user's language: so edo checks it first. */
typedef struct target_choice {
    const char *word, *env, *values; /* between blanks */
} target_choice;

static bool choice_has(const target_choice *c, const char *value) {
    char between[40];
    int n = snprintf(between, sizeof between, " %s ", value);
    return n < (int)sizeof between && !strchr(value, ' ') && strstr(c->values, between);
}

static int check_choices(const edoi_pg_target *t) {
    static const target_choice choices[] = {
        { "sslmode", "PGSSLMODE", " disable allow prefer require verify-ca verify-full " },
        { "target_session_attrs", "PGTARGETSESSIONATTRS",
          " any read-write read-only primary standby prefer-standby " },
        { "channel_binding", "PGCHANNELBINDING", " disable prefer require " },
        { "gssencmode", "PGGSSENCMODE", " disable prefer require " },
    };
    for (size_t i = 0; i < EDO_COUNT(choices); i++) {
        const target_choice *c = &choices[i];
        const char *own = edoi_pg_target_get(t, c->word), *value = own ? own : target_env(c->env);
        if (value && !choice_has(c, value))
            return edo_fail(-EINVAL, "%s must be one of%.*s", own ? c->word : c->env,
                            (int)strlen(c->values) - 1, c->values);
    }
    return 0;
}

int edoi_pg_target_init(edoi_pg_target *t, edo_str url) {
    *t = (edoi_pg_target){ .words = NULL };
    int err = read_words(t, url);
    if (err == 0) err = split_hosts(t);
    if (err == 0) err = read_timeout(t);
    if (err == 0) err = check_choices(t);
    if (err < 0) {
        edoi_pg_target_deinit(t);
        return err;
    }
    target_read_wanted(t);
    target_name(t);
    return 0;
}

void edoi_pg_target_deinit(edoi_pg_target *t) {
    if (t->words) PQconninfoFree(t->words);
    edoi_free(t->hosts);
    edoi_free(t->lists);
    *t = (edoi_pg_target){ .words = NULL };
}

/* ---- One attempt ----------------------------------------------------------------------------- */

static void params_add(edoi_pg_params *p, const char *word, const char *value) {
    if (!value || p->n == EDOI_PG_WORDS_MAX) return;
    p->words[p->n] = word;
    p->values[p->n++] = value;
}

static bool is_of_this_machine(const edo_addr *addr) {
    static const struct in6_addr loopback = IN6ADDR_LOOPBACK_INIT;
    if (!addr) return false; // a Unix socket, where libpq needs no TLS, or not known
    if (addr->sock.any.sa_family == AF_INET)
        return ntohl(addr->sock.v4.sin_addr.s_addr) >> 24 == 127;
    return addr->sock.any.sa_family == AF_INET6 &&
           memcmp(&addr->sock.v6.sin6_addr, &loopback, sizeof loopback) == 0;
}

static void print_numbers(char *out, const edo_addr *addr) {
    const void *at = addr->sock.any.sa_family == AF_INET6 ? (const void *)&addr->sock.v6.sin6_addr
                                                          : (const void *)&addr->sock.v4.sin_addr;
    const bool is_v6 = addr->sock.any.sa_family == AF_INET6;
    if (!inet_ntop(addr->sock.any.sa_family, at, out, EDO_ADDR_TEXT_MAX)) out[0] = '\0';
    size_t n = strlen(out);
    if (n > 0 && is_v6 && addr->sock.v6.sin6_scope_id != 0)
        (void)snprintf(out + n, EDO_ADDR_TEXT_MAX - n, "%%%" PRIu32, addr->sock.v6.sin6_scope_id);
}

/* libpq takes a file of the user's, or none: the system's roots are more than that. */
static void params_add_tls(edoi_pg_params *p, const edoi_pg_target *t, const edo_addr *addr) {
    const char *mode = edoi_pg_target_get(t, "sslmode");
    if (!mode) mode = target_env("PGSSLMODE");
    if (!mode) mode = is_of_this_machine(addr) ? "disable" : "verify-full";
    params_add(p, "sslmode", mode);
    bool checks = strncmp(mode, "verify-", 7) == 0;
    if (checks && !edoi_pg_target_get(t, "sslrootcert") && !target_env("PGSSLROOTCERT"))
        params_add(p, "sslrootcert", ROOTS);
}

/* Is the word filled in here, and not as the string has it? */
static bool params_sets(const char *word, bool has_hosts) {
    static const char *const always[] = { "sslmode", "client_encoding", "connect_timeout",
                                          "target_session_attrs" };
    static const char *const with_hosts[] = { "host", "hostaddr", "port" };
    for (size_t i = 0; i < EDO_COUNT(always); i++)
        if (strcmp(word, always[i]) == 0) return true;
    for (size_t i = 0; i < EDO_COUNT(with_hosts) && has_hosts; i++)
        if (strcmp(word, with_hosts[i]) == 0) return true;
    return false;
}

/* A machine that is gone without a farewell is noticed while nothing is asked of it, too: what
 * listens, or waits for a long statement, would wait for the kernel's two hours. */
static void params_add_keepalive(edoi_pg_params *p, const edoi_pg_target *t) {
    static const char *const rows[][2] = { { "keepalives_idle", "15" },
                                           { "keepalives_interval", "5" },
                                           { "keepalives_count", "3" } };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        if (!edoi_pg_target_get(t, rows[i][0])) params_add(p, rows[i][0], rows[i][1]);
}

void edoi_pg_params_fill(edoi_pg_params *p, const edoi_pg_target *t, const edoi_pg_host *host,
                         const edo_addr *addr, bool wants_standby) {
    p->n = 0;
    for (const PQconninfoOption *w = t->words; w->keyword; w++)
        if (!params_sets(w->keyword, host != NULL)) params_add(p, w->keyword, w->val);
    if (host) {
        params_add(p, "host", host->host);
        if (addr) print_numbers(p->hostaddr, addr);
        params_add(p, "hostaddr", addr ? p->hostaddr : NULL);
        params_add(p, "port", host->port);
    }
    const char *wanted = edoi_pg_target_get(t, "target_session_attrs");
    if (t->prefers_standby) wanted = wants_standby ? "standby" : "any";
    params_add(p, "target_session_attrs", wanted);
    params_add_tls(p, t, addr);
    params_add(p, "client_encoding", "UTF8");
    if (!edoi_pg_target_get(t, "gssencmode")) params_add(p, "gssencmode", "disable");
    params_add(p, "fallback_application_name", "edo");
    params_add_keepalive(p, t);
    p->words[p->n] = NULL;
    p->values[p->n] = NULL;
}
