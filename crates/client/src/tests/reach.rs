//! Which addresses are connected to, and who must be there.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::names::Names;

/// A resolver that gives these answers, one after the other, the last one for ever.
#[derive(Clone)]
struct Scripted {
    answers: Arc<Mutex<VecDeque<Vec<&'static str>>>>,
    lookups: Arc<AtomicUsize>,
}

impl Scripted {
    fn new(answers: &[&[&'static str]]) -> Self {
        let answers = answers.iter().map(|answer| answer.to_vec()).collect();
        Self {
            answers: Arc::new(Mutex::new(answers)),
            lookups: Arc::default(),
        }
    }
}

#[async_trait::async_trait]
impl Names for Scripted {
    async fn addresses(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        self.lookups.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 {
            answers.pop_front()
        } else {
            answers.front().cloned()
        };
        match answer {
            Some(answer) => Ok(answer.iter().map(|text| text.parse().unwrap()).collect()),
            None => Err(io::Error::other("NXDOMAIN")),
        }
    }
}

/// An authority, and a node on loopback that has a certificate of it.
struct TlsPeer {
    port: u16,
    root_pem: Vec<u8>,
    connections: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

impl TlsPeer {
    async fn start(name: &str, not_after_year: i32) -> Self {
        let root_key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::new(vec![]).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_pem = root.self_signed(&root_key).unwrap().pem().into_bytes();
        let key = KeyPair::generate().unwrap();
        let mut leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
        leaf.not_after = rcgen::date_time_ymd(not_after_year, 1, 1);
        let leaf = leaf.signed_by(&key, &Issuer::new(root, root_key)).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let mut task = JoinSet::new();
        task.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                if let Ok(stream) = acceptor.accept(stream).await {
                    follow(
                        stream,
                        vec![Act::Send(ok("{}").into_bytes())],
                        &Mutex::default(),
                    )
                    .await;
                }
            }
        });
        Self {
            port,
            root_pem,
            connections,
            _task: task,
        }
    }

    fn entity(&self) -> EntityId {
        EntityId::parse(&format!("https://le-mug.example:{}", self.port)).unwrap()
    }

    /// Asks this node, which the configuration names, under these names.
    async fn fetched(&self, names: &Scripted) -> Result<Vec<u8>, FetchError> {
        let rules = Rules {
            allow_private: vec![self.entity()],
            extra_roots_pem: Some(self.root_pem.clone()),
            ..Rules::default()
        };
        let fetch = fetch_with(rules, names.clone());
        fetch.fetch(question(self.entity())).await
    }
}

fn fetch_with(rules: Rules, names: Scripted) -> HttpFetch {
    let names: Arc<dyn Names> = Arc::new(names);
    HttpFetch::with_names(rules, &names).unwrap()
}

fn here() -> Scripted {
    Scripted::new(&[&["127.0.0.1"]])
}

fn refused(host: &str) -> Result<Vec<u8>, FetchError> {
    Err(FetchError::NoAddress {
        host: host.to_owned(),
    })
}

#[tokio::test]
async fn a_named_peer_may_be_on_this_machine() {
    let peer = TlsPeer::start("le-mug.example", 2100).await;
    assert_eq!(peer.fetched(&here()).await, Ok(b"{}".to_vec()));
}

#[tokio::test]
async fn a_peer_that_is_not_named_is_not_asked_on_this_machine() {
    let peer = TlsPeer::start("le-mug.example", 2100).await;
    let other_port = EntityId::parse("https://le-mug.example").unwrap();
    let rules = Rules {
        allow_loopback: true,
        allow_private: vec![other_port],
        extra_roots_pem: Some(peer.root_pem.clone()),
        ..Rules::default()
    };
    let fetch = fetch_with(rules, here());
    let answer = fetch.fetch(question(peer.entity())).await;
    assert_eq!(answer, refused(&format!("le-mug.example:{}", peer.port)));
    assert_eq!(peer.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_connection_to_a_named_peer_serves_nobody_else() {
    let peer = TlsPeer::start("le-mug.example", 2100).await;
    let fetch = |allow_private| {
        let extra_roots_pem = Some(peer.root_pem.clone());
        let rules = Rules {
            allow_private,
            extra_roots_pem,
            ..Rules::default()
        };
        fetch_with(rules, here())
    };
    let fetch = fetch(vec![peer.entity()]);
    assert_eq!(
        fetch.fetch(question(peer.entity())).await,
        Ok(b"{}".to_vec())
    );
    // The same name at another port is another node, and not named.
    let other = EntityId::parse("https://le-mug.example:9").unwrap();
    assert!(fetch.fetch(question(other)).await.is_err());
    let other = EntityId::parse("https://le-mug.example:9999").unwrap();
    assert_eq!(
        fetch.fetch(question(other)).await,
        refused("le-mug.example:9999")
    );
}

#[tokio::test]
async fn special_addresses_are_refused_even_to_named_peers() {
    let peer = TlsPeer::start("le-mug.example", 2100).await;
    let host = format!("le-mug.example:{}", peer.port);
    for address in [
        "169.254.169.254",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "64:ff9b::1",
    ] {
        let names = Scripted::new(&[&[address]]);
        assert_eq!(peer.fetched(&names).await, refused(&host), "{address}");
    }
    assert_eq!(
        peer.fetched(&Scripted::new(&[])).await,
        refused(&host),
        "no such name"
    );
    let mixed = Scripted::new(&[&["169.254.169.254", "127.0.0.1", "::ffff:10.0.0.1"]]);
    assert_eq!(
        peer.fetched(&mixed).await,
        Ok(b"{}".to_vec()),
        "the others are dropped"
    );
}

#[tokio::test]
async fn the_address_that_was_checked_is_the_one_connected_to() {
    let peer = TlsPeer::start("le-mug.example", 2100).await;
    let rebinding = Scripted::new(&[&["127.0.0.1"], &["169.254.169.254"]]);
    assert_eq!(peer.fetched(&rebinding).await, Ok(b"{}".to_vec()));
    assert_eq!(
        rebinding.lookups.load(Ordering::SeqCst),
        1,
        "nobody asks a second time"
    );
}

#[tokio::test]
async fn a_certificate_must_be_of_the_name_in_time_and_of_a_known_root() {
    let check = async |peer: &TlsPeer, rules: Rules| {
        let fetch = fetch_with(rules, here());
        let answer = fetch.fetch(question(peer.entity())).await;
        assert!(
            matches!(answer, Err(FetchError::Connection(_))),
            "{answer:?}"
        );
    };
    let rules = |peer: &TlsPeer, extra_roots_pem: Option<Vec<u8>>| Rules {
        allow_private: vec![peer.entity()],
        extra_roots_pem,
        ..Rules::default()
    };
    let other_name = TlsPeer::start("other.example", 2100).await;
    check(
        &other_name,
        rules(&other_name, Some(other_name.root_pem.clone())),
    )
    .await;
    let expired = TlsPeer::start("le-mug.example", 2020).await;
    check(&expired, rules(&expired, Some(expired.root_pem.clone()))).await;
    let peer = TlsPeer::start("le-mug.example", 2100).await;
    check(&peer, rules(&peer, None)).await;
    check(&peer, rules(&peer, Some(other_name.root_pem.clone()))).await;
}

#[tokio::test]
async fn a_peer_that_does_not_speak_tls_is_given_up_early() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let entity = EntityId::parse(&format!("https://le-mug.example:{port}")).unwrap();
    let times = Times {
        connect: ms(200),
        total: ms(60_000),
    };
    let rules = Rules {
        allow_private: vec![entity.clone()],
        times,
        ..Rules::default()
    };
    let fetch = fetch_with(rules, here());
    let answer = tokio::time::timeout(ms(2_000), fetch.fetch(question(entity))).await;
    assert_eq!(answer, Ok(Err(FetchError::TooSlow { seconds: 1 })));
}

#[tokio::test]
async fn loopback_is_asked_only_where_the_configuration_says_so() {
    let peer = Peer::saying(ok("{}")).await;
    let host = peer.address.to_string();
    let fetch = HttpFetch::new(Rules::default()).unwrap();
    assert_eq!(fetch.fetch(question(peer.entity())).await, refused(&host));
    let named = Rules {
        allow_private: vec![peer.entity()],
        ..Rules::default()
    };
    let fetch = HttpFetch::new(named).unwrap();
    assert_eq!(fetch.fetch(question(peer.entity())).await, refused(&host));
    assert_eq!(peer.connections.load(Ordering::SeqCst), 0);
    let localhost = EntityId::parse(&format!("http://localhost:{}", peer.address.port())).unwrap();
    let answer = fetch_of(ms(2_500)).fetch(question(localhost.clone())).await;
    assert_eq!(answer, Ok(b"{}".to_vec()));
    let rules = Rules {
        allow_loopback: true,
        ..Rules::default()
    };
    let lying = Scripted::new(&[&["10.0.0.1", "1.1.1.1"]]);
    let fetch = fetch_with(rules, lying);
    assert_eq!(
        fetch.fetch(question(localhost.clone())).await,
        refused(localhost.authority())
    );
}

/// Runs itself again in a process whose environment has proxies.
#[tokio::test]
async fn proxies_of_the_environment_are_not_used() {
    const TARGET: &str = "ESCALE_TEST_TARGET";
    if let Ok(entity) = std::env::var(TARGET) {
        let entity = EntityId::parse(&entity).unwrap();
        let answer = fetch_of(ms(2_000)).fetch(question(entity)).await;
        assert_eq!(answer, Ok(b"{}".to_vec()));
        return;
    }
    let proxy = Peer::saying(ok("proxied")).await;
    let peer = Peer::saying(ok("{}")).await;
    let mut again = tokio::process::Command::new(std::env::current_exe().unwrap());
    again.args([
        "--exact",
        "tests::reach::proxies_of_the_environment_are_not_used",
    ]);
    again
        .env(TARGET, peer.entity().as_str())
        .env_remove("NO_PROXY")
        .env_remove("no_proxy");
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        again.env(name, format!("http://{}", proxy.address));
    }
    let output = again.output().await.unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    assert_eq!(proxy.connections.load(Ordering::SeqCst), 0);
    assert_eq!(peer.asked().len(), 1);
}
