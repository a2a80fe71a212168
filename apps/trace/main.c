/* SPDX-License-Identifier: MIT */
/* edo trace: shows what the flight recorder (edo/recorder.h) of a program has written: as trace
 * events for Perfetto, speedscope and Chrome, as folded stacks, in words. */
#include "chrome.h"
#include "polls.h"
#include "words.h"

#include <edo/str.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAST_MAX_S 1000000000u

static const char usage[] =
    "usage: edo trace [--about | --folded | --waits | --task TASK [--last SECONDS]] FILE\n"
    "\n"
    "Writes what a program has recorded (EDO_RECORDER, edo/recorder.h) to standard output: as\n"
    "trace events in JSON, which ui.perfetto.dev, speedscope and chrome://tracing open.\n"
    "\n"
    "  --about        which program it was, how much there is, which tasks ran longest\n"
    "  --folded       folded stacks of where the workers' time went, for flamegraph.pl\n"
    "  --waits        folded stacks of what tasks waited for (of a file of the depth all)\n"
    "  --task TASK    the last second of a task, by its address (0x...) or how its name begins\n"
    "  --last SECONDS that much of it\n"
    "  --help         this text\n"
    "\n"
    "Status: 0, 1 for a file that is none of the recorder's, 2 for anything else.\n";

typedef struct main_options {
    const char *file;
    const char *task;
    uint64_t last_s;
    bool about, folded, waits;
} main_options;

/* The value of the option at `*i`; NULL: it is missing. */
static const char *value_of(int argc, char **argv, int *i) {
    return *i + 1 < argc ? argv[++*i] : NULL;
}

static bool main_option(main_options *o, int argc, char **argv, int *i) {
    const char *arg = argv[*i];
    if (strcmp(arg, "--about") == 0) return o->about = true;
    if (strcmp(arg, "--folded") == 0) return o->folded = true;
    if (strcmp(arg, "--waits") == 0) return o->waits = true;
    if (strcmp(arg, "--task") == 0) return (o->task = value_of(argc, argv, i)) != NULL;
    if (strcmp(arg, "--last") == 0) {
        const char *last = value_of(argc, argv, i);
        return last && edo_str_uint(&o->last_s, edo_str_of(last)) == 0 && o->last_s <= LAST_MAX_S;
    }
    if (arg[0] == '-' || o->file) return false;
    o->file = arg;
    return true;
}

/* ---- The file -------------------------------------------------------------------------------- */

/* All of a file; NULL with errno. */
static char *main_file(const char *path, size_t *n) {
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    char *bytes = fstat(fd, &about) == 0 ? malloc((size_t)about.st_size + 1) : NULL;
    *n = 0;
    while (bytes && *n < (size_t)about.st_size) {
        ssize_t got = read(fd, bytes + *n, (size_t)about.st_size - *n);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        *n += (size_t)got;
    }
    if (bytes) edoi_recorder_read_after(bytes, *n, fd);
    (void)close(fd);
    return bytes;
}

static int main_show(const main_options *o, const edoi_recorder_reading *r) {
    trace_polls polls;
    int err = trace_polls_find(&polls, r);
    if (err < 0) return 2;
    int status = 0;
    if (o->task) {
        if (!trace_task(stdout, r, o->task, (int64_t)o->last_s * 1000000000)) {
            (void)fprintf(stderr, "edo trace: nothing is recorded of a task %s\n", o->task);
            status = 1;
        }
    } else if (o->about) {
        status = trace_about(stdout, r, &polls) < 0 ? 2 : 0;
    } else if (o->folded || o->waits) {
        trace_folded(stdout, r, &polls, o->waits);
    } else {
        trace_chrome(stdout, r, &polls);
    }
    trace_polls_deinit(&polls);
    return fflush(stdout) == 0 && !ferror(stdout) ? status : 2;
}

int main(int argc, char **argv) {
    main_options o = { .last_s = 1 };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) return fputs(usage, stdout) < 0 ? 2 : 0;
        if (main_option(&o, argc, argv, &i)) continue;
        (void)fprintf(stderr, "edo trace: argument %s\n%s", argv[i], usage);
        return 2;
    }
    if (!o.file) {
        (void)fputs(usage, stderr);
        return 2;
    }
    size_t n;
    char *bytes = main_file(o.file, &n);
    if (!bytes) {
        (void)fprintf(stderr, "edo trace: %s: %s\n", o.file, strerror(errno));
        return 2;
    }
    const char *why;
    edoi_recorder_reading r;
    int status = 1;
    if (edoi_recorder_read(&r, bytes, n, &why) < 0) {
        (void)fprintf(stderr, "edo trace: %s: %s\n", o.file, why);
    } else {
        status = main_show(&o, &r);
        edoi_recorder_reading_deinit(&r);
    }
    free(bytes);
    return status;
}
