# json on the native scanner and encoder.
import json
import _json
from json import JSONDecodeError, JSONDecoder, JSONEncoder


def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e), getattr(e, "__notes__", None)


print(json.decoder.scanstring is _json.scanstring, json.encoder.c_make_encoder is _json.make_encoder, json.scanner.make_scanner is _json.make_scanner)
values = [None, True, False, 0, -1, 2**70, -(2**64), 1.5, -0.0, 1e100, 1e-7, float("inf"), -float("inf"), "", "abc", 'q"\\/\b\f\n\r\t\x00\x1f\x7f\x80é€\ud800\U0001f600', [], {}, [1, [2, [3]]], {"a": 1, "b": [True, None]}, (1, 2), {1: 2, None: 3, True: 4, 1.5: 5, "s": 6}]
for v in values:
    print(ascii(json.dumps(v)), ascii(json.dumps(v, ensure_ascii=False)), ascii(json.dumps(v, indent=2)), ascii(json.dumps(v, indent="\t", separators=(",", ":"))), ascii(json.dumps([v, v], separators=(";", "="))))
    if v == v and not isinstance(v, (tuple, dict)):
        assert json.loads(json.dumps(v)) == v and json.loads(json.dumps(v, ensure_ascii=False)) == v
print(json.dumps(float("nan")), attempt(json.dumps, [float("nan")], allow_nan=False), attempt(json.dumps, {float("inf"): 1}, allow_nan=False))
print(json.dumps({"b": 1, "a": 2}, sort_keys=True), attempt(json.dumps, {1: 2, "a": 3}, sort_keys=True), json.dumps({(1, 2): 3, "a": 1}, skipkeys=True), json.dumps({(1, 2): 3}, skipkeys=True, indent=1), attempt(json.dumps, {(1, 2): 3}))


class A:
    pass


print(attempt(json.dumps, A()), attempt(json.dumps, {"x": [1, A()]}), json.dumps([A()], default=lambda o: {"cls": type(o).__name__}), attempt(json.dumps, A(), default=lambda o: o))
a = []
a.append(a)
d = {}
d["d"] = d
print(attempt(json.dumps, a), attempt(json.dumps, d), attempt(json.dumps, {"k": A()}, default=lambda o: 1 / 0))


class I(int):
    def __repr__(self):
        return "I!"


class F(float):
    def __repr__(self):
        return "F!"


class S(str):
    pass


class D(dict):
    def items(self):
        return [("x", 1), ("y", 2)]


class L(list):
    pass


import enum


class E(enum.IntEnum):
    A = 5


print(json.dumps([I(3), F(2.5), S("s"), L([1]), E.A]), json.dumps(D(z=1)), json.dumps({I(3): 1, F(2.5): 2, S("s"): 3, E.A: 4}), json.dumps({True: 1}))
enc = _json.make_encoder({}, None, _json.encode_basestring_ascii, None, ": ", ", ", False, False, True)
print(enc([1, {"a": 2.5}], 0), bool(enc.markers), enc.default, enc.indent, enc.key_separator, enc.item_separator, enc.sort_keys, enc.skipkeys, attempt(enc), attempt(enc, 1), attempt(enc, object(), 0)[:2], bool(enc.markers))
print(attempt(_json.make_encoder), attempt(_json.make_encoder, 1, None, None, None, "", "", 0, 0, 0), attempt(_json.make_encoder, None, None, None, None, 1, "", 0, 0, 0))
e2 = _json.make_encoder(None, None, lambda o: 3, None, ": ", ", ", False, False, True)
print(attempt(e2, "a", 0), _json.make_encoder(None, None, lambda s: s.upper(), None, ": ", ", ", False, False, True)({"ab": ["c"]}, 0))
print([attempt(_json.encode_basestring, x) for x in ("aé\n", 1, b"")], [attempt(_json.encode_basestring_ascii, x) for x in ("aé\U0001f600\n", 1)])

good = ["null", " true ", "[1, 2 , 3]", "[]", "{}", '{"a" : {"b": [ ]}}', "-0", "-0.0", "1E5", "1e-2", "123456789012345678901234567890", "-12345678901234567", "NaN", "-Infinity", "[Infinity]", '"\\u00e9\\ud83d\\ude00\\ud800x\\"\\/"', '"\u0434"', '{"a":1,"a":2}', '"\\ud83d\\u0041"', "\t\n\r [1]", "1.7976931348623157e309", '"\U0001f600"']
for s in good:
    print(ascii(s), ascii(json.loads(s)), ascii(json.loads(s.encode("utf-8", "surrogatepass"))))
bad = ["", " ", "[", "[1", "[1,", "[1,]", "[1 2]", "{", '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', "{1:2}", "{'a':1}", "nul", "tru", "-", "01", "1.", "1e", ".5", "+1", '"abc', '"\\', '"\\x"', '"\\u12"', '"\\u12g4"', '"\n"', '"\\ud83d\\u12"', "1 2", "[1]x", "\ufeff1", "Nan", '{"a" 1}', '{"a":}', "[,]", '"\\ud83d\\uzzzz"', '["a', "[\n1,\n2,,3]", "{\n\"a\": tru}"]
for s in bad:
    print(ascii(s), attempt(json.loads, s))
print(json.loads('"a\nb"', strict=False), attempt(json.loads, 5), attempt(json.loads, '{"a": 1}', object_hook=lambda d: sorted(d.items())), json.loads('{"a": 1, "b": {"c": 2}}', object_pairs_hook=list), json.loads("[1.5, 2, NaN]", parse_float=str, parse_int=lambda s: s + "i", parse_constant=repr))
print(JSONDecoder().raw_decode('[1] tail'), attempt(JSONDecoder().raw_decode, "x"))
s = JSONDecoder().scan_once
print(attempt(s, "1"), attempt(s, 1, 0), attempt(s, "1", -1), attempt(s, "1", 5), s("[1]", 0), s.strict, s.object_hook, s.parse_float, s.parse_int, s.object_pairs_hook, attempt(_json.make_scanner, 1), attempt(_json.make_scanner))
print(_json.scanstring('abc"x', 0), _json.scanstring('x"a\\n"', 2), attempt(_json.scanstring, "a", 5), attempt(_json.scanstring, "a", -1), attempt(_json.scanstring, 1, 2), attempt(_json.scanstring), attempt(_json.scanstring, '"', 0, strict=True), _json.scanstring('a\n"', 0, False))
k = json.loads('[{"key": 1}, {"key": 2}]')
print(list(k[0])[0] is list(k[1])[0], attempt(json.loads, "[" * 100000)[0], attempt(json.loads, '{"a":' * 100000)[0])
deep = []
for _ in range(100000):
    deep = [deep]
print(attempt(json.dumps, deep, check_circular=False)[0])
big = {"items": [{"id": i, "name": f"n{i}", "v": i / 7, "tags": ["a", "b"], "ok": None} for i in range(2000)]}
t = json.dumps(big)
print(len(t), json.loads(t) == big, len(json.dumps(big, indent=4)), json.loads(json.dumps(big, indent=4)) == big)
print("".join(JSONEncoder(indent=1).iterencode({"a": [1, {"b": 2}]})) == json.dumps({"a": [1, {"b": 2}]}, indent=1))
try:
    json.loads('{\n "a": x}')
except JSONDecodeError as e:
    print(e.msg, e.pos, e.lineno, e.colno, e.doc == '{\n "a": x}')
