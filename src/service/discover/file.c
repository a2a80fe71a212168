/* SPDX-License-Identifier: MIT */
/* service/discover/file.c: endpoints out of a file, read again when its directory has changed.
 *
 * Whatever happens in the directory, the file is read: its name may be a link into a directory that
 * is replaced as a whole. Events of SETTLE together are one.
 *
 * A file that is half written is not read: from its first EDO_FS_MODIFIED on until it is closed or
 * replaced nothing that happens in the directory counts. One that a writer left half written, or
 * that was half written before the watch began, is found by its last line, which has no end. */
#include "service/discover/discovery.h"

#include "base/memory/alloc.h"
#include "fs/file/regular.h"
#include "records/unfinished.h"
#include "service/pause.h"

#include <edo/bytes.h>
#include <edo/fs_watch.h>
#include <edo/scope.h>
#include <edo/str.h>

#include <errno.h>
#include <string.h>

#define SETTLE edo_ms(100)

#define EVENTS                                                                                     \
    (EDO_FS_CREATED | EDO_FS_REMOVED | EDO_FS_MOVED_FROM | EDO_FS_MOVED_TO | EDO_FS_MODIFIED |     \
     EDO_FS_CLOSED_WRITE)

typedef struct list_file {
    edoi_pause pause; /* before a watch is begun again */
    bool is_half;     /* it is being written */
    char *directory;
    const char *name; /* in the directory; in `path` */
    char path[];
} list_file;

/* ---- Lines ----------------------------------------------------------------------------------- */

/* Cuts the next word off `*rest`, and copies it to `to`. Returns its length, 0 at the end of the
 * line, or -EINVAL: a word that is too long, or has a NUL. */
static int word_next(edo_str *rest, char *to, size_t room) {
    edo_str word = edo_str_word(rest);
    if (word.len >= room || (word.len > 0 && memchr(word.ptr, 0, word.len))) return -EINVAL;
    if (word.len > 0) memcpy(to, word.ptr, word.len);
    to[word.len] = 0;
    return (int)word.len;
}

static int weight_of(uint32_t *out, const char *word) {
    uint64_t value;
    if (word[0] == '0' || edo_str_uint(&value, edo_str_of(word)) < 0 || value > UINT32_MAX)
        return -EINVAL;
    *out = (uint32_t)value;
    return 0;
}

/* Returns 1 and the endpoint of the line, or 0: it has none. */
static int line_parse(edo_endpoint *out, edo_str line) {
    char weight[16], more[2];
    line = edo_str_cut(&line, '#');
    *out = (edo_endpoint){ .weight = 1 };
    int n = word_next(&line, out->address, sizeof out->address);
    if (n <= 0) return n;
    n = word_next(&line, weight, sizeof weight);
    if (n > 0) n = weight_of(&out->weight, weight) < 0 ? -EINVAL : 1;
    if (n > 0) n = word_next(&line, out->key, sizeof out->key);
    if (n > 0) n = word_next(&line, more, sizeof more) == 0 ? 0 : -EINVAL;
    return n < 0 ? n : 1;
}

static int file_parse(edoi_endpoint_list *list, edo_str text) {
    int err = text.len == 0 ? -EINVAL : 0;
    while (text.len > 0 && err >= 0) {
        edo_str line = edo_str_cut(&text, '\n');
        if (!text.ptr) return -EINVAL; // cut off
        edo_endpoint e;
        err = line_parse(&e, line);
        if (err > 0) err = edoi_endpoint_list_add(list, &e);
    }
    return err;
}

/* ---- Looking --------------------------------------------------------------------------------- */

/* Does not wait for a writer if the path is a FIFO. */
static int endpoints_read(edo_bytes *out, const char *path) {
    edo_stream *file;
    int err = edoi_fs_open_regular(&file, NULL, path, NULL, EDOI_FS_PIPE);
    if (err < 0) return err;
    err = edo_read_all(out, file, SIZE_MAX);
    edo_close(file);
    return err;
}

/* Returns a code that ends the task. */
static int file_look(edoi_discovery *to, list_file *self) {
    edoi_endpoint_list now = { .n = 0 };
    edo_bytes text;
    int err = endpoints_read(&text, self->path);
    if (err == 0) {
        err = file_parse(&now, text.str);
        edo_bytes_unref(&text);
    }
    if (err == 0) {
        edoi_pause_reset(&self->pause);
        return edoi_discovery_tell(to, &now);
    }
    edoi_free(now.at);
    return edoi_discovery_fail(to, err);
}

/* Returns whether an event says that the file may be another one now. */
static bool file_notes(list_file *self, const edo_fs_event *event) {
    const bool is_lost = event->what & EDO_FS_OVERFLOW;
    if (is_lost || strcmp(event->name, self->name) == 0)
        self->is_half = event->what == EDO_FS_MODIFIED;
    return event->what != EDO_FS_MODIFIED && !self->is_half;
}

/* Waits for an event that may have changed the file. Returns 0, or a failure of the watch. */
static int file_await_event(list_file *self, edo_fs_watch *w) {
    edo_fs_event event;
    int err;
    do {
        err = edo_fs_watch_next(w, &event);
        if (err == 1 && event.what == EDO_FS_ENDED) err = -ENOENT;
    } while (err == 1 && !file_notes(self, &event));
    return err < 0 ? err : 0;
}

/* Waits until the file may be another one, and for the events that come soon after that. Returns 0,
 * or a failure of the watch. */
static int file_await_change(list_file *self, edo_fs_watch *w) {
    int err = file_await_event(self, w);
    while (err == 0) {
        edo_deadline settle;
        edo_deadline_begin(&settle, SETTLE);
        while (err == 0) err = file_await_event(self, w);
        err = edo_deadline_end(&settle, err);
        if (err == -ETIMEDOUT && !self->is_half) return 0;
        if (err == -ETIMEDOUT) err = file_await_event(self, w);
    }
    return err;
}

/* Reads the file each time that it has changed. Returns a failure of the watch. */
static int file_follow(edoi_discovery *to, list_file *self) {
    edo_fs_watch *w;
    int err = edo_fs_watch_open(&w);
    if (err < 0) return err;
    int place = edo_fs_watch_add(w, self->directory, EVENTS); // first: no change is missed
    self->is_half = false;
    err = place < 0 ? place : 0;
    while (err == 0) {
        err = file_look(to, self);
        if (err == 0) err = file_await_change(self, w);
    }
    edo_fs_watch_close(w);
    return err;
}

static int file_run(edoi_discovery *to, void *arg) {
    list_file *self = arg;
    int err = 0;
    while (err == 0) {
        err = file_follow(to, self);
        if (err == -ECANCELED || err == -EDO_ECLOSED) return err; // nobody reads
        err = edoi_discovery_fail(to, err);
        if (err == 0) err = edo_sleep(edoi_pause_next(&self->pause));
    }
    return err;
}

static void file_drop(void *arg) {
    list_file *self = arg;
    edoi_free(self->directory);
    edoi_free(self);
}

/* "a/b" is in "a", "b" in ".", "/b" in "/". */
static char *directory_of(const char *path) {
    const char *slash = strrchr(path, '/');
    size_t n = slash > path ? (size_t)(slash - path) : 1;
    char *directory = edoi_alloc(n + 1);
    if (!directory) return NULL;
    memcpy(directory, slash ? path : ".", n);
    directory[n] = 0;
    return directory;
}

edo_seq *edo_discover_file(const char *path) {
    static const edoi_discovery_ops ops = { .run = file_run,
                                            .drop = file_drop,
                                            .name = EDOI_OWN_TASK "watches a list of endpoints" };
    size_t bytes = strlen(path) + 1;
    list_file *self = edoi_calloc(1, sizeof *self + bytes);
    if (!self) return NULL;
    self->pause = (edoi_pause){ .min_ns = edo_s(1).ns, .max_ns = edo_s(30).ns };
    memcpy(self->path, path, bytes);
    const char *slash = strrchr(self->path, '/');
    self->name = slash ? slash + 1 : self->path;
    self->directory = directory_of(path);
    if (!self->directory) {
        edoi_free(self);
        return NULL;
    }
    return edoi_discovery_new(&ops, self);
}
