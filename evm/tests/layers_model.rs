//! Layers against plain maps: random writes, forks and returns to forks read the same everywhere.

use std::collections::HashMap;

use revm::{
    primitives::{Address, U256},
    state::AccountInfo,
};
use underwater_evm::layers::{Layers, SlotKey};

/// A small generator of our own: the same sequence on every machine, and no dependency.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[derive(Clone, Default)]
struct Plain {
    slots: HashMap<SlotKey, U256>,
    nonces: HashMap<Address, u64>,
}

fn key(random: &mut Random) -> SlotKey {
    SlotKey { number: random.below(3) as u32, slot: U256::from(random.below(20)) }
}

fn write(random: &mut Random, layers: &mut Layers, plain: &mut Plain) {
    let key = key(random);
    let value = U256::from(random.below(3));
    layers.set_slot(key, value);
    plain.slots.insert(key, value);
    let address = Address::with_last_byte(random.below(10) as u8);
    let nonce = random.below(3);
    let account = AccountInfo { nonce, ..Default::default() };
    layers.set_account(address, (nonce > 0).then_some(account));
    plain.nonces.insert(address, nonce);
}

fn assert_same(layers: &Layers, plain: &Plain) {
    for number in 0..3_u32 {
        let mut found = layers.slots_of(number);
        found.sort_unstable();
        let is_kept = |entry: &(&SlotKey, &U256)| entry.0.number == number && !entry.1.is_zero();
        let kept = plain.slots.iter().filter(is_kept);
        let mut wanted: Vec<_> = kept.map(|(key, value)| (key.slot, *value)).collect();
        wanted.sort_unstable();
        assert_eq!(found, wanted);
        for (slot, value) in found {
            assert_eq!(layers.slot(&SlotKey { number, slot }), Some(value));
        }
    }
    for (key, value) in &plain.slots {
        assert_eq!(layers.slot(key).unwrap_or_default(), *value);
    }
    for (address, nonce) in &plain.nonces {
        let account = layers.account(address).flatten();
        assert_eq!(account.map_or(0, |account| account.nonce), *nonce);
    }
    let alive = plain.slots.iter().filter(|(_, value)| !value.is_zero());
    let mut wanted: Vec<_> = alive.map(|(key, value)| (key.number, key.slot, *value)).collect();
    wanted.sort_unstable();
    let slots = layers.slots().into_iter();
    let mut found: Vec<_> = slots.map(|(key, value)| (key.number, key.slot, value)).collect();
    found.sort_unstable();
    assert_eq!(found, wanted);
    assert_eq!(layers.accounts().len(), plain.nonces.values().filter(|nonce| **nonce > 0).count());
}

#[test]
fn layers_read_like_plain_maps_through_writes_forks_and_returns() {
    for seed in 0..40 {
        let mut random = Random(seed);
        let (mut layers, mut plain) = (Layers::default(), Plain::default());
        let mut kept: Vec<(Layers, Plain)> = Vec::new();
        for _ in 0..300 {
            match random.below(10) {
                0 | 1 => kept.push((layers.fork(), plain.clone())),
                2 if !kept.is_empty() => {
                    let chosen = random.below(kept.len() as u64) as usize;
                    (layers, plain) = kept.swap_remove(chosen);
                }
                _ => write(&mut random, &mut layers, &mut plain),
            }
        }
        assert_same(&layers, &plain);
        for (layers, plain) in &kept {
            assert_same(layers, plain);
        }
    }
}
