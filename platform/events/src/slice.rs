/// A part of a list by its place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// How many come before it.
    pub offset: u64,
    /// 1 to 200.
    pub limit: u32,
    pub order: Order,
}

/// What comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Latest,
    Oldest,
}

/// The most of one slice.
pub(crate) const LARGEST_SLICE: u32 = 200;

impl Slice {
    /// ` ORDER BY … LIMIT … OFFSET …`. `column` decides, `id` where it does not.
    pub(crate) fn sql(&self, column: &str) -> String {
        let way = match self.order {
            Order::Latest => "DESC",
            Order::Oldest => "ASC",
        };
        let limit = self.limit.clamp(1, LARGEST_SLICE);
        // PostgreSQL knows no offset beyond this.
        let offset = self.offset.min(i64::MAX.unsigned_abs());
        format!(" ORDER BY {column} {way}, id {way} LIMIT {limit} OFFSET {offset}")
    }
}
