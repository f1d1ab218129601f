//! A link that only listens: a stream, or a bus that another master polls.

use std::borrow::Cow;
use std::io;

use tokio::io::AsyncReadExt as _;
use trial::record::Body;

use super::{Backoff, Line, LinkContext, connect};
use crate::limits::READ_BYTES;

/// Journals every byte until the run ends; opens the line again when it is lost.
pub async fn run(context: LinkContext, line: Line) {
    let mut line = Some(line);
    let mut stop = context.stop.clone();
    let mut backoff = Backoff::new();
    while !context.is_stopping() {
        let Some(open) = line.as_mut() else {
            tokio::select! {
                () = tokio::time::sleep(backoff.pause()) => {}
                _ = stop.wait_for(|stopping| *stopping) => return,
            }
            if let Ok(again) = connect(context.link()).await {
                context.push_state(true, "opened again");
                backoff = Backoff::new();
                line = Some(again);
            }
            continue;
        };
        context.wait_for_room().await;
        let result = tokio::select! {
            result = read_once(&context, open) => result,
            _ = stop.wait_for(|stopping| *stopping) => return,
        };
        if let Err(error) = result {
            context.push_state(false, error.to_string());
            line = None;
        }
    }
}

async fn read_once(context: &LinkContext, line: &mut Line) -> io::Result<()> {
    let mut bytes = [0; READ_BYTES];
    let count = line.read(&mut bytes).await?;
    if count == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    context.push(Body::Received { bytes: Cow::Owned(bytes[..count].to_vec()) });
    Ok(())
}
