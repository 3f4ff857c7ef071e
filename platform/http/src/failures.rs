//! What the store refuses, as services tell it.

/// `?` on what the store says, in a service whose errors have `Hidden` and `Store`: a row that row security refuses tells its caller no more
/// than a missing one. The crate that uses it depends on `banyan-store` and `sea-orm`.
#[macro_export]
macro_rules! store_failures {
    ($error:ident) => {
        impl ::std::convert::From<::banyan_store::StoreError> for $error {
            fn from(error: ::banyan_store::StoreError) -> Self {
                match error {
                    ::banyan_store::StoreError::RowSecurity { .. } => Self::Hidden,
                    error => Self::Store(error),
                }
            }
        }

        impl ::std::convert::From<::sea_orm::DbErr> for $error {
            fn from(error: ::sea_orm::DbErr) -> Self {
                ::banyan_store::StoreError::from(error).into()
            }
        }
    };
}
