//! One event as it is sent: each form of it is written once, and shared by all who are sent it.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use kernel::{Position, Uuid};
use storage::log::{ObjectRef, StreamEvent};

use crate::socket::frame;

/// An event, and how far whoever has read it has come.
pub(crate) struct Item {
    pub stream: Uuid,
    pub seq: u64,
    /// Its type.
    pub kind: String,
    /// What it is about.
    pub objects: Vec<ObjectRef>,
    /// After it: events of one record share its number, and only the last of them moves this, so
    /// that a reader who was cut off between them gets all of them again.
    pub position: Arc<Position>,
    /// The envelope: canonical bytes, which are JSON on one line.
    envelope: String,
    sse: OnceLock<Bytes>,
    frame: OnceLock<Bytes>,
}

impl Item {
    /// Those of a batch that was read after `position`, which moves along.
    pub(super) fn of(batch: Vec<StreamEvent>, position: &mut Position) -> Vec<Arc<Self>> {
        let place = |event: &StreamEvent| (event.stream, event.seq);
        let places: Vec<_> = batch.iter().map(place).collect();
        let mut shared = Arc::new(position.clone());
        let item = |(index, event): (usize, StreamEvent)| {
            if places.get(index + 1) != Some(&places[index]) {
                position.advance(event.stream, event.seq);
                shared = Arc::new(position.clone());
            }
            let StreamEvent { stream, seq, bytes, envelope, .. } = event;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Arc::new(Self {
                stream,
                seq,
                kind: envelope.kind,
                objects: envelope.objects,
                position: Arc::clone(&shared),
                envelope: text,
                sse: OnceLock::new(),
                frame: OnceLock::new(),
            })
        };
        batch.into_iter().enumerate().map(item).collect()
    }

    /// Roughly what it takes, in bytes, with all of its forms.
    pub(super) fn weight(&self) -> usize {
        3 * self.envelope.len() + 512
    }

    /// As a server-sent event.
    pub(crate) fn sse(&self) -> &Bytes {
        let Self { kind, position, envelope, .. } = self;
        self.sse
            .get_or_init(|| format!("id: {position}\nevent: {kind}\ndata: {envelope}\n\n").into())
    }

    /// As a message on a socket, in its frame.
    pub(crate) fn frame(&self) -> &Bytes {
        let Self { position, envelope, .. } = self;
        // A position has no character that JSON would escape.
        self.frame.get_or_init(|| {
            frame::text(&format!(
                "{{\"type\":\"event\",\"topic\":\"events\",\"position\":\"{position}\",\
                 \"event\":{envelope}}}"
            ))
        })
    }
}
