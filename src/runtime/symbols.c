/* SPDX-License-Identifier: MIT */
/* runtime/symbols.c: see symbols.h. Nothing in the file is trusted: all places are checked against its
 * length. */
#include "runtime/symbols.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct image {
    const char *at;
    size_t bytes;
} image;

static bool image_map(image *i, const char *path) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    void *at = MAP_FAILED;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
        i->bytes = (size_t)st.st_size;
        at = mmap(NULL, i->bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    (void)close(fd);
    i->at = at == MAP_FAILED ? NULL : at;
    return i->at != NULL;
}

/* `n` objects of `bytes` at `offset`, NULL if they are not all in the file, or not aligned. */
static const void *image_part(const image *i, uint64_t offset, uint64_t n, size_t bytes) {
    if (offset > i->bytes || n > (i->bytes - offset) / bytes || offset % 4 != 0) return NULL;
    return i->at + offset;
}

static void note(edoi_symbol *out, const image *i, const ElfW(Shdr) * names, const ElfW(Sym) * sym,
                 uintptr_t at) {
    uint64_t from = names->sh_offset + sym->st_name;
    if (sym->st_name >= names->sh_size || from >= i->bytes) return;
    size_t most = i->bytes - from;
    if (most > sizeof out->name - 1) most = sizeof out->name - 1;
    size_t n = strnlen(i->at + from, most);
    for (size_t k = 0; k < n; k++) out->name[k] = i->at[from + k];
    out->name[n] = '\0';
    out->offset = at - sym->st_value;
}

/* Looks through one table of symbols. */
static void search(edoi_symbol *out, const image *i, const ElfW(Shdr) * table,
                   const ElfW(Shdr) * names, uintptr_t at) {
    size_t n = table->sh_size / sizeof(ElfW(Sym));
    const ElfW(Sym) *sym = image_part(i, table->sh_offset, n, sizeof *sym);
    for (size_t k = 0; sym && k < n; k++, sym++) {
        bool is_function = (sym->st_info & 0xf) == STT_FUNC && sym->st_shndx != SHN_UNDEF;
        if (!is_function || at < sym->st_value || at - sym->st_value >= sym->st_size) continue;
        note(out, i, names, sym, at);
        return;
    }
}

/* Looks through all tables of the type. */
static void search_tables(edoi_symbol *out, const image *i, const ElfW(Ehdr) * head, uint32_t type,
                          uintptr_t at) {
    const ElfW(Shdr) *sections = image_part(i, head->e_shoff, head->e_shnum, sizeof(ElfW(Shdr)));
    for (uint32_t k = 0; sections && k < head->e_shnum; k++) {
        const ElfW(Shdr) *table = &sections[k];
        if (table->sh_type != type || table->sh_link >= head->e_shnum) continue;
        search(out, i, table, &sections[table->sh_link], at);
    }
}

static void search_image(edoi_symbol *out, const image *i, uintptr_t at) {
    const ElfW(Ehdr) *head = image_part(i, 0, 1, sizeof *head);
    if (!head || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0) return;
    if (head->e_shentsize != sizeof(ElfW(Shdr))) return;
    search_tables(out, i, head, SHT_SYMTAB, at);
    if (out->name[0] == '\0') search_tables(out, i, head, SHT_DYNSYM, at); // it is stripped
}

void edoi_symbol_find(edoi_symbol *out, const char *path, uintptr_t base, uintptr_t at) {
    image i;
    out->name[0] = '\0';
    out->offset = 0;
    if (!image_map(&i, path)) return;
    search_image(out, &i, at - base);
    (void)munmap((void *)(uintptr_t)i.at, i.bytes);
}
