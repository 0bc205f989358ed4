//! A map in layers: one that is written and older ones below it that are shared and never change.
//!
//! A fork freezes the top layer and copies a list of pointers, so that it costs the same for any
//! amount of state. After a freeze layers of similar size are merged, so that their number stays
//! logarithmic; the large base is left alone until something as large lies above it.

use std::sync::Arc;

use revm::{
    primitives::{Address, AddressMap, HashMap, U256},
    state::AccountInfo,
};

/// Storage belongs to an account number, not to an address: an account that was destroyed and
/// lives again gets a new number, so that its old slots need no deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlotKey {
    pub number: u32,
    pub slot: U256,
}

#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// None hides an account of a lower layer.
    pub accounts: AddressMap<Option<AccountInfo>>,
    /// Zero hides a slot of a lower layer.
    pub slots: HashMap<SlotKey, U256>,
}

impl Layer {
    pub fn len(&self) -> usize {
        self.accounts.len() + self.slots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.slots.is_empty()
    }

    /// Put a newer layer over this one. The lowest layer (`is_base`) has nothing to hide.
    fn absorb(&mut self, newer: &Layer, is_base: bool) {
        for (address, account) in &newer.accounts {
            put(&mut self.accounts, *address, account.clone(), is_base && account.is_none());
        }
        for (key, value) in &newer.slots {
            put(&mut self.slots, *key, *value, is_base && value.is_zero());
        }
    }
}

fn put<K, V, S>(map: &mut std::collections::HashMap<K, V, S>, key: K, value: V, remove: bool)
where
    K: Eq + std::hash::Hash,
    S: std::hash::BuildHasher,
{
    if remove {
        map.remove(&key);
    } else {
        map.insert(key, value);
    }
}

#[derive(Clone, Debug, Default)]
pub struct Layers {
    top: Layer,
    /// Oldest first.
    below: Vec<Arc<Layer>>,
}

impl Layers {
    pub fn account(&self, address: &Address) -> Option<&AccountInfo> {
        if let Some(found) = self.top.accounts.get(address) {
            return found.as_ref();
        }
        let found = self.below.iter().rev().find_map(|layer| layer.accounts.get(address));
        found.and_then(Option::as_ref)
    }

    pub fn slot(&self, key: &SlotKey) -> U256 {
        if let Some(value) = self.top.slots.get(key) {
            return *value;
        }
        let found = self.below.iter().rev().find_map(|layer| layer.slots.get(key));
        found.copied().unwrap_or_default()
    }

    pub fn set_account(&mut self, address: Address, account: Option<AccountInfo>) {
        let remove = account.is_none() && self.below.is_empty();
        put(&mut self.top.accounts, address, account, remove);
    }

    pub fn set_slot(&mut self, key: SlotKey, value: U256) {
        let remove = value.is_zero() && self.below.is_empty();
        put(&mut self.top.slots, key, value, remove);
    }

    /// All slots of an account that are not zero. Walks through everything: for rare uses only.
    pub fn slots_of(&self, number: u32) -> Vec<(U256, U256)> {
        let mut found: HashMap<U256, U256> = HashMap::default();
        let all = self.below.iter().map(Arc::as_ref).chain([&self.top]);
        for (key, value) in all.flat_map(|layer| &layer.slots) {
            if key.number == number {
                found.insert(key.slot, *value);
            }
        }
        found.into_iter().filter(|(_, value)| !value.is_zero()).collect()
    }

    /// An independent copy. What both have so far is shared from now on.
    pub fn fork(&mut self) -> Self {
        self.freeze();
        Self { top: Layer::default(), below: self.below.clone() }
    }

    pub fn depth(&self) -> usize {
        self.below.len() + 1
    }

    fn freeze(&mut self) {
        if self.top.is_empty() {
            return;
        }
        self.below.push(Arc::new(std::mem::take(&mut self.top)));
        while self.merge_last_two_if_similar() {}
    }

    fn merge_last_two_if_similar(&mut self) -> bool {
        let [.., older, newer] = self.below.as_slice() else { return false };
        if older.len() > newer.len() {
            return false;
        }
        let (Some(newer), Some(older)) = (self.below.pop(), self.below.pop()) else { return false };
        let mut merged = Arc::unwrap_or_clone(older);
        merged.absorb(&newer, self.below.is_empty());
        self.below.push(Arc::new(merged));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(slot: u64) -> SlotKey {
        SlotKey { number: 7, slot: U256::from(slot) }
    }

    fn account(nonce: u64) -> AccountInfo {
        AccountInfo { nonce, ..Default::default() }
    }

    #[test]
    fn a_fork_and_its_origin_do_not_see_each_others_writes() {
        let mut origin = Layers::default();
        origin.set_slot(key(1), U256::from(10));
        let mut fork = origin.fork();
        fork.set_slot(key(1), U256::from(20));
        origin.set_slot(key(2), U256::from(30));
        assert_eq!(origin.slot(&key(1)), U256::from(10));
        assert_eq!(fork.slot(&key(1)), U256::from(20));
        assert_eq!(fork.slot(&key(2)), U256::ZERO);
    }

    #[test]
    fn a_zero_and_a_removed_account_hide_what_lies_below() {
        let mut layers = Layers::default();
        layers.set_slot(key(1), U256::from(10));
        layers.set_account(Address::ZERO, Some(account(3)));
        let untouched = layers.fork();
        layers.set_slot(key(1), U256::ZERO);
        layers.set_account(Address::ZERO, None);
        assert_eq!(layers.slot(&key(1)), U256::ZERO);
        assert!(layers.account(&Address::ZERO).is_none());
        assert!(layers.slots_of(7).is_empty());
        assert_eq!(untouched.slot(&key(1)), U256::from(10));
        assert_eq!(untouched.account(&Address::ZERO).unwrap().nonce, 3);
    }

    #[test]
    fn what_is_removed_from_the_base_takes_no_room() {
        let mut layers = Layers::default();
        layers.set_slot(key(1), U256::from(10));
        layers.fork();
        layers.set_slot(key(1), U256::ZERO);
        layers.fork();
        assert_eq!(layers.below.iter().map(|layer| layer.len()).sum::<usize>(), 0);
    }

    #[test]
    fn the_number_of_layers_stays_logarithmic_and_nothing_is_lost() {
        let mut layers = Layers::default();
        let mut forks = Vec::new();
        for round in 0..1000_u64 {
            layers.set_slot(key(round), U256::from(round + 1));
            layers.set_slot(key(0), U256::from(round + 1));
            forks.push(layers.fork());
        }
        assert!(layers.depth() <= 12, "{} layers", layers.depth());
        for round in 1..1000_u64 {
            assert_eq!(layers.slot(&key(round)), U256::from(round + 1));
            let fork = &forks[round as usize];
            assert_eq!(fork.slot(&key(0)), U256::from(round + 1));
            assert_eq!(fork.slot(&key(round + 1)), U256::ZERO);
        }
    }

    #[test]
    fn a_large_base_is_shared_and_not_copied_by_small_changes() {
        let mut layers = Layers::default();
        for slot in 0..1000 {
            layers.set_slot(key(slot), U256::from(1));
        }
        let _first = layers.fork();
        let base = Arc::as_ptr(&layers.below[0]);
        for slot in 0..100 {
            layers.set_slot(key(slot), U256::from(2));
            layers.fork();
        }
        assert_eq!(Arc::as_ptr(&layers.below[0]), base);
    }
}
