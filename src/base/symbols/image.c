/* SPDX-License-Identifier: MIT */
/* base/symbols/image.c: see image.h. */
#include "base/symbols/image.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const ElfW(Ehdr) * head_of(const edoi_image *i) {
    const ElfW(Ehdr) *head = (const ElfW(Ehdr) *)(const void *)i->at;
    if (i->bytes < sizeof *head || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0) return NULL;
    return head->e_shentsize == sizeof(ElfW(Shdr)) ? head : NULL;
}

bool edoi_image_map(edoi_image *i, const char *path) {
    struct stat st;
    *i = (edoi_image){ NULL, 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    void *at = MAP_FAILED;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        i->bytes = (size_t)st.st_size;
        at = mmap(NULL, i->bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    (void)close(fd);
    if (at == MAP_FAILED) return false;
    i->at = at;
    if (head_of(i)) return true;
    edoi_image_unmap(i);
    return false;
}

void edoi_image_unmap(const edoi_image *i) {
    (void)munmap((void *)(uintptr_t)i->at, i->bytes);
}

/* `n` objects of `bytes` bytes at `offset`; NULL if they are not completely in the file, or not
 * aligned. */
static const void *part(const edoi_image *i, uint64_t offset, uint64_t n, size_t bytes) {
    if (offset > i->bytes || n > (i->bytes - offset) / bytes) return NULL;
    if (bytes > 1 && offset % 4 != 0) return NULL;
    return i->at + offset;
}

const ElfW(Shdr) * edoi_image_sections(const edoi_image *i, uint32_t *n) {
    const ElfW(Ehdr) *head = head_of(i);
    *n = head->e_shnum;
    return part(i, head->e_shoff, *n, sizeof(ElfW(Shdr)));
}

edoi_section edoi_image_section(const edoi_image *i, const ElfW(Shdr) * header, size_t bytes) {
    edoi_section none = { NULL, 0 };
    if (header->sh_type == SHT_NOBITS || (header->sh_flags & SHF_COMPRESSED)) return none;
    const char *at = part(i, header->sh_offset, header->sh_size / bytes, bytes);
    return at ? (edoi_section){ at, header->sh_size } : none;
}

edoi_section edoi_image_find(const edoi_image *i, const char *name) {
    uint32_t n, names_at = head_of(i)->e_shstrndx;
    const ElfW(Shdr) *sections = edoi_image_sections(i, &n);
    edoi_section none = { NULL, 0 };
    if (!sections || names_at >= n) return none;
    edoi_section names = edoi_image_section(i, &sections[names_at], 1);
    size_t bytes = strlen(name) + 1;
    for (uint32_t k = 0; names.at && k < n; k++) {
        size_t from = sections[k].sh_name;
        if (from > names.bytes || names.bytes - from < bytes) continue;
        if (memcmp(names.at + from, name, bytes) == 0)
            return edoi_image_section(i, &sections[k], 1);
    }
    return none;
}
