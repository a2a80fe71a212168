/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/names.c: see names.h. */
#include "names.h"

#include <ctype.h>

#define CHAINS 4096u

typedef struct gen_name {
    struct gen_name *next;
    edo_str text;
    uint32_t file;
} gen_name;

/* All names at file scope, in chains by their hash: they are the program's, not a peer's. */
struct gen_names {
    gen_name *heads[CHAINS];
};

/* ---- Words ----------------------------------------------------------------------------------- */

static const char *const reserved[] = {
    // C17 and C++20
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
    "_Bool",
    "_Alignas",
    "_Alignof",
    "_Atomic",
    "_Complex",
    "_Generic",
    "_Imaginary",
    "_Noreturn",
    "_Static_assert",
    "_Thread_local",
    // macros, and names of libc that a header of edo brings along
    "linux",
    "unix",
    "i386",
    "errno",
    "stdin",
    "stdout",
    "stderr",
    "assert",
    "offsetof",
    "noreturn",
    "NULL",
    "EOF",
    "TRUE",
    "FALSE",
    "INFINITY",
    "NAN",
    "BUFSIZ",
    "FILENAME_MAX",
    "TMP_MAX",
    "DOMAIN",
    "SEEK_SET",
    "SEEK_CUR",
    "SEEK_END",
    "RAND_MAX",
    "BIG_ENDIAN",
    "LITTLE_ENDIAN",
    "BYTE_ORDER",
    "CHAR_BIT",
    "CHAR_MIN",
    "CHAR_MAX",
    "INT_MIN",
    "INT_MAX",
    "LONG_MIN",
    "LONG_MAX",
    "SIZE_MAX",
    "UINT_MAX",
    "EPERM",
    "ENOENT",
    "EINTR",
    "EIO",
    "EAGAIN",
    "ENOMEM",
    "EACCES",
    "EEXIST",
    "EINVAL",
    "size_t",
    "ssize_t",
    "ptrdiff_t",
    "time_t",
    "int8_t",
    "int16_t",
    "int32_t",
    "int64_t",
    "uint8_t",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "intptr_t",
    "uintptr_t",
    "timespec",
    "timeval",
    "main",
};

/* Functions that headers of libc bring along: a type must not be called so. */
static const char *const functions[] = {
    "abort",   "abs",     "accept",   "access",  "alarm",     "atoi",    "atol",     "bind",
    "bsearch", "calloc",  "chdir",    "chmod",   "chown",     "clock",   "close",    "connect",
    "ctime",   "daemon",  "difftime", "div",     "dup",       "exit",    "fclose",   "feof",
    "ferror",  "fflush",  "ffs",      "fgetc",   "fgets",     "fileno",  "fopen",    "fork",
    "fputc",   "fputs",   "fread",    "free",    "fscanf",    "fseek",   "ftell",    "fwrite",
    "getc",    "getchar", "getenv",   "getline", "gets",      "gmtime",  "index",    "kill",
    "labs",    "ldiv",    "link",     "listen",  "localtime", "malloc",  "memchr",   "memcmp",
    "memcpy",  "memmove", "memset",   "mkdir",   "mktime",    "nice",    "open",     "pause",
    "perror",  "pipe",    "poll",     "popen",   "printf",    "putc",    "putchar",  "putenv",
    "puts",    "qsort",   "raise",    "rand",    "random",    "read",    "readv",    "realloc",
    "recv",    "remove",  "rename",   "rewind",  "rindex",    "rmdir",   "scanf",    "select",
    "send",    "setenv",  "shutdown", "signal",  "sleep",     "socket",  "srand",    "stat",
    "strcat",  "strchr",  "strcmp",   "strcpy",  "strdup",    "strlen",  "swab",     "symlink",
    "sync",    "system",  "tempnam",  "time",    "times",     "tmpfile", "truncate", "umask",
    "ungetc",  "unlink",  "wait",     "write",   "writev",
};

bool gen_is_reserved(edo_str name) {
    for (size_t i = 0; i < EDO_COUNT(reserved); i++)
        if (edo_str_equal(name, edo_str_of(reserved[i]))) return true;
    return false;
}

/* The same of a name at file scope, where edo has its own. */
static bool names_is_taken(edo_str name) {
    const edo_str edo = EDO_STR("edo_"), capitals = EDO_STR("EDO_");
    for (size_t i = 0; i < EDO_COUNT(functions); i++)
        if (edo_str_equal(name, edo_str_of(functions[i]))) return true;
    bool is_edo = name.len >= edo.len && (memcmp(name.ptr, edo.ptr, edo.len) == 0 ||
                                          memcmp(name.ptr, capitals.ptr, edo.len) == 0);
    return is_edo || gen_is_reserved(name);
}

static edo_str spelled(gen *g, edo_str name, int (*turn)(int)) {
    char *to = (char *)gen_alloc(g, 2 * name.len + 1), *at = to;
    if (!to) return EDO_STR("");
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        unsigned char before = i > 0 ? (unsigned char)name.ptr[i - 1] : '_';
        unsigned char behind = i + 1 < name.len ? (unsigned char)name.ptr[i + 1] : '_';
        bool begins = isupper(c) &&
                      (islower(before) || isdigit(before) || (isupper(before) && islower(behind)));
        if (begins) *at++ = '_';
        *at++ = c == '.' ? '_' : (char)turn(c);
    }
    return (edo_str){ to, (size_t)(at - to) };
}

edo_str gen_snake(gen *g, edo_str name) {
    return spelled(g, name, tolower);
}

edo_str gen_capitals(gen *g, edo_str name) {
    return spelled(g, name, toupper);
}

/* ---- At file scope --------------------------------------------------------------------------- */

static gen_name **names_chain(gen *g, edo_str text) {
    uint32_t hash = 0;
    for (size_t i = 0; i < text.len; i++) hash = hash * 31 + (unsigned char)text.ptr[i];
    return &g->names->heads[hash % CHAINS];
}

static bool names_has(gen *g, uint32_t file, edo_str text) {
    const size_t files = g->request->proto_file_n;
    for (const gen_name *n = *names_chain(g, text); n; n = n->next)
        if (g->sees[file * files + n->file] && edo_str_equal(n->text, text)) return true;
    return false;
}

static void names_add(gen *g, uint32_t file, edo_str text) {
    gen_name **chain = names_chain(g, text);
    gen_name *n = (gen_name *)gen_alloc(g, sizeof *n);
    if (!n) return;
    *n = (gen_name){ .next = *chain, .text = text, .file = file };
    *chain = n;
}

/* Takes the name with each of the endings behind it. */
static edo_str names_take(gen *g, uint32_t file, edo_str wanted, const char *const *endings) {
    edo_str text = names_is_taken(wanted) ? gen_text(g, "%.*s_", GEN_STR(wanted)) : wanted;
    const edo_str first = text;
    if (!g->names) g->names = (struct gen_names *)gen_alloc(g, sizeof *g->names);
    if (!g->names) return text;
    for (unsigned again = 2;; again++) {
        bool is_free = true;
        for (size_t i = 0; endings[i] && is_free; i++)
            is_free = !names_has(g, file, gen_text(g, "%.*s%s", GEN_STR(text), endings[i]));
        if (is_free || g->err < 0) break;
        text = gen_text(g, "%.*s_%u", GEN_STR(first), again);
    }
    for (size_t i = 0; endings[i]; i++)
        names_add(g, file, gen_text(g, "%.*s%s", GEN_STR(text), endings[i]));
    return text;
}

edo_str gen_name_constant(gen *g, uint32_t file, edo_str wanted) {
    static const char *const itself[] = { "", NULL };
    return names_take(g, file, wanted, itself);
}

edo_str gen_name_type(gen *g, uint32_t file, edo_str wanted) {
    static const char *const described[] = { "", "_desc", "_fields", "_names", NULL };
    return names_take(g, file, wanted, described);
}

edo_str gen_name_service(gen *g, uint32_t file, edo_str wanted, const char *const *endings) {
    return names_take(g, file, wanted, endings);
}

/* ---- In a struct ----------------------------------------------------------------------------- */

static bool members_has(const gen_members *m, edo_str text) {
    for (size_t i = 0; i < m->n; i++)
        if (edo_str_equal(m->all[i], text)) return true;
    return false;
}

edo_str gen_name_member(gen *g, gen_members *m, edo_str wanted) {
    edo_str text = gen_is_reserved(wanted) ? gen_text(g, "%.*s_", GEN_STR(wanted)) : wanted;
    const edo_str first = text;
    for (unsigned again = 2; members_has(m, text) && g->err == 0; again++)
        text = gen_text(g, "%.*s_%u", GEN_STR(first), again);
    edo_str *all = (edo_str *)gen_room(g, m->all, m->n, &m->room, sizeof *all);
    if (!all) return text;
    m->all = all;
    m->all[m->n++] = text;
    return text;
}
