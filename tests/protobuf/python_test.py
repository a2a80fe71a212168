# SPDX-License-Identifier: MIT
"""Random messages of random descriptors, between generated headers and Python's protobuf, both ways, as messages and as
JSON. Without protoc, python3-protobuf or a compiler the tests are skipped."""
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from bounded import SANITIZER, WAIT, rounds

DEBIAN_PYTHON = "/usr/bin/python3"

try:
    from google.protobuf import (descriptor_pb2, descriptor_pool, duration_pb2, empty_pb2, field_mask_pb2, json_format,
                                 message, message_factory, struct_pb2, timestamp_pb2, wrappers_pb2)
    from google.protobuf.compiler import plugin_pb2
except ImportError:
    if (sys.executable != DEBIAN_PYTHON or sys.flags.no_site) and os.path.exists(DEBIAN_PYTHON):
        os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, "-B", *sys.argv])  # the packages of Debian are its
    print("skipped: no python3-protobuf")
    sys.exit(77)

SOURCE, BUILD, BIN = (os.environ[name] for name in ("EDO_SOURCE_DIR", "EDO_BUILD_DIR", "EDO_BIN_DIR"))
PLUGIN = os.path.join(BIN, "protoc-gen-edo")
F = descriptor_pb2.FieldDescriptorProto
INTS = {F.TYPE_INT32: (32, True), F.TYPE_SINT32: (32, True), F.TYPE_SFIXED32: (32, True), F.TYPE_UINT32: (32, False),
        F.TYPE_FIXED32: (32, False), F.TYPE_INT64: (64, True), F.TYPE_SINT64: (64, True), F.TYPE_SFIXED64: (64, True),
        F.TYPE_UINT64: (64, False), F.TYPE_FIXED64: (64, False)}
SCALARS = [*INTS, F.TYPE_FLOAT, F.TYPE_DOUBLE, F.TYPE_BOOL, F.TYPE_STRING, F.TYPE_BYTES]
KEYS = [*INTS, F.TYPE_BOOL, F.TYPE_STRING]
KNOWN_FILES = [duration_pb2, empty_pb2, field_mask_pb2, struct_pb2, timestamp_pb2, wrappers_pb2]
KNOWN = ["Duration", "Empty", "FieldMask", "Struct", "Value", "ListValue", "Timestamp", "DoubleValue", "FloatValue",
         "Int64Value", "UInt64Value", "Int32Value", "UInt32Value", "BoolValue", "StringValue", "BytesValue"]
NUMBERS = [1, 2, 15, 16, 17, 2047, 2048, 99999, 536870911]


# ---- Descriptors -------------------------------------------------------------------------------


def add_map(chance, owner, field, messages):
    entry = owner.nested_type.add(name=field.name.title().replace("_", "") + "Entry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, label=F.LABEL_OPTIONAL, type=chance.choice(KEYS))
    value = entry.field.add(name="value", number=2, label=F.LABEL_OPTIONAL)
    set_type(chance, value, messages)
    field.type, field.type_name = F.TYPE_MESSAGE, f".{owner_path(owner)}.{entry.name}"
    field.label = F.LABEL_REPEATED


def owner_path(owner):
    return "chance." + owner.name


def set_type(chance, field, messages):
    what = chance.random()
    if what < 0.2:
        field.type, field.type_name = F.TYPE_MESSAGE, ".chance." + chance.choice(messages)
    elif what < 0.4:
        field.type, field.type_name = F.TYPE_MESSAGE, ".google.protobuf." + chance.choice(KNOWN)
    elif what < 0.47:
        field.type, field.type_name = F.TYPE_ENUM, ".chance.Color"
    else:
        field.type = chance.choice(SCALARS)


def add_field(chance, file, owner, number, messages):
    field = owner.field.add(name=f"some_f{number}", number=number, label=F.LABEL_OPTIONAL)
    shape = chance.random()
    if shape < 0.12:
        add_map(chance, owner, field, messages)
        return
    if chance.random() < 0.1:
        field.json_name = chance.choice(["x_y", "@odd ", "a\"\\b", "é?"]) + str(number)
    set_type(chance, field, messages)
    is_number = field.type not in (F.TYPE_MESSAGE, F.TYPE_STRING, F.TYPE_BYTES)
    if shape < 0.4:
        field.label = F.LABEL_REPEATED
        if is_number and chance.random() < 0.5:
            field.options.packed = chance.random() < 0.5
    elif shape < 0.6 and owner.oneof_decl:
        field.oneof_index = chance.randrange(len(owner.oneof_decl))
    elif file.syntax == "proto3" and shape < 0.75 and field.type != F.TYPE_MESSAGE:
        field.proto3_optional = True  # its oneof comes behind the others


def random_file(chance):
    file = descriptor_pb2.FileDescriptorProto(name="chance.proto", package="chance",
                                              syntax=chance.choice(["proto2", "proto3"]))
    file.dependency.extend(module.DESCRIPTOR.name for module in KNOWN_FILES)
    color = file.enum_type.add(name="Color")
    for i, number in enumerate([0, 1, 7, -1, 2147483647, -2147483648]):
        color.value.add(name=f"COLOR_{i}", number=number)
    messages = [f"M{i}" for i in range(chance.randint(1, 6))]
    for name in messages:
        owner = file.message_type.add(name=name)
        for i in range(chance.randint(0, 2)):
            owner.oneof_decl.add(name=f"one_{i}")
        numbers = set(chance.sample(NUMBERS, chance.randint(0, 6))) | set(range(3, 3 + chance.randint(0, 10)))
        for number in chance.sample(sorted(numbers), len(numbers)):
            add_field(chance, file, owner, number, messages)
        end_oneofs(owner)
    return file


def end_oneofs(owner):
    """A oneof without members is none; each optional field of proto3 has one of its own."""
    used = sorted({f.oneof_index for f in owner.field if f.HasField("oneof_index")})
    names = [owner.oneof_decl[i].name for i in used]
    del owner.oneof_decl[:]
    for name in names:
        owner.oneof_decl.add(name=name)
    for field in owner.field:
        if field.HasField("oneof_index"):
            field.oneof_index = used.index(field.oneof_index)
    together = sorted(owner.field, key=lambda f: f.oneof_index if f.HasField("oneof_index") else -1)
    del owner.field[:]
    owner.field.extend(together)
    for field in owner.field:
        if field.proto3_optional:
            field.oneof_index = len(owner.oneof_decl)
            owner.oneof_decl.add(name="_" + field.name)


# ---- Messages ----------------------------------------------------------------------------------


def random_scalar(chance, field):
    if field.type in INTS:
        bits, signed = INTS[field.type]
        low = -(1 << bits - 1) if signed else 0
        return chance.choice([0, 1, low, low + (1 << bits) - 1, chance.randint(0, 300) + max(low, -150)])
    if field.type == F.TYPE_BOOL:
        return chance.random() < 0.5
    if field.type == F.TYPE_FLOAT:
        number = chance.choice([0.0, -0.0, 1.5, float("inf"), float("-inf"), chance.uniform(-1e30, 1e30), 1e-40])
        return struct.unpack("f", struct.pack("f", number))[0]
    if field.type == F.TYPE_DOUBLE:
        return chance.choice([0.0, -0.0, 0.1, float("inf"), chance.uniform(-1e300, 1e300), 5e-324])
    if field.type == F.TYPE_STRING:
        return "".join(chance.choice("a b\"\\\n\0é漢😀") for _ in range(chance.choice([0, 1, 5, 40, 200])))
    if field.type == F.TYPE_BYTES:
        return chance.randbytes(chance.choice([0, 1, 2, 30, 150]))
    return chance.choice(field.enum_type.values).number


def random_json(chance, depth):
    what = chance.randrange(4 if depth == 0 else 6)
    if what < 4:
        return [None, chance.random() < 0.5, chance.choice([0.0, -1.5, 1e300, 7.0]), "a\"é"[:chance.randint(0, 3)]][what]
    some = [random_json(chance, depth - 1) for _ in range(chance.randint(0, 3))]
    return some if what == 4 else {f"k{i}": one for i, one in enumerate(some)}


def fill_known(chance, msg):
    """A message with a form of its own in JSON, of values that have one."""
    name = msg.DESCRIPTOR.name
    msg.SetInParent()
    if name in ("Timestamp", "Duration"):
        low, high = (-62135596800, 253402300799) if name == "Timestamp" else (-315576000000, 315576000000)
        msg.seconds = chance.choice([0, low, high, chance.randint(low, high), chance.randint(-5, 5)])
        msg.nanos = chance.choice([0, 500000000, 123456789, 1000, 1])
        if name == "Duration" and msg.seconds < 0:
            msg.nanos = -msg.nanos
    elif name == "FieldMask":
        msg.paths.extend(chance.choice(["a", "foo_bar", "a_b.c_d"]) for _ in range(chance.randint(0, 3)))
    elif name in ("Struct", "ListValue", "Value"):
        wrapped = random_json(chance, 2)
        wrapped = {"Struct": {"a": wrapped}, "ListValue": [wrapped, None], "Value": wrapped}[name]
        json_format.ParseDict(wrapped, msg)
    elif name != "Empty":
        msg.value = random_scalar(chance, msg.DESCRIPTOR.fields_by_name["value"])


def fill(chance, msg, depth):
    if msg.DESCRIPTOR.full_name.startswith("google.protobuf."):
        fill_known(chance, msg)
        return
    for field in msg.DESCRIPTOR.fields:
        if chance.random() < 0.4:
            continue
        into = getattr(msg, field.name)
        is_message = field.type == F.TYPE_MESSAGE
        if is_message and field.message_type.GetOptions().map_entry:
            key, value = field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]
            for _ in range(chance.randint(0, 3) if depth > 0 else 0):
                if value.type == F.TYPE_MESSAGE:
                    fill(chance, into[random_scalar(chance, key)], depth - 1)
                else:
                    into[random_scalar(chance, key)] = random_scalar(chance, value)
        elif is_message and depth > 0:
            repeated = field.label == F.LABEL_REPEATED
            for _ in range(chance.randint(0, 3) if repeated else 1):
                one = into.add() if repeated else into
                one.SetInParent()
                fill(chance, one, depth - 1)
        elif not is_message and field.label == F.LABEL_REPEATED:
            into.extend(random_scalar(chance, field) for _ in range(chance.choice([0, 1, 3, 20])))
        elif not is_message:
            setattr(msg, field.name, random_scalar(chance, field))


# ---- The other side ----------------------------------------------------------------------------


class Edo:
    """A program with the generated header, which says what it makes of a message, or of JSON; what a schema makes of
    the descriptors has to be the same."""

    def __init__(self, folder, file):
        known = [descriptor_pb2.FileDescriptorProto.FromString(m.DESCRIPTOR.serialized_pb) for m in KNOWN_FILES]
        with open(f"{folder}/set", "wb") as out:
            out.write(descriptor_pb2.FileDescriptorSet(file=[*known, file]).SerializeToString())
        subprocess.run(["protoc", f"--plugin=protoc-gen-edo={PLUGIN}", f"--descriptor_set_in={folder}/set",
                        f"--edo_out={folder}", "chance.proto"], check=True, timeout=WAIT)
        descs = ", ".join(f'{{ "chance.{m.name}", &chance_{m.name.lower()}_desc }}' for m in file.message_type)
        with open(f"{folder}/descs.h", "w", encoding="ascii") as out:
            out.write(f'#include "chance.edo.h"\nstatic const edo_protobuf_type descs[] = {{ {descs} }};\n')
        debug = ["-DEDO_DEBUG=1"] if "EDO_DEBUG:BOOL=ON" in open(f"{BUILD}/CMakeCache.txt", encoding="utf-8").read() else []
        sanitize = [f"-fsanitize={SANITIZER}"] if SANITIZER else []
        subprocess.run([os.environ.get("CC", "cc"), "-std=c17", "-Wall", "-Wextra", "-Werror", *debug, *sanitize,
                        f"-I{folder}", f"-I{SOURCE}/include", "-o", f"{folder}/program",
                        f"{SOURCE}/tests/protobuf/protos/echo.c", f"{BUILD}/libedo.a", "-lm", "-pthread"],
                       check=True, timeout=10 * WAIT)
        self.process = subprocess.Popen([f"{folder}/program", f"{folder}/set"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, index, what, payload):
        """`what`: b"m" is a message, b"j" JSON. Returns (message, JSON), or None if it was refused."""
        self.process.stdin.write(struct.pack("=BcI", index, what, len(payload)) + payload)
        self.process.stdin.flush()
        parts = []
        for _ in range(2):
            n, = struct.unpack("=i", self.process.stdout.read(4))
            if n < 0:
                return None
            parts.append(self.process.stdout.read(n))
        return parts

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(WAIT) == 0


def bytes_of(msg):
    return msg.SerializeToString(deterministic=True)


def check_message(edo, index, msg):
    wire = bytes_of(msg)
    got = edo.ask(index, b"m", wire)
    assert got is not None, f"refused: {wire!r}"
    assert got[0] == wire, f"\n{wire!r}\n{got[0]!r}"
    again = json_format.Parse(got[1].decode(), type(msg)())
    assert bytes_of(again) == wire, f"{got[1]!r}\n{msg}"
    text = json_format.MessageToJson(msg)
    got = edo.ask(index, b"j", text.encode())
    assert got is not None, f"refused: {text}"
    back = type(msg)()
    back.ParseFromString(got[0])
    assert bytes_of(back) == wire, f"{text}\n{back}"


def check_cuts(edo, index, msg):
    """A cut is a message to both, and the same, or to none."""
    wire = bytes_of(msg)
    for n in range(len(wire)):
        theirs = type(msg)()
        try:
            theirs.ParseFromString(wire[:n])
        except message.DecodeError:
            theirs = None
        got = edo.ask(index, b"m", wire[:n])
        assert (got is None) == (theirs is None), f"{n} of {wire!r}: edo {got}, Python {theirs}"
        if theirs is not None:
            ours = type(msg)()
            ours.ParseFromString(got[0])
            assert bytes_of(ours) == bytes_of(theirs), f"{n} of {wire!r}"


def goes_both_ways(seed):
    chance = random.Random(seed)
    file = random_file(chance)
    pool = descriptor_pool.DescriptorPool()
    for module in KNOWN_FILES:
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    factory = message_factory.MessageFactory(pool)
    with tempfile.TemporaryDirectory() as folder:
        edo = Edo(folder, file)
        for index, described in enumerate(file.message_type):
            kind = factory.GetPrototype(pool.FindMessageTypeByName("chance." + described.name))
            for k in range(40):
                msg = kind()
                fill(chance, msg, 2)
                check_message(edo, index, msg)
                if k % 10 == 0 and msg.ByteSize() < 3000:
                    check_cuts(edo, index, msg)
        edo.end()


def test_random_messages_of_random_descriptors_go_both_ways():
    if not shutil.which("protoc") or not os.path.exists(PLUGIN):
        print("skipped: needs protoc and protoc-gen-edo")
        sys.exit(77)
    for seed in range(rounds(6, 40)):
        try:
            goes_both_ways(seed)
        except BaseException:
            print(f"seed {seed}")
            raise


# ---- Many files --------------------------------------------------------------------------------

def request_of(n):
    """n files, each with a message of three others, and a service."""
    request = plugin_pb2.CodeGeneratorRequest()
    for i in range(n):
        before = range(max(0, i - 3), i)
        file = request.proto_file.add(name=f"many/f{i}.proto", package="many", syntax="proto3")
        file.dependency.extend(f"many/f{j}.proto" for j in before)
        message_type = file.message_type.add(name=f"M{i}")
        for k in range(10):
            message_type.field.add(name=f"word{k}", json_name=f"word{k}", number=k + 1, type=F.TYPE_STRING, label=1)
        for j in before:
            message_type.field.add(name=f"m{j}", json_name=f"m{j}", number=20 + i - j, type=F.TYPE_MESSAGE, label=1,
                                   type_name=f".many.M{j}")
        file.service.add(name=f"S{i}").method.add(name="Do", input_type=f".many.M{i}", output_type=f".many.M{i}")
        request.file_to_generate.append(file.name)
    return request.SerializeToString()


def made_of(n):
    """How many bytes of headers are made of n files, and how much memory that takes, in KiB."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as made:
        given.write(request_of(n))
        given.seek(0)
        process = subprocess.Popen([PLUGIN], stdin=given, stdout=made)
        _, status, used = os.wait4(process.pid, 0)
        assert status == 0, status
        return made.seek(0, 2), used.ru_maxrss


def test_what_many_files_take_grows_with_their_number():
    if not os.path.exists(PLUGIN):
        print("skipped: needs protoc-gen-edo")
        sys.exit(77)
    (few, few_kib), (many, many_kib) = made_of(100), made_of(800)
    assert many < few * 8 * 1.1, (few, many)
    assert SANITIZER or many_kib - few_kib < 700 * 16, (few_kib, many_kib)  # 5 KiB a file


if __name__ == "__main__":
    globals()[sys.argv[1]]()
