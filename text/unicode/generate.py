"""Writes the Unicode tables of this crate: tables.rs and names.bin.

Run with the reference interpreter, whose Unicode version is the one wanted, from the repository root:

    python3.14 text/unicode/generate.py

Properties come from `unicodedata` and from the methods of `str`; name aliases and named sequences, which cannot be
enumerated that way, from the Unicode files in data/ (each is checked with `unicodedata.lookup`).
"""

import _sre
import os
import struct
import unicodedata as ud
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
ALL = range(0x110000)

CATEGORIES = ["Cn", "Lu", "Ll", "Lt", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Lm", "Lo", "Pc", "Pd",
              "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So"]
BIDI = ["", "L", "LRE", "LRO", "R", "AL", "RLE", "RLO", "PDF", "EN", "ES", "ET", "AN", "CS", "NSM", "BN", "B", "S", "WS", "ON", "LRI", "RLI",
        "FSI", "PDI"]
WIDTHS = ["F", "H", "W", "Na", "A", "N"]
FLAGS = ["ALPHA", "LOWER", "TITLE", "UPPER", "XID_START", "XID_CONTINUE", "PRINTABLE", "SPACE", "LINE_BREAK", "NUMERIC", "CASED",
         "CASE_IGNORABLE", "SPECIAL_CASE", "DECIMAL", "DIGIT"]
NORM_FLAGS = ["MIRRORED", "NFD_NO", "NFKD_NO", "NFC_NO", "NFKC_NO", "NFC_MAYBE", "DECOMPOSES"]


def two_level(values):
    """The smallest pair of arrays with values[i] == second[first[i >> shift] << shift | i & mask]."""
    best = None
    for shift in range(4, 10):
        size = 1 << shift
        blocks, first, second = {}, [], []
        for at in range(0, len(values), size):
            block = tuple(values[at:at + size])
            if block not in blocks:
                blocks[block] = len(blocks)
                second.extend(block)
            first.append(blocks[block])
        cost = len(first) * (1 if len(blocks) <= 256 else 2) + len(second) * (1 if max(values) < 256 else 2)
        if best is None or cost < best[0]:
            best = cost, shift, first, second
    return best


class Output:
    def __init__(self):
        self.lines = []
        self.total = 0

    def array(self, name, type, values, bytes_each, doc):
        values = list(values)
        self.total += len(values) * bytes_each
        self.lines.append(f"\n/// {doc}\npub static {name}: [{type}; {len(values)}] = [")
        line = ""
        for v in values:
            item = f"{v},"
            if len(line) + len(item) > 138:
                self.lines.append(line)
                line = ""
            line += item
        self.lines += [line, "];"]

    def integers(self, name, values, doc):
        top = max(values)
        type, size = ("u8", 1) if top < 256 else ("u16", 2) if top < 65536 else ("u32", 4)
        self.array(name, type, values, size, doc)

    def two_level(self, name, values, doc):
        cost, shift, first, second = two_level(values)
        self.lines.append(f"\n/// Block size of {name}, as a shift.\npub const {name}_SHIFT: u32 = {shift};")
        self.integers(f"{name}_BLOCKS", first, f"Which block of {name}_VALUES describes each block of code points.")
        self.integers(f"{name}_VALUES", second, doc)


def intern(records):
    index, unique, values = {}, [], []
    for record in records:
        if record not in index:
            index[record] = len(unique)
            unique.append(record)
        values.append(index[record])
    return unique, values


def single(c, mapped):
    return ord(mapped) - c if len(mapped) == 1 else 0


def character_tables(out):
    # Simple upper-case mappings that full ones hide: the title-case ligatures with iota and the like.
    from_lower = {}
    for c in ALL:
        low = _sre.unicode_tolower(c)
        if low != c:
            from_lower.setdefault(low, c)
    special, numeric = {}, {}

    def record(c):
        ch = chr(c)
        lower = _sre.unicode_tolower(c)
        upper = ord(ch.upper()) if len(ch.upper()) == 1 else from_lower.get(c, c)
        title = ord(ch.title()) if len(ch.title()) == 1 else upper
        found = []
        for kind, full, simple in ((0, ch.lower(), lower), (1, ch.title(), title), (2, ch.upper(), upper), (3, ch.casefold(), lower)):
            if c != 0x3a3 and full != chr(simple):
                special[c << 2 | kind] = [ord(x) for x in full]
                found.append(kind)
        one = ("a\u03a3" + ch).lower()[1] == "\u03c3"
        two = ("a\u03a3" + ch + "a").lower()[1] == "\u03c3"
        decimal, digit = ud.decimal(ch, 255), ud.digit(ch, 255)
        if ud.numeric(ch, None) is not None:
            numeric[c] = ud.numeric(ch)
        flags = [ch.isalpha(), ch.islower(), ch.istitle() and ud.category(ch) == "Lt", ch.isupper(), ch.isidentifier(), ("a" + ch).isidentifier(), ch.isprintable(),
                 ch.isspace(), len(("a" + ch + "b").splitlines()) == 2, ch.isnumeric(), (ch + "a").title()[-1] == "a", two and not one, bool(found),
                 ch.isdecimal(), ch.isdigit()]
        bits = sum(1 << i for i, f in enumerate(flags) if f)
        return bits, upper - c, lower - c, title - c, decimal, digit

    records, values = intern(record(c) for c in ALL)
    out.two_level("CHAR", values, "Index into CHAR_RECORDS.")
    out.array("CHAR_RECORDS", "CharRecord", (
        "CharRecord{flags:%d,upper:%d,lower:%d,title:%d,decimal:%d,digit:%d}" % r for r in records), 20,
        "Type and case mappings of characters.")
    keys = sorted(special)
    out.array("SPECIAL_CASE_KEYS", "u32", keys, 4, "Code point << 2 | 0 lower, 1 title, 2 upper, 3 fold.")
    out.array("SPECIAL_CASE_VALUES", "[u32; 3]", ("[%d,%d,%d]" % tuple((special[k] + [0, 0])[:3]) for k in keys), 12,
              "The full mapping, padded with zeros.")
    numbers, indices = intern(numeric[c] for c in sorted(numeric))
    out.array("NUMERIC_KEYS", "u32", sorted(numeric), 4, "Code points with a numeric value.")
    out.integers("NUMERIC_INDEX", indices, "Index into NUMERIC_VALUES.")
    out.array("NUMERIC_VALUES", "f64", (repr(float(n)) for n in numbers), 8, "Numeric values.")


def normalization_tables(out):
    raw, pairs, seconds = {}, [], set()
    for c in ALL:
        ch = chr(c)
        decomposition = ud.decomposition(ch)
        if decomposition and not 0xac00 <= c <= 0xd7a3:
            parts = decomposition.split()
            tag = parts.pop(0) if parts[0].startswith("<") else ""
            raw[c] = tag, [int(p, 16) for p in parts]
            if not tag and len(parts) == 2 and ud.normalize("NFC", ch) == ch:
                a, b = raw[c][1]
                pairs.append((a << 32 | b, c))
                seconds.add(b)
    seconds.update(range(0x1161, 0x1176))
    seconds.update(range(0x11a8, 0x11c3))

    def record(c):
        ch = chr(c)
        flags = [ud.mirrored(ch)] + [ud.normalize(f, ch) != ch for f in ("NFD", "NFKD", "NFC", "NFKC")] + [c in seconds, c in raw]
        return (CATEGORIES.index(ud.category(ch)), BIDI.index(ud.bidirectional(ch)), ud.combining(ch), WIDTHS.index(ud.east_asian_width(ch)),
                sum(1 << i for i, f in enumerate(flags) if f))

    records, values = intern(record(c) for c in ALL)
    out.two_level("DATA", values, "Index into DATA_RECORDS.")
    out.array("DATA_RECORDS", "DataRecord", (
        "DataRecord{category:%d,bidirectional:%d,combining:%d,width:%d,flags:%d}" % r for r in records), 5,
        "Properties of the character database.")
    tags = sorted({tag for tag, _ in raw.values()})
    out.lines.append(f"\n/// Kinds of decomposition; the first is canonical.\npub static DECOMPOSITION_TAGS: [&str; {len(tags)}] = "
                     "[%s];" % ", ".join(f'"{t}"' for t in tags))
    units, starts, unit_index = [], [], {}
    for c in sorted(raw):
        tag, points = raw[c]
        encoded = "".join(map(chr, points)).encode("utf-16-le", "surrogatepass")
        encoded = [tags.index(tag) << 8 | len(encoded) // 2] + list(struct.unpack(f"<{len(encoded) // 2}H", encoded))
        at = unit_index.setdefault(tuple(encoded), len(units))
        if at == len(units):
            units += encoded
        starts.append(at)
    out.array("DECOMPOSITION_KEYS", "u32", sorted(raw), 4, "Code points with a decomposition in the database (Hangul has none there).")
    out.integers("DECOMPOSITION_STARTS", starts, "Where each one's decomposition starts in DECOMPOSITION_UNITS.")
    out.integers("DECOMPOSITION_UNITS", units, "Tag << 8 | length, then that many UTF-16 units.")
    pairs.sort()
    out.array("COMPOSITION_KEYS", "u64", (k for k, _ in pairs), 8, "First << 32 | second of every primary composite.")
    out.array("COMPOSITION_VALUES", "u32", (v for _, v in pairs), 4, "The composites.")


def old_tables(out):
    """Where Unicode 3.2 differs: what encodings.idna and stringprep ask for."""
    old = ud.ucd_3_2_0

    def differences(new, old):
        runs = []
        for c in ALL:
            a, b = new(chr(c)), old(chr(c))
            if a == b:
                continue
            if runs and runs[-1][1] == c - 1 and runs[-1][2] == b:
                runs[-1][1] = c
            else:
                runs.append([c, c, b])
        return runs

    def record(db):
        return lambda ch: (CATEGORIES.index(db.category(ch)), BIDI.index(db.bidirectional(ch)), db.combining(ch),
                           WIDTHS.index(db.east_asian_width(ch)), int(db.mirrored(ch)))

    runs = differences(record(ud), record(old))
    out.array("OLD_RECORDS", "(u32, u32, DataRecord)", (
        "(%d,%d,DataRecord{category:%d,bidirectional:%d,combining:%d,width:%d,flags:%d})" % (a, b, *r) for a, b, r in runs), 16,
        "Ranges of code points whose properties in Unicode 3.2 differ, with what they were.")
    # Nobody but normalization asks for these; a changed decomposition is one of a handful of corrections.
    fixed = [(c, ord(old.normalize("NFD", chr(c)))) for c in ALL
             if old.category(chr(c)) != "Cn" and old.normalize("NFD", chr(c)) != ud.normalize("NFD", chr(c))]
    out.array("OLD_DECOMPOSITIONS", "(u32, u32)", ("(%d,%d)" % p for p in fixed), 8, "Canonical mappings that were corrected after Unicode 3.2.")
    numeric = [(c, old.numeric(chr(c), -1.0)) for c in ALL
               if old.category(chr(c)) != "Cn" and old.numeric(chr(c), -1.0) != ud.numeric(chr(c), -1.0)]
    out.array("OLD_NUMERIC", "(u32, f64)", ("(%d,%r)" % (c, float(v)) for c, v in numeric), 16, "Numeric values in Unicode 3.2 that differ; -1 for none.")


def name_tables():
    """names.bin: see names.rs for the layout."""
    names = {c: ud.name(chr(c)) for c in ALL if ud.name(chr(c), "") and not 0xac00 <= c <= 0xd7a3}
    # Names of the form PREFIX-HEX in runs.
    runs = []
    for c in sorted(names):
        if not names[c].endswith("-%04X" % c):
            continue
        prefix = names[c][:-len("%04X" % c)]
        del names[c]
        if runs and runs[-1][1] == c - 1 and runs[-1][2] == prefix:
            runs[-1][1] = c
        else:
            runs.append([c, c, prefix])

    entries = [((c,), name) for c, name in sorted(names.items())]
    extra = []
    for line in open(os.path.join(HERE, "data", "NameAliases.txt"), encoding="utf-8"):
        if line.strip() and not line.startswith("#"):
            point, name, _ = line.split(";")
            assert ord(ud.lookup(name)) == int(point, 16), name
            extra.append(((int(point, 16),), name))
    for line in open(os.path.join(HERE, "data", "NamedSequences.txt"), encoding="utf-8"):
        if line.strip() and not line.startswith("#"):
            name, points = line.strip().split(";")
            points = tuple(int(p, 16) for p in points.split())
            assert ud.lookup(name) == "".join(map(chr, points)), name
            extra.append((points, name))

    words = Counter(w for _, name in entries + extra for w in name.split(" "))
    # The most frequent words take one byte, the others two.
    ordered = [w for w, _ in sorted(words.items(), key=lambda p: (-p[1], p[0]))]
    one = 256 - -(-len(ordered) // 256) - 1
    number = {w: i for i, w in enumerate(ordered)}

    def encode(name):
        tokens = []
        for w in name.split(" "):
            i = number[w]
            tokens.append(bytes([i]) if i < one else bytes([one + (i - one >> 8), i - one & 255]))
        return bytes([len(tokens)]) + b"".join(tokens)

    encoded = [encode(name) for _, name in entries + extra]
    stride = 16
    offsets, at = [], 0
    for i, e in enumerate(encoded):
        if i % stride == 0:
            offsets.append(at)
        at += len(e)
    points = []
    for c, _ in entries:
        if points and points[-1][0] + points[-1][1] == c[0]:
            points[-1][1] += 1
        else:
            points.append([c[0], 1])
    firsts, first = [], 0
    for _, count in points:
        firsts.append(first)
        first += count
    by_name = sorted(range(len(encoded)), key=lambda i: (entries + extra)[i][1])
    sequences, targets = [], []
    for p, _ in extra:
        targets.append(len(sequences))
        sequences += [len(p), *p]

    def pack(format, values):
        return struct.pack(f"<{len(values)}{format}", *values)

    spelled = b"".join(w.encode() for w in ordered)
    word_offsets, end = [], 0
    for i, w in enumerate(ordered):
        if i % stride == 0:
            word_offsets.append(end)
        end += len(w)
    assert len(encoded) < 65536 and len(ordered) < 65536 and max(map(len, ordered)) < 256
    sections = [
        pack("I", [one, len(entries), stride]),
        pack("I", offsets), b"".join(encoded),
        pack("I", word_offsets), bytes(map(len, ordered)), spelled,
        b"".join(struct.pack("<III", c, n, f) for (c, n), f in zip(points, firsts)),
        pack("H", by_name), pack("I", targets), pack("I", sequences),
        b"".join(struct.pack("<II", a, b) for a, b, _ in runs),
        "\0".join(p for _, _, p in runs).encode(),
    ]
    header, at = b"", 4 * (len(sections) + 1)
    for s in sections:
        header += struct.pack("<I", at)
        at += len(s)
    header += struct.pack("<I", at)
    data = header + b"".join(sections)
    with open(os.path.join(HERE, "names.bin"), "wb") as f:
        f.write(data)
    print("names.bin", len(data), [len(s) for s in sections], len(ordered), "words", one)


def main():
    out = Output()
    out.lines.append(f"""//! Unicode {ud.unidata_version} tables; written by generate.py, do not edit.

use super::{{CharRecord, DataRecord}};

/// The version of the tables.
pub const VERSION: &str = "{ud.unidata_version}";

/// Names of the general categories, indexed by [`DataRecord::category`].
pub static CATEGORIES: [&str; {len(CATEGORIES)}] = {str(CATEGORIES).replace("'", '"')};

/// Names of the bidirectional classes.
pub static BIDI: [&str; {len(BIDI)}] = {str(BIDI).replace("'", '"')};

/// Names of the East Asian widths.
pub static WIDTHS: [&str; {len(WIDTHS)}] = {str(WIDTHS).replace("'", '"')};
""")
    for i, name in enumerate(FLAGS):
        out.lines.append(f"/// A bit of [`CharRecord::flags`].\npub const {name}: u16 = {1 << i};")
    for i, name in enumerate(NORM_FLAGS):
        out.lines.append(f"/// A bit of [`DataRecord::flags`].\npub const {name}: u8 = {1 << i};")
    character_tables(out)
    normalization_tables(out)
    old_tables(out)
    with open(os.path.join(HERE, "tables.rs"), "w", newline="\n") as f:
        f.write("\n".join(out.lines) + "\n")
    print("tables.rs holds about", out.total, "bytes of tables")
    name_tables()


if __name__ == "__main__":
    main()
