use std::process::Output;

use crate::running::{Data, Server, entente, note_owner};

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let Output { status, stdout, stderr } = entente().args(arguments).current_dir(folder.path()).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn help_lists_the_commands_there_are_and_each_shows_an_example() {
    let (code, help, _) = run(&["--help"]);
    assert_eq!(code, Some(0));
    for command in ["serve", "demo", "admin", "keys", "import", "backup", "restore", "db", "doctor", "audit", "bench"] {
        assert!(help.contains(&format!("\n  {command} ")), "{command} in {help}");
    }
    for absent in ["export", "bench-client"] {
        assert!(!help.contains(&format!("\n  {absent}")), "{absent} in {help}");
    }
    let commands: [&[&str]; 12] = [
        &["serve"],
        &["demo"],
        &["admin", "create"],
        &["keys", "create"],
        &["import"],
        &["backup"],
        &["restore"],
        &["db", "copy"],
        &["doctor"],
        &["audit", "export"],
        &["audit", "verify"],
        &["bench"],
    ];
    for command in commands {
        let (code, help, _) = run(&[command, &["--help"]].concat());
        assert_eq!(code, Some(0));
        assert!(help.contains("Example"), "{command:?}: {help}");
    }
}

#[test]
fn wrong_usage_ends_with_2_and_text_for_people_on_standard_error() {
    for wrong in
        [&["serve", "--lisen", "x"][..], &["nonsense"], &["import", "orders", "missing.csv"], &["keys", "create"]]
    {
        let (code, stdout, stderr) = run(wrong);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{wrong:?}");
        assert!(!stderr.is_empty());
    }
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_known_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("entente.toml"), "lisen = \"127.0.0.1:1\"\n").unwrap();
    let output = entente().arg("serve").current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(told, "entente: entente.toml: there is no setting lisen; did you mean listen?\n");
}

#[test]
fn a_flag_wins_over_the_environment_and_the_environment_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("entente.toml"), "data = \"from-file\"\n").unwrap();
    let places: [(&[&str], Option<&str>, &str); 3] = [
        (&[], None, "from-file"),
        (&[], Some("from-environment"), "from-environment"),
        (&["--data", "from-flag"], Some("from-environment"), "from-flag"),
    ];
    for (flags, environment, expected) in places {
        let mut command = entente();
        command.arg("doctor").args(flags).current_dir(folder.path());
        if let Some(value) = environment {
            command.env("ENTENTE_DATA", value);
        }
        assert!(command.output().unwrap().status.success());
        assert!(folder.path().join(expected).join("entente.sqlite").exists(), "{expected}");
        std::fs::remove_dir_all(folder.path().join(expected)).unwrap();
    }
}

#[test]
fn a_key_is_printed_once_alone_on_standard_output() {
    for data in Data::on_both() {
        let ingest = data.set_up();
        assert!(ingest.starts_with("ent_ingest_") && !ingest.contains(char::is_whitespace));
        let key = data.run_well(&["keys", "create", "--kind", "api", "--scope", "events:write"]);
        assert!(key.starts_with("ent_api_") && key.trim_end().lines().count() == 1, "{key}");
        let shown = data.run_well(&["keys", "create", "--kind", "api", "--name", "till", "--json"]);
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert!(shown["key"].as_str().unwrap().starts_with("ent_api_"));
        assert_eq!(data.run(&["keys", "create", "--kind", "api", "--scope", "everything"]).status.code(), Some(2));
    }
}

#[test]
fn keys_need_a_shop_and_the_answer_says_how_to_make_one() {
    let output = Data::sqlite().run(&["keys", "create", "--kind", "ingest"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("entente admin create"));
}

#[test]
fn a_second_process_on_the_same_folder_is_told_so() {
    let data = Data::sqlite();
    data.set_up();
    note_owner(&data);
    let mut server = Server::start(&data);
    let output = data.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("another entente works on"));
    // The doctor only reads, and looks at a shop that is open.
    data.run_well(&["doctor"]);
    assert_eq!(server.terminate(), Some(0));
    data.run_well(&["doctor"]);
}

#[test]
fn a_weak_password_makes_no_owner() {
    let data = Data::sqlite();
    let mut command = entente();
    command.args(["admin", "create", "--email", "ana@example.com", "--password-stdin"]).args(data.arguments());
    // Standard input is empty.
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("no password"));
}

#[test]
fn the_key_file_is_made_once_kept_from_others_and_missed_when_it_is_gone() {
    use std::os::unix::fs::PermissionsExt as _;
    for data in Data::on_both() {
        data.set_up();
        let path = data.key_file();
        let made = std::fs::read_to_string(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let doctor = || entente().arg("doctor").args(data.arguments()).output().unwrap();
        assert!(doctor().status.success());

        std::fs::remove_file(&path).unwrap();
        let refused = doctor();
        let told = String::from_utf8(refused.stderr).unwrap();
        assert!(!refused.status.success() && told.contains("put its key file back"), "{told}");
        assert!(!path.exists(), "no new key covers the loss up");
        std::fs::write(&path, "# nothing\n").unwrap();
        assert!(String::from_utf8(doctor().stderr).unwrap().contains("it holds no key"));
        std::fs::write(&path, format!("{}=\n", "A".repeat(43))).unwrap();
        assert!(String::from_utf8(doctor().stderr).unwrap().contains("another key file"));
        std::fs::write(&path, &made).unwrap();

        let rotated = entente().args(["admin", "rotate-key"]).args(data.arguments()).output().unwrap();
        assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
        assert_ne!(std::fs::read_to_string(&path).unwrap(), made);
        assert!(doctor().status.success(), "the trail goes on under the new key");
        std::fs::write(&path, &made).unwrap();
        assert!(!doctor().status.success(), "the old key opens nothing any more");
    }
}
