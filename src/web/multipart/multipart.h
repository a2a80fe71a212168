/* SPDX-License-Identifier: MIT */
/* web/multipart/multipart.h: the state of a multipart body that is being read.
 *
 *     … data CR LF "--" boundary blanks CR LF head CR LF CR LF data CR LF "--" boundary "--" …
 *           └── delimiter ─────┘
 *
 * inv. 1: buf[begin, end) was read and not yet used; its `safe` first bytes are data of the field
 *         (or of the preamble). `at_delimiter`: a whole delimiter follows them.
 * inv. 2: `failure` is 0, or what all calls return. */
#ifndef EDOI_WEB_MULTIPART_MULTIPART_H
#define EDOI_WEB_MULTIPART_MULTIPART_H

#include <edo/multipart.h>

#define EDOI_MULTIPART_WINDOW 16384u

typedef enum edoi_multipart_stage {
    EDOI_MULTIPART_DATA, /* of a field, or of the preamble */
    EDOI_MULTIPART_HEAD, /* behind the line of a delimiter */
    EDOI_MULTIPART_OVER, /* the last delimiter was read */
} edoi_multipart_stage;

/* One task reads it: the one that has made it, or was handed it. */
struct edo_multipart {
    edo_stream *in;          /* borrowed */
    edo_multipart_opts opts; /* with defaults filled in */
    edo_web *web;            /* the request of a form, which refuses what is wrong; NULL: no form of
                                a request */
    int failure;
    edoi_multipart_stage stage;
    size_t begin, end; /* of `buf` */
    size_t safe;       /* bytes from `begin` on */
    bool at_delimiter;
    bool is_over;     /* the stream has ended */
    uint64_t read_n;  /* bytes of the stream so far */
    uint64_t field_n; /* bytes of the field so far, with those of `safe` */
    uint32_t fields_n;
    bool has_headers;
    edo_headers headers;          /* of the field; its texts are in `head` */
    edo_arena arena;              /* has the texts of edo_multipart_bytes() */
    edo_buf head, name, filename; /* of the field */
    edo_multipart_field field;
    size_t delimiter_n;
    char delimiter[4 + EDO_MULTIPART_BOUNDARY_MAX];
    char buf[EDOI_MULTIPART_WINDOW];
};

/* Keeps a failure of the body, and refuses the request. Returns `err`. */
int edoi_multipart_fail(edo_multipart *m, int err);

/* Reads more input, for which there is room. Returns 0 or a negative code, -EDO_EEOF at the end. */
int edoi_multipart_fill(edo_multipart *m);

/* Reads until some data are safe, or the field ends. Returns 1, 0 at the end of the field, or a
 * negative code. */
int edoi_multipart_look(edo_multipart *m);

/* Takes `n` of the safe bytes off. */
void edoi_multipart_use(edo_multipart *m, size_t n);

/* Reads the head of the next field into `m`. Returns 0 or a negative code. */
int edoi_multipart_read_head(edo_multipart *m);

#endif
