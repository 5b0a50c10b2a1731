//! `cargo xtask vendor`: fetches what others wrote and we ship, as pinned here, and puts it where it is used.
//!
//! Needs npm and tar; nothing else does. A new version is a new line here: version, digest of the package, digests of
//! the files. `cargo xtask tidy` compares the files with their digests without any network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use sha2::{Digest, Sha256};

use crate::{Outcome, files};

/// An npm package at one version.
struct Package {
    name: &'static str,
    version: &'static str,
    /// Digest of the package as npm hands it out.
    sha256: &'static str,
    files: &'static [Copied],
}

/// A file of a package, where it goes, and the digest of its bytes.
struct Copied {
    from: &'static str,
    to: &'static str,
    sha256: &'static str,
}

/// A pinned file with the package it comes from.
pub struct Pinned {
    pub package: String,
    pub from: &'static str,
    pub to: &'static str,
    pub sha256: &'static str,
}

const PACKAGES: &[Package] = &[
    Package {
        name: "htmx.org",
        version: "2.0.11",
        sha256: "165a2655073e9e6e55e307a7c74e8ebcdb76afb7701f9c16cfd106a13add408e",
        files: &[
            Copied {
                from: "dist/htmx.min.js",
                to: "assets/vendor/htmx.min.js",
                sha256: "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717",
            },
            Copied {
                from: "LICENSE",
                to: "assets/vendor/LICENSE-htmx.txt",
                sha256: "d3d2456f76414f2456104660ebd65aff1c04cd7966b942bdabd63f3cdb316a38",
            },
        ],
    },
    Package {
        name: "idiomorph",
        version: "0.8.0",
        sha256: "c2b48584153f0167b5c98cb815576338ccd82a97378e53fbf29d139dfd67207e",
        files: &[
            Copied {
                from: "dist/idiomorph-ext.min.js",
                to: "assets/vendor/idiomorph-ext.min.js",
                sha256: "5811b9a7eda14878b7dab4378bf60432e1bb6f11fcfb970cc26540642650181e",
            },
            Copied {
                from: "LICENSE",
                to: "assets/vendor/LICENSE-idiomorph.txt",
                sha256: "d3d2456f76414f2456104660ebd65aff1c04cd7966b942bdabd63f3cdb316a38",
            },
        ],
    },
    Package {
        name: "htmx-ext-sse",
        version: "2.2.4",
        sha256: "90b46f5ab915ba2f64e6348448c8dba509277a47e15c125ffb65754eb4f6b5dc",
        files: &[
            Copied {
                from: "dist/sse.min.js",
                to: "assets/vendor/htmx-ext-sse.min.js",
                sha256: "98a46496de0c3605fbffdce9167ba427bdd9553184f83f149c261891a92c0136",
            },
            Copied {
                from: "LICENSE",
                to: "assets/vendor/LICENSE-htmx-ext-sse.txt",
                sha256: "a17d224ce9afdc21ec9491b76a2f5d036d19aa641ac4f85ca29c21f9f7e54fdf",
            },
        ],
    },
    Package {
        name: "@fontsource-variable/inter",
        version: "5.3.0",
        sha256: "d26710dd38e7217484a1d47ee76c024977ec550548876f26d06ed1844af09a14",
        files: &[
            Copied {
                from: "files/inter-latin-wght-normal.woff2",
                to: "assets/fonts/inter-latin.woff2",
                sha256: "3100e775e8616cd2611beecfa23a4263d7037586789b43f035236a2e6fbd4c62",
            },
            Copied {
                from: "files/inter-latin-ext-wght-normal.woff2",
                to: "assets/fonts/inter-latin-ext.woff2",
                sha256: "34b9c504cab7a73e37b746343a449132e56cf7b5481af2cb81dc74dcff25c956",
            },
            Copied {
                from: "LICENSE",
                to: "assets/fonts/LICENSE-inter.txt",
                sha256: "3b0a5fca3d17942cde889069889dedbbbd075e9b599968c82a95f4d944e9b345",
            },
        ],
    },
    // For the browser tests only; never part of the binary.
    Package {
        name: "axe-core",
        version: "4.14.1",
        sha256: "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745",
        files: &[
            Copied {
                from: "axe.min.js",
                to: "crates/testkit/assets/axe.min.js",
                sha256: "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c",
            },
            Copied {
                from: "LICENSE",
                to: "crates/testkit/assets/axe.LICENSE",
                sha256: "af175b9d96ee93c21a036152e1b905b0b95304d4ae8c2c921c7609100ba8df7e",
            },
        ],
    },
];

/// Every file of `assets/icons` is the one of the same name in this package.
const ICONS: Package = Package {
    name: "lucide-static",
    version: "1.62.0",
    sha256: "386f9080c440d6f5049cefe3456ae8357f7a0c7f76e59670cd1cb83bc7050a44",
    files: &[Copied {
        from: "LICENSE",
        to: "assets/icons/LICENSE-lucide.txt",
        sha256: "b495047bd93a9b06913511076f504daba17d5bbeb3e0650f3bb53a4220329c57",
    }],
};

/// Every file whose bytes are pinned.
pub fn pinned_files() -> impl Iterator<Item = Pinned> {
    PACKAGES.iter().chain([&ICONS]).flat_map(|package| {
        package.files.iter().map(|file| Pinned {
            package: package.to_string(),
            from: file.from,
            to: file.to,
            sha256: file.sha256,
        })
    })
}

/// Name and version of each package.
pub fn packages() -> impl Iterator<Item = (&'static str, &'static str)> {
    PACKAGES.iter().chain([&ICONS]).map(|package| (package.name, package.version))
}

/// The digest as lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Fetches every package, compares it with its digest, and copies its files.
pub fn run() -> Outcome<ExitCode> {
    let root = files::repository()?;
    refresh(&root, tempfile::tempdir()?.path())?;
    Ok(ExitCode::SUCCESS)
}

fn refresh(root: &Path, folder: &Path) -> Outcome<()> {
    for package in PACKAGES {
        let unpacked = fetch(package, folder)?;
        copy_files(package, &unpacked, root)?;
        println!("{package}: {} files", package.files.len());
    }
    let unpacked = fetch(&ICONS, folder)?;
    copy_files(&ICONS, &unpacked, root)?;
    println!("{ICONS}: {} icons", copy_icons(&unpacked, root)?);
    Ok(())
}

/// The folder into which the package was unpacked.
fn fetch(package: &Package, folder: &Path) -> Outcome<PathBuf> {
    let mut npm = Command::new("npm");
    npm.args(["pack", "--silent", "--pack-destination"]).arg(folder).arg(package.to_string());
    let answer =
        npm.stderr(Stdio::inherit()).output().map_err(|error| format!("npm is needed to fetch packages: {error}"))?;
    let archive = folder.join(String::from_utf8(answer.stdout)?.trim());
    if !answer.status.success() {
        return Err(format!("npm could not fetch {package}").into());
    }
    let digest = sha256(&fs::read(&archive)?);
    if digest != package.sha256 {
        return Err(format!(
            "{package} has the digest {digest}, pinned is {}: look at what changed first",
            package.sha256
        )
        .into());
    }
    let unpacked = folder.join(package.name.replace(['@', '/'], "-"));
    fs::create_dir_all(&unpacked)?;
    let status =
        Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&unpacked).arg("--strip-components=1").status()?;
    if status.success() { Ok(unpacked) } else { Err(format!("tar could not unpack {package}").into()) }
}

fn copy_files(package: &Package, unpacked: &Path, root: &Path) -> Outcome<()> {
    for file in package.files {
        let bytes =
            fs::read(unpacked.join(file.from)).map_err(|error| format!("{package} has no {}: {error}", file.from))?;
        if sha256(&bytes) != file.sha256 {
            return Err(format!("{} of {package} has the digest {}", file.from, sha256(&bytes)).into());
        }
        fs::write(root.join(file.to), bytes)?;
    }
    Ok(())
}

/// Refreshes the icons that are there; a new one is asked for by an empty file of its name.
fn copy_icons(unpacked: &Path, root: &Path) -> Outcome<usize> {
    let mut count = 0;
    for path in files::written_files(&root.join("assets/icons"))?.iter().filter(|path| path.ends_with(".svg")) {
        let bytes = fs::read(unpacked.join("icons").join(path))
            .map_err(|error| format!("{ICONS} has no icon {path}: {error}"))?;
        fs::write(root.join("assets/icons").join(path), bytes)?;
        count += 1;
    }
    Ok(count)
}

impl std::fmt::Display for Package {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}@{}", self.name, self.version)
    }
}
