"""Variables of weft's build, for sysconfig.

There is no C API: building an extension module ends with an error of the compiler, which finds no Python.h.  The
variables that build tools insist on are there, so that projects with optional extension modules go on without them.
"""

build_time_vars = {
    'ABIFLAGS': 't',
    'AR': 'ar',
    'ARFLAGS': 'rcs',
    'BLDSHARED': 'cc -shared',
    'CC': 'cc',
    'CCSHARED': '-fPIC',
    'CFLAGS': '',
    'CONFIG_ARGS': '',
    'CXX': 'c++',
    'EXE': '',
    'EXEEXT': '',
    'EXT_SUFFIX': '.weft314t-x86_64-linux-gnu.so',
    'HOST_GNU_TYPE': 'x86_64-unknown-linux-gnu',
    'LDFLAGS': '',
    'LDCXXSHARED': 'c++ -shared',
    'LDSHARED': 'cc -shared',
    'LDVERSION': '3.14t',
    'LIBDIR': '',
    'MACHDEP': 'linux',
    'MULTIARCH': 'x86_64-linux-gnu',
    'OPT': '',
    'PY_CFLAGS': '',
    'PY_LDFLAGS': '',
    'Py_DEBUG': 0,
    'Py_ENABLE_SHARED': 0,
    'Py_GIL_DISABLED': 1,
    'RANLIB': 'ranlib',
    'SHLIB_SUFFIX': '.so',
    'SIZEOF_VOID_P': 8,
    'SOABI': 'weft314t-x86_64-linux-gnu',
    'VERSION': '3.14',
    'WITH_DOC_STRINGS': 1,
}
