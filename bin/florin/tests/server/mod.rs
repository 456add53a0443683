//! A server of theirs, beside the program that they call.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Stdio};

use serde_json::Value as Json;

use crate::user::User;

/// A server, ended with the test.
pub struct Server {
    child: Child,
}

impl User {
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn serve(&self) -> (Server, String) {
        self.serve_with(&[])
    }

    /// Serves with words besides.
    pub fn serve_with(&self, words: &[&str]) -> (Server, String) {
        let mut command = self.florin();
        command.args(words).args(["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped());
        let mut child = command.env("FLORIN_LOG_FORMAT", "json").spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the server ended").unwrap();
            let told: Json = serde_json::from_str(&line).unwrap();
            if let Some(address) = told["fields"]["address"].as_str() {
                break address.to_owned();
            }
        };
        // What it says later is read, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        (Server { child }, address)
    }

    /// Makes a family at a server, and signs in to it.
    pub fn sign_in(&self, address: &str) {
        let registration = serde_json::json!({
            "email": "saraa@example.mn", "password": "correct horse battery", "name": "Saraa",
            "family_name": "Hargreaves", "currency": "EUR",
        });
        let agent = ureq::Agent::new_with_defaults();
        let url = format!("{address}/api/v1/auth/register");
        let request = agent.post(&url).header("content-type", "application/json");
        assert_eq!(request.send(registration.to_string().as_bytes()).unwrap().status(), 201);

        let mut login = self.florin();
        login.args(["login", "--email", "saraa@example.mn"]).stdin(Stdio::piped());
        let mut login = login.stdout(Stdio::null()).spawn().unwrap();
        login.stdin.take().unwrap().write_all(b"correct horse battery\n").unwrap();
        assert!(login.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
