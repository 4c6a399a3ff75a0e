//! Ids of static types. Below [`FIRST_DYNAMIC`] an id names one type for ever; ids of classes made at run time come after.
//!
//! Native modules have the range from 256 on; each module keeps its ids together.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $n:literal;)*) => { $($(#[$doc])* #[allow(missing_docs)] pub const $name: u32 = $n;)* };
}

ids! {
    OBJECT = 1;
    TYPE = 2;
    INT = 3;
    BOOL = 4;
    FLOAT = 5;
    NONE_TYPE = 6;
    ELLIPSIS_TYPE = 7;
    NOT_IMPLEMENTED_TYPE = 8;
    STR = 9;
    BYTES = 10;
    BYTEARRAY = 11;
    MEMORYVIEW = 12;
    COMPLEX = 13;
    TUPLE = 14;
    LIST = 15;
    DICT = 16;
    SET = 17;
    FROZENSET = 18;
    RANGE = 19;
    SLICE = 20;
    FUNCTION = 21;
    CODE = 22;
    CELL = 23;
    METHOD = 24;
    BUILTIN_FUNCTION = 25;
    METHOD_DESCRIPTOR = 26;
    CLASSMETHOD_DESCRIPTOR = 27;
    SLOT_WRAPPER = 28;
    METHOD_WRAPPER = 29;
    GETSET_DESCRIPTOR = 30;
    MEMBER_DESCRIPTOR = 31;
    PROPERTY = 32;
    CLASSMETHOD = 33;
    STATICMETHOD = 34;
    SUPER = 35;
    MODULE = 36;
    TRACEBACK = 37;
    FRAME = 38;
    GENERATOR = 39;
    COROUTINE = 40;
    ASYNC_GENERATOR = 41;
    COROUTINE_WRAPPER = 42;
    ASYNC_GEN_ASEND = 43;
    ASYNC_GEN_ATHROW = 44;
    ASYNC_GEN_WRAPPED = 45;
    MAPPING_PROXY = 46;
    DICT_KEYS = 47;
    DICT_VALUES = 48;
    DICT_ITEMS = 49;
    DICT_KEY_ITERATOR = 50;
    DICT_VALUE_ITERATOR = 51;
    DICT_ITEM_ITERATOR = 52;
    DICT_REVERSE_KEY_ITERATOR = 53;
    DICT_REVERSE_VALUE_ITERATOR = 54;
    DICT_REVERSE_ITEM_ITERATOR = 55;
    LIST_ITERATOR = 56;
    LIST_REVERSE_ITERATOR = 57;
    TUPLE_ITERATOR = 58;
    SET_ITERATOR = 59;
    STR_ITERATOR = 60;
    STR_ASCII_ITERATOR = 61;
    BYTES_ITERATOR = 62;
    BYTEARRAY_ITERATOR = 63;
    RANGE_ITERATOR = 64;
    LONGRANGE_ITERATOR = 65;
    SEQUENCE_ITERATOR = 66;
    CALLABLE_ITERATOR = 67;
    ENUMERATE = 68;
    ZIP = 69;
    MAP = 70;
    FILTER = 71;
    REVERSED = 72;
    GENERIC_ALIAS = 73;
    UNION = 74;
    WEAKREF = 75;
    WEAKPROXY = 76;
    WEAKCALLABLEPROXY = 77;
    MEMORY_ITERATOR = 78;
    MANAGED_BUFFER = 79;
    SIMPLE_NAMESPACE = 80;
    CAPSULE = 81;
    TEMPLATE = 82;
    INTERPOLATION = 83;
    TEMPLATE_ITERATOR = 84;
    FRAME_LOCALS_PROXY = 85;
    ANEXT_AWAITABLE = 86;
    BUFFER_WRAPPER = 87;
    TYPE_ALIAS = 88;
    TYPE_VAR = 89;
    PARAM_SPEC = 90;
    TYPE_VAR_TUPLE = 91;
    PARAM_SPEC_ARGS = 92;
    PARAM_SPEC_KWARGS = 93;
    GENERIC = 94;
    NO_DEFAULT = 95;
    CONST_EVALUATOR = 96;
    GENERIC_ALIAS_ITERATOR = 97;
    LINE_ITERATOR = 98;
    POSITIONS_ITERATOR = 99;
    SLOT_MEMBER = 200;
    FORMATTER_ITERATOR = 201;
    FIELD_NAME_ITERATOR = 202;
    /// `BaseException`; the other exception types have the ids up to 199.
    BASE_EXCEPTION = 100;
}

/// First id that is not a static type's.
pub const FIRST_DYNAMIC: u32 = 2048;
