//! `entente admin create`: an owner from the command line, and the way back in.

use std::io::BufRead as _;

use crm::kernel::Language;
use crm::workspaces::create_owner;
use serde::Serialize;

use crate::command::{AdminCommand, AdminCreateArguments, Locale};
use crate::failure::Failure;
use crate::serve::provision_all;
use crate::settings::InstallationSettings;
use crate::{installation, say, telemetry};

#[derive(Serialize)]
struct Created {
    user_id: words::UserId,
    email: words::EmailAddress,
}

pub async fn run(command: AdminCommand) -> Result<(), Failure> {
    match command {
        AdminCommand::Create(arguments) => create(arguments).await,
    }
}

async fn create(arguments: AdminCreateArguments) -> Result<(), Failure> {
    let settings = InstallationSettings::resolve(&arguments.installation).map_err(Failure::usage)?;
    telemetry::start(&settings.log, settings.log_format)?;
    let password = read_password()?;
    let opened = installation::open(&settings.place).await?;
    let app = installation::app_without_address(opened.db.clone());
    let language = match arguments.locale {
        Locale::Fr => Language::French,
        Locale::En => Language::English,
    };
    let user_id = create_owner(&app, arguments.email.clone(), password, language).await.map_err(Failure::failed)?;
    provision_all(&app).await?;
    app.db.clone().close().await;
    if arguments.json {
        return say::json(&Created { user_id, email: arguments.email });
    }
    say::to_people("The owner is there; sign in with this address and the new password.");
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
