/* SPDX-License-Identifier: MIT */
/* edo/str.h: what programs do with texts: trim, cut, compare, read numbers. None is copied: the
 * results are parts of what is given.
 *
 *     edo_str rest = edo_buf_str(&file);
 *     while (rest.len > 0) {                            // "name: value  # why"
 *         edo_str line = edo_str_cut(&rest, '\n');
 *         edo_str value = edo_str_cut(&line, '#');
 *         edo_str name = edo_str_trim(edo_str_cut(&value, ':'));
 *         value = edo_str_trim(value);
 *         if (edo_str_equal_nocase(name, EDO_STR("port"))) err = edo_str_uint(&port, value);
 *     }
 *
 * Blanks are space, \t, \n, \v, \f and \r; letters are those of ASCII, whatever the locale is.
 *
 * Unless a function says otherwise:
 * Owns: borrows what it is given; a result is a part of that.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_STR_H
#define EDO_STR_H

#include <edo/bytes.h>

EDO_BEGIN_DECLS

/* ---- Ends ------------------------------------------------------------------------------------ */

/** Returns `s` without the blanks at both ends. */
EDO_API edo_str edo_str_trim(edo_str s);

/** Returns whether `s` begins with `prefix`. */
EDO_API bool edo_str_begins(edo_str s, edo_str prefix);

/** Returns whether `s` ends with `suffix`. */
EDO_API bool edo_str_ends(edo_str s, edo_str suffix);

/** Takes `prefix` off the front of `*s` if it begins with it, and returns whether it did. */
EDO_API bool edo_str_skip(edo_str *s, edo_str prefix);

/* ---- Parts ----------------------------------------------------------------------------------- */

/** Takes what stands before the first `mark` off the front of `*rest`, with the mark, and returns
 * it without. If there is none the result is all of `*rest`, which becomes { NULL, 0 }: so
 * `rest->ptr` says whether there was a mark, even one at the end.
 *
 * Two loops: `while (rest.len > 0)` takes lines, the last of which may have no mark; the loop of
 * edo_str_split() takes what stands between marks. */
EDO_API edo_str edo_str_cut(edo_str *rest, char mark);

/** As edo_str_cut(), at the first place where all of `mark` stands; one of no bytes stands
 * nowhere. */
EDO_API edo_str edo_str_cut_at(edo_str *rest, edo_str mark);

/** Takes the next of the pieces between marks off `*rest`, and returns whether there was one. A
 * text of n marks has n + 1 pieces, which may be empty; { NULL, 0 } has none.
 *
 *     for (edo_str rest = text, piece; edo_str_split(&piece, &rest, ',');) … */
EDO_API bool edo_str_split(edo_str *piece, edo_str *rest, char mark);

/** Takes the next word off `*rest`, with the blanks on both sides of it, and returns it without;
 * it is empty if there is none. */
EDO_API edo_str edo_str_word(edo_str *rest);

/* ---- Letters --------------------------------------------------------------------------------- */

/** Returns whether `a` and `b` are the same but for the case of their letters. */
EDO_API bool edo_str_equal_nocase(edo_str a, edo_str b);

/** Compares byte by byte, as memcmp() does, and then by length: less than, equal to or greater than
 * 0 as `a` comes before `b`, is the same, or comes behind it. For qsort() and its like. */
EDO_API int edo_str_compare(edo_str a, edo_str b);

/** Writes the bytes of `s` with their letters in lower case to `to`, and returns them. `to` has
 * room for them, and may be `s.ptr` itself.
 * Owns: the result borrows `to`. */
EDO_API edo_str edo_str_lower(char *to, edo_str s);

/* ---- Numbers --------------------------------------------------------------------------------- */

/** Reads a whole number: decimal digits, perhaps behind a minus, and nothing else.
 * Errors:  -EINVAL  `s` is none;  -ERANGE  it does not fit. `*out` is untouched. */
EDO_MUST_USE EDO_API int edo_str_int(int64_t *out, edo_str s);

/** Reads a whole number without a sign: decimal digits, and nothing else.
 * Errors:  -EINVAL  `s` is none;  -ERANGE  it does not fit. `*out` is untouched. */
EDO_MUST_USE EDO_API int edo_str_uint(uint64_t *out, edo_str s);

EDO_END_DECLS

#endif
