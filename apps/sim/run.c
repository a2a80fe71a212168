/* SPDX-License-Identifier: MIT */
/* run.c: see run.h. */
#include "run.h"

#include <edo/error.h>
#include <edo/process.h>
#include <edo/scope.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAID_LINES 12
#define SAID_MAX   (64u << 20)

void outcome_free(outcome *self) {
    free(self->faults);
    free(self->said);
    *self = (outcome){ 0 };
}

bool outcome_is_like(const outcome *a, const outcome *b) {
    return a->status == b->status && a->is_told == b->is_told && a->result == b->result;
}

const char *outcome_words(const outcome *self, char text[64]) {
    if (self->status == RUN_NO_WORLD) {
        (void)snprintf(text, 64, "no world has ended, by edo_sim_free()");
    } else if (self->status == -ETIMEDOUT) {
        (void)snprintf(text, 64, "it did not end in time");
    } else if (self->status >= EDO_PROCESS_SIGNALLED) {
        (void)snprintf(text, 64, "signal %d", self->status - EDO_PROCESS_SIGNALLED);
    } else {
        (void)snprintf(text, 64, "status %d", self->status);
    }
    return text;
}

/* ---- The report ------------------------------------------------------------------------------ */

/* Appends a line; without memory it is left out. */
static void add_text(char **to, const char *line) {
    size_t old_n = *to ? strlen(*to) : 0, n = strlen(line);
    char *more = realloc(*to, old_n + n + 1);
    if (!more) return;
    memcpy(more + old_n, line, n + 1);
    *to = more;
}

static void read_report_line(outcome *out, const char *line) {
    static const char end_form[] =
        "end %" SCNu64 " events digest %" SCNx64 " after %*d.%*d s with %d";
    uint64_t number;
    if (sscanf(line, "fault %" SCNu64, &number) == 1) {
        add_text(&out->faults, line);
        if (number > out->faults_n) out->faults_n = number;
    } else if (sscanf(line, end_form, &out->events, &out->digest, &out->result) == 3) {
        out->is_told = true;
    }
}

void outcome_read(outcome *out, const char *path) {
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    if (!f) return;
    while (getline(&line, &room, f) > 0) read_report_line(out, line);
    free(line);
    (void)fclose(f);
}

/* ---- A run ----------------------------------------------------------------------------------- */

/* The last lines of a text. */
static char *last_lines(edo_str text) {
    size_t at = text.len, lines_n = 0;
    while (at > 0 && (lines_n < SAID_LINES || text.ptr[at - 1] != '\n'))
        lines_n += text.ptr[--at] == '\n' && at + 1 < text.len;
    return text.len > at ? strndup(text.ptr + at, text.len - at) : NULL;
}

typedef struct settings {
    char seed[64], report[4096], skip[32768], trace[4096];
    const char *list[5];
} settings;

static int make_settings(settings *s, const plan *p, const turn *t) {
    size_t n = 0;
    (void)snprintf(s->seed, sizeof s->seed, "EDO_SIM_SEED=%" PRIu64, t->seed);
    int bytes =
        snprintf(s->report, sizeof s->report, "EDO_SIM_REPORT=%s/report-%u", p->dir, t->slot);
    int skip = snprintf(s->skip, sizeof s->skip, "EDO_SIM_SKIP=%s", t->skip ? t->skip : "");
    int trace = snprintf(s->trace, sizeof s->trace, "EDO_SIM_TRACE=%s", t->trace ? t->trace : "");
    if (bytes >= (int)sizeof s->report || skip >= (int)sizeof s->skip ||
        trace >= (int)sizeof s->trace)
        return -ENAMETOOLONG;
    s->list[n++] = s->seed;
    s->list[n++] = s->report;
    s->list[n++] = s->skip;
    s->list[n++] = t->trace ? s->trace : "EDO_SIM_TRACE"; // a name alone takes it away
    s->list[n] = NULL;
    return 0;
}

int run_once(const plan *p, const turn *t, outcome *out) {
    edo_process_result said = { 0 };
    settings *s = malloc(sizeof *s);
    *out = (outcome){ 0 };
    if (!s) return -ENOMEM;
    int err = make_settings(s, p, t);
    const char *report = s->report + strlen("EDO_SIM_REPORT=");
    if (err == 0) {
        const edo_process_opts opts = { .env_change = s->list, .err = EDO_STDIO_OUT };
        (void)unlink(report);
        EDO_DEADLINE(d, p->most);
        out->status = edo_deadline_end(
            &d, edo_process_output(&said, p->argv, &opts, (edo_str){ 0 }, SAID_MAX));
        bool has_run = out->status >= 0 || out->status == -ETIMEDOUT;
        if (out->status == -ETIMEDOUT) edo_trail_clear();
        if (!has_run) err = edo_fail(out->status, "starting %s", p->argv[0]);
        outcome_read(out, report);
        (void)unlink(report);
        out->said = last_lines(said.out.str);
        if (out->status == 0 && !out->is_told) out->status = RUN_NO_WORLD;
    }
    edo_bytes_unref(&said.out);
    edo_bytes_unref(&said.err);
    free(s);
    return err;
}
