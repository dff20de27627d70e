//! What a node does in one go, beside what others do at the same time.

use app::{App, Correction, Fault, Judged, Letter, Op, OutboxError, RequestError};
use app::{PublishError, Published, Source, VisitError, VisitId, chain};
use rules::visit::HalfDays;
use sync::outbox::Waiting;
use wire::{EntityId, Sha256Hash};

use super::network::{Content, Packet, Reply};
use super::seat_actions::{SeatAction, SeatDone};
use super::village::text_of;
use crate::pull::pull_as;
use crate::{PullFailure, TestNetwork, TestNode, operator};

/// A passport that is shown at a desk.
#[derive(Debug, Clone)]
pub(crate) struct Showing {
    pub(crate) member: usize,
    pub(crate) host: usize,
    pub(crate) code: String,
    /// The digest of what the code holds.
    pub(crate) proof: Sha256Hash,
    pub(crate) is_paper: bool,
}

/// A feed that is read, and from whom.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) node: usize,
    pub(crate) author: EntityId,
    /// Who is asked: the author, or a relay.
    pub(crate) from: EntityId,
    /// As whose word it is taken.
    pub(crate) source: Source,
}

impl Reading {
    /// From the author.
    pub(crate) fn of(node: usize, author: &EntityId) -> Self {
        Self {
            node,
            author: author.clone(),
            from: author.clone(),
            source: Source::Author,
        }
    }
}

/// Something that a node is about to do.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    /// Somebody shows a passport.
    Show(Showing),
    /// Somebody leaves.
    Leave { host: usize, visit: VisitId },
    /// A steward says how it was.
    Correct {
        host: usize,
        visit: VisitId,
        correction: Correction,
    },
    /// The node looks what is due.
    Look { node: usize },
    /// The space says something else of itself.
    Publish { node: usize, version: usize },
    /// The node reads a feed.
    Pull(Reading),
    /// A packet arrives.
    Deliver(Packet),
    /// The sender looks what waits.
    Plan { node: usize },
    /// The sender signs an attempt.
    Send { node: usize, op: String },
    /// An operator has something asked again.
    Again { node: usize, op: Op },
    /// The process ends, wherever it is, and starts.
    Restart { node: usize },
    /// Somebody does something about an event or a seat.
    Seat { node: usize, action: SeatAction },
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Done {
    Shown(Result<Judged, Fault>),
    Left(Result<HalfDays, VisitError>),
    Corrected(Result<HalfDays, VisitError>),
    Looked(Result<usize, Fault>),
    Published(Result<Published, PublishError>),
    Pulled(Result<usize, PullFailure>),
    Answered(Result<String, RequestError>),
    Taken(Result<(), OutboxError>),
    /// The other node was there and gave no answer.
    Heard,
    Planned(Result<Vec<Waiting>, Fault>),
    Made(Result<Option<Letter>, Fault>),
    Again(Result<Op, OutboxError>),
    Restarted,
    Seat(SeatDone),
}

impl Action {
    /// At which node.
    pub(crate) fn node(&self) -> usize {
        match self {
            Self::Show(Showing { host, .. })
            | Self::Leave { host, .. }
            | Self::Correct { host, .. } => *host,
            Self::Look { node }
            | Self::Publish { node, .. }
            | Self::Pull(Reading { node, .. })
            | Self::Plan { node }
            | Self::Send { node, .. }
            | Self::Again { node, .. }
            | Self::Restart { node }
            | Self::Seat { node, .. } => *node,
            Self::Deliver(packet) => packet.to,
        }
    }

    /// Which kind, as it is counted.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Show(_) => "show",
            Self::Leave { .. } => "leave",
            Self::Correct { .. } => "correct",
            Self::Look { .. } => "look",
            Self::Publish { .. } => "publish",
            Self::Pull(it) if it.from != it.author => "pull from a relay",
            Self::Pull(_) => "pull",
            Self::Deliver(_) => "deliver",
            Self::Plan { .. } => "plan",
            Self::Send { .. } => "send",
            Self::Again { .. } => "again",
            Self::Restart { .. } => "restart",
            Self::Seat { action, .. } => action.kind(),
        }
    }

    /// As a line of the trace.
    pub(crate) fn line(&self) -> String {
        let at = format!("n{} {}", self.node(), self.kind());
        match self {
            Self::Show(it) => {
                let how = if it.is_paper { "paper" } else { "code" };
                let proof: String = it.proof.to_string().chars().take(6).collect();
                format!("{at} m{} {how} {proof}", it.member)
            }
            Self::Leave { visit, .. } => format!("{at} {visit}"),
            Self::Correct {
                visit, correction, ..
            } => format!("{at} {visit} {correction:?}"),
            Self::Publish { version, .. } => format!("{at} {version}"),
            Self::Pull(it) => format!("{at} {} {}", it.author, it.from),
            Self::Send { op, .. } => format!("{at} {op}"),
            Self::Again { op, .. } => format!("{at} {op}"),
            Self::Deliver(packet) => format!("{at} {}", packet.line()),
            Self::Seat { action, .. } => format!("{at} {}", action.line()),
            Self::Look { .. } | Self::Plan { .. } | Self::Restart { .. } => at,
        }
    }
}

impl Packet {
    fn line(&self) -> String {
        let Self {
            number,
            from,
            content,
            ..
        } = self;
        match content {
            Content::Question(it) => {
                let hostile = if it.is_hostile { " hostile" } else { "" };
                let (op, jti) = (&it.op, &it.jti);
                format!(
                    "#{number} of n{from}{hostile} op {op} jti {jti} {:?}",
                    it.hands_over
                )
            }
            Content::Reply { op, jti, .. } => {
                format!("#{number} of n{from} reply op {op} jti {jti}")
            }
        }
    }
}

/// Does it.
pub(crate) async fn perform(action: &Action, node: &TestNode, feeds: &TestNetwork) -> Done {
    let (app, who) = (node.app(), operator());
    match action {
        Action::Show(it) if it.is_paper => Done::Shown(app.receive_on_paper(&who, &it.code).await),
        Action::Show(it) => Done::Shown(app.judge(&who, &it.code).await),
        Action::Leave { visit, .. } => Done::Left(app.leave(&who, *visit).await),
        Action::Correct {
            visit, correction, ..
        } => Done::Corrected(app.correct_visit(&who, *visit, *correction).await),
        Action::Look { .. } => Done::Looked(app.renew().await),
        Action::Publish { version, .. } => {
            Done::Published(app.publish_space(&text_of(*version)).await)
        }
        Action::Pull(it) => {
            let from = (&it.from, it.source);
            Done::Pulled(pull_as(feeds, node, &it.author, from).await)
        }
        Action::Plan { .. } => Done::Planned(app.waiting().await),
        Action::Send { op, .. } => Done::Made(app.make_letter(op).await),
        Action::Again { op, .. } => Done::Again(app.send_again(&who, *op).await),
        Action::Restart { .. } => {
            node.restart().await;
            Done::Restarted
        }
        Action::Deliver(packet) => deliver(&app, packet).await,
        Action::Seat { action, .. } => Done::Seat(action.perform(&app).await),
    }
}

async fn deliver(app: &App, packet: &Packet) -> Done {
    match &packet.content {
        Content::Question(question) => Done::Answered(app.answer_request(&question.text).await),
        Content::Reply { op, jti, reply } => match reply {
            Reply::Answer(answer) => Done::Taken(app.take_answer(op, jti, answer).await),
            Reply::Refused => Done::Heard,
        },
    }
}

impl Done {
    /// What went wrong in the node itself.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "whatever else it is, it is no fault"
    )]
    pub(crate) fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Seat(done) => done.fault(),
            Self::Shown(Err(fault))
            | Self::Looked(Err(fault))
            | Self::Planned(Err(fault))
            | Self::Made(Err(fault))
            | Self::Left(Err(VisitError::Fault(fault)))
            | Self::Corrected(Err(VisitError::Fault(fault)))
            | Self::Published(Err(PublishError::Fault(fault)))
            | Self::Answered(Err(RequestError::Fault(fault)))
            | Self::Taken(Err(OutboxError::Fault(fault)))
            | Self::Again(Err(OutboxError::Fault(fault)))
            | Self::Pulled(Err(PullFailure::Refused(app::PullError::Fault(fault)))) => Some(fault),
            _ => None,
        }
    }

    /// As the end of a line of the trace.
    pub(crate) fn line(&self) -> String {
        match self {
            Self::Shown(Ok(judged)) => match judged.visit {
                Some(visit) => format!("{:?} {visit}", judged.verdict),
                None => format!("{:?}", judged.verdict),
            },
            Self::Left(Ok(half_days)) | Self::Corrected(Ok(half_days)) => {
                format!("{:?}", half_days.list())
            }
            Self::Looked(Ok(records)) | Self::Pulled(Ok(records)) => format!("{records} records"),
            Self::Published(Ok(published)) => format!("at {}", published.seq),
            Self::Answered(Ok(answer)) => {
                let hash = Sha256Hash::of(&[answer.as_bytes()]).to_string();
                format!("answered {}", hash.chars().take(6).collect::<String>())
            }
            Self::Taken(Ok(())) => "taken".to_owned(),
            Self::Heard => "heard".to_owned(),
            Self::Planned(Ok(waiting)) => format!("{} wait", waiting.len()),
            Self::Made(Ok(letter)) => match letter {
                Some(letter) => format!("jti {}", letter.jti),
                None => "nothing".to_owned(),
            },
            Self::Again(Ok(op)) => format!("op {op}"),
            Self::Restarted => "started".to_owned(),
            Self::Seat(done) => done.line(),
            Self::Shown(Err(error))
            | Self::Looked(Err(error))
            | Self::Planned(Err(error))
            | Self::Made(Err(error)) => chain(error),
            Self::Left(Err(error)) | Self::Corrected(Err(error)) => chain(error),
            Self::Published(Err(error)) => chain(error),
            Self::Pulled(Err(error)) => error.code().to_owned(),
            Self::Answered(Err(error)) => chain(error),
            Self::Taken(Err(error)) | Self::Again(Err(error)) => chain(error),
        }
    }
}
