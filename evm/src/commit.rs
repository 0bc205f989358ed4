//! Writing what a batch did into the state.
//!
//! All transactions of a batch share one journal, which is exact for gas and status. revm's own
//! commit would lose an account that destroys itself and lives again within the batch; here
//! - an account that destroyed itself loses the storage it had before the batch,
//! - it is removed only if it was destroyed by the last transaction that touched it,
//! - a slot is written when it differs from the state before the batch (the journal's original
//!   value is that of the last transaction, not of the batch).

use revm::{
    primitives::{Address, U256},
    state::{Account, AccountId, EvmState},
};

use crate::state::State;

/// A slot whose value after the batch differs from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub address: Address,
    pub slot: U256,
    pub old: U256,
    pub new: U256,
}

/// Write the journal of a batch into the state and append its storage changes, in any order.
pub fn commit(state: &mut State, journal: EvmState, changes: &mut Vec<Change>) {
    for (address, account) in journal {
        if account.is_touched() {
            commit_account(state, address, account, changes);
        }
    }
}

fn commit_account(
    state: &mut State,
    address: Address,
    account: Account,
    changes: &mut Vec<Change>,
) {
    let before = state.known_id(&address);
    let old_id = before.flatten();
    let is_gone = account.is_selfdestructed_locally() || account.is_empty();
    if is_gone {
        record_wiped(state, address, old_id, &Account::default(), changes);
        if before.is_some() {
            state.remove_account(address);
        }
        return;
    }
    let starts_anew = account.is_selfdestructed() || account.is_created();
    let id = if starts_anew {
        record_wiped(state, address, old_id, &account, changes);
        write_new_storage(state, address, &account, old_id, changes)
    } else {
        write_storage(state, address, &account, old_id, changes)
    };
    let mut info = account.info;
    info.account_id = id;
    info.code.get_or_insert_default();
    state.set_account(address, info);
}

/// Changes of the slots that existed before and that the account's new life does not hold.
fn record_wiped(
    state: &State,
    address: Address,
    old_id: Option<AccountId>,
    account: &Account,
    changes: &mut Vec<Change>,
) {
    let Some(old_id) = old_id else { return };
    for (slot, old) in state.slots_of(old_id) {
        if !account.storage.contains_key(&slot) {
            changes.push(Change { address, slot, old, new: U256::ZERO });
        }
    }
}

/// The storage of an account that began anew in this batch goes under a new number.
fn write_new_storage(
    state: &mut State,
    address: Address,
    account: &Account,
    old_id: Option<AccountId>,
    changes: &mut Vec<Change>,
) -> Option<AccountId> {
    let mut id = None;
    for (slot, value) in &account.storage {
        let (slot, new) = (*slot, value.present_value);
        let old = old_id.map_or(U256::ZERO, |old_id| state.known_slot(old_id, slot));
        if old != new {
            changes.push(Change { address, slot, old, new });
        }
        if !new.is_zero() {
            let id = *id.get_or_insert_with(|| state.new_id(address));
            state.set_slot_by_id(id, slot, new);
        }
    }
    id
}

fn write_storage(
    state: &mut State,
    address: Address,
    account: &Account,
    mut id: Option<AccountId>,
    changes: &mut Vec<Change>,
) -> Option<AccountId> {
    for (slot, value) in &account.storage {
        let (slot, new) = (*slot, value.present_value);
        let old = id.map_or(U256::ZERO, |id| state.known_slot(id, slot));
        if old != new {
            changes.push(Change { address, slot, old, new });
            let id = *id.get_or_insert_with(|| state.new_id(address));
            state.set_slot_by_id(id, slot, new);
        }
    }
    id
}
