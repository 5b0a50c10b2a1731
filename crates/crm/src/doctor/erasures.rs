//! People who were erased: nobody is back, certificates are whole, the ledger agrees.

use db::{DbError, Tx};

use super::{Doctor, Place, Report};
use crate::privacy;
use crate::profiles::{IdentifierPlace, identifiers_after};

/// Identifiers of one reading.
const IDENTIFIERS_A_STEP: usize = 5_000;

pub(super) async fn check(doctor: &Doctor<'_>, report: Report) -> Result<Report, DbError> {
    let vault = doctor.app.settings.vault.clone();
    let own = vault.clone();
    let mut report = doctor
        .read(report, move |tx, place, report| {
            let found = privacy::unsound_erasures(tx, place.workspace, &own, place.now)?;
            found.into_iter().for_each(|finding| report.find("erasures", finding));
            Ok(())
        })
        .await?;
    let mut after = Some(IdentifierPlace::default());
    while let Some(from) = after {
        let (workspace, start) = (doctor.workspace, from.clone());
        let read = move |tx: &mut Tx<'_>| identifiers_after(tx, workspace, &start, IDENTIFIERS_A_STEP);
        let identifiers = doctor.app.db.read(read).await?;
        after = identifiers.last().map(|one| (one.identifier.kind.clone(), one.identifier.value.clone()));
        let own = vault.clone();
        report = doctor
            .read(report, move |tx: &mut Tx<'_>, place: Place<'_>, report: &mut Report| {
                let back = privacy::people_back(tx, place.workspace, &own, &identifiers)?;
                back.into_iter().for_each(|finding| report.find("erasures", finding));
                Ok(())
            })
            .await?;
    }
    for finding in privacy::examine_ledger(doctor.app, doctor.workspace).await? {
        report.find("erasures", finding);
    }
    Ok(report)
}
