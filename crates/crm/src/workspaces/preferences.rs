//! What a member chooses for himself: his name, language, theme and density.

use db::DbError;
use words::UserId;

use super::store;
use crate::kernel::{App, Language};
use crate::ui::{Density, Theme};

/// What changes; the rest stays.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Preferences {
    pub language: Option<Language>,
    pub theme: Option<Theme>,
    pub density: Option<Density>,
}

pub(super) async fn change_preferences(app: &App, user: UserId, preferences: Preferences) -> Result<(), DbError> {
    app.db.write(move |tx| store::set_preferences(tx, user, preferences)).await
}

/// Changes how the member is called; the name is one that `parse_name` made.
pub(super) async fn rename_user(app: &App, user: UserId, name: String) -> Result<(), DbError> {
    app.db.write(move |tx| store::set_user_name(tx, user, &name)).await
}
