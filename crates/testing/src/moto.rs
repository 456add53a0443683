//! A server that speaks S3: moto's, as `scripts/setup.sh test` installs it. It checks no
//! signatures.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use crate::installed::installed;
use crate::wait::eventually;

/// A running server, which ends with the test.
pub struct Moto {
    process: Child,
    address: SocketAddr,
}

impl Moto {
    /// Starts one with an empty bucket.
    ///
    /// # Panics
    /// Where it is not installed, or does not answer.
    pub async fn start(bucket: &str) -> Self {
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let program = installed("moto").join("moto_server");
        let process = Command::new(&program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{}: {error}; run scripts/setup.sh test", program.display())
            });
        let server = Self { process, address: (Ipv4Addr::LOCALHOST, port).into() };
        let path = format!("/{bucket}");
        eventually("moto makes a bucket", async || {
            server.try_ask("PUT", &path).filter(|answer| answer.starts_with("HTTP/1.1 200"))
        })
        .await;
        server
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The keys in a bucket, of a thousand at most.
    #[must_use]
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let answer = self.try_ask("GET", &format!("/{bucket}?list-type=2")).unwrap();
        let keys = answer.split("<Key>").skip(1);
        keys.filter_map(|rest| rest.split_once("</Key>")).map(|(key, _)| key.to_owned()).collect()
    }

    /// What it answers to a request without a body; nothing while it is not there.
    fn try_ask(&self, method: &str, target: &str) -> Option<String> {
        let mut socket = TcpStream::connect(self.address).ok()?;
        let head = format!(
            "{method} {target} HTTP/1.1\r\nhost: {}\r\ncontent-length: 0\r\n\
             connection: close\r\n\r\n",
            self.address
        );
        socket.write_all(head.as_bytes()).ok()?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
