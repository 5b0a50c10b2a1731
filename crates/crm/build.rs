//! Packs `assets/` and `locales/` into the binary: one stylesheet, hashed names, Brotli made once, at build time.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The stylesheets that must come first; every other one follows by name, and `print.css` is last.
const FIRST_STYLES: [&str; 4] = ["tokens.css", "base.css", "layout.css", "furniture.css"];
const LAST_STYLE: &str = "print.css";

/// The libraries of `vendor.js`, in the order in which they find each other.
const LIBRARIES: [&str; 3] = ["htmx.min.js", "idiomorph-ext.min.js", "htmx-ext-sse.min.js"];

fn main() -> Outcome<()> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../..");
    let assets = root.join("assets");
    let locales = root.join("locales");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    for watched in [&assets, &locales] {
        println!("cargo:rerun-if-changed={}", watched.display());
    }
    println!("cargo:rerun-if-changed=build.rs");

    fs::write(out.join("assets.rs"), assets_table(&assets, &out)?)?;
    fs::write(out.join("icons.rs"), icon_enum(&assets.join("icons"))?)?;
    fs::write(out.join("locales.rs"), locales_table(&locales)?)?;
    Ok(())
}

/// A file to serve: the name pages ask for, the hashed path it is served under, and its bytes.
struct Packed {
    name: String,
    path: String,
    bytes: Vec<u8>,
}

fn assets_table(assets: &Path, out: &Path) -> Outcome<String> {
    let mut packed = fonts_and_pictures(assets)?;
    let style = stylesheet(&assets.join("css"), &packed)?;
    packed.push(hashed("app.css", style.into_bytes()));
    packed.push(hashed("vendor.js", libraries(&assets.join("vendor"))?));
    packed.extend(modules(&assets.join("js"))?);

    let folder = out.join("packed");
    fs::create_dir_all(&folder)?;
    let mut table = String::from("&[\n");
    for (index, asset) in packed.iter().enumerate() {
        table.push_str(&row(asset, &folder, index)?);
    }
    table.push_str("]\n");
    Ok(table)
}

fn row(asset: &Packed, folder: &Path, index: usize) -> Outcome<String> {
    let plain = folder.join(format!("{index}.plain"));
    fs::write(&plain, &asset.bytes)?;
    let brotli = if is_compressed_already(&asset.name) {
        "None".to_owned()
    } else {
        let file = folder.join(format!("{index}.br"));
        fs::write(&file, compress(&asset.bytes)?)?;
        format!("Some(include_bytes!({:?}))", file.display().to_string())
    };
    Ok(format!(
        "Asset {{ name: {:?}, path: {:?}, content_type: {:?}, etag: {:?}, bytes: include_bytes!({:?}), brotli: {brotli} }},\n",
        asset.name,
        asset.path,
        content_type(&asset.name)?,
        format!("\"{}\"", digest(&asset.bytes)),
        plain.display().to_string(),
    ))
}

fn fonts_and_pictures(assets: &Path) -> Outcome<Vec<Packed>> {
    let mut packed = Vec::new();
    for folder in [assets.to_path_buf(), assets.join("fonts")] {
        for file in files_with(&folder, &["woff2", "svg", "png"])? {
            packed.push(hashed(&file_name(&file)?, fs::read(&file)?));
        }
    }
    Ok(packed)
}

/// One stylesheet in layer order, with `url("…")` pointing at the hashed names.
fn stylesheet(folder: &Path, fonts: &[Packed]) -> Outcome<String> {
    let all = files_with(folder, &["css"])?;
    let mut names: Vec<String> = FIRST_STYLES.map(str::to_owned).to_vec();
    for file in &all {
        let name = file_name(file)?;
        if !names.contains(&name) && name != LAST_STYLE {
            names.push(name);
        }
    }
    names.push(LAST_STYLE.to_owned());

    let mut style = String::new();
    for name in names {
        style.push_str(&without_comments(&fs::read_to_string(folder.join(name))?));
    }
    for font in fonts {
        style = style.replace(&format!("../fonts/{}", font.name), &format!("/assets/{}", font.path));
    }
    Ok(style)
}

/// Takes comments and runs of white space out; the compressor does the rest.
fn without_comments(style: &str) -> String {
    let mut kept = String::with_capacity(style.len());
    let mut rest = style;
    while let Some(start) = rest.find("/*") {
        kept.push_str(&rest[..start]);
        rest = rest[start..].find("*/").map_or("", |end| &rest[start + end + 2..]);
    }
    kept.push_str(rest);
    let mut style = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    style.push('\n');
    style
}

fn libraries(folder: &Path) -> Outcome<Vec<u8>> {
    let mut script = Vec::new();
    for library in LIBRARIES {
        script.extend(fs::read(folder.join(library))?);
        script.extend_from_slice(b";\n");
    }
    Ok(script)
}

/// The modules share one folder named by the hash of them all, so that relative imports stay valid.
fn modules(folder: &Path) -> Outcome<Vec<Packed>> {
    let mut everything = Sha256::new();
    let mut sources = Vec::new();
    for file in files_with(folder, &["js"])? {
        let bytes = fs::read(&file)?;
        everything.update(&bytes);
        sources.push((file_name(&file)?, bytes));
    }
    let hash = short(&everything.finalize());
    Ok(sources
        .into_iter()
        .map(|(name, bytes)| Packed { path: format!("js-{hash}/{name}"), name: format!("js/{name}"), bytes })
        .collect())
}

fn icon_enum(folder: &Path) -> Outcome<String> {
    let mut variants = String::new();
    let mut names = String::new();
    let mut shapes = String::new();
    let mut all = String::new();
    for file in files_with(folder, &["svg"])? {
        let name = file_name(&file)?.trim_end_matches(".svg").to_owned();
        let variant = camel(&name);
        writeln!(variants, "    /// `assets/icons/{name}.svg`\n    {variant},")?;
        writeln!(names, "            Self::{variant} => {name:?},")?;
        writeln!(shapes, "            Self::{variant} => {:?},", shape(&fs::read_to_string(&file)?))?;
        write!(all, "Self::{variant}, ")?;
    }
    Ok(format!(
        "/// A picture of the Lucide set (ISC); one variant for each file of `assets/icons`.\n\
         #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]\npub enum Icon {{\n{variants}}}\n\n\
         impl Icon {{\n    /// Every icon, for the gallery.\n    pub const ALL: &'static [Self] = &[{all}];\n\n\
         \x20   /// The name of its file.\n    pub fn name(self) -> &'static str {{\n        match self {{\n{names}        }}\n    }}\n\n\
         \x20   /// The lines inside its `<svg>`, drawn on a 24 × 24 grid.\n    fn shape(self) -> &'static str {{\n        match self {{\n{shapes}        }}\n    }}\n}}\n"
    ))
}

/// The drawing between `<svg …>` and `</svg>`.
fn shape(svg: &str) -> String {
    let start = svg.find("<svg").and_then(|tag| svg[tag..].find('>').map(|end| tag + end + 1)).unwrap_or(0);
    let end = svg.rfind("</svg>").unwrap_or(svg.len());
    svg[start..end].lines().map(str::trim).collect::<String>().replace(" />", "/>")
}

fn camel(name: &str) -> String {
    name.split('-')
        .map(|part| {
            let mut letters = part.chars();
            letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
        })
        .collect()
}

fn locales_table(folder: &Path) -> Outcome<String> {
    let mut table = String::from("&[\n");
    for language in ["fr", "en"] {
        for file in files_with(&folder.join(language), &["ftl"])? {
            writeln!(
                table,
                "({language:?}, {:?}, include_str!({:?})),",
                file_name(&file)?,
                file.canonicalize()?.display().to_string()
            )?;
        }
    }
    table.push_str("]\n");
    Ok(table)
}

fn hashed(name: &str, bytes: Vec<u8>) -> Packed {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let path = format!("{stem}-{}.{extension}", digest(&bytes));
    Packed { name: name.to_owned(), path, bytes }
}

fn digest(bytes: &[u8]) -> String {
    short(&Sha256::digest(bytes))
}

/// 64 bits are plenty to tell two versions of a file apart.
fn short(digest: &[u8]) -> String {
    digest.iter().take(8).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn compress(bytes: &[u8]) -> Outcome<Vec<u8>> {
    let is_release = std::env::var("PROFILE")? == "release";
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: if is_release { 11 } else { 5 }, ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters)?;
    Ok(compressed)
}

fn is_compressed_already(name: &str) -> bool {
    name.ends_with(".woff2") || name.ends_with(".png")
}

fn content_type(name: &str) -> Outcome<&'static str> {
    Ok(match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => return Err(format!("no content type for {name}").into()),
    })
}

fn file_name(path: &Path) -> Outcome<String> {
    let name = path.file_name().and_then(|name| name.to_str());
    Ok(name.ok_or("file names are UTF-8")?.to_owned())
}

/// The files of a folder with one of the extensions, by name.
fn files_with(folder: &Path, extensions: &[&str]) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if path.is_file() && extensions.contains(&extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
