//! The line itself: what it is said to do to a connection, it does.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use scenarios::line::{Fate, Line, Way};

/// What is asked, and answered in the same words.
const WORDS: &[u8] = b"What the line carries, it carries as it was sent.";

/// Longer than anything here takes, unless it is held back.
const HELD: Duration = Duration::from_millis(700);

/// Somebody who says again what they hear, to each connection; gives the port.
fn echo() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("a port").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            std::thread::spawn(move || {
                let mut bytes = [0; 1024];
                while let Ok(count @ 1..) = stream.read(&mut bytes) {
                    let _ = stream.write_all(&bytes[..count]);
                }
            });
        }
    });
    port
}

/// What comes back over a line, until the connection ends or is held back; and whether it
/// broke.
fn said_over(line: &Line) -> (Vec<u8>, bool) {
    let mut stream = TcpStream::connect(("127.0.0.1", line.port())).expect("the line listens");
    let limit = stream.set_read_timeout(Some(HELD));
    limit.expect("a limit can be set");
    let _ = stream.write_all(WORDS);
    let mut bytes = vec![0; WORDS.len()];
    let mut came = 0;
    while came < WORDS.len() {
        match stream.read(&mut bytes[came..]) {
            Ok(0) => break,
            Ok(count) => came += count,
            Err(error) => {
                bytes.truncate(came);
                let is_broken = error.kind() == std::io::ErrorKind::ConnectionReset;
                return (bytes, is_broken);
            }
        }
    }
    bytes.truncate(came);
    (bytes, false)
}

fn over(fate: Fate) -> (Vec<u8>, bool) {
    said_over(&Line::always(echo(), fate))
}

#[test]
fn a_line_does_to_a_connection_what_it_is_said_to_do() {
    assert_eq!(over(Fate::Whole), (WORDS.to_vec(), false));
    assert_eq!(over(Fate::Refused), (Vec::new(), true));
    assert_eq!(over(Fate::Silent), (Vec::new(), false));
    for dead in [Way::There, Way::Back] {
        assert_eq!(over(Fate::OneWay { dead }), (Vec::new(), false));
    }
    for way in [Way::There, Way::Back] {
        let mut changed = WORDS.to_vec();
        changed[5] ^= 4;
        let flipped = over(Fate::Flipped { way, at: 5, bit: 2 });
        assert_eq!(flipped, (changed, false));
        let (came, is_broken) = over(Fate::Reset { way, after: 7 });
        // What was on its way may be lost with the connection, and nothing is made up.
        assert!(is_broken && WORDS[..7].starts_with(&came), "{came:?}");
    }
    let began = Instant::now();
    let by = Duration::from_millis(100);
    assert_eq!(over(Fate::Slow { by }), (WORDS.to_vec(), false));
    assert!(began.elapsed() >= 2 * by, "{:?}", began.elapsed());
}

#[test]
fn a_line_that_was_mended_carries_everything_and_lets_go_of_what_it_held() {
    let line = Line::always(echo(), Fate::Silent);
    let mut held = TcpStream::connect(("127.0.0.1", line.port())).expect("the line listens");
    held.write_all(WORDS).expect("bytes are taken");
    assert_eq!(said_over(&line), (Vec::new(), false));
    line.is_mended();
    let limit = held.set_read_timeout(Some(Duration::from_secs(10)));
    limit.expect("a limit can be set");
    let ended = held.read(&mut [0; 8]);
    assert!(!matches!(&ended, Ok(1..)), "{ended:?}");
    let is_waiting = |error: &std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
    assert!(!ended.as_ref().is_err_and(is_waiting), "{ended:?}");
    assert_eq!(said_over(&line), (WORDS.to_vec(), false));
    assert_eq!(line.fates().get("silent"), Some(&2));
}

#[test]
fn the_fates_of_a_line_follow_from_its_seed() {
    let fates = |seed: u64| {
        let line = Line::to(echo(), seed);
        line.is_bad_from_now();
        for _ in 0..12 {
            drop(TcpStream::connect(("127.0.0.1", line.port())).expect("the line listens"));
        }
        scenarios::wait::until("all have their fate", || {
            let fates = line.fates();
            let count: u64 = fates.values().sum();
            scenarios::wait::ensure(count == 12, || format!("{count}")).map(|()| fates)
        })
    };
    assert_eq!(fates(7), fates(7));
    assert_ne!(fates(7), fates(8));
}
