/* SPDX-License-Identifier: MIT */
/* base/symbols/lines.c: see lines.h. Spec: DWARF 5, 6.2 "Line Number Information".
 *
 * The table is a list of units, each a header with names of directories and files, and a program
 * for a machine with the registers address, file and line, which produces rows; a row is valid up
 * to the address of the next. All units are run until one contains the address: that takes some
 * milliseconds, and is done only for the report of a fault. */
#include "base/symbols/lines.h"

#include <string.h>

/* Opcodes, and the forms in which version 5 stores names. */
enum { COPY = 1, ADVANCE_PC, ADVANCE_LINE, SET_FILE, CONST_ADD_PC = 8, FIXED_ADVANCE_PC };
enum { END_SEQUENCE = 1, SET_ADDRESS };
enum { CONTENT_PATH = 1, CONTENT_DIRECTORY };
enum {
    FORM_DATA2 = 0x05,
    FORM_DATA4 = 0x06,
    FORM_DATA8 = 0x07,
    FORM_STRING = 0x08,
    FORM_BLOCK = 0x09,
    FORM_DATA1 = 0x0b,
    FORM_STRP = 0x0e,
    FORM_UDATA = 0x0f,
    FORM_DATA16 = 0x1e,
    FORM_LINE_STRP = 0x1f,
};

#define FORMATS_MAX 8u /* of an entry in version 5; compilers write two or three */

/* ---- Reading --------------------------------------------------------------------------------- */

/* The remaining input; at its end all reads give 0, and `over` is set. */
typedef struct reader {
    const char *at, *end;
    bool over;
} reader;

static bool has(reader *r, uint64_t bytes) {
    if (!r->over && bytes <= (uint64_t)(r->end - r->at)) return true;
    r->at = r->end;
    r->over = true;
    return false;
}

static uint64_t read_int(reader *r, size_t bytes) {
    uint64_t value = 0;
    if (!has(r, bytes)) return 0;
    memcpy(&value, r->at, bytes); // little-endian, like all supported machines
    r->at += bytes;
    return value;
}

static uint64_t read_uleb(reader *r) {
    uint64_t value = 0;
    for (uint32_t shift = 0;; shift += 7) {
        uint64_t byte = read_int(r, 1);
        if (shift < 64) value |= (byte & 0x7f) << shift;
        if (!(byte & 0x80)) return value;
    }
}

static int64_t read_sleb(reader *r) {
    uint64_t value = 0, byte;
    uint32_t shift = 0;
    do {
        byte = read_int(r, 1);
        if (shift < 64) value |= (byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (shift < 64 && (byte & 0x40)) value |= ~UINT64_C(0) << shift;
    return (int64_t)value;
}

static const char *read_text(reader *r) {
    const char *end = r->over ? NULL : memchr(r->at, '\0', (size_t)(r->end - r->at));
    const char *text = r->at;
    if (!end) return has(r, UINT64_MAX) ? text : "";
    r->at = end + 1;
    return text;
}

static void skip(reader *r, uint64_t bytes) {
    if (has(r, bytes)) r->at += bytes;
}

/* ---- A unit's names -------------------------------------------------------------------------- */

typedef struct unit {
    const edoi_section *line_texts, *texts; /* .debug_line_str and .debug_str */
    uint32_t version;
    size_t offset_bytes; /* 4 or 8 */
    uint32_t step, line_range, opcode_base;
    int32_t line_base;
    reader operands; /* the operand count of each standard opcode */
    reader names;    /* directories and files */
    reader program;
} unit;

/* A directory, or a file in one. */
typedef struct entry {
    const char *path;
    uint64_t directory;
} entry;

static const char *text_at(const edoi_section *texts, uint64_t offset) {
    reader r = { texts->at, texts->at + texts->bytes, !texts->at };
    skip(&r, offset);
    return read_text(&r);
}

/* Reads one field of an entry: a text or a number. */
static void read_form(reader *r, const unit *u, uint64_t form, const char **text, uint64_t *n) {
    *text = "";
    *n = 0;
    switch (form) {
    case FORM_STRING: *text = read_text(r); break;
    case FORM_LINE_STRP: *text = text_at(u->line_texts, read_int(r, u->offset_bytes)); break;
    case FORM_STRP: *text = text_at(u->texts, read_int(r, u->offset_bytes)); break;
    case FORM_UDATA: *n = read_uleb(r); break;
    case FORM_DATA1: *n = read_int(r, 1); break;
    case FORM_DATA2: *n = read_int(r, 2); break;
    case FORM_DATA4: *n = read_int(r, 4); break;
    case FORM_DATA8: *n = read_int(r, 8); break;
    case FORM_DATA16: skip(r, 16); break;
    case FORM_BLOCK: skip(r, read_uleb(r)); break;
    default: skip(r, UINT64_MAX); // unknown form, hence unknown length
    }
}

/* A list of entries in version 5, preceded by their format. Stops before entry `index`. */
static uint64_t seek_entries(reader *r, const unit *u, uint64_t index, entry *out) {
    uint64_t types[FORMATS_MAX] = { 0 }, forms[FORMATS_MAX] = { 0 };
    uint64_t formats_n = read_int(r, 1);
    if (formats_n > FORMATS_MAX) skip(r, UINT64_MAX);
    for (uint64_t k = 0; k < formats_n && !r->over; k++) {
        types[k] = read_uleb(r);
        forms[k] = read_uleb(r);
    }
    uint64_t n = formats_n > 0 ? read_uleb(r) : 0; // without a format any number would be possible
    for (uint64_t i = 0; i < n && i <= index && !r->over; i++) {
        *out = (entry){ "", 0 };
        for (uint64_t k = 0; k < formats_n; k++) {
            const char *text;
            uint64_t number;
            read_form(r, u, forms[k], &text, &number);
            if (types[k] == CONTENT_PATH) out->path = text;
            if (types[k] == CONTENT_DIRECTORY) out->directory = number;
        }
    }
    return n;
}

/* As seek_entries() for the lists of older versions, which count from 1 and end with an empty
 * text. */
static uint64_t seek_old_entries(reader *r, bool files, uint64_t index, entry *out) {
    for (uint64_t i = 1; !r->over; i++) {
        const char *path = read_text(r);
        if (*path == '\0') return i;
        *out = (entry){ path, files ? read_uleb(r) : 0 };
        if (files) (void)read_uleb(r); // its time and length
        if (files) (void)read_uleb(r);
        if (i == index) return i + 1;
    }
    return 0;
}

static const char *directory_at(const unit *u, uint64_t index) {
    reader r = u->names;
    entry found = { "", 0 };
    if (u->version < 5 && index == 0) return ""; // the compiler's own, not stored here
    uint64_t n = u->version < 5 ? seek_old_entries(&r, false, index, &found)
                                : seek_entries(&r, u, index, &found);
    return index < n ? found.path : "";
}

/* False: there is no file with that number. */
static bool file_at(const unit *u, uint64_t index, entry *out) {
    reader r = u->names;
    entry passed;
    uint64_t first = u->version < 5 ? 1 : 0, n;
    *out = (entry){ "", 0 };
    if (u->version < 5) {
        (void)seek_old_entries(&r, false, UINT64_MAX, &passed);
        n = seek_old_entries(&r, true, index, out);
    } else {
        (void)seek_entries(&r, u, UINT64_MAX, &passed);
        n = seek_entries(&r, u, index, out);
    }
    return !r.over && index >= first && index < n;
}

/* ---- Running --------------------------------------------------------------------------------- */

typedef struct row {
    uint64_t address, file, line;
} row;

/* The machine, and the search. */
typedef struct machine {
    unit *u;
    row now, last; /* the registers; the row before, or if that has no line the last with one */
    bool began;    /* `last` is a row of this sequence */
    bool is_live;  /* the sequence has an address: otherwise the linker removed it */
    uint64_t wanted;
} machine;

/* Produces a row; true: `last` is the wanted row. */
static bool make_row(machine *m, bool ends) {
    bool found =
        m->began && m->is_live && m->wanted >= m->last.address && m->wanted < m->now.address;
    if (found) return true;
    if (m->began && m->now.line == 0) {
        m->last.address = m->now.address;
    } else {
        m->last = m->now;
    }
    m->began = !ends;
    if (ends) m->now = (row){ 0, 1, 1 };
    return false;
}

static void advance(machine *m, uint64_t operations) {
    m->now.address += operations * m->u->step;
}

/* An opcode of more than one byte; true: found. */
static bool run_extended(machine *m, reader *r) {
    uint64_t bytes = read_uleb(r);
    if (!has(r, bytes) || bytes == 0) return false;
    reader operands = { r->at, r->at + bytes, false };
    r->at += bytes;
    switch (read_int(&operands, 1)) {
    case END_SEQUENCE: return make_row(m, true);
    case SET_ADDRESS:
        m->now.address = read_int(&operands, bytes - 1 < 8 ? (size_t)bytes - 1 : 8);
        m->is_live = m->now.address != 0;
        return false;
    default: return false;
    }
}

static bool run_special(machine *m, uint64_t opcode) {
    uint64_t adjusted = opcode - m->u->opcode_base;
    advance(m, adjusted / m->u->line_range);
    m->now.line += (uint64_t)((int64_t)(adjusted % m->u->line_range) + m->u->line_base);
    return make_row(m, false);
}

static void run_standard(machine *m, reader *r, uint64_t opcode) {
    reader counts = m->u->operands;
    switch (opcode) {
    case ADVANCE_PC: advance(m, read_uleb(r)); break;
    case ADVANCE_LINE: m->now.line += (uint64_t)read_sleb(r); break;
    case SET_FILE: m->now.file = read_uleb(r); break;
    case CONST_ADD_PC: advance(m, (255 - m->u->opcode_base) / m->u->line_range); break;
    case FIXED_ADVANCE_PC: m->now.address += read_int(r, 2); break;
    default: // unused here, or of a later version
        skip(&counts, opcode - 1);
        for (uint64_t n = read_int(&counts, 1); n > 0 && !r->over; n--) (void)read_uleb(r);
    }
}

/* Runs the unit; true: `last` is the wanted row. */
static bool run(machine *m) {
    reader r = m->u->program;
    m->now = (row){ 0, 1, 1 };
    while (!r.over && r.at < r.end) {
        uint64_t opcode = read_int(&r, 1);
        bool found = false;
        if (opcode >= m->u->opcode_base) {
            found = run_special(m, opcode);
        } else if (opcode == 0) {
            found = run_extended(m, &r);
        } else if (opcode == COPY) {
            found = make_row(m, false);
        } else {
            run_standard(m, &r, opcode);
        }
        if (found) return true;
    }
    return false;
}

/* ---- Units ----------------------------------------------------------------------------------- */

/* Takes the next unit off `all`; false: it is unreadable. */
static bool unit_read(unit *u, reader *all) {
    uint64_t bytes = read_int(all, 4);
    u->offset_bytes = bytes == UINT32_MAX ? 8 : 4;
    if (u->offset_bytes == 8) bytes = read_int(all, 8);
    if (!has(all, bytes)) return false;
    reader r = { all->at, all->at + bytes, false };
    all->at += bytes;
    u->version = (uint32_t)read_int(&r, 2);
    if (u->version < 2 || u->version > 5) return false;
    if (u->version == 5) skip(&r, 2); // sizes of an address and of a segment
    uint64_t header_bytes = read_int(&r, u->offset_bytes);
    if (!has(&r, header_bytes)) return false;
    u->program = (reader){ r.at + header_bytes, r.end, false };
    u->step = (uint32_t)read_int(&r, 1);
    if (u->version >= 4) skip(&r, 1);          // operations per instruction
    skip(&r, 1);                               // default is_stmt
    uint32_t base = (uint32_t)read_int(&r, 1); // signed, 8 bits
    u->line_base = (int32_t)(base ^ 0x80u) - 0x80;
    u->line_range = (uint32_t)read_int(&r, 1);
    u->opcode_base = (uint32_t)read_int(&r, 1);
    if (r.over || u->line_range == 0 || u->opcode_base == 0) return false;
    u->operands = r;
    skip(&r, u->opcode_base - 1);
    u->names = (reader){ r.at, u->program.at, r.over || r.at > u->program.at };
    return !u->names.over;
}

static size_t add(edoi_source_line *out, size_t at, const char *text) {
    size_t n = strnlen(text, sizeof out->file - 1 - at);
    memcpy(out->file + at, text, n);
    out->file[at + n] = '\0';
    return at + n;
}

static size_t add_directory(edoi_source_line *out, size_t at, const char *text) {
    return *text == '\0' ? at : add(out, add(out, at, text), "/");
}

static void tell(edoi_source_line *out, const unit *u, const row *found) {
    entry file;
    if (!file_at(u, found->file, &file)) return;
    const char *own = u->version < 5 ? "" : directory_at(u, 0);
    const char *directory = directory_at(u, file.directory);
    size_t at = 0;
    if (file.directory == 0 && u->version == 5) directory = "";
    if (*file.path != '/' && *directory != '/') at = add_directory(out, 0, own);
    out->shown = out->file + at;
    if (*file.path != '/') at = add_directory(out, at, directory);
    (void)add(out, at, file.path);
    out->line = (uint32_t)found->line;
}

void edoi_source_line_find(edoi_source_line *out, const edoi_image *i, uintptr_t at) {
    edoi_section lines = edoi_image_find(i, ".debug_line");
    edoi_section line_texts = edoi_image_find(i, ".debug_line_str");
    edoi_section texts = edoi_image_find(i, ".debug_str");
    unit u = { .line_texts = &line_texts, .texts = &texts };
    reader all = { lines.at, lines.at + lines.bytes, !lines.at };
    *out = (edoi_source_line){ .line = 0 };
    out->shown = out->file;
    while (!all.over && all.at < all.end) {
        machine m = { .u = &u, .wanted = at };
        if (!unit_read(&u, &all) || !run(&m)) continue;
        tell(out, &u, &m.last);
        return;
    }
}
