/* SPDX-License-Identifier: MIT */
/* http/types/mime.c: content types by extension, from IANA's registry where that has one. */
#include <edo/http_fields.h>

#include <string.h>

#define TEXT(type) type "; charset=utf-8"

static const struct {
    const char *extension, *type;
} types[] = {
    { "html", TEXT("text/html") },
    { "css", TEXT("text/css") },
    { "js", TEXT("text/javascript") },
    { "mjs", TEXT("text/javascript") },
    { "json", "application/json" },
    { "map", "application/json" },
    { "webmanifest", "application/manifest+json" },
    { "svg", "image/svg+xml" },
    { "png", "image/png" },
    { "jpg", "image/jpeg" },
    { "jpeg", "image/jpeg" },
    { "gif", "image/gif" },
    { "webp", "image/webp" },
    { "avif", "image/avif" },
    { "ico", "image/vnd.microsoft.icon" },
    { "bmp", "image/bmp" },
    { "tif", "image/tiff" },
    { "tiff", "image/tiff" },
    { "woff2", "font/woff2" },
    { "woff", "font/woff" },
    { "ttf", "font/ttf" },
    { "otf", "font/otf" },
    { "wasm", "application/wasm" },
    { "txt", TEXT("text/plain") },
    { "log", TEXT("text/plain") },
    { "md", TEXT("text/markdown") },
    { "csv", TEXT("text/csv") },
    { "xml", "application/xml" },
    { "xhtml", "application/xhtml+xml" },
    { "htm", TEXT("text/html") },
    { "ics", TEXT("text/calendar") },
    { "vtt", TEXT("text/vtt") },
    { "rss", "application/rss+xml" },
    { "atom", "application/atom+xml" },
    { "jsonld", "application/ld+json" },
    { "yaml", "application/yaml" },
    { "yml", "application/yaml" },
    { "toml", "application/toml" },
    { "pdf", "application/pdf" },
    { "epub", "application/epub+zip" },
    { "zip", "application/zip" },
    { "gz", "application/gzip" },
    { "tgz", "application/gzip" },
    { "zst", "application/zstd" },
    { "tar", "application/x-tar" },
    { "7z", "application/x-7z-compressed" },
    { "rtf", "application/rtf" },
    { "doc", "application/msword" },
    { "xls", "application/vnd.ms-excel" },
    { "ppt", "application/vnd.ms-powerpoint" },
    { "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
    { "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
    { "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation" },
    { "odt", "application/vnd.oasis.opendocument.text" },
    { "ods", "application/vnd.oasis.opendocument.spreadsheet" },
    { "odp", "application/vnd.oasis.opendocument.presentation" },
    { "mp3", "audio/mpeg" },
    { "m4a", "audio/mp4" },
    { "aac", "audio/aac" },
    { "ogg", "audio/ogg" },
    { "oga", "audio/ogg" },
    { "opus", "audio/ogg" },
    { "flac", "audio/flac" },
    { "wav", "audio/wav" },
    { "weba", "audio/webm" },
    { "mid", "audio/midi" },
    { "mp4", "video/mp4" },
    { "m4v", "video/mp4" },
    { "webm", "video/webm" },
    { "ogv", "video/ogg" },
    { "mpeg", "video/mpeg" },
    { "mov", "video/quicktime" },
    { "avi", "video/x-msvideo" },
    { "mkv", "video/matroska" },
    { "m3u8", "application/vnd.apple.mpegurl" },
    { "mpd", "application/dash+xml" },
    { "glb", "model/gltf-binary" },
    { "gltf", "model/gltf+json" },
};

#define EXTENSION_MAX 16

/* Copies an extension in lower case. Returns whether its length is a usual one. */
static bool lower(char to[EXTENSION_MAX], edo_str extension) {
    if (extension.len == 0 || extension.len >= EXTENSION_MAX) return false;
    for (size_t i = 0; i < extension.len; i++) {
        char c = extension.ptr[i];
        to[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    to[extension.len] = 0;
    return true;
}

edo_str edo_content_type_of(edo_str name) {
    char extension[EXTENSION_MAX];
    size_t at = name.len;
    while (at > 0 && name.ptr[at - 1] != '.' && name.ptr[at - 1] != '/') at--;
    bool has_one = at > 0 && name.ptr[at - 1] == '.' &&
                   lower(extension, (edo_str){ name.ptr + at, name.len - at });
    for (size_t i = 0; has_one && i < EDO_COUNT(types); i++)
        if (types[i].extension[0] == extension[0] && strcmp(types[i].extension, extension) == 0)
            return edo_str_of(types[i].type);
    return EDO_STR("application/octet-stream");
}
