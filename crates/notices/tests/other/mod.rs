//! The other side: a server on this machine that keeps what it is asked, and answers as it is told.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `POST /path HTTP/1.1`
    pub line: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// How it is answered.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A status, other headers, and a body.
    Answer(u16, &'static str, String),
    /// What is no HTTP.
    Nonsense,
    /// The connection ends.
    HangUp,
}

pub struct Other {
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Other {
    /// Starts one that answers in this way, one reply after the other, and then 200.
    pub fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, mut replies): (_, VecDeque<Reply>) =
            (Arc::clone(&asked), replies.into_iter().collect());
        // The thread ends with the process of the test.
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let ok = || Reply::Answer(200, "", String::new());
                if let Some(asked) = read(&socket) {
                    kept.lock().unwrap().push(asked);
                    answer(socket, &replies.pop_front().unwrap_or_else(ok));
                }
            }
        });
        Self { port, asked }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

fn read(socket: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(socket);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { line: line.trim_end().to_owned(), headers, body })
}

fn answer(mut socket: TcpStream, reply: &Reply) {
    let text = match reply {
        Reply::Answer(status, headers, body) => format!(
            "HTTP/1.1 {status} said\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n\
             {body}",
            body.len()
        ),
        Reply::Nonsense => "I am not a server\r\n\r\n".to_owned(),
        Reply::HangUp => String::new(),
    };
    // Whoever asked may be gone.
    let _ = socket.write_all(text.as_bytes());
}
