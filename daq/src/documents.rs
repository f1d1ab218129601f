//! Gathering the documents of a trial from the disk and from the shipped catalogue.

use std::path::{Path, PathBuf};

use trial::catalogue;
use trial::document::{
    Document, DocumentError, DocumentRole, DocumentSet, MAX_DOCUMENT_BYTES, Source,
};
use trial::plan::referenced_documents;
use words::message;

/// Reads a plan and everything that it refers to. A reference is the id of a shipped document or
/// a path relative to the plan's folder; one that can't be read is left out, and the lowering of
/// the plan refuses it with its line.
///
/// # Errors
/// The plan can't be read, or is not of the right form.
pub fn gather(plan: &Path) -> Result<DocumentSet, DocumentError> {
    let name = plan.display().to_string();
    let bytes = read_capped(plan).map_err(|error| DocumentError {
        document: name.clone(),
        line: None,
        message: message!("plan-unreadable", why = error),
    })?;
    let references = referenced_documents(Source::new(&name, &bytes)?)?;
    let folder = plan.parent().map_or_else(PathBuf::new, Path::to_owned);
    let mut documents = vec![Document { role: DocumentRole::Plan, name, bytes }];
    for (role, reference) in references {
        if let Some(bytes) = find(role, &reference, &folder) {
            documents.push(Document { role, name: reference, bytes });
        }
    }
    Ok(DocumentSet { documents })
}

fn find(role: DocumentRole, reference: &str, folder: &Path) -> Option<Vec<u8>> {
    let shipped = match role {
        DocumentRole::Scenario => catalogue::scenarios(),
        DocumentRole::Device => catalogue::devices(),
        DocumentRole::Plan | DocumentRole::Head => &[],
    };
    match shipped.iter().find(|shipped| shipped.id == reference) {
        Some(shipped) => Some(shipped.bytes.to_vec()),
        None => read_capped(&folder.join(reference)).ok(),
    }
}

/// Reads a document, but no more than one byte above the largest: the lowering refuses that.
///
/// # Errors
/// The file can't be read.
pub fn read_capped(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_DOCUMENT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
