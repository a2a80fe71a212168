# SPDX-License-Identifier: MIT
"""Pages of random templates, read by html5lib, which follows the HTML standard: with hostile values they have
the elements and attributes that they have with harmless ones, the same code, and addresses of the same schemes.
html5lib knows nothing of what edo's compiler knows.

By hand: template_peers_test.py PROGRAM SEED NUMBER tries so many templates."""
import contextlib
import importlib.util
import os
import random
import re
import struct
import subprocess
import sys
import urllib.parse

# Debian's Python modules are found by Debian's Python.
DEBIAN_PYTHON = "/usr/bin/python3"

PLAIN = "abc"
HOSTILE = ['"><script>x()</script>', "javascript:x()", "--", "-->", "--!><b>", "]]>", "' onx='y", "' onx=y a='", "&#106;x", "&quot;",
           "</title><b>", "</textarea><b>", "</script><b>", "</noscript><b>", "</svg><b>", "<b>", "<!--", ":x()",
           "script:x()", "/evil.test/", "//evil.test/", "\\evil.test", "/textarea ", "cript ", "on", "=x ", "a\n<b c",
           "data:text/html,x", "&", "#", "b\0c", "`", "{{x}}", "%27", "\\27", "url(x)", "JaVaScRiPt:x()", "\x01javascript:x()"]
NO_TEXT = ["", "\n", " "]
NUMBERS = [39, 60, -5, 0]
NAMES = ["p", "a", "b", "div", "img", "script", "style", "textarea", "title", "svg", "math", "select", "option", "noscript",
         "table", "td", "input", "form", "object", "iframe", "xmp", "desc", "foreignObject", "mi", "animate", "base", "link",
         "meta", "s", "noembed", "plaintext", "body", "head", "frameset", "button", "pre", "li", "template", "font", "br", "col", "colgroup",
         "template"]
ATTRIBUTES = ["href", "src", "title", "class", "style", "onclick", "type", "action", "data", "content", "http-equiv", "to",
              "values", "from", "formaction", "xlink:href", "srcdoc", "id", "value", "data-href", "on", "rel", "cite", "poster"]
VALUES = ["{{x}}", "{{y}}", "{{n}}", "{{pic}}", "{{@x}}", "{{@items}}", "{{yes}}", "{{items_n}}"]
URLS = ["", "/", "//", "/a", "https://h/", "https://", "http", "java", "javascript:", "data:image/png;base64,", "data:", "?", "#",
        ":", "a/", "&#106;", "&", "&amp;", "&a=", "mailto:", "script:", "\\", " ", "\t", ".", "&colon;", "http{{#yes}}s{{/yes}}:", "s"]
TYPES = ["application/json", "text/javascript", "module", "a+json", "application/ld+json; a", "x;+json", "", "json"]
SOUP = ["<", "</", ">", "/>", "/", "=", '"', "'", " ", "\n", "<!--", "-->", "--", "-", "!", "<!", "<?", "<!-", "]]>", "<![CDATA[",
        "&", "&#", ";", ":", "script", "</script>", "</style>", "</title>", "</textarea>", "</svg>", "</select>", "</noscript>",
        "{{! c }}", "a", "b", "type=", "onclick=", "href=", "\0", "é", "`", "<script>", "<style>", "<textarea>", "<title>",
        "</math>", "<svg>", "<p", "<a href='", "</", "x='", "cript", "area", "text"]


def need_html5lib():
    """Runs this test again by Debian's Python if ours has no such module."""
    if importlib.util.find_spec("html5lib"):
        return
    if (sys.executable != DEBIAN_PYTHON or sys.flags.no_site) and os.path.exists(DEBIAN_PYTHON):
        os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, "-B", *sys.argv])
    print("skipped: Python has no html5lib")
    sys.exit(77)


# ---- Templates ---------------------------------------------------------------------------------


class Maker:
    """A template by a seed. What it makes is mostly right, with errors sown in."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.deep = 0

    def one_of(self, *makers):
        return self.r.choice(makers)()

    def section(self, of):
        self.deep += 1
        body = of()
        self.deep -= 1
        name = self.r.choice(["yes", "no", "items"])
        sigil = self.r.choice("#^" if name != "items" else "##^")
        if name == "items" and sigil == "#":
            body = body.replace("{{x}}", "{{name}}")
        if self.r.random() < 0.3:
            other = of()
            if name == "items" and sigil == "^":
                other = other.replace("{{x}}", "{{name}}")
            body += f"{{{{/{name}}}}}{{{{{'^' if sigil == '#' else '#'}{name}}}}}{other}"
        return f"{{{{{sigil}{name}}}}}{body}{{{{/{name}}}}}"

    def maybe(self, of):
        """In a section now and then."""
        if self.deep < 3 and self.r.random() < 0.2:
            return self.section(of)
        return of()

    def value(self):
        return self.r.choice(VALUES)

    def words(self):
        return self.maybe(lambda: "".join(self.r.choice(["a", " ", "{{x}}", "{{n}}", "b ", "{{y}}", "&amp;", "&", "1"])
                                          for _ in range(self.r.randint(0, 3))))

    def address(self):
        return "".join(self.maybe(lambda: self.r.choice(URLS + VALUES[:2])) for _ in range(self.r.randint(1, 3))) \
            + self.r.choice(["", "{{x}}", "{{y}}", "{{pic}}"])

    def attribute(self):
        name = self.r.choice(ATTRIBUTES)
        if name in ("href", "src", "action", "data", "formaction", "xlink:href", "cite", "poster"):
            value = self.address()
        elif name == "type":
            value = self.r.choice(TYPES)
        elif name in ("style", "onclick"):
            value = self.r.choice(["a: {{n}}", "go({{n}})", "a{{x}}", "&#{{n}};", "\\{{n}}", "b", "&bsol;{{n}}",
                                   "&quot;{{n}}&quot;", "{{#no}}&bsol{{/no}};{{n}}"])
        else:
            value = self.words()
        quote = self.r.choice(['"', '"', '"', "'", "'", ""])
        if not quote:
            value = self.r.choice(["a", "1", "b/", value])
        return self.r.choice([f"{name}={quote}{value}{quote}"] * 6 + [name, f"{name} = {quote}{value}{quote}"])

    def attributes(self):
        return "".join(self.maybe(lambda: self.r.choice([" ", " ", " ", " ", "\n", "", "/"]) + self.attribute())
                       for _ in range(self.r.choice([0, 0, 1, 1, 2, 3])))

    def element(self):
        name = self.r.choice(NAMES)
        if self.r.random() < 0.1:
            name = name.upper()
        inner = self.words() if name in ("title", "textarea", "option") else self.r.choice(
            ["{{@x}}", "{{n}}", "a", "a<b", "<!-- x", "{{x}}"]) if name in ("script", "style") else self.content()
        if name == "script" and self.r.random() < 0.7:
            return f"<script type='{self.r.choice(TYPES)}'{self.attributes()}>{inner}</script>"
        end = self.r.choice([f"</{name}>"] * 8 + ["", f"</{name} >", "</svg>", f"</{name}/>"])
        return f"<{name}{self.attributes()}{self.r.choice([''] * 8 + ['/', ' '])}>{inner}{end}"

    def soup(self):
        return "".join(self.maybe(lambda: self.r.choice(SOUP)) for _ in range(self.r.randint(1, 4)))

    def comment(self):
        return f"<!--{self.r.choice(['', ' ', '-', ' a ', '{{x}}', '>', '{{#yes}} b {{/yes}}'])}{self.r.choice(['-->', '--!>', '-->', '>'])}"

    def partial(self):
        return self.r.choice(["{{>p}}", "{{>q}}"])

    def content(self):
        if self.deep > 3:
            return self.words()
        self.deep += 1
        makers = [self.words, self.words, self.element, self.element, self.element, self.comment, self.partial, self.value]
        if self.r.random() < 0.25:
            makers.append(self.soup)
        made = "".join(self.maybe(lambda: self.one_of(*makers)) for _ in range(self.r.randint(0, 3)))
        self.deep -= 1
        return made

    def damaged(self, text):
        """The template with a part lost, repeated, or split by a tag that prints nothing; its tags stay whole."""
        parts = re.split(r"(\{\{.*?\}\}|[a-zA-Z]+)", text)
        for _ in range(self.r.choice([0, 0, 1, 2])):
            i = self.r.randrange(len(parts))
            if parts[i].startswith("{{") or not parts[i]:
                continue
            cut = self.r.randint(0, len(parts[i]))
            parts[i] = parts[i][:cut] + self.r.choice(["{{! c }}", "{{#no}}{{/no}}", "{{#no}} a{{/no}}", "{{#items}} a{{/items}}", "", "",
                                                       self.r.choice(SOUP), "{{x}}", "{{>p}}"]) + \
                parts[i][cut + self.r.choice([0, 0, 1]):]
        return "".join(parts)

    def texts(self):
        texts = [self.damaged("".join(self.one_of(self.element, self.content) for _ in range(self.r.randint(1, 3))))]
        for _ in "pq":
            texts.append(self.r.choice(["", "a", "{{x}}", " ", self.words(), self.attributes(), self.comment(), self.content()]))
        if self.r.random() < 0.15:
            texts[0] = self.soup() + "{{x}}" + self.soup() + self.content() + "{{n}}"
        return [t.encode() for t in texts]


# ---- Pages -------------------------------------------------------------------------------------


class Pages:
    """The program that compiles and renders."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def number(self):
        return struct.unpack("=I", self.process.stdout.read(4))[0]

    def text(self):
        return self.process.stdout.read(self.number())

    def of(self, texts, values):
        """The pages; None and why the template is refused."""
        out = b"".join(struct.pack("=I", len(t)) + t for t in texts) + struct.pack("=I", len(values))
        for x, y, n, flags in values:
            for t in (x.encode(), y.encode()):
                out += struct.pack("=I", len(t)) + t
            out += struct.pack("=iI", n, flags)
        self.process.stdin.write(out)
        self.process.stdin.flush()
        n = self.number()
        if n == 0:
            return None, self.text().decode(errors="replace")
        return [self.text() for _ in range(n)], None

    def close(self):
        self.process.stdin.close()
        status = self.process.wait()
        assert status == 0, status


@contextlib.contextmanager
def pages_of(program):
    pages = Pages(program)
    yield pages
    pages.close()


# ---- What html5lib reads -----------------------------------------------------------------------

ADDRESSES = {"href", "src", "action", "formaction", "data", "cite", "poster", "{http://www.w3.org/1999/xlink}href"}
EARLY = ("frameset", "head")  # such a tag is dropped where text stands before it
NUMBER = re.compile(r"[-0-9]+|true|false")


def scheme_of(address):
    plain = re.sub(r"[\t\n\r]", "", address.lstrip("".join(map(chr, range(33)))))
    found = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*):", plain)
    return found.group(1).lower() if found else ""


def origin_of(address):
    plain = re.sub(r"[\t\n\r]", "", address.strip("".join(map(chr, range(33))))).replace("\\", "/")
    with contextlib.suppress(ValueError):
        return urllib.parse.urlsplit(urllib.parse.urljoin("https://self.test/a/", plain))[:2]
    return "none"


def is_code(element, name, attributes):
    return (name.startswith("on") and len(name) > 2) or name in ("style", "srcdoc", "charset") or \
        (element, name) in (("meta", "http-equiv"), ("link", "rel")) or \
        (element in ("animate", "set") and name in ("to", "from", "by", "values")) or \
        (element == "meta" and name == "content" and "http-equiv" in attributes)


def is_address(element, name):
    return name in ADDRESSES and (name != "action" or element == "form") and (name != "data" or element == "object")


class Seen:
    """What must be the same for all values."""

    def __init__(self, page, scripting):
        import html5lib  # noqa: PLC0415

        parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
        tree = parser.parse(page, transport_encoding="utf-8", scripting=scripting)
        self.elements, self.code, self.addresses = [], [], []
        self.marks = []  # of HTML, in scripts of JSON
        self.walk(tree)

    def walk(self, node):
        if not isinstance(node.tag, str):
            self.elements.append(("#", node.text))
            return
        name = node.tag.rsplit("}", 1)[-1].lower()
        self.elements.append((node.tag, *sorted(k for k in node.attrib)))
        for key, value in sorted(node.attrib.items()):
            if is_code(name, key, node.attrib):
                self.code.append((name, key, NUMBER.sub("0", value)))
            elif is_address(name, key):
                self.addresses.append((name, key, value))
                if (name == "script" and key.endswith(("src", "href"))) or (name, key) == ("base", "href"):
                    self.code.append((name, key, origin_of(value)))
        text = node.text or ""
        if name == "script" and re.search(r"[/+]json *(;|$)", node.attrib.get("type", "")):
            self.marks.append(re.sub("[^<>&]", "", text))
        elif name in ("script", "style"):
            self.code.append((name, NUMBER.sub("0", text + "".join(c.tail or "" for c in node))))
        for child in node:
            self.walk(child)
        self.elements.append(("/", node.tag))


def compare(plain, seen, has_text):
    """What is wrong with a page of hostile values."""
    if has_text and plain.elements != seen.elements:
        return f"elements: {plain.elements} and {seen.elements}"
    if has_text and plain.marks != seen.marks:
        return f"marks in JSON: {plain.marks} and {seen.marks}"
    more = {e for e in set(seen.elements) - set(plain.elements) if "frameset" not in e and e[0] not in EARLY}
    if more:
        return f"more elements: {more}"
    more = {c for c in set(seen.code) - set(plain.code) if c[0] not in EARLY}
    if more or (has_text and plain.code != seen.code):
        return f"code: {plain.code} and {seen.code}"
    schemes = {scheme_of(a[2]) for a in plain.addresses} | {"", "http", "https", "mailto"}
    for name, key, address in seen.addresses:
        if scheme_of(address) not in schemes:
            return f"the scheme of {name} {key}={address!r}"
    return None


def check(pages, seed, counts):
    maker = Maker(seed)
    texts = maker.texts()
    r = maker.r
    rows = []
    flags = [r.choice([0, 1, 2, 3]) | r.choice([0, 4, 8]) for _ in range(2)]
    for f in flags:
        rows.append((PLAIN, PLAIN, 1, f, True))
        for _ in range(3):
            rows.append((r.choice(HOSTILE), r.choice(HOSTILE), r.choice(NUMBERS), f, True))
        rows.append((r.choice(NO_TEXT), r.choice(HOSTILE + NO_TEXT), 1, f, False))
    made, why = pages.of(texts, [row[:4] for row in rows])
    counts["refused" if why else "compiled"] += 1
    if why:
        why = re.sub(r"^.*?:\d+:\d+: |\"[^\"]*\":.*|: Invalid.*", "", why)
        counts["why"][why] = counts["why"].get(why, 0) + 1
        return
    if not any(b"{{" in t for t in texts):
        return
    for scripting in (False, True):
        plain = None
        for row, page in zip(rows, made):
            seen = Seen(page, scripting)
            if row[0] == PLAIN:
                plain = seen
                continue
            wrong = compare(plain, seen, row[4])
            assert not wrong, f"seed {seed}: {texts}\nwith {row}, scripting {scripting}: {page}\n{wrong}"


def check_many(program, seeds):
    counts = {"compiled": 0, "refused": 0, "why": {}}
    with pages_of(program) as pages:
        for seed in seeds:
            check(pages, seed, counts)
    return counts


def test_hostile_values_change_no_element_code_or_scheme():
    need_html5lib()
    counts = check_many(os.environ["EDO_BUILD_DIR"] + "/tests/edo-template-pages", range(400))
    assert counts["compiled"] > 100 and counts["refused"] > 100, counts


if __name__ == "__main__":
    if len(sys.argv) == 4:
        need_html5lib()
        print(check_many(sys.argv[1], range(int(sys.argv[2]), int(sys.argv[2]) + int(sys.argv[3]))))
    else:
        globals()[sys.argv[1]]()
