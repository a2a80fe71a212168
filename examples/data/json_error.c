/* SPDX-License-Identifier: MIT */
/* json_error.c: a configuration that is not as described: the error tells which file, where in it,
 * which field, and what is wrong with it. */
#include <edo/edo.h>
#include <edo/json.h>

#include <stdio.h>

typedef struct server {
    edo_str host;
    uint16_t port;
} server;
EDO_DESCRIBE(server, EDO_FIELD(server, host, .min_len = 1), EDO_FIELD(server, port, .min = 1))

typedef struct config {
    edo_str name;
    edo_duration timeout;
    server *servers;
    size_t servers_n;
} config;
EDO_DESCRIBE(config, EDO_FIELD(config, name, .max_len = 16),
             EDO_FIELD(config, timeout, .preset = "30s"),
             EDO_FIELD_LIST_OF(config, servers, servers_n, server_desc))

static const char conf[] = "{\n"
                           "  \"name\": \"chat\",\n"
                           "  \"servers\": [\n"
                           "    { \"host\": \"a.example\", \"port\": 80 },\n"
                           "    { \"host\": \"b.example\", \"port\": 80800 }\n"
                           "  ]\n"
                           "}\n";

static int load(config *c, const char *path, edo_str text) {
    int err = edo_json_decode(c, &config_desc, text); // the value, then its description
    return edo_fail(err, "in %s", path);              // 0 passes through untouched
}

static int start(void *arg) {
    config c;
    int err = load(&c, "conf.json", (edo_str){ arg, strlen(arg) });
    if (err < 0) return edo_fail(err, "starting the server");
    printf("%.*s has %zu servers and %lld s of time\n", (int)c.name.len, c.name.ptr, c.servers_n,
           (long long)(c.timeout.ns / 1000000000));
    edo_value_deinit(&c, &config_desc);
    return 0;
}

int main(void) {
    char text[sizeof conf];
    memcpy(text, conf, sizeof conf);
    int err = start(text);
    if (err < 0) edo_trail_print(stdout, err, EDO_TRAIL_LINE);
    edo_trail_clear();
    *strstr(text, "80800") = ' '; // now it is 0800, which is no number of JSON
    err = start(text);
    if (err < 0) edo_trail_print(stdout, err, EDO_TRAIL_LINE);
    *strstr(text, "0800") = ' ';
    return start(text) < 0;
}
