//! Assets: entering, reading, changing and disposing of them.

mod add;
mod commit;
mod dispose;
mod opening;
mod read;
mod request;
mod update;

pub(crate) use opening::{declare_asset, open_asset};
pub use read::AssetView;
pub use request::{NewAsset, NewHolding, Stated, UnitPrice, UpdateAsset};
