//! How long a peer may take, and how much of us it may hold.

use std::time::Instant;

use super::*;

async fn check_too_slow(script: Vec<Act>) {
    let peer = Peer::start(script).await;
    let begun = Instant::now();
    let answer = fetch_of(ms(300)).fetch(question(peer.entity())).await;
    assert_eq!(answer, Err(FetchError::TooSlow { seconds: 1 }));
    assert!(
        (ms(250)..ms(2_000)).contains(&begun.elapsed()),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for() {
    let forever = || Act::Pause(ms(60_000));
    check_too_slow(vec![forever()]).await;
    check_too_slow(vec![
        Act::Send(b"HTTP/1.1 200 OK\r\nContent-".to_vec()),
        forever(),
    ])
    .await;
    let half = ok(&"x".repeat(90)).split_at(100).0.as_bytes().to_vec();
    check_too_slow(vec![Act::Send(half), forever()]).await;
    let problem = "HTTP/1.1 400 No\r\nContent-Type: application/problem+json\r\n\r\n{";
    check_too_slow(vec![Act::Send(problem.as_bytes().to_vec()), forever()]).await;
}

#[tokio::test]
async fn an_answer_that_drips_is_not_waited_for() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n";
    let drip = Act::Repeat(b"x".to_vec(), ms(10));
    check_too_slow(vec![Act::Send(head.into()), drip.clone()]).await;
    check_too_slow(vec![Act::Send(b"HTTP/1.1 200 OK\r\nX: ".to_vec()), drip]).await;
    let promise = Act::Repeat(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), ms(5));
    check_too_slow(vec![promise]).await;
}

#[tokio::test]
async fn an_answer_that_is_slow_but_in_time_is_read() {
    let answer = ok("12345");
    let pieces = answer.as_bytes().chunks(3);
    let script = pieces
        .flat_map(|piece| [Act::Send(piece.to_vec()), Act::Pause(ms(5))])
        .collect();
    let peer = Peer::start(script).await;
    let answer = fetch_of(ms(5_000)).fetch(question(peer.entity())).await;
    assert_eq!(answer, Ok(b"12345".to_vec()));
}

#[tokio::test]
async fn a_slow_peer_does_not_delay_others() {
    let slow = Peer::start(vec![Act::Pause(ms(60_000))]).await;
    let quick = Peer::saying(ok("{}")).await;
    let fetch = Arc::new(fetch_of(ms(2_000)));
    let mut waiting = JoinSet::new();
    for _ in 0..40 {
        let (fetch, entity) = (Arc::clone(&fetch), slow.entity());
        waiting.spawn(async move { fetch.fetch(question(entity)).await });
    }
    sleep(ms(100)).await;
    let begun = Instant::now();
    assert_eq!(
        fetch.fetch(question(quick.entity())).await,
        Ok(b"{}".to_vec())
    );
    assert!(begun.elapsed() < ms(1_500));
    assert_eq!(
        slow.open_most.load(Ordering::SeqCst),
        crate::REQUESTS_PER_PEER_MAX
    );
    while let Some(answer) = waiting.join_next().await {
        assert_eq!(answer.unwrap(), Err(FetchError::TooSlow { seconds: 2 }));
    }
}
