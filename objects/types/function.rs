//! `function`: representation. Calling one is the interpreter's business (`src` fills the `call` slot); attributes are in `src` too where they
//! need it.

use crate::ids;
use crate::types::code::Code;
use crate::types::dict::Dict;
use gc::{Field, Gc, Payload, Ref, Value, Word};
use sync::prim::AtomicU32;

/// A function's payload.
#[repr(C)]
pub struct Function {
    /// Its code (`__code__`).
    pub code: Field,
    /// Its globals.
    pub globals: Gc<Dict>,
    /// Builtins, as found when it was made.
    pub builtins: Gc<Dict>,
    /// Tuple of cells, or None.
    pub closure: Value,
    /// `__name__`
    pub name: Field,
    /// `__qualname__`
    pub qualname: Field,
    /// `__defaults__`: tuple or None.
    pub defaults: Field,
    /// `__kwdefaults__`: dict or None.
    pub kwdefaults: Field,
    /// `__doc__`
    pub doc: Field,
    /// `__module__`
    pub module: Field,
    /// `__annotate__`: function or None; `__annotations__` dict or unbound; `__type_params__` tuple or unbound.
    pub annotate: Field,
    /// Cached `__annotations__`.
    pub annotations: Field,
    /// `__type_params__`
    pub type_params: Field,
    /// Changes when `__code__`, defaults or keyword defaults are replaced; 0 = not cacheable.
    pub version: AtomicU32,
}

// SAFETY: visits every word.
unsafe impl Payload for Function {
    const TYPE_ID: u32 = ids::FUNCTION;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        for f in [
            &self.code,
            &self.name,
            &self.qualname,
            &self.defaults,
            &self.kwdefaults,
            &self.doc,
            &self.module,
            &self.annotate,
            &self.annotations,
            &self.type_params,
        ] {
            visit(f.peek());
        }
        visit(self.globals.value().word());
        visit(self.builtins.value().word());
        visit(self.closure.word());
    }
}

impl Function {
    /// The code as it is now. Code objects are deferred: the reference is good until this thread's next safepoint, longer
    /// when something else holds the function.
    #[inline(always)]
    pub fn code(&self) -> &Code {
        // SAFETY: the field always holds a code object, and those are deferred.
        unsafe { Ref::from_word(self.code.peek_acquire()).cast::<Code>() }
    }
}
