//! Templates' texts as a tenant wrote them: the row with the greatest number counts.

use banyan_http::{Paged, Paging};
use banyan_store::Tx;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::template_text::{Column, Entity, Model};
use crate::error::ContentError;

const ORDERS: &[(&str, Column)] = &[("number", Column::Number)];

/// What counts in a language, one a template; those that are back to the application's own are left out.
pub(crate) async fn current(tx: &Tx, locale: &str) -> Result<Vec<Model>, ContentError> {
    let greatest = "template_texts.number = (SELECT MAX(later.number) FROM template_texts AS later \
        WHERE later.template = template_texts.template AND later.locale = template_texts.locale)";
    let select = Entity::find().filter(Column::Locale.eq(locale)).filter(Expr::cust(greatest));
    let mut rows = select.order_by_asc(Column::Template).all(tx).await?;
    rows.retain(|row| row.title.is_some());
    Ok(rows)
}

/// The last change of a template.
pub(crate) async fn latest(tx: &Tx, template: &str, locale: &str) -> Result<Option<Model>, ContentError> {
    let select = Entity::find().filter(Column::Template.eq(template)).filter(Column::Locale.eq(locale));
    Ok(select.order_by_desc(Column::Number).limit(1).one(tx).await?)
}

pub(crate) async fn history(tx: &Tx, template: &str, locale: &str, paging: &Paging) -> Result<Paged<Model>, ContentError> {
    let select = Entity::find().filter(Column::Template.eq(template)).filter(Column::Locale.eq(locale));
    Ok(paging.fetch(tx, select, ORDERS).await?)
}

/// The next row. Two who write at once get the same number, and one of them is refused by the index.
pub(crate) async fn add(
    tx: &Tx,
    template: &str,
    locale: &str,
    number: i64,
    text: Option<(&str, &str)>,
) -> Result<Model, ContentError> {
    let row = Model {
        tenant_id: tx.caller().tenant,
        id: tx.new_id(),
        template: template.to_owned(),
        locale: locale.to_owned(),
        number,
        title: text.map(|(title, _)| title.to_owned()),
        body: text.map(|(_, body)| body.to_owned()),
        author_id: tx.caller().user_id(),
        created_at: tx.now().micros(),
    };
    Entity::insert(row.clone().into_active_model()).exec_without_returning(tx).await?;
    Ok(row)
}
