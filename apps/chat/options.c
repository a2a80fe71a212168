/* SPDX-License-Identifier: MIT */
/* options.c: "--name VALUE" or "--name=VALUE", by a table of names. */
#include "options.h"

#include <edo/trace.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>

const char options_help[] =
    "usage: edo-chat [OPTION]...\n"
    "A chat server for lines of text; connect with nc or telnet and type /help.\n"
    "\n"
    "  --tcp HOST:PORT      where to listen (127.0.0.1:7000; port 0 takes a free one)\n"
    "  --history N          messages that a newcomer to a room sees (50)\n"
    "  --max-line BYTES     longest line, without the line end (4096)\n"
    "  --idle-timeout DUR   without input from a client, before it is closed (5m; 0 is off)\n"
    "  --rate N             lines a second from one client, with bursts of 100 (20; 0 is off)\n"
    "  --threads N          threads of the server, up to 256 (one for each usable core)\n"
    "  --log LEVEL          error, warn, info, debug, trace or off (warn)\n"
    "  --help               this text\n"
    "\n"
    "DUR is a number with ms, s, m or h. Every byte from a client is input, also when its line is\n"
    "not yet whole; what others say is not.\n"
    "\n"
    "A line is UTF-8 without control characters, TAB excepted.\n"
    "\n"
    "Ctrl-C or SIGTERM ends the server in order, within 5 seconds; a second one ends it at once.\n";

/* A decimal number of at most `most` that ends where `*text` then points. */
static bool number(uint64_t *out, const char **text, uint64_t most) {
    const char *p = *text;
    uint64_t value = 0;
    if (*p < '0' || *p > '9') return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        value = value * 10 + (uint64_t)(*p - '0');
        if (value > most) return false;
    }
    *out = value;
    *text = p;
    return true;
}

static bool whole_number(uint32_t *out, const char *text, uint32_t least, uint32_t most) {
    uint64_t value;
    if (!number(&value, &text, most) || *text != '\0' || value < least) return false;
    *out = (uint32_t)value;
    return true;
}

static bool duration(edo_duration *out, const char *text) {
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {
        { "ms", INT64_C(1000000) },
        { "s", INT64_C(1000000000) },
        { "m", INT64_C(60000000000) },
        { "h", INT64_C(3600000000000) },
    };
    uint64_t n;
    if (!number(&n, &text, 1000000)) return false; // even in hours it fits in 63 bits
    for (size_t i = 0; i < EDO_COUNT(units); i++) {
        if (strcmp(text, units[i].unit) == 0) {
            *out = edo_ns((int64_t)n * units[i].ns);
            return true;
        }
    }
    *out = edo_ns(0);
    return n == 0 && *text == '\0';
}

typedef enum kind { ADDRESS, NUMBER, DURATION, LEVEL } kind;

static const struct option_row {
    const char *name;
    kind kind;
    size_t at; /* of its field in `options` */
    uint32_t least, most;
    const char *wants;
} known[] = {
    { "--tcp", ADDRESS, offsetof(options, address), 0, 0, "HOST:PORT" },
    { "--history", NUMBER, offsetof(options, history), 0, 10000, "a number up to 10000" },
    { "--max-line", NUMBER, offsetof(options, line_bytes_max), 1, 1u << 20, "1 to 1048576 bytes" },
    { "--idle-timeout", DURATION, offsetof(options, idle), 0, 0,
      "a number with ms, s, m or h, or 0" },
    { "--rate", NUMBER, offsetof(options, rate), 0, 1000000, "a number up to 1000000" },
    { "--threads", NUMBER, offsetof(options, threads), 1, 256, "1 to 256" },
    { "--log", LEVEL, offsetof(options, log), 0, 0, "error, warn, info, debug, trace or off" },
};

/* The row of "--name" or "--name=value". */
static const struct option_row *find(const char *argument) {
    size_t bytes = strcspn(argument, "=");
    for (size_t i = 0; i < EDO_COUNT(known); i++) {
        if (strlen(known[i].name) == bytes && !memcmp(known[i].name, argument, bytes))
            return &known[i];
    }
    return NULL;
}

static bool set(options *o, const struct option_row *row, const char *value) {
    void *field = (char *)o + row->at;
    edo_level level;
    switch (row->kind) {
    case NUMBER: return whole_number(field, value, row->least, row->most);
    case DURATION: return duration(field, value);
    case LEVEL:
    case ADDRESS: break;
    }
    *(const char **)field = value;
    return row->kind == LEVEL ? edo_trace_parse_level(&level, value) == 0
                              : strchr(value, ':') != NULL;
}

options_verdict options_parse(options *out, int argc, const char *const *argv, char *fault,
                              size_t fault_bytes) {
    *out = (options){ .address = "127.0.0.1:7000",
                      .history = 50,
                      .line_bytes_max = 4096,
                      .rate = 20,
                      .idle = edo_minutes(5) };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) return OPTIONS_HELP;
        const struct option_row *row = find(argv[i]);
        if (!row) {
            snprintf(fault, fault_bytes, "unknown option %s, see --help", argv[i]);
            return OPTIONS_WRONG;
        }
        const char *equals = strchr(argv[i], '=');
        const char *value = equals ? equals + 1 : argv[++i];
        if (!value || !set(out, row, value)) {
            snprintf(fault, fault_bytes, "%s wants %s", row->name, row->wants);
            return OPTIONS_WRONG;
        }
    }
    return OPTIONS_RUN;
}
