/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/words.c: see words.h. */
#include "words.h"

#include <edo/base.h>
#include <string.h>

// clang-format off

/* C17 and C++20. */
static const char *const keywords[] = {
    "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break",
    "case", "catch", "char", "char16_t", "char32_t", "char8_t", "class", "co_await", "co_return",
    "co_yield", "compl", "concept", "const", "const_cast", "consteval", "constexpr", "constinit",
    "continue", "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum",
    "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if", "inline",
    "int", "long", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr",
    "operator", "or", "or_eq", "private", "protected", "public", "register", "reinterpret_cast",
    "requires", "restrict", "return", "short", "signed", "sizeof", "static", "static_assert",
    "static_cast", "struct", "switch", "template", "this", "thread_local", "throw", "true", "try",
    "typedef", "typeid", "typename", "typeof", "union", "unsigned", "using", "virtual", "void",
    "volatile", "wchar_t", "while", "xor", "xor_eq", "_Bool", "_Alignas", "_Alignof", "_Atomic",
    "_Complex", "_Generic", "_Imaginary", "_Noreturn", "_Static_assert", "_Thread_local",
};

/* Macros that the headers of libc bring along which edo's include, and some that programs often see
 * beside them. */
static const char *const macros[] = {
    "BIG_ENDIAN", "BUFSIZ", "BYTE_ORDER", "CHAR_BIT", "CHAR_MAX", "CHAR_MIN", "DOMAIN", "E2BIG",
    "EACCES", "EADDRINUSE", "EADDRNOTAVAIL", "EADV", "EAFNOSUPPORT", "EAGAIN", "EALREADY", "EBADE",
    "EBADF", "EBADFD", "EBADMSG", "EBADR", "EBADRQC", "EBADSLT", "EBFONT", "EBUSY", "ECANCELED",
    "ECHILD", "ECHRNG", "ECOMM", "ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "EDEADLK",
    "EDEADLOCK", "EDESTADDRREQ", "EDQUOT", "EEXIST", "EFAULT", "EFBIG", "EHOSTDOWN", "EHOSTUNREACH",
    "EHWPOISON", "EIDRM", "EILSEQ", "EINPROGRESS", "EINTR", "EINVAL", "EIO", "EISCONN", "EISDIR",
    "EISNAM", "EKEYEXPIRED", "EKEYREJECTED", "EKEYREVOKED", "EL2HLT", "EL2NSYNC", "EL3HLT",
    "EL3RST", "ELIBACC", "ELIBBAD", "ELIBEXEC", "ELIBMAX", "ELIBSCN", "ELNRNG", "ELOOP",
    "EMEDIUMTYPE", "EMFILE", "EMLINK", "EMSGSIZE", "EMULTIHOP", "ENAMETOOLONG", "ENAVAIL",
    "ENETDOWN", "ENETRESET", "ENETUNREACH", "ENFILE", "ENOANO", "ENOBUFS", "ENOCSI", "ENODATA",
    "ENODEV", "ENOENT", "ENOEXEC", "ENOKEY", "ENOLCK", "ENOLINK", "ENOMEDIUM", "ENOMEM", "ENOMSG",
    "ENONET", "ENOPKG", "ENOPROTOOPT", "ENOSPC", "ENOSR", "ENOSTR", "ENOSYS", "ENOTBLK", "ENOTCONN",
    "ENOTDIR", "ENOTEMPTY", "ENOTNAM", "ENOTRECOVERABLE", "ENOTSOCK", "ENOTSUP", "ENOTTY",
    "ENOTUNIQ", "ENXIO", "EOF", "EOPNOTSUPP", "EOVERFLOW", "EOWNERDEAD", "EPERM", "EPFNOSUPPORT",
    "EPIPE", "EPROTO", "EPROTONOSUPPORT", "EPROTOTYPE", "ERANGE", "EREMCHG", "EREMOTE", "EREMOTEIO",
    "ERESTART", "ERFKILL", "EROFS", "ESHUTDOWN", "ESOCKTNOSUPPORT", "ESPIPE", "ESRCH", "ESRMNT",
    "ESTALE", "ESTRPIPE", "ETIME", "ETIMEDOUT", "ETOOMANYREFS", "ETXTBSY", "EUCLEAN", "EUNATCH",
    "EUSERS", "EWOULDBLOCK", "EXDEV", "EXFULL", "FALSE", "FD_CLR", "FD_ISSET", "FD_SET",
    "FD_SETSIZE", "FD_ZERO", "FILENAME_MAX", "FOPEN_MAX", "INFINITY", "LITTLE_ENDIAN", "LONG_MAX",
    "LONG_MIN", "L_ctermid", "L_cuserid", "L_tmpnam", "NAN", "NFDBITS", "NULL", "PDP_ENDIAN",
    "P_tmpdir", "RAND_MAX", "RENAME_EXCHANGE", "RENAME_NOREPLACE", "RENAME_WHITEOUT", "RWF_APPEND",
    "RWF_DSYNC", "RWF_HIPRI", "RWF_NOAPPEND", "RWF_NOWAIT", "RWF_SYNC", "SEEK_CUR", "SEEK_DATA",
    "SEEK_END", "SEEK_HOLE", "SEEK_SET", "TMP_MAX", "TRUE", "UIO_MAXIOV", "assert", "be16toh",
    "be32toh", "be64toh", "errno", "htobe16", "htobe32", "htobe64", "htole16", "htole32", "htole64",
    "i386", "le16toh", "le32toh", "le64toh", "linux", "noreturn", "offsetof", "stderr", "stdin",
    "stdout", "strdupa", "strndupa", "unix",
};

/* Types of libc, and types of edo that structs have; std and main, which C++ and each program
 * have. */
static const char *const types[] = {
    "size_t", "ssize_t", "ptrdiff_t", "time_t", "std", "int8_t", "int16_t", "int32_t", "int64_t",
    "uint8_t", "uint16_t", "uint32_t", "uint64_t", "intptr_t", "uintptr_t", "timespec", "timeval",
    "main", "edo_str", "edo_bytes", "edo_wall", "edo_duration",
};

/* Functions that headers of libc bring along: a type must not be called so. */
static const char *const functions[] = {
    "abort", "abs", "accept", "access", "alarm", "atoi", "atol", "bind", "bsearch", "calloc",
    "chdir", "chmod", "chown", "clock", "close", "connect", "ctime", "daemon", "difftime", "div",
    "dup", "exit", "fclose", "feof", "ferror", "fflush", "ffs", "fgetc", "fgets", "fileno", "fopen",
    "fork", "fputc", "fputs", "fread", "free", "fscanf", "fseek", "ftell", "fwrite", "getc",
    "getchar", "getenv", "getline", "gets", "gmtime", "index", "kill", "labs", "ldiv", "link",
    "listen", "localtime", "malloc", "memchr", "memcmp", "memcpy", "memmove", "memset", "mkdir",
    "mktime", "nice", "open", "pause", "perror", "pipe", "poll", "popen", "printf", "putc",
    "putchar", "putenv", "puts", "qsort", "raise", "rand", "random", "read", "readv", "realloc",
    "recv", "remove", "rename", "rewind", "rindex", "rmdir", "scanf", "select", "send", "setenv",
    "shutdown", "signal", "sleep", "socket", "srand", "stat", "strcat", "strchr", "strcmp",
    "strcpy", "strdup", "strlen", "swab", "symlink", "sync", "system", "tempnam", "time", "times",
    "tmpfile", "truncate", "umask", "ungetc", "unlink", "wait", "write", "writev",
};

/* Parameters of the functions that headers of services have: a type must not be called so. */
static const char *const parameters[] = {
    "arena", "arg", "call", "ch", "in", "message", "ops", "opts", "out", "r",
};

// clang-format on

static bool word_is_in(edo_str name, const char *const *all, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (edo_str_equal(name, edo_str_of(all[i]))) return true;
    return false;
}

static bool word_begins(edo_str name, const char *with) {
    const size_t n = strlen(with);
    return name.len >= n && memcmp(name.ptr, with, n) == 0;
}

/* INT32_MAX, UINT_FAST8_WIDTH, SIZE_MAX: macros of <stdint.h>, which are too many for a list. */
static bool word_is_limit(edo_str name) {
    static const char *const kinds[] = { "INT_",   "INT8_",   "INT16_",   "INT32_",
                                         "INT64_", "INTMAX_", "INTPTR_",  "SIZE_",
                                         "WCHAR_", "WINT_",   "PTRDIFF_", "SIG_ATOMIC_" };
    static const char *const ends[] = { "_MAX", "_MIN", "_WIDTH", "_C" };
    bool is_one = false;
    if (name.len > 0 && *name.ptr == 'U') name = (edo_str){ name.ptr + 1, name.len - 1 };
    for (size_t i = 0; i < EDO_COUNT(ends); i++) {
        const size_t n = strlen(ends[i]);
        is_one |= name.len > n && memcmp(name.ptr + name.len - n, ends[i], n) == 0;
    }
    for (size_t i = 0; is_one && i < EDO_COUNT(kinds); i++)
        if (word_begins(name, kinds[i])) return true;
    return false;
}

#define IS_IN(name, all) word_is_in((name), (all), EDO_COUNT(all))

bool gen_is_reserved(edo_str name) {
    return IS_IN(name, keywords) || IS_IN(name, macros) || IS_IN(name, types) ||
           word_is_limit(name);
}

bool gen_is_taken(edo_str name) {
    const bool is_edo = word_begins(name, "edo_") || word_begins(name, "EDO_") ||
                        edo_str_equal(name, EDO_STR("edo"));
    return is_edo || IS_IN(name, functions) || IS_IN(name, parameters) || gen_is_reserved(name);
}
