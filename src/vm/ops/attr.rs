//! Attributes and items.

use super::super::dispatch::Next;
use super::super::frame::{Pc, Regs};
use super::{a, b, c, constant, done, drop_now, drop_range, finish, get, next_cached, own, put, save, slice};
use crate::vm::cache::{self, kind};
use crate::vm::lookaside::{self, Use};
use crate::vm::{call, unwind};
use bytecode::Instr;
use bytecode::encode::{KILL_A, KILL_B};
use gc::{Field, Header, Payload, Ref, Reg, Value, Word};
use objects::protocol::{attr, item};
use objects::types::dict::Dict;
use objects::types::instance;
use objects::types::list::List;
use objects::types::module::Module;
use objects::types::object::SlotMember;
use objects::types::tuple::Tuple;
use objects::types::type_::{Type, by_id, flags, type_of};
use objects::{Cx, PyResult};
use sync::prim::Ordering;

/// Reads an inline value by a cache payload; `None`: take the slow path.
#[inline(always)]
unsafe fn inline(h: &Header, payload: u32) -> Option<Reg> {
    // SAFETY: the version said that the type's instances have a tail there.
    unsafe { instance::inline_value(h, (payload >> 8) as usize * 8, (payload & 0xff) as usize) }
}

#[inline(always)]
pub unsafe fn load_attr<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let obj = *r.add(b::<W>(pc, i));
        let w = cache::at(pc).load(Ordering::Acquire);
        if obj.is_pointer() {
            let h = &*obj.header();
            if let Some(payload) = cache::payload_if(w, gc::kind::version_of(h.type_id()), kind::INLINE)
                && let Some(v) = inline(h, payload)
            {
                return loaded::<W>(cx, pc, r, i, v);
            }
        }
        load_attr_other::<W>(cx, pc, r, i, w)
    }
}

/// Writes a loaded attribute, killing the object.
#[inline(always)]
unsafe fn loaded<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, v: Reg) -> Next {
    // SAFETY: verified code.
    unsafe {
        let obj = if i.flags() & KILL_B != 0 { *r.add(b::<W>(pc, i)) } else { Word::NONE };
        let v = keep(v, obj);
        put::<W>(cx, pc, r, i, v);
        drop_now(cx, pc, obj);
        next_cached(pc, r)
    }
}
/// The word of a result. (Deferred cells stay valid although the object that held them dies: they are freed only in a stop.)
#[inline(always)]
fn keep(v: Reg, _holder: Word) -> Word {
    v.into_word()
}

/// The other cached kinds, and the slow path.
#[inline(never)]
unsafe fn load_attr_other<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, w: u64) -> Next {
    // SAFETY: verified code.
    unsafe {
        let obj = get(r, b::<W>(pc, i));
        if cache::version(w) != 0
            && let Some(h) = obj.header()
        {
            let payload = cache::payload(w);
            match cache::kind_of(w) {
                kind::INLINE if gc::kind::version_of(h.type_id()) == cache::version(w) => {
                    if let Some(v) = instance::dict_value(h, (payload >> 8) as usize * 8, constant(cx, i.index())) {
                        return loaded::<W>(cx, pc, r, i, v);
                    }
                }
                kind::SLOT if gc::kind::version_of(h.type_id()) == cache::version(w) => {
                    let f = &*(h as *const Header).cast::<Field>().add(payload as usize);
                    let v = f.load_reg(h);
                    if v.as_ref().word() != Word::UNBOUND {
                        return loaded::<W>(cx, pc, r, i, v);
                    }
                }
                kind::CLASS_VALUE if gc::kind::version_of(h.type_id()) == cache::version(w) => {
                    if let Some(v) = cache::pool_read(pc, w)
                        && gc::kind::version_of(h.type_id()) == cache::version(w)
                        && instance_has_no(obj, constant(cx, i.index()))
                    {
                        return loaded::<W>(cx, pc, r, i, Reg::from_word(Word(v).borrowed()));
                    }
                }
                kind::OF_CLASS => {
                    if let Some(t) = class_of(obj)
                        && gc::kind::version_of(t.id) == cache::version(w)
                        && let Some(v) = cache::pool_read(pc, w)
                        && gc::kind::version_of(t.id) == cache::version(w)
                    {
                        return loaded::<W>(cx, pc, r, i, Reg::from_word(Word(v).borrowed()));
                    }
                }
                kind::MODULE if h.type_id() == objects::ids::MODULE => {
                    let d = &obj.cast::<Module>().dict;
                    if d.keys_version_now() == cache::version(w)
                        && let Some(v) = d.value_at(payload)
                    {
                        return loaded::<W>(cx, pc, r, i, v);
                    }
                }
                kind::PROPERTY if gc::kind::version_of(h.type_id()) == cache::version(w) => {
                    if let Some(f) = cache::pool_read(pc, w)
                        && gc::kind::version_of(h.type_id()) == cache::version(w)
                    {
                        save(cx, pc);
                        if let Some(entered) = call::property::<W>(cx, pc, r, i, Ref::from_word(Word(f).borrowed()), obj) {
                            return entered;
                        }
                    }
                }
                _ => {}
            }
        }
        let name = constant(cx, i.index());
        if let Some(next) = load_by_lookaside::<W>(cx, pc, r, i, obj, name) {
            return next;
        }
        save(cx, pc);
        fill_attr(cx, pc, obj, name);
        let result = attr::get(cx, obj, name);
        finish::<W>(cx, pc, r, i, 1, result)
    }
}

/// The site's word is about another class: what this thread has found for this one.
#[inline(always)]
unsafe fn load_by_lookaside<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, obj: Ref<'_>, name: Ref<'_>) -> Option<Next> {
    // SAFETY: verified code; an entry's version is the type's.
    unsafe {
        let h = obj.header()?;
        let (w, value) = lookaside::find(gc::kind::version_of(h.type_id()), name, Use::Load)?;
        let payload = cache::payload(w);
        if matches!(cache::kind_of(w), kind::INLINE | kind::SLOT) && lookaside::should_refill() {
            cache::at(pc).store(w, Ordering::Release);
        }
        match cache::kind_of(w) {
            kind::INLINE => inline(h, payload)
                .or_else(|| instance::dict_value(h, (payload >> 8) as usize * 8, name))
                .map(|v| loaded::<W>(cx, pc, r, i, v)),
            kind::SLOT => {
                let v = (*(h as *const Header).cast::<Field>().add(payload as usize)).load_reg(h);
                if v.as_ref().word() == Word::UNBOUND { None } else { Some(loaded::<W>(cx, pc, r, i, v)) }
            }
            kind::CLASS_VALUE if instance_has_no(obj, name) => Some(loaded::<W>(cx, pc, r, i, Reg::from_word(Word(value).borrowed()))),
            kind::PROPERTY => {
                save(cx, pc);
                call::property::<W>(cx, pc, r, i, Ref::from_word(Word(value).borrowed()), obj)
            }
            _ => None,
        }
    }
}

fn class_of<'a>(obj: Ref<'a>) -> Option<&'a Type> {
    // The metaclass must be `type` itself, so that it has nothing of its own under the name.
    // SAFETY: an instance of exactly `type`.
    if obj.header()?.type_id() == objects::ids::TYPE { Some(unsafe { obj.cast::<Type>() }) } else { None }
}

/// Whether the instance has no value of its own under a name that its class has.
unsafe fn instance_has_no(obj: Ref<'_>, name: Ref<'_>) -> bool {
    let t = type_of(obj);
    !t.has_dict || instance::get_own(obj, t, name).is_none()
}

/// Makes what a class holds deferred, so that caches may name it; whether they may.
fn share(v: Ref<'_>) -> bool {
    if let Some(h) = v.header()
        && h.flags() & gc::flag::HAS_FINALIZER == 0
    {
        h.make_deferred();
    }
    cache::poolable(v.word())
}

/// Fills the cache of an attribute load where the lookup is of a kind that can be cached.
unsafe fn fill_attr(cx: &mut Cx, pc: Pc, obj: Ref<'_>, name: Ref<'_>) {
    let Some(h) = obj.header() else { return };
    // SAFETY: verified code.
    unsafe {
        let at = cache::at(pc);
        if h.type_id() == objects::ids::MODULE {
            let d = &obj.cast::<Module>().dict;
            if type_of(obj).lookup(name).is_some() {
                return;
            }
            let v = d.keys_version();
            if let Some(index) = d.index_of(name)
                && v != 0
                && d.keys_version_now() == v
            {
                at.store(cache::word(v, kind::MODULE, index), Ordering::Release);
            }
            return;
        }
        if let Some(t) = class_of(obj) {
            let v = t.version();
            if v == 0 || by_id(objects::ids::TYPE).lookup(name).is_some() {
                return;
            }
            let Some(found) = t.lookup(name) else { return };
            let found = found.into_value();
            let ft = by_id(objects::types::type_id_of(found.as_ref()));
            let result = match ft.id {
                objects::ids::STATICMETHOD => match attr::type_get(cx, obj, name) {
                    Ok(r) => r.into_value(),
                    Err(e) => return drop(cx.catch(e)),
                },
                objects::ids::FUNCTION => found,
                _ if ft.slots.descr_get().is_none() => found,
                _ => return,
            };
            share(result.as_ref());
            if cache::poolable(result.word()) {
                cache::fill_pool(pc, v, kind::OF_CLASS, result.word().0, || t.version() == v);
            }
            return;
        }
        let t = by_id(h.type_id());
        if !t.has(flags::PLAIN_GETATTR) {
            return;
        }
        let v = t.version();
        if v == 0 {
            return;
        }
        let found = t.lookup(name);
        let word = match found {
            None if t.has_dict && t.item == 0 => match t.keys.find(name) {
                Some(index) if t.tail_offset() / 8 < 1 << 16 => {
                    cache::word(v, kind::INLINE, ((t.tail_offset() / 8) as u32) << 8 | index as u32)
                }
                _ => return,
            },
            Some(d) => {
                let dt = type_of(d.as_ref());
                if let Some(m) = d.as_ref().exact::<SlotMember>() {
                    if t.item != 0 || !t.is_subtype_of(m.owner()) {
                        return;
                    }
                    cache::word(v, kind::SLOT, (t.slots_offset() / 8 + m.index()) as u32)
                } else if let Some(getter) = objects::types::property::plain_getter(d.as_ref()) {
                    if getter.as_ref().header().is_none_or(|h| h.type_id() != objects::ids::FUNCTION) {
                        return;
                    }
                    if let Some(gh) = getter.as_ref().header() {
                        gh.make_deferred();
                    }
                    if cache::poolable(getter.word()) {
                        cache::fill_pool(pc, v, kind::PROPERTY, getter.word().0, || t.version() == v);
                        lookaside::put(cache::word(v, kind::PROPERTY, 0), getter.word().unmarked().0, name, Use::Load);
                    }
                    return;
                } else if dt.slots.descr_get().is_none() && dt.slots.descr_set().is_none() && share(d.as_ref()) {
                    cache::fill_pool(pc, v, kind::CLASS_VALUE, d.as_ref().word().0, || t.version() == v);
                    lookaside::put(cache::word(v, kind::CLASS_VALUE, 0), d.as_ref().word().unmarked().0, name, Use::Load);
                    return;
                } else {
                    return;
                }
            }
            None => return,
        };
        if t.version() == v {
            at.store(word, Ordering::Release);
            lookaside::put(word, 0, name, Use::Load);
        }
    }
}

#[inline(always)]
pub unsafe fn store_attr<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let obj = *r.add(a::<W>(pc, i));
        let w = cache::at(pc).load(Ordering::Relaxed);
        if obj.is_pointer() && cache::version(w) != 0 {
            let h = &*obj.header();
            if gc::kind::version_of(h.type_id()) == cache::version(w) {
                let value = *r.add(b::<W>(pc, i));
                if let Some(old) = store_cached(h, w, value, i.flags() & KILL_B != 0) {
                    drop_now(cx, pc, old);
                    if i.flags() & KILL_A != 0 {
                        drop_now(cx, pc, obj);
                    }
                    return next_cached(pc, r);
                }
            }
        }
        store_attr_slow::<W>(cx, pc, r, i)
    }
}

/// Stores by the cache; gives the old word back. `None`: nothing was stored.
#[inline(always)]
unsafe fn store_cached(h: &Header, w: u64, value: Word, killed: bool) -> Option<Word> {
    // SAFETY: the version said what the object looks like; the object is locked while the slot changes.
    unsafe {
        let payload = cache::payload(w);
        let _l = objects::cx::lock_header(h);
        let field = match cache::kind_of(w) {
            kind::INLINE => {
                let tail = (h as *const Header as *const u8).add((payload >> 8) as usize * 8).cast::<Field>();
                let head = (*tail).peek();
                let index = (payload & 0xff) as usize;
                // As in `inline_value`.
                if head.0 <= Word::from_small_int(index as i64).0 {
                    return None;
                }
                let f = &*tail.add(1 + index);
                let now = f.peek();
                if now == Word::DETACHED {
                    return None;
                }
                // A first value must come in key order: the next one unbound, and so all after it.
                if now == Word::UNBOUND && (index + 1..head.int() as usize).any(|k| (*tail.add(1 + k)).peek() != Word::UNBOUND) {
                    return None;
                }
                f
            }
            kind::SLOT => &*(h as *const Header).cast::<Field>().add(payload as usize),
            _ => return None,
        };
        let v = if killed { Reg::from_word(value).into_value() } else { Ref::from_word(value).to_value() };
        Some(field.swap(v).into_word())
    }
}

#[inline(never)]
unsafe fn store_attr_slow<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let (obj, value) = (get(r, a::<W>(pc, i)), get(r, b::<W>(pc, i)));
        let name = constant(cx, i.index());
        if let Some(h) = obj.header()
            && let Some((w, _)) = lookaside::find(gc::kind::version_of(h.type_id()), name, Use::Store)
        {
            if lookaside::should_refill() {
                cache::at(pc).store(w, Ordering::Release);
            }
            if let Some(old) = store_cached(h, w, value.word(), i.flags() & KILL_B != 0) {
                drop_now(cx, pc, old);
                if i.flags() & KILL_A != 0 {
                    drop_now(cx, pc, obj.word());
                }
                return next_cached(pc, r);
            }
            if cache::kind_of(w) == kind::INLINE
                && let Some(d) = instance::own_dict(h, (cache::payload(w) >> 8) as usize * 8)
            {
                save(cx, pc);
                d.as_ref().cast::<Dict>().set_str(name, value.to_value());
                return done::<W>(cx, pc, r, i, 1, Ok(()));
            }
        }
        save(cx, pc);
        let result = attr::set(cx, obj, name, Some(value));
        if result.is_ok() {
            fill_store(pc, obj, name);
        }
        done::<W>(cx, pc, r, i, 1, result)
    }
}

unsafe fn fill_store(pc: Pc, obj: Ref<'_>, name: Ref<'_>) {
    let Some(h) = obj.header() else { return };
    let t = by_id(h.type_id());
    if !t.has(flags::PLAIN_SETATTR) || t.item != 0 {
        return;
    }
    let v = t.version();
    if v == 0 {
        return;
    }
    let word = match t.lookup(name) {
        Some(d) => match d.as_ref().exact::<SlotMember>() {
            Some(m) if t.is_subtype_of(m.owner()) => cache::word(v, kind::SLOT, (t.slots_offset() / 8 + m.index()) as u32),
            Some(_) => return,
            None if type_of(d.as_ref()).slots.descr_set().is_some() => return,
            None => match inline_word(t, v, name) {
                Some(w) => w,
                None => return,
            },
        },
        None => match inline_word(t, v, name) {
            Some(w) => w,
            None => return,
        },
    };
    if t.version() == v {
        // SAFETY: verified code.
        unsafe { cache::at(pc) }.store(word, Ordering::Release);
        lookaside::put(word, 0, name, Use::Store);
    }
}

fn inline_word(t: &Type, v: u32, name: Ref<'_>) -> Option<u64> {
    if !t.has_dict || t.tail_offset() / 8 >= 1 << 16 {
        return None;
    }
    let index = t.keys.find(name)?;
    Some(cache::word(v, kind::INLINE, ((t.tail_offset() / 8) as u32) << 8 | index as u32))
}

#[cold]
#[inline(never)]
pub unsafe fn del_attr<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let result = attr::set(cx, get(r, b::<W>(pc, i)), constant(cx, i.index()), None);
        done::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(always)]
pub unsafe fn load_method<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let obj = *r.add(b::<W>(pc, i));
        let w = cache::at(pc).load(Ordering::Acquire);
        let id = objects::types::type_::id_of_word(obj);
        if cache::payload_if(w, gc::kind::version_of(id), kind::METHOD).is_some() {
            // The version again, after the pool: the method was in place when it was read.
            if let Some(f) = cache::pool_read(pc, w)
                && gc::kind::version_of(id) == cache::version(w)
            {
                return method_pair::<W>(pc, r, i, Word(f).borrowed(), obj);
            }
        }
        load_method_slow::<W>(cx, pc, r, i)
    }
}

/// Writes function and receiver; the receiver is moved when the object dies here, else borrowed.
#[inline(always)]
unsafe fn method_pair<const W: bool>(pc: Pc, r: Regs, i: Instr, f: Word, obj: Word) -> Next {
    // SAFETY: verified code.
    unsafe {
        let at = r.add(a::<W>(pc, i));
        *at = f;
        *at.add(1) = if i.flags() & KILL_B != 0 { obj } else { obj.borrowed() };
        next_cached(pc, r)
    }
}

#[inline(never)]
unsafe fn load_method_slow<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let obj = get(r, b::<W>(pc, i));
        let w = cache::at(pc).load(Ordering::Acquire);
        let id = objects::types::type_id_of(obj);
        let kind = cache::kind_of(w);
        if cache::version(w) != 0
            && matches!(kind, kind::CLASS_METHOD | kind::STATIC_METHOD)
            && gc::kind::version_of(id) == cache::version(w)
            && let Some(f) = cache::pool_read(pc, w)
            && gc::kind::version_of(id) == cache::version(w)
        {
            let dying = if i.flags() & KILL_B != 0 { obj.word() } else { Word::NONE };
            let at = r.add(a::<W>(pc, i));
            *at = Word(f).borrowed();
            // The class is deferred.
            *at.add(1) = if kind == kind::CLASS_METHOD { by_id(id).as_ref().word().borrowed() } else { Word::NO_SELF };
            drop_now(cx, pc, dying);
            return next_cached(pc, r);
        }
        let name = constant(cx, i.index());
        if let Some(class) = class_of(obj)
            && let Some((f, receives)) = method_of_class(pc, w, class, name)
        {
            let at = r.add(a::<W>(pc, i));
            *at = f.borrowed();
            let killed = i.flags() & KILL_B != 0;
            *at.add(1) = match (receives, killed) {
                (true, true) => obj.word(),
                (true, false) => obj.word().borrowed(),
                (false, _) => Word::NO_SELF,
            };
            if killed && !receives {
                drop_now(cx, pc, obj.word());
            }
            return next_cached(pc, r);
        }
        let t = type_of(obj);
        if let Some((w, f)) = lookaside::find(gc::kind::version_of(id), name, Use::Method) {
            if cache::kind_of(w) == kind::METHOD {
                if lookaside::should_refill() {
                    let version = cache::version(w);
                    cache::fill_pool(pc, version, kind::METHOD, f, || t.version() == version);
                }
                return method_pair::<W>(pc, r, i, Word(f).borrowed(), obj.word());
            }
            let dying = if i.flags() & KILL_B != 0 { obj.word() } else { Word::NONE };
            let at = r.add(a::<W>(pc, i));
            *at = Word(f).borrowed();
            *at.add(1) = if cache::kind_of(w) == kind::CLASS_METHOD { t.as_ref().word().borrowed() } else { Word::NO_SELF };
            drop_now(cx, pc, dying);
            return next_cached(pc, r);
        }
        save(cx, pc);
        let version = if t.has(flags::PLAIN_GETATTR) { t.version() } else { 0 };
        match attr::method(cx, obj, name) {
            Ok(attr::Method::Unbound(f)) => {
                // Cacheable when no instance can have a value of its own under the name.
                let shadowed = t.has_dict && (t.keys.find(name).is_some() || !t.has(flags::HEAP) || in_dict_mode(obj, t));
                let w = f.as_ref().word();
                if version != 0 && !shadowed && cache::poolable(w) {
                    cache::fill_pool(pc, version, kind::METHOD, w.unmarked().0, || t.version() == version);
                    if t.version() == version {
                        lookaside::put(cache::word(version, kind::METHOD, 0), w.unmarked().0, name, Use::Method);
                    }
                }
                let f = f.into_word();
                method_pair::<W>(pc, r, i, f, obj.word())
            }
            Ok(attr::Method::Bound(f)) => {
                fill_wrapped(pc, obj, t, name, version);
                let at = r.add(a::<W>(pc, i));
                let dying = if i.flags() & KILL_B != 0 { obj.word() } else { Word::NONE };
                *at = f.into_word();
                *at.add(1) = Word::NO_SELF;
                drop_now(cx, pc, dying);
                next_cached(pc, r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

/// The function that a method lookup on a class finds, and whether the class is its receiver; `None`: by the ordinary way.
unsafe fn method_of_class(pc: Pc, w: u64, class: &Type, name: Ref<'_>) -> Option<(Word, bool)> {
    // SAFETY: verified code; what is in the pool for a version lives while a class has it.
    unsafe {
        // Before the lookup.
        let version = class.version();
        if version == 0 {
            return None;
        }
        let kind = cache::kind_of(w);
        if cache::version(w) == version
            && matches!(kind, kind::FUNCTION_OF_CLASS | kind::METHOD_OF_CLASS)
            && let Some(f) = cache::pool_read(pc, w)
            && class.version() == version
        {
            return Some((Word(f), kind == kind::METHOD_OF_CLASS));
        }
        if let Some((word, f)) = lookaside::find(version, name, Use::OfClass) {
            if lookaside::should_refill() {
                cache::fill_pool(pc, version, cache::kind_of(word), f, || class.version() == version);
            }
            return Some((Word(f), cache::kind_of(word) == kind::METHOD_OF_CLASS));
        }
        if by_id(objects::ids::TYPE).lookup(name).is_some() {
            return None;
        }
        let found = class.lookup(name)?;
        let (f, kind) = match type_of(found.as_ref()).id {
            objects::ids::FUNCTION => (found.into_value(), kind::FUNCTION_OF_CLASS),
            objects::ids::STATICMETHOD => (objects::types::object::function_of(found.as_ref()), kind::FUNCTION_OF_CLASS),
            objects::ids::CLASSMETHOD => (objects::types::object::function_of(found.as_ref()), kind::METHOD_OF_CLASS),
            _ => return None,
        };
        let h = f.as_ref().header().filter(|h| h.type_id() == objects::ids::FUNCTION)?;
        h.make_deferred();
        if !cache::poolable(f.word()) || class.version() != version {
            return None;
        }
        let word = f.word().unmarked();
        cache::fill_pool(pc, version, kind, word.0, || class.version() == version);
        lookaside::put(cache::word(version, kind, 0), word.0, name, Use::OfClass);
        Some((word, kind == kind::METHOD_OF_CLASS))
    }
}

/// Fills the cache of a method lookup that found a classmethod or staticmethod of a Python function.
unsafe fn fill_wrapped(pc: Pc, obj: Ref<'_>, t: &Type, name: Ref<'_>, version: u32) {
    // SAFETY: verified code.
    unsafe {
        if version == 0 || !t.has(flags::HEAP) || (t.has_dict && (t.keys.find(name).is_some() || in_dict_mode(obj, t))) {
            return;
        }
        let Some(d) = t.lookup(name) else { return };
        let kind = match type_of(d.as_ref()).id {
            objects::ids::CLASSMETHOD => kind::CLASS_METHOD,
            objects::ids::STATICMETHOD => kind::STATIC_METHOD,
            _ => return,
        };
        let f = objects::types::object::function_of(d.as_ref());
        let Some(h) = f.as_ref().header().filter(|h| h.type_id() == objects::ids::FUNCTION) else { return };
        h.make_deferred();
        if cache::poolable(f.word()) {
            cache::fill_pool(pc, version, kind, f.word().0, || t.version() == version);
            if t.version() == version {
                lookaside::put(cache::word(version, kind, 0), f.word().unmarked().0, name, Use::Method);
            }
        }
    }
}

/// Whether the instance's values live in a dict, where a key could shadow a method without the type knowing.
unsafe fn in_dict_mode(obj: Ref<'_>, t: &Type) -> bool {
    match obj.header() {
        // SAFETY: the type has a tail.
        Some(h) => unsafe { !(*instance::tail_of(h, t)).peek().is_int() },
        None => false,
    }
}

/// The three words `[super, class, self]` of a super lookup, and the object found through them.
unsafe fn super_lookup(cx: &mut Cx, r: Regs, base: usize, name: Ref<'_>, want_method: bool) -> PyResult<attr::Method> {
    // SAFETY: three live temporaries.
    unsafe {
        let (f, class, obj) = (get(r, base), get(r, base + 1), get(r, base + 2));
        if f.header().is_some_and(|h| std::ptr::eq(h, by_id(objects::ids::SUPER).header()))
            && let Some(t) = objects::types::as_type(class)
        {
            let start = if type_of(obj).is_subtype_of(t) {
                Some(type_of(obj))
            } else {
                objects::types::as_type(obj).filter(|o| o.is_subtype_of(t))
            };
            if let Some(start) = start {
                let is_class = !type_of(obj).is_subtype_of(t);
                let class_name = objects::names::__class__();
                let found = if name.is(class_name) { None } else { after(start, t, name) };
                if let Some(v) = found {
                    let vt = by_id(objects::types::type_id_of(v.as_ref()));
                    if want_method && !is_class && vt.has(flags::METHOD_LIKE) {
                        return Ok(attr::Method::Unbound(v));
                    }
                    let v = v.into_value();
                    return match vt.slots.descr_get() {
                        Some(g) => {
                            let receiver = if is_class { None } else { Some(obj) };
                            let owner = start.as_value();
                            g(cx, v.as_ref(), receiver, owner.as_ref()).map(attr::Method::Bound)
                        }
                        None => Ok(attr::Method::Bound(v.into())),
                    };
                }
            }
        }
        let s = objects::protocol::call::positional(cx, f, slice(r, base + 1, 2))?;
        attr::get(cx, s.as_ref(), name).map(attr::Method::Bound)
    }
}

/// Looks a name up in the MRO of `start` behind `t`.
fn after(start: &Type, t: &Type, name: Ref<'_>) -> Option<Reg> {
    start.with_mro(|m| {
        let at = m.iter().position(|c| c.header().is_some_and(|h| std::ptr::eq(h, t.header())))?;
        m[at + 1..].iter().find_map(|c| {
            // SAFETY: the MRO holds types.
            unsafe { c.cast::<Type>() }.dict.get_interned(name)
        })
    })
}

#[inline(never)]
pub unsafe fn load_super_attr<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let base = c::<W>(pc, i);
        match super_lookup(cx, r, base, constant(cx, i.index()), false) {
            Ok(attr::Method::Bound(v) | attr::Method::Unbound(v)) => {
                let w = v.into_word();
                let old = [*r.add(base), *r.add(base + 1), *r.add(base + 2)];
                put::<W>(cx, pc, r, i, w);
                old.into_iter().for_each(|o| drop_now(cx, pc, o));
                next_cached(pc, r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

#[inline(never)]
pub unsafe fn load_super_method<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let base = c::<W>(pc, i);
        let found = super_lookup(cx, r, base, constant(cx, i.index()), true);
        let at = r.add(a::<W>(pc, i));
        let old = [*r.add(base), *r.add(base + 1), *r.add(base + 2)];
        match found {
            Ok(attr::Method::Unbound(f)) => {
                *at = f.into_word();
                // The receiver moves up from the third word.
                *at.add(1) = old[2];
                drop_now(cx, pc, old[0]);
                drop_now(cx, pc, old[1]);
                next_cached(pc, r)
            }
            Ok(attr::Method::Bound(f)) => {
                *at = f.into_word();
                *at.add(1) = Word::NO_SELF;
                old.into_iter().for_each(|o| drop_now(cx, pc, o));
                next_cached(pc, r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

/// An item of an exact list or tuple by an int word.
#[inline(always)]
fn quick_item(obj: Word, index: i64) -> Option<Reg> {
    if !obj.is_pointer() {
        return None;
    }
    // SAFETY: a live register.
    let v = unsafe { Ref::from_word(obj) };
    if let Some(l) = v.exact::<List>() {
        let i = if index < 0 { index + l.len() as i64 } else { index };
        return if i < 0 { None } else { l.get(i as usize) };
    }
    if let Some(t) = v.exact::<Tuple>() {
        let i = if index < 0 { index + t.len() as i64 } else { index };
        return if i < 0 { None } else { t.items().get(i as usize).map(|x| x.to_reg()) };
    }
    None
}

#[inline(always)]
pub unsafe fn get_item<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let (obj, key) = (*r.add(b::<W>(pc, i)), *r.add(c::<W>(pc, i)));
        if key.is_int()
            && let Some(v) = quick_item(obj, key.int())
        {
            return finish::<W>(cx, pc, r, i, 1, Ok(v));
        }
        get_item_slow::<W>(cx, pc, r, i)
    }
}
#[inline(never)]
unsafe fn get_item_slow<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let (obj, key) = (get(r, b::<W>(pc, i)), get(r, c::<W>(pc, i)));
        if let Some(d) = obj.exact::<Dict>() {
            let result = match d.get(cx, key) {
                Ok(Some(v)) => Ok(v),
                Ok(None) => Err(cx.key_error(key)),
                Err(e) => Err(e),
            };
            return finish::<W>(cx, pc, r, i, 1, result);
        }
        let result = item::get(cx, obj, key);
        finish::<W>(cx, pc, r, i, 1, result)
    }
}

#[inline(always)]
pub unsafe fn get_item_i<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let obj = *r.add(b::<W>(pc, i));
        let k = i64::from(i.c() as i8);
        if let Some(v) = quick_item(obj, k) {
            return finish::<W>(cx, pc, r, i, 0, Ok(v));
        }
        get_item_i_slow::<W>(cx, pc, r, i)
    }
}
#[inline(never)]
unsafe fn get_item_i_slow<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let k = Value::small_int(i64::from(i.c() as i8));
        let result = item::get(cx, get(r, b::<W>(pc, i)), k.as_ref());
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(always)]
pub unsafe fn set_item<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let key = *r.add(b::<W>(pc, i));
        if key.is_int()
            && let Some(l) = get(r, a::<W>(pc, i)).exact::<List>()
        {
            let n = l.len() as i64;
            let k = if key.int() < 0 { key.int() + n } else { key.int() };
            if k >= 0 && k < n {
                let killed = i.flags() & bytecode::encode::KILL_C != 0;
                let v = own(r, c::<W>(pc, i), killed);
                match l.set(k as usize, v) {
                    Ok(old) => {
                        drop_now(cx, pc, old.into_word());
                        if i.flags() & KILL_A != 0 {
                            drop_now(cx, pc, *r.add(a::<W>(pc, i)));
                        }
                        return next_cached(pc, r);
                    }
                    Err(v) => {
                        if killed {
                            *r.add(c::<W>(pc, i)) = v.into_word();
                        }
                    }
                }
            }
        }
        set_item_slow::<W>(cx, pc, r, i)
    }
}
#[inline(never)]
unsafe fn set_item_slow<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let (obj, key, value) = (get(r, a::<W>(pc, i)), get(r, b::<W>(pc, i)), get(r, c::<W>(pc, i)));
        let result = match obj.exact::<Dict>() {
            Some(d) => d.set(cx, key, value),
            None => item::set(cx, obj, key, Some(value)),
        };
        done::<W>(cx, pc, r, i, 1, result)
    }
}

#[inline(never)]
pub unsafe fn del_item<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let result = item::set(cx, get(r, b::<W>(pc, i)), get(r, c::<W>(pc, i)), None);
        done::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(never)]
pub unsafe fn get_slice<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let base = c::<W>(pc, i);
        match item::get_slice(cx, get(r, b::<W>(pc, i)), get(r, base), get(r, base + 1)) {
            Ok(v) => {
                drop_range(cx, pc, r, base, 2);
                finish::<W>(cx, pc, r, i, 0, Ok(v))
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

#[inline(never)]
pub unsafe fn set_slice<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let base = c::<W>(pc, i);
        match item::set_slice(cx, get(r, a::<W>(pc, i)), get(r, base), get(r, base + 1), get(r, b::<W>(pc, i))) {
            Ok(()) => {
                drop_range(cx, pc, r, base, 2);
                done::<W>(cx, pc, r, i, 0, Ok(()))
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}
