"""Imports from the library packed into the executable.

The library stands in sys.path as a folder of its own that need not exist on disk.  The path hook below answers for
that folder and for the packages in it, and for nothing else, so that programs shadow and extend the library by the
same rules as everywhere.
"""

import _imp
from importlib._bootstrap import ModuleSpec, spec_from_loader, _call_with_frames_removed


def path_hook(path):
    """The finder of a packed folder; ImportError for every other path."""
    prefix = _imp._packed_package(path)
    if prefix is None:
        raise ImportError('not a packed folder', path=path)
    return PackedFinder(path, prefix)


class PackedFinder:
    """Finds the modules of one packed folder; prefix is '' or the package's name with a dot."""

    def __init__(self, path, prefix):
        self.path = path
        self.prefix = prefix

    def __repr__(self):
        return f'PackedFinder({self.path!r})'

    def find_spec(self, fullname, target=None):
        name = self.prefix + fullname.rpartition('.')[2]
        found = _imp._packed_find(name)
        if found is None:
            return None
        is_package, filename = found
        spec = ModuleSpec(fullname, PackedLoader(name, filename), origin=filename, is_package=is_package)
        spec.has_location = True
        spec.cached = None
        if is_package:
            spec.submodule_search_locations = [filename.rpartition('/')[0]]
        return spec

    def invalidate_caches(self):
        """The packed library does not change."""

    def iter_modules(self, prefix=''):
        """For pkgutil."""
        for name, is_package in _imp._packed_names(self.prefix):
            yield prefix + name, is_package


class PackedLoader:
    """Loads one packed module."""

    def __init__(self, name, path):
        self.name = name
        self.path = path

    def __repr__(self):
        return f'PackedLoader({self.name!r}, {self.path!r})'

    def __eq__(self, other):
        return self.__class__ is other.__class__ and self.__dict__ == other.__dict__

    def __hash__(self):
        return hash(self.name) ^ hash(self.path)

    def create_module(self, spec):
        """Ordinary modules."""

    def exec_module(self, module):
        _call_with_frames_removed(exec, _imp._packed_code(self.name), module.__dict__)

    def load_module(self, fullname):
        from importlib._bootstrap import _load_module_shim
        return _load_module_shim(self, fullname)

    def get_code(self, fullname):
        return _imp._packed_code(self.name)

    def get_source(self, fullname):
        return _imp._packed_source(self.name)

    def is_package(self, fullname):
        return _imp._packed_find(self.name)[0]

    def get_filename(self, fullname=None):
        return self.path

    def get_data(self, path):
        data = _imp._packed_data(path)
        if data is None:
            raise FileNotFoundError(2, 'No such file or directory', path)
        return data

    def get_resource_reader(self, fullname):
        from importlib.readers import FileReader
        return FileReader(self) if self.is_package(fullname) else None


def extracted(folder):
    """A context manager that gives a temporary folder with the packed files below a folder of the library."""
    import contextlib
    import os
    import tempfile

    @contextlib.contextmanager
    def files():
        with tempfile.TemporaryDirectory() as temporary:
            for name in _imp._packed_files(folder + '/'):
                path = os.path.join(temporary, name[len(folder) + 1:])
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, 'wb') as f:
                    f.write(_imp._packed_file(name))
            yield temporary

    return files()


def extracted_file(name):
    """A context manager that gives the path of a temporary copy of one packed file, under its own name."""
    import contextlib
    import pathlib

    @contextlib.contextmanager
    def file():
        folder, _, last = name.rpartition('/')
        with extracted(folder) as temporary:
            yield pathlib.Path(temporary, last)

    return file()
