/* SPDX-License-Identifier: MIT */
/* options.c: see options.h. */
#include "options.h"

#include <edo/trace.h>

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
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

static bool number(uint32_t *out, const char *text, uint32_t least, uint32_t most) {
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || value < least || value > most) return false;
    *out = (uint32_t)value;
    return true;
}

static bool duration(edo_duration *out, const char *text) {
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
    char *unit;
    unsigned long n = strtoul(text, &unit, 10);
    if (!isdigit((unsigned char)*text) || n > 1000000) return false;
    for (size_t i = 0; i < EDO_COUNT(units); i++) {
        if (strcmp(unit, units[i].unit) != 0) continue;
        *out = edo_ms((int64_t)n * units[i].ms);
        return true;
    }
    *out = edo_ms(0);
    return n == 0 && !*unit;
}

/* Sets the option of that key. Returns what it wants if it does not want `value`, else NULL. */
static const char *set(options *o, int key, const char *value) {
    edo_level level;
    switch (key) {
    case 'a': o->address = value; return strchr(value, ':') ? NULL : "HOST:PORT";
    case 'h': return number(&o->history, value, 0, 10000) ? NULL : "a number up to 10000";
    case 'm': return number(&o->line_bytes_max, value, 1, 1 << 20) ? NULL : "1 to 1048576 bytes";
    case 'i': return duration(&o->idle, value) ? NULL : "a number with ms, s, m or h, or 0";
    case 'r': return number(&o->rate, value, 0, 1000000) ? NULL : "a number up to 1000000";
    case 't': return number(&o->threads, value, 1, 256) ? NULL : "1 to 256";
    default: o->log = value; break;
    }
    bool is_level = edo_trace_parse_level(&level, value) == 0;
    return is_level ? NULL : "error, warn, info, debug, trace or off";
}

int options_parse(options *out, int argc, char **argv) {
    static char self[] = "edo-chat"; // getopt's messages begin with it
    static const struct option known[] = {
        { "tcp", required_argument, NULL, 'a' },
        { "history", required_argument, NULL, 'h' },
        { "max-line", required_argument, NULL, 'm' },
        { "idle-timeout", required_argument, NULL, 'i' },
        { "rate", required_argument, NULL, 'r' },
        { "threads", required_argument, NULL, 't' },
        { "log", required_argument, NULL, 'l' },
        { "help", no_argument, NULL, 'u' },
        { NULL, 0, NULL, 0 },
    };
    *out = (options){ .address = "127.0.0.1:7000",
                      .history = 50,
                      .line_bytes_max = 4096,
                      .rate = 20,
                      .idle = edo_minutes(5) };
    argv[0] = self;
    int at, key;
    while ((key = getopt_long(argc, argv, "", known, &at)) != -1) {
        if (key == '?') return 2;
        if (key == 'u') return fputs(help, stdout) < 0;
        const char *wants = set(out, key, optarg);
        if (!wants) continue;
        fprintf(stderr, "%s: --%s wants %s\n", self, known[at].name, wants);
        return 2;
    }
    if (optind == argc) return -1;
    fprintf(stderr, "%s: unknown argument %s, see --help\n", self, argv[optind]);
    return 2;
}
