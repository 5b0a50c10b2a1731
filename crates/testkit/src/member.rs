//! A member in front of the product, in a browser.

use std::error::Error;

use crm::kernel::{Language, Role};
use crm::workspaces;
use serde_json::json;
use words::WorkspaceId;

use crate::browser::Browser;
use crate::running::RunningApp;

type Outcome = Result<(), Box<dyn Error>>;

/// Gives the browser the session of a new member of this role.
///
/// # Errors
/// When the product or the browser refuses.
pub async fn sign_in(browser: &Browser, running: &RunningApp, workspace: WorkspaceId, role: Role) -> Outcome {
    let address = format!("{role}@shop.example").parse()?;
    let user = workspaces::add_member(&running.app, workspace, address, "Ana Martin", role).await?;
    let session = workspaces::start_session(&running.app, workspace, user, role, "Chromium").await?;
    let cookie = json!({"name": workspaces::cookie_name(&running.app), "value": session.token, "url": running.url});
    browser.goto(&format!("{}/sign-in", running.url)).await?;
    browser.devtools("Network.setCookie", cookie).await?;
    Ok(())
}

/// Chooses the language of the member who is signed in, as the menu does.
///
/// # Errors
/// When the product or the browser refuses.
pub async fn speak(browser: &Browser, running: &RunningApp, language: Language) -> Outcome {
    browser.goto(&format!("{}/account", running.url)).await?;
    let body = json!(format!("language={}", language.code()));
    let form = "{'content-type': 'application/x-www-form-urlencoded'}";
    let post = format!(
        "fetch('/preferences', {{method: 'POST', headers: {form}, body: {body}}}).then(answer => answer.status)"
    );
    match browser.eval(&post).await? {
        status if status == json!(200) => Ok(()),
        status => Err(format!("/preferences answered {status}").into()),
    }
}
