/* SPDX-License-Identifier: MIT */
/* sim/calls/disk/names.c: names on a disk that are made, moved and removed. */
#include "sim/calls/disk/enter.h"

#include "sim/calls/calls.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

EDOI_SIM_CALLS(disk_names);

int unlinkat(int dir, const char *path, int flags) {
    char below[PATH_MAX];
    edoi_sim_disk_call c = edoi_sim_disk_enter_path(dir, path, below);
    if (!c.disk) return EDOI_SIM_NEXT(unlinkat)(dir, path, flags);
    return edoi_sim_disk_return(&c, flags & AT_REMOVEDIR ? edoi_simdisk_rmdir(c.disk, below)
                                                         : edoi_simdisk_unlink(c.disk, below));
}

int unlink(const char *path) {
    return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path) {
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int remove(const char *path) {
    struct stat is;
    bool is_folder = lstat(path, &is) == 0 && S_ISDIR(is.st_mode);
    return unlinkat(AT_FDCWD, path, is_folder ? AT_REMOVEDIR : 0);
}

int mkdirat(int dir, const char *path, mode_t mode) {
    char below[PATH_MAX];
    edoi_sim_disk_call c = edoi_sim_disk_enter_path(dir, path, below);
    if (!c.disk) return EDOI_SIM_NEXT(mkdirat)(dir, path, mode);
    return edoi_sim_disk_return(&c, edoi_simdisk_mkdir(c.disk, below, mode));
}

int mkdir(const char *path, mode_t mode) {
    return mkdirat(AT_FDCWD, path, mode);
}

int symlinkat(const char *text, int dir, const char *path) {
    char below[PATH_MAX];
    edoi_sim_disk_call c = edoi_sim_disk_enter_path(dir, path, below);
    if (!c.disk) return EDOI_SIM_NEXT(symlinkat)(text, dir, path);
    return edoi_sim_disk_return(&c, edoi_simdisk_symlink(c.disk, text, below));
}

int symlink(const char *text, const char *path) {
    return symlinkat(text, AT_FDCWD, path);
}

/* What comes from elsewhere, and what goes there, is on another disk. */
int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags) {
    char old[PATH_MAX], new[PATH_MAX];
    edoi_sim_disk_call c = edoi_sim_disk_enter();
    if (!c.disk) return EDOI_SIM_NEXT(linkat)(from_dir, from, to_dir, to, flags);
    if (edoi_simdisk_has(c.disk, to_dir, to, new))
        return edoi_sim_disk_return(&c, edoi_simdisk_link(c.disk, from_dir, from, new, flags));
    if (edoi_simdisk_has(c.disk, from_dir, from, old)) return edoi_sim_disk_return(&c, -EXDEV);
    edoi_sim_disk_leave(&c);
    return EDOI_SIM_NEXT(linkat)(from_dir, from, to_dir, to, flags);
}

int link(const char *from, const char *to) {
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    char old[PATH_MAX], new[PATH_MAX];
    edoi_sim_disk_call c = edoi_sim_disk_enter();
    if (!c.disk) return EDOI_SIM_NEXT(renameat2)(from_dir, from, to_dir, to, flags);
    bool has_old = edoi_simdisk_has(c.disk, from_dir, from, old);
    bool has_new = edoi_simdisk_has(c.disk, to_dir, to, new);
    if (has_old && has_new)
        return edoi_sim_disk_return(&c, edoi_simdisk_rename(c.disk, old, new, flags));
    if (has_old || has_new) return edoi_sim_disk_return(&c, -EXDEV);
    edoi_sim_disk_leave(&c);
    return EDOI_SIM_NEXT(renameat2)(from_dir, from, to_dir, to, flags);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    return renameat2(from_dir, from, to_dir, to, 0);
}

int rename(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}
