//! Bodies that say when they end.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::BoxError;
use axum::body::{Body, Bytes};
use http_body::{Frame, SizeHint};
use http_body_util::Limited;
use hyper::body::Incoming;

use crate::progress::Progress;

/// The body of a request: counted, whatever its framing. What is over the limit is
/// an error that holds `http_body_util::LengthLimitError`, which axum answers with 413.
pub(crate) struct RequestBody {
    body: Limited<Incoming>,
    progress: Progress,
}

impl RequestBody {
    pub(crate) fn new(body: Incoming, progress: Progress) -> Self {
        Self {
            body: Limited::new(body, progress.limits.body_bytes_max),
            progress,
        }
    }
}

impl http_body::Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if frame.is_none() {
            self.progress.chunks_ended();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.progress.chunks_ended();
    }
}

/// The body of an answer. hyper drops it when it has taken all of it.
pub(crate) struct ResponseBody {
    body: Body,
    progress: Progress,
}

impl ResponseBody {
    pub(crate) fn new(body: Body, progress: Progress) -> Self {
        Self { body, progress }
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        self.progress.answered();
    }
}
