"""The files of CPython 3.14's test suite by group, and those that are left out, with the reason."""

CORE = """
test_grammar test_syntax test_builtin test_int test_long test_float test_complex test_bool test_str test_bytes test_list test_tuple test_dict
test_set test_range test_slice test_memoryview test_iter test_enumerate test_generators test_genexps test_listcomps test_dictcomps
test_setcomps test_coroutines test_asyncgen test_yield_from test_with test_scope test_global test_named_expressions test_patma test_fstring
test_tstring test_string_literals test_unpack test_unpack_ex test_extcall test_call test_keywordonlyarg test_positional_only_arg
test_decorators test_class test_descr test_descrtut test_super test_property test_metaclass test_subclassinit test_typechecks
test_isinstance test_abc test_funcattrs test_exceptions test_baseexception test_exception_group test_except_star
test_exception_variations test_raise test_traceback test_augassign test_binop test_compare test_richcmp test_contains test_index
test_pow test_hash test_sort test_format test_print test_types test_type_params test_type_aliases test_type_annotations
test_annotationlib test_genericalias test_genericclass test_dynamicclassattribute test_compile test_ast test_symtable test_unparse
test_import test_pkg test_module test_sys test_marshal test_int_literal test_dynamic test_frame test_future_stmt test_source_encoding
test_utf8source test_unicode_identifiers test_ucn test_structseq test_context test_finalization test_flufl test_generator_stop
test_dictviews test_eof test_longexp test_iterlen test_opcodes test_unary test_operator
""".split()

THREADS = """
test_free_threading test_thread test_threading test_threading_local test_threadsignals test_threadedtempfile test_queue test_sched
test_concurrent_futures test_asyncio test_gc test_weakref test_weakset test_contextlib_async test_signal test_fork1 test_selectors
test_socketserver test_multiprocessing_main_handling
""".split()

#: Left out, with the reason.
EXCLUDED = {
    'the C API of CPython': """test_capi test_cext test_cppext test_embed test_gdb test_stable_abi_ctypes test_xxlimited test_xxtestfuzz
        test_external_inspection test_remote_pdb test_perf_profiler test_perfmaps test_dtrace test_build_details""".split(),
    "CPython's bytecode and optimiser": """test_dis test_peepholer test_opcache test_optimizer test_compiler_assemble test_compiler_codegen
        test__opcode test_generated_cases test_lltrace test_type_cache test_thread_local_bytecode""".split(),
    "CPython's build, tools and test runner": """test_clinic test_peg_generator test_asdl_parser test_tools test_frozen test_launcher
        test_regrtest test_getpath""".split(),
    'subinterpreters': "test_crossinterp test__interpreters test__interpchannels test_interpreters".split(),
    'other platforms': """test_apple test_android test_winapi test_winreg test_winsound test_winconsoleio test_wmi test_msvcrt test_startfile
        test_kqueue test_devpoll test_osx_env test__osx_support""".split(),
    'needs more memory than is sensible': "test_bigmem test_bigaddrspace".split(),
}

#: What continuous integration runs: quick, and in the core of the language.
QUICK = "test_bool test_int_literal test_dictviews test_generator_stop test_unary test_augassign test_compare test_eof test_raise".split()


def excluded():
    """Names of all excluded files."""
    return {name for names in EXCLUDED.values() for name in names}
