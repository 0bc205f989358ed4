//! The hardforks that can be chosen. A name outside of this list is refused, and an opcode of a
//! later fork halts: revm's instruction table and gas prices are taken from the fork.

use revm::primitives::hardfork::SpecId;

/// Oldest to newest. Newer forks than the last stable one are not offered.
pub const NAMES: [&str; 6] = ["london", "paris", "shanghai", "cancun", "prague", "osaka"];

/// The fork of a name, or None if it is not one of [`NAMES`].
pub fn parse(name: &str) -> Option<SpecId> {
    Some(match name {
        "london" => SpecId::LONDON,
        "paris" => SpecId::MERGE,
        "shanghai" => SpecId::SHANGHAI,
        "cancun" => SpecId::CANCUN,
        "prague" => SpecId::PRAGUE,
        "osaka" => SpecId::OSAKA,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_offered_name_is_a_fork_and_they_are_in_order() {
        let forks: Vec<SpecId> = NAMES.iter().map(|name| parse(name).unwrap()).collect();
        assert!(forks.is_sorted());
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["", "Cancun", "amsterdam", "latest", "berlin"] {
            assert!(parse(name).is_none(), "{name}");
        }
    }
}
