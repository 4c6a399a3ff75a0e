//! Interned names that the runtime itself uses: `names::__init__()` and so on, immortal strs.

use crate::types::str::Str;
use gc::{Ref, Word};
use sync::prim::{AtomicU64, Ordering};

macro_rules! names {
    ($($name:ident)*) => {
        #[allow(non_camel_case_types, clippy::enum_variant_names)]
        enum Index { $(#[allow(dead_code)] $name,)* }
        static TEXTS: &[&str] = &[$(stringify!($name),)*];
        $(
            /// The name, interned.
            #[allow(non_snake_case, missing_docs)]
            #[inline(always)]
            pub fn $name() -> Ref<'static> {
                // SAFETY: filled at start-up with immortal strs.
                unsafe { Ref::from_word(Word(NAMES[Index::$name as usize].load(Ordering::Relaxed))) }
            }
        )*
    };
}

static NAMES: [AtomicU64; 512] = [const { AtomicU64::new(0) }; 512];

/// Interns all names; once, at start-up, before any other use.
pub fn init() {
    assert!(TEXTS.len() <= NAMES.len());
    for (at, text) in NAMES.iter().zip(TEXTS) {
        let text = text.strip_prefix("r_").unwrap_or(text);
        at.store(Str::intern_text(text).word().0, Ordering::Relaxed);
    }
}

names! {
    __init__ __new__ __del__ __repr__ __str__ __hash__ __call__ __getattribute__ __getattr__ __setattr__ __delattr__ __lt__ __le__
    __eq__ __ne__ __gt__ __ge__ __iter__ __next__ __get__ __set__ __delete__ __bool__ __len__ __length_hint__ __getitem__ __setitem__
    __delitem__ __contains__ __missing__ __reversed__ __add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __matmul__ __rmatmul__
    __truediv__ __rtruediv__ __floordiv__ __rfloordiv__ __mod__ __rmod__ __divmod__ __rdivmod__ __pow__ __rpow__ __lshift__ __rlshift__
    __rshift__ __rrshift__ __and__ __rand__ __or__ __ror__ __xor__ __rxor__ __iadd__ __isub__ __imul__ __imatmul__ __itruediv__
    __ifloordiv__ __imod__ __ipow__ __ilshift__ __irshift__ __iand__ __ior__ __ixor__ __neg__ __pos__ __abs__ __invert__ __int__
    __float__ __complex__ __index__ __round__ __trunc__ __floor__ __ceil__ __await__ __aiter__ __anext__ __buffer__ __release_buffer__
    __enter__ __exit__ __aenter__ __aexit__ __format__ __bytes__ __dir__ __sizeof__ __reduce__ __reduce_ex__ __getstate__ __setstate__
    __getnewargs__ __getnewargs_ex__ __name__ __qualname__ __module__ __doc__ __dict__ __class__ __bases__ __base__ __mro__
    __subclasses__ __slots__ __weakref__ __init_subclass__ __set_name__ __prepare__ __instancecheck__ __subclasscheck__ __subclasshook__
    __class_getitem__ __mro_entries__ __orig_bases__ __orig_class__ __abstractmethods__ __isabstractmethod__ __match_args__
    __annotations__ __annotate__ __annotate_func__ __annotations_cache__ __type_params__ __text_signature__ __signature__ __wrapped__
    __objclass__ __self__ __func__ __code__ __globals__ __defaults__ __kwdefaults__ __closure__ __builtins__ __file__ __loader__
    __spec__ __path__ __package__ __cached__ __all__ __main__ __import__ __build_class__ __debug__ __classcell__ __classdictcell__
    __classdict__ __static_attributes__ __firstlineno__ __origin__ __args__ __parameters__ __unpacked__ __typing_subst__
    __typing_unpacked_tuple_args__ __typing_prepare_subst__ __typing_is_unpacked_typevartuple__ __mangled__ __cause__ __context__
    __suppress_context__ __traceback__ __notes__ args code name obj msg path errno strerror filename filename2 value keys items values
    get append extend update send throw close read readline readlines write flush closed fileno name_ mode encoding errors builtins sys
    modules path_hooks meta_path stdin stdout stderr displayhook excepthook unraisablehook last_exc main big little strict ignore
    replace surrogateescape surrogatepass xmlcharrefreplace backslashreplace namereplace utf_8 iter next getattr cls object key
    default reverse sep end file start stop step fget fset fdel doc copy sort index count pop remove insert clear add discard setdefault
    fromkeys real imag numerator denominator find_spec loader _initializing importlib _bootstrap _handle_fromlist _find_and_load
    __lazy__ metaclass print_file_and_line lineno col_offset end_col_offset offset end_lineno end_offset text exceptions message __copy__ __deepcopy__ __fspath__
    __set_typeparams__ __bound__ __constraints__ __covariant__ __contravariant__ __infer_variance__ __default__ has_default
    evaluate_bound evaluate_constraints evaluate_default evaluate_value __value__ cr_await gi_yieldfrom ag_await isatty _is_coroutine
    buffer line_buffering write_through newline flags
}
