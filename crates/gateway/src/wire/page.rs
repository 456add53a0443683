//! Pages of long lists.

use kernel::{FieldFault, PageRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::ApiError;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// At most so many items, 1 to 200; 50 where it is left out.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before; nothing for the first.
    pub cursor: Option<String>,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// Asks for the next page; null on the last one.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

impl PageQuery {
    /// The page of the list and filter that `filter` stands for.
    pub(crate) fn read(&self, filter: u32) -> Result<PageRequest, ApiError> {
        PageRequest::new(self.limit, self.cursor.as_deref(), filter).map_err(|error| {
            let field = match error {
                kernel::CursorError::Limit { .. } => "limit",
                kernel::CursorError::Malformed | kernel::CursorError::OtherFilter => "cursor",
            };
            ApiError::field(FieldFault::new(field, field, error))
        })
    }
}

impl<T> Page<T> {
    /// A page of a module's items.
    pub(crate) fn of<M>(page: kernel::Page<M>, item: impl FnMut(M) -> T) -> Self {
        let next_cursor = page.next.map(|cursor| cursor.to_string());
        Self { items: page.items.into_iter().map(item).collect(), next_cursor }
    }

    /// The only page of a list that is short by its nature.
    pub(crate) const fn only(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }
}
