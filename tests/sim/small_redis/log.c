/* SPDX-License-Identifier: MIT */
/* log.c: see log.h. */
#include "log.h"

#include "inside.h"

#include <edo/blocking.h>
#include <edo/file.h>
#include <edo/str.h>
#include <edo/task.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* ---- Reading --------------------------------------------------------------------------------- */

/* Commands between MULTI and EXEC, which are done together or not at all. */
typedef struct small_pending {
    small_command *all;
    size_t n;
} small_pending;

static void pending_add(small_pending *self, small_command *c) {
    self->all = realloc(self->all, (self->n + 1) * sizeof *self->all);
    CHECK(self->all);
    self->all[self->n++] = *c;
    *c = (small_command){ .n = 0 };
}

static void pending_clear(small_pending *self) {
    for (size_t i = 0; i < self->n; i++) small_command_free(&self->all[i]);
    free(self->all);
    *self = (small_pending){ .n = 0 };
}

static bool is_word(const small_command *c, const char *word) {
    return c->n > 0 && edo_str_equal_nocase(c->parts[0], edo_str_of(word));
}

/* Does all whole commands, behind the last of which `*end` is. */
static int replay_commands(edo_buf_reader *in, small_log_fn *fn, void *arg, uint64_t *end) {
    small_pending open = { .n = 0 };
    small_command c;
    bool is_multi = false;
    uint64_t at = 0;
    int err;
    while ((err = small_command_read(&c, in)) == 0) {
        at += c.bytes;
        if (is_word(&c, "MULTI")) {
            is_multi = true;
        } else if (is_word(&c, "EXEC")) {
            for (size_t i = 0; i < open.n; i++) fn(arg, &open.all[i]);
            pending_clear(&open);
            is_multi = false;
        } else if (is_multi) {
            pending_add(&open, &c);
        } else {
            fn(arg, &c);
        }
        small_command_free(&c);
        if (!is_multi) *end = at;
    }
    pending_clear(&open);
    edo_trail_clear();
    return err == -EDO_EEOF || err == -EPROTO ? 0 : err;
}

/* The name of a new file is on the disk when its folder is. */
static int sync_folder_of(void *path) {
    char folder[256];
    (void)snprintf(folder, sizeof folder, "%s", (const char *)path);
    char *slash = strrchr(folder, '/');
    CHECK(slash);
    *slash = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int err = fsync(fd) < 0 ? -errno : 0;
    (void)close(fd);
    return err;
}

/* What is there is written once more, since the sync that failed before the last end may have lost
 * it, though it can be read until the machine stops. Redis does not do that. */
static int write_anew(small_log *self) {
    edo_buf all = { 0 };
    int err = edo_buf_reserve(&all, self->at + 1);
    while (err >= 0 && all.len < self->at) {
        err = edo_file_read_at(self->file, all.ptr + all.len, self->at - all.len, all.len);
        if (err > 0) all.len += (size_t)err;
        if (err == 0) err = -EIO; // it has become shorter
    }
    for (size_t n = 0; err >= 0 && n < all.len; n += (size_t)(err > 0 ? err : 0))
        err = edo_file_write_at(self->file, all.ptr + n, all.len - n, n);
    edo_buf_deinit(&all);
    if (err >= 0) err = edo_file_set_len(self->file, self->at);
    return err < 0 ? err : edo_file_sync(self->file);
}

static int replay(small_log *self, small_log_fn *fn, void *arg) {
    edo_buf_reader in;
    int err = edo_buf_reader_init(&in, self->file, NULL);
    if (err < 0) return err;
    err = replay_commands(&in, fn, arg, &self->at);
    edo_buf_reader_deinit(&in);
    return err < 0 ? err : write_anew(self);
}

int small_log_open(small_log *self, const small_redis_opts *opts, small_log_fn *fn, void *arg) {
    static const edo_fs_open_opts how = { .read = true, .write = true, .create = true };
    *self = (small_log){ .is_synced = opts->is_synced, .db = -1 };
    self->added = self->kept = (edo_notify)EDO_NOTIFY_INIT;
    if (!opts->file) return 0;
    edo_stream *file;
    int err = edo_fs_open(&file, opts->file, &how);
    if (err < 0) return err;
    self->file = file;
    err = edo_blocking(sync_folder_of, (void *)(uintptr_t)opts->file);
    if (err == 0) err = replay(self, fn, arg);
    if (err < 0) small_log_close(self);
    return err;
}

void small_log_close(small_log *self) {
    if (self->file) edo_close(self->file);
    self->file = NULL;
    edo_buf_deinit(&self->waiting);
}

/* ---- Writing --------------------------------------------------------------------------------- */

static void small_log_print(small_log *self, const edo_str *parts, size_t n) {
    const size_t before = self->waiting.len;
    small_command_print(&self->waiting, parts, n);
    self->added_n += self->waiting.len - before;
}

void small_log_add(small_log *self, int db, const edo_str *parts, size_t n) {
    char text[8];
    if (!self->file) return;
    if (db != self->db) {
        (void)snprintf(text, sizeof text, "%d", db);
        const edo_str select[] = { EDO_STR("SELECT"), edo_str_of(text) };
        small_log_print(self, select, 2);
        self->db = db;
    }
    small_log_print(self, parts, n);
    edo_notify_one(&self->added);
}

/* What waits, in one piece. */
static int small_log_write(small_log *self) {
    edo_bytes bytes = edo_buf_freeze(&self->waiting);
    size_t done_n = 0;
    int err = 0;
    while (done_n < bytes.str.len && err >= 0) {
        err = edo_file_write_at(self->file, bytes.str.ptr + done_n, bytes.str.len - done_n,
                                self->at + done_n);
        if (err > 0) done_n += (size_t)err;
    }
    if (err >= 0 && self->is_synced) err = edo_file_sync_data(self->file);
    self->at += done_n;
    if (err >= 0) self->kept_n += bytes.str.len;
    edo_bytes_unref(&bytes);
    edo_notify_all(&self->kept);
    return err < 0 ? err : 0;
}

int small_log_run(void *log) {
    small_log *self = log;
    int err = 0;
    if (!self->file) return 0;
    while (err == 0) {
        EDO_SHIELD(sh, edo_s(10)); // a program that ends keeps what it has done
        err = self->waiting.len > 0 ? small_log_write(self) : 0;
        err = edo_shield_end(&sh, err);
        if (err == 0 && self->waiting.len == 0) err = edo_notify_wait(&self->added);
        if (err == -ECANCELED && self->waiting.len > 0) err = 0; // once more, and then it ends
    }
    return err;
}

int small_log_await(small_log *self, uint64_t bytes_n) {
    int err = 0;
    while (err == 0 && self->file && self->kept_n < bytes_n) {
        edo_notify_wait_future f;
        (void)edo_notify_wait_init(&f, &self->kept);
        err = edo_await(&f.base);
    }
    return err;
}
