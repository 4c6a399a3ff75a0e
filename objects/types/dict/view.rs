//! Views of a dict: `dict_keys`, `dict_values`, `dict_items`, their iterators, and `mappingproxy`.
