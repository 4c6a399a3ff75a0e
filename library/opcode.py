"""The opcodes of weft's register bytecode; see bytecode/ops.rs for what each does."""

import _opcode
from _opcode import stack_effect

__all__ = ["cmp_op", "stack_effect", "hascompare", "opname", "opmap", "HAVE_ARGUMENT", "EXTENDED_ARG", "hasarg",
           "hasconst", "hasname", "hasjump", "hasjrel", "hasjabs", "hasfree", "haslocal", "hasexc"]

cmp_op = ('<', '<=', '==', '!=', '>', '>=')

_numbers = [number for _, number, _ in _opcode._table()]
opmap = {name: number for name, number, _ in _opcode._table()}
opname = [f'<{n}>' for n in range(256)]
for _name, _number in opmap.items():
    opname[_number] = _name
# The names under which serialisers of functions look for instructions that use globals, and tracers for the ends of calls.
opmap.update(LOAD_GLOBAL=opmap['LoadGlobal'], STORE_GLOBAL=opmap['StoreGlobal'], DELETE_GLOBAL=opmap['DelGlobal'],
             RETURN_VALUE=opmap['Return'], YIELD_VALUE=opmap['Yield'], RESUME=_opcode._resume)
opname[_opcode._resume] = 'RESUME'

#: Every instruction word has room for operands.
HAVE_ARGUMENT = 0
#: The prefix that widens register numbers.
EXTENDED_ARG = opmap['Wide']

hasarg = [op for op in _numbers if _opcode.has_arg(op)]
hasconst = [op for op in _numbers if _opcode.has_const(op)]
hasname = [op for op in _numbers if _opcode.has_name(op)]
hasjump = [op for op in _numbers if _opcode.has_jump(op)]
hasjrel = hasjump
hasjabs = []
hasfree = [op for op in _numbers if _opcode.has_free(op)]
haslocal = [op for op in _numbers if _opcode.has_local(op)]
hasexc = []
hascompare = [number for name, number in opmap.items() if name in ('Lt', 'Le', 'Eq', 'Ne', 'Gt', 'Ge')]

_inline_cache_entries = {name: caches for name, _, caches in _opcode._table() if caches}
_specializations = {}
_specialized_opmap = {}
_cache_format = {}
