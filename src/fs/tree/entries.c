/* SPDX-License-Identifier: MIT */
/* fs/tree/entries.c: see entries.h. */
#include "fs/tree/entries.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes of the record of a name of NAME_MAX bytes: 19 and the name, in steps of 8. Some file
 * systems have longer names. */
#define RECORD_ROOM 280u

void edoi_entries_init(edoi_entries *self, int fd) {
    self->fd = fd;
    self->is_complete = false;
    self->failure = 0;
    self->at = self->end = 0;
    self->place = self->place_before = 0;
    self->is_first = false;
}

void edoi_entries_deinit(edoi_entries *self) {
    (void)close(self->fd); // nothing was written
}

static struct dirent64 *entries_record_at(edoi_entries *self, uint32_t at) {
    return (struct dirent64 *)(void *)(self->bytes + at);
}

/* Asks for the types that the file system did not record. */
static void find_types(edoi_entries *self) {
    struct dirent64 *r;
    for (uint32_t at = 0; at < self->end; at += r->d_reclen) {
        struct stat found;
        r = entries_record_at(self, at);
        if (r->d_type == DT_UNKNOWN &&
            fstatat(self->fd, r->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0)
            r->d_type = (unsigned char)IFTODT(found.st_mode);
    }
}

/* Goes on until the end or a full buffer: a small directory is one job. */
void edoi_entries_fetch(edoi_entries *self) {
    self->at = self->end = 0;
    self->is_first = self->place == 0;
    while (!self->is_complete && EDOI_ENTRIES_BYTES - self->end >= RECORD_ROOM) {
        ssize_t n = getdents64(self->fd, self->bytes + self->end, EDOI_ENTRIES_BYTES - self->end);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EINVAL && self->end > 0) break; // the next record is longer
        if (n < 0 && errno != ENOENT) self->failure = -errno; // ENOENT: it was removed
        self->is_complete = n <= 0;
        if (n > 0) self->end += (uint32_t)n;
    }
    find_types(self);
}

int edoi_entries_take_failure(edoi_entries *self) {
    int failure = self->failure;
    self->failure = 0;
    return failure;
}

edo_entry_type edoi_entry_type(mode_t mode) {
    static const edo_entry_type types[] = {
        [DT_FIFO] = EDO_ENTRY_FIFO,   [DT_CHR] = EDO_ENTRY_CHAR_DEVICE,
        [DT_DIR] = EDO_ENTRY_DIR,     [DT_BLK] = EDO_ENTRY_BLOCK_DEVICE,
        [DT_REG] = EDO_ENTRY_FILE,    [DT_LNK] = EDO_ENTRY_LINK,
        [DT_SOCK] = EDO_ENTRY_SOCKET,
    };
    unsigned type = IFTODT(mode);
    return type < EDO_COUNT(types) ? types[type] : EDO_ENTRY_UNKNOWN;
}

static bool entries_is_dots(const char *name) {
    return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

const char *edoi_entries_peek(edoi_entries *self, edo_dir_entry *out) {
    while (self->at < self->end && entries_is_dots(entries_record_at(self, self->at)->d_name))
        edoi_entries_pass(self);
    if (self->at == self->end) return NULL;
    const struct dirent64 *r = entries_record_at(self, self->at);
    *out = (edo_dir_entry){ .name = r->d_name,
                            .ino = r->d_ino,
                            .type = edoi_entry_type((mode_t)DTTOIF(r->d_type)) };
    return out->name;
}

void edoi_entries_pass(edoi_entries *self) {
    const struct dirent64 *r = entries_record_at(self, self->at);
    self->place_before = self->place;
    self->place = r->d_off;
    self->at += r->d_reclen;
}
