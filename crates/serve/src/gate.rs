//! The stream under hyper: request heads are judged here before hyper reads them.
//!
//! hyper is given a head only when it is whole and plain. In the place of a head
//! that is refused it is given [`STAND_IN`], so that the refusal is answered in its
//! turn, after the answers to whatever the peer sent before.
//!
//! To know where the next head begins, the bytes of a body with `Content-Length`
//! are counted. A chunked body is not followed: such a request is the last of its
//! connection, which the service sees to.
//!
//! **Invariant:** after a chunked body or a refusal, no byte is ever taken for a head.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::Refusal;
use crate::head::{self, Framing};
use crate::progress::Progress;

/// What hyper reads where a head was refused. The service never looks at it.
const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nhost: refused.invalid\r\nconnection: close\r\n\r\n";

/// Bytes read from the stream at once: one page of most heads and small bodies.
const READ_BYTES: usize = 8 * 1_024;

/// What the bytes that come next are.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// A head, of which this many bytes are known to have no end in them.
    Head { searched: usize },
    /// So many bytes of a body.
    Body { left: u64 },
    /// A chunked body and nothing after it.
    Rest,
    /// Nothing.
    End,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Gate<S> {
    stream: S,
    /// Bytes that came and that hyper has not taken.
    received: Vec<u8>,
    /// How many of them it may take.
    passed: usize,
    part: Part,
    progress: Progress,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Gate<S> {
    pub(crate) fn new(stream: S, progress: Progress) -> Self {
        let part = Part::Head { searched: 0 };
        Self {
            stream,
            received: Vec::new(),
            passed: 0,
            part,
            progress,
        }
    }

    pub(crate) fn into_stream(self) -> S {
        self.stream
    }

    /// Decides how many of the received bytes hyper may take.
    fn pass(&mut self) {
        match self.part {
            Part::Head { searched } => {
                if self.progress.is_head_overdue() {
                    self.refuse(Refusal::HeadTooSlow);
                } else if !self.received.is_empty() {
                    self.progress.head_began();
                    self.pass_head(searched);
                }
            }
            Part::Body { left } => {
                let count = self
                    .received
                    .len()
                    .min(usize::try_from(left).unwrap_or(usize::MAX));
                self.passed = count;
                self.body_passed(left - u64::try_from(count).unwrap_or(left));
            }
            Part::Rest => self.passed = self.received.len(),
            Part::End => {}
        }
    }

    fn pass_head(&mut self, searched: usize) {
        let limits = &self.progress.limits;
        match end_of_head(&self.received, searched) {
            Err(refusal) => self.refuse(refusal),
            Ok(Some(length)) if length <= limits.head_bytes_max => {
                let head = self.received.get(..length).unwrap_or_default();
                match head::judge(head, limits) {
                    Err(refusal) => self.refuse(refusal),
                    Ok(framing) => {
                        self.passed = length;
                        self.progress.head_ended(Ok(framing));
                        match framing {
                            Framing::Length(left) => self.body_passed(left),
                            Framing::Chunked => self.part = Part::Rest,
                        }
                    }
                }
            }
            Ok(None) if self.received.len() < limits.head_bytes_max => {
                self.part = Part::Head {
                    searched: self.received.len(),
                };
            }
            Ok(_) => self.refuse(Refusal::HeadTooLarge),
        }
    }

    fn body_passed(&mut self, left: u64) {
        if left == 0 {
            self.progress.body_ended();
            self.part = Part::Head { searched: 0 };
        } else {
            self.part = Part::Body { left };
        }
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.received = STAND_IN.to_vec();
        self.passed = STAND_IN.len();
        self.part = Part::End;
        self.progress.head_ended(Err(refusal));
    }

    /// Reads once; `false` at the end of the stream.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut space = [0; READ_BYTES];
        let mut buffer = ReadBuf::new(&mut space);
        let polled = Pin::new(&mut self.stream).poll_read(cx, &mut buffer);
        if polled.is_pending() {
            self.progress.body_wanted();
        } else {
            self.progress.body_came();
        }
        ready!(polled)?;
        self.received.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(!buffer.filled().is_empty()))
    }
}

/// The length of the head at the beginning of `bytes`, if it is all there.
fn end_of_head(bytes: &[u8], searched: usize) -> Result<Option<usize>, Refusal> {
    // An end may have begun in the bytes that were searched before.
    let from = searched.saturating_sub(3);
    let fresh = bytes.get(from..).unwrap_or_default();
    let end = fresh
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map(|at| from + at + 4);
    let head = bytes
        .get(from..end.unwrap_or(bytes.len()))
        .unwrap_or_default();
    // httparse and hyper take a bare line feed for a line's end; proxies may not.
    let mut before = from.checked_sub(1).and_then(|at| bytes.get(at)).copied();
    for byte in head {
        if *byte == b'\n' && before != Some(b'\r') {
            return Err(Refusal::BadHead);
        }
        before = Some(*byte);
    }
    Ok(end)
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Gate<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let gate = &mut *self;
        loop {
            if gate.passed == 0 {
                gate.pass();
            }
            let count = gate.passed.min(out.remaining());
            if count > 0 {
                out.put_slice(gate.received.get(..count).unwrap_or_default());
                gate.received.drain(..count);
                gate.passed -= count;
                return Poll::Ready(Ok(()));
            }
            if matches!(gate.part, Part::End) {
                return Poll::Ready(Ok(()));
            }
            if !ready!(gate.poll_receive(cx))? {
                gate.part = Part::End;
                gate.progress.reading_ended();
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Gate<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.progress.write_began();
        let count = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        self.progress.wrote();
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.progress.write_began();
        let count = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, slices))?;
        self.progress.wrote();
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes when it has handed over all it had.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.progress.write_ended();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
