/* SPDX-License-Identifier: MIT */
/* fuzz/chat_name.c: names that people ask for in the chat. Properties: a name is in its normal
 * form, which is taken again and read back, from a line, too; it is equal to itself in all its
 * forms; it has nothing that ends a line or a name in one. */
#include "fuzz.h"
#include "name/name.h"
#include "text.h"

#include <edo/base.h>

#include <stdlib.h>
#include <string.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("ann"),
    FUZZ_SEED("Ana Maria"),
    FUZZ_SEED("Ana\xc2\xa0Maria"),
    FUZZ_SEED("O'Brien-L\xc3\xb3pez_9"),
    FUZZ_SEED("Jose\xcc\x81"),
    FUZZ_SEED("\xe9\x99\x88"),
    FUZZ_SEED("\xd0\x9e\xd0\xbb\xd0\xb5\xd0\xbd\xd0\xb0"),
    FUZZ_SEED("\xd1\x80\xd0\xb0ypal"),
    FUZZ_SEED("a\xe2\x80\xae"),
    FUZZ_SEED("\xef\xbc\xa1\xef\xbd\x8e\xef\xbd\x81"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static void check_reads_back(const name *n, edo_str text) {
    name again;
    if (!(name_read(&again, text) && strcmp(again.text, n->text) == 0)) abort();
    if (!(name_parse(&again, text) && strcmp(again.text, n->text) == 0)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    name n;
    char key[NAME_BYTES_MAX + 1], of_key[NAME_BYTES_MAX + 1];
    name folded = { "" };
    if (!name_parse(&n, (edo_str){ (const char *)data, bytes })) return 0;
    const name_word word = name_as_word(&n);
    const edo_str text = edo_str_of(n.text), in_line = edo_str_of(word.text);
    if (!(text.len > 0 && !text_fault(text) && !strpbrk(n.text, ",:\"#@/*<>\t"))) abort();
    if (!(name_word_bytes(in_line) == in_line.len && !strchr(word.text, ' '))) abort();
    check_reads_back(&n, text);
    check_reads_back(&n, in_line);
    name_key(&n, key);
    memcpy(folded.text, key, sizeof key);
    name_key(&folded, of_key);
    if (!(strcmp(key, of_key) == 0 && name_equal(&n, &folded) && name_equal(&folded, &n))) abort();
    return 0;
}
