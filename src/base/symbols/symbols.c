/* SPDX-License-Identifier: MIT */
/* base/symbols/symbols.c: see symbols.h. */
#include "base/symbols/symbols.h"

#include <elf.h>
#include <string.h>

/* C++ mangles a function outside classes and namespaces as _Z, or _ZL if static, then the length of
 * its name, the name, and types. Moves `*name`, of `n` bytes, to the plain name and returns its
 * length. */
static size_t plain_name(const char **name, size_t n) {
    size_t at = n > 2 && memcmp(*name, "_Z", 2) == 0 ? 2 : n, plain_n = 0;
    if (at < n && (*name)[at] == 'L') at++;
    while (at < n && (*name)[at] >= '0' && (*name)[at] <= '9' && plain_n < n)
        plain_n = plain_n * 10 + (size_t)((*name)[at++] - '0');
    if (plain_n == 0 || plain_n > n - at) return n;
    *name += at;
    return plain_n;
}

static void note(edoi_symbol *out, const edoi_section *names, const ElfW(Sym) * sym, uintptr_t at) {
    if (sym->st_name >= names->bytes) return;
    const char *name = names->at + sym->st_name;
    size_t n = plain_name(&name, strnlen(name, names->bytes - sym->st_name));
    if (n > sizeof out->name - 1) n = sizeof out->name - 1;
    memcpy(out->name, name, n);
    out->name[n] = '\0';
    out->offset = at - sym->st_value;
}

/* Searches one symbol table. */
static void search(edoi_symbol *out, const edoi_section *table, const edoi_section *names,
                   uintptr_t at) {
    const ElfW(Sym) *sym = (const ElfW(Sym) *)(const void *)table->at;
    for (size_t n = table->bytes / sizeof *sym; sym && names->at && n > 0; n--, sym++) {
        bool is_function = (sym->st_info & 0xf) == STT_FUNC && sym->st_shndx != SHN_UNDEF;
        if (!is_function || at < sym->st_value || at - sym->st_value >= sym->st_size) continue;
        note(out, names, sym, at);
        return;
    }
}

/* Searches all tables of a type. */
static void search_tables(edoi_symbol *out, const edoi_image *i, uint32_t type, uintptr_t at) {
    uint32_t n;
    const ElfW(Shdr) *sections = edoi_image_sections(i, &n);
    for (uint32_t k = 0; sections && k < n; k++) {
        if (sections[k].sh_type != type || sections[k].sh_link >= n) continue;
        edoi_section table = edoi_image_section(i, &sections[k], sizeof(ElfW(Sym)));
        edoi_section names = edoi_image_section(i, &sections[sections[k].sh_link], 1);
        search(out, &table, &names, at);
    }
}

void edoi_symbol_find(edoi_symbol *out, const edoi_image *i, uintptr_t at) {
    out->name[0] = '\0';
    out->offset = 0;
    search_tables(out, i, SHT_SYMTAB, at);
    if (out->name[0] == '\0') search_tables(out, i, SHT_DYNSYM, at); // the file is stripped
}
