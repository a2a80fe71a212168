/* SPDX-License-Identifier: MIT */
/* fuzz/chat_screen.c: lines that the chat's line client shows. Properties: whatever the server
 * sends, what reaches the terminal is one line of UTF-8, without controls but TAB and, in colours,
 * the client's own; and plain text is shown as it is. */
#include "../apps/chat/name/name.c"
#include "../apps/chat/name/no_name_rules.c"
#include "../apps/chat/terminal/screen.c"
#include "../apps/chat/text.c"
#include "fuzz.h"

#include <edo/base.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("ann: hello"),
    FUZZ_SEED("bob: ann, `ann` is at http://ann or ann@ann \t ANN"),
    FUZZ_SEED("- bob waves at ann"),
    FUZZ_SEED("Ana\xc2\xa0Maria: ann, O'Brien and Jos\xc3\xa9"),
    FUZZ_SEED("* you are guest-1 in #general; /help"),
    FUZZ_SEED("ann -> you: \t\x1b[2J\x07\x9b\xc2\x9b"),
    FUZZ_SEED("a: \xe2\x80\xa8\xef\xbf\xbf\xf0\x9f\x98\x80\xed\xa0\x80"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

/* Takes the client's own sequences out of `text`, which ends with a NUL. */
static void take_colours_out(char *text) {
    char *to = text;
    for (const char *at = text; *at;) {
        size_t own = 0;
        if (strncmp(at, "\033[0m", 4) == 0 || strncmp(at, "\033[2m", 4) == 0 ||
            strncmp(at, "\033[7m", 4) == 0)
            own = 4;
        if (strncmp(at, "\033[1;3", 5) == 0 && at[5] >= '1' && at[5] <= '6' && at[6] == 'm')
            own = 7;
        if (own == 0) *to++ = *at++;
        at += own;
    }
    *to = '\0';
}

static void check(const char *line, size_t n, bool has_colours) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    if (!out) abort();
    screen_print(out, line, n, 0, has_colours ? &(name){ "ann" } : NULL);
    if (fclose(out) != 0 || bytes < 7 || strlen(text) != bytes || text[bytes - 1] != '\n') abort();
    text[--bytes] = '\0';
    if (has_colours) take_colours_out(text);
    const char *shown = text + 6; // behind the time
    if (text_fault(edo_str_of(text))) abort();
    bool is_plain = !text_fault((edo_str){ line, n });
    for (size_t i = 0; i < n && is_plain; i++) is_plain = (uint8_t)line[i] < 0x80;
    if (is_plain && (strlen(shown) != n || memcmp(shown, line, n) != 0)) abort();
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    check((const char *)data, n, false);
    check((const char *)data, n, true);
    return 0;
}
