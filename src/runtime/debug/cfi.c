/* SPDX-License-Identifier: MIT */
/* runtime/debug/cfi.c: see cfi.h. Table formats: Linux Standard Base, chapters .eh_frame and
 * .eh_frame_hdr, with the instructions of DWARF 4, 6.4.2. Forms that compilers do not use for
 * ordinary functions are not supported: such a frame is unknown, and a walk ends there.
 *
 * inv. 1: tables are read only while dl_iterate_phdr() keeps their library loaded, and only inside
 *         their own segment. */
#include "runtime/debug/cfi.h"

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

#if defined(__x86_64__)
#    define REGISTER_FP     6u
#    define REGISTER_SP     7u
#    define REGISTER_RETURN 16u
#elif defined(__aarch64__)
#    define REGISTER_FP     29u
#    define REGISTER_SP     31u
#    define REGISTER_RETURN 30u
#else // unsupported
#    define REGISTER_FP     UINT32_MAX
#    define REGISTER_SP     UINT32_MAX
#    define REGISTER_RETURN UINT32_MAX
#endif

#define ENCODED_ABSOLUTE   0x00u
#define ENCODED_UDATA2     0x02u
#define ENCODED_UDATA4     0x03u
#define ENCODED_UDATA8     0x04u
#define ENCODED_SDATA2     0x0au
#define ENCODED_SDATA4     0x0bu
#define ENCODED_SDATA8     0x0cu
#define ENCODED_FROM_HERE  0x10u
#define ENCODED_FROM_TABLE 0x30u

#define REMEMBERED_MAX 8u

/* ---- Reading --------------------------------------------------------------------------------- */

/* A range of a table. Reads beyond its end give 0 and set is_bad. */
typedef struct cfi_reader {
    const uint8_t *at, *end;
    bool is_bad;
} cfi_reader;

static void take(cfi_reader *r, void *to, size_t bytes) {
    if ((size_t)(r->end - r->at) < bytes) {
        memset(to, 0, bytes);
        r->at = r->end;
        r->is_bad = true;
        return;
    }
    memcpy(to, r->at, bytes);
    r->at += bytes;
}

static uint8_t take_u8(cfi_reader *r) {
    uint8_t n;
    take(r, &n, sizeof n);
    return n;
}

static uint16_t take_u16(cfi_reader *r) {
    uint16_t n;
    take(r, &n, sizeof n);
    return n;
}

static uint32_t take_u32(cfi_reader *r) {
    uint32_t n;
    take(r, &n, sizeof n);
    return n;
}

static uint64_t take_u64(cfi_reader *r) {
    uint64_t n;
    take(r, &n, sizeof n);
    return n;
}

/* A number of seven bits a byte, the lowest first. */
static uint64_t take_leb(cfi_reader *r, bool is_signed) {
    uint64_t n = 0;
    uint8_t byte = 0x80;
    uint32_t shift = 0;
    for (; byte & 0x80; shift += 7) {
        byte = take_u8(r);
        if (shift < 64) n |= (uint64_t)(byte & 0x7f) << shift;
    }
    if (is_signed && (byte & 0x40) && shift < 64) n |= UINT64_MAX << shift;
    return n;
}

static uint64_t take_uleb(cfi_reader *r) {
    return take_leb(r, false);
}

static int64_t take_sleb(cfi_reader *r) {
    return (int64_t)take_leb(r, true);
}

static void skip(cfi_reader *r, uint64_t bytes) {
    if (bytes > (uint64_t)(r->end - r->at)) {
        r->is_bad = true;
        bytes = (uint64_t)(r->end - r->at);
    }
    r->at += bytes;
}

/* Reads a number in the format of the lower four bits of `encoding`. */
static uint64_t take_number(cfi_reader *r, uint8_t encoding) {
    switch (encoding & 0x0f) {
    case ENCODED_ABSOLUTE:
    case ENCODED_UDATA8:
    case ENCODED_SDATA8: return take_u64(r);
    case ENCODED_UDATA4: return take_u32(r);
    case ENCODED_SDATA4: return (uint64_t)(int64_t)(int32_t)take_u32(r);
    case ENCODED_UDATA2: return take_u16(r);
    case ENCODED_SDATA2: return (uint64_t)(int64_t)(int16_t)take_u16(r);
    default: r->is_bad = true; return 0;
    }
}

/* Reads an address, stored as such or relative to its own position. */
static uintptr_t take_address(cfi_reader *r, uint8_t encoding) {
    uintptr_t here = (uintptr_t)r->at;
    uintptr_t n = (uintptr_t)take_number(r, encoding);
    if ((encoding & 0xf0) == ENCODED_FROM_HERE) return here + n;
    if ((encoding & 0xf0) != 0) r->is_bad = true;
    return n;
}

/* ---- One function's table -------------------------------------------------------------------- */

/* A common entry (CIE), shared by the functions of one compilation. */
typedef struct common {
    cfi_reader program; /* instructions for all functions */
    uint64_t code_step;
    int64_t data_step;
    uint64_t return_register;
    uint8_t encoding; /* of addresses */
    bool has_augmentation;
    bool is_signal;
} common;

/* The entry that begins at `at`; its first four bytes are the length of the rest. */
static cfi_reader open_entry(const uint8_t *at, const uint8_t *end) {
    cfi_reader r = { at, end, false };
    uint32_t bytes = take_u32(&r);
    if (bytes == 0 || bytes == UINT32_MAX || bytes > (size_t)(r.end - r.at)) r.is_bad = true;
    if (!r.is_bad) r.end = r.at + bytes;
    return r;
}

static void read_augmentation(cfi_reader *r, common *c, const char *letters) {
    uint64_t bytes = take_uleb(r);
    cfi_reader data = *r;
    skip(r, bytes);
    data.end = r->at;
    c->has_augmentation = true;
    for (; *letters; letters++) {
        if (*letters == 'R') c->encoding = take_u8(&data);
        if (*letters == 'L') (void)take_u8(&data);
        if (*letters == 'P') {
            uint8_t encoding = take_u8(&data);
            (void)take_number(&data, encoding);
        }
        if (*letters == 'S') c->is_signal = true;
    }
    if (data.is_bad) r->is_bad = true;
}

static bool read_common(common *c, cfi_reader r) {
    *c = (common){ .encoding = ENCODED_ABSOLUTE };
    if (take_u32(&r) != 0) return false; // otherwise it is a function's entry
    uint8_t version = take_u8(&r);
    const char *letters = (const char *)r.at;
    while (take_u8(&r) != 0) continue;
    if (r.is_bad || (version != 1 && version != 3)) return false;
    if (letters[0] != '\0' && letters[0] != 'z') return false;
    c->code_step = take_uleb(&r);
    c->data_step = take_sleb(&r);
    c->return_register = version == 1 ? take_u8(&r) : take_uleb(&r);
    if (letters[0] == 'z') read_augmentation(&r, c, letters + 1);
    c->program = r;
    return !r.is_bad;
}

/* ---- Its instructions ------------------------------------------------------------------------ */

/* A run of the instructions up to the wanted code position. */
typedef struct run {
    const common *common;
    edoi_cfi_frame frame;
    edoi_cfi_frame first; /* as the common instructions leave it */
    edoi_cfi_frame remembered[REMEMBERED_MAX];
    uint32_t remembered_n;
    uintptr_t at, pc;
} run;

static uint32_t index_of(const run *x, uint64_t number) {
    if (number == REGISTER_SP) return EDOI_CFI_SP;
    if (number == REGISTER_FP) return EDOI_CFI_FP;
    return number == x->common->return_register && number == REGISTER_RETURN ? EDOI_CFI_RETURN
                                                                             : EDOI_CFI_REGISTERS;
}

static void set_rule(run *x, uint64_t number, edoi_cfi_place place, int64_t offset) {
    uint32_t i = index_of(x, number);
    if (i < EDOI_CFI_REGISTERS) x->frame.rules[i] = (edoi_cfi_rule){ place, offset };
}

static void restore_rule(run *x, uint64_t number) {
    uint32_t i = index_of(x, number);
    if (i < EDOI_CFI_REGISTERS) x->frame.rules[i] = x->first.rules[i];
}

static void set_base(run *x, uint64_t number) {
    uint32_t i = index_of(x, number);
    x->frame.base_from = i == EDOI_CFI_SP || i == EDOI_CFI_FP ? i : EDOI_CFI_REGISTERS;
}

static void remember(run *x, cfi_reader *r) {
    if (x->remembered_n == REMEMBERED_MAX) {
        r->is_bad = true;
    } else {
        x->remembered[x->remembered_n++] = x->frame;
    }
}

static void recall(run *x, cfi_reader *r) {
    if (x->remembered_n == 0) {
        r->is_bad = true;
    } else {
        x->frame = x->remembered[--x->remembered_n];
    }
}

/* Instructions that define the base, or advance to a later code position. */
static bool run_base(run *x, cfi_reader *r, uint8_t code) {
    int64_t step = x->common->data_step;
    switch (code) {
    case 0x02: x->at += take_u8(r) * x->common->code_step; return true;
    case 0x03: x->at += take_u16(r) * x->common->code_step; return true;
    case 0x04: x->at += take_u32(r) * x->common->code_step; return true;
    case 0x0c: // register, offset
        set_base(x, take_uleb(r));
        x->frame.base_offset = (int64_t)take_uleb(r);
        return true;
    case 0x0d: set_base(x, take_uleb(r)); return true;
    case 0x0e: x->frame.base_offset = (int64_t)take_uleb(r); return true;
    case 0x0f: // an expression
        skip(r, take_uleb(r));
        x->frame.base_from = EDOI_CFI_REGISTERS;
        return true;
    case 0x12:
        set_base(x, take_uleb(r));
        x->frame.base_offset = take_sleb(r) * step;
        return true;
    case 0x13: x->frame.base_offset = take_sleb(r) * step; return true;
    default: return false;
    }
}

/* Instructions that define where a register is, and the rest. */
static void run_rule(run *x, cfi_reader *r, uint8_t code) {
    int64_t step = x->common->data_step;
    uint64_t number = 0;
    bool has_register = (code >= 0x05 && code <= 0x09) || code == 0x10 || code == 0x11 ||
                        (code >= 0x14 && code <= 0x16);
    if (has_register) number = take_uleb(r);
    switch (code) {
    case 0x00:        // no operation
    case 0x2d: break; // aarch64: the return address is signed now
    case 0x05: set_rule(x, number, EDOI_CFI_AT, (int64_t)take_uleb(r) * step); break;
    case 0x06: restore_rule(x, number); break;
    case 0x07: set_rule(x, number, EDOI_CFI_UNKNOWN, 0); break;
    case 0x08: set_rule(x, number, EDOI_CFI_SAME, 0); break;
    case 0x0a: remember(x, r); break;
    case 0x0b: recall(x, r); break;
    case 0x11: set_rule(x, number, EDOI_CFI_AT, take_sleb(r) * step); break;
    case 0x09: // in another register
    case 0x14: // is the base and an offset itself
    case 0x15:
        set_rule(x, number, EDOI_CFI_UNKNOWN, 0);
        (void)take_uleb(r);
        break;
    case 0x10: // by an expression
    case 0x16:
        set_rule(x, number, EDOI_CFI_UNKNOWN, 0);
        skip(r, take_uleb(r));
        break;
    case 0x2e: (void)take_uleb(r); break; // bytes of arguments
    default: r->is_bad = true; break;
    }
}

/* Runs instructions until the next one is for code after `pc`. */
static bool run_program(run *x, cfi_reader r) {
    while (r.at < r.end && x->at <= x->pc && !r.is_bad) {
        uint8_t code = take_u8(&r);
        uint8_t low = code & 0x3f;
        switch (code & 0xc0) {
        case 0x40: x->at += low * x->common->code_step; break;
        case 0x80:
            set_rule(x, low, EDOI_CFI_AT, (int64_t)take_uleb(&r) * x->common->data_step);
            break;
        case 0xc0: restore_rule(x, low); break;
        default:
            if (!run_base(x, &r, code)) run_rule(x, &r, code);
        }
    }
    return !r.is_bad;
}

/* Reads the function entry at `at`, for the instruction `pc`. */
static bool read_function(edoi_cfi_frame *out, const uint8_t *at, const uint8_t *begin,
                          const uint8_t *end, uintptr_t pc) {
    common c;
    cfi_reader r = open_entry(at, end);
    const uint8_t *here = r.at;
    uint32_t back = take_u32(&r); // distance to the common entry
    if (r.is_bad || back == 0 || back > (size_t)(here - begin)) return false;
    cfi_reader shared = open_entry(here - back, end);
    if (shared.is_bad || !read_common(&c, shared) || c.is_signal) return false;
    uintptr_t from = take_address(&r, c.encoding);
    uintptr_t bytes = (uintptr_t)take_number(&r, c.encoding);
    if (c.has_augmentation) skip(&r, take_uleb(&r));
    if (r.is_bad || pc < from || pc - from >= bytes) return false;
    run x = { .common = &c, .at = from, .pc = UINTPTR_MAX };
    x.frame.function = from;
    x.frame.base_from = EDOI_CFI_REGISTERS;
    if (!run_program(&x, c.program)) return false;
    x.first = x.frame;
    x.at = from;
    x.pc = pc;
    if (!run_program(&x, r)) return false;
    *out = x.frame;
    return true;
}

/* ---- Which function -------------------------------------------------------------------------- */

typedef struct search {
    uintptr_t pc;
    edoi_cfi_frame *out;
    bool is_found;
} search;

/* A row of the sorted table: offsets from the table's head. */
typedef struct cfi_row {
    int32_t function, entry;
} cfi_row;

/* The entry of the last function that begins at or before `pc`; NULL: none, or an unsupported
 * table. */
static const uint8_t *entry_of(const uint8_t *head, const uint8_t *end, uintptr_t pc) {
    cfi_reader r = { head, end, false };
    uint8_t version = take_u8(&r), table_at = take_u8(&r), count = take_u8(&r), form = take_u8(&r);
    (void)take_number(&r, table_at);
    uint64_t n = take_number(&r, count);
    bool is_usual = version == 1 && form == (ENCODED_FROM_TABLE | ENCODED_SDATA4);
    if (r.is_bad || !is_usual || n == 0 || n > (size_t)(end - r.at) / sizeof(cfi_row)) return NULL;
    uint64_t low = 0, high = n; // the row is in [low, high)
    cfi_row at;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        memcpy(&at, r.at + middle * sizeof at, sizeof at);
        if ((uintptr_t)head + (uintptr_t)(intptr_t)at.function <= pc) {
            low = middle;
        } else {
            high = middle;
        }
    }
    memcpy(&at, r.at + low * sizeof at, sizeof at);
    return (const uint8_t *)((uintptr_t)head + (uintptr_t)(intptr_t)at.entry);
}

/* The segment of the object that contains `at`; NULL: none. */
static const ElfW(Phdr) * segment_of(const struct dl_phdr_info *object, uintptr_t at) {
    for (uint32_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &object->dlpi_phdr[i];
        uintptr_t from = object->dlpi_addr + p->p_vaddr;
        if (p->p_type == PT_LOAD && at >= from && at - from < p->p_memsz) return p;
    }
    return NULL;
}

/* Called for each loaded object; a result other than 0 ends the search. */
static int look_into(struct dl_phdr_info *object, size_t bytes, void *arg) {
    search *s = arg;
    (void)bytes;
    if (!segment_of(object, s->pc)) return 0;
    for (uint32_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &object->dlpi_phdr[i];
        if (p->p_type != PT_GNU_EH_FRAME) continue;
        const uint8_t *head = (const uint8_t *)(object->dlpi_addr + p->p_vaddr);
        const uint8_t *entry = entry_of(head, head + p->p_memsz, s->pc);
        const ElfW(Phdr) *segment = entry ? segment_of(object, (uintptr_t)entry) : NULL;
        if (!segment || !(segment->p_flags & PF_R)) continue;
        const uint8_t *begin = (const uint8_t *)(object->dlpi_addr + segment->p_vaddr);
        s->is_found = read_function(s->out, entry, begin, begin + segment->p_memsz, s->pc);
    }
    return 1;
}

bool edoi_cfi_find(edoi_cfi_frame *out, uintptr_t pc) {
    search s = { .pc = pc, .out = out, .is_found = false };
    (void)dl_iterate_phdr(look_into, &s);
    return s.is_found;
}
