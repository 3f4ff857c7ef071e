//! Organisations and their members. A token carries its holder's organisations, so each change renews it.

use banyan_kernel::Uuid;
use banyan_store::audit::Record;
use banyan_store::idempotency::IdempotencyKey;
use banyan_store::{Rows, Tx};

use crate::entity::organisation;
use crate::managing::raise_rights;
use crate::store::{accounts, organisations};
use crate::view::OrganisationView;
use crate::{Identity, IdentityError};

/// So many fit into a token that fits into a header.
pub(crate) const MOST_MEMBERSHIPS: usize = 50;

impl Identity {
    pub(crate) async fn add_organisation(
        &self,
        rows: &Rows,
        key: Option<&IdempotencyKey>,
        name: &str,
    ) -> Result<OrganisationView, IdentityError> {
        let made = rows.write_once(key, move |tx| async move {
            let organisation = organisations::add(&tx, name).await?;
            tx.audit(Record::new("organisation.created").object("organisation", organisation.id));
            Ok::<_, IdentityError>(OrganisationView::from(organisation))
        });
        made.await.map_err(name_taken)
    }

    pub(crate) async fn find_organisation(&self, rows: &Rows, id: Uuid) -> Result<organisation::Model, IdentityError> {
        let read = move |tx: Tx| async move { organisations::find(&tx, id).await?.ok_or(IdentityError::Hidden) };
        rows.read(read).await
    }

    pub(crate) async fn rename_organisation(
        &self,
        rows: &Rows,
        id: Uuid,
        version: i64,
        name: &str,
    ) -> Result<OrganisationView, IdentityError> {
        let renamed = rows.write(move |tx| async move {
            if !organisations::rename(&tx, id, version, name).await? {
                return Err(IdentityError::Changed);
            }
            tx.audit(Record::new("organisation.renamed").object("organisation", id));
            let organisation = organisations::find(&tx, id).await?.ok_or(IdentityError::Hidden)?;
            Ok(OrganisationView::from(organisation))
        });
        renamed.await.map_err(name_taken)
    }

    pub(crate) async fn delete_organisation(&self, rows: &Rows, id: Uuid) -> Result<(), IdentityError> {
        let deleted = rows.write(move |tx| async move {
            let members = organisations::member_ids(&tx, id).await?;
            if !organisations::delete(&tx, id).await? {
                return Err(IdentityError::Hidden);
            }
            let mut signals = Vec::new();
            for member in members {
                signals.extend(raise_rights(&tx, member).await?);
            }
            tx.audit(Record::new("organisation.deleted").object("organisation", id));
            Ok(signals)
        });
        self.heed(&deleted.await?);
        Ok(())
    }

    pub(crate) async fn add_member(&self, rows: &Rows, organisation: Uuid, user: Uuid) -> Result<(), IdentityError> {
        let added = rows.write(move |tx| async move {
            organisations::find(&tx, organisation).await?.ok_or(IdentityError::Hidden)?;
            accounts::find(&tx, user).await?.ok_or(IdentityError::Hidden)?;
            if organisations::is_member(&tx, organisation, user).await? {
                return Ok(Vec::new());
            }
            join(&tx, organisation, user).await?;
            raise_rights(&tx, user).await
        });
        self.heed(&added.await?);
        Ok(())
    }

    pub(crate) async fn remove_member(&self, rows: &Rows, organisation: Uuid, user: Uuid) -> Result<(), IdentityError> {
        let removed = rows.write(move |tx| async move {
            if !organisations::remove_member(&tx, organisation, user).await? {
                return Err(IdentityError::Hidden);
            }
            tx.audit(Record::new("organisation.member-removed").subject(user).object("organisation", organisation));
            raise_rights(&tx, user).await
        });
        self.heed(&removed.await?);
        Ok(())
    }
}

/// Makes somebody a member; the rights are for the caller to raise.
pub(crate) async fn join(tx: &Tx, organisation: Uuid, user: Uuid) -> Result<(), IdentityError> {
    if organisations::of_user(tx, user).await?.len() >= MOST_MEMBERSHIPS {
        return Err(IdentityError::TooManyOrganisations(MOST_MEMBERSHIPS));
    }
    organisations::add_member(tx, organisation, user).await?;
    tx.audit(Record::new("organisation.member-added").subject(user).object("organisation", organisation));
    Ok(())
}

fn name_taken(error: IdentityError) -> IdentityError {
    match error {
        IdentityError::Store(error) if error.is_unique("idx_organisations_name") => IdentityError::NameTaken,
        other => other,
    }
}
