//! Golden disassembly of small programs, and the verifier over many constructs.

use compiler::{Mode, Options};

fn dis(source: &str) -> String {
    let compiled = compiler::compile(source, "<test>", Mode::Exec, &Options::default()).expect("compiles");
    compiler::verify::verify(&compiled.code).expect("verifies");
    bytecode::disasm::disassemble(&compiled.code)
}

/// The part of a listing that belongs to one code object, blanks squeezed.
fn of(source: &str, name: &str) -> Vec<String> {
    let listing = dis(source);
    let mut lines = listing.lines().skip_while(|l| !l.starts_with(&format!("code {name} "))).skip(1);
    let mut out = Vec::new();
    for l in lines.by_ref() {
        if l.starts_with("code ") {
            break;
        }
        out.push(l.split_whitespace().skip(usize::from(!l.trim_start().starts_with("handler"))).collect::<Vec<_>>().join(" "));
    }
    out
}

#[test]
fn compare_and_branch_with_immediates() {
    let code = of("def fib(n):\n    if n < 2:\n        return n\n    return fib(n-1) + fib(n-2)\n", "fib");
    let expected = [
        "JumpLtI #0 n #2 ->2",
        "Return n",
        "LoadGlobal t0 \"fib\"",
        "SubI t1 n #1",
        "Call t0 #1 t0..",
        "LoadGlobal t1 \"fib\"",
        "SubI t2 n #2",
        "Call t1 #1 t1..",
        "Add t0 t0! t1!",
        "Return t0!",
    ];
    assert_eq!(code, expected);
}

#[test]
fn swap_moves_from_the_top() {
    let code = of("def f(a, b):\n    a, b = b, a\n    return a\n", "f");
    assert_eq!(code, ["Copy t0 b", "Copy t1 a", "Move b t1! drop", "Move a t0! drop", "Return a"]);
}

#[test]
fn rebound_operands_are_copied() {
    let code = of("def f(x):\n    return x + (x := 1)\n", "f");
    assert_eq!(code, ["Copy t0 x", "LoadI t1 #1", "Copy t2 t1", "Move x t2! drop", "Add t0 t0! t1!", "Return t0!"]);
}

#[test]
fn unbound_locals_are_checked_once() {
    let code = of("def f(c):\n    if c:\n        x = 1\n    x + x\n    return x\n", "f");
    assert_eq!(code.iter().filter(|l| l.starts_with("CheckBound")).count(), 1);
}

#[test]
fn loops_write_their_variable_directly() {
    let code = of("def f(a):\n    for i in a:\n        i\n", "f");
    assert_eq!(code[..2], ["GetIter t0 a", "ForIter i t0 ->4 drop"]);
}

#[test]
fn constants_are_folded() {
    let code = of("def f():\n    return 2 ** 10 - 24, 'a' * 3, -1.5, (1, 2)[1]\n", "f");
    assert_eq!(code, ["ReturnK (1000, \"aaa\", -1.5, 2)"]);
}

#[test]
fn every_construct_verifies() {
    let programs = [
        "def f():\n for x in y:\n  try:\n   with a as b, c:\n    if x: continue\n    if z: break\n    return x\n  except A as e: return e\n  except (B, C): pass\n  else: q\n  finally:\n   for i in j: break\n return [a for b in c for d in e if d]\n",
        "async def f():\n async with a as b:\n  async for c in d:\n   await c\n   return [x async for x in y if await z]\n  else: pass\n",
        "async def f():\n async for x in y: yield x\n return\n",
        "def f():\n try: a\n except* A as e: b\n except* B: c\n finally: d\n",
        "def f(x):\n match x:\n  case [a, *b, 1] | (1, a, b): return a\n  case {'k': v, **r} if v: return r\n  case C(p, q=[1, z]) as w: return z\n  case None | True | 'x' | -1 + 2j: pass\n  case m.n: pass\n  case _: pass\n",
        "def f[T: int, *U, **V = int](a: T, /, b=1, *c: U, d=2, **e: V) -> T:\n def g(): return a, T\n return g\nclass C[T](B, metaclass=M):\n x: T\n def m(self): return super().m() + __class__\ntype X[T] = list[T]\n",
        "x = t'a{b!r:>{c}}d{e}'; y = f'{a}{b!s}{c:d}{d=}' '%s %r' % (a, b)\n",
        "def f(*a, **k):\n return f(1, *a, x=1, **k, y=2), f(*a), f(**k), [*a, 1], {**k, 'a': 1}, {*a}\n",
        "def f(x):\n a = b = c, (d, *e) = x\n x.y += 1; x[0] *= 2; x[1:2] = 3; del x[0], x.y, a\n global g; g = 1\n return 0 < a < b < c, not (a and b or c), a if b else c\n",
        "def g():\n x = yield\n y = yield from x\n try:\n  yield y\n finally:\n  yield 1\n return lambda: (x, y)\n",
        "class C:\n a = [b for b in range(3)]\n c = [lambda: d for d in a]\n if a:\n  e: int = 1\n",
        "from a import b as c, d\nfrom . import e\nimport f.g as h, i.j\nfrom k import *\nassert a, 'b'\nraise a from b\n",
    ];
    for p in programs {
        dis(p);
    }
}

#[test]
fn wide_registers() {
    let mut source = String::from("def f():\n");
    for i in 0..600 {
        source += &format!(" a{i} = {i}\n");
    }
    source += " return a599 + a598, g(a597, a1), a597.x\n";
    dis(&source);
}
