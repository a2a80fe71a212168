/* Made by protoc-gen-edo from google/api/annotations.proto: changes will be lost. */
#ifndef GOOGLE_API_ANNOTATIONS_EDO_H
#define GOOGLE_API_ANNOTATIONS_EDO_H

#include <edo/protobuf.h>

#include "google/api/http.edo.h"
#include "google/protobuf/descriptor.edo.h"

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_google_api_annotations) = {
    10, 184, 1, 10, 28, 103, 111, 111, 103, 108, 101, 47, 97, 112, 105, 47, 97, 110, 110, 111,
    116, 97, 116, 105, 111, 110, 115, 46, 112, 114, 111, 116, 111, 18, 10, 103, 111, 111, 103, 108,
    101, 46, 97, 112, 105, 26, 21, 103, 111, 111, 103, 108, 101, 47, 97, 112, 105, 47, 104, 116,
    116, 112, 46, 112, 114, 111, 116, 111, 26, 32, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111,
    116, 111, 98, 117, 102, 47, 100, 101, 115, 99, 114, 105, 112, 116, 111, 114, 46, 112, 114, 111,
    116, 111, 58, 75, 10, 4, 104, 116, 116, 112, 18, 30, 46, 103, 111, 111, 103, 108, 101, 46,
    112, 114, 111, 116, 111, 98, 117, 102, 46, 77, 101, 116, 104, 111, 100, 79, 112, 116, 105, 111,
    110, 115, 24, 176, 202, 188, 34, 32, 1, 40, 11, 50, 20, 46, 103, 111, 111, 103, 108, 101,
    46, 97, 112, 105, 46, 72, 116, 116, 112, 82, 117, 108, 101, 82, 4, 104, 116, 116, 112, 98,
    6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_google_api_annotations, &edo_FILE_google_api_http, &edo_FILE_google_protobuf_descriptor, NULL)

/* The extension http of .google.protobuf.MethodOptions is passed over. */

#endif
