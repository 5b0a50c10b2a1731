//! `entente import`: a file, its mapping, a progress bar, and a file of what was refused.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use crm::intake::import::{self, Calls, Format, ImportFile, Mapping, Progress, RefusedRow, Summary};
use crm::workspaces;
use indicatif::{ProgressBar, ProgressStyle};

use crate::command::{ImportArguments, ImportKind};
use crate::failure::Failure;
use crate::settings::InstallationSettings;
use crate::{installation, say, telemetry};

pub async fn run(arguments: ImportArguments) -> Result<(), Failure> {
    let settings = InstallationSettings::resolve(&arguments.installation).map_err(Failure::usage)?;
    telemetry::start(&settings.log, settings.log_format)?;
    let mapping = arguments.map.as_deref().map(read_mapping).transpose()?;
    let format = format_of(&arguments.file)?;
    let file = File::open(&arguments.file)
        .map_err(|error| Failure::usage(format!("{}: {error}", arguments.file.display())))?;
    let opened = installation::open(&settings).await?;
    let app = installation::app_without_address(&opened);
    let workspace = installation::first_workspace(&app).await?;
    let shop = app.db.read(move |tx| workspaces::shop(tx, workspace)).await?;
    let shop = shop.ok_or_else(|| Failure::failed("the shop is gone"))?;
    let bar = progress_bar(&file);
    let reader: Box<dyn ImportFile> = Box::new(bar.wrap_read(file));
    let kind = match arguments.kind {
        ImportKind::Contacts => import::ImportKind::Contacts,
        ImportKind::Orders => import::ImportKind::Orders,
        ImportKind::Events => import::ImportKind::Events,
    };
    let calls = Calls::open(reader, kind, format, mapping, &shop.time_zone).map_err(Failure::usage)?;
    let progress = if arguments.dry_run { Progress::DryRun } else { Progress::Apply };
    let mut rejects = RejectFile::beside(&arguments.file);
    let summary = import::import(&app, workspace, calls, progress, |refused| rejects.add(refused)).await;
    bar.finish_and_clear();
    rejects.finish().map_err(|error| Failure::failed(format!("{}: {error}", rejects.path.display())))?;
    let summary = summary.map_err(|error| {
        Failure::failed(format!("{error}; run the same command again: what was applied is not applied twice"))
    })?;
    app.db.clone().close().await;
    tell(&arguments, &summary, &rejects)
}

fn tell(arguments: &ImportArguments, summary: &Summary, rejects: &RejectFile) -> Result<(), Failure> {
    let Summary { read, accepted, repeated, rejected } = summary;
    let done = if arguments.dry_run { "would be new" } else { "new" };
    say::to_people(&format!("{read} rows read: {accepted} {done}, {repeated} known already, {rejected} refused"));
    if *rejected > 0 {
        say::to_people(&format!("The refused rows with their reasons: {}", rejects.path.display()));
    }
    if arguments.json {
        say::json(summary)?;
    }
    Ok(())
}

fn read_mapping(path: &Path) -> Result<Mapping, Failure> {
    let refused = |reason: String| Failure::usage(format!("{}: {reason}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    toml::from_str(&text).map_err(|error| refused(error.to_string().trim_end().to_owned()))
}

fn format_of(file: &Path) -> Result<Format, Failure> {
    let extension = file.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "jsonl" | "ndjson" | "json" => Ok(Format::Jsonl),
        "xlsx" | "xlsm" => Ok(Format::Xlsx),
        "xls" | "xlsb" | "ods" | "numbers" => {
            Err(Failure::usage(format!("{}: of workbooks only .xlsx is read; save it as .xlsx or CSV", file.display())))
        }
        _ => Ok(Format::Csv),
    }
}

/// By bytes: how many rows there are is known at the end.
fn progress_bar(file: &File) -> ProgressBar {
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let style = ProgressStyle::with_template("  {bar:40} {bytes} of {total_bytes}, {elapsed}, {eta} left");
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// `FILE.rejected.csv`, made with the first refused row; what an earlier run left is replaced.
struct RejectFile {
    path: PathBuf,
    file: Option<BufWriter<File>>,
}

impl RejectFile {
    fn beside(file: &Path) -> Self {
        let mut path = file.as_os_str().to_owned();
        path.push(".rejected.csv");
        Self { path: path.into(), file: None }
    }

    fn add(&mut self, refused: &RefusedRow) -> std::io::Result<()> {
        if self.file.is_none() {
            let mut file = BufWriter::new(File::create(&self.path)?);
            writeln!(file, "line,reason,row")?;
            self.file = Some(file);
        }
        match &mut self.file {
            Some(file) => writeln!(file, "{},{},{}", refused.line, quoted(&refused.reason), quoted(&refused.raw)),
            None => Ok(()),
        }
    }

    fn finish(&mut self) -> std::io::Result<()> {
        match &mut self.file {
            Some(file) => file.flush(),
            None if self.path.exists() => std::fs::remove_file(&self.path),
            None => Ok(()),
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
