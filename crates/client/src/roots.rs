//! The certificates that vouch for a peer's TLS, and the configuration made of them.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// Why the way out cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The extra roots are not PEM certificates, or there is none among them.
    #[error("the extra root certificates cannot be read: {0}")]
    ExtraRoots(String),
    /// TLS or the HTTP client refuses its configuration.
    #[error("the HTTP client cannot be built: {0}")]
    Client(String),
}

/// The roots of this machine and those of the configuration.
///
/// A root of the machine that cannot be read is left out, as browsers do; a root
/// that the operator named must be readable.
pub(crate) fn root_certificates(extra_pem: Option<&[u8]>) -> Result<RootCertStore, SetupError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a root certificate of this machine cannot be read");
    }
    roots.add_parsable_certificates(found.certs);
    if let Some(pem) = extra_pem {
        let refused = |error: &dyn std::fmt::Display| SetupError::ExtraRoots(error.to_string());
        let count = roots.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| refused(&error))?;
            roots.add(certificate).map_err(|error| refused(&error))?;
        }
        if roots.len() == count {
            return Err(refused(&"no certificate in it"));
        }
    }
    Ok(roots)
}

/// TLS 1.2 and 1.3 with `ring`, HTTP/1.1 alone, nothing read from the environment.
pub(crate) fn tls(roots: RootCertStore) -> Result<ClientConfig, SetupError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError::Client(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extra_roots_must_be_certificates() {
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for pem in [&b""[..], b"no PEM", broken] {
            let refused = root_certificates(Some(pem));
            assert!(matches!(refused, Err(SetupError::ExtraRoots(_))), "{pem:?}");
        }
    }

    #[test]
    fn an_extra_root_is_added_to_those_of_the_machine() {
        let key = rcgen::KeyPair::generate().unwrap();
        let root = rcgen::CertificateParams::new(vec![])
            .unwrap()
            .self_signed(&key)
            .unwrap();
        let machine = root_certificates(None).unwrap().len();
        let all = root_certificates(Some(root.pem().as_bytes()))
            .unwrap()
            .len();
        assert_eq!(all, machine + 1);
    }
}
