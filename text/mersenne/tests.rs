//! Expectations of the generator, from `random.Random` of the reference interpreter.

use super::*;

#[test]
fn like_reference() {
    // random.Random(42)
    let mut r = MersenneTwister::from_key(&[42]);
    assert_eq!([r.random(), r.random()], [0.6394267984578837, 0.025010755222666936]);
    assert_eq!(r.bits_u64(10), 281);
    assert_eq!(r.bits_u64(40), 245864938384);
    assert_eq!(r.bits(100).to_string(), "800402129360547565400942494185");
    // random.Random(0), random.Random(2**100 + 5)
    assert_eq!(MersenneTwister::from_magnitude(&BigUint::from(0u8)).random(), 0.8444218515250481);
    let seed = (BigUint::from(1u8) << 100u32) + 5u8;
    assert_eq!(MersenneTwister::from_magnitude(&seed).random(), 0.7033503239395905);
    // Far enough to refill the state.
    let mut r = MersenneTwister::from_key(&[1]);
    let mut last = 0;
    for _ in 0..2000 {
        last = r.next_u32();
    }
    assert_eq!(last, 1058062369);
}

#[test]
fn state_round_trip() {
    let mut r = MersenneTwister::from_key(&[7]);
    r.next_u32();
    let (state, index) = r.state();
    let mut copy = MersenneTwister::from_state(*state, index).unwrap();
    assert_eq!(copy.next_u32(), r.next_u32());
    assert!(MersenneTwister::from_state([0; N], 625).is_none());
}
