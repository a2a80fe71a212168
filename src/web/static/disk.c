/* SPDX-License-Identifier: MIT */
/* web/static/disk.c: files in a directory; small ones are read, large ones stay open. */
#include "web/static/backend.h"

#include "base/text/hex.h"
#include "driver/clock.h"
#include "fs/file/regular.h"

#include <edo/file.h>

#include <errno.h>
#include <sys/stat.h>

#define NS_PER_S INT64_C(1000000000)

typedef struct disk {
    edo_file_cache *cache;
    bool has_dir; /* otherwise any path is allowed */
    char dir[];
} disk;

static int64_t disk_seconds_of(int64_t ns) {
    return ns < 0 ? -1 : ns / NS_PER_S;
}

/* Appends `n` in hexadecimal digits, the lowest first, and a dash. A tag needs no more than
 * that. */
static char *disk_put_number(char *to, uint64_t n) {
    do {
        *to++ = edoi_hex_of((int)(n & 15));
        n >>= 4;
    } while (n > 0);
    *to++ = '-';
    return to;
}

static void print_tag(edo_static_file *out, int64_t modified_ns, uint64_t size, uint64_t ino) {
    _Static_assert(EDO_STATIC_TAG_BYTES >= 3 * 17,
                   "three numbers of 16 digits, and what ends them");
    char *to = disk_put_number(out->tag, (uint64_t)modified_ns);
    to = disk_put_number(disk_put_number(to, size), ino);
    to[-1] = 0;
}

static void static_file_describe(edo_static_file *out, const struct stat *st) {
    int64_t modified_ns = edoi_time_after(edo_s(st->st_mtim.tv_sec).ns, st->st_mtim.tv_nsec);
    out->size = (uint64_t)st->st_size;
    out->modified_s = disk_seconds_of(modified_ns);
    print_tag(out, modified_ns, out->size, st->st_ino);
}

/* Opens a large file. */
static int open_large(const disk *d, edo_static_file *out, const char *path) {
    struct stat st;
    int err = edoi_fs_open_regular(&out->stream, &st, path,
                                   &(edo_fs_open_opts){ .beneath = d->has_dir ? d->dir : NULL }, 0);
    if (err == 0) static_file_describe(out, &st);
    return err;
}

static int disk_open(void *self, edo_static_file *out, const char *path) {
    const disk *d = self;
    edo_cached_file found;
    int err = edo_file_cache_get(d->cache, path, &found);
    if (err == -EFBIG) return open_large(d, out, path);
    if (err < 0) return err;
    out->bytes = found.bytes;
    out->modified_s = disk_seconds_of(found.modified_ns);
    print_tag(out, found.modified_ns, found.bytes.str.len, found.ino);
    return 0;
}

static void disk_deinit(void *self) {
    edo_file_cache_unref(((disk *)self)->cache);
}

static const edo_static_backend_ops disk_ops = { .name = "disk",
                                                 .open = disk_open,
                                                 .free = edo_rc_unref };

int edoi_static_disk_new(edoi_static_backend *out, const char *dir,
                         const edo_file_cache_opts *opts) {
    edo_file_cache_opts o = { 0 };
    if (opts) o = *opts;
    if (o.beneath) return -EINVAL;
    if (o.check_after.ns == 0) o.check_each_time = true; // who replaces a file sees the new one
    o.beneath = dir;
    edo_file_cache *cache;
    int err = edo_file_cache_new(&cache, &o);
    if (err < 0) return err;
    size_t n = dir ? strlen(dir) : 0;
    disk *d = edo_rc_new(sizeof *d + n + 1, disk_deinit);
    if (!d) {
        edo_file_cache_unref(cache);
        return -ENOMEM;
    }
    d->cache = cache;
    d->has_dir = dir != NULL;
    if (n > 0) memcpy(d->dir, dir, n);
    d->dir[n] = 0;
    *out = (edoi_static_backend){ .ops = &disk_ops, .self = d };
    return 0;
}
