//! The screen that tells whether everything would come back.

use axum::http::StatusCode;
use crm::backups::{self, Backup};
use crm::kernel::{PlaceFlags, Role, Settings};
use db::{DbError, Engine, sql};
use testkit::app::TestApp;
use testkit::on_both;
use words::{Span, Timestamp};

use super::set_up;

const SCREEN: &str = "/settings/backups";

async fn note(test: &TestApp, made_at: Timestamp, size_bytes: i64) {
    let backup = Backup { made_at, size_bytes };
    test.app.db.write(move |tx| backups::note(tx, &backup)).await.unwrap();
}

on_both!(who_never_made_a_backup_reads_how_and_later_when_the_last_was_made, |db| async move {
    let engine = db.engine();
    let test = TestApp::new(db);
    let owner = set_up(&test).await.cookie();
    let make = "entente backup /var/backups/entente-2025-11-22.entente --data /var/lib/entente";
    for (language, none, made, old) in [
        ("fr", "Aucune sauvegarde connue", "il y a 3\u{a0}j", "a plus de 8 jours"),
        ("en", "No backup is known yet", "3\u{a0}d ago", "more than 8 days old"),
    ] {
        let forgotten: Result<usize, DbError> =
            test.app.db.write(|tx| tx.execute(sql("DELETE FROM backups"), &[])).await;
        forgotten.unwrap();
        test.post_form("/preferences", &owner, &[("language", language)]).await;
        let page = test.get(SCREEN, &owner).await.body;
        assert!(page.contains(none) && page.contains(make), "{page}");
        assert!(page.contains("entente restore /var/backups/entente-2025-11-22.entente --data /var/lib/entente-new"));
        assert_eq!(page.contains("copy_dir"), engine == Engine::Sqlite, "PostgreSQL copies itself");
        note(&test, test.now().minus(Span::from_days(3)), 48_300_000).await;
        let page = test.get(SCREEN, &owner).await.body;
        assert!(page.contains(made) && page.contains("48\u{a0}M") && !page.contains(none), "{page}");
        assert!(!page.contains(old), "{page}");
        note(&test, test.now().minus(Span::from_days(9)), 48_300_000).await;
        let page = test.get(SCREEN, &owner).await.body;
        assert!(page.contains(old), "{page}");
    }
});

on_both!(the_screen_of_backups_is_for_administrators, |db| async move {
    let test = TestApp::new(db);
    set_up(&test).await;
    for role in Role::ALL {
        let (_, cookie) = test.member(role).await;
        let wanted = if matches!(role, Role::Admin | Role::Owner) { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(test.get(SCREEN, &cookie).await.status, wanted, "{role}");
    }
});

on_both!(a_screen_shows_no_address_of_a_database, |db| async move {
    let usual = TestApp::new(db.clone()).app.settings.as_ref().clone();
    let test = TestApp::with_settings(db, Settings { place: PlaceFlags::of_postgres(), ..usual });
    let owner = set_up(&test).await.cookie();
    let page = test.get(SCREEN, &owner).await.body;
    assert!(page.contains("--database-url &quot;$DATABASE_URL&quot;") && !page.contains("postgres://"), "{page}");
});
