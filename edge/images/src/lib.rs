//! Images resized and re-encoded on demand.
