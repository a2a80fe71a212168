/* SPDX-License-Identifier: MIT */
/* options.c: see options.h. */
#include "options.h"

#include "fault.h"
#include "text.h"

#include <edo/config.h>
#include <edo/error.h>
#include <edo/http_fields.h>
#include <edo/log.h>
#include <edo/net.h>
#include <edo/uri.h>

#include <stdio.h>
#include <string.h>

static const char *has_port(const void *element) {
    return strchr(*(const char *const *)element, ':') ? NULL : "must be HOST:PORT";
}

/* SQLite takes these for databases that end with the program. */
static const char *is_file(const void *element) {
    const char *file = *(const char *const *)element;
    bool is_none = !*file || strcmp(file, ":memory:") == 0;
    return is_none ? "must be the name of a file, or none, with which nothing is kept" : NULL;
}

static const char *is_database(const void *element) {
    bool is = text_is_database(*(const char *const *)element);
    return is ? NULL : "must be postgres://HOST/NAME";
}

static const char *is_redis(const void *element) {
    const char *text = *(const char *const *)element;
    bool is = text_begins(text, "redis://") || text_begins(text, "rediss://") ||
              text_begins(text, "unix://");
    return is ? NULL : "must be redis://HOST, rediss://HOST or unix:///PATH";
}

static const char *is_node(const void *element) {
    static const char marks[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    const char *text = *(const char *const *)element;
    size_t n = strlen(text);
    bool is = n > 0 && n <= NODE_BYTES_MAX && strspn(text, marks) == n;
    return is ? NULL : "must be 1 to 32 letters of ASCII, digits, '-', '_' or '.'";
}

static const char *is_level(const void *element) {
    edo_level level;
    bool is = edo_log_parse_level(&level, *(const char *const *)element) == 0;
    return is ? NULL : "must be error, warn, info, debug, trace or off";
}

static const char *has_port_or_is_none(const void *element) {
    if (strcmp(*(const char *const *)element, "none") == 0) return NULL;
    return has_port(element) ? "must be HOST:PORT or none" : NULL;
}

static const char *options_is_host(const void *element) {
    edo_str text = edo_str_of(*(const char *const *)element);
    edo_uri uri;
    bool is = edo_uri_parse_authority(&uri, text) == 0 && uri.host.len == text.len;
    return is ? NULL : "must be a name, without a port";
}

static const char *is_origin(const void *element) {
    edo_origin origin;
    bool is = edo_origin_parse(&origin, edo_str_of(*(const char *const *)element)) == 0;
    return is && !origin.is_null ? NULL : "must be an origin, as https://chat.example";
}

static const char *is_proxy(const void *element) {
    edo_addr_range range;
    bool is = edo_addr_range_parse(&range, *(const char *const *)element) == 0;
    return is ? NULL : "must be an address or a range of them, as 10.0.0.0/8";
}

static const char *is_proxy_field(const void *element) {
    const char *text = *(const char *const *)element;
    bool is = strcmp(text, "x-forwarded-for") == 0 || strcmp(text, "forwarded") == 0;
    return is ? NULL : "must be x-forwarded-for or forwarded";
}

EDO_DESCRIBE(
    options,
    EDO_FIELD(options, address, EDO_AS("tcp"), .preset = "127.0.0.1:7000", .value = "HOST:PORT",
              .check = has_port_or_is_none,
              .doc = "where to listen for lines, or none; port 0 takes a free one"),
    EDO_FIELD(options, tcp_tls, EDO_AS("tcp-tls"), .optional = true, .value = "HOST:PORT",
              .check = has_port,
              .doc = "where to listen for lines by TLS, with the certificate of --tls-cert"),
    EDO_FIELD(options, http, .optional = true, .value = "HOST:PORT", .check = has_port_or_is_none,
              .doc = "where the web is served, or none (127.0.0.1:8080, or a free port if that is "
                     "taken)"),
    EDO_FIELD(options, grpc, .optional = true, .value = "HOST:PORT", .check = has_port,
              .doc = "where programs chat by gRPC; port 0 takes a free one"),
    EDO_FIELD(options, tls_cert, EDO_AS("tls-cert"), .optional = true, .value = "FILE",
              .doc = "serve the web by HTTPS, and gRPC by TLS: the certificate with its chain, in "
                     "PEM; read again "
                     "when it has changed, and on SIGHUP"),
    EDO_FIELD(options, tls_key, EDO_AS("tls-key"), .optional = true, .value = "FILE",
              .doc = "the key of that certificate, in PEM"),
    EDO_FIELD_LIST(options, hosts, hosts_n, EDO_AS("host"), .value = "NAME",
                   .check = options_is_host,
                   .doc = "a name of the web's server, which serves under no other (any name, "
                          "unless --http is of this machine only)"),
    EDO_FIELD_LIST(options, origins, origins_n, EDO_AS("origin"), .value = "ORIGIN",
                   .check = is_origin,
                   .doc = "a page at another origin that may use the chat: https://chat.example"),
    EDO_FIELD_LIST(options, proxies, proxies_n, EDO_AS("trust-proxy"), .value = "ADDRESS",
                   .max_len = 64, .check = is_proxy,
                   .doc = "a proxy, or a range of them (10.0.0.0/8), which is believed for whom it "
                          "asks, on the web, for lines and for gRPC"),
    EDO_FIELD(options, proxy_field, EDO_AS("proxy-field"), .preset = "x-forwarded-for",
              .value = "FIELD", .check = is_proxy_field,
              .doc = "where the proxies tell that: x-forwarded-for or forwarded; a header of the "
                     "PROXY protocol is read with either"),
    EDO_FIELD(options, db, .preset = "none", .value = "FILE|URL", .check = is_file,
              .doc = "what keeps what is said: an SQLite file, a PostgreSQL database "
                     "(postgres://HOST/NAME), or none"),
    EDO_FIELD(options, copy_to, EDO_AS("copy-to"), .optional = true, .value = "URL",
              .check = is_database,
              .doc = "copy what the file of --db has to this PostgreSQL database, and end; may be "
                     "interrupted and repeated"),
    EDO_FIELD(options, redis, .optional = true, .value = "URL", .check = is_redis,
              .doc = "with a PostgreSQL database that several servers use: the Redis by which they "
                     "tell each other at once what is said, and who is there (redis://HOST)"),
    EDO_FIELD(options, node, .optional = true, .value = "NAME", .check = is_node,
              .doc =
                  "what operators call this server among several: in its log, /healthz, /readyz, "
                  "/metrics and pg_stat_activity"),
    EDO_FIELD(options, history, .preset = "50", .max = 10000,
              .doc = "messages that a newcomer to a room sees"),
    EDO_FIELD(options, line_bytes_max, EDO_AS("max-line"), .preset = "4096", .min = 1,
              .max = 1 << 20, .value = "BYTES", .doc = "longest line, without the line end"),
    EDO_FIELD(options, idle, EDO_AS("idle-timeout"), .preset = "5m", .max = INT64_MAX,
              .value = "DUR", .doc = "without input from a client, before it is closed; 0 is off"),
    EDO_FIELD(options, rate, .preset = "20", .max = 1000000,
              .doc = "lines a second from one client, with bursts of 100; 0 is off"),
    EDO_FIELD(options, per_address, EDO_AS("per-address"), .optional = true, .min = 1,
              .max = 1000000, .value = "N",
              .doc = "terminals, pages and streams of gRPC of one address (1,000, or less with few "
                     "descriptors, "
                     "without terminals of this machine)"),
    EDO_FIELD(options, threads, .optional = true, .min = 1, .max = 256,
              .doc = "threads of the server, up to 256 (one for each usable core)"),
    EDO_FIELD(options, pre_stop, EDO_AS("pre-stop"), .preset = "0", .max = INT64_C(3600000000000),
              .value = "DUR",
              .doc = "after a signal all goes on for so long, but /readyz is 503: for balancers"),
    EDO_FIELD(options, drain, .preset = "0", .max = INT64_C(600000000000), .value = "DUR",
              .doc =
                  "with a PostgreSQL database that several servers use: over so long clients are "
                  "then told, one after the other, to connect again, which leads them to others"),
    EDO_FIELD(options, connect, .optional = true, .value = "HOST:PORT", .check = has_port,
              .doc = "be a client of the server there, in this terminal; tls://HOST:PORT: by TLS"),
    EDO_FIELD(options, ca, .optional = true, .value = "FILE",
              .doc = "the issuers that a tls:// server's certificate may have, in PEM (those of "
                     "the system)"),
    EDO_FIELD(options, bell,
              .doc = "with --connect: ring when somebody says your name, or writes to you alone"),
    EDO_FIELD(options, log, .optional = true, .value = "LEVEL", .check = is_level,
              .doc = "error, warn, info, debug, trace or off (warn)"))

static int options_copy_check(const options *o) {
    bool is_file = strcmp(o->db, "none") != 0 && !text_is_database(o->db);
    if (!o->copy_to || is_file) return 0;
    return edo_fail(-EDO_EVALUE, "--copy-to wants --db FILE, which is copied");
}

/* One server, or several with a file each, have nobody to tell. */
static int options_redis_check(const options *o) {
    if (!o->redis || text_is_database(o->db)) return 0;
    return edo_fail(-EDO_EVALUE,
                    "--redis wants --db postgres://HOST/NAME, which several servers use");
}

/* Where there is no other server the clients would stand in front of a closed door. */
static int options_drain_check(const options *o) {
    if (o->drain.ns == 0 || text_is_database(o->db)) return 0;
    return edo_fail(-EDO_EVALUE,
                    "--drain wants --db postgres://HOST/NAME, which several servers use");
}

/* Without TLS a --ca would be passed over, and the talk be in clear. */
static int options_ca_check(const options *o) {
    bool is_by_tls = o->connect && strncmp(o->connect, "tls://", 6) == 0;
    if (!o->ca || is_by_tls) return 0;
    return edo_fail(-EDO_EVALUE, "--ca is for --connect tls://HOST:PORT");
}

bool options_have_lines(const options *o) {
    return o->tcp_tls || !o->address || strcmp(o->address, "none") != 0;
}

static int options_served_check(const options *o) {
    bool has_web = !o->http || strcmp(o->http, "none") != 0;
    if (options_have_lines(o) || has_web || o->grpc || o->connect) return 0;
    return edo_fail(-EDO_EVALUE, "--tcp none and --http none: nothing would be served");
}

int options_parse(options *out, int argc, char **argv) {
    const edo_config_opts opts = {
        .program = "edo-chat",
        .version = CHAT_VERSION,
        .about =
            "A chat server for browsers, lines of text and gRPC; open the page that it names, or\n"
            "connect with nc or telnet and type /help.",
        .more =
            "DUR is a number with ms, s, m or h. Every byte from a client is input, also when its "
            "line is\nnot yet whole; what others say is not.\n\n"
            "A line is UTF-8 without control characters, TAB excepted.\n\n"
            "On the web --rate counts for what a person says, and for what an address posts and\n"
            "asks the JSON API for; pages of one address may say as much as ten people.\n"
            "An address may have 256 connections beside its pages, and begins 100 pages and 100\n"
            "terminals a second at most, with bursts of 1,000; of IPv6 the first 64 bits count.\n"
            "In all there may be as many as the limit of descriptors (ulimit -Hn) allows, which\n"
            "terminals, the web and gRPC share evenly: of a few an address has three quarters.\n\n"
            "Addresses, localhost and the names that --http and --origin have are names of the\n"
            "server, too. Behind a proxy: --origin https://NAME for the page that it serves, and\n"
            "--trust-proxy, or all its clients are one address. --host, --origin and\n"
            "--trust-proxy can be given several times.\n\n"
            "Ctrl-C or SIGTERM ends the server in order, within 5 seconds after --pre-stop, or 7\n"
            "after --drain; a disk that does not respond has 3 more, thousands of clients up\n"
            "to 8, and what hangs 3 beside these, or --drain once more if it is a call by\n"
            "gRPC. A second one ends it at once.",
    };
    int err = edo_args_decode(out, &options_desc, argc, argv, &opts);
    if (err == 0) err = options_ca_check(out);
    if (err == 0) err = options_served_check(out);
    if (err == 0) err = options_copy_check(out);
    if (err == 0) err = options_redis_check(out);
    if (err == 0) err = options_drain_check(out);
    if (err == 0) return -1;
    if (err < 0) fault_print(err);
    options_free(out);
    return err < 0 ? 2 : 0;
}

void options_free(options *self) {
    edo_value_deinit(self, &options_desc);
}
