//! Tenants that every room knows by name.

/// The name of the tenant of those who run the installation: their people steer the front door, which is everybody's, and see what is all
/// tenants' together. They stand above all tenants, so it opens to credentials of this installation only.
pub const OPERATORS: &str = "operators";
