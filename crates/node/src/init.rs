//! `escale init`: what a node needs, made once.
//!
//! The order is such that a crash leaves either a folder without a configuration,
//! which `init` takes up again after it was emptied, or a node that is complete:
//! keys first, the store with the founding next, the configuration last. What fails
//! without a crash takes away what it made.

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use app::{App, CharterText, Clock as _, FoundingPapers, Identity, SpaceText};
use seal::{PublicKey, keyfile};
use store_sled::SledStore;
use wire::label::{Charter, Overdraw, Roaming, Settlement};
use wire::space::Profile;
use wire::trust::NodeRole;
use wire::{EntityId, INVITATION_BYTES_MAX, Invitation, LocalText};

use crate::cli::{Init, InitCoordinator, InitSpace};
use crate::config::{CONFIG_FILE, Config};
use crate::environment::{SystemClock, SystemEntropy, new_key};
use crate::space_file::{CHARTER_FILE, SPACE_FILE, new_charter_file, new_space_file, read_space};
use crate::{output, start};

/// What a member may do elsewhere unless the charter says otherwise.
const HALF_DAYS_PER_MONTH_DEFAULT: u64 = 4;

pub(crate) async fn init(init: Init) -> anyhow::Result<ExitCode> {
    match init {
        Init::Space(space) => init_space(space).await?,
        Init::Coordinator(coordinator) => init_coordinator(coordinator).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn init_space(args: InitSpace) -> anyhow::Result<()> {
    let code = match (args.invitation, args.invitation_file) {
        (Some(code), _) => code,
        (None, Some(path)) => read_code(&path)?,
        (None, None) => bail!("an invitation is needed"),
    };
    let invitation = Invitation::from_code(&code).context("the invitation cannot be used")?;
    let root = PublicKey::try_from(&invitation.root_key)?;
    let dir = args.folder.dir.as_path();
    let space_text = SpaceText {
        profile: Profile {
            name: args.name.clone(),
            village: args.village.clone(),
            address: None,
            about: None,
            latitude_e6: None,
            longitude_e6: None,
            area_m2: None,
            amenities: Vec::new(),
            is_example: false,
        },
        opening_hours: None,
        formulas: std::collections::BTreeMap::new(),
    };
    let place = Place {
        entity: invitation.entity.clone(),
        role: NodeRole::Space,
        listen: listen_address(args.listen, &invitation.entity),
        coordinator: invitation.coordinator.clone(),
        root,
    };
    let (config, making) = place.begin(dir)?;
    write_new(
        &dir.join(SPACE_FILE),
        &new_space_file(&args.name, &args.village),
    )?;
    read_space(&dir.join(SPACE_FILE))?;
    let papers = FoundingPapers::Space {
        invitation: Box::new(invitation),
    };
    let app = found(&config, papers).await?;
    app.publish_space(&space_text).await?;
    place.finish(making)?;
    output::line(format!("{} is made in {}.", place.entity, dir.display()));
    output::line("Next:");
    output::line(format!(
        "  1. say who you are in {}",
        dir.join(SPACE_FILE).display()
    ));
    output::line(format!("  2. escale run --dir {}", dir.display()));
    output::line(format!("  3. escale publish --dir {}", dir.display()));
    output::line("It joins the label by itself as soon as it reaches the coordinator.");
    Ok(())
}

async fn init_coordinator(args: InitCoordinator) -> anyhow::Result<()> {
    let dir = args.folder.dir.as_path();
    let root = new_key()?;
    let place = Place {
        entity: args.entity.clone(),
        role: NodeRole::Coordinator,
        listen: listen_address(args.listen, &args.entity),
        coordinator: args.entity.clone(),
        root: root.public().clone(),
    };
    let charter = CharterText {
        name: LocalText {
            fr: Some(args.label_name),
            en: args.label_name_en,
        },
        roaming: Roaming {
            half_days_per_month: HALF_DAYS_PER_MONTH_DEFAULT,
            settlement: Settlement::Reciprocal,
            overdraw: Overdraw::Carried,
        },
        criteria: Vec::new(),
    };
    let (config, mut making) = place.begin(dir)?;
    keyfile::create(&args.root_key, &root).context("the root key cannot be written")?;
    making.root_key = Some(args.root_key.clone());
    write_new(&dir.join(CHARTER_FILE), &new_charter_file(&charter))?;
    let fed = keyfile::load(&config.fed_key)?;
    let named = [fed.public().clone()];
    let anchor = App::make_anchor(&args.entity, &named, &root, SystemClock::default().now())?;
    let papers = FoundingPapers::Coordinator {
        anchor: Box::new(anchor),
        charter: Box::new(Charter {
            url: args.entity.url_of("/charter"),
            name: charter.name,
            version: 1,
            roaming: charter.roaming,
            criteria: charter.criteria,
        }),
    };
    found(&config, papers).await?;
    place.finish(making)?;
    output::line(format!("{} is made in {}.", args.entity, dir.display()));
    output::line(format!("The root key is in {}.", args.root_key.display()));
    output::line(
        "Move that file to two places that are not online, now: it is needed once a year,",
    );
    output::line("and whoever has it is the label.");
    output::line("Next:");
    output::line(format!("  1. escale run --dir {}", dir.display()));
    output::line(format!(
        "  2. escale label admit https://a-space.example --dir {}",
        dir.display()
    ));
    Ok(())
}

/// Reads a code from a file, without reading a wrong file to its end.
fn read_code(path: &Path) -> anyhow::Result<String> {
    let shown = path.display();
    let length = std::fs::metadata(path)
        .with_context(|| format!("{shown} cannot be read"))?
        .len();
    if length > INVITATION_BYTES_MAX as u64 {
        bail!("{shown} is too long for an invitation");
    }
    std::fs::read_to_string(path).with_context(|| format!("{shown} cannot be read"))
}

/// Where a node listens if nobody says: behind a reverse proxy, or, on a loopback
/// address, where its name says.
fn listen_address(asked: Option<SocketAddr>, entity: &EntityId) -> String {
    let by_name = || {
        let named = entity.authority().replace("localhost", "127.0.0.1");
        named.parse().ok().filter(|_| entity.is_loopback())
    };
    let by_proxy = SocketAddr::from(([127, 0, 0, 1], 7800));
    asked.or_else(by_name).unwrap_or(by_proxy).to_string()
}

/// Where a node is made, and for whom.
struct Place {
    entity: EntityId,
    role: NodeRole,
    listen: String,
    coordinator: EntityId,
    root: PublicKey,
}

impl Place {
    /// Makes folder, keys and an empty store; the configuration stays unwritten.
    fn begin(&self, dir: &Path) -> anyhow::Result<(Config, Making)> {
        let making = Making::begin(dir)?;
        let private = |path: &Path| {
            let mut builder = std::fs::DirBuilder::new();
            let made = builder.recursive(true).mode(0o700).create(path);
            // A folder that was there already has whatever mode it had.
            made.and_then(|()| std::fs::set_permissions(path, Permissions::from_mode(0o700)))
                .with_context(|| format!("{} cannot be made", path.display()))
        };
        private(dir)?;
        private(&dir.join("keys"))?;
        // What joins this node to its label is in the store.
        private(&dir.join("store"))?;
        let config = Config::parse(dir, &self.config_text())
            .map_err(|problems| anyhow::anyhow!(problems.join("; ")))?;
        keyfile::create(&config.fed_key, &new_key()?)?;
        keyfile::create(&config.ops_key, &new_key()?)?;
        SledStore::create(&config.store).context("the store cannot be made")?;
        Ok((config, making))
    }

    /// Writes the configuration: from here on, the node is whole.
    fn finish(&self, mut making: Making) -> anyhow::Result<()> {
        write_new(&making.dir.join(CONFIG_FILE), &self.config_text())?;
        making.is_whole = true;
        Ok(())
    }

    fn config_text(&self) -> String {
        let role = match self.role {
            NodeRole::Space => "space",
            NodeRole::Coordinator => "coordinator",
        };
        let is_loopback = self.entity.is_loopback() || self.coordinator.is_loopback();
        format!(
            r#"# This node's address on the network. It is the node's name: it cannot be changed
# once the node has joined a label.
entity = "{entity}"
role = "{role}"
# Where it listens, in plain HTTP. A reverse proxy with a certificate stands in front.
listen = "{listen}"

[label]
coordinator = "{coordinator}"
# The label's root key, pinned. All trust hangs from it.
root_key = "{root}"

[keys]
fed = "keys/fed.jwk"
ops = "keys/ops.jwk"

[store]
dir = "store"
cache_mib = 32

[network]
# Whether nodes on this machine (http://127.0.0.1:…) may be asked. For trying out only.
allow_loopback = {is_loopback}
# Nodes of the label that are on a private network, by their address.
allow_private = []
# Seconds from one look at a partner's feed to the next.
pull_every_seconds = 30
# Whether partners are told when there is something new here, and heard when they tell.
hints = true

[log]
level = "info"
format = "text"
"#,
            entity = self.entity,
            listen = self.listen,
            coordinator = self.coordinator,
            root = seal::base64url::encode(self.root.as_bytes()),
        )
    }
}

/// What is being made. Dropped before the node is whole, it is taken away again: a
/// half-made node would be in the way of the next try.
struct Making {
    dir: PathBuf,
    was_there: bool,
    root_key: Option<PathBuf>,
    is_whole: bool,
}

impl Making {
    /// Begins in a folder that is empty, or that is not there yet.
    fn begin(dir: &Path) -> anyhow::Result<Self> {
        let shown = dir.display();
        let was_there = dir.exists();
        if was_there {
            let mut entries = std::fs::read_dir(dir).with_context(|| format!("{shown}"))?;
            if entries.next().is_some() {
                bail!("{shown} is not empty; a node is made in a new folder");
            }
        }
        Ok(Self {
            dir: dir.to_owned(),
            was_there,
            root_key: None,
            is_whole: false,
        })
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if self.is_whole {
            return;
        }
        // All of this was made here, in a folder that was empty. What cannot be
        // removed is named by the next try.
        for folder in ["keys", "store"] {
            let _ = std::fs::remove_dir_all(self.dir.join(folder));
        }
        let files = [SPACE_FILE, CHARTER_FILE, CONFIG_FILE].map(|name| self.dir.join(name));
        for file in files.iter().chain(&self.root_key) {
            let _ = std::fs::remove_file(file);
        }
        if !self.was_there {
            let _ = std::fs::remove_dir(&self.dir);
        }
    }
}

async fn found(config: &Config, papers: FoundingPapers) -> anyhow::Result<App> {
    let identity: Identity = start::identity(config)?;
    let store = start::open_store(config).await?;
    let app = App::unfounded(
        store,
        identity,
        Arc::new(SystemClock::default()),
        Arc::new(SystemEntropy),
    );
    Ok(app.found(papers).await?)
}

/// Writes a new file, durably; an existing one is not touched.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let shown = path.display();
    let mut file = std::fs::File::create_new(path).with_context(|| format!("{shown}"))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .with_context(|| format!("{shown}"))
}
