/* SPDX-License-Identifier: MIT */
/* edo-json: reads a JSON text on standard input and writes the same value to standard output.
 *
 * Names keep their order; of several with the same name the last value stands, in the place of the
 * first. A text that is not JSON is an error, "line:column: reason", and status 1. */
#include <edo/json.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: edo-json [--pretty] [--help] <FILE\n"
    "\n"
    "Writes the JSON value of standard input compactly to standard output.\n"
    "\n"
    "  --pretty  each element and member on a line of its own\n"
    "  --help    this text\n"
    "\n"
    "Status: 0, 1 for a text that is not JSON, 2 for anything else.\n";

static int main_fail(int err, const char *what) {
    (void)edo_fail(err, "%s", what);
    edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    return 2;
}

static int main_read_all(edo_buf *text) {
    for (;;) {
        int err = edo_buf_reserve(text, 65536);
        if (err < 0) return err;
        ssize_t n = read(STDIN_FILENO, text->ptr + text->len, text->cap - text->len);
        if (n == 0) return 0;
        if (n < 0 && errno != EINTR) return -errno;
        if (n > 0) text->len += (size_t)n;
    }
}

static int main_write_all(const edo_buf *text) {
    size_t done = 0;
    while (done < text->len) {
        ssize_t n = write(STDOUT_FILENO, text->ptr + done, text->len - done);
        if (n < 0 && errno != EINTR) return -errno;
        if (n > 0) done += (size_t)n;
    }
    return 0;
}

static int main_print(const edo_json_value *value, uint32_t indent) {
    edo_buf out = { 0 };
    edo_json_writer w;
    int err = edo_json_writer_init(&w, &out, &(edo_json_writer_opts){ .indent = indent });
    if (err == 0) err = edo_json_writer_value(&w, value);
    if (err == 0) err = edo_buf_append(&out, "\n", 1);
    if (err == 0) err = main_write_all(&out);
    edo_buf_deinit(&out);
    return err < 0 ? main_fail(err, "edo-json: writing the value") : 0;
}

int main(int argc, char **argv) {
    uint32_t indent = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) return fputs(usage, stdout) < 0 ? 2 : 0;
        if (strcmp(argv[i], "--pretty") != 0) {
            (void)fprintf(stderr, "edo-json: unknown argument %s\n%s", argv[i], usage);
            return 2;
        }
        indent = 2;
    }
    edo_buf text = { 0 };
    edo_json_value *value = NULL;
    edo_json_error error = { 0 };
    int status, err = main_read_all(&text);
    if (err == 0)
        err = edo_json_value_parse(&value, edo_buf_str(&text), &(edo_json_opts){ .error = &error });
    if (err == 0) {
        status = main_print(value, indent);
    } else if (err == -EDO_EJSON) {
        (void)fprintf(stderr, "%llu:%llu: %s\n", (unsigned long long)error.line,
                      (unsigned long long)error.column, error.text);
        status = 1;
    } else {
        status = main_fail(err, "edo-json: reading the text");
    }
    edo_json_value_free(value);
    edo_buf_deinit(&text);
    return status;
}
