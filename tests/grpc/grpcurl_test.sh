#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: edo-grpcurl lists, describes and calls what a server has, by reflection and by a protoset, as grpcurl does. Method:
# against edo-grpc-interop-server, in clear and by TLS.
set -eu
bin=${EDO_BIN_DIR:?} source=${EDO_SOURCE_DIR:?}
curl=$bin/edo-grpcurl
if [ ! -x "$curl" ] || [ -n "$(sed -n 's/^CMAKE_TOOLCHAIN_FILE:[A-Z]*=//p' "${EDO_BUILD_DIR:?}/CMakeCache.txt")" ]; then
    echo "skipped: no edo-grpcurl that runs here"
    exit 77
fi
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
fail() {
    echo "FAILED: $*"
    cat "$dir/out" "$dir/err"
    exit 1
}
# serve ARGUMENT...: a server, whose address is $at then
serve() {
    rm -f "$dir/said"
    mkfifo "$dir/said"
    "$bin/edo-grpc-interop-server" --port=0 "$@" >"$dir/said" &
    server=$!
    read -r url <"$dir/said"
    at=127.0.0.1:${url##*:}
    at=${at%/}
}
# run STATUS ARGUMENT...: by it edo-grpcurl has to end; what it writes is in out and err
run() {
    wanted=$1
    shift
    status=0
    timeout 30 "$curl" "$@" >"$dir/out" 2>"$dir/err" <"$dir/in" || status=$?
    [ "$status" = "$wanted" ] || fail "status $status, not $wanted: $*"
}
says() { diff - "$dir/out" || fail "$1"; }
fails() { grep -q -- "$1" "$dir/err" || fail "it does not say: $1"; }
: >"$dir/in"
service=grpc.testing.TestService
unary=$service/UnaryCall

serve
# What there is.
run 0 -plaintext "$at" list
says list <<END
grpc.health.v1.Health
grpc.reflection.v1.ServerReflection
grpc.reflection.v1alpha.ServerReflection
$service
END
run 0 -plaintext "$at" list grpc.health.v1.Health
says 'list of a service' <<END
grpc.health.v1.Health.Check
grpc.health.v1.Health.List
grpc.health.v1.Health.Watch
END
run 0 -plaintext "$at" describe grpc.health.v1.Health
says 'describe a service' <<END
grpc.health.v1.Health is a service:
service Health {
  rpc Check ( .grpc.health.v1.HealthCheckRequest ) returns ( .grpc.health.v1.HealthCheckResponse );
  rpc List ( .grpc.health.v1.HealthListRequest ) returns ( .grpc.health.v1.HealthListResponse );
  rpc Watch ( .grpc.health.v1.HealthCheckRequest ) returns ( stream .grpc.health.v1.HealthCheckResponse );
}
END
for version in v1 v1alpha; do
    run 0 -plaintext "$at" describe grpc.reflection.$version.ServerReflection
    grep -q '^  rpc ServerReflectionInfo ( stream \.grpc\.reflection\.'$version'\.' "$dir/out" || fail "describe reflection of $version"
done
run 0 -plaintext "$at" describe # all of it
run 0 -plaintext "$at" describe grpc.testing.SimpleRequest.payload
says 'describe a field' <<END
grpc.testing.SimpleRequest.payload is a field:
.grpc.testing.Payload payload = 3;
END
run 1 -plaintext "$at" describe grpc.testing.No
fails 'does not know grpc.testing.No'
run 1 -plaintext "$at" list grpc.testing.SimpleRequest
fails 'is a message, not a service'

# The four kinds of calls.
run 0 -plaintext -d '{"responseSize": 3, "fillServerId": false}' "$at" $unary
says unary <<END
{
  "payload": {
    "body": "AAAA"
  }
}
END
run 0 -plaintext -d '{"response_parameters": [{"size": 1}, {"size": 2}]}' "$at" $service.StreamingOutputCall
says 'stream of replies' <<END
{
  "payload": {
    "body": "AA=="
  }
}
{
  "payload": {
    "body": "AAA="
  }
}
END
run 0 -plaintext -d '{"payload": {"body": "AAA="}} {"payload": {"body": "AAAA"}}{}' "$at" $service/StreamingInputCall
says 'stream of requests' <<END
{
  "aggregatedPayloadSize": 5
}
END
printf '{"response_parameters": [{"size": 1}]}\n\n{"response_parameters": [{"size": 1}]}' >"$dir/in"
run 0 -plaintext -d @ "$at" $service/FullDuplexCall
[ "$(grep -c '"body": "AA=="' "$dir/out")" = 2 ] || fail 'both stream'
: >"$dir/in"
run 0 -plaintext "$at" $service/StreamingInputCall # no message at all
says 'an empty stream' <<END
{}
END
run 0 -plaintext -emit-defaults "$at" $service/StreamingInputCall
says 'defaults' <<END
{
  "aggregatedPayloadSize": 0
}
END

# Metadata both ways, with -v.
run 0 -plaintext -v -H 'X-Grpc-Test-Echo-Initial: hey' -H 'x-grpc-test-echo-trailing-bin: AAE=' "$at" $unary
for line in 'rpc UnaryCall (' 'x-grpc-test-echo-initial: hey' 'Response headers received:' 'Response trailers received:' \
    'x-grpc-test-echo-trailing-bin: AAE=' 'Sent 1 request and received 1 response'; do
    grep -q -- "^$line" "$dir/out" || fail "-v does not say: $line"
done
[ "$(grep -c '^x-grpc-test-echo-trailing-bin: AAE=$' "$dir/out")" = 2 ] || fail '-v does not show bytes as base64, sent and received'
if grep -q '^grpc-status:' "$dir/out"; then fail '-v shows the status among the trailers'; fi
run 0 -plaintext -v "$at" $unary
tail -n 3 "$dir/out" >"$dir/end"
printf 'Response trailers received:\n(empty)\nSent 1 request and received 1 response\n' | diff - "$dir/end" || fail 'empty'

# Failures: of the server, and of what was typed.
run 69 -plaintext -d '{"response_status": {"code": 5, "message": "not here"}}' "$at" $unary
printf 'ERROR:\n  Code: NotFound\n  Message: not here\n' | diff - "$dir/err" || fail 'a status'
run 69 -plaintext -format-error -d '{"response_status": {"code": 5, "message": "not here"}}' "$at" $unary
printf '{\n  "code": 5,\n  "message": "not here"\n}\n' | diff - "$dir/err" || fail 'a status as JSON'
run 76 -plaintext "$at" $service/UnimplementedCall
run 68 -plaintext -max-time 0.2 -d '{"response_parameters": [{"intervalUs": 60000000}]}' "$at" $service/StreamingOutputCall
fails 'Code: DeadlineExceeded'
run 72 -plaintext -max-msg-sz 100 -d '{"response_size": 1000}' "$at" $unary
fails 'Code: ResourceExhausted'
run 1 -plaintext -d '{"odd": 1}' "$at" $unary
fails '"odd" is not known'
run 0 -plaintext -allow-unknown-fields -d '{"odd": 1}' "$at" $unary
run 1 -plaintext -d '{} {}' "$at" $unary
fails 'takes one message'
run 1 -plaintext -d '{} {"payload": 5}' "$at" $service/StreamingInputCall
fails '"payload" must be an object'
run 1 -plaintext "$at" $service/No
fails "there is no method $service.No"
run 1 -plaintext 127.0.0.1:1 list
fails 'no connection to 127.0.0.1:1'
run 2 -plaintext "$at"
run 2 -odd "$at" list
run 2 -plaintext -insecure "$at" list

# A protoc that writes nothing; and one that is a script: what it has started ends with it.
mkdir "$dir/path"
printf '#!/bin/sh\n' >"$dir/path/protoc"
chmod +x "$dir/path/protoc"
(PATH=$dir/path:$PATH run 1 -proto x.proto list)
fails 'protoc wrote nothing'
mkfifo "$dir/held"
printf '#!/bin/sh\n{ echo begun; exec sleep 1000; } >"%s" &\nwait\n' "$dir/held" >"$dir/path/protoc"
PATH=$dir/path:$PATH "$curl" -proto x.proto list >"$dir/out" 2>"$dir/err" &
asked=$!
exec 3<"$dir/held"
read -r line <&3
[ "$line" = begun ] || fail "the script says $line"
kill "$asked"
wait "$asked" || true
timeout 30 cat <&3 || fail 'what the script has started goes on'
exec 3<&-

# What protoc has written instead of reflection; list and describe need no server then.
if command -v protoc >/dev/null; then
    protoc -I"$source/tests/grpc/vectors" --include_imports --descriptor_set_out="$dir/test.protoset" grpc/testing/test.proto
    run 0 -protoset "$dir/test.protoset" describe grpc.testing.PayloadType
    says 'describe by a protoset' <<END
grpc.testing.PayloadType is an enum:
enum PayloadType {
  COMPRESSABLE = 0;
}
END
    # The same by the .proto, which protoc reads.
    run 0 -import-path "$source/tests/grpc/vectors" -proto grpc/testing/test.proto describe grpc.testing.PayloadType
    grep -q 'enum PayloadType' "$dir/out" || fail 'describe by a .proto'
    run 0 -import-path "$dir" -import-path="$source/tests/grpc/vectors" -proto grpc/testing/test.proto -plaintext \
        -d '{"responseSize": 1}' "$at" $unary
    grep -q '"body": "AA=="' "$dir/out" || fail 'a call by a .proto'
    run 1 -proto absent.proto list
    grep -q 'absent.proto' "$dir/err" || fail "not told of the file: $(cat "$dir/err")"
    run 1 -proto "$source/tests/grpc/vectors/grpc/testing/empty.proto" list
    run 0 -import-path "$source/tests" -proto "$source/tests/grpc/vectors/grpc/testing/empty.proto" describe grpc.testing.Empty
    run 2 -import-path "$dir" -plaintext "$at" list
    run 0 -protoset="$dir/test.protoset" --plaintext -d '{"responseSize": 1}' "$at" $unary
    grep -q '"body": "AA=="' "$dir/out" || fail 'a call by a protoset'
    # A server of another opinion: what should be one reply are none, or two.
    sed 's/returns (stream StreamingOutputCallResponse)/returns (StreamingOutputCallResponse)/' \
        "$source/tests/grpc/vectors/grpc/testing/test.proto" >"$dir/other.proto"
    protoc -I"$dir" -I"$source/tests/grpc/vectors" --include_imports --descriptor_set_out="$dir/other.protoset" other.proto
    run 76 -protoset "$dir/other.protoset" -plaintext "$at" $service/StreamingOutputCall
    printf 'ERROR:\n  Code: Unimplemented\n  Message: there was no message\n' | diff - "$dir/err" || fail 'no reply'
    run 76 -protoset "$dir/other.protoset" -plaintext -d '{"response_parameters": [{"size": 1}, {"size": 2}]}' "$at" \
        $service/StreamingOutputCall
    fails 'Message: there was more than one message'
    run 0 -protoset "$dir/other.protoset" -plaintext -d '{"response_parameters": [{"size": 1}]}' "$at" $service/StreamingOutputCall
    protoc -I"$source/tests/protobuf/protos" --descriptor_set_out="$dir/odd.protoset" torture_proto2.proto
    run 0 -protoset "$dir/odd.protoset" describe Defaults
    for line in '  optional int64 big = [0-9]* \[default = -9223372036854775808\];' '  oneof of {' '    int32 a = 13 \[default = 7\];' \
        '  repeated int32 packed = 12 \[packed = true\];' '  extensions 100 to 199;' '  required .index must = 16;'; do
        grep -q -- "^$line" "$dir/out" || fail "describe does not say: $line"
    done
    run 0 -protoset "$dir/odd.protoset" list
    says 'no services' <<END
(No services)
END
fi
echo no >"$dir/no.protoset"
run 1 -protoset "$dir/no.protoset" list
kill "$server"
wait "$server" || fail 'the server has failed'

# TLS: by the name of the certificate, by another one, and without a look at it.
command -v openssl >/dev/null || exit 0
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/key" -out "$dir/cert" -subj /CN=x \
    -addext subjectAltName=DNS:grpc.example 2>/dev/null
serve --use_tls --tls_cert_file="$dir/cert" --tls_key_file="$dir/key"
run 0 -insecure "$at" $service/EmptyCall
run 0 -cacert "$dir/cert" -servername grpc.example "$at" $service/EmptyCall
run 0 -cacert "$dir/cert" -authority grpc.example:50 "$at" $service/EmptyCall
run 1 -cacert "$dir/cert" "$at" $service/EmptyCall
fails 'a certificate is not trusted'
run 1 "$at" $service/EmptyCall
