"""Shows the bytecode of weft's code objects, with the interface of CPython's dis.

Offsets count half instruction words, as in tracebacks: offset // 2 is the index into co_positions().
"""

import collections
import io
import sys
import types

import _opcode
from opcode import *
from opcode import __all__ as _opcodes_all, _inline_cache_entries

__all__ = ["code_info", "dis", "disassemble", "distb", "disco", "findlinestarts", "findlabels", "show_code",
           "get_instructions", "Instruction", "Bytecode"] + _opcodes_all

_have_code = (types.MethodType, types.FunctionType, types.CodeType, classmethod, staticmethod, type)

COMPILER_FLAG_NAMES = {
    1: "OPTIMIZED",
    2: "NEWLOCALS",
    4: "VARARGS",
    8: "VARKEYWORDS",
    16: "NESTED",
    32: "GENERATOR",
    64: "NOFREE",
    128: "COROUTINE",
    256: "ITERABLE_COROUTINE",
    512: "ASYNC_GENERATOR",
    0x4000000: "HAS_DOCSTRING",
    0x8000000: "METHOD",
}


def pretty_flags(flags):
    """The names of a code object's flags."""
    names = [COMPILER_FLAG_NAMES.get(1 << bit, hex(1 << bit)) for bit in range(32) if flags >> bit & 1]
    return ', '.join(names) or hex(0)


def _get_code_object(x):
    for attribute in ('__func__', '__code__', 'gi_code', 'ag_code', 'cr_code'):
        found = getattr(x, attribute, None)
        if found is not None:
            x = found
    if isinstance(x, str):
        try:
            x = compile(x, '<disassembly>', 'eval')
        except SyntaxError:
            x = compile(x, '<disassembly>', 'exec')
    if hasattr(x, 'co_code'):
        return x
    raise TypeError(f"don't know how to disassemble {type(x).__name__} objects")


Positions = collections.namedtuple('Positions', 'lineno end_lineno col_offset end_col_offset', defaults=(None,) * 4)

_Instruction = collections.namedtuple(
    '_Instruction',
    'opname opcode arg argval argrepr offset start_offset starts_line line_number label positions cache_info',
    defaults=(None, None, None))


class Instruction(_Instruction):
    """One instruction: its opcode, operands and place in the source."""

    @property
    def oparg(self):
        """Alias of arg."""
        return self.arg

    @property
    def baseopcode(self):
        """The opcode; instructions are not rewritten to special forms."""
        return self.opcode

    @property
    def baseopname(self):
        """The name of the opcode."""
        return self.opname

    @property
    def cache_offset(self):
        """Where the inline-cache words begin."""
        return self.end_offset - 2 * _inline_cache_entries.get(self.opname, 0)

    @property
    def end_offset(self):
        """Where the next instruction begins."""
        return self.offset + 2 + 2 * _inline_cache_entries.get(self.opname, 0)

    @property
    def jump_target(self):
        """Where it jumps to, or None."""
        return self.argval if self.opcode in hasjump else None

    @property
    def is_jump_target(self):
        """Whether another instruction jumps here."""
        return self.label is not None

    def __str__(self):
        return _line(self, 3, False, 4, False)


def _line(instr, lineno_width, current, offset_width, show_positions):
    fields = []
    if lineno_width:
        if show_positions:
            p = instr.positions
            text = '' if not instr.starts_line or p is None else f'{p.lineno}:{p.col_offset}-{p.end_lineno}:{p.end_col_offset}'
            fields.append(text.ljust(lineno_width))
        else:
            text = '' if not instr.starts_line else '--' if instr.line_number is None else str(instr.line_number)
            fields.append(text.rjust(lineno_width))
    fields.append('-->' if current else '   ')
    fields.append((f'L{instr.label}:' if instr.label is not None else '').ljust(5))
    if offset_width:
        fields.append(str(instr.offset).rjust(offset_width))
    fields.append(instr.opname.ljust(16))
    fields.append(instr.argrepr)
    return ' '.join(fields).rstrip()


def get_instructions(x, *, first_line=None, show_caches=None, adaptive=False):
    """The instructions of a function, method, generator, code object or source text."""
    code = _get_code_object(x)
    shift = first_line - code.co_firstlineno if first_line is not None else 0
    return _with_start(code, shift)


def _with_start(code, shift):
    # Offset 0 is the start of the call, before the first instruction: no instruction of its own, but a place that events name.
    line = None
    for _, _, line in code.co_lines():
        break
    place = Positions(line, line, 0, 0)
    shown = line + shift if line is not None else None
    yield Instruction('RESUME', 0, 0, 0, '', 0, 0, True, shown, None, place, None)
    yield from _instructions(code, shift)


def _instructions(code, shift=0):
    labels = {offset: n for n, offset in enumerate(findlabels(code), 1)}
    positions = list(code.co_positions())
    starts = {offset: line for offset, line in findlinestarts(code)}
    line = None
    for offset, size, op, name, arg, operands, target, constant in _opcode._instructions(code):
        place = Positions(*positions[offset // 2]) if offset // 2 < len(positions) else Positions()
        starts_line = offset in starts
        if starts_line:
            line = starts[offset]
        argval = target if target is not None else constant[0] if constant is not None else arg
        shown = line + shift if line is not None else None
        text = operands
        if target in labels:
            text = text.rpartition('->')[0] + f'to L{labels[target]}'
        yield Instruction(name, op, arg, argval, text, offset, offset, starts_line, shown, labels.get(offset), place, None)


def findlabels(code):
    """The offsets that are jumped to."""
    targets = {row[6] for row in _opcode._instructions(code) if row[6] is not None}
    return sorted(targets | {row[2] for row in _opcode._handlers(code)})


def findlinestarts(code):
    """(offset, line) where lines begin."""
    last = False
    for start, end, line in code.co_lines():
        if line is not last:
            last = line
            yield start, line


def code_info(x):
    """Details of a code object as text."""
    return _format_code_info(_get_code_object(x))


def _format_code_info(co):
    rows = [('Name:', co.co_name), ('Filename:', co.co_filename), ('Argument count:', co.co_argcount),
            ('Positional-only arguments:', co.co_posonlyargcount), ('Kw-only arguments:', co.co_kwonlyargcount),
            ('Number of locals:', co.co_nlocals), ('Stack size:', co.co_stacksize), ('Flags:', pretty_flags(co.co_flags))]
    lines = [f'{name:<18}{value}' if len(name) < 18 else f'{name} {value}' for name, value in rows]
    for title, items in [('Constants:', map(repr, co.co_consts)), ('Names:', co.co_names), ('Variable names:', co.co_varnames),
                         ('Free variables:', co.co_freevars), ('Cell variables:', co.co_cellvars)]:
        items = list(items)
        if items:
            lines.append(title)
            lines.extend(f'{n:4}: {item}' for n, item in enumerate(items))
    return '\n'.join(lines)


def show_code(co, *, file=None):
    """Prints code_info()."""
    print(code_info(co), file=file)


def dis(x=None, *, file=None, depth=None, show_caches=False, adaptive=False, show_offsets=False, show_positions=False):
    """Shows the bytecode of an object; of the last traceback without one."""
    if x is None:
        distb(file=file, show_offsets=show_offsets, show_positions=show_positions)
        return
    if isinstance(x, (bytes, bytearray)):
        raise TypeError('bytes of instructions have no meaning without their code object')
    for attribute in ('__func__', '__code__', 'gi_code', 'ag_code', 'cr_code'):
        found = getattr(x, attribute, None)
        if found is not None:
            x = found
    if hasattr(x, '__dict__') and not hasattr(x, 'co_code'):
        for name, item in sorted(x.__dict__.items()):
            if isinstance(item, _have_code):
                print(f'Disassembly of {name}:', file=file)
                try:
                    dis(item, file=file, depth=depth, show_offsets=show_offsets, show_positions=show_positions)
                except TypeError as e:
                    print('Sorry:', e, file=file)
                print(file=file)
        return
    _recursive(_get_code_object(x), file, depth, show_offsets, show_positions)


def _recursive(co, file, depth, show_offsets, show_positions):
    disassemble(co, file=file, show_offsets=show_offsets, show_positions=show_positions)
    if depth is None or depth > 0:
        inner = None if depth is None else depth - 1
        for constant in co.co_consts:
            if hasattr(constant, 'co_code'):
                print(file=file)
                print(f'Disassembly of {constant!r}:', file=file)
                _recursive(constant, file, inner, show_offsets, show_positions)


def disassemble(co, lasti=-1, *, file=None, show_caches=False, adaptive=False, show_offsets=False, show_positions=False):
    """Shows a code object, with an arrow at the instruction lasti."""
    lines = [line for _, line in findlinestarts(co) if line is not None]
    width = max(3, len(str(max(lines)))) if lines else 0
    if show_positions:
        width = max(width, 12)
    offsets = len(str(len(co.co_code))) if show_offsets else 0
    first = True
    for instr in _instructions(co):
        if instr.starts_line and not first:
            print(file=file)
        first = False
        print(_line(instr, width, instr.offset == lasti, offsets, show_positions), file=file)
    handlers = _opcode._handlers(co)
    if handlers:
        labels = {offset: n for n, offset in enumerate(findlabels(co), 1)}
        print('ExceptionTable:', file=file)
        for start, end, target, depth, _ in handlers:
            print(f'  {start} to {end} -> L{labels[target]} [{depth}]', file=file)


disco = disassemble


def distb(tb=None, *, file=None, show_caches=False, adaptive=False, show_offsets=False, show_positions=False):
    """Shows the code where a traceback ends."""
    if tb is None:
        try:
            tb = sys.last_exc.__traceback__ if hasattr(sys, 'last_exc') else sys.last_traceback
        except AttributeError:
            raise RuntimeError('no last traceback to disassemble') from None
    while tb.tb_next:
        tb = tb.tb_next
    disassemble(tb.tb_frame.f_code, tb.tb_lasti, file=file, show_offsets=show_offsets, show_positions=show_positions)


class Bytecode:
    """The instructions of an object, iterable, with details."""

    def __init__(self, x, *, first_line=None, current_offset=None, show_caches=False, adaptive=False, show_offsets=False,
                 show_positions=False):
        self.codeobj = _get_code_object(x)
        self.first_line = self.codeobj.co_firstlineno if first_line is None else first_line
        self._shift = self.first_line - self.codeobj.co_firstlineno
        self._original_object = x
        self.current_offset = current_offset
        self.show_offsets = show_offsets
        self.show_positions = show_positions

    def __iter__(self):
        return _instructions(self.codeobj, self._shift)

    def __repr__(self):
        return f'{self.__class__.__name__}({self._original_object!r})'

    @classmethod
    def from_traceback(cls, tb, *, show_caches=False, adaptive=False):
        """The code where a traceback ends."""
        while tb.tb_next:
            tb = tb.tb_next
        return cls(tb.tb_frame.f_code, current_offset=tb.tb_lasti)

    def info(self):
        """Details of the code object."""
        return _format_code_info(self.codeobj)

    def dis(self):
        """The disassembly as text."""
        out = io.StringIO()
        lasti = -1 if self.current_offset is None else self.current_offset
        disassemble(self.codeobj, lasti, file=out, show_offsets=self.show_offsets, show_positions=self.show_positions)
        return out.getvalue()


def _find_imports(co):
    """(name, level, names) of the import statements of a code object."""
    previous = None
    for instr in _instructions(co):
        if instr.opname == 'ImportName':
            level = int(instr.argrepr.partition('#')[2].split()[0])
            names = previous.argval if previous is not None and isinstance(previous.argval, tuple) else None
            yield instr.argval, level, names
        previous = instr


def _find_store_names(co):
    """The global names that a code object stores."""
    seen = set()
    for instr in _instructions(co):
        if instr.opname in ('StoreName', 'StoreGlobal') and instr.argval not in seen:
            seen.add(instr.argval)
            yield instr.argval


def main(args=None):
    """python -m dis"""
    import argparse
    parser = argparse.ArgumentParser(color=True)
    parser.add_argument('-O', '--show-offsets', action='store_true', help='show instruction offsets')
    parser.add_argument('-P', '--show-positions', action='store_true', help='show instruction positions')
    parser.add_argument('infile', nargs='?', default='-')
    options = parser.parse_args(args=args)
    if options.infile == '-':
        name, source = '<stdin>', sys.stdin.buffer.read()
    else:
        name = options.infile
        with open(name, 'rb') as f:
            source = f.read()
    dis(compile(source, name, 'exec'), show_offsets=options.show_offsets, show_positions=options.show_positions)


if __name__ == '__main__':
    main()
