# The Unicode database.
import unicodedata as u


def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)


print(u.unidata_version, u.ucd_3_2_0.unidata_version, sorted(n for n in dir(u) if n[0] != "_"))
chars = "aA1é½٣Ⅷ中\u0301\u0660\u200f(\U0001f600\ud800\u0378\u1e9b\uac00\ufb01\n€\U00020000"
for name in "decimal digit numeric category bidirectional combining mirrored east_asian_width decomposition name".split():
    f, old = getattr(u, name), getattr(u.ucd_3_2_0, name)
    print(name, [attempt(f, c) for c in chars], [attempt(old, c) for c in chars[-8:]])
    print(attempt(f), attempt(f, 1), attempt(f, "ab"), attempt(f, None), attempt(f, ""))
print(u.decimal("x", None), u.digit("x", 7), u.numeric("x", -1), u.name("\n", "none"))
for n in ("LATIN SMALL LETTER A", "latin small letter a", "GRINNING FACE", "HANGUL SYLLABLE GAG", "CJK UNIFIED IDEOGRAPH-4E2D", "NUL", "KEYCAP DIGIT ONE", "nope", "LATIN SMALL LETTER R WITH TILDE", "X" * 300, 5):
    print(attempt(u.lookup, n).__repr__()[:80], attempt(u.ucd_3_2_0.lookup, n).__repr__()[:80])
for form in ("NFC", "NFD", "NFKC", "NFKD"):
    for s in ("", "abc", "é", "e\u0301", "\ufb01", "\u1e9b\u0323", "\uac00", "\u1100\u1161", "a\u0301\u0323", "Å\u212b"):
        print(form, ascii(s), ascii(u.normalize(form, s)), u.is_normalized(form, s), ascii(u.ucd_3_2_0.normalize(form, s)), end="; ")
    print()
print(attempt(u.normalize, "X", "a"), attempt(u.is_normalized, "X", "a"), attempt(u.normalize, 1, "a"), attempt(u.normalize, "NFC", 1), attempt(u.normalize, "NFC"), attempt(u.UCD), u.UCD)
print("\N{GREEK SMALL LETTER ALPHA}", sum(u.category(chr(c)) == "Lu" for c in range(0x3000)), hash(u.normalize("NFD", "".join(map(chr, range(0xC0, 0x250))))) != 0)
