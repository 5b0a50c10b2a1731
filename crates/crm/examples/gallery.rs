//! Writes the gallery, in both languages, and its assets to a folder: `cargo run -p crm --example gallery -- FOLDER`.
//! Any static file server can then show it, and a headless browser can take its picture.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use crm::kernel::texts::Language;
use crm::ui::assets::ASSETS;
use crm::ui::{NavItem, PageContext, Theme, Toast, UserBadge, gallery};
use words::Timestamp;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name the folder to write to")?);
    for asset in ASSETS {
        let file = folder.join("assets").join(asset.path);
        fs::create_dir_all(file.parent().unwrap_or(&folder))?;
        fs::write(file, asset.bytes)?;
    }
    for language in Language::ALL {
        for theme in Theme::ALL {
            let name = format!("gallery-{}-{}.html", language.code(), theme.code());
            fs::write(folder.join(name), sample(language, theme))?;
        }
    }
    Ok(())
}

fn sample(language: Language, theme: Theme) -> String {
    let mut context = PageContext::new(language, Timestamp::from_millis(1_763_800_000_000));
    context.theme = theme;
    context.shop_name = "Maison Lumière".to_owned();
    context.active = Some(NavItem::People);
    context.user = Some(UserBadge {
        name: "Ana Martin".to_owned(),
        email: "ana@example.com".to_owned(),
        role_label: "Propriétaire".to_owned(),
    });
    context.toasts.push(Toast::success(language, "Segment « VIP »").undo("/undo"));
    gallery(&context).into_string()
}
