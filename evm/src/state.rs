//! The accounts of a world as revm's database, with the pokes that set-up code may do.

use std::convert::Infallible;

use revm::{
    Database,
    bytecode::Bytecode,
    primitives::{Address, B256, KECCAK_EMPTY, U256, keccak256},
    state::{AccountId, AccountInfo},
};

use crate::layers::{Layers, SlotKey};

#[derive(Clone, Debug, Default)]
pub struct State {
    layers: Layers,
    next_number: u32,
}

fn slot_key(id: AccountId, slot: U256) -> SlotKey {
    // An AccountId is made of a u32, so nothing is cut off.
    SlotKey { number: id.get() as u32, slot }
}

impl State {
    pub fn fork(&mut self) -> Self {
        Self { layers: self.layers.fork(), next_number: self.next_number }
    }

    pub fn account(&self, address: &Address) -> Option<&AccountInfo> {
        self.layers.account(address)
    }

    pub fn slot(&self, address: &Address, slot: U256) -> U256 {
        let id = self.account(address).and_then(|account| account.account_id);
        id.map_or(U256::ZERO, |id| self.slot_by_id(id, slot))
    }

    pub fn slot_by_id(&self, id: AccountId, slot: U256) -> U256 {
        self.layers.slot(&slot_key(id, slot))
    }

    pub fn set_slot_by_id(&mut self, id: AccountId, slot: U256, value: U256) {
        self.layers.set_slot(slot_key(id, slot), value);
    }

    pub fn slots_of(&self, id: AccountId) -> Vec<(U256, U256)> {
        self.layers.slots_of(id.get() as u32)
    }

    /// A number under which nothing is stored yet.
    pub fn new_id(&mut self) -> AccountId {
        let id = AccountId::new(self.next_number as usize);
        self.next_number += 1;
        id.expect("a world has fewer than 2^32 - 1 accounts with storage")
    }

    pub fn set_account(&mut self, address: Address, account: AccountInfo) {
        // Since EIP-161 an empty account and none are the same.
        let exists = !account.is_empty() || account.account_id.is_some();
        self.layers.set_account(address, exists.then_some(account));
    }

    pub fn remove_account(&mut self, address: Address) {
        self.layers.set_account(address, None);
    }

    pub fn update(&mut self, address: Address, change: impl FnOnce(&mut AccountInfo)) {
        let mut account = self.account(&address).cloned().unwrap_or_default();
        change(&mut account);
        self.set_account(address, account);
    }

    pub fn set_code(&mut self, address: Address, code: Bytecode) {
        self.update(address, |account| {
            account.code_hash = if code.is_empty() { KECCAK_EMPTY } else { code.hash_slow() };
            account.code = Some(code);
        });
    }

    pub fn set_slot(&mut self, address: Address, slot: U256, value: U256) {
        let id = match self.account(&address).and_then(|account| account.account_id) {
            Some(id) => id,
            None => {
                let id = self.new_id();
                self.update(address, |account| account.account_id = Some(id));
                id
            }
        };
        self.set_slot_by_id(id, slot, value);
    }
}

impl Database for State {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.account(&address).cloned())
    }

    /// Never asked: accounts carry their code.
    fn code_by_hash(&mut self, _code_hash: B256) -> Result<Bytecode, Infallible> {
        Ok(Bytecode::default())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(State::slot(self, &address, slot))
    }

    fn storage_by_account_id(
        &mut self,
        _address: Address,
        id: AccountId,
        slot: U256,
    ) -> Result<U256, Infallible> {
        Ok(self.slot_by_id(id, slot))
    }

    /// No headers are kept, so a block's hash is made of its number: keccak256 of 32 bytes.
    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        Ok(keccak256(U256::from(number).to_be_bytes::<32>()))
    }
}
