//! stub
pub fn decimal(c: u32) -> Option<u32> { char::from_u32(c)?.to_digit(10) }
