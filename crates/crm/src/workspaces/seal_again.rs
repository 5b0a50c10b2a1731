//! The secrets of this slice, taken together: whether the key file is the right one, and a change of the key.

use db::{DbError, Tx};

use super::audit::place_of_key;
use super::second_factor::place_of_seed;
use super::store;
use crate::kernel::{Chance, Unsealable, Vault, corrupt};
use crate::outbox;

/// Whether the database holds anything sealed: then its key must not be made anew.
pub fn has_sealed_secrets(tx: &mut Tx) -> Result<bool, DbError> {
    Ok(!store::trail::sealed_audit_keys(tx)?.is_empty() || !store::second_factor::sealed_seeds(tx)?.is_empty())
}

/// Whether this vault opens what the database holds.
pub fn check_vault(tx: &mut Tx, vault: &Vault) -> Result<Result<(), Unsealable>, DbError> {
    for (workspace, sealed) in store::trail::sealed_audit_keys(tx)? {
        if let Err(error) = vault.open(place_of_key(&workspace.to_string()), &sealed) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

/// Seals everything with the vault's first key; answers how many secrets there are.
pub fn seal_again(tx: &mut Tx, vault: &Vault, chance: &Chance) -> Result<usize, DbError> {
    let (keys, seeds) = (store::trail::sealed_audit_keys(tx)?, store::second_factor::sealed_seeds(tx)?);
    let count = keys.len() + seeds.len();
    for (workspace, sealed) in keys {
        let row = workspace.to_string();
        let secret = vault.open(place_of_key(&row), &sealed).map_err(corrupt)?;
        store::trail::put_sealed_audit_key(tx, workspace, &vault.seal(chance, place_of_key(&row), &secret))?;
    }
    for (user, sealed) in seeds {
        let row = user.to_string();
        let secret = vault.open(place_of_seed(&row), &sealed).map_err(corrupt)?;
        store::second_factor::put_sealed_seed(tx, user, &vault.seal(chance, place_of_seed(&row), &secret))?;
    }
    Ok(count + outbox::seal_again(tx, vault, chance)?)
}
