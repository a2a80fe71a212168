# SPDX-License-Identifier: MIT
"""Checks values against schemas of an OpenAPI document, by the words that edo_openapi_print() uses; a
word that it does not know is a failure of the test."""
import re

KNOWN = {"$ref", "type", "description", "default", "format", "contentEncoding", "minimum", "maximum", "minLength",
         "maxLength", "pattern", "items", "minItems", "maxItems", "properties", "required", "additionalProperties",
         "minProperties", "maxProperties", "enum", "oneOf", "allOf"}
# RFC 3339, with its seconds in a fraction as ISO 8601 has them in a duration, too.
FORMATS = {
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
    "duration": r"-?P(?=.)(\d+W|(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?)",
    "password": r"(?s:.*)",
}
TYPES = {"string": str, "object": dict, "array": list, "boolean": bool}


def is_type(value, name):
    if name in ("integer", "number"):
        return not isinstance(value, bool) and isinstance(value, int if name == "integer" else (int, float))
    return isinstance(value, TYPES[name])


def in_bounds(n, schema, least, most):
    return schema.get(least, n) <= n <= schema.get(most, n)


def fits(value, schema, doc):
    """Returns why the value does not fit the schema, or None."""
    if schema is True:
        return None
    unknown = set(schema) - KNOWN
    assert not unknown, f"unknown words {unknown}"
    if "$ref" in schema:
        return fits(value, doc["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], doc)
    for part in schema.get("allOf", []):
        if why := fits(value, part, doc):
            return why
    if "oneOf" in schema and sum(fits(value, part, doc) is None for part in schema["oneOf"]) != 1:
        return f"{value!r} is not one of {schema['oneOf']}"
    if "type" in schema and not is_type(value, schema["type"]):
        return f"{value!r} is no {schema['type']}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{value!r} is none of {schema['enum']}"
    if is_type(value, "number") and not in_bounds(value, schema, "minimum", "maximum"):
        return f"{value} is out of range"
    if isinstance(value, str):
        if not in_bounds(len(value), schema, "minLength", "maxLength"):
            return f"{value!r} has a bad length"
        if "format" in schema and not re.fullmatch(FORMATS[schema["format"]], value):
            return f"{value!r} is no {schema['format']}"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return f"{value!r} does not match {schema['pattern']}"
    if isinstance(value, list):
        if not in_bounds(len(value), schema, "minItems", "maxItems"):
            return f"{len(value)} items"
        return next((why for item in value if (why := fits(item, schema["items"], doc))), None)
    return fits_object(value, schema, doc) if isinstance(value, dict) else None


def fits_object(value, schema, doc):
    known = schema.get("properties", {})
    rest = schema.get("additionalProperties", True)
    if missing := set(schema.get("required", [])) - set(value):
        return f"{missing} is missing"
    if not in_bounds(len(value), schema, "minProperties", "maxProperties"):
        return f"{len(value)} members"
    for name, member in value.items():
        if name not in known and rest is False:
            return f"{name} is not known"
        if why := fits(member, known.get(name, rest), doc):
            return f"{name}: {why}"
    return None


def response_of(doc, path, method, status):
    """The schema and the content type that a response is said to have."""
    replies = doc["paths"][path][method]["responses"]
    reply = replies.get(str(status), replies["default"])
    if "$ref" in reply:
        reply = doc["components"]["responses"][reply["$ref"].rsplit("/", 1)[1]]
    ((content_type, content),) = reply["content"].items()
    return content_type, content["schema"]
