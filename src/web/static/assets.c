/* SPDX-License-Identifier: MIT */
/* web/static/assets.c: files that are a part of the program. There are a few dozen, so names are
 * looked up in a sorted list. */
#include "base/text/sha1.h"
#include "web/static/backend.h"

#include <errno.h>
#include <stdlib.h>

#define TAG_DIGEST_BYTES 16 /* of a digest: 128 bits tell versions apart */

typedef struct sorted_asset {
    const edo_asset *asset;
    edo_str name;
    char tag[2 * TAG_DIGEST_BYTES + 1];
} sorted_asset;

typedef struct assets {
    size_t n;
    sorted_asset sorted[]; /* by name */
} assets;

static int assets_compare_names(edo_str a, edo_str b) {
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n > 0 ? memcmp(a.ptr, b.ptr, n) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int assets_compare(const void *a, const void *b) {
    return assets_compare_names(((const sorted_asset *)a)->name, ((const sorted_asset *)b)->name);
}

static const sorted_asset *assets_find(const assets *s, edo_str name) {
    size_t low = 0, high = s->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = assets_compare_names(name, s->sorted[middle].name);
        if (order == 0) return &s->sorted[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* Is there an asset in the directory `name`? */
static bool is_directory(const assets *s, edo_str name) {
    for (size_t i = 0; i < s->n; i++) {
        edo_str n = s->sorted[i].name;
        if (n.len > name.len && n.ptr[name.len] == '/' && memcmp(n.ptr, name.ptr, name.len) == 0)
            return true;
    }
    return false;
}

static int assets_open(void *self, edo_static_file *out, const char *path) {
    edo_str name = edo_str_of(path);
    const sorted_asset *e = assets_find(self, name);
    if (!e) return is_directory(self, name) ? -EISDIR : -ENOENT;
    out->bytes = edo_bytes_from_static(e->asset->bytes);
    out->modified_s = -1;
    if (e->asset->type) out->type = edo_str_of(e->asset->type);
    memcpy(out->tag, e->tag, sizeof e->tag);
    return 0;
}

static const edo_static_backend_ops assets_ops = { .name = "assets",
                                                   .open = assets_open,
                                                   .free = edo_rc_unref };

static void sorted_asset_fill_in(sorted_asset *e, const edo_asset *asset) {
    unsigned char digest[EDOI_SHA1_BYTES];
    *e = (sorted_asset){ .asset = asset, .name = edo_str_of(asset->name) };
    edoi_sha1(digest, asset->bytes);
    (void)edo_hex_encode(e->tag, (edo_str){ (const char *)digest, TAG_DIGEST_BYTES });
}

int edoi_static_assets_new(edoi_static_backend *out, const edo_asset *list, size_t n) {
    if (n > (SIZE_MAX - sizeof(assets)) / sizeof(sorted_asset)) return -ENOMEM;
    assets *s = edo_rc_new(sizeof *s + n * sizeof(sorted_asset), NULL);
    if (!s) return -ENOMEM;
    s->n = n;
    for (size_t i = 0; i < n; i++) sorted_asset_fill_in(&s->sorted[i], &list[i]);
    if (n > 0) qsort(s->sorted, n, sizeof(sorted_asset), assets_compare);
    *out = (edoi_static_backend){ .ops = &assets_ops, .self = s };
    return 0;
}
