/* SPDX-License-Identifier: MIT */
/* stacks/objects.c: see objects.h. */
#include "stacks/objects.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

typedef struct object_search {
    uintptr_t at; /* 0: counts down `left` instead */
    size_t left;
    edoi_object *out; /* may be NULL */
} object_search;

static void objects_describe(edoi_object *out, const struct dl_phdr_info *info) {
    const char *path = info->dlpi_name[0] ? info->dlpi_name : "/proc/self/exe";
    size_t n = strnlen(path, sizeof out->path - 1);
    *out = (edoi_object){ .base = info->dlpi_addr, .from = UINTPTR_MAX };
    out->is_program = info->dlpi_name[0] == '\0';
    memcpy(out->path, path, n);
    out->path[n] = '\0';
    for (uint32_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + p->p_vaddr, to = from + p->p_memsz;
        if (p->p_type != PT_LOAD) continue;
        if (from < out->from) out->from = from;
        if (to > out->to) out->to = to;
    }
}

static bool contains(const struct dl_phdr_info *info, uintptr_t at) {
    for (uint32_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + p->p_vaddr;
        if (p->p_type == PT_LOAD && at >= from && at - from < p->p_memsz) return true;
    }
    return false;
}

/* Called for each loaded object; 1: it is the right one. */
static int look_into(struct dl_phdr_info *info, size_t bytes, void *arg) {
    object_search *s = arg;
    (void)bytes;
    if (s->at ? !contains(info, s->at) : s->left-- > 0) return 0;
    if (s->out) objects_describe(s->out, info);
    return 1;
}

bool edoi_object_at(edoi_object *out, uintptr_t at) {
    object_search s = { .at = at, .out = out };
    return at && dl_iterate_phdr(look_into, &s) != 0;
}

bool edoi_object_number(edoi_object *out, size_t index) {
    object_search s = { .left = index, .out = out };
    return dl_iterate_phdr(look_into, &s) != 0;
}

/* Where thread `tid` waits in the kernel; 0: it runs, or the file may not be read. */
static uintptr_t waits_at(const char *tid) {
    char path[64], text[256];
    (void)snprintf(path, sizeof path, "/proc/self/task/%.16s/syscall", tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0) (void)close(fd);
    text[n > 0 ? n : 0] = '\0';
    const char *last = strrchr(text, ' '); // the program counter is the last number
    return last ? (uintptr_t)strtoull(last, NULL, 16) : 0;
}

/* Called for each loaded object; 1: it is the one that contains both addresses. */
static int contains_both(struct dl_phdr_info *info, size_t bytes, void *arg) {
    const uintptr_t *at = arg;
    (void)bytes;
    return contains(info, at[0]) && contains(info, at[1]);
}

static bool is_in_loader(uintptr_t at) {
    uintptr_t both[] = { (uintptr_t)getauxval(AT_BASE), at };
    return dl_iterate_phdr(contains_both, both) != 0;
}

bool edoi_loader_waits(void) {
    bool does = false;
    DIR *threads = opendir("/proc/self/task");
    for (struct dirent *e = NULL; threads && !does && (e = readdir(threads));)
        does = is_in_loader(waits_at(e->d_name));
    if (threads) (void)closedir(threads);
    return does;
}

bool edoi_object_has_edo(const edoi_object *o) {
    uintptr_t here = (uintptr_t)&edoi_object_has_edo;
    return o->from <= here && here < o->to;
}

bool edoi_object_is_ours(const edoi_object *o) {
    static const char others[] = "libedo-"; // libedo-http.so.0.1
    if (o->is_program) return false;
    return edoi_object_has_edo(o) || strncmp(edoi_object_name(o), others, sizeof others - 1) == 0;
}

const char *edoi_object_name(const edoi_object *o) {
    const char *slash = strrchr(o->path, '/');
    return o->is_program ? program_invocation_short_name : slash ? slash + 1 : o->path;
}
