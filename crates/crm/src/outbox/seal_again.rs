//! Letters that wait while the key of the vault is changed.

use db::{DbError, Tx};

use super::model::Key;
use super::post::place_of;
use super::store;
use crate::kernel::{Chance, Vault, corrupt};

/// Seals every letter that waits with the vault's first key; answers how many there are.
pub fn seal_again(tx: &mut Tx, vault: &Vault, chance: &Chance) -> Result<usize, DbError> {
    let letters: Vec<(Key, Vec<u8>)> = store::sealed(tx)?;
    for (key, sealed) in &letters {
        let row = key.id.to_string();
        let letter = vault.open(place_of(&row), sealed).map_err(corrupt)?;
        store::put_sealed(tx, key.workspace, key.id, &vault.seal(chance, place_of(&row), &letter))?;
    }
    Ok(letters.len())
}
