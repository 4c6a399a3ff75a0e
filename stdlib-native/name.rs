//! Names that a native module looks up: interned once, when they are first used.

use gc::{Ref, Word};
use objects::types::str::Str;
use sync::prim::{AtomicU64, Ordering};

/// An interned str.
pub struct Name {
    text: &'static str,
    word: AtomicU64,
}

impl Name {
    /// The name with this text.
    pub const fn new(text: &'static str) -> Name {
        Name { text, word: AtomicU64::new(0) }
    }
    /// The str.
    #[inline]
    pub fn get(&self) -> Ref<'static> {
        let mut w = self.word.load(Ordering::Relaxed);
        if w == 0 {
            let v = Str::intern_text(self.text);
            if let Some(h) = v.as_ref().header() {
                h.make_immortal();
            }
            w = v.into_word().0;
            // Relaxed: interning gives every thread the same immortal cell.
            self.word.store(w, Ordering::Relaxed);
        }
        // SAFETY: an immortal str.
        unsafe { Ref::from_word(Word(w)) }
    }
}

/// One function per name that gives its interned str.
#[macro_export]
macro_rules! interned {
    ($($name:ident)*) => {
        $(
            /// The name, interned.
            #[allow(non_snake_case, missing_docs)]
            #[inline]
            pub fn $name() -> gc::Ref<'static> {
                static NAME: $crate::name::Name = $crate::name::Name::new(stringify!($name));
                NAME.get()
            }
        )*
    };
}
