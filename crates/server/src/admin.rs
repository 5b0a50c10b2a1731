//! `entente admin create`: an owner from the command line, and the way back in.

use std::io::BufRead as _;

use crm::kernel::{App, Language, Parts};
use crm::workspaces::{create_owner, forget_second_factor_of, seal_again};
use serde::Serialize;

use crate::command::{AdminCommand, AdminCreateArguments, Locale, RotateKeyArguments};
use crate::failure::Failure;
use crate::installation::Installation;
use crate::serve::provision_all;
use crate::settings::{InstallationSettings, LetterSettings};
use crate::{installation, key_file, say, telemetry};

#[derive(Serialize)]
struct Created {
    user_id: words::UserId,
    email: words::EmailAddress,
}

pub async fn run(command: AdminCommand) -> Result<(), Failure> {
    match command {
        AdminCommand::Create(arguments) => create(*arguments).await,
        AdminCommand::RotateKey(arguments) => rotate_key(&arguments).await,
    }
}

async fn create(arguments: AdminCreateArguments) -> Result<(), Failure> {
    let settings = InstallationSettings::resolve(&arguments.installation).map_err(Failure::usage)?;
    telemetry::start(&settings.log, settings.log_format)?;
    let letters = LetterSettings::resolve(&arguments).map_err(Failure::usage)?;
    let password = read_password()?;
    let opened = installation::open(&settings).await?;
    let app = app_with(letters, &opened)?;
    let language = match arguments.locale {
        Locale::Fr => Language::French,
        Locale::En => Language::English,
    };
    let user_id = create_owner(&app, arguments.email.clone(), password, language).await.map_err(Failure::failed)?;
    if arguments.forget_second_factor {
        forget_second_factor_of(&app, arguments.email.clone()).await?;
    }
    provision_all(&app).await?;
    app.db.clone().close().await;
    if arguments.json {
        return say::json(&Created { user_id, email: arguments.email });
    }
    say::to_people("The owner is there; sign in with this address and the new password.");
    Ok(())
}

/// Who changes an account here puts the letter about it into the outbox, if letters leave from this installation.
fn app_with(letters: Option<LetterSettings>, opened: &Installation) -> Result<App, Failure> {
    let Some(LetterSettings { public_url, mail }) = letters else {
        return Ok(installation::app_without_address(opened));
    };
    let relay = Some(mail.open(&public_url).map_err(Failure::usage)?);
    let settings = installation::settings_of(&public_url, Vec::new(), opened);
    Ok(App::from(Parts { relay, ..installation::parts(opened.db.clone(), settings) }))
}

/// In this order a crash leaves a key file that opens everything: it knows both keys until all secrets have the new one.
async fn rotate_key(arguments: &RotateKeyArguments) -> Result<(), Failure> {
    let settings = InstallationSettings::resolve(&arguments.installation).map_err(Failure::usage)?;
    telemetry::start(&settings.log, settings.log_format)?;
    let opened = installation::open(&settings).await?;
    let chance = installation::system_chance();
    let both = opened.vault.with_new_key(&chance);
    key_file::replace(&settings.key_file, &both)?;
    let sealing = both.clone();
    let count = opened.db.write(move |tx| seal_again(tx, &sealing, &chance)).await?;
    key_file::replace(&settings.key_file, &both.without_old_keys())?;
    opened.db.clone().close().await;
    say::to_people(&format!(
        "{count} secrets are sealed with a new key in {}; keep a copy of it apart from the backups.",
        settings.key_file.display()
    ));
    Ok(())
}

/// One line, without its end.
fn read_password() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(Failure::failed)?;
    let password = line.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        return Err(Failure::usage("standard input holds no password; pipe one line into the command"));
    }
    Ok(password.to_owned())
}
