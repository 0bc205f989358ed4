//! A map in layers: one that is written and older ones below it that are shared and never change.
//!
//! A fork freezes the top layer and copies a list of pointers, so that it costs the same for any
//! amount of state. After a freeze layers of similar size are merged, so that their number stays
//! logarithmic; the large base is left alone until something as large lies above it.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use revm::{
    primitives::{Address, AddressMap, HashMap, U256},
    state::AccountInfo,
};

/// Storage belongs to an account number, not to an address: an account that was destroyed and
/// lives again gets a new number, so that its old slots need no deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotKey {
    pub number: u32,
    pub slot: U256,
}

/// Folded into two words: most slots are hashes or small numbers, and lookups are many.
impl Hash for SlotKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [first, second, third, fourth] = *self.slot.as_limbs();
        state.write_u64(first ^ third.rotate_left(32));
        state.write_u64(second ^ fourth.rotate_left(32) ^ u64::from(self.number));
    }
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
    /// There is something below the lowest layer (a source), so that it must hide things too.
    is_over_source: bool,
}

impl Layers {
    pub fn over_source() -> Self {
        Self { is_over_source: true, ..Self::default() }
    }

    /// Outer None: no layer knows the account. Inner None: it is known not to exist.
    pub fn account(&self, address: &Address) -> Option<Option<&AccountInfo>> {
        if let Some(found) = self.top.accounts.get(address) {
            return Some(found.as_ref());
        }
        let found = self.below.iter().rev().find_map(|layer| layer.accounts.get(address));
        found.map(Option::as_ref)
    }

    /// None: no layer knows the slot.
    pub fn slot(&self, key: &SlotKey) -> Option<U256> {
        if let Some(value) = self.top.slots.get(key) {
            return Some(*value);
        }
        self.below.iter().rev().find_map(|layer| layer.slots.get(key)).copied()
    }

    pub fn set_account(&mut self, address: Address, account: Option<AccountInfo>) {
        let remove = account.is_none() && self.has_nothing_below();
        put(&mut self.top.accounts, address, account, remove);
    }

    pub fn set_slot(&mut self, key: SlotKey, value: U256) {
        let remove = value.is_zero() && self.has_nothing_below();
        put(&mut self.top.slots, key, value, remove);
    }

    /// Whether a layer above the frozen ones has nothing to hide.
    fn has_nothing_below(&self) -> bool {
        self.below.is_empty() && !self.is_over_source
    }

    /// All layers, oldest first.
    fn all(&self) -> impl DoubleEndedIterator<Item = &Layer> {
        self.below.iter().map(Arc::as_ref).chain([&self.top])
    }

    /// The layer that holds everything, if there is one.
    fn only_layer(&self) -> Option<&Layer> {
        let mut filled = self.all().filter(|layer| !layer.is_empty());
        let first = filled.next().unwrap_or(&self.top);
        filled.next().is_none().then_some(first)
    }

    /// All slots of an account that the layers know and that are not zero. Walks through
    /// everything: for rare uses only.
    pub fn slots_of(&self, number: u32) -> Vec<(U256, U256)> {
        let mut found: HashMap<U256, U256> = HashMap::default();
        for (key, value) in self.all().flat_map(|layer| &layer.slots) {
            if key.number == number {
                found.insert(key.slot, *value);
            }
        }
        found.into_iter().filter(|(_, value)| !value.is_zero()).collect()
    }

    /// All accounts that exist, in any order.
    pub fn accounts(&self) -> Vec<(Address, &AccountInfo)> {
        let exist = |(address, account): (&Address, &'_ Option<AccountInfo>)| {
            account.is_some().then_some(*address)
        };
        if let Some(only) = self.only_layer() {
            let accounts = only.accounts.iter();
            return accounts.filter_map(|(at, info)| Some((*at, info.as_ref()?))).collect();
        }
        let mut addresses: Vec<Address> =
            self.all().flat_map(|layer| layer.accounts.iter().filter_map(exist)).collect();
        addresses.sort_unstable();
        addresses.dedup();
        let known = |address| Some((address, self.account(&address)??));
        addresses.into_iter().filter_map(known).collect()
    }

    /// All slots that are not zero, in any order.
    pub fn slots(&self) -> Vec<(SlotKey, U256)> {
        let alive = |(key, value): (&SlotKey, &U256)| (!value.is_zero()).then_some((*key, *value));
        if let Some(only) = self.only_layer() {
            return only.slots.iter().filter_map(alive).collect();
        }
        let mut found: HashMap<SlotKey, U256> = HashMap::default();
        for (key, value) in self.all().flat_map(|layer| &layer.slots) {
            found.insert(*key, *value);
        }
        found.iter().filter_map(alive).collect()
    }

    /// Accounts and slots that one of two relatives may have changed: whatever lies in a layer that
    /// they do not share.
    pub fn unshared(&self, other: &Self) -> Layer {
        let mut keys = Layer::default();
        for (these, those) in [(self, other), (other, self)] {
            let is_shared =
                |layer: &Layer| those.below.iter().any(|its| std::ptr::eq(&**its, layer));
            for layer in these.all().filter(|layer| !is_shared(layer)) {
                keys.accounts.extend(layer.accounts.keys().map(|address| (*address, None)));
                keys.slots.extend(layer.slots.keys().map(|key| (*key, U256::ZERO)));
            }
        }
        keys
    }

    /// An independent copy. What both have so far is shared from now on.
    pub fn fork(&mut self) -> Self {
        self.freeze();
        let (below, is_over_source) = (self.below.clone(), self.is_over_source);
        Self { top: Layer::default(), below, is_over_source }
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
        merged.absorb(&newer, self.has_nothing_below());
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
        assert_eq!(origin.slot(&key(1)), Some(U256::from(10)));
        assert_eq!(fork.slot(&key(1)), Some(U256::from(20)));
        assert_eq!(fork.slot(&key(2)).unwrap_or_default(), U256::ZERO);
    }

    #[test]
    fn a_zero_and_a_removed_account_hide_what_lies_below() {
        let mut layers = Layers::default();
        layers.set_slot(key(1), U256::from(10));
        layers.set_account(Address::ZERO, Some(account(3)));
        let untouched = layers.fork();
        layers.set_slot(key(1), U256::ZERO);
        layers.set_account(Address::ZERO, None);
        assert_eq!(layers.slot(&key(1)).unwrap_or_default(), U256::ZERO);
        assert!(layers.account(&Address::ZERO).unwrap().is_none());
        assert!(layers.slots_of(7).is_empty());
        assert_eq!(untouched.slot(&key(1)), Some(U256::from(10)));
        assert_eq!(untouched.account(&Address::ZERO).unwrap().unwrap().nonce, 3);
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
            assert_eq!(layers.slot(&key(round)), Some(U256::from(round + 1)));
            let fork = &forks[round as usize];
            assert_eq!(fork.slot(&key(0)), Some(U256::from(round + 1)));
            assert_eq!(fork.slot(&key(round + 1)).unwrap_or_default(), U256::ZERO);
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

    #[test]
    fn over_a_source_the_lowest_layer_keeps_what_hides() {
        let mut layers = Layers::over_source();
        layers.set_slot(key(1), U256::ZERO);
        layers.set_account(Address::ZERO, None);
        layers.fork();
        layers.set_slot(key(2), U256::from(1));
        layers.fork();
        assert_eq!(layers.slot(&key(1)), Some(U256::ZERO));
        assert_eq!(layers.account(&Address::ZERO), Some(None));
        assert_eq!(layers.slot(&key(3)), None);
    }

    #[test]
    fn relatives_find_what_either_of_them_changed() {
        let mut origin = Layers::default();
        origin.set_slot(key(1), U256::from(10));
        let mut fork = origin.fork();
        fork.set_slot(key(2), U256::from(20));
        origin.set_account(Address::ZERO, Some(account(1)));
        let changed = origin.unshared(&fork);
        assert_eq!(changed.slots.keys().collect::<Vec<_>>(), [&key(2)]);
        assert!(changed.accounts.contains_key(&Address::ZERO));
    }
}
