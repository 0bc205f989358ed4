//! The watch list: slots whose changes a batch reports by their index.

use revm::primitives::{Address, AddressMap, HashMap, U256};

use crate::commit::Change;

#[derive(Clone, Debug, Default)]
pub struct WatchList {
    entries: Vec<(Address, U256)>,
    indices: AddressMap<HashMap<U256, Vec<u32>>>,
}

impl WatchList {
    /// Append slots; the index of the first one. A slot may be watched more than once.
    pub fn add(&mut self, address: Address, slots: impl Iterator<Item = U256>) -> usize {
        let first = self.entries.len();
        let of_account = self.indices.entry(address).or_default();
        for slot in slots {
            // Four billion watched slots would take 300 GB; a u32 is enough.
            of_account.entry(slot).or_default().push(self.entries.len() as u32);
            self.entries.push((address, slot));
        }
        first
    }

    pub fn entries(&self) -> &[(Address, U256)] {
        &self.entries
    }

    /// Index and new value of the watched slots among the changes, by ascending index.
    pub fn select(&self, changes: &[Change]) -> Vec<(u32, U256)> {
        if self.entries.is_empty() {
            return Vec::new();
        }
        // (index, position of its change) in one number: eight bytes are sorted faster than forty.
        let mut found: Vec<u64> = Vec::with_capacity(changes.len());
        for (position, change) in changes.iter().enumerate() {
            let of_account = self.indices.get(&change.address);
            for index in of_account.and_then(|slots| slots.get(&change.slot)).into_iter().flatten()
            {
                found.push(u64::from(*index) << 32 | position as u64);
            }
        }
        found.sort_unstable();
        let value = |found: u64| ((found >> 32) as u32, changes[found as u32 as usize].new);
        found.into_iter().map(value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_selected_by_ascending_index_and_duplicates_are_all_told() {
        let (here, there) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let mut watch = WatchList::default();
        assert_eq!(watch.add(here, [5, 6].map(U256::from).into_iter()), 0);
        assert_eq!(watch.add(there, [6, 6].map(U256::from).into_iter()), 2);
        let change = |address, slot, new| Change {
            address,
            slot: U256::from(slot),
            old: U256::ZERO,
            new: U256::from(new),
        };
        let changes = [change(there, 6, 9), change(here, 7, 1), change(here, 6, 8)];
        let expected = [(1, 8), (2, 9), (3, 9)].map(|(index, new)| (index, U256::from(new)));
        assert_eq!(watch.select(&changes), expected);
    }
}
