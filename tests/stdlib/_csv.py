import _csv

_csv.register_dialect("excel")


class io:
    class StringIO:
        def __init__(self):
            self.s = ""

        def write(self, t):
            self.s += t
            return len(t)

        def getvalue(self):
            return self.s

def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)
rd=lambda lines,*a,**k: list(_csv.reader(lines,*a,**k))
for f in (lambda:rd(5), lambda:rd([1]), lambda:rd([b"a"]), lambda:_csv.reader(), lambda:_csv.reader([],"nope"), lambda:_csv.reader([],foo=1), lambda:_csv.reader([],delimiter="ab"),lambda:_csv.reader([],delimiter=""),lambda:_csv.reader([],delimiter=1),lambda:_csv.reader([],delimiter=None),lambda:_csv.reader([],quotechar=""),lambda:_csv.reader([],quotechar=None,quoting=0),lambda:_csv.reader([],quoting=9),lambda:_csv.reader([],quoting="x"),lambda:_csv.reader([],lineterminator=1),lambda:_csv.reader([],lineterminator=None),lambda:_csv.reader([],escapechar="ab"),lambda:_csv.reader([],delimiter="\n"),lambda:_csv.reader([],delimiter='"'),lambda:_csv.reader([],escapechar='"'),lambda:_csv.reader([],quotechar=" ",skipinitialspace=True),lambda:_csv.reader([],lineterminator=",",),lambda:_csv.reader([],quotechar=4),lambda:_csv.reader([],"excel",delimiter=";").dialect.delimiter,
 lambda:rd(['a"b']), lambda:rd(['"a"b']), lambda:rd(['"a"b'],strict=True), lambda:rd(['"a']), lambda:rd(['"a'],strict=True), lambda:rd(['a\nb']), lambda:rd(['a\rb']), lambda:rd(["a\x00b"]), lambda:rd(['a\\'],escapechar="\\"), lambda:rd(['a\\'],escapechar="\\",strict=True), lambda:rd(["1,2,x"],quoting=2), lambda:rd(['1,"2",""'],quoting=2),lambda:rd(['1,"2","",,None'],quoting=4),lambda:rd(['1,"2","",'],quoting=5),lambda:rd(['"a\n','b",c']), lambda:rd(['','a',"\r\n"]), lambda:rd([" a, b"],skipinitialspace=True), lambda:rd(["a''b,'c,d'"],quotechar="'"), lambda:rd(['"a""b"']), lambda:rd(['"a""b"'],doublequote=False), lambda:rd(['a,"b\\"c"'],escapechar="\\"), lambda:rd(["x"*200000])):
    r=attempt(f); print(repr(r)[:150])
def wr(rows,**k):
    s=io.StringIO(); w=_csv.writer(s,**k); r=[w.writerow(x) for x in rows]; return s.getvalue(),r
for q in range(6):
    print(q, attempt(wr,[[1,"a",None,"",2.5,'q"x',"a,b","x\ny"," z",True]],quoting=q), attempt(wr,[[1,"a",None,"",2.5,'q"x',"a,b"]],quoting=q,escapechar="\\"),attempt(wr,[['"']],quoting=q,doublequote=False),attempt(wr,[['"',"\\"]],quoting=q,doublequote=False,escapechar="\\"))
print(attempt(wr,[[]]),attempt(wr,[[""]]),attempt(wr,[[None]]),attempt(wr,[[""]],quoting=3),attempt(wr,[[None]],quoting=3),attempt(wr,[5]),attempt(wr,["ab"]),attempt(_csv.writer,5),attempt(_csv.writer),attempt(wr,[["a"]],lineterminator="!"),attempt(wr,[["a!"]],lineterminator="!"),attempt(wr,[["a b"]],delimiter=" "),attempt(wr,[["a","b"]],delimiter=" ",skipinitialspace=True),attempt(wr,[[" a",""," "]],skipinitialspace=True),attempt(wr,[["a\rb","a\nb"]],lineterminator="x"), attempt(wr,[["",""]],quoting=3), attempt(wr,[["a,b"]],quoting=3),attempt(wr,[[""]],quoting=4),attempt(wr,[[None]],quoting=4),attempt(wr,[[None]],quoting=5),attempt(wr,[[""]],delimiter=" ",skipinitialspace=True,quoting=3))
print(_csv.list_dialects(), attempt(_csv.get_dialect,"x"), attempt(_csv.register_dialect,1), attempt(_csv.register_dialect,"q",delimiter="ab"), _csv.register_dialect("q",delimiter=";"), _csv.get_dialect("q").delimiter, _csv.unregister_dialect("q"), attempt(_csv.unregister_dialect,"q"), attempt(_csv.register_dialect), attempt(_csv.get_dialect,[]), attempt(_csv.register_dialect,"z",5))
print(_csv.field_size_limit(), _csv.field_size_limit(10), attempt(rd,["x"*11]), attempt(rd,["x"*10]), _csv.field_size_limit(131072), attempt(_csv.field_size_limit,"x"), attempt(_csv.field_size_limit,2**70))
D=_csv.Dialect; d=D(); print([(n,getattr(d,n)) for n in dir(d) if n[0]!="_"], attempt(setattr,d,"delimiter","x"), attempt(D,1,2,3), attempt(D,foo=1), d is D(d), D, _csv.Reader, _csv.Writer, _csv.Error, _csv.Error.__mro__[1:3], attempt(_csv.Reader), attempt(_csv.Writer))
import copy
print(attempt(copy.copy,d))
class E: delimiter="\t"; quoting=1
print(D(E).delimiter, D(E()).quoting, D(E, delimiter=":").delimiter)
r=_csv.reader(["a,b","c"]); print(r.line_num, next(r), r.line_num, r.dialect.delimiter, r)if 0 else print(r.line_num, next(r), r.line_num, type(r.dialect))
s=io.StringIO(); w=_csv.writer(s); print(w.writerows([[1,2],[3]]), attempt(w.writerows,5), s.getvalue(), type(w.dialect))
print(attempt(wr,[["a"]], quoting=1, quotechar=None), attempt(wr,[["a,b"]],quotechar=None, quoting=3, escapechar=None))
class R:
    def __str__(self): return "R,x"
print(wr([[R(), I] for I in (1,)]), wr([(x for x in (1,2))]), attempt(wr,[[b"a"]]))
