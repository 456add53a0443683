//! A server of e-mail: aiosmtpd, as `scripts/setup.sh test` installs it. What it does to a message
//! is what the recipient is called: `busy` is told to come again once, `gone` is nobody, `spam` is
//! not wanted, `drop` ends the connection in the middle of the message, `slow` takes a minute,
//! `nonsense` answers what is no reply, `lost` takes the message and says nothing.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::installed::installed;

/// How a server keeps the way to it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpMode {
    /// Not at all.
    Plain,
    /// After STARTTLS, and with a password.
    StartTls,
    /// From the first byte, and with a password.
    Tls,
}

/// A running server, which ends with the test.
pub struct Smtp {
    process: Child,
    folder: TempDir,
    port: u16,
}

impl Smtp {
    /// Starts one. With TLS its user is `florin`, its password `s3cret`.
    ///
    /// # Panics
    /// Where it is not installed, or does not start.
    #[must_use]
    pub fn start(mode: SmtpMode) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (mail, script) = (folder.path().join("mail"), folder.path().join("smtp.py"));
        std::fs::create_dir(&mail).unwrap();
        std::fs::write(&script, include_str!("smtp.py")).unwrap();
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        if mode != SmtpMode::Plain {
            make_certificate(&certificate, &key);
        }
        let word = match mode {
            SmtpMode::Plain => "plain",
            SmtpMode::StartTls => "starttls",
            SmtpMode::Tls => "tls",
        };
        let program = installed("smtp").join("python3");
        let mut process = Command::new(&program)
            .args([&script, &mail, &PathBuf::from(word), &certificate, &key])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{}: {error}; run scripts/setup.sh test", program.display())
            });
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse();
        let port = port.unwrap_or_else(|_| panic!("the server of e-mail did not start: {line:?}"));
        Self { process, folder, port }
    }

    /// Its port on this machine.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its certificate in PEM, where it has one.
    #[must_use]
    pub fn certificate(&self) -> Option<Vec<u8>> {
        std::fs::read(self.folder.path().join("cert.pem")).ok()
    }

    /// The messages that it took, in their order.
    #[must_use]
    pub fn messages(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path().join("mail")).unwrap();
        let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        paths.sort();
        let read = |path: &PathBuf| String::from_utf8(std::fs::read(path).unwrap()).unwrap();
        paths.iter().map(read).collect()
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A certificate for `localhost`, good for a day, that vouches for itself.
fn make_certificate(certificate: &Path, key: &Path) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-nodes", "-days", "1", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(key)
        .arg("-out")
        .arg(certificate)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(made.is_ok_and(|made| made.success()), "openssl; run scripts/setup.sh test");
}
