//! Interned names of native modules: made when first used, and kept for ever.

use gc::{Ref, Word};
use objects::types::str::Str;
use sync::prim::{AtomicU64, Ordering};

/// The interned str in `at`, made from `text` the first time.
#[inline]
pub fn name_at(at: &AtomicU64, text: &str) -> Ref<'static> {
    // Relaxed: every thread that finds 0 stores the same immortal word.
    let mut w = at.load(Ordering::Relaxed);
    if w == 0 {
        w = Str::intern_text(text).into_word().0;
        at.store(w, Ordering::Relaxed);
    }
    // SAFETY: interned strs are immortal.
    unsafe { Ref::from_word(Word(w)) }
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
                static AT: sync::prim::AtomicU64 = sync::prim::AtomicU64::new(0);
                $crate::names::name_at(&AT, stringify!($name))
            }
        )*
    };
}
