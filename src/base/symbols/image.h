/* SPDX-License-Identifier: MIT */
/* base/symbols/image.h: an ELF file, mapped for reading: for the names and lines of a report.
 * Nothing in the file is trusted: all offsets are checked against its length. */
#ifndef EDOI_BASE_SYMBOLS_IMAGE_H
#define EDOI_BASE_SYMBOLS_IMAGE_H

#include <edo/base.h>

#include <link.h>

typedef struct edoi_image {
    const char *at;
    size_t bytes;
} edoi_image;

/* A part of a file. */
typedef struct edoi_section {
    const char *at; /* NULL: there is none */
    size_t bytes;
} edoi_section;

/* Maps the ELF file `path`; false: it is unreadable or not an ELF file. */
EDO_MUST_USE bool edoi_image_map(edoi_image *i, const char *path);
void edoi_image_unmap(const edoi_image *i);

/* The section headers, `*n` of them; NULL: none. */
const ElfW(Shdr) * edoi_image_sections(const edoi_image *i, uint32_t *n);

/* The section of a header, as objects of `bytes` bytes; none if it is not completely in the file,
 * not aligned to 4 (objects of one byte may lie anywhere), or compressed. */
edoi_section edoi_image_section(const edoi_image *i, const ElfW(Shdr) * header, size_t bytes);

/* The section with that name; none if it is empty or compressed. */
edoi_section edoi_image_find(const edoi_image *i, const char *name);

#endif
