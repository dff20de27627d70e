//! HTTP as a stranger speaks it: bytes on a socket, nothing put right on the way.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// How long a stranger waits for an answer.
const ANSWER: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its headers, names in lower case, in the order of arrival.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The only header of that name.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(it, _)| it == name);
        let (first, second) = (found.next(), found.next());
        assert!(second.is_none(), "{name} twice in {:?}", self.headers);
        first.map_or("", |(_, value)| value)
    }

    fn is_whole(&self) -> bool {
        let length = self.header("content-length").parse::<usize>();
        length.is_ok_and(|length| length == self.body.len())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The answer is a page of problems with this status and this code.
    #[track_caller]
    pub fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.json()["code"], code, "{}", self.text());
        assert_eq!(self.json()["status"], status, "{}", self.text());
    }
}

/// Connects to a port of this machine.
pub fn connect(port: u16) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(ANSWER))?;
    stream.set_write_timeout(Some(ANSWER))?;
    Ok(stream)
}

/// Sends these bytes and reads the answer, to its end.
pub fn send(port: u16, bytes: &[u8]) -> std::io::Result<Answer> {
    let mut stream = connect(port)?;
    // Whoever refuses may close before it has read everything.
    let _ = stream.write_all(bytes);
    answer(&mut stream)
}

/// Reads an answer, to the length that it announces or until the other side closes.
pub fn answer(stream: &mut TcpStream) -> std::io::Result<Answer> {
    let mut bytes = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(part.get(..count).unwrap_or_default()),
            // What came before the connection broke may be a whole answer.
            Err(_) if !bytes.is_empty() => break,
            Err(error) => return Err(error),
        }
        if parse(&bytes).is_some_and(|answer| answer.is_whole()) {
            break;
        }
    }
    parse(&bytes).ok_or_else(|| {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        std::io::Error::other(format!("no answer: {text:?}"))
    })
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let ends = bytes.windows(4).position(|it| it == b"\r\n\r\n")?;
    let head = std::str::from_utf8(bytes.get(..ends)?).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Some(Answer {
        status,
        headers,
        body: bytes.get(ends + 4..)?.to_owned(),
    })
}

/// Asks by any method, with these header lines beside `Host`.
pub fn ask(method: &str, port: u16, path: &str, lines: &[&str]) -> std::io::Result<Answer> {
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n");
    for line in lines {
        request.push_str(line);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    send(port, request.as_bytes())
}

/// Posts JSON as whoever has this token, and does not wait for the answer.
pub fn post(port: u16, path: &str, token: &str, body: &Value) -> std::io::Result<TcpStream> {
    let body = body.to_string();
    let mut stream = connect(port)?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    // Whoever is killed meanwhile answers nothing.
    let _ = stream.write_all(head.as_bytes());
    Ok(stream)
}

/// Gets a path.
#[track_caller]
pub fn get(port: u16, path: &str) -> Answer {
    get_with(port, path, &[])
}

/// Gets a path, with these header lines.
#[track_caller]
pub fn get_with(port: u16, path: &str, lines: &[&str]) -> Answer {
    ask("GET", port, path, lines).unwrap_or_else(|error| panic!("GET {path}: {error}"))
}

/// Gets JSON, or says why there is none.
pub fn try_json(port: u16, path: &str) -> Result<Value, String> {
    let answer = ask("GET", port, path, &[]).map_err(|error| error.to_string())?;
    if answer.status != 200 {
        return Err(format!("{path} answered {}", answer.status));
    }
    serde_json::from_slice(&answer.body).map_err(|error| error.to_string())
}

/// The port that a node's address names.
#[track_caller]
pub fn port_of(entity: &str) -> u16 {
    let port = entity.rsplit(':').next().and_then(|it| it.parse().ok());
    port.unwrap_or_else(|| panic!("{entity} names no port"))
}
