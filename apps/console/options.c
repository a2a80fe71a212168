/* SPDX-License-Identifier: MIT */
/* apps/console/options.c: see options.h. */
#include "options.h"

#include <edo/bytes.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char options_usage[] =
    "usage: edo console [OPTIONS] [HOST:PORT | unix:PATH]\n"
    "       edo console [OPTIONS] --replay FILE\n"
    "\n"
    "Shows what a running program of edo does, which was started with EDO_CONSOLE=1 and calls\n"
    "edo_console_start(): tasks, locks, channels, connections, workers. Without an address it\n"
    "asks the one of EDO_CONSOLE_BIND, else 127.0.0.1:6669; the token is that of\n"
    "EDO_CONSOLE_TOKEN. The key ? shows the keys.\n"
    "\n"
    "  --every TIME    from one look to the next, as 500ms; else 1s\n"
    "  --tasks N       single tasks that are asked for, the oldest ones; else 200\n"
    "  --site NAME     of that name alone\n"
    "  --tokio         asks as tokio-console does; else only what knows no other way, as Tokio\n"
    "  --record FILE   writes what comes to FILE, a new one; without a terminal nothing is shown\n"
    "  --for TIME      ends after that time\n"
    "  --replay FILE   shows a recording\n"
    "  --print VIEW    prints tasks, sites, locks, channels, connections, open or workers, once\n"
    "  --json          prints one look as JSON\n"
    "  --size CxR      columns and rows of what is printed; else 200x60\n"
    "  --ascii-only    no letters but those of ASCII\n"
    "  --no-colors     as NO_COLOR in the environment does\n"
    "  --help          this text\n"
    "\n"
    "Status: 0; 1 if the program cannot be asked, no look comes, or a recording cannot be read or\n"
    "written; 2 on a wrong option.\n";

/* Of "--name=value" the name alone is shown. */
static int console_option_unknown(const char *what, const char *arg) {
    (void)fprintf(stderr, "edo console: %s%.*s\n%s", what, (int)strcspn(arg, "="), arg,
                  options_usage);
    return -EINVAL;
}

static int options_misused(const char *what, const char *arg) {
    (void)fprintf(stderr, "edo console: %s%s\n%s", what, arg, options_usage);
    return -EINVAL;
}

static int view_parse(const char *name) {
    for (int v = 0; v < VIEWS_N; v++)
        if (strcmp(view_kinds[v].name, name) == 0) return v;
    return -1;
}

static int time_read(edo_duration *out, const char *text) {
    if (edo_duration_parse(out, edo_str_of(text)) == 0 && out->ns > 0) return 0;
    return options_misused("no time: ", text);
}

/* It is asked for in milliseconds, as 32 bits. */
static int every_read(edo_duration *out, const char *text) {
    int err = time_read(out, text);
    if (err == 0 && out->ns / 1000000 > UINT32_MAX)
        err = options_misused("no time between two looks: ", text);
    return err;
}

static int options_number(uint32_t *out, const char *text) {
    char *end;
    const unsigned long n = strtoul(text, &end, 10);
    if (*end != '\0' || n == 0 || n > 100000) return options_misused("no number: ", text);
    *out = (uint32_t)n;
    return 0;
}

static int size_read(options *self, const char *text) {
    unsigned cols = 0, rows = 0;
    if (sscanf(text, "%ux%u", &cols, &rows) != 2 || cols == 0 || rows == 0)
        return options_misused("no size: ", text);
    self->cols = cols;
    self->rows = rows;
    return 0;
}

/* An option that has a value. */
static int value_read(options *self, const char *name, const char *value) {
    if (strcmp(name, "--every") == 0) return every_read(&self->every, value);
    if (strcmp(name, "--for") == 0) return time_read(&self->length, value);
    if (strcmp(name, "--tasks") == 0) return options_number(&self->tasks, value);
    if (strcmp(name, "--size") == 0) return size_read(self, value);
    if (strcmp(name, "--site") == 0) {
        self->site = value;
    } else if (strcmp(name, "--record") == 0) {
        self->record = value;
    } else if (strcmp(name, "--replay") == 0) {
        self->replay = value;
    } else if (strcmp(name, "--print") == 0) {
        self->print = view_parse(value);
        if (self->print < 0) return options_misused("no view: ", value);
    } else {
        return console_option_unknown("no such option: ", name);
    }
    return 0;
}

static bool switch_read(options *self, const char *name) {
    if (strcmp(name, "--json") == 0)
        self->is_json = true;
    else if (strcmp(name, "--ascii-only") == 0)
        self->is_ascii = true;
    else if (strcmp(name, "--no-colors") == 0)
        self->no_colors = true;
    else if (strcmp(name, "--tokio") == 0)
        self->is_tokio = true;
    else if (strcmp(name, "--help") == 0)
        self->is_help = true;
    else
        return false;
    return true;
}

int options_read(options *self, int argc, char **argv) {
    const char *bind = getenv("EDO_CONSOLE_BIND"), *no_color = getenv("NO_COLOR");
    *self = (options){ .target = bind && *bind ? bind : "127.0.0.1:6669",
                       .token = getenv("EDO_CONSOLE_TOKEN"),
                       .site = "",
                       .every = edo_s(1),
                       .rows = 60,
                       .cols = 200,
                       .print = -1,
                       .no_colors = no_color && *no_color };
    for (int i = 1; i < argc; i++) {
        if (switch_read(self, argv[i])) continue;
        if (argv[i][0] != '-') {
            self->target = argv[i];
            if (strncmp(argv[i], "http://", 7) == 0) self->target += 7;
            continue;
        }
        if (i + 1 == argc) return console_option_unknown("no value: ", argv[i]);
        int err = value_read(self, argv[i], argv[i + 1]);
        if (err < 0) return err;
        i++;
    }
    return 0;
}
