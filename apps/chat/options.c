/* SPDX-License-Identifier: MIT */
/* options.c: see options.h. */
#include "options.h"

#include <edo/config.h>
#include <edo/error.h>
#include <edo/trace.h>

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

static const char *is_level(const void *element) {
    edo_level level;
    bool is = edo_trace_parse_level(&level, *(const char *const *)element) == 0;
    return is ? NULL : "must be error, warn, info, debug, trace or off";
}

static const char *has_port_or_is_none(const void *element) {
    if (strcmp(*(const char *const *)element, "none") == 0) return NULL;
    return has_port(element) ? "must be HOST:PORT or none" : NULL;
}

EDO_DESCRIBE(
    options,
    EDO_FIELD(options, address, EDO_AS("tcp"), .preset = "127.0.0.1:7000", .value = "HOST:PORT",
              .check = has_port, .doc = "where to listen; port 0 takes a free one"),
    EDO_FIELD(options, http, .optional = true, .value = "HOST:PORT", .check = has_port_or_is_none,
              .doc = "where the web is served, or none (127.0.0.1:8080, or a free port if that is "
                     "taken)"),
    EDO_FIELD(options, db, .preset = "none", .value = "FILE", .check = is_file,
              .doc = "an SQLite file that keeps what is said, or none"),
    EDO_FIELD(options, history, .preset = "50", .max = 10000,
              .doc = "messages that a newcomer to a room sees"),
    EDO_FIELD(options, line_bytes_max, EDO_AS("max-line"), .preset = "4096", .min = 1,
              .max = 1 << 20, .value = "BYTES", .doc = "longest line, without the line end"),
    EDO_FIELD(options, idle, EDO_AS("idle-timeout"), .preset = "5m", .max = INT64_MAX,
              .value = "DUR", .doc = "without input from a client, before it is closed; 0 is off"),
    EDO_FIELD(options, rate, .preset = "20", .max = 1000000,
              .doc = "lines a second from one client, with bursts of 100; 0 is off"),
    EDO_FIELD(
        options, per_address, EDO_AS("per-address"), .optional = true, .min = 1, .max = 1000000,
        .value = "N",
        .doc = "terminals and pages of one address (1,000, without terminals of this machine)"),
    EDO_FIELD(options, threads, .optional = true, .min = 1, .max = 256,
              .doc = "threads of the server, up to 256 (one for each usable core)"),
    EDO_FIELD(options, pre_stop, EDO_AS("pre-stop"), .preset = "0", .max = INT64_C(3600000000000),
              .value = "DUR",
              .doc = "after a signal all goes on for so long, but /readyz is 503: for balancers"),
    EDO_FIELD(options, connect, .optional = true, .value = "HOST:PORT", .check = has_port,
              .doc = "be a client of the server there, in this terminal"),
    EDO_FIELD(options, log, .optional = true, .value = "LEVEL", .check = is_level,
              .doc = "error, warn, info, debug, trace or off (warn)"))

int options_parse(options *out, int argc, char **argv) {
    const edo_config_opts opts = {
        .program = "edo-chat",
        .about =
            "A chat server for browsers and for lines of text; open the page that it names, or\n"
            "connect with nc or telnet and type /help.",
        .more =
            "DUR is a number with ms, s, m or h. Every byte from a client is input, also when its "
            "line is\nnot yet whole; what others say is not.\n\n"
            "A line is UTF-8 without control characters, TAB excepted.\n\n"
            "On the web --rate counts for what a person says, and for what an address posts;\n"
            "pages of one address may say as much as ten people. An address may have\n"
            "256 connections beside its pages, and begins 100 pages a second at most, with\n"
            "bursts of 1,000; of IPv6 the first 64 bits count. In all there may be as many\n"
            "as the limit of descriptors (ulimit -Hn) allows.\n\n"
            "Ctrl-C or SIGTERM ends the server in order, within 5 seconds after --pre-stop; a "
            "second one ends\nit at once.",
    };
    int err = edo_args_decode(out, &options_desc, argc, argv, &opts);
    if (err == 0) return -1;
    if (err < 0) {
        fputs("edo-chat: ", stderr);
        edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    }
    options_free(out);
    return err < 0 ? 2 : 0;
}

void options_free(options *self) {
    edo_value_deinit(self, &options_desc);
}
